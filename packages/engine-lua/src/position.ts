import type { SourcePosition } from "@llmspell/engine";
import { SCRATCH_RECORD, type LuaInstance } from "./instance.js";

/** Fields of `lua_Debug` (lua.h of Lua 5.4, 32-bit pointers); `lua/layout.lua` checks them. */
const WHAT = 12;
const CURRENT_LINE = 24;
const SHORT_SOURCE = 44;
const SOURCE_SIZE = 60;
const RECORD_SIZE = 112;

/** What is asked of `lua_getinfo`; stands behind the record. */
const QUERY = "Sl";
const MAX_LEVELS = 64;
const C = 0x43;

/**
 * The innermost place in a spell's source on the stack of `L`; allocates nothing in the guest.
 *
 * @param own begins the names of the engine's own files, which are passed over.
 */
export function positionIn(lua: LuaInstance, L: number, own = "[llmspell "): SourcePosition | undefined {
  const { ex } = lua;
  const record = lua.scratch + SCRATCH_RECORD;
  const query = record + RECORD_SIZE;
  lua.sync();
  for (let i = 0; i <= QUERY.length; i++) lua.u8[query + i] = QUERY.charCodeAt(i) || 0;
  for (let level = 0; level < MAX_LEVELS && ex.lua_getstack(L, level, record) !== 0; level++) {
    ex.lua_getinfo(L, query, record);
    lua.sync();
    if (lua.u8[lua.view.getUint32(record + WHAT, true)] === C) continue;
    const file = sourceAt(lua.u8, record + SHORT_SOURCE);
    if (own === "" || !file.startsWith(own)) return { file, line: lua.view.getInt32(record + CURRENT_LINE, true) };
  }
  return undefined;
}

function sourceAt(u8: Uint8Array, start: number): string {
  const field = u8.subarray(start, start + SOURCE_SIZE);
  const end = field.indexOf(0);
  return Buffer.from(field.subarray(0, end < 0 ? SOURCE_SIZE : end)).toString("utf8");
}
