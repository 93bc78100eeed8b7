import { availableParallelism } from "node:os";
import type { ResourceLimits } from "node:worker_threads";
import { SpellError } from "@llmspell/errors";
import { EMPTY_BINDINGS, type Bindings } from "../bindings.js";
import type { Engine, EngineFeatures, Guest, GuestOptions } from "../engine.js";
import { resolveLimits } from "../limits.js";
import type { PoolStats } from "../pool/stats.js";
import { TrapHistory, type TrapRecord } from "../traps.js";
import { WorkerGuest, unsupported } from "./guest.js";
import { ThreadPool } from "./pool.js";

/** How an engine uses threads; see {@link createWorkerEngine}. */
export interface ThreadSettings {
  /**
   * The module that the threads load. Default: the engine's own, a file beside its
   * others; give it where a program is bundled into other files.
   */
  readonly module?: URL;
  /** Threads that are started ahead, and again when one was killed. Default 0. */
  readonly min?: number;
  /** Threads kept for the next guest. Default: as many as this machine runs at the same time, `min` at least. */
  readonly idle?: number;
  /** Threads, and so guests, at the same time; one more guest is refused with `LIMIT_GUESTS`, or waits. Default 64. */
  readonly max?: number;
  /** Callers of `acquireGuest` that may wait at the same time. Default 1,000. */
  readonly maxWaiting?: number;
  /**
   * Milliseconds in which a guest that was stopped, or has reached its time
   * limit, may end by itself before its thread is killed. Default 500.
   */
  readonly graceMs?: number;
  /** What the JavaScript of one thread may take; the guest's own memory is not part of it. Default: 256 MB, 4 MB of stack. */
  readonly resourceLimits?: ResourceLimits;
}

export interface WorkerEngineOptions {
  /** What the engine in the threads is. */
  readonly about: Pick<Engine, "name" | "language" | "extensions" | "features" | "hash">;
  /** A module that calls `serveEngine`; each thread loads it, unless the settings name another. */
  readonly module: URL;
  /** Given to the module's engine; anything that structured clone takes. */
  readonly data?: unknown;
  readonly threads?: ThreadSettings;
}

const NOT_IN_THREADS = {
  snapshots: false,
  forks: false,
  debugging: false,
  coverage: false,
  weakFunctions: false,
  workers: true,
} as const;

const DEFAULT_RESOURCES: ResourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };

/**
 * An engine whose guests live in threads of their own, one guest in a thread at
 * a time. While a guest computes this thread is free, and a guest that does not
 * end when it should is killed with its thread, whatever it does.
 *
 * The guests keep the contract of {@link Guest}, with these differences, all of
 * which come from running elsewhere:
 *
 * - `run` and `call` return before the guest has run; its state is `running` until
 *   it waits or has ended. More tasks may be started meanwhile.
 * - `getGlobal`, `setGlobal` and `callSync` block this thread until they are done,
 *   the start of a new thread included. The first two need a guest that does not run.
 * - `stop` and `dispose` end a guest that runs; its `usage` is that of a moment ago.
 * - What `createGuest` of the engine refuses is told by the guest's first use.
 * - `Host.pause` and `Host.interrupted` are not asked, for nothing waits for the guest. Yet
 *   a guest whose host has a `pause` hears of answers and new tasks between its time slices,
 *   any other when it waits or has ended, and so both cost the fuel that they cost elsewhere.
 *
 * They cannot be saved, put back, forked, debugged or profiled yet, and have no tenant: that is `UNSUPPORTED`.
 *
 * @throws SpellError `INVALID_ARGUMENT` for settings that make no sense.
 */
export function createWorkerEngine(options: WorkerEngineOptions): Engine {
  return new WorkerEngine(options);
}

class WorkerEngine implements Engine {
  readonly name: string;
  readonly language: string;
  readonly extensions: readonly string[];
  readonly features: EngineFeatures;
  readonly hash: string;
  readonly #threads: ThreadPool;
  readonly #bindings = new WeakMap<Bindings, number>();
  readonly #traps = new TrapHistory();
  #lastBindings = 0;

  constructor({ about, module, data, threads = {} }: WorkerEngineOptions) {
    this.name = about.name;
    this.language = about.language;
    this.extensions = about.extensions;
    this.features = Object.freeze({ ...about.features, ...NOT_IN_THREADS });
    this.hash = about.hash;
    const min = count("min", threads.min ?? 0, 0);
    this.#threads = new ThreadPool({
      module: threads.module ?? module,
      data,
      min,
      idle: count("idle", threads.idle ?? Math.max(min, availableParallelism()), min),
      max: count("max", threads.max ?? Math.max(min, 64), Math.max(min, 1)),
      maxWaiting: count("maxWaiting", threads.maxWaiting ?? 1_000, 0),
      graceMs: count("graceMs", threads.graceMs ?? 500, 0),
      resourceLimits: { ...DEFAULT_RESOURCES, ...threads.resourceLimits },
    });
  }

  get pool(): PoolStats {
    return this.#threads.stats;
  }

  /** Of guests; what ends a whole thread is told by the pool's counter `trapped`. */
  get traps(): readonly TrapRecord[] {
    return this.#traps.records;
  }

  createGuest(asked: GuestOptions = {}): Guest {
    const { limits, bindings = EMPTY_BINDINGS, host, tenant, onAlert, onDenied, ...options } = asked;
    if (this.#threads.isDisposed) throw new SpellError("INVALID_STATE", `the ${this.name} engine was disposed`);
    if (tenant !== undefined)
      throw new SpellError("UNSUPPORTED", "a guest in a thread of its own cannot belong to a tenant yet");
    const resolved = resolveLimits(limits);
    checkCloneable(options);
    return new WorkerGuest(this, this.#threads.take(), {
      limits: resolved,
      listeners: {
        ...(host === undefined ? {} : { host }),
        ...(onAlert === undefined ? {} : { onAlert }),
        ...(onDenied === undefined ? {} : { onDenied }),
      },
      bindings: { number: this.#number(bindings), content: bindings },
      options,
      onTrap: (trap) => this.#traps.add(trap),
    });
  }

  async acquireGuest(options?: GuestOptions, signal?: AbortSignal): Promise<Guest> {
    return await this.#threads.whenFree(() => this.createGuest(options), signal);
  }

  warmUp(_options: Pick<GuestOptions, "bindings" | "sandbox">, count: number): void {
    this.#threads.warmUp(count);
  }

  restore(): Guest {
    throw unsupported("restored");
  }

  #number(bindings: Bindings): number {
    let number = this.#bindings.get(bindings);
    if (number === undefined) this.#bindings.set(bindings, (number = ++this.#lastBindings));
    return number;
  }

  [Symbol.dispose](): void {
    this.#threads[Symbol.dispose]();
  }
}

function count(name: keyof ThreadSettings, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new SpellError("INVALID_ARGUMENT", `the setting ${name} of threads must be a whole number from ${least} on`);
}

function checkCloneable(options: object): void {
  if (Object.keys(options).length === 0) return;
  try {
    structuredClone(options);
  } catch (cause) {
    throw new SpellError("UNSUPPORTED", "an option of this guest cannot be given to another thread", { cause });
  }
}
