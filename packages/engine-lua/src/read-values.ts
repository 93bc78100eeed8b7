import { Float, Handle, MAX_VALUE_DEPTH, WeakHandle, type HostFunction, type ScriptValue } from "@llmspell/engine";
import type { SpellError } from "@llmspell/errors";
import { integer, LUA_REGISTRYINDEX, LUA_TYPE_NAMES, LuaType } from "./abi.js";
import { NODE_BYTES, type Crossing } from "./crossing.js";
import { FIRST_VALUE_ID } from "@llmspell/engine/guest-kit";
import type { LuaImage } from "./image.js";
import type { LuaInstance } from "./instance.js";

const MAX_SAFE = Number.MAX_SAFE_INTEGER;
/** Stands for a field that is left out; no value that crosses is this object. */
const NOTHING: ScriptValue = Object.freeze({});

type TableValue = ScriptValue[] | Record<string, ScriptValue>;

/** Lua → host. */
export class LuaReader {
  readonly #crossing: Crossing;
  readonly #lua: LuaInstance;
  readonly #image: LuaImage;
  constructor(crossing: Crossing) {
    this.#crossing = crossing;
    this.#lua = crossing.lua;
    this.#image = crossing.image;
  }

  /** The value at `index` of the stack of `L`; `root` names it in errors, a number as that argument. */
  read(L: number, index: number, root: string | number): ScriptValue {
    // Most arguments are numbers, and a number can always cross.
    if (this.#lua.ex.lua_type(L, index) === LuaType.number) return this.#readNumber(L, index);
    this.#crossing.begin(root);
    const value = this.#read(L, index < 0 ? this.#lua.ex.lua_absindex(L, index) : index);
    this.#crossing.end();
    return value;
  }

  #read(L: number, index: number): ScriptValue {
    const { ex } = this.#lua;
    const type = ex.lua_type(L, index);
    this.#crossing.charge(NODE_BYTES);
    switch (type) {
      case LuaType.none:
      case LuaType.nil:
        return null;
      case LuaType.boolean:
        return ex.lua_toboolean(L, index) !== 0;
      case LuaType.number:
        return this.#readNumber(L, index);
      case LuaType.string:
        return this.#readString(L, index);
      case LuaType.table:
        return this.#readTable(L, index);
      case LuaType.function: {
        const known = this.#hostFunction(L, index);
        if (known !== undefined) return known;
        ex.lua_pushvalue(L, index);
        return this.#crossing.functions.add(ex.luaL_ref(L, LUA_REGISTRYINDEX));
      }
      case LuaType.userdata:
        return this.#readUserdata(L, index);
      case LuaType.lightuserdata:
        if (ex.lua_touserdata(L, index) === 0) return null;
        break;
      default:
    }
    throw this.#crossing.fail(`is a ${LUA_TYPE_NAMES[type] ?? "value"}, which cannot leave the spell`);
  }

  /** A function that the host has given to the guest as a value. */
  #hostFunction(L: number, index: number): HostFunction | undefined {
    const { ex } = this.#lua;
    if (ex.lua_tocfunction(L, index) !== this.#lua.hostSlot || ex.lua_getupvalue(L, index, 1) === 0) return undefined;
    const id = ex.lua_tonumberx(L, -1, 0);
    ex.lua_settop(L, -2);
    return id >= FIRST_VALUE_ID ? this.#crossing.host.functionOf(id) : undefined;
  }

  #readNumber(L: number, index: number): number | bigint | Float {
    const { ex } = this.#lua;
    const number = ex.lua_tonumberx(L, index, 0);
    if (this.#crossing.exactFloats && Number.isInteger(number) && ex.lua_isinteger(L, index) === 0)
      return new Float(number);
    if (Math.abs(number) <= MAX_SAFE || ex.lua_isinteger(L, index) === 0) return number;
    return ex.lua_tointegerx(L, index, 0);
  }

