import { isSpellError, SpellError } from "@llmspell/errors";
import { sleep } from "./abort.js";

/** How often and how slowly something that failed for a passing reason is tried again. */
export interface RetryOptions {
  /** Tries in total; 3 by default, 1 for no retry. */
  maxAttempts?: number;
  /** Milliseconds before the second try; doubled each time, with jitter; 500 by default. */
  initialDelayMs?: number;
  /** Milliseconds that a wait may take, also when the server asks for more; 30 000 by default. */
  maxDelayMs?: number;
}

/**
 * Runs `call` until it succeeds, fails for good (`details.retryable` of its error is
 * not true) or the attempts are used up. A server's Retry-After comes before
 * the own backoff. The error of the last attempt tells the number of `attempts`.
 */
export async function withRetry<T>(
  call: () => Promise<T>,
  options: RetryOptions = {},
  signal?: AbortSignal,
): Promise<T> {
  const { maxAttempts = 3, initialDelayMs = 500, maxDelayMs = 30_000 } = options;
  let delays: { next(): number } | undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (!isRetryable(error)) throw error;
      if (attempt >= maxAttempts) throw attempt === 1 ? error : withAttempts(error, attempt);
      delays ??= await backoff(initialDelayMs, maxDelayMs);
      const wanted = error.details["retryAfterMs"];
      await sleep(typeof wanted === "number" ? Math.min(wanted, maxDelayMs) : delays.next(), signal);
    }
  }
}

function isRetryable(error: unknown): error is SpellError {
  return isSpellError(error) && error.details["retryable"] === true;
}

function withAttempts(error: SpellError, attempts: number): SpellError {
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

// Only cockatiel's delays are used: the wait of its retry policy cannot be aborted.
async function backoff(initialDelay: number, maxDelay: number): Promise<{ next(): number }> {
  const { ExponentialBackoff } = await import("cockatiel");
  const factory = new ExponentialBackoff({ initialDelay, maxDelay });
  let current: ReturnType<typeof factory.next> | undefined;
  return {
    next() {
      current = current === undefined ? factory.next() : current.next(undefined);
      return Math.min(current.duration, maxDelay);
    },
  };
}
