import { AlertWatch, limitError, type AlertLimit, type GuestOptions, type Limits, type Seat } from "@llmspell/engine";
import { FuelGauge, type SavedFuel } from "@llmspell/engine/guest-kit";
import type { SpellError } from "@llmspell/errors";
import type { JsImage } from "./image.js";
import { GuestKilled, type JsInstance } from "./instance.js";

/** Memory a guest may still take after it was refused more, to report what happened. */
const MEMORY_RESERVE = 256 * 1024;

/** Whom a keeper counts for besides its guest, and whom it tells. */
export interface KeeperOptions extends Pick<GuestOptions, "onAlert" | "alertAt"> {
  readonly seat?: Seat | undefined;
  readonly saved?: SavedUsage | undefined;
}

/** What a guest has used, to go on from. */
export interface SavedUsage {
  readonly fuel: SavedFuel;
  readonly hostCalls: number;
  readonly outputBytes: number;
  readonly peakMemory: number;
  readonly memoryRefusal?: SpellError | undefined;
}

/** Keeps one guest within its limits, and counts what it uses. */
export class LimitKeeper {
  readonly limits: Limits;
  readonly fuel: FuelGauge;
  readonly #js: JsInstance;
  readonly #image: JsImage;
  readonly #seat: Seat | undefined;
  readonly #alerts: AlertWatch<AlertLimit> | undefined;
  hostCalls = 0;
  outputBytes = 0;
  peakMemory = 0;
  #memory = 0;
  #isLost = false;
  #memoryRefusal: SpellError | undefined;
  #breach: SpellError | undefined;
  /** The fuel of the guest is put aside: what runs is not the guest. */
  #aside = false;

