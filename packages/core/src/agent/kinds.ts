import { SpellError } from "@llmspell/errors";
import type { Context } from "../context.js";
import { defined, tryParseJson } from "../json.js";
import type { Tool } from "../tools/tool.js";
import type { AgentRunOptions, Runner } from "./agent.js";
import { callDecided } from "./nested-calls.js";
import { createRunner, type RunnerOptions } from "./runner.js";
import type { ToolCallRecord } from "./run-tool.js";
import { checkDecided, undecided } from "./undecided.js";

type Named = Pick<RunnerOptions, "context" | "reentrant">;

/**
 * A tool as an agent: `toArgs` makes its arguments of what it is asked, by default the JSON in it.
 * A tool that needs approval runs only when `approve` of the run says so.
 *
 * @throws (in a run) SpellError `VALIDATION_FAILED` for a text that is no JSON; `PERMISSION_DENIED`; what the tool throws.
 */
export function toolAgent(
  tool: Tool,
  { toArgs = argsOf, ...options }: Named & { toArgs?: (text: string) => unknown } = {},
): Runner {
  const { name, description } = tool;
  return createRunner({
    name,
    description,
    type: "tool",
    ...options,
    async work(text, { run, signal, options: { authorize, approve } }) {
      const id = "call-1";
      const asked = { id, name, input: toArgs(text) };
      const context = { signal, run, ...defined({ authorize, approve }) };
      const { args, result } = await callDecided(asked, tool, context, undecided(name, name));
      return { output: result, toolCalls: [{ id, name, args, result }] };
    },
  });
}

function argsOf(text: string): unknown {
  const parsed = tryParseJson(text);
  if (parsed !== undefined) return parsed.value;
  throw new SpellError("VALIDATION_FAILED", "a tool is asked with its arguments as JSON");
}

/** A workflow, by what running it gives. */
export type RunWorkflow = (
  input: unknown,
  options: { signal: AbortSignal; context: Context },
) => Promise<{ status: string; output: unknown; steps?: readonly { id: string; error?: unknown }[] }>;

/**
 * A workflow as an agent: its input is the text that it is asked, or what `toInput` makes of it.
 *
 * @example
 * const agent = workflowAgent("report", (input, options) => runWorkflow(workflow, input, options));
 * @throws (in a run) the error of the step that failed; SpellError `INVALID_STATE` for a workflow that did not end.
 */
export function workflowAgent(
  name: string,
  workflow: RunWorkflow,
  {
    toInput = (text) => text,
    ...options
  }: Named & Pick<RunnerOptions, "description"> & { toInput?: (text: string) => unknown } = {},
): Runner {
  return createRunner({
    name,
    type: "workflow",
    ...options,
    async work(text, { run, signal }) {
      const { status, output, steps = [] } = await workflow(toInput(text), { signal, context: run });
      if (status === "completed") return { output, steps: steps.length };
      const failed = steps.find(({ error }) => error !== undefined);
      throw (
        failed?.error ?? new SpellError("INVALID_STATE", `workflow '${name}' is ${status}`, { details: { status } })
      );
    },
  });
}

/**
 * Agents one after the other as one agent: each is asked what the one before answered.
 *
 * @throws SpellError `INVALID_ARGUMENT` without agents; in a run what the agents throw, and `PERMISSION_DENIED` when
 *   one waits for an approval: give the run `approve`.
 */
export function compositeAgent(
  name: string,
  agents: readonly Pick<Runner, "name" | "run">[],
  options: Named & Pick<RunnerOptions, "description"> = {},
): Runner {
  if (agents.length === 0) throw new SpellError("INVALID_ARGUMENT", `agent '${name}' is made of no agents`);
  return createRunner({
    name,
    type: "composite",
    ...options,
    async work(text, { run, signal, options: given }) {
      const { authorize, approve, onToolDenied, retry } = given;
      const inner: AgentRunOptions = { signal, context: run, ...defined({ authorize, approve, onToolDenied, retry }) };
      const toolCalls: ToolCallRecord[] = [];
      let output = text;
      for (const agent of agents) {
        const response = await agent.run(output, inner);
        checkDecided(agent.name, response);
        for (const call of response.toolCalls) toolCalls.push(call);
        output = response.content;
      }
      return { output, toolCalls, steps: agents.length };
    },
  });
}
