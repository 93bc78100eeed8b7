import { SpellError, isSpellError, toSpellError } from "@llmspell/errors";
import { abortError, deadline, raceAbort, throwIfAborted } from "../abort.js";
import { isRecord, withFields } from "../json.js";
import { describeErrors, validateJson } from "../schema/validate.js";
import type { ToolStats } from "./stats.js";
import { SuspendedCall } from "./suspended-call.js";
import type { Authorize, CapabilityRequest, Tool, ToolContext } from "./tool.js";

/** How {@link executeTool} runs a tool. */
export interface ExecuteOptions {
  /** Milliseconds that the tool may take, approval not counted; the tool's own limit by default. */
  timeoutMs?: number;
  /** Counts the call, however it ends. */
  stats?: ToolStats;
}

/**
 * Runs a tool: arguments are checked, then each power it needs is authorized,
 * then it runs, then its result is checked. With `context.run` the call is an operation of
 * that run, with its hooks and events (`step` is 0: no model asked for it).
 *
 * @throws SpellError `VALIDATION_FAILED` naming the argument; `PERMISSION_DENIED` for a
 *   power that the tool does not declare, and what `authorize` throws; `TIMEOUT`;
 *   `CANCELLED`; `TOOL_OUTPUT_INVALID` naming what is wrong with the result; a
 *   {@link SpellError} of the tool as it is; `TOOL_FAILED` with anything else the
 *   tool threw as cause.
 */
export async function executeTool(
  tool: Tool,
  args: unknown,
  context: ToolContext,
  options: ExecuteOptions = {},
): Promise<unknown> {
  // Whoever calls a tool by this has no place for one that is suspended.
  const { nested: _nested, ...own } = context;
  const { run, toolCallId: id = "" } = own;
  if (run === undefined) return await performTool(tool, args, own, options);
  return await run.operation(
    "tool",
    args,
    { step: 0, id, name: tool.name, args },
    (given, inner) => performTool(tool, given, withFields(own, { run: inner }), options),
    (result) => ({ result }),
  );
}

/** {@link executeTool} for who is inside the operation already. */
export async function performTool(
  tool: Tool,
  args: unknown,
  context: ToolContext,
  options: ExecuteOptions = {},
): Promise<unknown> {
  const { stats } = options;
  const started = performance.now();
  try {
    const result = await checkedCall(tool, args, context, options.timeoutMs ?? tool.timeoutMs);
    stats?.record(tool.name, performance.now() - started);
    return result;
  } catch (error) {
    stats?.record(tool.name, performance.now() - started, isSpellError(error) ? error.code : "TOOL_FAILED");
    throw error;
  }
}

async function checkedCall(
  tool: Tool,
  args: unknown,
  context: ToolContext,
  timeoutMs: number | undefined,
): Promise<unknown> {
  throwIfAborted(context.signal);
  const { valid, errors } = await validateJson(tool.parameters, args);
  if (!valid || !isRecord(args)) {
    const reason = valid ? "they must be an object" : describeErrors(errors);
    const details = { tool: tool.name, errors };
    throw new SpellError("VALIDATION_FAILED", `invalid arguments for tool '${tool.name}': ${reason}`, { details });
  }
  const authorize = confinedTo(tool, context.authorize);
  for (const request of powers(tool, args)) {
    await raceAbort(Promise.resolve(authorize?.(request)), context.signal);
  }
  throwIfAborted(context.signal);
  const confined = authorize === undefined ? context : withFields(context, { authorize });
  const result = await perform(tool, args, confined, timeoutMs);
  if (tool.output !== undefined && !(result instanceof SuspendedCall))
    await checkOutput(tool.name, tool.output, result);
  return result;
}

async function perform(
  tool: Tool,
  args: Record<string, unknown>,
  context: ToolContext,
  timeoutMs: number | undefined,
): Promise<unknown> {
  using limit = deadline(`tool '${tool.name}'`, timeoutMs, context.signal);
  try {
    const work = async (): Promise<unknown> => await tool.execute(args, withFields(context, { signal: limit.signal }));
    return await raceAbort(work(), limit.signal);
  } catch (error) {
    // A tool that obeys the signal throws its own AbortError; the reason says more.
    if (limit.signal.aborted) throw abortError(limit.signal);
    if (isSpellError(error)) throw error;
    throw new SpellError("TOOL_FAILED", `tool '${tool.name}' failed: ${toSpellError(error).message}`, {
      details: { tool: tool.name },
      cause: error,
    });
  }
}

function powers(tool: Tool, args: Record<string, unknown>): CapabilityRequest[] {
  return tool.capabilities?.(args) ?? tool.permissions?.map((capability) => ({ capability })) ?? [];
}

/** `authorize`, which lets the tool ask for no more than it declares. */
function confinedTo({ name, permissions }: Tool, authorize: Authorize | undefined): Authorize | undefined {
  if (permissions === undefined || authorize === undefined) return authorize;
  return (request) => {
    if (permissions.includes(request.capability)) return authorize(request);
    throw new SpellError("PERMISSION_DENIED", `tool '${name}' does not declare that it needs '${request.capability}'`, {
      details: { tool: name, capability: request.capability },
    });
  };
}

async function checkOutput(name: string, schema: NonNullable<Tool["output"]>, result: unknown): Promise<void> {
  const { valid, errors } = await validateJson(schema, result);
  if (valid) return;
  throw new SpellError("TOOL_OUTPUT_INVALID", `tool '${name}' returned what it must not: ${describeErrors(errors)}`, {
    details: { tool: name, errors },
  });
}
