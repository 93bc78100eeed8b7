import { SpellError } from "@llmspell/errors";
import { InterpreterAborted, type LuaInstance } from "./instance.js";

/**
 * The few fields of Lua's own structures that no C function exposes, for 32-bit
 * pointers (lstate.h of Lua 5.4). Every image build checks them against what
 * Lua itself says, so a different build of Lua is refused instead of misread.
 */
const STATE_GLOBAL = 16; // lua_State.l_G
const STATE_CALL = 20; // lua_State.ci
const GLOBAL_TOTAL = 8; // global_State.totalbytes
const GLOBAL_DEBT = 12; // global_State.GCdebt
const CALL_PREVIOUS = 8; // CallInfo.previous
const CALL_RESULTS = 32; // CallInfo.nresults

/** Bytes that Lua's collector accounts for, as `collectgarbage("count")` reports. */
export function readHeapBytes(lua: LuaInstance, L: number): number {
  lua.sync();
  const global = lua.view.getUint32(L + STATE_GLOBAL, true);
  if (global > lua.view.byteLength - GLOBAL_DEBT - 4) throw new InterpreterAborted("the heap's counters are lost");
  return lua.view.getInt32(global + GLOBAL_TOTAL, true) + lua.view.getInt32(global + GLOBAL_DEBT, true);
}

/**
 * How many results the caller of the function that called the running host
 * function wants: 0 for a call that is a statement, -1 for "all".
 */
export function wantedResults(lua: LuaInstance, L: number): number {
  lua.sync();
  const call = lua.view.getUint32(L + STATE_CALL, true);
  const caller = lua.view.getUint32(call + CALL_PREVIOUS, true);
  return lua.view.getInt16(caller + CALL_RESULTS, true);
}

/** Refuses a build of Lua whose structures are laid out differently. */
export function layoutError(what: string): SpellError {
  return new SpellError(
    "UNSUPPORTED",
    `this build of Lua lays out ${what} differently; its hash is not the pinned one`,
  );
}
