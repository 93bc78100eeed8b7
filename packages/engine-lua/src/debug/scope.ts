import { LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS, LuaType, integer } from "../abi.js";
import type { LuaInstance } from "../instance.js";
import { atInstruction } from "../layout.js";
import type { Frame, Frames } from "./frames.js";

/** Lua allows 200 locals and 255 upvalues in a function; what is shown of varargs ends here too. */
const MAX_NAMES = 256;

export type ScopeKind = "locals" | "varargs" | "upvalues";

/** The variables of calls, read and written by position. `E` is the stack that values come to and from. */
export class FrameScope {
  readonly #lua: LuaInstance;
  readonly #frames: Frames;

  constructor(lua: LuaInstance, frames: Frames) {
    this.#lua = lua;
    this.#frames = frames;
  }

  /** Names by position, which counts from 1; empty for what Lua uses itself. */
  names(E: number, frame: Frame, kind: ScopeKind): string[] {
    const names: string[] = [];
    const top = this.#lua.ex.lua_gettop(E);
    while (names.length < MAX_NAMES) {
      const name = this.push(E, frame, kind, names.length + 1);
      if (name === undefined) break;
      this.#lua.ex.lua_settop(E, top);
      const isHidden = kind === "varargs" ? false : name.startsWith("(") || name === "_ENV";
      names.push(kind === "varargs" ? `[${names.length + 1}]` : isHidden ? "" : name);
    }
    return names;
  }

  /** The position of a name; of several, the one declared last. 0 when there is none. */
  find(E: number, frame: Frame, kind: ScopeKind, name: string): number {
    return name === "" ? 0 : this.names(E, frame, kind).lastIndexOf(name) + 1;
  }

  /** Pushes a variable on `E` and returns its name; undefined, and nothing pushed, when there is none. */
  push(E: number, frame: Frame, kind: ScopeKind, position: number): string | undefined {
    const { ex } = this.#lua;
    const { L, call } = frame;
    if (kind === "upvalues") {
      this.pushFunction(E, frame);
      const name = ex.lua_getupvalue(E, -1, position);
      if (name === 0) {
        ex.lua_settop(E, -2);
        return undefined;
      }
      ex.lua_rotate(E, -2, 1);
      ex.lua_settop(E, -2);
      return this.#frames.text(name);
    }
    const n = kind === "locals" ? position : -position;
    const name = atInstruction(this.#lua, L, call, () => ex.lua_getlocal(L, this.#frames.record(call), n));
    if (name === 0) return undefined;
    ex.lua_xmove(L, E, 1);
    return this.#frames.text(name);
  }

  /** Pops a value from `E` into a variable that {@link push} knows. */
  assign(E: number, frame: Frame, kind: ScopeKind, position: number): void {
    const { ex } = this.#lua;
    const { L, call } = frame;
    if (kind === "upvalues") {
      this.pushFunction(E, frame);
      ex.lua_rotate(E, -2, 1);
      ex.lua_setupvalue(E, -2, position);
      ex.lua_settop(E, -2);
      return;
    }
    ex.lua_xmove(E, L, 1);
    const n = kind === "locals" ? position : -position;
    atInstruction(this.#lua, L, call, () => ex.lua_setlocal(L, this.#frames.record(call), n));
  }

  pushFunction(E: number, frame: Frame): void {
    this.#frames.pushFunction(frame);
    this.#lua.ex.lua_xmove(frame.L, E, 1);
  }

  /** Pushes the table in which a frame's free names are looked up. */
  pushGlobals(E: number, frame: Frame | undefined): void {
    const { ex } = this.#lua;
    if (frame !== undefined) {
      for (let i = 1; i <= MAX_NAMES; i++) {
        const name = this.push(E, frame, "upvalues", i);
        if (name === undefined) break;
        if (name === "_ENV" && ex.lua_type(E, -1) === LuaType.table) return;
        ex.lua_settop(E, -2);
      }
    }
    ex.lua_rawgeti(E, LUA_REGISTRYINDEX, integer(LUA_RIDX_GLOBALS));
  }
}
