import type { Engine, EngineFeatures, Guest, GuestOptions, Lease, Limits, PoolPolicy } from "@llmspell/engine";
import { PooledEngine, type GuestServices } from "@llmspell/engine/guest-kit";
import { createWorkerEngine, type ThreadSettings } from "@llmspell/engine/worker";
import { ChunkCache, type ChunkCacheStats } from "./chunk-cache.js";
import { collectorArguments } from "./collector.js";
import { LuaGuest } from "./guest.js";
import type { LuaInstance } from "./instance.js";
import { LuaMaker } from "./maker.js";
import type { LuaMemory } from "./memory.js";
import type { SavedLuaGuest } from "./saved-guest.js";
import { SNAPSHOT_FORMAT } from "./snapshot.js";
import { readWarmStart } from "./warm.js";
import { compileLua, type LuaWasm } from "./wasm.js";

const FEATURES: EngineFeatures = Object.freeze({
  async: true,
  coroutines: true,
  snapshots: true,
  forks: true,
  debugging: true,
  profiling: true,
  exactProfiling: true,
  coverage: true,
  sandboxing: true,
  hotReload: true,
  nativeJson: false,
  nativeRegex: false,
  bytecode: false,
  jit: false,
  weakFunctions: true,
  workers: true,
});

export interface LuaEngineOptions {
  /** How the engine keeps instances for its guests. */
  readonly pool?: PoolPolicy;
  /** What `makeWarmStart` has computed; used for guests whose bindings it fits. Must come from a trusted place. */
  readonly warmStart?: Uint8Array;
  /**
   * Bytes of sources and compiled code kept, so that a source of 2 to 256 KB
   * that runs again is not parsed again. Default 0: none. Worth it where guests
   * run the same sources many times: the first run of each takes about twice as
   * long to load, any other a fifth.
   */
  readonly chunkCacheBytes?: number;
  /**
   * `inline`: guests run in this thread. `worker`: each in a thread of its own,
   * which is killed when nothing else ends the guest; see `createWorkerEngine`
   * for what that changes. Default `inline`.
   */
  readonly isolation?: "inline" | "worker";
  /** For the isolation `worker`, in place of `pool`. */
  readonly threads?: ThreadSettings;
  /** The machine code that another thread has compiled. */
  readonly compiled?: CompiledLua;
}

/** Lua's machine code, as threads share it. */
type CompiledLua = Pick<LuaWasm, "module" | "hash">;

let compiledHere: LuaWasm | undefined;

/** Lua 5.4. The compiled machine code is shared by every engine of the process. */
export function createLuaEngine(options: LuaEngineOptions = {}): LuaEngine {
  if (options.isolation !== "worker") return new PooledLuaEngine(options);
  const { isolation: _, threads = {}, pool: __, ...data } = options;
  const engine = new PooledLuaEngine(data);
  const inThreads = createWorkerEngine({
    about: engine,
    module: new URL("./lua-worker.js", import.meta.url),
    data: { ...data, pool: { max: 1 }, compiled: engine.compiled },
    threads,
  });
  return Object.assign(inThreads, { chunkCache: undefined });
}

/** An {@link Engine} that also tells of its cache of compiled sources. */
export interface LuaEngine extends Engine {
  /** Undefined without `chunkCacheBytes`, and where each thread has its own. */
  readonly chunkCache: ChunkCacheStats | undefined;
}

class PooledLuaEngine extends PooledEngine<SavedLuaGuest, LuaMemory, LuaInstance> implements LuaEngine {
  readonly name = "lua";
  readonly language = "Lua 5.4";
  readonly extensions = [".lua"];
  readonly features = FEATURES;
  readonly compiled: CompiledLua;
  readonly #chunks: ChunkCache | undefined;

  constructor({ pool, warmStart, chunkCacheBytes = 0, compiled }: LuaEngineOptions) {
    const warm = warmStart === undefined ? undefined : readWarmStart(warmStart, compiled);
    const { module, hash } = warm?.wasm ?? compiled ?? (compiledHere ??= compileLua());
    super({ hash, maker: new LuaMaker(module, warm?.imageFor), pool, format: SNAPSHOT_FORMAT });
    this.compiled = { module, hash };
    this.#chunks = chunkCacheBytes > 0 ? new ChunkCache(module, chunkCacheBytes) : undefined;
  }

  get chunkCache(): ChunkCacheStats | undefined {
    return this.#chunks?.stats;
  }

  protected override check({ gc }: GuestOptions): void {
    if (gc !== undefined) collectorArguments(gc);
  }

  protected make(
    lease: Lease<LuaMemory, LuaInstance>,
    limits: Limits,
    options: GuestOptions,
    services: GuestServices<SavedLuaGuest>,
  ): Guest {
    return new LuaGuest(this, lease, limits, options, services, this.#chunks);
  }
}
