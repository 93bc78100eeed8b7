import { SpellError } from "@llmspell/errors";
import { deadline } from "../abort.js";
import { executeTool, type ExecuteOptions } from "./execute.js";
import type { Tool, ToolContext, ToolProgress } from "./tool.js";

/** A call that runs by itself. */
export interface ToolRun {
  readonly status: "running" | "completed" | "failed" | "cancelled";
  /** What {@link executeTool} gives or throws. Nobody has to wait for it. */
  readonly result: Promise<unknown>;
  /** The latest news. */
  readonly progress: ToolProgress | undefined;
  /** All news in order, from the first on; ends with the call and throws nothing. One reader only. */
  updates(): AsyncIterable<ToolProgress>;
  /** Aborts the call, which then fails with `CANCELLED`; nothing happens when it has ended. */
  cancel(): void;
}

// Nobody may ever read them: a tool must not be able to fill the memory.
const MAX_UPDATES = 10_000;

/**
 * Starts a tool and returns at once.
 *
 * @example
 * const run = startTool(research, { topic: "tea" }, { signal });
 * for await (const { partial } of run.updates()) process.stdout.write(String(partial));
 * const report = await run.result;
 */
export function startTool(tool: Tool, args: unknown, context: ToolContext, options: ExecuteOptions = {}): ToolRun {
  const stop = deadline(`tool '${tool.name}'`, undefined, context.signal);
  const { signal } = stop;
  const waiting: ToolProgress[] = [];
  let status: ToolRun["status"] = "running";
  let progress: ToolProgress | undefined;
  let wake = (): void => {};
  const report = (news: ToolProgress): void => {
    if (status !== "running") return;
    progress = news;
    if (waiting.push(news) > MAX_UPDATES) waiting.shift();
    context.report?.(news);
    wake();
  };
  const settle = async (): Promise<unknown> => {
    try {
      const result = await executeTool(tool, args, { ...context, signal, report }, options);
      status = "completed";
      return result;
    } catch (error) {
      status = signal.aborted ? "cancelled" : "failed";
      throw error;
    } finally {
      stop[Symbol.dispose]();
      wake();
    }
  };
  const result = settle();
  result.catch(() => {});

  return {
    get status() {
      return status;
    },
    get progress() {
      return progress;
    },
    result,
    cancel: () => stop.abort(new SpellError("CANCELLED", `the call of tool '${tool.name}' was cancelled`)),
    async *updates() {
      for (;;) {
        const next = waiting.shift();
        if (next !== undefined) yield next;
        else if (status !== "running") return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
