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
  type Lease,
  type Limits,
  type PoolPolicy,
  type PoolStats,
  type Seat,
  type TrapRecord,
} from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { LuaGuest } from "./guest.js";
import type { LuaImage } from "./image.js";
import type { LuaInstance } from "./instance.js";
import { LuaMaker } from "./maker.js";
import { readWarmStart } from "./warm.js";
import { compileLua, type LuaWasm } from "./wasm.js";

const FEATURES: EngineFeatures = Object.freeze({
  async: true,
  coroutines: true,
  snapshots: false,
  forks: false,
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
  readonly #pool: InstancePool<LuaImage, LuaInstance>;
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
    const { tenant } = options;
    if (tenant === undefined) return this.#make(options);
    return tenant.admit(options.limits, (seat) => this.#make(options, seat));
  }

  acquireGuest(options?: GuestOptions, signal?: AbortSignal): Promise<Guest> {
    return this.#pool.whenFree(() => this.createGuest(options), signal);
  }

  warmUp(bindings: Bindings, count: number): void {
    this.#pool.warmUp(bindings, count);
  }

  [Symbol.dispose](): void {
    this.#pool.close();
  }

  #make(options: GuestOptions, seat?: Seat): Guest {
    const limits = resolveLimits(
      seat === undefined ? options.limits : { ...seat.tenant.guestLimits, ...options.limits },
    );
    const lease = this.#lease(options.bindings ?? EMPTY_BINDINGS, limits);
    try {
      if (seat?.hold(lease.instance.memoryBytes) === false) throw seat.refusal();
      return new LuaGuest(this, lease, limits, options, { traps: this.#traps, seat });
    } catch (thrown) {
      lease.release();
      throw thrown;
    }
  }

  /** An instance in the state of the image of `bindings`; the guest gives it back when it is disposed. */
  #lease(bindings: Bindings, { memoryBytes }: Limits): Lease<LuaImage, LuaInstance> {
    const lease = this.#pool.acquire(bindings);
    const { byteLength } = lease.image.memory;
    if (memoryBytes >= byteLength) return lease;
    lease.release();
    throw new SpellError("INVALID_ARGUMENT", `Lua needs a memory limit of ${byteLength} bytes at least`);
  }
}
