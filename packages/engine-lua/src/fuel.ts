import type { Limits } from "@llmspell/engine";

/** Fuel given at once: a few milliseconds of work, after which the clock is looked at. */
const SLICE = 1_000_000;
/** Fuel for a guest to end by itself after a limit was reached. */
const GRACE = 1_000_000;
/** How often the grace is extended by a slice before the guest is killed. */
const GRACE_SLICES = 2;

/**
 * Counts a guest's fuel and time. The wasm counter holds the rest of the
 * current slice; it goes below zero to call the host.
 */
export class FuelGauge {
  readonly #counter: WebAssembly.Global<"i32">;
  readonly #limits: Limits;
  /** Fuel of all earlier slices. */
  #spent = 0;
  #slice = 0;
  #deadline: number | undefined;
  #graceSlices = 0;
  #usedAtBreach: number | undefined;

  constructor(counter: WebAssembly.Global<"i32">, limits: Limits) {
    this.#counter = counter;
    this.#limits = limits;
    this.#give(Math.min(SLICE, limits.fuel));
  }

  get used(): number {
    return this.#usedAtBreach ?? this.#spent + this.#slice - this.#counter.value;
  }

  get msLeft(): number {
    return this.#deadline === undefined ? this.#limits.timeMs : Math.max(0, this.#deadline - performance.now());
  }

  #give(slice: number): void {
    this.#slice = slice;
    this.#counter.value = slice;
  }

  #account(): void {
    this.#spent += this.#slice - this.#counter.value;
    this.#give(0);
  }

  /** A turn begins; the first one starts the clock. */
  begin(): void {
    this.#deadline ??= performance.now() + this.#limits.timeMs;
  }

  /** Gives the next slice, or says which limit is reached. */
  refill(): "fuel" | "timeMs" | undefined {
    this.#account();
    const left = this.#limits.fuel - this.#spent;
    if (left <= 0) return "fuel";
    if (this.msLeft <= 0) return "timeMs";
    this.#give(Math.min(SLICE, left));
    return undefined;
  }

  /** A limit is reached: what is used from now on is the guest's last. */
  startGrace(): void {
    this.#usedAtBreach = Math.min(this.used, this.#limits.fuel);
    this.#give(GRACE);
  }

  /** Extends the grace; false when it is used up. */
  grace(): boolean {
    if (this.#graceSlices++ >= GRACE_SLICES) return false;
    this.#give(GRACE);
    return true;
  }

  /** Makes the guest call the host at its next charge. */
  exhaust(): void {
    this.#slice -= this.#counter.value;
    this.#counter.value = 0;
  }
}
