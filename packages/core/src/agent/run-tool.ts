import { SpellError, isSpellError } from "@llmspell/errors";
import { abortError } from "../abort.js";
import { bounded } from "../json.js";
import type { Message } from "../messages.js";
import type { ModelToolCall } from "../models/answer.js";
import type { Context } from "../context.js";
import { didYouMean } from "../suggest.js";
import { executeTool } from "../tools/execute.js";
import type { Authorize, Tool } from "../tools/tool.js";
import { toolFailure, type ToolFailure } from "./errors-in-words.js";

/** A finished tool call: `result` as the tool returned it, or `error`. */
export interface ToolCallRecord {
  id: string;
  name: string;
  args: unknown;
  result?: unknown;
  error?: ToolFailure;
}

/** What the tool calls of a step share. */
export interface ToolCallScope {
  run: Context;
  step: number;
  tools: readonly Tool[];
  signal: AbortSignal;
  agentId?: string | undefined;
  authorize?: Authorize | undefined;
  toolTimeoutMs?: number | undefined;
  /** `tell` (default) explains a denial to the model; `throw` ends the run with it. */
  onToolDenied?: "tell" | "throw" | undefined;
}

// A tool can return any amount; a model cannot read it.
const RESULT_CHARACTERS = 200_000;

/**
 * Runs one call that a model asked for. A tool that is unknown, is called with
 * bad arguments, is denied or fails is an `error` in the record, told to the model.
 *
 * @throws SpellError when the run is aborted, or denied with `onToolDenied: "throw"`.
 */
export async function runToolCall(
  call: ModelToolCall,
  scope: ToolCallScope,
): Promise<{ record: ToolCallRecord; message: Message }> {
  const { id, name, input } = call;
  const { run, step } = scope;
  const finish = (
    outcome: { result: unknown } | { error: ToolFailure },
    content: string,
  ): { record: ToolCallRecord; message: Message } => ({
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
    let text = "";
    const result = await run.operation(
      "tool",
      input,
      { step, id, name, args: input },
      (args, inner) => execute({ ...call, input: args }, scope, inner),
      (output) => {
        text = resultText(name, output);
        return { result: output };
      },
    );
    return finish({ result }, text);
  } catch (error) {
    if (scope.signal.aborted) throw abortError(scope.signal);
    const denied = isSpellError(error) && error.category === "permission";
    if (denied && scope.onToolDenied === "throw") throw error;
    const failure = toolFailure(error);
    return finish({ error: failure }, `Error: ${failure.message}`);
  }
}

async function execute(
  { id, name, input, invalid }: ModelToolCall,
  scope: ToolCallScope,
  run: Context,
): Promise<unknown> {
  const tool = scope.tools.find((candidate) => candidate.name === name);
  if (tool === undefined) {
    const known = scope.tools.map((candidate) => candidate.name);
    throw new SpellError("NOT_FOUND", `there is no tool named '${bounded(name, 64)}'${didYouMean(name, known)}`, {
      details: { known },
    });
  }
  if (invalid !== undefined)
    throw new SpellError("VALIDATION_FAILED", `the arguments for tool '${name}' are not valid JSON`);
  const { signal, agentId, authorize, toolTimeoutMs } = scope;
  const context = {
    signal,
    toolCallId: id,
    run,
    ...(agentId === undefined ? {} : { agentId }),
    ...(authorize === undefined ? {} : { authorize }),
  };
  return await executeTool(tool, input, context, toolTimeoutMs === undefined ? {} : { timeoutMs: toolTimeoutMs });
}

function resultText(name: string, result: unknown): string {
  if (typeof result === "string") return result;
  try {
    return JSON.stringify(result) ?? "null";
  } catch (error) {
    throw new SpellError("TOOL_FAILED", `tool '${name}' returned a value that is not JSON`, { cause: error });
  }
}
