import { AlertWatch, limitError, type AlertLimit, type GuestOptions, type Limits, type Seat } from "@llmspell/engine";
import type { SpellError } from "@llmspell/errors";
import type { Denials } from "./denials.js";
import { FuelGauge, type SavedFuel } from "@llmspell/engine/guest-kit";
import { Hooks } from "./hooks.js";
import type { LuaImage } from "./image.js";
import { GuestKilled, SCRATCH_RECORD, type LuaInstance } from "./instance.js";
import { readHeapBytes } from "./layout.js";

/** Memory a guest may still take after it was refused more, to report what happened. */
const MEMORY_RESERVE = 256 * 1024;

/** Whom a keeper counts for besides its guest, and whom it tells. */
export interface KeeperOptions extends Pick<GuestOptions, "onAlert" | "alertAt"> {
  readonly seat?: Seat | undefined;
  readonly denials?: Denials | undefined;
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
  readonly hooks: Hooks;
  readonly #lua: LuaInstance;
  readonly #image: LuaImage;
  readonly #seat: Seat | undefined;
  readonly #alerts: AlertWatch<AlertLimit> | undefined;
  readonly #denials: Denials | undefined;
  /** Memory that is no heap: static data and the C stack. */
  readonly #fixedBytes: number;
  hostCalls = 0;
  /** Calls up to here need no look at anything. */
  #freeCalls = 0;
  outputBytes = 0;
  peakMemory = 0;
  #memory = 0;
  #isLost = false;
  /** Why the guest was refused memory, if it was. */
  #memoryRefusal: SpellError | undefined;
  /** The limit that was reached, or why the host stopped the guest: nothing the guest does changes it. */
  #breach: SpellError | undefined;

