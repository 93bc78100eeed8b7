import { captureImage, type MemoryImage } from "@llmspell/engine/wasm";
import { SpellError } from "@llmspell/errors";
import { LUA_OK, LUA_REGISTRYINDEX } from "./abi.js";
import { GuestKilled } from "@llmspell/engine/guest-kit";
import { LuaInstance, SCRATCH_SIZE, type LuaPort } from "./instance.js";
import type { LuaKeeper } from "./keeper.js";

/** Shorter sources are parsed faster than they are looked up. */
const MIN_SOURCE = 2 * 1024;
const MAX_SOURCE = 256 * 1024;
/** What compiling one source may cost the host; one that costs more is left to its guest. */
const MAX_FUEL = 8_000_000;
const MAX_MEMORY = 16 * 1024 * 1024;

/** How often a source was found compiled. */
export interface ChunkCacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly entries: number;
  /** Of sources and code together. */
  readonly bytes: number;
}

interface Chunk {
  /** Part of the code: what its errors call the file. */
  readonly name: string;
  readonly code: Uint8Array;
  /** What parsing it costs a guest, in fuel and in the least limit of memory. */
  readonly fuel: number;
  readonly memory: number;
  readonly bytes: number;
}

/**
 * Compiled sources, so that a source that runs again is not parsed again.
 *
 * Precompiled code can crash the interpreter, so none is ever taken from
 * outside: the cache holds only what this very build of Lua has compiled in an
 * instance that runs no guest, and no guest gets hold of it. What a source
 * compiles to depends on its text and name alone, not on modules or globals.
 *
 * A guest of a cache never parses such a source itself, also not the first
 * time: its memory would be laid out differently, and fuel must be the same on
 * every run. It is charged what parsing has cost.
 */
export class ChunkCache {
  readonly #module: WebAssembly.Module;
  readonly #maxBytes: number;
  /** By source, the one used longest ago first. */
  readonly #chunks = new Map<string, Chunk>();
  #compiler: Compiler | undefined;
  #bytes = 0;
  #hits = 0;
  #misses = 0;

  constructor(module: WebAssembly.Module, maxBytes: number) {
    this.#module = module;
    this.#maxBytes = maxBytes;
  }

  get stats(): ChunkCacheStats {
    return { hits: this.#hits, misses: this.#misses, entries: this.#chunks.size, bytes: this.#bytes };
  }

  /** As {@link LuaInstance.load}. */
  load(lua: LuaInstance, keeper: LuaKeeper, L: number, source: string, name: string): number {
    const chunk = this.#find(source, name);
    const { fuel, memoryBytes } = keeper.limits;
    const before = keeper.fuel.used;
    // What a guest cannot afford it parses itself, and meets its limit there.
    if (chunk === undefined || chunk.fuel > fuel - before || chunk.memory > memoryBytes) {
      return lua.load(L, source, name);
    }
    const status = lua.loadCompiled(L, chunk.code);
    lua.charge(Math.max(0, chunk.fuel - (keeper.fuel.used - before)));
    return status;
  }

  #find(source: string, name: string): Chunk | undefined {
    if (source.length < MIN_SOURCE || source.length > MAX_SOURCE) return undefined;
    const known = this.#chunks.get(source);
    if (known !== undefined) this.#chunks.delete(source);
    if (known?.name === name) {
      this.#hits++;
      this.#chunks.set(source, known);
      return known;
    }
    this.#bytes -= known?.bytes ?? 0;
    this.#misses++;
    this.#compiler ??= new Compiler(this.#module);
    const chunk = this.#compiler.compile(source, name);
    if (chunk !== undefined && chunk.bytes <= this.#maxBytes) this.#keep(source, chunk);
    return chunk;
  }

  #keep(source: string, chunk: Chunk): void {
    this.#chunks.set(source, chunk);
    this.#bytes += chunk.bytes;
    for (const [oldest, { bytes }] of this.#chunks) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#chunks.delete(oldest);
      this.#bytes -= bytes;
    }
  }
}

/** A Lua state that only compiles: nothing it is given ever runs. */
class Compiler implements LuaPort {
  #lua: LuaInstance;
  readonly #L: number;
  readonly #dump: number;
  readonly #scratch: number;
  readonly #image: MemoryImage;
  readonly #module: WebAssembly.Module;

  constructor(module: WebAssembly.Module) {
    this.#module = module;
    const lua = new LuaInstance(module);
    const { ex } = lua;
    this.#lua = lua;
    lua.port = this;
    ex.$fuel.value = MAX_FUEL;
    ex.__wasm_call_ctors();
    this.#L = ex.luaL_newstate();
    ex.luaL_openlibs(this.#L);
    this.#scratch = lua.scratch = ex.malloc(SCRATCH_SIZE);
    lua.load(this.#L, "return string.dump", "compiler");
    if (ex.lua_pcallk(this.#L, 0, 1, 0, 0, 0) !== LUA_OK) throw new SpellError("INTERNAL", "Lua has no string.dump");
    this.#dump = ex.luaL_ref(this.#L, LUA_REGISTRYINDEX);
    this.#image = captureImage(ex.memory, lua.globals);
  }

  /** Undefined for a source that does not compile within its bounds. */
  compile(source: string, name: string): Chunk | undefined {
    // A memory that has grown is not what a first compilation finds.
    if (this.#lua.memoryBytes !== this.#image.byteLength) this.#lua = new LuaInstance(this.#module);
    const lua = this.#lua;
    this.#image.apply(lua.ex.memory, lua.globals);
    lua.refreshViews();
    lua.port = this;
    lua.scratch = this.#scratch;
    lua.ex.$fuel.value = MAX_FUEL;
    try {
      return this.#compile(lua, source, name);
    } catch (thrown) {
      if (thrown instanceof GuestKilled || thrown instanceof WebAssembly.RuntimeError || thrown instanceof RangeError)
        return undefined;
      throw thrown;
    }
  }

  #compile(lua: LuaInstance, source: string, name: string): Chunk | undefined {
    const { ex } = lua;
    const L = this.#L;
    lua.pushRef(L, this.#dump);
    if (lua.load(L, source, name) !== LUA_OK) return undefined;
    const fuel = MAX_FUEL - ex.$fuel.value;
    const memory = lua.memoryBytes;
    ex.$fuel.value = MAX_FUEL;
    if (ex.lua_pcallk(L, 1, 1, 0, 0, 0) !== LUA_OK) return undefined;
    const pointer = ex.lua_tolstring(L, -1, lua.scratch);
    lua.sync();
    const size = lua.view.getUint32(lua.scratch, true);
    const code = lua.u8.slice(pointer, pointer + size);
    return { name, code, fuel, memory, bytes: size + 2 * source.length };
  }

  interrupt(): void {
    throw new GuestKilled("a source takes too long to compile");
  }
  hostCall(): number {
    throw new GuestKilled("a compiler calls nobody");
  }
  continueCall(): number {
    throw new GuestKilled("a compiler waits for nobody");
  }
  growth(_current: number, needed: number): number {
    return needed <= MAX_MEMORY ? needed : 0;
  }
  hook(): void {}
  warning(): void {}
  write(): void {}
  now(): number {
    return 0;
  }
}
