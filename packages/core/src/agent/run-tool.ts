import { SpellError, isSpellError } from "@llmspell/errors";
import { abortError } from "../abort.js";
import { bounded, defined } from "../json.js";
import type { Message } from "../messages.js";
import type { ModelToolCall } from "../models/answer.js";
import type { Context } from "../context.js";
import { didYouMean } from "../suggest.js";
import { performTool } from "../tools/execute.js";
import type { Authorize, Tool } from "../tools/tool.js";
import { decideCall, declined, type ApprovalScope, type Decided, type WaitingCall } from "./approval.js";
import { toolFailure, type ToolFailure } from "./errors-in-words.js";

/** A finished tool call: `result` as the tool returned it, or `error`. */
export interface ToolCallRecord {
  id: string;
  name: string;
  /** As the tool was given them. */
  args: unknown;
  result?: unknown;
  error?: ToolFailure;
}

/** What the tool calls of a step share. */
export interface ToolCallScope extends ApprovalScope {
  run: Context;
  step: number;
  tools: readonly Tool[];
  agentId?: string | undefined;
  authorize?: Authorize | undefined;
  toolTimeoutMs?: number | undefined;
  /** `tell` (default) explains a denial to the model; `throw` ends the run with it. */
  onToolDenied?: "tell" | "throw" | undefined;
}

/** A call that has an answer for the model. */
export interface FinishedCall {
  record: ToolCallRecord;
  message: Message;
}

// A tool can return any amount; a model cannot read it.
const RESULT_CHARACTERS = 200_000;

/**
 * Runs one call that a model asked for, unless it waits for a decision. A tool that is
 * unknown, is called with bad arguments, is denied, declined or fails is an `error` in
 * the record, told to the model.
 *
 * @throws SpellError when the run is aborted, or denied with `onToolDenied: "throw"`.
 */
export async function runToolCall(
  call: ModelToolCall,
  scope: ToolCallScope,
): Promise<FinishedCall | { waiting: WaitingCall }> {
  const { id, name } = call;
  const { run, step, tools } = scope;
  const tool = tools.find((candidate) => candidate.name === name);
  let input = call.input;
  const finish = (outcome: { result: unknown } | { error: ToolFailure }, content: string): FinishedCall => ({
    record: { id, name, args: input, ...outcome },
    message: {
      role: "tool",
      toolCallId: id,
      name,
      content: bounded(content, RESULT_CHARACTERS),
      ...("error" in outcome ? { isError: true } : {}),
    },
  });
  try {
    const { decision, waiting }: Decided = tool === undefined ? {} : await decideCall(call, tool, scope);
    if (waiting !== undefined) return { waiting };
    if (decision?.approve === false) throw rejected(call, scope, decision.reason);
    const edited = decision?.approve === true && decision.args !== undefined;
    if (edited) input = decision.args;
    let text = "";
    const result = await run.operation(
      "tool",
      input,
      { step, id, name, args: input },
      async (args, inner) => await execute({ ...call, input: args }, tool, scope, inner),
      (output) => {
        text = resultText(name, output);
        return { result: output };
      },
    );
    return finish({ result }, edited ? `${editedNote(input)}${text}` : text);
  } catch (error) {
    if (scope.signal.aborted) throw abortError(scope.signal);
    const denied = isSpellError(error) && error.category === "permission";
    if (denied && scope.onToolDenied === "throw") throw error;
    const failure = toolFailure(error);
    return finish({ error: failure }, `Error: ${failure.message}`);
  }
}

/** A declined call reaches no hook: one could do it in the tool's place, or call it a success. */
function rejected({ id, name, input: args }: ModelToolCall, { run, step }: ToolCallScope, reason?: string): SpellError {
  const error = declined(name, reason);
  const about = { step, id, name, args };
  run.tell("tool.started", about);
  run.tell("tool.failed", { ...about, error: toolFailure(error), durationMs: 0 });
  return error;
}

/** A model that is not told would take the result for that of its own arguments. */
function editedNote(args: unknown): string {
  return `(The user changed the arguments of this call to ${JSON.stringify(args)}.)\n`;
}

async function execute(
  { id, name, input, invalid }: ModelToolCall,
  tool: Tool | undefined,
  scope: ToolCallScope,
  run: Context,
): Promise<unknown> {
  if (tool === undefined) {
    const known = scope.tools.map((candidate) => candidate.name);
    throw new SpellError("NOT_FOUND", `there is no tool named '${bounded(name, 64)}'${didYouMean(name, known)}`, {
      details: { known },
    });
  }
  if (invalid !== undefined)
    throw new SpellError("VALIDATION_FAILED", `the arguments for tool '${name}' are not valid JSON`);
  const { signal, agentId, authorize, approve, toolTimeoutMs } = scope;
  const context = { signal, toolCallId: id, run, ...defined({ agentId, authorize, approve }) };
  return await performTool(tool, input, context, toolTimeoutMs === undefined ? {} : { timeoutMs: toolTimeoutMs });
}

function resultText(name: string, result: unknown): string {
  if (typeof result === "string") return result;
  try {
    return JSON.stringify(result) ?? "null";
  } catch (error) {
    throw new SpellError("TOOL_FAILED", `tool '${name}' returned a value that is not JSON`, { cause: error });
  }
}
