import { executeTool, type Agent, type Condition, type FunctionStep, type Step, type Tool } from "@llmspell/core";
import { camelCase, FunctionRef, Handle, type ScriptObject, type ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { scriptResponse, toScript } from "../shapes.js";
import { workflowOf, type HeldWorkflow } from "./held.js";

/**
 * A step of a spell: a function, an agent, or a table with the fields of a step of the framework
 * in snake_case, where a function stands for the step (`fn`) or for a condition.
 */
export const stepType = t.union(t.fn, t.handle<Agent>("Agent"), t.handle<HeldWorkflow>("Workflow"), t.table);
export type ScriptStep = ReturnType<typeof stepType.check>;

const isAgent = (value: object): value is Agent => "run" in value && typeof (value as Agent).run === "function";

/** The step of the framework for one of a spell. What is wrong with it is said by the framework. */
export function coreStep(run: RunContext, given: ScriptStep): Step {
  if (given instanceof FunctionRef) return { run: callStep(run, given) };
  const workflow = workflowOf(given);
  if (workflow !== undefined) return { workflow: workflow.definition };
  if (isAgent(given)) return agentStep(run, given);
  return tableStep(run, given as ScriptObject);
}

const callStep =
  (run: RunContext, fn: FunctionRef): FunctionStep["run"] =>
  (input, { scope, signal }) =>
    run.callGuest(fn, [toScript(input), toScript(scope)], signal);

function agentStep(run: RunContext, agent: Agent): Step {
  return {
    async run(value, { signal, run: context }) {
      const { model, provider } = agent.info();
      run.authorizeModel("workflow.run", model, provider);
      run.progress(`agent ${agent.name}`);
      const text = typeof value === "string" ? value : contentOf(value);
      return scriptResponse(await agent.run(text, { signal, context, authorize: run.authorizer("workflow.run") }));
    },
  };
}

/** What an agent is told when a step before it did not return text. */
function contentOf(value: unknown): string {
  const content = typeof value === "object" && value !== null ? (value as ScriptObject)["content"] : undefined;
  return typeof content === "string" ? content : JSON.stringify(toScript(value));
}

function toolStep(run: RunContext, tool: Tool): Step {
  const authorize = run.authorizer("workflow.run");
  return { run: (value, { signal, run: context }) => executeTool(tool, value, { signal, run: context, authorize }) };
}

const NESTED = new Set(["do", "else", "parallel", "sequential"]);
const INNER = new Set(["fallback", "compensate"]);
const CONDITIONS = new Set(["if", "while", "break"]);
/** Objects whose fields are settings too. */
const SETTINGS = new Set(["retry", "breaker", "for"]);
/** What the script API calls otherwise. */
const OTHER = new Map([
  ["then", "do"],
  ["each", "foreach"],
  ["times", "for"],
  ["engine", "language"],
]);

function tableStep(run: RunContext, table: ScriptObject): Step {
  const { fn, agent, tool, ...rest } = table as Record<string, ScriptValue>;
  const own = [
    fn instanceof FunctionRef ? { run: callStep(run, fn) } : {},
    agent === undefined ? {} : agentField(run, agent),
    tool === undefined ? {} : toolField(run, tool),
  ];
  const fields = Object.entries(rest).map(([name, value]): [string, unknown] => field(run, name, value));
  return Object.assign({}, ...own, Object.fromEntries(fields)) as Step;
}

const innerStep = (run: RunContext, value: ScriptValue, at: (string | number)[]): Step =>
  coreStep(run, stepType.check(value, at, run.handles));

function agentField(run: RunContext, value: ScriptValue): object {
  if (!(value instanceof Handle) && typeof value !== "string")
    throw new SpellError("INVALID_ARGUMENT", "the agent of a step must be an Agent or its id");
  return agentStep(run, run.handles.get<Agent>("Agent", value, ["agent"]));
}

function toolField(run: RunContext, value: ScriptValue): object {
  return toolStep(
    run,
    value instanceof Handle ? run.handles.get<Tool>("Tool", value, ["tool"]) : run.tools.get(String(value)),
  );
}

function field(run: RunContext, given: string, value: ScriptValue): [string, unknown] {
  const name = camelCase(OTHER.get(given) ?? given);
  if (NESTED.has(name))
    return [name, (Array.isArray(value) ? value : [value]).map((each, i) => innerStep(run, each, [given, i]))];
  if (INNER.has(name)) return [name, innerStep(run, value, [given])];
  if (CONDITIONS.has(name)) return [name, coreCondition(run, value)];
  if (name === "for" && typeof value === "number") return [name, { from: 1, to: value }];
  if (name === "foreach" && Array.isArray(value)) return [name, { constant: toScript(value) }];
  if (name === "foreach" && typeof value === "string") return [name, { expression: value }];
  if (name === "workflow" && value instanceof Handle)
    return [name, run.handles.get<HeldWorkflow>("Workflow", value, [name]).definition];
  if (SETTINGS.has(name)) return [name, settings(value)];
  return [name, value];
}

/** A condition of the framework; a function of the spell is asked with the scope. */
export function coreCondition(run: RunContext, value: ScriptValue): Condition {
  if (!(value instanceof FunctionRef)) return value as Condition;
  return async (scope, { signal }) => {
    const answer = await run.callGuest(value, [toScript(scope["previous"]), toScript(scope)], signal);
    return answer !== null && answer !== false;
  };
}

/** Settings in the spelling of the framework. */
export function settings(value: ScriptValue): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const names: Readonly<Record<string, string>> = {
    attempts: "maxAttempts",
    delay: "initialDelayMs",
    maxDelay: "maxDelayMs",
    backoff: "strategy",
    reset: "resetMs",
  };
  return Object.fromEntries(
    Object.entries(value as Record<string, ScriptValue>).map(([name, each]) => {
      const spelled = camelCase(name);
      return [names[spelled] ?? spelled, each];
    }),
  );
}
