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
import { JsGuest, type Resume } from "./guest.js";
import { WASM_PAGE, type JsInstance } from "./instance.js";
import { JsMaker } from "./maker.js";
import type { ImageMemory } from "./memory.js";
import { decodeSnapshot, ownSnapshot, type JsSnapshot } from "./snapshot.js";
import { compileQuickJs, type QuickJsWasm } from "./wasm.js";

const FEATURES: EngineFeatures = Object.freeze({
  async: true,
  coroutines: true,
  snapshots: true,
  forks: true,
  debugging: false,
  profiling: false,
  sandboxing: true,
  hotReload: false,
  nativeJson: true,
  nativeRegex: true,
  bytecode: false,
  jit: false,
  workers: false,
  weakFunctions: false,
});

export interface JavaScriptEngineOptions {
  /** How the engine keeps instances for its guests. */
  readonly pool?: PoolPolicy;
}

let compiled: QuickJsWasm | undefined;

/** ECMAScript 2023. The compiled machine code is shared by every engine of the process. */
export function createJavaScriptEngine(options: JavaScriptEngineOptions = {}): Engine {
  return new PooledJsEngine(options);
}

class PooledJsEngine implements Engine {
  readonly name = "javascript";
  readonly language = "JavaScript (ES2023)";
  readonly extensions = [".js", ".mjs"];
  readonly features = FEATURES;
  readonly #wasm: QuickJsWasm;
  readonly #pool: InstancePool<ImageMemory, JsInstance>;
  readonly #traps = new TrapHistory();

  constructor({ pool }: JavaScriptEngineOptions) {
    this.#wasm = compiled ??= compileQuickJs();
    this.#pool = new InstancePool(new JsMaker(this.#wasm), pool);
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
    const lease = this.#lease(originOf(options), limits, from?.snapshot);
    try {
      if (seat?.hold(lease.instance.memoryBytes) === false) throw seat.refusal();
      return new JsGuest(this, lease, limits, options, {
        traps: this.#traps,
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
  #lease(origin: Origin, { memoryBytes }: Limits, snapshot?: JsSnapshot): Lease<ImageMemory, JsInstance> {
    const lease = this.#pool.acquire(origin);
    try {
      const byteLength = (snapshot?.guest.pages ?? lease.image.image.pages) * WASM_PAGE;
      if (memoryBytes < byteLength) {
        throw new SpellError("INVALID_ARGUMENT", `JavaScript needs a memory limit of ${byteLength} bytes at least`);
      }
      if (snapshot !== undefined) lease.image.restore(lease.instance, snapshot.memory, snapshot.guest.pages);
      return lease;
    } catch (thrown) {
      lease.release();
      throw thrown;
    }
  }
}

/** What a guest goes on from. */
interface Beginning {
  readonly snapshot: JsSnapshot;
  readonly resume?: Resume;
}