  constructor(js: JsInstance, image: JsImage, limits: Limits, options: KeeperOptions = {}) {
    const { saved } = options;
    this.limits = limits;
    this.fuel = new FuelGauge(js.ex.$fuel, limits, options.seat, saved?.fuel);
    this.#js = js;
    this.#image = image;
    this.#seat = options.seat;
    this.#alerts = AlertWatch.of(options);
    this.memoryBytes();
    if (this.#alerts !== undefined) this.fuel.mark = this.#alerts.next("fuel", limits.fuel);
    if (saved === undefined) return;
    this.hostCalls = saved.hostCalls;
    this.outputBytes = saved.outputBytes;
    this.peakMemory = saved.peakMemory;
    this.#memoryRefusal = saved.memoryRefusal;
  }

  save(): SavedUsage {
    const { hostCalls, outputBytes, peakMemory, memoryRefusal } = this;
    return { fuel: this.fuel.save(), hostCalls, outputBytes, peakMemory, memoryRefusal };
  }

  /** The limit that was reached, or why the host stopped the guest: nothing the guest does changes it. */
  get breach(): SpellError | undefined {
    return this.#breach;
  }

  /** Whether what runs is to end: asked by QuickJS from time to time. */
  get isOver(): boolean {
    return this.#breach !== undefined && !this.#aside;
  }

  /** Bytes in use when somebody looked last. */
  get lastMemoryBytes(): number {
    return this.#memory;
  }

  /** Why the guest was refused memory, if it was. */
  get memoryRefusal(): SpellError | undefined {
    return this.#memoryRefusal;
  }

  /** Notes why the guest ends; the first reason stays. Returns the one that counts. */
  note(reason: SpellError): SpellError {
    return (this.#breach ??= reason);
  }

  memoryBytes(): number {
    if (this.#isLost) return this.#memory;
    this.#js.sync();
    this.#memory = this.#js.view.getUint32(this.#image.heapBytes, true);
    this.peakMemory = Math.max(this.peakMemory, this.#memory);
    return this.#memory;
  }

  /** The guest's memory cannot be trusted any more, not even to say how much it is. */
  lose(): void {
    this.#isLost = true;
    this.fuel.end();
  }

  /** A turn is over: what it used is counted and looked at. */
  endTurn(): void {
    this.memoryBytes();
    this.fuel.end();
    this.#look();
  }

  /** The guest's limits have changed. */
  changed(): void {
    this.fuel.changed();
    this.#look();
  }

  /** Milliseconds until the time is over or its next alert is due. */
  get msToLook(): number {
    const { timeMs } = this.limits;
    const next = Math.min(this.#alerts?.next("timeMs", timeMs) ?? timeMs, timeMs);
    return Math.max(0, next - this.fuel.ms);
  }

  /** Tells of an alert on time that came due while the guest waits. */
  lookAtTime(): void {
    this.#alerts?.look("timeMs", this.fuel.ms, this.limits.timeMs);
  }

  /** @throws SpellError `LIMIT_CALLS` */
  countCall(): void {
    const { hostCalls } = this.limits;
    if (this.hostCalls >= hostCalls) throw limitError("hostCalls", this.limits);
    this.#seat?.countCall();
    this.hostCalls++;
    this.#alerts?.look("hostCalls", this.hostCalls, hostCalls);
  }

  lookAtPending(size: number): void {
    this.#alerts?.look("pendingCalls", size, this.limits.pendingCalls);
  }

  /** The part of an output that may still be written. */
  countOutput(bytes: Uint8Array): Uint8Array {
    const { outputBytes } = this.limits;
    const room = Math.max(0, outputBytes - this.outputBytes);
    const kept = bytes.length <= room ? bytes : bytes.subarray(0, room);
    this.outputBytes += kept.length;
    this.#alerts?.look("outputBytes", this.outputBytes, outputBytes);
    if (kept.length < bytes.length) this.breakOff(limitError("outputBytes", this.limits));
    return kept;
  }

  /** Whether memory may become `bytes` large. */
  mayGrow(bytes: number): boolean {
    const { memoryBytes } = this.limits;
    if (bytes > memoryBytes) {
      const isLast = this.#memoryRefusal !== undefined && bytes <= memoryBytes + MEMORY_RESERVE;
      this.#memoryRefusal ??= limitError("memoryBytes", this.limits);
      return isLast && this.#hold(bytes);
    }
    if (this.#hold(bytes)) return true;
    this.#memoryRefusal ??= this.#seat?.refusal();
    return false;
  }

  #hold(bytes: number): boolean {
    return this.#seat === undefined || this.#seat.hold(bytes);
  }

  /** A slice of fuel is used up. */
  interrupt(): void {
    if (this.#aside) throw new GuestKilled(this.note(limitError("fuel", this.limits)).message);
    if (this.#breach !== undefined) {
      if (!this.fuel.grace()) throw new GuestKilled(this.#breach.message);
      return;
    }
    this.memoryBytes();
    if (!this.fuel.passesMark(false)) {
      const reached = this.#reached();
      if (reached !== undefined) {
        this.fuel.startGrace();
        this.note(reached);
      }
    }
    this.#look();
  }

  #reached(): SpellError | undefined {
    const { limits } = this;
    const limit = this.fuel.refill(false);
    if (limit !== undefined) return limitError(limit, limits);
    // Only a limit that was lowered is so far below what is used.
    if (this.#js.memoryBytes > limits.memoryBytes + MEMORY_RESERVE) return limitError("memoryBytes", limits);
    return this.#seat?.breach();
  }

  #look(): void {
    const alerts = this.#alerts;
    if (alerts === undefined) return;
    const { limits } = this;
    alerts.look("fuel", this.fuel.used, limits.fuel);
    alerts.look("timeMs", this.fuel.ms, limits.timeMs);
    alerts.look("memoryBytes", this.#js.memoryBytes, limits.memoryBytes);
    alerts.look("hostCalls", this.hostCalls, limits.hostCalls);
    alerts.look("outputBytes", this.outputBytes, limits.outputBytes);
    this.fuel.mark = alerts.next("fuel", limits.fuel);
  }

  /** The guest is to end: what runs is ended where QuickJS next asks, or killed when its grace is used up. */
  breakOff(reason: SpellError): void {
    if (this.#breach !== undefined) return;
    this.fuel.startGrace();
    this.note(reason);
  }

  /** Runs guest code for the host alone: with fuel of its own, which is not the guest's. */
  aside<T>(fuel: number, action: () => T): T {
    this.#aside = true;
    try {
      return this.fuel.aside(fuel, action);
    } finally {
      this.#aside = false;
    }
  }
}
