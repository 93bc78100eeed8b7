import { SpellError } from "@llmspell/errors";
import { systemClock, type Clock } from "../clock.js";

/** `closed` lets calls through, `open` refuses them, `half_open` lets a few through to see whether it works again. */
export type BreakerState = "closed" | "open" | "half_open";

export interface BreakerOptions {
  /** Named in errors; `circuit` by default. */
  name?: string;
  /** Failures in a row that open it; 5 by default. */
  failures?: number;
  /** Milliseconds until an open one lets calls through again; 30 000 by default. */
  resetMs?: number;
  /** Trial calls at the same time while half open, all of which must succeed to close it; 1 by default. */
  trials?: number;
  /** Whether an error counts as a failure; every one by default. What does not count is as good as a success. */
  countsAsFailure?: (error: unknown) => boolean;
  onChange?: (to: BreakerState, from: BreakerState) => void;
  clock?: Clock;
}

/** Stops calling what keeps failing ("Circuit Breaker" in M. Nygard, Release It!). */
export interface Breaker {
  readonly name: string;
  readonly state: BreakerState;
  /** Failures in a row. */
  readonly failures: number;
  /** Whether a call would be let through now. */
  readonly ready: boolean;
  /** @throws SpellError `CIRCUIT_OPEN` with `retryAfterMs`, without calling; else what `work` throws. */
  call<T>(work: () => Promise<T>): Promise<T>;
  /** Closes it. Calls under way do not count any more. */
  reset(): void;
}

/** @throws SpellError `INVALID_ARGUMENT`. */
export function createBreaker(options: BreakerOptions = {}): Breaker {
  const { name = "circuit", failures: limit = 5, resetMs = 30_000, trials = 1, clock = systemClock } = options;
  const { countsAsFailure = () => true, onChange } = options;
  for (const [field, value] of Object.entries({ failures: limit, trials })) {
    if (!(Number.isInteger(value) && value > 0))
      throw new SpellError("INVALID_ARGUMENT", `'${field}' of a circuit breaker must be a whole number above 0`);
  }
  if (!(resetMs >= 0)) throw new SpellError("INVALID_ARGUMENT", "'resetMs' of a circuit breaker must be 0 or more");

  let state: BreakerState = "closed";
  let [failures, openedAt, underTrial, passed] = [0, 0, 0, 0];
  // A call that began before the latest change says nothing about the time after it.
  let era = 0;

  const change = (to: BreakerState): void => {
    const from = state;
    state = to;
    era++;
    [underTrial, passed] = [0, 0];
    if (to === "open") openedAt = clock.now();
    if (to === "closed") failures = 0;
    if (from !== to) onChange?.(to, from);
  };
  const waitMs = (): number => (state === "open" ? Math.max(0, openedAt + resetMs - clock.now()) : 0);
  const ready = (): boolean => (state === "half_open" ? underTrial + passed < trials : waitMs() === 0);

  const succeeded = (): void => {
    failures = 0;
    if (state === "half_open" && ++passed >= trials) change("closed");
  };
  const failed = (): void => {
    failures++;
    if (state === "half_open" || failures >= limit) change("open");
  };

  return {
    name,
    get state() {
      return state;
    },
    get failures() {
      return failures;
    },
    get ready() {
      return ready();
    },
    async call(work) {
      if (!ready()) throw refused(name, waitMs());
      if (state === "open") change("half_open");
      const begun = era;
      if (state === "half_open") underTrial++;
      try {
        const result = await work();
        if (begun === era) succeeded();
        return result;
      } catch (error) {
        if (begun === era) (countsAsFailure(error) ? failed : succeeded)();
        throw error;
      } finally {
        if (begun === era && state === "half_open") underTrial--;
      }
    },
    reset: () => change("closed"),
  };
}

function refused(name: string, retryAfterMs: number): SpellError {
  return new SpellError("CIRCUIT_OPEN", `'${name}' failed too often and is not called for now`, {
    details: { breaker: name, retryAfterMs },
  });
}
