import { SpellError } from "@llmspell/errors";
import { InterpreterAborted, SCRATCH_SIZE, type LuaInstance } from "./instance.js";

/**
 * The few fields of Lua's own structures that no C function exposes, for 32-bit
 * pointers (lstate.h, lobject.h and lua.h of Lua 5.4). Every image build checks
 * them against what Lua itself says, so a different build of Lua is refused
 * instead of misread.
 */
const OBJECT_NEXT = 0; // GCObject.next
const OBJECT_TYPE = 4; // GCObject.tt
const STATE_STATUS = 6; // lua_State.status
const STATE_GLOBAL = 16; // lua_State.l_G
const STATE_CALL = 20; // lua_State.ci
const STATE_STACK = 28; // lua_State.stack
const GLOBAL_TOTAL = 8; // global_State.totalbytes
const GLOBAL_DEBT = 12; // global_State.GCdebt
const GLOBAL_OBJECTS = 88; // global_State.allgc
const CALL_FUNCTION = 0; // CallInfo.func
const CALL_PREVIOUS = 8; // CallInfo.previous
const CALL_PC = 16; // CallInfo.u.l.savedpc
const CALL_RESULTS = 32; // CallInfo.nresults
const CALL_STATUS = 34; // CallInfo.callstatus
const VALUE_TYPE = 8; // TValue.tt_
const CLOSURE_PROTO = 12; // LClosure.p
const PROTO_VARARG = 7; // Proto.is_vararg
const PROTO_LINES = 24; // Proto.sizelineinfo
const PROTO_CHILDREN = 28; // Proto.sizep
const PROTO_ABSOLUTE = 36; // Proto.sizeabslineinfo
const PROTO_LINE = 40; // Proto.linedefined
const PROTO_CHILD_LIST = 56; // Proto.p
const PROTO_LINE_LIST = 64; // Proto.lineinfo
const PROTO_ABSOLUTE_LIST = 68; // Proto.abslineinfo
const PROTO_SOURCE = 76; // Proto.source
const STRING_SHORT_LENGTH = 7; // TString.shrlen
const STRING_LONG_LENGTH = 12; // TString.u.lnglen
const STRING_TEXT = 16; // TString.contents
const RECORD_EVENT = 0; // lua_Debug.event
const RECORD_LINE = 24; // lua_Debug.currentline
const RECORD_CALL = 104; // lua_Debug.i_ci

/** Size of a `lua_Debug`. */
export const RECORD_SIZE = 108;
/** Fields of a `lua_Debug` that `lua_getinfo` fills. */
export const Field = {
  event: RECORD_EVENT,
  name: 4,
  what: 12,
  source: 16,
  sourceLength: 20,
  line: RECORD_LINE,
  lineDefined: 28,
  upvalues: 36,
  isTailCall: 39,
  call: RECORD_CALL,
} as const;

const TYPE_STRING_SHORT = 0x04;
const TYPE_THREAD = 0x08;
const TYPE_PROTO = 0x0a;
const TYPE_LUA_CLOSURE = 0x06;
const CALL_IS_C = 1 << 1;
const CALL_HOOK_YIELDED = 1 << 6;
/** In `lineinfo`: look into `abslineinfo`. */
const ABSOLUTE_LINE = -0x80;

/** The least bytes that an object of Lua takes. */
const OBJECT_SIZE = 16;

/** @throws InterpreterAborted for an address that a guest's own pointers cannot have. */
function word({ view }: LuaInstance, address: number): number {
  if (address > view.byteLength - 4) throw new InterpreterAborted("a pointer of the interpreter is lost");
  return view.getUint32(address, true);
}

/** Bytes that Lua's collector accounts for, as `collectgarbage("count")` reports. */
export function readHeapBytes(lua: LuaInstance, L: number): number {
  lua.sync();
  const global = word(lua, L + STATE_GLOBAL);
  if (global > lua.view.byteLength - GLOBAL_DEBT - 4) throw new InterpreterAborted("the heap's counters are lost");
  return lua.view.getInt32(global + GLOBAL_TOTAL, true) + lua.view.getInt32(global + GLOBAL_DEBT, true);
}

/**
 * How many results the caller of the function that called the running host
 * function wants: 0 for a call that is a statement, -1 for "all".
 */
