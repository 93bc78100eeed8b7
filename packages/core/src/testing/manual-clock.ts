import { raceAbort } from "../abort.js";
import type { Clock } from "../clock.js";

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /** Moves on by `ms` milliseconds; whoever sleeps wakes up at the right moment and may sleep again. */
  advance(ms: number): Promise<void>;
}

export function createManualClock(start = 0): ManualClock {
  let now = start;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  // Everything that is ready to run does so before time goes on.
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    now: () => now,
    async sleep(ms, signal) {
      let sleeper: { at: number; wake: () => void } | undefined;
      const woken = new Promise<void>((wake) => sleepers.add((sleeper = { at: now + ms, wake })));
      try {
        await raceAbort(woken, signal);
      } finally {
        if (sleeper !== undefined) sleepers.delete(sleeper);
      }
    },
    async advance(ms) {
      const end = now + ms;
      for (;;) {
        await settle();
        const next = [...sleepers].toSorted((a, b) => a.at - b.at)[0];
        if (next === undefined || next.at > end) break;
        now = next.at;
        sleepers.delete(next);
        next.wake();
      }
      now = end;
      await settle();
    },
  };
}
