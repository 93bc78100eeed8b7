/** The longest delay a timer of Node takes. */
const MAX_TIMER_MS = 2_147_483_647;

/** A timer of any length that can be set anew. */
export class Alarm {
  #timer: NodeJS.Timeout | undefined;

  /** Calls `ring` in `ms` milliseconds, or earlier when that is longer than a timer can be. */
  set(ms: number, ring: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(ring, Math.min(Math.ceil(ms), MAX_TIMER_MS));
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
