import { SpellError } from "@llmspell/errors";
import { checkDecided } from "../agent/undecided.js";
import { stringifyJson } from "../formats/json.js";
import { defined } from "../json.js";
import { executeTool } from "../tools/execute.js";
import type { AgentStep, DelayStep, FunctionStep, ScriptStep, ToolStep, TransformStep } from "./definition.js";
import type { Execution } from "./execution.js";
import { evaluateMapping } from "./mapping.js";
import { lastingScopeAt, scopeAt, type Place } from "./run-step.js";
import type { NamedStep } from "./workflow.js";

/** The steps that do something themselves. */
export type WorkKind = AgentStep | ToolStep | ScriptStep | FunctionStep | DelayStep | TransformStep;

interface WorkDone {
  output: unknown;
  /** Variables that it changed. */
  set?: Readonly<Record<string, unknown>>;
}

/** One try of a step. */
export async function doWork(
  run: Execution,
  step: NamedStep & WorkKind,
  place: Place,
  attempt: number,
): Promise<WorkDone> {
  const { given, signal, context } = place;
  const key = keyOf(run, place.path);
  const { authorize, approve, agents, tools } = run.services;
  const deciders = defined({ authorize, approve });
  if ("run" in step)
    return { output: await step.run(given, { signal, run: context, key, attempt, scope: lastingScopeAt(place) }) };
  if ("agent" in step) {
    const agent = typeof step.agent === "string" ? needed(agents, "agents", step.agent).get(step.agent) : step.agent;
    const schema = defined({ schema: step.schema });
    const answer = await agent.run(asText(given), { signal, context, ...deciders, ...schema });
    checkDecided(agent.name, answer);
    return { output: step.schema === undefined ? answer.content : answer.object };
  }
  if ("tool" in step) {
    const tool = typeof step.tool === "string" ? needed(tools, "tools", step.tool).get(step.tool) : step.tool;
    return { output: await executeTool(tool, given ?? {}, { signal, run: context, toolCallId: key, ...deciders }) };
  }
  if ("script" in step) return await runScript(run, step, place, key);
  if ("delay" in step) return { output: await wait(run, step, place) };
  return { output: await evaluateMapping(step.transform, scopeAt(place), run.services.transforms) };
}

/** The same in every process that runs the step. */
const keyOf = (run: Execution, path: string): string => `${run.runId}/${path}`;

const asText = (value: unknown): string => (typeof value === "string" ? value : stringifyJson(value ?? null));

function needed<T>(service: T | undefined, what: string, name: string): T {
  if (service !== undefined) return service;
  throw new SpellError("NOT_FOUND", `there are no ${what} here to look for '${name}' in`);
}

export async function runScript(
  run: Execution,
  { script, language }: Pick<ScriptStep, "script" | "language">,
  { given, memory, signal, path }: Place,
  key = keyOf(run, path),
): Promise<WorkDone> {
  const runner = run.services.script;
  if (runner === undefined)
    throw new SpellError("UNSUPPORTED", `nobody here runs scripts, so neither this one in '${language}'`);
  const variables = { ...memory.vars };
  const outcome = await runner({ language, source: script, input: given, variables, key, signal });
  const changed = Object.entries(outcome.variables ?? {}).filter(([name, value]) => memory.vars[name] !== value);
  return { output: outcome.result, set: Object.fromEntries(changed) };
}

/** Waits until a moment that is stored, so that a restart does not begin the wait again. */
async function wait(run: Execution, { id, delay }: NamedStep & DelayStep, place: Place): Promise<unknown> {
  const path = `${place.path}!until`;
  const known = run.records.get(path)?.output;
  const until = typeof known === "number" ? known : run.clock.now() + delay;
  if (known === undefined) run.commit({ path, id, kind: "delay", status: "mark", output: until, durationMs: 0 });
  const left = Math.min(until - run.clock.now(), delay);
  if (left > 0) await run.clock.sleep(left, place.signal);
  return place.given;
}
