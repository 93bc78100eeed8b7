import { isSpellError, SpellError } from "@llmspell/errors";
import { sleep } from "../abort.js";

/** How often and how slowly a failed model call is tried again. */
export interface RetryOptions {
  /** Calls in total; 3 by default, 1 for no retry. */
  maxAttempts?: number;
  /** Milliseconds before the second call; doubled each time, with jitter; 500 by default. */
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
  return isSpellError(error) && error.category === "provider" && error.details["retryable"] === true;
}

function withAttempts(error: SpellError, attempts: number): SpellError {
  return new SpellError(error.code, error.message, { details: { ...error.details, attempts }, cause: error.cause });
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
