import { ERROR_CODES, type Recovery } from "./codes.js";
import { isSpellError, type SpellError } from "./error.js";

/**
 * What to do about `error`. Its `details.retryable` says more than its code: the same code
 * may pass by itself or not. Whatever is no {@link SpellError} is to be handed on.
 */
export function recoveryOf(error: unknown): Recovery {
  if (!isSpellError(error)) return "propagate";
  const { retryable } = error.details;
  const [category, recovery] = ERROR_CODES[error.code];
  if (retryable === true) return "retry";
  if (retryable === false && recovery === "retry") return category === "provider" ? "fallback" : "propagate";
  return recovery;
}

/** Whether the cause of `error` may pass by itself. */
export function isRetryable(error: unknown): error is SpellError {
  return recoveryOf(error) === "retry";
}

/** How bad `error` is, in the words of events: `warning` when it may pass, `info` when somebody wanted it. */
export function severityOf(error: unknown): "info" | "warning" | "error" {
  const recovery = recoveryOf(error);
  return recovery === "ignore" ? "info" : recovery === "retry" ? "warning" : "error";
}
