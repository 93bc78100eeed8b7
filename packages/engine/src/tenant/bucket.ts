/** A token bucket: fills at a rate per second, holds one second's worth, and may be overdrawn. */
export class TokenBucket {
  readonly #clock: () => number;
  #rate = Infinity;
  #level = Infinity;
  #filledAt: number;

  /** @param clock gives milliseconds from any fixed point. */
  constructor(clock: () => number) {
    this.#clock = clock;
    this.#filledAt = clock();
  }

  get rate(): number {
    return this.#rate;
  }

  /** A bucket with a new rate is full, or owes what it owed. */
  set rate(perSecond: number) {
    const owed = Math.min(0, this.level);
    this.#rate = perSecond;
    this.#level = owed < 0 ? owed : perSecond;
  }

  /** What it holds; negative when it is overdrawn. */
  get level(): number {
    if (this.#rate === Infinity) return Infinity;
    const now = this.#clock();
    const gained = (Math.max(0, now - this.#filledAt) * this.#rate) / 1_000;
    this.#filledAt = now;
    this.#level = Math.min(this.#level + gained, this.#rate);
    return this.#level;
  }

  take(amount: number): void {
    if (this.#rate === Infinity) return;
    this.#level = this.level - amount;
  }

  /** Milliseconds until it holds `amount`, or all it can hold. */
  msUntil(amount: number): number {
    const missing = Math.min(amount, this.#rate) - this.level;
    return missing > 0 ? Math.ceil((missing * 1_000) / this.#rate) : 0;
  }
}
