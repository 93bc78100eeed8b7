import type { Limits, Seat } from "../index.js";

/** Fuel given at once: a few milliseconds of work, after which the clock is looked at. */
const SLICE = 1_000_000;
const MIN_SLICE = 2_000;
/** After a slice that ended in the library; longer each time, for the collector may be at work on a large heap. */
const SHORT_SLICES = [101, 101, 1_009, 10_007, 100_003] as const;
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
  readonly #seat: Seat | undefined;
  /** Fuel of all earlier slices. */
  #spent = 0;
  #slice = 0;
  /** What follows the slice when it ends at the mark. */
  #rest = 0;
  /** Fuel at which somebody wants to look, in the middle of a slice or not. */
  #mark = Infinity;
  /** Fuel after which somebody wants to look, again and again. */
  #portion = Infinity;
  #shortSlices = 0;
  #startedAt: number | undefined;
  #stoppedAt: number | undefined;
  #graceLeft = GRACE;
  #usedAtBreach: number | undefined;
  #usedAtChange = 0;

  constructor(counter: WebAssembly.Global<"i32">, limits: Limits, seat?: Seat, saved?: SavedFuel) {
    this.#counter = counter;
    this.#limits = limits;
    this.#seat = seat;
    if (saved === undefined) {
      this.#give(this.#nextSlice(limits.fuel));
      return;
    }
    this.#spent = saved.spent;
    this.#shortSlices = saved.shortSlices;
    if (saved.elapsedMs !== undefined) this.#startedAt = performance.now() - saved.elapsedMs;
    this.#give(saved.left);
  }

  save(): SavedFuel {
    return {
      spent: this.used,
      left: this.#counter.value + this.#rest,
      shortSlices: this.#shortSlices,
      elapsedMs: this.#startedAt === undefined ? undefined : this.ms,
    };
  }

  get used(): number {
    return this.#usedAtBreach ?? this.#spent + this.#slice - this.#counter.value;
  }

  /** Milliseconds since the first turn began. */
  get ms(): number {
    return this.#startedAt === undefined ? 0 : (this.#stoppedAt ?? performance.now()) - this.#startedAt;
  }

  get msLeft(): number {
    return Math.max(0, this.#limits.timeMs - this.ms);
  }

  /** Shorter where a lower limit on nested calls has to be noticed in time. */
  #nextSlice(left: number): number {
    return Math.min(SLICE, left, Math.max(MIN_SLICE, this.#limits.callDepth * FUEL_PER_CALL));
  }

  /** A slice that passes the mark or is longer than a portion is cut there, and goes on afterwards. */
  #give(slice: number, portion = this.#portion): void {
    const toMark = Math.ceil(this.#mark - this.#spent);
    const cut = toMark > 0 ? Math.min(toMark, portion) : portion;
    this.#rest = cut < slice ? slice - cut : 0;
    this.#slice = slice - this.#rest;
    this.#counter.value = this.#slice;
  }

  #account(): void {
    const used = this.#slice - this.#counter.value;
    this.#spent += used;
    this.#seat?.spend(used);
    this.#slice = 0;
    this.#counter.value = 0;
  }

  /** Accounts for what is used; the slice goes on with `most` at most. */
  #cut(most: number): void {
    const left = this.#counter.value + this.#rest;
    this.#account();
    this.#give(Math.max(0, Math.min(left, most)));
  }

  /** A turn begins; the first one starts the clock. */
  begin(): void {
    this.#startedAt ??= performance.now();
    // Other guests of the tenant have used fuel meanwhile.
    if (this.#seat !== undefined && this.#usedAtBreach === undefined) this.#cut(this.#seat.allowance());
  }

  /** A turn is over. */
  end(): void {
    if (this.#seat !== undefined && this.#usedAtBreach === undefined) this.#cut(Infinity);
  }

  /** The limits have changed. */
  changed(): void {
    if (this.#usedAtBreach !== undefined) return;
    this.#usedAtChange = this.used;
    this.#cut(this.#limits.fuel - this.used);
  }

  /** Counts `fuel` that was used elsewhere. */
  charge(fuel: number): void {
    if (this.#usedAtBreach !== undefined) return;
    const left = this.#counter.value + this.#rest;
    this.#account();
    this.#spent += fuel;
    this.#give(Math.max(0, Math.min(left, this.#limits.fuel - this.#spent)));
  }

  /** Makes the guest call the host when it has used `fuel`; see {@link passesMark}. */
  set mark(fuel: number) {
    this.#mark = fuel;
    if (this.#usedAtBreach === undefined) this.#cut(Infinity);
  }

  /** From now on the guest calls the host in every slice, each time when `portion` is used; see {@link passesMark}. */
  divide(portion: number): void {
    this.#portion = portion;
    if (this.#usedAtBreach === undefined) this.#cut(Infinity);
  }

  /** Stops the clock until {@link startClock}. */
  stopClock(): void {
    this.#stoppedAt ??= performance.now();
  }

  startClock(): void {
    if (this.#stoppedAt === undefined) return;
    if (this.#startedAt !== undefined) this.#startedAt += performance.now() - this.#stoppedAt;
    this.#stoppedAt = undefined;
  }

  /** Puts the guest's fuel aside and runs `action` with `fuel` of its own. */
  aside<T>(fuel: number, action: () => T): T {
    const before = this.#counter.value;
    this.#counter.value = fuel;
    try {
      return action();
    } finally {
      this.#counter.value = before;
    }
  }

  /** Whether the guest calls only for the mark or a portion: its slice then goes on as if it had not. */
  passesMark(inLibrary: boolean): boolean {
    const left = this.#rest + this.#counter.value;
    if (this.#rest === 0 || left <= 0) return false;
    this.#account();
    // As behind a slice: a short portion most likely ends in the interpreter.
    const short = this.#portion === Infinity ? undefined : this.#shortSlice(inLibrary);
    this.#give(left, Math.min(short ?? Infinity, this.#portion));
    return true;
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
    const short = this.#shortSlice(inLibrary);
    const slice = Math.min(short ?? Infinity, this.#nextSlice(left));
    this.#give(this.#seat === undefined ? slice : Math.max(0, Math.min(slice, this.#seat.allowance())));
    return undefined;
  }

  /** What follows a slice that ended in the library, until that has happened too often in a row. */
  #shortSlice(inLibrary: boolean): number | undefined {
    const short = inLibrary ? SHORT_SLICES[this.#shortSlices++] : undefined;
    if (short === undefined) this.#shortSlices = 0;
    return short;
  }

  /** A limit is reached: what is used from now on is the guest's last. */
  startGrace(): void {
    this.#account();
    this.#usedAtBreach = Math.min(this.used, Math.max(this.#limits.fuel, this.#usedAtChange));
    this.#mark = Infinity;
    this.#portion = Infinity;
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

  /** The guest is over; its counter will be another one's. */
  close(): void {
    this.#usedAtBreach ??= this.used;
  }

  /** Makes the guest call the host at its next charge. */
  exhaust(): void {
    this.#slice -= this.#counter.value;
    this.#rest = 0;
    this.#counter.value = 0;
  }
}
