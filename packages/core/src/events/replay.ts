import { SpellError, onAbort } from "@llmspell/errors";
import { raceAbort } from "../abort.js";
import { systemClock, type Clock } from "../clock.js";
import type { SpellEvent } from "./event.js";

export interface ReplayOptions {
  /** Times the recorded speed; 1 by default, `Infinity` for no waiting. */
  speed?: number;
  filter?: (event: SpellEvent) => boolean;
  clock?: Clock;
  signal?: AbortSignal;
}

// A day: timers of Node end at 24.
const LONGEST_WAIT_MS = 86_400_000;

/** How a replay ended. */
export interface ReplayResult {
  replayed: number;
  status: "completed" | "stopped";
}

export interface Replay {
  readonly status: "running" | "paused" | "completed" | "stopped" | "failed";
  readonly replayed: number;
  /** Holds the next event back until `resume`; the time in between does not count. */
  pause(): void;
  resume(): void;
  stop(): void;
  /** @throws what reading the events or `deliver` throws. */
  readonly done: Promise<ReplayResult>;
}

/**
 * Delivers events again, in their order and with their distances in time divided by `speed`.
 * They carry `replayed: true` and are otherwise as they were.
 *
 * @example
 * await replayEvents(readEvents("run.jsonl"), events.deliver, { speed: 10 }).done;
 * @throws SpellError `INVALID_ARGUMENT` for a speed that is not above 0.
 */
export function replayEvents(
  events: Iterable<SpellEvent> | AsyncIterable<SpellEvent>,
  deliver: (event: SpellEvent) => void | Promise<void>,
  { speed = 1, filter, clock = systemClock, signal }: ReplayOptions = {},
): Replay {
  if (!(speed > 0)) throw new SpellError("INVALID_ARGUMENT", "'speed' must be a number above 0");
  let status: Replay["status"] = "running";
  let replayed = 0;
  const ended = new AbortController();
  // Wakes a waiting replay up, to look at its status again.
  let interrupt = new AbortController();
  const wake = (): void => interrupt.abort();
  const stop = (): void => {
    ended.abort();
    wake();
  };
  const isPaused = (): boolean => status === "paused";

  /** Waits `ms`, without the time of pauses. */
  const wait = async (ms: number): Promise<void> => {
    let left = ms;
    while (!ended.signal.aborted && (left > 0 || isPaused())) {
      interrupt = new AbortController();
      const started = clock.now();
      const paused = isPaused();
      try {
        await (paused
          ? raceAbort(new Promise<never>(() => {}), interrupt.signal)
          : clock.sleep(Math.min(left, LONGEST_WAIT_MS), interrupt.signal));
      } catch {
        // Paused, resumed or stopped.
      }
      if (!paused) left -= clock.now() - started;
    }
  };

  const run = async (): Promise<ReplayResult> => {
    if (signal?.aborted === true) stop();
    if (signal !== undefined) onAbort(signal, stop);
    let previous: number | undefined;
    try {
      // Also without waiting, so that whoever started it can pause it before the first event.
      await Promise.resolve();
      for await (const event of events) {
        if (filter !== undefined && !filter(event)) continue;
        const distance = previous === undefined ? 0 : Math.max(0, event.timestamp - previous);
        previous = event.timestamp;
        await wait(speed === Number.POSITIVE_INFINITY ? 0 : distance / speed);
        if (ended.signal.aborted) break;
        await deliver({ ...event, replayed: true });
        replayed++;
      }
      status = ended.signal.aborted ? "stopped" : "completed";
      return { replayed, status };
    } catch (error) {
      status = "failed";
      throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  };
  const done = run();
  // Whoever does not wait for the end is not to be ended by it.
  done.catch(() => {});
  return {
    done,
    stop,
    get status() {
      return status;
    },
    get replayed() {
      return replayed;
    },
    pause() {
      if (status !== "running") return;
      status = "paused";
      wake();
    },
    resume() {
      if (status !== "paused") return;
      status = "running";
      wake();
    },
  };
}
