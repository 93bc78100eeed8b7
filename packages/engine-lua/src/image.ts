import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Bindings, SandboxLevel } from "@llmspell/engine";
import { DEFAULT_LIMITS } from "@llmspell/engine";
import { captureImage, type MemoryImage } from "@llmspell/engine/wasm";
import { SpellError } from "@llmspell/errors";
import { LUA_OK, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS, UPVALUE_1 } from "./abi.js";
import { GuestKilled, indexBindings } from "@llmspell/engine/guest-kit";
import { RECORD_AREA, SCRATCH_SIZE, type LuaInstance, type LuaPort } from "./instance.js";
import { INTRINSICS, intrinsicId, intrinsicOf } from "./intrinsics.js";
import { checkDebugLayout, layoutError, readHeapBytes, wantedResults } from "./layout.js";
import { positionIn } from "./position.js";
import { LuaValues } from "./values.js";
import { WARN_SWITCH_SIZE, warnSwitch } from "./warnings.js";

const ASYNC = ["queue", "places", "scheduler", "wait", "promise", "token", "channel", "coroutine", "deadlock"] as const;
const BEFORE = [
  "layout",
  ...ASYNC,
  "values",
  "references",
  "weak",
  "collector",
  "require",
  "reload",
  "watched",
  "tables",
];

/** The guest library of each level, in order. Real files, so that they can be read and tested. */
const LIBRARIES: Readonly<Record<SandboxLevel, readonly string[]>> = {
  none: [...BEFORE, "full", "bind"],
  basic: [...BEFORE, "sandbox", "bind"],
  strict: [...BEFORE, "sandbox", "bind", "strict"],
};

/** What the library registers for the host by name. */
const REFS = [
  "action",
  "array",
  "as_text",
  "cannot_wait",
  "check_token",
  "dispatch",
  "error",
  "error_ids",
  "gc",
  "host_function",
  "host_functions",
  "tasks",
  "wait",
  "weak_functions",
  "weak_handle",
  "weak_mark",
] as const;
type RefName = (typeof REFS)[number];

/** A warm Lua state: libraries open, guest library loaded, modules bound. */
export interface LuaImage {
  readonly memory: MemoryImage;
  /** The main `lua_State`. */
  readonly L: number;
  readonly scratch: number;
  /** Address of the word that holds the end of the heap. */
  readonly heapEnd: number;
  readonly refs: Readonly<Record<RefName, number>>;
  readonly errorMetatable: number;
  readonly arrayMetatable: number;
  readonly weakMetatable: number;
  /** Metatable addresses of handles, and registry references by kind. */
  readonly handleKinds: ReadonlyMap<number, string>;
  readonly handleRefs: ReadonlyMap<string, number>;
  /** Metatable addresses of the library's own objects (promises, channels …), and what they are. */
  readonly boxKinds: ReadonlyMap<number, string>;
}

const sources = new Map<string, string>();

function librarySource(name: string): string {
  let source = sources.get(name);
  if (source === undefined) {
    const folder = join(dirname(createRequire(import.meta.url).resolve("@llmspell/engine-lua/package.json")), "lua");
    source = readFileSync(join(folder, `${name}.lua`), "utf8");
    sources.set(name, source);
  }
  return source;
}

/** Builds the image for `bindings` on a fresh instance, which is left in the image's state. */
export function buildImage(lua: LuaInstance, bindings: Bindings, level: SandboxLevel): LuaImage {
  return new ImageBuilder(lua).build(bindings, level);
}

class ImageBuilder implements LuaPort {
  readonly #lua: LuaInstance;
  readonly #refs = new Map<string, number>();
  readonly #pointers = new Map<string, number>();
  #values: LuaValues | undefined;

  constructor(lua: LuaInstance) {
    this.#lua = lua;
  }

