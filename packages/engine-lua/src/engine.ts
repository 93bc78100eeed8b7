import {
  EMPTY_BINDINGS,
  InstancePool,
  TrapHistory,
  resolveLimits,
  type Bindings,
  type Engine,
  type EngineFeatures,
  type Guest,
  type GuestOptions,
  type Limits,
  type PoolPolicy,
  type PoolStats,
  type RestoreOptions,
  type Seat,
  type Snapshot,
  type TrapRecord,
} from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { LuaGuest, type Resume } from "./guest.js";
import type { LuaInstance } from "./instance.js";
import { LuaMaker } from "./maker.js";
import type { ImageMemory } from "./memory.js";
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
  hotReload: false,
  nativeJson: false,
  nativeRegex: false,
  bytecode: false,
  jit: false,
  workers: false,
});

export interface LuaEngineOptions {
  /** How the engine keeps instances for its guests. */
  readonly pool?: PoolPolicy;
  /** What `makeWarmStart` has computed; used for guests whose bindings it fits. Must come from a trusted place. */
  readonly warmStart?: Uint8Array;
}

let compiled: LuaWasm | undefined;

/** Lua 5.4. The compiled machine code is shared by every engine of the process. */
export function createLuaEngine(options: LuaEngineOptions = {}): Engine {
  return new LuaEngine(options);
}

class LuaEngine implements Engine {
  readonly name = "lua";
  readonly language = "Lua 5.4";
  readonly extensions = [".lua"];
  readonly features = FEATURES;
  readonly #wasm: LuaWasm;
  readonly #pool: InstancePool<ImageMemory, LuaInstance>;
  readonly #traps = new TrapHistory();

  constructor({ pool, warmStart }: LuaEngineOptions) {
    const warm = warmStart === undefined ? undefined : readWarmStart(warmStart);
    this.#wasm = warm?.wasm ?? (compiled ??= compileLua());
    this.#pool = new InstancePool(new LuaMaker(this.#wasm.module, warm?.imageFor), pool);
  }

  get hash(): string {
    return this.#wasm.hash;
  }

  get pool(): PoolStats {
    return this.#pool.stats;
  }

  get traps(): readonly TrapRecord[] {
    return this.#traps.records;
  }

  createGuest(options: GuestOptions = {}): Guest {
    return this.#make(options);
  }

  acquireGuest(options?: GuestOptions, signal?: AbortSignal): Promise<Guest> {
    return this.#pool.whenFree(() => this.createGuest(options), signal);
  }

  warmUp(bindings: Bindings, count: number): void {
    this.#pool.warmUp(bindings, count);
  }

  restore(snapshot: Snapshot | Uint8Array, options: RestoreOptions = {}): Guest {
    const target = {
      engineHash: this.hash,
      base: this.#pool.image(options.bindings ?? EMPTY_BINDINGS).base,
      memoryBytes: options.limits?.memoryBytes,
      ...(options.key ? { key: options.key } : {}),
    };
    const own =
      snapshot instanceof Uint8Array ? decodeSnapshot(snapshot, target) : ownSnapshot(snapshot).checkFits(target);
    return this.#make(options, own);
  }

  [Symbol.dispose](): void {
    this.#pool.close();
  }

  /** A new guest, or one that goes on from `saved`. */
  #make(options: GuestOptions, saved?: LuaSnapshot, resume?: Resume): Guest {
    const { tenant } = options;
    if (tenant === undefined) return this.#build(options, undefined, saved, resume);
    return tenant.admit(options.limits, (seat) => this.#build(options, seat, saved, resume));
  }

  #build(options: GuestOptions, seat: Seat | undefined, saved?: LuaSnapshot, resume?: Resume): Guest {
    const limits = resolveLimits({ ...seat?.tenant.guestLimits, ...saved?.guest.limits, ...options.limits });
    const lease = this.#pool.acquire(options.bindings ?? EMPTY_BINDINGS);
    try {
      checkMemory(limits, saved?.memory.byteLength ?? lease.instance.memoryBytes);
      if (saved !== undefined) lease.image.restore(lease.instance, saved.memory);
      if (seat?.hold(lease.instance.memoryBytes) === false) throw seat.refusal();
      return new LuaGuest(lease, limits, options, {
        engine: this,
        traps: this.#traps,
        seat,
        fork: (snapshot, host, answer) =>
          this.#make({ ...options, limits: snapshot.guest.limits, host }, snapshot, answer),
        saved: saved?.guest,
        resume,
      });
    } catch (thrown) {
      lease.instance.port = undefined;
      lease.release();
      throw thrown;
    }
  }
}

function checkMemory(limits: Limits, needed: number): void {
  if (limits.memoryBytes >= needed) return;
  throw new SpellError("INVALID_ARGUMENT", `Lua needs a memory limit of ${needed} bytes at least`);
}
