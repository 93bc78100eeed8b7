import { LUA_OK, LUA_REGISTRYINDEX, LuaType } from "../abi.js";
import { intrinsicId } from "../intrinsics.js";
import type { DebugParts } from "./parts.js";
import type { Frame } from "./frames.js";
import type { FrameScope } from "./scope.js";
import type { SideThread } from "./side-thread.js";
import { errorText, rawText } from "./values.js";

/** Characters of an expression. */
const MAX_EXPRESSION = 10_000;
/** Expressions that stay compiled. */
const MAX_COMPILED = 200;
/** Bytes of a name that is looked up. */
const MAX_NAME = 300;
const CHUNK = "expression";

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

/** Evaluates expressions in the frames of a guest that stands. */
export class Evaluator {
  readonly #parts: DebugParts;
  readonly #side: SideThread;
  readonly #scope: FrameScope;
  readonly #fuel: number;
  #frame: Frame | undefined;
  /** Registry references of what was compiled, and of the environment of all of it. */
  readonly #compiled = new Map<string, number>();
  #environment = 0;

  constructor(parts: DebugParts, side: SideThread, scope: FrameScope, fuel: number) {
    this.#parts = parts;
    this.#side = side;
    this.#scope = scope;
    this.#fuel = fuel;
  }

  /** Evaluates `expression`; `use` finds its first result on top of the stack of `E`. */
  run<T>(expression: string, frame: Frame | undefined, use: (E: number) => T): Outcome<T> {
    if (expression.length > MAX_EXPRESSION) {
      return { ok: false, error: `the expression is longer than ${MAX_EXPRESSION} characters` };
    }
    return this.#side.run(this.#fuel, (E): Outcome<T> => {
      const { ex } = this.#parts.lua;
      if (!this.#compile(E, expression)) return { ok: false, error: this.#message(E) };
      const varargs = this.#pushVarargs(E, frame);
      this.#frame = frame;
      try {
        if (ex.lua_pcallk(E, varargs, 1, 0, 0, 0) !== LUA_OK) return { ok: false, error: this.#message(E) };
      } finally {
        this.#frame = undefined;
      }
      return { ok: true, value: use(E) };
    });
  }

  /** Lets the guest collect what was compiled. */
  close(): void {
    const { lua, image } = this.#parts;
    for (const ref of [...this.#compiled.values(), this.#environment]) {
      if (ref !== 0) lua.ex.luaL_unref(image.L, LUA_REGISTRYINDEX, ref);
    }
    this.forget();
  }

  /** The guest's memory is that of another time. */
  forget(): void {
    this.#compiled.clear();
    this.#environment = 0;
  }

  /** Pushes the expression as a function, or the message why it is none. */
  #compile(E: number, expression: string): boolean {
    const { lua } = this.#parts;
    const { ex } = lua;
    const known = this.#compiled.get(expression);
    if (known !== undefined) {
      lua.pushRef(E, known);
      return true;
    }
    if (!this.#load(E, expression)) return false;
    if (this.#environment === 0) {
      this.#pushEnvironment(E);
      this.#environment = ex.luaL_ref(E, LUA_REGISTRYINDEX);
    }
    lua.pushRef(E, this.#environment);
    ex.lua_setupvalue(E, -2, 1);
    if (this.#compiled.size < MAX_COMPILED) {
      ex.lua_pushvalue(E, -1);
      this.#compiled.set(expression, ex.luaL_ref(E, LUA_REGISTRYINDEX));
    }
    return true;
  }

  #load(E: number, expression: string): boolean {
    const { lua } = this.#parts;
    if (lua.load(E, `return ${expression}\n`, CHUNK) === LUA_OK) return true;
    lua.ex.lua_settop(E, -2);
    return lua.load(E, expression, CHUNK) === LUA_OK;
  }

  /** What an error says, without the name of the chunk. */
  #message(E: number): string {
    return errorText(this.#parts.lua, E, -1).replace(/^expression:\d+: /, "");
  }

  #pushVarargs(E: number, frame: Frame | undefined): number {
    if (frame === undefined) return 0;
    const count = this.#scope.names(E, frame, "varargs").length;
    if (this.#parts.lua.ex.lua_checkstack(E, count + 8) === 0) return 0;
    for (let i = 1; i <= count; i++) this.#scope.push(E, frame, "varargs", i);
    return count;
  }

  /** A table whose fields are the variables of the frame, and then its globals. */
  #pushEnvironment(E: number): void {
    const { lua } = this.#parts;
    const { ex } = lua;
    ex.lua_createtable(E, 0, 0);
    ex.lua_createtable(E, 0, 3);
    for (const event of ["__index", "__newindex"]) {
      lua.pushText(E, event);
      ex.lua_pushnumber(E, intrinsicId("variable"));
      ex.lua_pushcclosure(E, lua.hostSlot, 1);
      ex.lua_rawset(E, -3);
    }
    lua.pushText(E, "__metatable");
    ex.lua_pushboolean(E, 0);
    ex.lua_rawset(E, -3);
    ex.lua_setmetatable(E, -2);
  }

  /** Serves `environment[name]`, and `environment[name] = value` with three values on the stack of `E`. */
  variable(E: number): number {
    const { lua } = this.#parts;
    const { ex } = lua;
    const isWrite = ex.lua_gettop(E) === 3;
    const frame = this.#frame;
    if (frame !== undefined && ex.lua_type(E, 2) === LuaType.string) {
      const name = rawText(lua, E, 2, MAX_NAME);
      for (const kind of ["locals", "upvalues"] as const) {
        const position = this.#scope.find(E, frame, kind, name);
        if (position === 0) continue;
        if (isWrite) this.#scope.assign(E, frame, kind, position);
        else this.#scope.push(E, frame, kind, position);
        return isWrite ? 0 : 1;
      }
    }
    this.#scope.pushGlobals(E, frame);
    ex.lua_rotate(E, 2, 1);
    if (isWrite) ex.lua_settable(E, 2);
    else ex.lua_gettable(E, 2);
    return isWrite ? 0 : 1;
  }
}