  constructor(lua: LuaInstance, image: LuaImage, limits: Limits, options: KeeperOptions = {}) {
    const { saved } = options;
    this.limits = limits;
    this.fuel = new FuelGauge(lua.ex.$fuel, limits, options.seat, saved?.fuel);
    this.hooks = new Hooks(lua, image);
    this.#lua = lua;
    this.#image = image;
    this.#seat = options.seat;
    this.#denials = options.denials;
    this.#alerts = AlertWatch.of(options);
    this.#fixedBytes = lua.ex.stackSave();
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

  get breach(): SpellError | undefined {
    return this.#breach;
  }

  /** Bytes in use when somebody looked last. */
  get lastMemoryBytes(): number {
    return this.#memory;
  }

  get memoryRefusal(): SpellError | undefined {
    return this.#memoryRefusal;
  }

  /**
   * Notes why the guest ends; the first reason stays. Returns the one that counts.
   *
   * @param L the Lua state that calls the host for it, if one does.
   */
  note(reason: SpellError, L = 0): SpellError {
    if (this.#breach !== undefined) return this.#breach;
    this.#breach = reason;
    if (reason.category !== "limit") return reason;
    // In the middle of an instruction Lua does not know where it is; at the next one it does.
    if (L === 0) this.#denials?.addLater("limit", reason);
    else this.#denials?.add("limit", L, reason);
    return reason;
  }

  memoryBytes(): number {
    if (this.#isLost) return this.#memory;
    this.#memory = readHeapBytes(this.#lua, this.#image.L);
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
    if (this.#alerts !== undefined) this.#look(memory);
  }

  /** The guest's limits have changed. */
  changed(): void {
    this.#freeCalls = 0;
    this.fuel.changed();
    if (this.#alerts !== undefined) this.#look(this.memoryBytes());
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
    this.#seat?.countCall();
    this.#alerts?.look("hostCalls", this.hostCalls, hostCalls);
    const next = this.#alerts?.next("hostCalls", hostCalls) ?? Infinity;
    this.#freeCalls = this.#seat === undefined ? Math.min(hostCalls, Math.ceil(next) - 1) : 0;
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

  /** How large memory may become when `needed` bytes are wanted; 0 to refuse. */
  growth(current: number, needed: number): number {
    const { memoryBytes } = this.limits;
    if (needed > memoryBytes) {
      const isLast = this.#memoryRefusal !== undefined && needed <= memoryBytes + MEMORY_RESERVE;
      this.#refuseMemory(limitError("memoryBytes", this.limits));
      return isLast && this.#hold(needed) ? needed : 0;
    }
    // By a quarter at least: each growth costs, however small it is.
    const target = Math.min(Math.max(needed, current * 1.25), memoryBytes);
    if (this.#hold(target)) return target;
    if (this.#hold(needed)) return needed;
    if (this.#seat !== undefined) this.#refuseMemory(this.#seat.refusal());
    return 0;
  }

  #hold(bytes: number): boolean {
    return this.#seat === undefined || this.#seat.hold(bytes);
  }

  #refuseMemory(error: SpellError): void {
    if (this.#memoryRefusal !== undefined) return;
    this.#memoryRefusal = error;
    this.#denials?.add("limit", 0, error);
  }

  /** A slice of fuel is used up. `L` is the running Lua state, or 0 in library code. */
  interrupt(L: number): void {
    if (this.hooks.aside !== undefined) return this.hooks.aside.interrupt(L);
    const memory = this.memoryBytes();
    if (this.#breach === undefined) {
      if (this.fuel.passesMark(L === 0)) {
        this.hooks.sample?.(L);
        this.#look(memory);
        return;
      }
      const reached = this.#reached(L, memory);
      if (reached !== undefined) this.#stop(L, reached);
      // A script's own hook (level `none`) stays: its coroutine then has no time slices.
      else if (this.hooks.isOurs(L)) this.hooks.soon(L);
      if (this.#alerts !== undefined) this.#look(memory);
      return;
    }
    if (!this.fuel.grace()) throw new GuestKilled(this.#breach.message);
    this.hooks.soon(L);
  }

  #reached(L: number, memory: number): SpellError | undefined {
    const { limits } = this;
    const limit = this.fuel.refill(L === 0);
    if (limit !== undefined) return limitError(limit, limits);
    // Only a limit that was lowered is so far below what is used.
    if (memory + this.#fixedBytes > limits.memoryBytes + MEMORY_RESERVE) return limitError("memoryBytes", limits);
    return this.#seat?.breach() ?? (L !== 0 && this.#tooDeep(L) ? limitError("callDepth", limits) : undefined);
  }

  #tooDeep(L: number): boolean {
    return this.#lua.ex.lua_getstack(L, this.limits.callDepth, this.#lua.scratch + SCRATCH_RECORD) !== 0;
  }

  #look(memory: number): void {
    const { limits } = this;
    const alerts = this.#alerts;
    if (alerts === undefined) return;
    alerts.look("fuel", this.fuel.used, limits.fuel);
    alerts.look("timeMs", this.fuel.ms, limits.timeMs);
    alerts.look("memoryBytes", memory + this.#fixedBytes, limits.memoryBytes);
    alerts.look("hostCalls", this.hostCalls, limits.hostCalls);
    alerts.look("outputBytes", this.outputBytes, limits.outputBytes);
    this.fuel.mark = alerts.next("fuel", limits.fuel);
  }

  /**
   * From here on every instruction of the running coroutine raises `reason`, so
   * that no `pcall` swallows it for long; after a little more fuel the guest is
   * killed, whatever it does.
   */
  softStop(L: number, reason: SpellError): void {
    this.#stop(L, reason, L);
  }

  #stop(L: number, reason: SpellError, calling = 0): void {
    if (this.#breach === undefined) {
      this.fuel.startGrace();
      this.note(reason, calling);
    }
    this.hooks.soon(L);
  }

  /** As {@link softStop}, where no Lua state is at hand to raise an error in: the next charge does it. */
  breakOff(reason: SpellError): void {
    if (this.#breach !== undefined) return;
    this.#stop(0, reason);
    this.fuel.exhaust();
  }
}