  #readString(L: number, index: number): string | Uint8Array {
    const lua = this.#lua;
    const pointer = lua.ex.lua_tolstring(L, index, lua.scratch);
    lua.sync();
    const size = lua.view.getUint32(lua.scratch, true);
    this.#crossing.charge(size);
    return lua.readText(pointer, size);
  }

  #readTable(L: number, index: number): ScriptValue {
    const { ex } = this.#lua;
    const pointer = ex.lua_topointer(L, index);
    if (this.#crossing.parents.includes(pointer)) throw this.#crossing.fail("contains itself");
    if (this.#crossing.parents.length >= MAX_VALUE_DEPTH)
      throw this.#crossing.fail(`nests deeper than ${MAX_VALUE_DEPTH} levels`);
    if (ex.lua_checkstack(L, 8) === 0) throw this.#crossing.fail("nests too deeply");

    let marked = false;
    if (ex.lua_getmetatable(L, index) !== 0) {
      const metatable = ex.lua_topointer(L, -1);
      ex.lua_settop(L, -2);
      if (metatable === this.#image.errorMetatable) {
        const known = this.#knownError(L, index);
        if (known) return known;
      }
      marked = metatable === this.#image.arrayMetatable;
    }

    this.#crossing.parents.push(pointer);
    const size = Number(ex.lua_rawlen(L, index));
    const result = size > 0 ? this.#readList(L, index, size) : this.#readFields(L, index, {});
    this.#crossing.parents.pop();
    if (size === 0 && (marked || this.#crossing.emptyArrays) && Object.keys(result).length === 0) return [];
    return result;
  }

  #readList(L: number, index: number, size: number): TableValue {
    const { ex } = this.#lua;
    // Each element costs a node, so an absurd length fails before it is walked.
    this.#crossing.charge(size * NODE_BYTES);
    const list: ScriptValue[] = [];
    const refuseHoles = this.#crossing.nulls.holes === "refuse";
    for (let i = 1; i <= size; i++) {
      ex.lua_rawgeti(L, index, integer(i));
      this.#crossing.path.push(i);
      if (refuseHoles && ex.lua_type(L, -1) === LuaType.nil) throw this.#crossing.fail("is nil, a hole in an array");
      list.push(this.#read(L, ex.lua_gettop(L)));
      this.#crossing.path.pop();
      ex.lua_settop(L, -2);
    }
    // Continue behind the last element; a table without other keys ends at once.
    ex.lua_pushinteger(L, integer(size));
    while (ex.lua_next(L, index) !== 0) {
      ex.lua_settop(L, -2);
      const key = ex.lua_isinteger(L, -1) !== 0 ? ex.lua_tonumberx(L, -1, 0) : 0;
      if (key >= 1 && key <= size) continue;
      ex.lua_settop(L, -2);
      return this.#readFields(L, index, {});
    }
    return list;
  }

  #readFields(L: number, index: number, object: Record<string, ScriptValue>): TableValue {
    const { ex } = this.#lua;
    ex.lua_pushnil(L);
    while (ex.lua_next(L, index) !== 0) {
      const key = this.#readKey(L);
      this.#crossing.path.push(key);
      const value = this.#read(L, ex.lua_gettop(L));
      this.#crossing.path.pop();
      if (value === NOTHING) {
        // A cancel token is no part of the value.
      } else if (key === "__proto__") {
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
      } else {
        object[key] = value;
      }
      ex.lua_settop(L, -2);
    }
    return object;
  }

  /** The key below the value on top of the stack. */
  #readKey(L: number): string {
    const { ex } = this.#lua;
    const type = ex.lua_type(L, -2);
    if (type === LuaType.string) {
      const key = this.#readString(L, -2);
      if (typeof key === "string") return key;
      throw this.#crossing.fail("has a key that is not text");
    }
    // Converting the key in place would confuse lua_next.
    if (type === LuaType.number) return String(this.#readNumber(L, -2).valueOf());
    throw this.#crossing.fail(
      `has a key that is a ${LUA_TYPE_NAMES[type] ?? "value"}; only text and numbers can be keys`,
    );
  }

  #readUserdata(L: number, index: number): ScriptValue {
    const { ex } = this.#lua;
    let metatable = 0;
    if (ex.lua_getmetatable(L, index) !== 0) {
      metatable = ex.lua_topointer(L, -1);
      ex.lua_settop(L, -2);
    }
    const kind = this.#image.handleKinds.get(metatable);
    if (kind !== undefined) {
      this.#lua.sync();
      return new Handle(kind, this.#lua.view.getUint32(ex.lua_touserdata(L, index), true));
    }
    if (metatable === this.#image.weakMetatable) return this.#readWeakHandle(ex.lua_touserdata(L, index));
    const box = this.#image.boxKinds.get(metatable);
    if (box === "CancelToken" && this.#crossing.foundToken()) return NOTHING;
    throw this.#crossing.fail(`is a ${box ?? "userdata"}, which cannot leave the spell`);
  }

  #readWeakHandle(pointer: number): WeakHandle {
    this.#lua.sync();
    const { view } = this.#lua;
    const ref = view.getUint32(pointer + 4, true);
    for (const [kind, known] of this.#image.handleRefs) {
      if (known === ref) return new WeakHandle(kind, view.getUint32(pointer, true));
    }
    throw this.#crossing.fail("is a userdata, which cannot leave the spell"); // a script of the level `none` made it
  }

  #knownError(L: number, index: number): SpellError | undefined {
    const { ex } = this.#lua;
    this.#lua.pushRef(L, this.#image.refs.error_ids);
    ex.lua_pushvalue(L, index);
    ex.lua_rawget(L, -2);
    const id = ex.lua_tonumberx(L, -1, 0);
    ex.lua_settop(L, -3);
    return this.#crossing.errors.get(id);
  }
}
