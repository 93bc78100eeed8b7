import { limitError, type Limits } from "@llmspell/engine";
import type { SpellError } from "@llmspell/errors";
import { LUA_MASKCOUNT } from "./abi.js";
import { FuelGauge } from "./fuel.js";
import type { LuaImage } from "./image.js";
import { GuestKilled, type LuaInstance } from "./instance.js";
import { readHeapBytes } from "./layout.js";

/** Memory a guest may still take after it was refused more, to report what happened. */
const MEMORY_RESERVE = 256 * 1024;

/** Keeps one guest within its limits, and counts what it uses. */
export class LimitKeeper {
  readonly limits: Limits;
  readonly fuel: FuelGauge;
  readonly #lua: LuaInstance;
  readonly #image: LuaImage;
  hostCalls = 0;
  outputBytes = 0;
  peakMemory = 0;
  memoryRefused = false;
  /** The limit that was reached, or why the host stopped the guest: nothing the guest does changes it. */
  #breach: SpellError | undefined;

  constructor(lua: LuaInstance, image: LuaImage, limits: Limits) {
    this.limits = limits;
    this.fuel = new FuelGauge(lua.ex.$fuel, limits);
    this.#lua = lua;
    this.#image = image;
  }

  get breach(): SpellError | undefined {
    return this.#breach;
  }

  /** Notes why the guest ends; the first reason stays. Returns the one that counts. */
  note(reason: SpellError): SpellError {
    return (this.#breach ??= reason);
  }

  memoryBytes(): number {
    const bytes = readHeapBytes(this.#lua, this.#image.L);
    this.peakMemory = Math.max(this.peakMemory, bytes);
    return bytes;
  }

  /** @throws SpellError `LIMIT_CALLS` */
  countCall(): void {
    if (++this.hostCalls > this.limits.hostCalls) throw limitError("hostCalls", this.limits);
  }

  /** The part of an output that may still be written. */
  countOutput(bytes: Uint8Array): Uint8Array {
    const room = this.limits.outputBytes - this.outputBytes;
    const kept = bytes.length <= room ? bytes : bytes.subarray(0, room);
    this.outputBytes += kept.length;
    if (kept.length < bytes.length) this.breakOff(limitError("outputBytes", this.limits));
    return kept;
  }

  /** How large memory may become when `needed` bytes are wanted; 0 to refuse. */
  growth(current: number, needed: number): number {
    const { memoryBytes } = this.limits;
    // By a quarter at least: each growth costs, however small it is.
    if (needed <= memoryBytes) return Math.min(Math.max(needed, current * 1.25), memoryBytes);
    const granted = this.memoryRefused && needed <= memoryBytes + MEMORY_RESERVE ? needed : 0;
    this.memoryRefused = true;
    return granted;
  }

  /** A slice of fuel is used up. `L` is the running Lua state, or 0 in library code. */
  interrupt(L: number): void {
    this.memoryBytes();
    if (this.#breach === undefined) {
      const limit = this.fuel.refill(L === 0);
      if (limit !== undefined) this.softStop(L, limitError(limit, this.limits));
      else if (L !== 0 && this.#tooDeep(L)) this.softStop(L, limitError("callDepth", this.limits));
      // A script's own hook (level `none`) stays: its coroutine then has no time slices.
      else if (L !== 0 && this.#lua.ex.lua_gethookmask(L) === 0) this.#setHook(L);
      return;
    }
    if (!this.fuel.grace()) throw new GuestKilled(this.#breach.message);
    this.#setHook(L);
  }

  #tooDeep(L: number): boolean {
    return this.#lua.ex.lua_getstack(L, this.limits.callDepth, this.#lua.scratch) !== 0;
  }

  /**
   * From here on every instruction of the running coroutine raises `reason`, so
   * that no `pcall` swallows it for long; after a little more fuel the guest is
   * killed, whatever it does.
   */
  softStop(L: number, reason: SpellError): void {
    if (this.#breach === undefined) this.fuel.startGrace();
    this.#breach ??= reason;
    this.#setHook(L);
  }

  /** As {@link softStop}, where no Lua state is at hand to raise an error in: the next charge does it. */
  breakOff(reason: SpellError): void {
    if (this.#breach !== undefined) return;
    this.softStop(0, reason);
    this.fuel.exhaust();
  }

  /** Has the instance's hook called before the next instruction of the coroutine `L`. */
  #setHook(L: number): void {
    if (L !== 0) this.#lua.ex.lua_sethook(L, this.#lua.hookSlot(), LUA_MASKCOUNT, 1);
  }
}