export function wantedResults(lua: LuaInstance, L: number): number {
  lua.sync();
  const caller = word(lua, word(lua, L + STATE_CALL) + CALL_PREVIOUS);
  return lua.view.getInt16(caller + CALL_RESULTS, true);
}

/** What a hook is called for. */
export function hookEvent(lua: LuaInstance, record: number): number {
  lua.sync();
  return lua.view.getInt32(record + RECORD_EVENT, true);
}

/** The line of a line hook. */
export const hookLine = (lua: LuaInstance, record: number): number => lua.view.getInt32(record + RECORD_LINE, true);

// Coroutines and their calls

/** The main state `L` and every coroutine that is not collected yet. */
export function* allThreads(lua: LuaInstance, L: number): Generator<number> {
  yield L;
  yield* objects(lua, L, TYPE_THREAD);
}

/** Every object of a type that is not collected yet. */
function* objects(lua: LuaInstance, L: number, type: number): Generator<number> {
  lua.sync();
  let object = word(lua, word(lua, L + STATE_GLOBAL) + GLOBAL_OBJECTS);
  // A list that a forged snapshot has closed to a ring must end as well.
  for (let left = lua.view.byteLength / OBJECT_SIZE; object !== 0; left--) {
    if (left < 0) throw new InterpreterAborted("the interpreter's list of objects has no end");
    const next = word(lua, object + OBJECT_NEXT);
    if (lua.view.getUint8(object + OBJECT_TYPE) === type) yield object;
    lua.sync();
    object = next;
  }
}

/** `LUA_OK` while a coroutine runs or has ended well, `LUA_YIELD`, or the error it ended with. */
export const threadStatus = (lua: LuaInstance, L: number): number => lua.view.getUint8(L + STATE_STATUS);

/** The innermost call of a coroutine. */
export const currentCall = (lua: LuaInstance, L: number): number => word(lua, L + STATE_CALL);

/** The caller of a call; 0 when it is the base of its coroutine, which is no function. */
export const callerOf = (lua: LuaInstance, call: number): number => word(lua, call + CALL_PREVIOUS);

/** How high on the stack of `L` a call begins: grows with the depth of calls, survives that the stack moves. */
export const callHeight = (lua: LuaInstance, L: number, call: number): number =>
  word(lua, call + CALL_FUNCTION) - word(lua, L + STATE_STACK);

/** The running function of a call: the prototype of one in Lua, else an address that identifies it. */
export function calledFunction(lua: LuaInstance, call: number): { readonly id: number; readonly isLua: boolean } {
  const value = word(lua, call + CALL_FUNCTION);
  const object = word(lua, value);
  const isLua = (lua.view.getUint8(value + VALUE_TYPE) & 0x3f) === TYPE_LUA_CLOSURE;
  return { id: isLua ? word(lua, object + CLOSURE_PROTO) : object, isLua };
}

/** The prototype of a call that runs Lua code. */
export const calledProto = (lua: LuaInstance, call: number): number =>
  word(lua, word(lua, word(lua, call + CALL_FUNCTION)) + CLOSURE_PROTO);

/**
 * Lua puts a coroutine that yielded in a hook back before the instruction that
 * it is about to run, and then names the line, and finds the locals, of the one
 * before. Runs `action` with the right instruction.
 */
export function atInstruction<T>(lua: LuaInstance, L: number, call: number, action: () => T): T {
  const { view } = lua;
  const status = view.getUint16(call + CALL_STATUS, true);
  const isBehind = (status & CALL_HOOK_YIELDED) !== 0 && (status & CALL_IS_C) === 0 && threadStatus(lua, L) === 1;
  if (!isBehind || call !== currentCall(lua, L)) return action();
  const pc = view.getUint32(call + CALL_PC, true);
  view.setUint32(call + CALL_PC, pc + 4, true);
  try {
    return action();
  } finally {
    lua.sync();
    lua.view.setUint32(call + CALL_PC, pc, true);
  }
}

// Functions

/** The prototype of the Lua function at `index`. */
export function protoAt(lua: LuaInstance, L: number, index: number): number {
  const closure = lua.ex.lua_topointer(L, index);
  lua.sync();
  return word(lua, closure + CLOSURE_PROTO);
}