  build(bindings: Bindings, level: SandboxLevel): LuaImage {
    const lua = this.#lua;
    const { ex } = lua;
    lua.port = this;
    ex.$fuel.value = 0x7fff_ffff;
    const heapEnd = this.#findHeapEnd();
    ex.__wasm_call_ctors();
    const L = ex.luaL_newstate();
    ex.luaL_openlibs(L);
    lua.scratch = ex.malloc(SCRATCH_SIZE + RECORD_AREA + WARN_SWITCH_SIZE);
    lua.sync();
    lua.view.setUint32(warnSwitch(lua), 0, true);
    ex.lua_setwarnf(L, lua.warnSlot, 0);
    const draft: LuaImage = {
      memory: captureImage(ex.memory, []),
      L,
      scratch: lua.scratch,
      heapEnd,
      refs: Object.fromEntries(REFS.map((name) => [name, 0])) as Record<RefName, number>,
      errorMetatable: 0,
      arrayMetatable: 0,
      weakMetatable: 0,
      handleKinds: new Map(),
      handleRefs: new Map(),
      boxKinds: new Map(),
    };
    this.#values = new LuaValues(lua, draft, DEFAULT_LIMITS);
    checkDebugLayout(lua, L);
    this.#runLibrary(L, bindings, level);
    lua.port = undefined;

    const named = (prefix: string): [kind: string, name: string][] =>
      [...this.#refs.keys()].filter((name) => name.startsWith(prefix)).map((name) => [name.slice(prefix.length), name]);
    const handles = named("handle:");
    return {
      ...draft,
      memory: captureImage(ex.memory, lua.globals, { skip: [this.#deadStack()] }),
      refs: Object.fromEntries(REFS.map((name) => [name, this.#ref(name)])) as Record<RefName, number>,
      errorMetatable: this.#pointers.get("error") ?? 0,
      arrayMetatable: this.#pointers.get("array") ?? 0,
      weakMetatable: this.#pointers.get("weak_handle") ?? 0,
      handleKinds: new Map(handles.map(([kind, name]) => [this.#pointers.get(name) ?? 0, kind])),
      handleRefs: new Map(handles.map(([kind, name]) => [kind, this.#ref(name)])),
      boxKinds: new Map(named("box:").map(([kind, name]) => [this.#pointers.get(name) ?? 0, kind])),
    };
  }

  #ref(name: string): number {
    const ref = this.#refs.get(name);
    if (ref === undefined) throw new SpellError("INTERNAL", `the guest library does not register '${name}'`);
    return ref;
  }

  /**
   * The word of static data that holds the end of the heap (`sbrk`). In a fresh
   * module it is where the heap begins: right behind the C stack.
   */
  #findHeapEnd(): number {
    const { ex, view } = this.#lua;
    const heapStart = ex.stackSave();
    const found: number[] = [];
    for (let address = 0; address + 4 <= heapStart; address += 4) {
      if (view.getUint32(address, true) === heapStart) found.push(address);
    }
    if (found.length !== 1 || found[0] === undefined) throw layoutError("its heap");
    return found[0];
  }

  /** The C stack: between turns nothing on it is live. */
  #deadStack(): [number, number] {
    const { ex } = this.#lua;
    return [ex.emscripten_stack_get_end(), ex.stackSave()];
  }

  #runLibrary(L: number, bindings: Bindings, level: SandboxLevel): void {
    const { ex } = this.#lua;
    this.#lua.pushRef(L, LUA_RIDX_GLOBALS);
    this.#lua.pushText(L, "collectgarbage");
    ex.lua_rawget(L, -2);
    ex.lua_rotate(L, 1, 1);
    ex.lua_createtable(L, 0, INTRINSICS.length);
    for (const name of INTRINSICS) {
      this.#lua.pushText(L, name);
      this.#pushHostFunction(L, intrinsicId(name));
      ex.lua_rawset(L, -3);
    }
    this.#lua.pushText(L, "null");
    ex.lua_pushlightuserdata(L, 0);
    ex.lua_rawset(L, -3);
    this.#values?.push(L, indexBindings(bindings));
    ex.lua_createtable(L, 0, 8);
    for (const name of LIBRARIES[level]) {
      this.#load(L, librarySource(name), `[llmspell ${name}]`);
      for (const argument of [-4, -4, -4]) ex.lua_pushvalue(L, argument);
      this.#check(L, ex.lua_pcallk(L, 3, 0, 0, 0, 0), name);
      this.#collect(L);
    }
    ex.lua_settop(L, 0);
  }

  /** Calls `collectgarbage`, which is at the bottom of the stack: what compiling leaves behind would be copied at every reset. */
  #collect(L: number): void {
    const { ex } = this.#lua;
    ex.lua_pushvalue(L, 1);
    this.#check(L, ex.lua_pcallk(L, 0, 0, 0, 0, 0), "collect");
  }

  #load(L: number, source: string, name: string): void {
    this.#check(L, this.#lua.load(L, source, name), name);
  }

  #check(L: number, status: number, name: string): void {
    if (status === LUA_OK) return;
    const message = this.#values?.read(L, -1, "message");
    throw new SpellError("INTERNAL", `the guest library '${name}' failed: ${String(message)}`);
  }

  #pushHostFunction(L: number, id: number): void {
    this.#lua.ex.lua_pushnumber(L, id);
    this.#lua.ex.lua_pushcclosure(L, this.#lua.hostSlot, 1);
  }

  hostCall(L: number): number {
    const { ex } = this.#lua;
    const name = intrinsicOf(ex.lua_tonumberx(L, UPVALUE_1, 0));
    switch (name) {
      case "register": {
        const key = String(this.#values?.read(L, 1, "name"));
        ex.lua_settop(L, 2);
        this.#pointers.set(key, ex.lua_topointer(L, 2));
        this.#refs.set(key, ex.luaL_ref(L, LUA_REGISTRYINDEX));
        return 0;
      }
      case "fn":
        this.#pushHostFunction(L, ex.lua_tonumberx(L, 1, 0));
        return 1;
      case "wanted":
        ex.lua_pushnumber(L, wantedResults(this.#lua, L));
        return 1;
      case "line":
        ex.lua_pushnumber(L, positionIn(this.#lua, L, "")?.line ?? 0);
        return 1;
      case "heap":
        ex.lua_pushnumber(L, readHeapBytes(this.#lua, L));
        return 1;
      default:
        throw new SpellError("INTERNAL", `the guest library called '${name}' while it was built`);
    }
  }

  hook(): void {}
  warning(): void {}
  continueCall(): number {
    throw new GuestKilled("nothing waits while an image is built");
  }
  interrupt(): void {
    throw new GuestKilled("the guest library ran out of fuel");
  }
  write(): void {}
  now(): number {
    return 0;
  }
  growth(_current: number, needed: number): number {
    return needed;
  }
}
