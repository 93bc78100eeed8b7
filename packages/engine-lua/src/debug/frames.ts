import { SCRATCH_SIZE, type LuaInstance } from "../instance.js";
import {
  Field,
  RECORD_SIZE,
  atInstruction,
  calledFunction,
  callerOf,
  currentCall,
  protoSource,
  threadStatus,
} from "../layout.js";

/** One call of a function on a coroutine. */
export interface Frame {
  readonly L: number;
  readonly call: number;
}

export interface FrameInfo {
  readonly name: string;
  readonly source: string;
  readonly line: number;
  readonly lineDefined: number;
  readonly isTailCall: boolean;
}

const MAX_TEXT = 200;
/** More than Lua's stack has room for. */
const MAX_CALLS = 1_000_000;
/** What `lua_getinfo` is asked, as C strings in one block. */
const WANTED = { describe: "nSlt", function: "f" } as const;

/** Whether a source is of the engine's own library. */
export const isEngineSource = (source: string): boolean => source.startsWith("@[llmspell ");

/** A chunk's name as people know it. */
export function sourceName(source: string): string {
  if (/^[@=]/.test(source)) return source.slice(1);
  return `[string "${source.split("\n", 1)[0]?.slice(0, 60)}"]`;
}

/** Reads the calls of coroutines that stand, or of the one that is in a hook. */
export class Frames {
  readonly #lua: LuaInstance;
  readonly #record: number;
  readonly #wanted: { readonly describe: number; readonly function: number };

  constructor(lua: LuaInstance) {
    this.#lua = lua;
    const texts = Object.values(WANTED).join("\0");
    this.#record = lua.scratch + SCRATCH_SIZE;
    lua.sync();
    const at = this.#record + RECORD_SIZE;
    lua.u8.set(Buffer.from(`${texts}\0`), at);
    this.#wanted = { describe: at, function: at + WANTED.describe.length + 1 };
  }

  /** Every call of a coroutine, innermost first. */
  *calls(L: number): Generator<number> {
    this.#lua.sync();
    let call = currentCall(this.#lua, L);
    let left = MAX_CALLS;
    for (let caller = callerOf(this.#lua, call); caller !== 0; caller = callerOf(this.#lua, call)) {
      if (left-- === 0) return;
      yield call;
      call = caller;
    }
  }

  /** The calls of functions of the script. */
  *scriptCalls(L: number): Generator<number> {
    for (const call of this.calls(L)) {
      const { id, isLua } = calledFunction(this.#lua, call);
      if (isLua && !isEngineSource(protoSource(this.#lua, id))) yield call;
    }
  }

  /** The record that `lua_getlocal` and its like take, for a call. */
  record(call: number): number {
    this.#lua.sync();
    this.#lua.view.setUint32(this.#record + Field.call, call, true);
    return this.#record;
  }

  describe({ L, call }: Frame): FrameInfo {
    const lua = this.#lua;
    const record = this.record(call);
    atInstruction(lua, L, call, () => lua.ex.lua_getinfo(L, this.#wanted.describe, record));
    lua.sync();
    const { view } = lua;
    const field = (offset: number): number => view.getInt32(record + offset, true);
    const size = Math.min(field(Field.sourceLength), MAX_TEXT);
    const source = Buffer.from(lua.u8.buffer, field(Field.source), size).toString("utf8");
    const lineDefined = field(Field.lineDefined);
    const name = this.text(field(Field.name));
    return {
      name: name === "" ? (lineDefined === 0 ? "main chunk" : `function <${lineDefined}>`) : name,
      source: sourceName(source),
      line: field(Field.line),
      lineDefined,
      isTailCall: view.getUint8(record + Field.isTailCall) !== 0,
    };
  }

  /** Pushes the function of a call on its own coroutine. */
  pushFunction({ L, call }: Frame): void {
    this.#lua.ex.lua_getinfo(L, this.#wanted.function, this.record(call));
  }

  /** Text that ends with a zero, shortened; empty at address 0. */
  text(pointer: number): string {
    if (pointer === 0) return "";
    this.#lua.sync();
    const { u8 } = this.#lua;
    let end = pointer;
    while (end < pointer + MAX_TEXT && u8[end] !== 0) end++;
    return Buffer.from(u8.buffer, pointer, end - pointer).toString("utf8");
  }

  /** The coroutine that the innermost call of `L` has resumed, when the engine's `resume` is what it calls. */
  resumedBy(L: number): number {
    const { ex } = this.#lua;
    let level = 0;
    for (const call of this.calls(L)) {
      const { id, isLua } = calledFunction(this.#lua, call);
      if (isLua) {
        if (!isEngineSource(protoSource(this.#lua, id))) return 0;
        if (ex.lua_getlocal(L, this.record(call), 1) === 0) return 0;
        // Its first local: the coroutine, in `resume` and `pump`.
        const isThread = ex.lua_type(L, -1) === 8;
        const child = isThread ? ex.lua_topointer(L, -1) : 0;
        ex.lua_settop(L, -2);
        this.#lua.sync();
        if (child !== 0) return child;
      }
      if (++level > 3) return 0;
    }
    return 0;
  }

  /** A task's coroutine, the one that it has resumed, and so on. */
  chain(root: number): number[] {
    const chain = [root];
    for (let child = this.resumedBy(root); child !== 0 && !chain.includes(child); child = this.resumedBy(child)) {
      chain.push(child);
    }
    return chain;
  }

  /** Whether a coroutine waits or runs: it has calls, or has not begun. */
  isAlive(L: number): boolean {
    this.#lua.sync();
    if (threadStatus(this.#lua, L) > 1) return false;
    return callerOf(this.#lua, currentCall(this.#lua, L)) !== 0 || this.#lua.ex.lua_gettop(L) > 0;
  }
}
