import { toSpellError } from "@llmspell/errors";
import type { Hook } from "./hook.js";
import type { Logger, LogLevel } from "./logger.js";
import { middleware, subjectOf } from "./middleware.js";
import type { Operation } from "./points.js";

export interface LogHookOptions {
  /** All by default. */
  operations?: readonly Operation[];
  /** Of the line at the end of an operation; `info` by default. Begins are `debug`, errors `error`. */
  level?: LogLevel;
  /** Whether inputs and outputs are in the lines; false by default. */
  content?: boolean;
}

/** Writes a line when an operation begins and one when it has ended, with its duration. */
export function logHooks(logger: Logger, { operations, level = "info", content = false }: LogHookOptions = {}): Hook[] {
  return middleware(
    "log",
    async (context, next) => {
      const { operation, about, run } = context;
      const own = logger.child({ ...about, runId: run.runId, correlationId: run.correlationId });
      const what = `${operation} ${subjectOf(context)}`;
      const started = performance.now();
      const durationMs = (): number => Math.round(performance.now() - started);
      own.log("debug", `${what} begins`, content ? { input: context.data } : {});
      try {
        const output = await next();
        own.log(level, `${what} ended`, { durationMs: durationMs(), ...(content ? { output } : {}) });
        return output;
      } catch (error) {
        const { code, message } = toSpellError(error);
        own.log("error", `${what} failed`, { durationMs: durationMs(), error: { code, message } });
        throw error;
      }
    },
    { priority: -800, ...(operations === undefined ? {} : { operations }) },
  );
}
