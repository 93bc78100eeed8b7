import { sleep } from "./abort.js";

/** Where time comes from, so that tests and replays can have their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits `ms` milliseconds; rejects at once when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The time of this machine. */
export const systemClock: Clock = { now: () => Date.now(), sleep };
