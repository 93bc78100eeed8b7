import {
  AlertWatch,
  limitError,
  type AlertLimit,
  type Charge,
  type GuestOptions,
  type Limits,
  type Seat,
} from "../index.js";
import type { SpellError } from "@llmspell/errors";
import { FuelGauge, type SavedFuel } from "./fuel.js";

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

/** Where a guest's fuel and memory are counted. */
export interface Gauges {
  readonly fuel: WebAssembly.Global<"i32">;
  /** Bytes that the guest has allocated. */
  used(): number;
  /** What counts against the limit when so many are. */
  counted(used: number): number;
}

/** Keeps one guest within its limits, and counts what it uses. */
export abstract class LimitKeeper {
  readonly limits: Limits;
  readonly fuel: FuelGauge;
  protected readonly seat: Seat | undefined;
  readonly #gauges: Gauges;
  readonly #alerts: AlertWatch<AlertLimit> | undefined;
  hostCalls = 0;
  /** Calls up to here need no look at anything. */
  #freeCalls = 0;
  outputBytes = 0;
  peakMemory = 0;
  #memory = 0;
  #isLost = false;
  #memoryRefusal: SpellError | undefined;
  #breach: SpellError | undefined;

  constructor(gauges: Gauges, limits: Limits, options: KeeperOptions = {}) {
    const { saved, seat } = options;
    this.limits = limits;
    this.fuel = new FuelGauge(gauges.fuel, limits, seat, saved?.fuel);
    this.seat = seat;
    this.#gauges = gauges;
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
    this.#memory = this.#gauges.used();
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
    const memory = this.memoryBytes();
    this.fuel.end();
    if (this.#alerts !== undefined) this.look(memory);
  }

  /** The guest's limits have changed. */
  changed(): void {
    this.#freeCalls = 0;
    this.fuel.changed();
    if (this.#alerts !== undefined) this.look(this.memoryBytes());
  }

  /** Counts what was used elsewhere for the guest. */
  charge({ fuel = 0, hostCalls = 0, outputBytes = 0 }: Charge): void {
    this.hostCalls += hostCalls;
    this.#freeCalls = 0;
    this.outputBytes += outputBytes;
    this.fuel.charge(fuel);
    if (this.#alerts !== undefined) this.look(this.memoryBytes());
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
    if (++this.hostCalls > this.#freeCalls) this.#lookAtCalls();
  }

  #lookAtCalls(): void {
    const { hostCalls } = this.limits;
    if (this.hostCalls > hostCalls) {
      this.hostCalls--; // a refused call is none
      throw limitError("hostCalls", this.limits);
    }
    this.seat?.countCall();
    this.#alerts?.look("hostCalls", this.hostCalls, hostCalls);
    const next = this.#alerts?.next("hostCalls", hostCalls) ?? Infinity;
    this.#freeCalls = this.seat === undefined ? Math.min(hostCalls, Math.ceil(next) - 1) : 0;
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
      this.#refuseMemory(limitError("memoryBytes", this.limits));
      return isLast && this.hold(bytes);
    }
    if (this.hold(bytes)) return true;
    if (this.seat !== undefined) this.#refuseMemory(this.seat.refusal());
    return false;
  }

  /** Whether the tenant, if there is one, has so much memory for the guest. */
  protected hold(bytes: number): boolean {
    return this.seat === undefined || this.seat.hold(bytes);
  }

  #refuseMemory(error: SpellError): void {
    if (this.#memoryRefusal !== undefined) return;
    this.#memoryRefusal = error;
    this.refused(error);
  }

  /** The guest was refused memory for the first time. */
  protected refused(_error: SpellError): void {}

  /** Gives the guest its next slice of fuel, or says which limit it has reached. `memory` is what it has allocated. */
  protected refill(isShort: boolean, memory: number): SpellError | undefined {
    const { limits } = this;
    const limit = this.fuel.refill(isShort);
    if (limit !== undefined) return limitError(limit, limits);
    // Only a limit that was lowered is so far below what is used.
    const counted = this.#gauges.counted(memory);
    if (counted > limits.memoryBytes + MEMORY_RESERVE) return limitError("memoryBytes", limits);
    return this.seat?.breach();
  }

  /** Tells of alerts that have come due. */
  protected look(memory: number): void {
    const alerts = this.#alerts;
    if (alerts === undefined) return;
    const { limits } = this;
    alerts.look("fuel", this.fuel.used, limits.fuel);
    alerts.look("timeMs", this.fuel.ms, limits.timeMs);
    alerts.look("memoryBytes", this.#gauges.counted(memory), limits.memoryBytes);
    alerts.look("hostCalls", this.hostCalls, limits.hostCalls);
    alerts.look("outputBytes", this.outputBytes, limits.outputBytes);
    this.fuel.mark = alerts.next("fuel", limits.fuel);
  }

  /** Has the guest end as soon as it can; after a little more fuel it is killed, whatever it does. */
  abstract breakOff(reason: SpellError): void;
}
