import { SpellError, isSpellError } from "@llmspell/errors";
import { abortError, deadline, raceAbort, throwIfAborted } from "../abort.js";
import { isRecord } from "../json.js";
import { describeErrors, validateJson } from "../schema/validate.js";
import type { Tool, ToolContext } from "./tool.js";

/** How {@link executeTool} runs a tool. */
export interface ExecuteOptions {
  /** Milliseconds that the tool may take, approval not counted; without limit by default. */
  timeoutMs?: number;
}

/**
 * Runs a tool: arguments are checked, then each power it needs is authorized, then it runs.
 *
 * @throws SpellError `VALIDATION_FAILED` naming the argument; what `authorize`
 *   throws; `TIMEOUT`; `CANCELLED`; a {@link SpellError} of the tool as it is;
 *   `TOOL_FAILED` with anything else the tool threw as cause.
 */
export async function executeTool(
  tool: Tool,
  args: unknown,
  context: ToolContext,
  options: ExecuteOptions = {},
): Promise<unknown> {
  throwIfAborted(context.signal);
  const { valid, errors } = await validateJson(tool.parameters, args);
  if (!valid || !isRecord(args)) {
    const reason = valid ? "they must be an object" : describeErrors(errors);
    const details = { tool: tool.name, errors };
    throw new SpellError("VALIDATION_FAILED", `invalid arguments for tool '${tool.name}': ${reason}`, { details });
  }
  for (const request of tool.capabilities?.(args) ?? []) {
    await raceAbort(Promise.resolve(context.authorize?.(request)), context.signal);
  }
  throwIfAborted(context.signal);
  using limit = deadline(`tool '${tool.name}'`, options.timeoutMs, context.signal);
  try {
    const run = async (): Promise<unknown> => await tool.execute(args, { ...context, signal: limit.signal });
    return await raceAbort(run(), limit.signal);
  } catch (error) {
    // A tool that obeys the signal throws its own AbortError; the reason says more.
    if (limit.signal.aborted) throw abortError(limit.signal);
    if (isSpellError(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new SpellError("TOOL_FAILED", `tool '${tool.name}' failed: ${reason}`, {
      details: { tool: tool.name },
      cause: error,
    });
  }
}
