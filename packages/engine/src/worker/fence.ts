/** The longest delay a timer of Node takes. */
const MAX_TIMER_MS = 2_147_483_647;
const MIN_TIMER_MS = 100;

/** The last fence around a guest with a time limit: rings when the guest has not ended by itself. */
export class Fence {
  readonly #timeMs: () => number;
  readonly #msLeft: () => number;
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | undefined;
  #look: NodeJS.Immediate | undefined;

  /** @param msLeft until it rings; may grow while the guest's thread starts. */
  constructor(timeMs: () => number, msLeft: () => number, ring: () => void) {
    this.#timeMs = timeMs;
    this.#msLeft = msLeft;
    this.#ring = ring;
  }

  set(): void {
    // Looks too early while the thread starts, for only then is it known when the time begins.
    const most = Math.min(Math.max(this.#timeMs(), MIN_TIMER_MS), MAX_TIMER_MS);
    this.#timer ??= setTimeout(
      // When this thread was busy, it hears only now what the guest has said in time: that comes first.
      () => (this.#look = setImmediate(() => this.#ringOrWait())),
      Math.min(Math.max(Math.ceil(this.#msLeft()), 0), most),
    );
  }

  #ringOrWait(): void {
    this.#timer = undefined;
    if (this.#msLeft() > 0) this.set();
    else this.#ring();
  }

  clear(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#look);
    this.#timer = undefined;
  }
}
