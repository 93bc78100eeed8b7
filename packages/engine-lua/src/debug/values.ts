import { LUA_TYPE_NAMES, LuaType, integer } from "../abi.js";
import type { LuaInstance } from "../instance.js";

/** Bytes of a string that are shown. */
const MAX_STRING = 200;
/** Bytes of an error's message. */
const MAX_ERROR = 500;
/** Of a string inside the preview of a table. */
const MAX_NESTED = 24;
/** Entries of a table in its preview. */
const MAX_ENTRIES = 5;

/**
 * Shows the value at `index` of the stack of `L` as text. No metamethod runs,
 * and nothing of the guest's memory is changed.
 */
export function showValue(lua: LuaInstance, L: number, index: number, isNested = false): string {
  const { ex } = lua;
  const at = index < 0 ? ex.lua_absindex(L, index) : index;
  const type = ex.lua_type(L, at);
  switch (type) {
    case LuaType.none:
    case LuaType.nil:
      return "nil";
    case LuaType.boolean:
      return ex.lua_toboolean(L, at) === 0 ? "false" : "true";
    case LuaType.number:
      return ex.lua_isinteger(L, at) === 0
        ? showFloat(ex.lua_tonumberx(L, at, 0))
        : String(ex.lua_tointegerx(L, at, 0));
    case LuaType.string:
      return showString(lua, L, at, isNested ? MAX_NESTED : MAX_STRING);
    case LuaType.lightuserdata:
      return ex.lua_touserdata(L, at) === 0 ? "null" : "light userdata";
    case LuaType.table:
      return isNested ? "{…}" : showTable(lua, L, at);
    default:
      return LUA_TYPE_NAMES[type] ?? "value";
  }
}

/** An error as text: its message, without a value's metamethods. Where Lua catches errors. */
export function errorText(lua: LuaInstance, L: number, index: number): string {
  const { ex } = lua;
  const top = ex.lua_gettop(L);
  ex.lua_pushvalue(L, index);
  if (ex.lua_type(L, -1) === LuaType.table) {
    lua.pushText(L, "message");
    ex.lua_rawget(L, -2);
    if (ex.lua_type(L, -1) !== LuaType.string) ex.lua_settop(L, -2);
  }
  const isText = ex.lua_type(L, -1) === LuaType.string;
  const text = isText ? rawText(lua, L, -1, MAX_ERROR) : showValue(lua, L, -1);
  ex.lua_settop(L, top);
  return text;
}

/** The first bytes of the string at `index`. */
export function rawText(lua: LuaInstance, L: number, index: number, most: number): string {
  const start = lua.ex.lua_tolstring(L, index, 0);
  lua.sync();
  return Buffer.from(lua.u8.buffer, start, Math.min(Number(lua.ex.lua_rawlen(L, index)), most)).toString("utf8");
}

/** The name of the type of the value at `index`. */
export function typeName(lua: LuaInstance, L: number, index: number): string {
  return LUA_TYPE_NAMES[lua.ex.lua_type(L, index)] ?? "nil";
}

/** A key as it is written in front of a value: a name, or in brackets. */
export function showKey(lua: LuaInstance, L: number, index: number): string {
  const text = showValue(lua, L, index, true);
  const name = /^"([A-Za-z_]\w*)"$/.exec(text)?.[1];
  return name ?? `[${text}]`;
}

function showFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return Number.isInteger(value) ? `${value.toFixed(1)}` : String(value);
}

function showString(lua: LuaInstance, L: number, index: number, most: number): string {
  const size = Number(lua.ex.lua_rawlen(L, index));
  const text = JSON.stringify(rawText(lua, L, index, most));
  return size > most ? `${text}… (${size} bytes)` : text;
}

function showTable(lua: LuaInstance, L: number, table: number): string {
  const { ex } = lua;
  const parts: string[] = [];
  const length = Number(ex.lua_rawlen(L, table));
  for (let i = 1; i <= Math.min(length, MAX_ENTRIES); i++) {
    ex.lua_rawgeti(L, table, integer(i));
    parts.push(showValue(lua, L, -1, true));
    ex.lua_settop(L, -2);
  }
  let isMore = length > MAX_ENTRIES;
  if (!isMore) {
    isMore = !eachField(lua, L, table, length, () => {
      if (parts.length >= MAX_ENTRIES) return false;
      parts.push(`${showKey(lua, L, -2)} = ${showValue(lua, L, -1, true)}`);
      return true;
    });
  }
  if (isMore) parts.push("…");
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

/**
 * Calls `visit` with the key at -2 and the value at -1, for every field of a
 * table that is not an element 1…`length`. False when `visit` ended it.
 */
export function eachField(lua: LuaInstance, L: number, table: number, length: number, visit: () => boolean): boolean {
  const { ex } = lua;
  ex.lua_pushnil(L);
  while (ex.lua_next(L, table) !== 0) {
    const isElement = ex.lua_isinteger(L, -2) !== 0 && isWithin(ex.lua_tointegerx(L, -2, 0), length);
    if (!isElement && !visit()) {
      ex.lua_settop(L, -3);
      return false;
    }
    ex.lua_settop(L, -2);
  }
  return true;
}

const isWithin = (key: bigint, length: number): boolean => key >= 1n && key <= BigInt(length);
