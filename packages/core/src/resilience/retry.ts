import { isRetryable, isSpellError, SpellError } from "@llmspell/errors";
import { throwIfAborted } from "../abort.js";
import { systemClock, type Clock } from "../clock.js";
import { backoffMs, type BackoffOptions } from "./backoff.js";

/** How often and how slowly something that failed for a passing reason is tried again. */
export interface RetryOptions extends BackoffOptions {
  /** Tries in total; 3 by default, 1 for no retry. */
  maxAttempts?: number;
  /** Whether it is worth another try; by default what {@link isRetryable} says. */
  retryIf?: (error: unknown, attempt: number) => boolean | Promise<boolean>;
  /** Told before each wait. */
  onRetry?: (retry: { error: unknown; attempt: number; delayMs: number }) => void;
  clock?: Clock;
}

/**
 * Runs `call` until it succeeds, fails for good or the attempts are used up. A server's
 * Retry-After (`details.retryAfterMs` of the error) comes before the own backoff, up to
 * `maxDelayMs`. The error of the last attempt tells the number of `attempts`.
 *
 * @throws SpellError `INVALID_ARGUMENT` when `maxAttempts` is no whole number above 0.
 */
export async function withRetry<T>(
  call: (attempt: number) => Promise<T>,
  options: RetryOptions = {},
  signal?: AbortSignal,
): Promise<T> {
  const { maxAttempts = 3, retryIf = isRetryable, maxDelayMs = 30_000, clock = systemClock } = options;
  if (!(Number.isInteger(maxAttempts) && maxAttempts > 0))
    throw new SpellError("INVALID_ARGUMENT", "'maxAttempts' must be a whole number above 0");
  for (let attempt = 1; ; attempt++) {
    try {
      return await call(attempt);
    } catch (error) {
      throwIfAborted(signal);
      if (attempt >= maxAttempts || !(await retryIf(error, attempt))) throw withAttempts(error, attempt);
      const wanted = isSpellError(error) ? error.details["retryAfterMs"] : undefined;
      const delayMs = typeof wanted === "number" ? Math.min(wanted, maxDelayMs) : backoffMs(attempt, options);
      options.onRetry?.({ error, attempt, delayMs });
      await clock.sleep(delayMs, signal);
    }
  }
}

function withAttempts(error: unknown, attempts: number): unknown {
  if (attempts === 1 || !isSpellError(error)) return error;
  return new SpellError(error.code, error.message, { details: { ...error.details, attempts }, cause: error.cause });
}

/** The wait that a server asks for, in milliseconds: `retry-after-ms`, or `retry-after` as seconds or date. */
export function retryAfterMs(headers: Record<string, string>, now = Date.now()): number | undefined {
  const exact = Number.parseFloat(headers["retry-after-ms"] ?? "");
  if (exact >= 0) return exact;
  const text = headers["retry-after"]?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
