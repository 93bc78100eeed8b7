import { SpellError, toSpellError } from "@llmspell/errors";
import { abortError, deadline } from "../abort.js";
import { isRecord } from "../json.js";
import { forEachParallel } from "../parallel.js";
import { executeTool, type ExecuteOptions } from "./execute.js";
import { defineTool, type Tool, type ToolContext } from "./tool.js";

/** One stage of a pipeline. */
export interface PipelineStage {
  tool: Tool;
  /**
   * Its arguments, of the result before and of the arguments of the whole. By
   * default the result itself when it is an object, else `{input: result}`.
   */
  args?: (previous: unknown, input: Record<string, unknown>) => Record<string, unknown>;
}

/**
 * A tool that runs others one after the other and returns the last result. Each
 * is checked and authorized by itself; the first error ends the pipeline and
 * says in `details.stage` where.
 *
 * @throws SpellError `INVALID_ARGUMENT` without a stage.
 */
export function pipelineTool(
  definition: Omit<Tool, "execute" | "capabilities" | "permissions"> & {
    stages: readonly PipelineStage[];
    /** Told what each stage gave. */
    onStage?: (tool: Tool, result: unknown) => void;
  },
): Tool {
  const { stages, onStage, ...rest } = definition;
  if (stages.length === 0) throw new SpellError("INVALID_ARGUMENT", `pipeline '${rest.name}' needs at least one stage`);
  return defineTool({
    ...rest,
    async execute(input, context) {
      let previous: unknown = input;
      for (const [index, { tool, args }] of stages.entries()) {
        const given = args?.(previous, input) ?? (isRecord(previous) ? previous : { input: previous });
        context.report?.({ message: tool.name, fraction: index / stages.length });
        try {
          previous = await executeTool(tool, given, context);
          onStage?.(tool, previous);
        } catch (error) {
          const { code, message, details, cause } = toSpellError(error);
          throw new SpellError(code, message, { details: { ...details, stage: index + 1, tool: tool.name }, cause });
        }
      }
      return previous;
    },
  });
}

/** A call for {@link runTools}. */
export interface ToolCall {
  tool: Tool;
  args: Record<string, unknown>;
}

/** How one of several calls ended. */
export type ToolOutcome =
  | { status: "completed"; result: unknown }
  | { status: "failed" | "cancelled"; error: SpellError };

export interface RunToolsOptions extends ExecuteOptions {
  /** Calls at the same time; 4 by default. */
  concurrency?: number;
  /** Whether the first failure cancels those that run and those that have not begun; false by default. */
  stopOnError?: boolean;
}

/**
 * Runs calls at the same time. The outcomes have the order of the calls.
 *
 * @throws SpellError `CANCELLED` or the signal's own reason when the context's signal aborts; `INVALID_ARGUMENT`.
 */
export async function runTools(
  calls: readonly ToolCall[],
  context: ToolContext,
  { concurrency = 4, stopOnError = false, ...options }: RunToolsOptions = {},
): Promise<ToolOutcome[]> {
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new SpellError("INVALID_ARGUMENT", "'concurrency' must be a whole number above 0");
  using stop = deadline("the calls", undefined, context.signal);
  const { signal } = stop;
  const outcomes: ToolOutcome[] = [];
  await forEachParallel(calls, concurrency, async ({ tool, args }, index) => {
    try {
      const result = await executeTool(tool, args, { ...context, signal }, options);
      outcomes[index] = { status: "completed", result };
    } catch (error) {
      outcomes[index] = { status: signal.aborted ? "cancelled" : "failed", error: toSpellError(error) };
      if (stopOnError)
        stop.abort(new SpellError("CANCELLED", `tool '${tool.name}' failed, so the others were stopped`));
    }
  });
  if (context.signal.aborted) throw abortError(context.signal);
  return outcomes;
}
