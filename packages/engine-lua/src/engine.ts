import {
  EMPTY_BINDINGS,
  resolveLimits,
  type Bindings,
  type Engine,
  type EngineFeatures,
  type Guest,
  type GuestOptions,
  type Limits,
  type PoolStats,
  type RestoreOptions,
  type Snapshot,
} from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { ChunkCache, type ChunkCacheStats } from "./chunk-cache.js";
import { collectorArguments } from "./collector.js";
import { LuaGuest, type Lease, type Resume } from "./guest.js";
import { buildImage } from "./image.js";
import { LuaInstance } from "./instance.js";
import { ImageMemory } from "./memory.js";
import { decodeSnapshot, ownSnapshot, type LuaSnapshot } from "./snapshot.js";
import { readWarmStart } from "./warm.js";
import { compileLua, type LuaWasm } from "./wasm.js";

const FEATURES: EngineFeatures = Object.freeze({
  async: true,
  coroutines: true,
  snapshots: true,
  forks: true,
  debugging: false,
  profiling: false,
  sandboxing: true,
  hotReload: true,
  nativeJson: false,
  nativeRegex: false,
  bytecode: false,
  jit: false,
  workers: false,
});

export interface LuaEngineOptions {
  /** Instances kept, reset, for the next guest of the same bindings. Default 16. */
  readonly poolSize?: number;
  /** What `makeWarmStart` has computed; used for guests whose bindings it fits. Must come from a trusted place. */
  readonly warmStart?: Uint8Array;
  /**
   * Bytes of sources and compiled code kept, so that a source of 2 to 256 KB
   * that runs again is not parsed again. Default 0: none. Worth it where guests
   * run the same sources many times: the first run of each takes about twice as
   * long to load, any other a fifth.
   */
  readonly chunkCacheBytes?: number;
}

/** Instances ready for guests of one set of bindings. */
interface Shelf {
  readonly memory: ImageMemory;
  readonly idle: LuaInstance[];
}

let compiled: LuaWasm | undefined;

/** Lua 5.4. The compiled machine code is shared by every engine of the process. */
export function createLuaEngine(options: LuaEngineOptions = {}): LuaEngine {
  return new PooledLuaEngine(options);
}

/** An {@link Engine} that also tells of its cache of compiled sources. */
export interface LuaEngine extends Engine {
  /** Undefined without `chunkCacheBytes`. */
  readonly chunkCache: ChunkCacheStats | undefined;
}

class PooledLuaEngine implements LuaEngine {
  readonly name = "lua";
  readonly language = "Lua 5.4";
  readonly extensions = [".lua"];
  readonly features = FEATURES;
  readonly #wasm: LuaWasm;
  readonly #warm: ReturnType<typeof readWarmStart>;
  readonly #poolSize: number;
  readonly #chunks: ChunkCache | undefined;
  readonly #shelves = new Map<Bindings, Shelf>();
  #created = 0;
  #reused = 0;
  #discarded = 0;
  #disposed = false;

  constructor({ poolSize = 16, warmStart, chunkCacheBytes = 0 }: LuaEngineOptions) {
    this.#poolSize = poolSize;
    this.#warm = warmStart === undefined ? undefined : readWarmStart(warmStart);
    this.#wasm = this.#warm?.wasm ?? (compiled ??= compileLua());
    this.#chunks = chunkCacheBytes > 0 ? new ChunkCache(this.#wasm.module, chunkCacheBytes) : undefined;
  }

  get chunkCache(): ChunkCacheStats | undefined {
    return this.#chunks?.stats;
  }

  get hash(): string {
    return this.#wasm.hash;
  }

  get pool(): PoolStats {
    let idle = 0;
    for (const shelf of this.#shelves.values()) idle += shelf.idle.length;
    return { idle, created: this.#created, reused: this.#reused, discarded: this.#discarded };
  }

  createGuest(options: GuestOptions = {}): Guest {
    if (this.#disposed) throw new SpellError("INVALID_STATE", "the Lua engine was disposed");
    const shelf = this.#shelf(options.bindings ?? EMPTY_BINDINGS);
    const limits = resolveLimits(options.limits);
    if (options.gc !== undefined) collectorArguments(options.gc);
    checkMemory(limits, shelf.memory.image.memory.byteLength);
    return new LuaGuest(this, this.#lease(shelf), limits, options);
  }

  restore(snapshot: Snapshot | Uint8Array, options: RestoreOptions = {}): Guest {
    if (this.#disposed) throw new SpellError("INVALID_STATE", "the Lua engine was disposed");
    const shelf = this.#shelf(options.bindings ?? EMPTY_BINDINGS);
    const target = {
      engineHash: this.hash,
      base: shelf.memory.base,
      memoryBytes: options.limits?.memoryBytes,
      ...(options.key ? { key: options.key } : {}),
    };
    const own =
      snapshot instanceof Uint8Array ? decodeSnapshot(snapshot, target) : ownSnapshot(snapshot).checkFits(target);
    return this.#restore(shelf, own, options);
  }

  #restore(shelf: Shelf, { memory, guest }: LuaSnapshot, options: RestoreOptions, resume?: Resume): Guest {
    const limits = resolveLimits({ ...guest.limits, ...options.limits });
    checkMemory(limits, memory.byteLength);
    const lease = this.#lease(shelf);
    try {
      shelf.memory.restore(lease.instance, memory);
      return new LuaGuest(this, lease, limits, options, guest, resume);
    } catch (thrown) {
      lease.instance.port = undefined;
      this.#release(shelf, lease.instance);
      throw thrown;
    }
  }

  #lease(shelf: Shelf): Lease {
    return {
      instance: this.#take(shelf),
      memory: shelf.memory,
      chunks: this.#chunks,
      release: (used) => this.#release(shelf, used),
      restore: (snapshot, options, resume) => this.#restore(shelf, snapshot, options, resume),
    };
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#shelves.clear();
  }

  #shelf(bindings: Bindings): Shelf {
    let shelf = this.#shelves.get(bindings);
    if (shelf === undefined) {
      const instance = this.#create();
      const image = this.#warm?.imageFor(bindings) ?? buildImage(instance, bindings);
      shelf = { memory: new ImageMemory(image), idle: [instance] };
      shelf.memory.reset(instance);
      this.#shelves.set(bindings, shelf);
    }
    return shelf;
  }

  #take(shelf: Shelf): LuaInstance {
    const idle = shelf.idle.pop();
    if (idle !== undefined) {
      this.#reused++;
      return idle;
    }
    const instance = this.#create();
    shelf.memory.reset(instance);
    return instance;
  }

  #create(): LuaInstance {
    this.#created++;
    return new LuaInstance(this.#wasm.module);
  }

  /** A grown memory cannot shrink, so its instance is not used again. */
  #release(shelf: Shelf, instance: LuaInstance): void {
    const grown = instance.memoryBytes > shelf.memory.image.memory.byteLength;
    if (grown || this.#disposed || shelf.idle.length >= this.#poolSize) {
      this.#discarded++;
      return;
    }
    shelf.memory.reset(instance);
    shelf.idle.push(instance);
  }
}

function checkMemory(limits: Limits, needed: number): void {
  if (limits.memoryBytes >= needed) return;
  throw new SpellError("INVALID_ARGUMENT", `Lua needs a memory limit of ${needed} bytes at least`);
}
