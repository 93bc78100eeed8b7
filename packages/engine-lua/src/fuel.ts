import type { Limits } from "@llmspell/engine";

/** Fuel given at once: a few milliseconds of work, after which the clock is looked at. */
const SLICE = 1_000_000;
const MIN_SLICE = 2_000;
const SHORT_SLICE = 101;
/** After so many the guest is in a long loop of the library. */
const MAX_SHORT_SLICES = 5;
/** The least fuel that a nested call takes. */
const FUEL_PER_CALL = 6;
/** Fuel for a guest to end by itself after a limit was reached, before it is killed. */
const GRACE = 3_000_000;
/**
 * Given in small slices: each end of one is a chance to stop the coroutine that
 * runs then. Of changing size, or all of them might end in the same library
 * function of a loop, where no coroutine is known.
 */
const GRACE_SLICES = [9_973, 10_007, 10_039, 10_061, 10_079] as const;

/** A gauge's readings, to go on from. */
export interface SavedFuel {
  readonly spent: number;
  readonly slice: number;
  /** What is left of the slice: kept, so that the ends of slices fall where they would have. */
  readonly left: number;
  readonly shortSlices: number;
  /** Milliseconds since the first turn; absent before it. */
  readonly elapsedMs?: number | undefined;
}

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
  #shortSlices = 0;
  #deadline: number | undefined;
  #graceLeft = GRACE;
  #usedAtBreach: number | undefined;

  constructor(counter: WebAssembly.Global<"i32">, limits: Limits, saved?: SavedFuel) {
    this.#counter = counter;
    this.#limits = limits;
    if (saved === undefined) {
      this.#give(this.#nextSlice(limits.fuel));
      return;
    }
    this.#spent = saved.spent;
    this.#slice = saved.slice;
    this.#shortSlices = saved.shortSlices;
    this.#counter.value = saved.left;
    if (saved.elapsedMs !== undefined) this.#deadline = performance.now() + limits.timeMs - saved.elapsedMs;
  }

  save(): SavedFuel {
    return {
      spent: this.#spent,
      slice: this.#slice,
      left: this.#counter.value,
      shortSlices: this.#shortSlices,
      elapsedMs: this.#deadline === undefined ? undefined : this.#limits.timeMs - this.msLeft,
    };
  }

  get used(): number {
    return this.#usedAtBreach ?? this.#spent + this.#slice - this.#counter.value;
  }

  get msLeft(): number {
    return this.#deadline === undefined ? this.#limits.timeMs : Math.max(0, this.#deadline - performance.now());
  }

  /** Shorter where a lower limit on nested calls has to be noticed in time. */
  #nextSlice(left: number): number {
    return Math.min(SLICE, left, Math.max(MIN_SLICE, this.#limits.callDepth * FUEL_PER_CALL));
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

  /**
   * Gives the next slice, or says which limit is reached. A slice that ended in
   * library code, where no coroutine is known, is followed by a very short one,
   * which most likely ends in the interpreter.
   */
  refill(inLibrary: boolean): "fuel" | "timeMs" | undefined {
    this.#account();
    const left = this.#limits.fuel - this.#spent;
    if (left <= 0) return "fuel";
    if (this.msLeft <= 0) return "timeMs";
    const isShort = inLibrary && this.#shortSlices++ < MAX_SHORT_SLICES;
    if (!isShort) this.#shortSlices = 0;
    this.#give(isShort ? Math.min(SHORT_SLICE, left) : this.#nextSlice(left));
    return undefined;
  }

  /** A limit is reached: what is used from now on is the guest's last. */
  startGrace(): void {
    this.#usedAtBreach = Math.min(this.used, this.#limits.fuel);
    this.#give(GRACE_SLICES[0]);
  }

  /** The next slice of the grace; false when it is used up. */
  grace(): boolean {
    const slice = GRACE_SLICES[this.#graceLeft % GRACE_SLICES.length] ?? GRACE_SLICES[0];
    this.#graceLeft -= slice;
    if (this.#graceLeft <= 0) return false;
    this.#give(slice);
    return true;
  }

  /** Makes the guest call the host at its next charge. */
  exhaust(): void {
    this.#slice -= this.#counter.value;
    this.#counter.value = 0;
  }
}
