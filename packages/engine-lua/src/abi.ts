/**
 * The part of Lua 5.4's C interface that the host uses, as exported by the wasm
 * module. Pointers, sizes and stack indexes are i32; `lua_Integer` is i64.
 * Reference: Lua 5.4 manual, section 4.6 and 5.1.
 */
export interface LuaExports {
  readonly memory: WebAssembly.Memory;
  readonly __indirect_function_table: WebAssembly.Table;
  readonly $fuel: WebAssembly.Global<"i32">;
  /** The import `system`, re-exported: takes the table slot of every host function. */
  readonly $host: () => number;
  /** The import `__syscall_fcntl64`, re-exported: continues a host function after a wait. */
  readonly $continue: () => number;
  /** The import `invoke_vii`, re-exported: takes the warnings of Lua itself. */
  readonly $warn: () => void;
  __wasm_call_ctors(): void;
  malloc(size: number): number;
  free(pointer: number): void;
  stackSave(): number;
  emscripten_stack_get_end(): number;

  luaL_newstate(): number;
  luaL_openlibs(L: number): void;
  luaL_loadbufferx(L: number, buffer: number, size: number, name: number, mode: number): number;
  luaL_ref(L: number, table: number): number;
  luaL_unref(L: number, table: number, ref: number): void;
  luaL_tolstring(L: number, index: number, length: number): number;
  lua_absindex(L: number, index: number): number;
  lua_callk(L: number, args: number, results: number, context: number, continuation: number): void;
  lua_checkstack(L: number, slots: number): number;
  lua_createtable(L: number, array: number, hash: number): void;
  lua_error(L: number): number;
  lua_getglobal(L: number, name: number): number;
  lua_gethook(L: number): number;
  lua_gethookmask(L: number): number;
  lua_getinfo(L: number, what: number, record: number): number;
  lua_getlocal(L: number, record: number, n: number): number;
  lua_getmetatable(L: number, index: number): number;
  lua_getstack(L: number, level: number, record: number): number;
  lua_gettable(L: number, index: number): number;
  lua_gettop(L: number): number;
  lua_getupvalue(L: number, index: number, n: number): number;
  lua_isinteger(L: number, index: number): number;
  lua_isyieldable(L: number): number;
  lua_newthread(L: number): number;
  lua_newuserdatauv(L: number, size: number, values: number): number;
  lua_next(L: number, index: number): number;
  lua_pcallk(L: number, args: number, results: number, handler: number, context: number, continuation: number): number;
  lua_pushboolean(L: number, value: number): void;
  lua_pushcclosure(L: number, slot: number, upvalues: number): void;
  lua_pushinteger(L: number, value: bigint): void;
  lua_pushlstring(L: number, pointer: number, size: number): number;
  lua_pushlightuserdata(L: number, pointer: number): void;
  lua_pushnil(L: number): void;
  lua_pushnumber(L: number, value: number): void;
  lua_pushthread(L: number): number;
  lua_pushvalue(L: number, index: number): void;
  lua_rawequal(L: number, a: number, b: number): number;
  lua_rawget(L: number, index: number): number;
  lua_rawgeti(L: number, index: number, n: bigint): number;
  lua_rawlen(L: number, index: number): bigint;
  lua_rawset(L: number, index: number): void;
  lua_rawseti(L: number, index: number, n: bigint): void;
  lua_rotate(L: number, index: number, n: number): void;
  lua_setglobal(L: number, name: number): void;
  lua_sethook(L: number, hook: number, mask: number, count: number): void;
  lua_setiuservalue(L: number, index: number, n: number): number;
  lua_setlocal(L: number, record: number, n: number): number;
  lua_setmetatable(L: number, index: number): number;
  lua_settable(L: number, index: number): void;
  lua_setwarnf(L: number, slot: number, userdata: number): void;
  lua_settop(L: number, index: number): void;
  lua_setupvalue(L: number, index: number, n: number): number;
  /** The table slot of a C function, or 0. */
  lua_tocfunction(L: number, index: number): number;
  lua_toboolean(L: number, index: number): number;
  lua_tointegerx(L: number, index: number, isInteger: number): bigint;
  lua_tolstring(L: number, index: number, length: number): number;
  lua_tonumberx(L: number, index: number, isNumber: number): number;
  lua_topointer(L: number, index: number): number;
  lua_touserdata(L: number, index: number): number;
  lua_type(L: number, index: number): number;
  lua_xmove(from: number, to: number, count: number): void;
  lua_yieldk(L: number, results: number, context: number, continuation: number): number;
}

