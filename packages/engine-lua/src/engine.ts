import {
  InstancePool,
  TrapHistory,
  originOf,
  resolveLimits,
  type Engine,
  type EngineFeatures,
  type Guest,
  type GuestOptions,
  type Lease,
  type Limits,
  type Origin,
  type PoolPolicy,
  type PoolStats,
  type RestoreOptions,
  type Seat,
  type Snapshot,
  type TrapRecord,
} from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { ChunkCache, type ChunkCacheStats } from "./chunk-cache.js";
import { collectorArguments } from "./collector.js";
import { LuaGuest } from "./guest.js";
import type { LuaInstance } from "./instance.js";
import { LuaMaker } from "./maker.js";
import type { ImageMemory } from "./memory.js";
import type { Resume } from "./runner.js";
import { decodeSnapshot, ownSnapshot, type LuaSnapshot } from "./snapshot.js";
import { inThreads, type LuaThreadSettings } from "./threads.js";
import { readWarmStart } from "./warm.js";
import { compileLua, type LuaWasm } from "./wasm.js";

const FEATURES: EngineFeatures = Object.freeze({
  async: true,
  coroutines: true,
  snapshots: true,
  forks: true,
  debugging: true,
  profiling: true,
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
  readonly threads?: LuaThreadSettings;
  /** The machine code that another thread has compiled. */
  readonly compiled?: CompiledLua;
}

/** Lua's machine code, as threads share it. */
type CompiledLua = Pick<LuaWasm, "module" | "hash">;

let compiledHere: LuaWasm | undefined;

/** Lua 5.4. The compiled machine code is shared by every engine of the process. */
export function createLuaEngine(options: LuaEngineOptions = {}): LuaEngine {
  if (options.isolation !== "worker") return new PooledLuaEngine(options);
  const { isolation: _, threads, pool: __, ...data } = options;
  const engine = new PooledLuaEngine(data);
  return inThreads(engine, { ...data, pool: { max: 1 }, compiled: engine.compiled }, threads);
}

/** An {@link Engine} that also tells of its cache of compiled sources. */
export interface LuaEngine extends Engine {
  /** Undefined without `chunkCacheBytes`, and where each thread has its own. */
  readonly chunkCache: ChunkCacheStats | undefined;
}

class PooledLuaEngine implements LuaEngine {
  readonly name = "lua";
  readonly language = "Lua 5.4";
  readonly extensions = [".lua"];
  readonly features = FEATURES;
  readonly compiled: CompiledLua;
  readonly #pool: InstancePool<ImageMemory, LuaInstance>;
  readonly #traps = new TrapHistory();
  readonly #chunks: ChunkCache | undefined;

  constructor({ pool, warmStart, chunkCacheBytes = 0, compiled }: LuaEngineOptions) {
    const warm = warmStart === undefined ? undefined : readWarmStart(warmStart, compiled);
    const { module, hash } = warm?.wasm ?? compiled ?? (compiledHere ??= compileLua());
    this.compiled = { module, hash };
    this.#pool = new InstancePool(new LuaMaker(this.compiled.module, warm?.imageFor), pool);
    this.#chunks = chunkCacheBytes > 0 ? new ChunkCache(this.compiled.module, chunkCacheBytes) : undefined;
  }

  get chunkCache(): ChunkCacheStats | undefined {
    return this.#chunks?.stats;
  }

  get hash(): string {
    return this.compiled.hash;
  }

  get pool(): PoolStats {
    return this.#pool.stats;
  }

  get traps(): readonly TrapRecord[] {
    return this.#traps.records;
  }

  createGuest(options: GuestOptions = {}): Guest {
    return this.#admit(options);
  }

  restore(snapshot: Snapshot | Uint8Array, options: RestoreOptions = {}): Guest {
    const target = {
      engineHash: this.hash,
      base: this.#pool.image(originOf(options)).base,
      memoryBytes: options.limits?.memoryBytes,
      ...(options.key ? { key: options.key } : {}),
    };
    const own =
      snapshot instanceof Uint8Array ? decodeSnapshot(snapshot, target) : ownSnapshot(snapshot).checkFits(target);
    return this.#admit(options, { snapshot: own });
  }

  acquireGuest(options?: GuestOptions, signal?: AbortSignal): Promise<Guest> {
    return this.#pool.whenFree(() => this.createGuest(options), signal);
  }

  warmUp(options: Pick<GuestOptions, "bindings" | "sandbox">, count: number): void {
    this.#pool.warmUp(originOf(options), count);
  }

  [Symbol.dispose](): void {
    this.#pool.close();
  }

  #admit(options: GuestOptions, from?: Beginning): Guest {
    const { tenant } = options;
    if (tenant === undefined) return this.#make(options, from);
    return tenant.admit(options.limits, (seat) => this.#make(options, from, seat));
  }

  #make(options: GuestOptions, from?: Beginning, seat?: Seat): Guest {
    const limits = resolveLimits({
      ...seat?.tenant.guestLimits,
      ...from?.snapshot.guest.limits,
      ...options.limits,
    });
    if (options.gc !== undefined) collectorArguments(options.gc);
    const lease = this.#lease(originOf(options), limits, from?.snapshot);
    try {
      if (seat?.hold(lease.instance.memoryBytes) === false) throw seat.refusal();
      return new LuaGuest(this, lease, limits, options, {
        traps: this.#traps,
        chunks: this.#chunks,
        seat,
        saved: from && { guest: from.snapshot.guest, resume: from.resume },
        restore: (snapshot, host, resume) =>
          this.#admit({ ...options, host, limits: snapshot.guest.limits }, { snapshot, resume }),
      });
    } catch (thrown) {
      lease.instance.port = undefined;
      lease.release(from !== undefined);
      throw thrown;
    }
  }

  /** An instance in the state of the image of `origin` or of a snapshot; the guest gives it back when it is disposed. */
  #lease(origin: Origin, { memoryBytes }: Limits, snapshot?: LuaSnapshot): Lease<ImageMemory, LuaInstance> {
    const lease = this.#pool.acquire(origin);
    try {
      const { byteLength } = snapshot?.memory ?? lease.image.image.memory;
      if (memoryBytes < byteLength) {
        throw new SpellError("INVALID_ARGUMENT", `Lua needs a memory limit of ${byteLength} bytes at least`);
      }
      if (snapshot !== undefined) lease.image.restore(lease.instance, snapshot.memory);
      return lease;
    } catch (thrown) {
      lease.release();
      throw thrown;
    }
  }
}

/** What a guest goes on from. */
interface Beginning {
  readonly snapshot: LuaSnapshot;
  readonly resume?: Resume;
}