/** Every prototype of a source that is loaded; `source` as Lua keeps it, with its `@`. */
export function* protosOf(lua: LuaInstance, L: number, source: string): Generator<number> {
  for (const proto of objects(lua, L, TYPE_PROTO)) if (protoSource(lua, proto) === source) yield proto;
}

/** A prototype and all that are nested in it. */
export function* nestedProtos(lua: LuaInstance, proto: number): Generator<number> {
  const rest = [proto];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    yield next;
    const list = word(lua, next + PROTO_CHILD_LIST);
    for (let i = 0; i < word(lua, next + PROTO_CHILDREN); i++) rest.push(word(lua, list + 4 * i));
  }
}

/** The source of a prototype as Lua keeps it: a file name behind `@`. */
export function protoSource(lua: LuaInstance, proto: number): string {
  const text = word(lua, proto + PROTO_SOURCE);
  if (text === 0) return "";
  const isShort = lua.view.getUint8(text + OBJECT_TYPE) === TYPE_STRING_SHORT;
  const length = isShort ? lua.view.getUint8(text + STRING_SHORT_LENGTH) : word(lua, text + STRING_LONG_LENGTH);
  return Buffer.from(lua.u8.buffer, text + STRING_TEXT, length).toString("utf8");
}

/** Where a prototype is defined; 0 for a main chunk. With its source, tells a new one at an old address. */
export const protoLine = (lua: LuaInstance, proto: number): number => lua.view.getInt32(proto + PROTO_LINE, true);
export const protoSourceId = (lua: LuaInstance, proto: number): number => word(lua, proto + PROTO_SOURCE);

/** The lines of a prototype that have code, as `lua_getinfo` with `L` gives them. */
export function protoLines(lua: LuaInstance, proto: number): Set<number> {
  const { view } = lua;
  const deltas = word(lua, proto + PROTO_LINE_LIST);
  const absolute = word(lua, proto + PROTO_ABSOLUTE_LIST);
  const found = new Set<number>();
  let line = protoLine(lua, proto);
  let nextAbsolute = 0;
  // The first instruction of a function with varargs prepares them.
  const first = view.getUint8(proto + PROTO_VARARG) !== 0 ? 1 : 0;
  for (let i = 0; i < word(lua, proto + PROTO_LINES); i++) {
    const delta = view.getInt8(deltas + i);
    if (delta !== ABSOLUTE_LINE) line += delta;
    else if (nextAbsolute < word(lua, proto + PROTO_ABSOLUTE)) {
      line = view.getInt32(absolute + 8 * nextAbsolute++ + 4, true);
    }
    if (i >= first) found.add(line);
  }
  return found;
}

// Checks

/** Refuses a build of Lua whose structures are laid out differently. */
export function layoutError(what: string): SpellError {
  return new SpellError(
    "UNSUPPORTED",
    `this build of Lua lays out ${what} differently; its hash is not the pinned one`,
  );
}

/** A chunk with a function in it, lines without code, and more than 127 lines between two that have some. */
const PROBE = `local function f(...)\n\n  return ...\nend\n${"\n".repeat(200)}return f`;

/** Checks what a debugger and a profiler read, on a state that nobody else uses; leaves its stack as it was. */
export function checkDebugLayout(lua: LuaInstance, L: number): void {
  const { ex } = lua;
  const top = ex.lua_gettop(L);
  const check = (isRight: boolean, what: string): void => {
    if (!isRight) throw layoutError(what);
  };
  const thread = ex.lua_newthread(L);
  lua.sync();
  check([...allThreads(lua, L)].includes(thread), "its list of objects");
  check(threadStatus(lua, thread) === 0, "a coroutine");
  lua.load(L, PROBE, "probe");
  const proto = protoAt(lua, L, -1);
  const lines = [...nestedProtos(lua, proto)].map((nested) => [...protoLines(lua, nested)].join());
  check(lines.join(";") === "4,205;3,4", "its functions");
  check([...protosOf(lua, L, "@probe")].length === 2, "its sources");
  const record = lua.scratch + SCRATCH_SIZE;
  lua.u8.set([0x3e, 0x53, 0], lua.scratch);
  ex.lua_getinfo(L, lua.scratch, record);
  lua.sync();
  check(word(lua, record + Field.sourceLength) === "@probe".length, "its debug records");
  check(lua.view.getInt32(record + Field.lineDefined, true) === 0, "its debug records");
  ex.lua_settop(L, top);
}
