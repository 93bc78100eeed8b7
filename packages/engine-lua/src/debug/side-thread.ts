import { SpellError } from "@llmspell/errors";
import { HookMask, LUA_OK, LUA_REGISTRYINDEX } from "../abi.js";
import type { Aside } from "../hooks.js";
import { GuestKilled } from "@llmspell/engine/guest-kit";
import type { LuaInstance } from "../instance.js";
import { unwinds } from "../unwinding.js";
import type { DebugParts } from "./parts.js";

/** Fuel after the budget, for code that catches the error of its end, and for the collection of a large memory. */
const GRACE = 20_000_000;
/** Of changing size, as the grace of a limit; see `fuel.ts`. */
const GRACE_SLICES = [9_973, 10_007, 10_039] as const;
/** To look at values; only a finalizer of the script that never ends uses it up. */
export const LOOKING_FUEL = 100_000_000;

/**
 * A coroutine of the guest in which its debugger works, so that nothing of the
 * script's own coroutines changes. What runs there has fuel of its own, cannot
 * wait, cannot call the host, and is not debugged itself.
 */
export class SideThread {
  readonly #parts: DebugParts;
  #thread = 0;
  #ref = 0;

  constructor(parts: DebugParts) {
    this.#parts = parts;
  }

  /** Whether `L` is this coroutine. */
  is(L: number): boolean {
    return L === this.#thread;
  }

  /** Runs `action` on the coroutine's empty stack, where Lua catches errors. */
  run<T>(fuel: number, action: (E: number) => T): T {
    const { lua, keeper } = this.#parts;
    const { hooks } = keeper;
    if (hooks.aside !== undefined) throw new SpellError("INVALID_STATE", "an expression is being evaluated");
    return this.#parts.withoutHost(() =>
      keeper.fuel.aside(fuel, () => {
        hooks.aside = new Budget(lua, fuel);
        try {
          if (this.#thread === 0) this.#protected(this.#parts.running(), (L) => this.#create(L));
          return this.#protected(this.#thread, action);
        } catch (thrown) {
          if (thrown instanceof GuestKilled) {
            keeper.note(new SpellError("LIMIT_FUEL", "an expression of the debugger did not end"));
          }
          throw thrown;
        } finally {
          hooks.aside = undefined;
          if (this.#thread !== 0 && keeper.breach === undefined) {
            lua.ex.lua_sethook(this.#thread, 0, 0, 0);
            lua.ex.lua_settop(this.#thread, 0);
          }
        }
      }),
    );
  }

  /** Lets the guest collect the coroutine. */
  close(): void {
    const { lua, image } = this.#parts;
    if (this.#thread !== 0) lua.ex.luaL_unref(image.L, LUA_REGISTRYINDEX, this.#ref);
    this.forget();
  }

  /** The guest's memory is that of another time. */
  forget(): void {
    this.#thread = 0;
  }

  #create(L: number): void {
    const { ex } = this.#parts.lua;
    const thread = ex.lua_newthread(L);
    ex.lua_sethook(thread, 0, 0, 0);
    this.#ref = ex.luaL_ref(L, LUA_REGISTRYINDEX);
    this.#thread = thread;
  }

  #protected<T>(L: number, action: (L: number) => T): T {
    const { lua, image, library } = this.#parts;
    const before = library.action;
    let outcome: { value: T } | { thrown: unknown } | undefined;
    library.action = (state) => {
      try {
        outcome = { value: action(state) };
      } catch (thrown) {
        if (unwinds(thrown)) throw thrown;
        outcome = { thrown };
      }
    };
    lua.pushRef(L, image.refs.action);
    const status = lua.ex.lua_pcallk(L, 0, 0, 0, 0, 0);
    library.action = before;
    if (status !== LUA_OK || outcome === undefined) {
      lua.ex.lua_settop(L, -2);
      throw new SpellError("LIMIT_MEMORY", "the guest has no memory left to look into it");
    }
    if ("thrown" in outcome) throw outcome.thrown;
    return outcome.value;
  }
}

/** The fuel of one piece of work: used up, every further instruction is an error. */
class Budget implements Aside {
  readonly #lua: LuaInstance;
  readonly #fuel: number;
  #grace = GRACE;

  constructor(lua: LuaInstance, fuel: number) {
    this.#lua = lua;
    this.#fuel = fuel;
  }

  interrupt(L: number): void {
    const slice = GRACE_SLICES[this.#grace % GRACE_SLICES.length] ?? GRACE_SLICES[0];
    this.#grace -= slice;
    if (this.#grace < 0) throw new GuestKilled("an expression of the debugger did not end");
    this.#lua.ex.$fuel.value = slice;
    if (L !== 0) this.#lua.ex.lua_sethook(L, this.#lua.hookSlot(), HookMask.count, 1);
  }

  hook(L: number): void {
    if (this.#grace === GRACE) return;
    this.#lua.pushText(L, `the expression did not end within ${this.#fuel} units of fuel`);
    this.#lua.ex.lua_error(L);
  }
}
