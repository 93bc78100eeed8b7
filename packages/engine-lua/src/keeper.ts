import { limitError, type Limits } from "@llmspell/engine";
import { GuestKilled, LimitKeeper, type KeeperOptions } from "@llmspell/engine/guest-kit";
import type { SpellError } from "@llmspell/errors";
import type { Denials } from "./denials.js";
import { Hooks } from "./hooks.js";
import type { LuaImage } from "./image.js";
import { SCRATCH_RECORD, type LuaInstance } from "./instance.js";
import { readHeapBytes } from "./layout.js";

/** Keeps one Lua guest within its limits. */
export class LuaKeeper extends LimitKeeper {
  readonly hooks: Hooks;
  readonly #lua: LuaInstance;
  readonly #denials: Denials | undefined;

  constructor(
    lua: LuaInstance,
    image: LuaImage,
    limits: Limits,
    options: KeeperOptions & { denials?: Denials | undefined } = {},
  ) {
    // Memory that is no heap: static data and the C stack.
    const fixed = lua.ex.stackSave();
    const gauges = {
      fuel: lua.ex.$fuel,
      used: () => readHeapBytes(lua, image.L),
      counted: (used: number) => used + fixed,
    };
    super(gauges, limits, options);
    this.hooks = new Hooks(lua, image);
    this.#lua = lua;
    this.#denials = options.denials;
  }

  /** @param L the Lua state that calls the host for it, if one does. */
  override note(reason: SpellError, L = 0): SpellError {
    if (this.breach !== undefined) return this.breach;
    super.note(reason);
    if (reason.category !== "limit") return reason;
    // In the middle of an instruction Lua does not know where it is; at the next one it does.
    if (L === 0) this.#denials?.addLater("limit", reason);
    else this.#denials?.add("limit", L, reason);
    return reason;
  }

  /** How large memory may become when `needed` bytes are wanted; 0 to refuse. */
  growth(current: number, needed: number): number {
    const { memoryBytes } = this.limits;
    // By a quarter at least: each growth costs, however small it is.
    const target = Math.min(Math.max(needed, current * 1.25), memoryBytes);
    if (needed <= memoryBytes && this.hold(target)) return target;
    return this.mayGrow(needed) ? needed : 0;
  }

  protected override refused(error: SpellError): void {
    this.#denials?.add("limit", 0, error);
  }

  /** A slice of fuel is used up. `L` is the running Lua state, or 0 in library code. */
  interrupt(L: number): void {
    if (this.hooks.aside !== undefined) return this.hooks.aside.interrupt(L);
    const memory = this.memoryBytes();
    if (this.breach === undefined) {
      if (this.fuel.passesMark(L === 0)) this.hooks.sample?.(L);
      else this.#nextSlice(L, memory);
      this.look(memory);
      return;
    }
    if (!this.fuel.grace()) throw new GuestKilled(this.breach.message);
    this.hooks.soon(L);
  }

  #nextSlice(L: number, memory: number): void {
    const reached = this.refill(L === 0, memory) ?? this.#depthBreach(L);
    if (reached !== undefined) this.#stop(L, reached);
    // A script's own hook (level `none`) stays: its coroutine then has no time slices.
    else if (this.hooks.isOurs(L)) this.hooks.soon(L);
  }

  #depthBreach(L: number): SpellError | undefined {
    if (L === 0) return undefined;
    const isTooDeep = this.#lua.ex.lua_getstack(L, this.limits.callDepth, this.#lua.scratch + SCRATCH_RECORD) !== 0;
    return isTooDeep ? limitError("callDepth", this.limits) : undefined;
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
    if (this.breach === undefined) {
      this.fuel.startGrace();
      this.note(reason, calling);
    }
    this.hooks.soon(L);
  }

  /** As {@link softStop}, where no Lua state is at hand to raise an error in: the next charge does it. */
  breakOff(reason: SpellError): void {
    if (this.breach !== undefined) return;
    this.#stop(0, reason);
    this.fuel.exhaust();
  }
}