/**
 * The exports of the module that are kept: every other one would be made into a
 * function for each instance, which for the module's 160 takes three times as
 * long as all the rest of instantiation. The last two are for tests that refuse
 * allocations.
 */
export const KEPT_EXPORTS = [
  "memory",
  "__indirect_function_table",
  "__wasm_call_ctors",
  "malloc",
  "free",
  "stackSave",
  "emscripten_stack_get_end",
  "luaL_newstate",
  "luaL_openlibs",
  "luaL_loadbufferx",
  "luaL_ref",
  "luaL_unref",
  "luaL_tolstring",
  "lua_absindex",
  "lua_callk",
  "lua_checkstack",
  "lua_createtable",
  "lua_error",
  "lua_getglobal",
  "lua_gethook",
  "lua_gethookmask",
  "lua_getinfo",
  "lua_getlocal",
  "lua_getmetatable",
  "lua_getstack",
  "lua_gettable",
  "lua_gettop",
  "lua_getupvalue",
  "lua_isinteger",
  "lua_isyieldable",
  "lua_newthread",
  "lua_newuserdatauv",
  "lua_next",
  "lua_pcallk",
  "lua_pushboolean",
  "lua_pushcclosure",
  "lua_pushinteger",
  "lua_pushlstring",
  "lua_pushlightuserdata",
  "lua_pushnil",
  "lua_pushnumber",
  "lua_pushthread",
  "lua_pushvalue",
  "lua_rawequal",
  "lua_rawget",
  "lua_rawgeti",
  "lua_rawlen",
  "lua_rawset",
  "lua_rawseti",
  "lua_rotate",
  "lua_setglobal",
  "lua_sethook",
  "lua_setiuservalue",
  "lua_setlocal",
  "lua_setmetatable",
  "lua_settable",
  "lua_setwarnf",
  "lua_settop",
  "lua_setupvalue",
  "lua_tocfunction",
  "lua_toboolean",
  "lua_tointegerx",
  "lua_tolstring",
  "lua_tonumberx",
  "lua_topointer",
  "lua_touserdata",
  "lua_type",
  "lua_xmove",
  "lua_yieldk",
  "lua_setallocf",
  "realloc",
] as const;

type Declared = Exclude<keyof LuaExports, `$${string}`>;
type Kept = (typeof KEPT_EXPORTS)[number];
/** That none is missing. */
({}) satisfies Record<Exclude<Declared, Kept>, never>;

export const LUA_REGISTRYINDEX = -1_001_000;
/** Where the registry holds the table of globals. */
export const LUA_RIDX_GLOBALS = 2;
/** The first upvalue of the running host function. */
export const UPVALUE_1 = LUA_REGISTRYINDEX - 1;
/** What a hook is called for: bits of the mask of `lua_sethook`. */
export const HookMask = { call: 1, return: 2, line: 4, count: 8 } as const;
/** `lua_Debug.event` of a hook. */
export const HookEvent = { call: 0, return: 1, line: 2, count: 3, tailCall: 4 } as const;

export const LUA_OK = 0;

/** Values of `lua_type`. */
export const LuaType = {
  none: -1,
  nil: 0,
  boolean: 1,
  lightuserdata: 2,
  number: 3,
  string: 4,
  table: 5,
  function: 6,
  userdata: 7,
  thread: 8,
} as const;

export const LUA_TYPE_NAMES = [
  "nil",
  "boolean",
  "light userdata",
  "number",
  "string",
  "table",
  "function",
  "userdata",
  "coroutine",
] as const;

const SMALL = Array.from({ length: 1_024 }, (_, n) => BigInt(n));

/** `n` as `lua_Integer`; small ones are not made anew each time. */
export const integer = (n: number): bigint => SMALL[n] ?? BigInt(n);
