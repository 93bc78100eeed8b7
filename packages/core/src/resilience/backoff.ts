import { SpellError } from "@llmspell/errors";

/** How the waits between tries grow, as multiples of the first: 1 1 1, 1 2 3, 1 2 4, 1 1 2 3. */
export type BackoffStrategy = "fixed" | "linear" | "exponential" | "fibonacci";

export interface BackoffOptions {
  /** `exponential` by default. */
  strategy?: BackoffStrategy;
  /** Milliseconds of the first wait; 500 by default. */
  initialDelayMs?: number;
  /** Milliseconds that a wait may take; 30 000 by default. */
  maxDelayMs?: number;
  /**
   * Takes up to half off each wait at random, so that many who failed together do not
   * come back together (the "equal jitter" of AWS's "Exponential Backoff and Jitter"); true by default.
   */
  jitter?: boolean;
  /** From 0 up to 1; `Math.random` by default. */
  random?: () => number;
}

const FACTORS: Readonly<Record<BackoffStrategy, (wait: number) => number>> = {
  fixed: () => 1,
  linear: (wait) => wait,
  exponential: (wait) => 2 ** (wait - 1),
  fibonacci: (wait) => fibonacci(wait),
};

export const BACKOFF_STRATEGIES = Object.keys(FACTORS) as readonly BackoffStrategy[];

/**
 * Milliseconds of the `wait`-th wait, counted from 1.
 *
 * @throws SpellError `INVALID_ARGUMENT` for an unknown strategy.
 */
export function backoffMs(wait: number, options: BackoffOptions = {}): number {
  const { strategy = "exponential", initialDelayMs = 500, maxDelayMs = 30_000 } = options;
  if (!Object.hasOwn(FACTORS, strategy)) {
    const known = BACKOFF_STRATEGIES.join(", ");
    throw new SpellError("INVALID_ARGUMENT", `there is no backoff strategy '${String(strategy)}' (known: ${known})`);
  }
  const { jitter = true, random = Math.random } = options;
  const full = Math.min(initialDelayMs * FACTORS[strategy](wait), maxDelayMs);
  return jitter ? full * (1 - random() / 2) : full;
}

function fibonacci(index: number): number {
  let [last, next] = [0, 1];
  for (let step = 1; step < index && next < Number.MAX_SAFE_INTEGER; step++) [last, next] = [next, last + next];
  return next;
}
