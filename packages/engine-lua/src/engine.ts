import {
  EMPTY_BINDINGS,
  resolveLimits,
  type Bindings,
  type Engine,
  type EngineFeatures,
  type Guest,
  type GuestOptions,
  type PoolStats,
  type SandboxLevel,
} from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { LuaGuest, type Lease } from "./guest.js";
import { buildImage, type LuaImage } from "./image.js";
import { LuaInstance } from "./instance.js";
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
  /** Instances kept, reset, for the next guest of the same bindings. Default 16. */
  readonly poolSize?: number;
  /** What `makeWarmStart` has computed; used for guests whose bindings it fits. Must come from a trusted place. */
  readonly warmStart?: Uint8Array;
}

/** Instances ready for guests of one set of bindings and one sandbox level. */
interface Shelf {
  /** Whether a guest can have written to any address of its memory, past every check. */
  readonly unsafe: boolean;
  readonly image: LuaImage;
  readonly idle: LuaInstance[];
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
  readonly #warm: ReturnType<typeof readWarmStart>;
  readonly #poolSize: number;
  readonly #shelves: Record<SandboxLevel, Map<Bindings, Shelf>> = {
    none: new Map(),
    basic: new Map(),
    strict: new Map(),
  };
  #created = 0;
  #reused = 0;
  #discarded = 0;
  #disposed = false;

  constructor({ poolSize = 16, warmStart }: LuaEngineOptions) {
    this.#poolSize = poolSize;
    this.#warm = warmStart === undefined ? undefined : readWarmStart(warmStart);
    this.#wasm = this.#warm?.wasm ?? (compiled ??= compileLua());
  }

  get hash(): string {
    return this.#wasm.hash;
  }

  get pool(): PoolStats {
    let idle = 0;
    for (const shelves of Object.values(this.#shelves)) {
      for (const shelf of shelves.values()) idle += shelf.idle.length;
    }
    return { idle, created: this.#created, reused: this.#reused, discarded: this.#discarded };
  }

  createGuest(options: GuestOptions = {}): Guest {
    if (this.#disposed) throw new SpellError("INVALID_STATE", "the Lua engine was disposed");
    const shelf = this.#shelf(options.sandbox ?? "basic", options.bindings ?? EMPTY_BINDINGS);
    const limits = resolveLimits(options.limits);
    const { byteLength } = shelf.image.memory;
    if (limits.memoryBytes < byteLength) {
      throw new SpellError("INVALID_ARGUMENT", `Lua needs a memory limit of ${byteLength} bytes at least`);
    }
    const instance = this.#take(shelf);
    const lease: Lease = { instance, image: shelf.image, release: (used) => this.#release(shelf, used) };
    return new LuaGuest(this, lease, limits, options);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const shelves of Object.values(this.#shelves)) shelves.clear();
  }

  #shelf(level: SandboxLevel, bindings: Bindings): Shelf {
    const shelves = this.#shelves[level];
    if (!(shelves instanceof Map)) {
      throw new SpellError("INVALID_ARGUMENT", `there is no sandbox level '${String(level)}'`, {
        details: { known: Object.keys(this.#shelves) },
      });
    }
    let shelf = shelves.get(bindings);
    if (shelf === undefined) {
      const instance = this.#create();
      const warm = level === "basic" ? this.#warm?.imageFor(bindings) : undefined;
      shelf = { image: warm ?? buildImage(instance, bindings, level), idle: [instance], unsafe: level === "none" };
      this.#reset(shelf, instance);
      shelves.set(bindings, shelf);
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
    this.#reset(shelf, instance);
    return instance;
  }

  #create(): LuaInstance {
    this.#created++;
    return new LuaInstance(this.#wasm.module);
  }

  /** A grown memory cannot shrink, and one that was written at random cannot be put back: not used again. */
  #release(shelf: Shelf, instance: LuaInstance): void {
    const grown = instance.memoryBytes > shelf.image.memory.byteLength;
    if (grown || shelf.unsafe || this.#disposed || shelf.idle.length >= this.#poolSize) {
      this.#discarded++;
      return;
    }
    this.#reset(shelf, instance);
    shelf.idle.push(instance);
  }

  #reset({ image }: Shelf, instance: LuaInstance): void {
    instance.sync();
    const dirtyEnd = Math.max(instance.view.getUint32(image.heapEnd, true), instance.ex.stackSave());
    image.memory.apply(instance.ex.memory, instance.globals, dirtyEnd);
    instance.scratch = image.scratch;
  }
}
