import { isSpellError, SpellError, type ErrorCode } from "@llmspell/errors";
import { systemClock, type Clock } from "../clock.js";
import { explainMisfit, type Expected } from "./matchers.js";

export interface EventuallyOptions {
  /** Milliseconds after which it is given up; 5000 by default. */
  withinMs?: number;
  /** Milliseconds between two looks; 10 by default. */
  everyMs?: number;
  clock?: Clock;
}

/**
 * Waits until what `read` gives fits, and returns it. While `read` throws it does not fit.
 *
 * @example
 * await eventually(() => server.requests.length, 3);
 * @throws SpellError `TIMEOUT` saying what is still wrong.
 */
export async function eventually<T>(
  read: () => T | Promise<T>,
  expected: Expected,
  { withinMs = 5000, everyMs = 10, clock = systemClock }: EventuallyOptions = {},
): Promise<T> {
  const end = clock.now() + withinMs;
  for (;;) {
    let reason: string | undefined;
    try {
      const value = await read();
      reason = explainMisfit(value, expected);
      if (reason === undefined) return value;
    } catch (error) {
      reason = `it throws: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (clock.now() >= end) throw new SpellError("TIMEOUT", `after ${withinMs} ms it is still not so\n${reason}`);
    await clock.sleep(everyMs);
  }
}

/**
 * The error that `work` ends with: a {@link SpellError} with this code.
 *
 * @example
 * const error = await failure(() => agent.run("hello"), "BUDGET_EXCEEDED");
 * @throws SpellError `ASSERTION_FAILED` when it succeeds or fails otherwise.
 */
export async function failure(work: Promise<unknown> | (() => unknown), code: ErrorCode): Promise<SpellError> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (!isSpellError(error))
      throw new SpellError("ASSERTION_FAILED", `expected ${code}, got ${String(error)}`, { cause: error });
    if (error.code !== code)
      throw new SpellError("ASSERTION_FAILED", `expected ${code}, got ${error.code}: ${error.message}`, {
        cause: error,
      });
    return error;
  }
  throw new SpellError("ASSERTION_FAILED", `expected ${code}, and it succeeded`);
}
