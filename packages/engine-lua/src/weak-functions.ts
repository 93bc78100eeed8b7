import { FunctionRef } from "@llmspell/engine";
import { WeakFunctions } from "@llmspell/engine/guest-kit";
import { integer, LuaType } from "./abi.js";
import type { LuaImage } from "./image.js";
import type { LuaInstance } from "./instance.js";
import type { LuaValues } from "./values.js";

/** Runs what touches the guest where Lua catches errors. */
type Protect = <T>(action: (L: number) => T) => T;

/** The functions of one guest that the host holds weakly, under ids in a table with weak values. */
export class LuaWeakFunctions extends WeakFunctions {
  readonly #lua: LuaInstance;
  readonly #image: LuaImage;

  constructor(lua: LuaInstance, image: LuaImage, values: LuaValues, protect: Protect) {
    const { ex } = lua;
    super({
      keep: (id, fn) =>
        protect((L) => {
          lua.pushRef(L, image.refs.weak_functions);
          values.push(L, fn);
          ex.lua_rawseti(L, -2, integer(id));
        }),
      find: (id) =>
        protect((L) => {
          const value = this.#find(L, id) ? values.read(L, -1, "function") : undefined;
          // A script of the level `none` can put something else there.
          return value instanceof FunctionRef ? value : undefined;
        }),
      forget(id) {
        const { L } = image;
        // Takes no memory: nil is not put where nothing is.
        lua.pushRef(L, image.refs.weak_functions);
        ex.lua_pushnil(L);
        ex.lua_rawseti(L, -2, integer(id));
        ex.lua_settop(L, -2);
      },
    });
    this.#lua = lua;
    this.#image = image;
  }

  /** Pushes the table and what it holds under `id`; takes no memory. */
  #find(L: number, id: number): boolean {
    this.#lua.pushRef(L, this.#image.refs.weak_functions);
    return this.#lua.ex.lua_rawgeti(L, -1, integer(id)) !== LuaType.nil;
  }

  /** Before a turn ends: sees which functions are gone, if anything was collected. */
  look(): void {
    if (this.live.size === 0) return;
    const { ex } = this.#lua;
    const { L, refs } = this.#image;
    const top = ex.lua_gettop(L);
    const has = (id: number): boolean => {
      const found = this.#find(L, id);
      ex.lua_settop(L, top);
      return found;
    };
    if (has(0)) return;
    for (const id of this.live.keys()) if (!has(id)) this.drop(id);
    // Without memory for the mark, the next turn looks again.
    this.#lua.pushRef(L, refs.weak_mark);
    ex.lua_pcallk(L, 0, 0, 0, 0, 0);
    ex.lua_settop(L, top);
  }
}
