import { SpellError } from "@llmspell/errors";
import { raceAbort } from "../abort.js";
import type { Clock } from "../clock.js";

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /**
   * Moves on by `ms` milliseconds; whoever sleeps wakes up at the right moment and may sleep again.
   *
   * @throws SpellError `INVALID_ARGUMENT` for a number that is not finite or below 0.
   */
  advance(ms: number): Promise<void>;
}

export function createManualClock(start = 0): ManualClock {
  let now = start;
  /** The first to wake first; of the same moment the first to sleep. */
  const sleepers: { at: number; wake: () => void }[] = [];
  // Everything that is ready to run does so before time goes on.
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    now: () => now,
    async sleep(ms, signal) {
      const sleeper = { at: now + ms, wake: (): void => {} };
      const woken = new Promise<void>((wake) => (sleeper.wake = wake));
      sleepers.splice(sleepers.findLastIndex(({ at }) => at <= sleeper.at) + 1, 0, sleeper);
      try {
        await raceAbort(woken, signal);
      } finally {
        const index = sleepers.indexOf(sleeper);
        if (index >= 0) sleepers.splice(index, 1);
      }
    },
    async advance(ms) {
      if (!Number.isFinite(ms) || ms < 0)
        throw new SpellError("INVALID_ARGUMENT", "a clock is moved on by milliseconds of 0 or more");
      const end = now + ms;
      for (;;) {
        await settle();
        const [next] = sleepers;
        if (next === undefined || next.at > end) break;
        now = next.at;
        sleepers.shift();
        next.wake();
      }
      now = end;
      await settle();
    },
  };
}
