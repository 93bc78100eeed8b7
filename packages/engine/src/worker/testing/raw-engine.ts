import { SpellError, toSpellError } from "@llmspell/errors";
import type {
  GuestCallOptions,
  Engine,
  EngineFeatures,
  Guest,
  GuestOptions,
  GuestState,
  Host,
  Task,
} from "../../engine.js";
import { resolveLimits } from "../../limits.js";
import { PoolCounters } from "../../pool/stats.js";
import { SettlingTask } from "../../task.js";
import { FunctionRef, type ScriptValue } from "../../value.js";
import { Pending } from "../../bindings.js";

const NO_FEATURES = Object.fromEntries(
  "async coroutines snapshots forks debugging profiling sandboxing hotReload nativeJson nativeRegex bytecode jit workers weakFunctions"
    .split(" ")
    .map((name) => [name, name === "async"]),
) as unknown as EngineFeatures;

export const ABOUT = {
  name: "raw",
  language: "Raw 1",
  extensions: [".raw"],
  features: NO_FEATURES,
  hash: "0".repeat(16),
};

/**
 * An engine with no sandbox and no limits at all: its spells are the bodies of
 * JavaScript functions with the parameter `spell`. What ends them is the fence
 * around them, which is what the tests are about.
 */
export function createRawEngine(): Engine {
  const engine: Engine = {
    ...ABOUT,
    pool: new PoolCounters().stats([], 0),
    traps: [],
    acquireGuest: (options) => Promise.resolve(engine.createGuest(options)),
    warmUp() {},
    createGuest: (options) => new RawGuest(engine, options),
    restore: refuse,
    [Symbol.dispose]() {},
  };
  return engine;
}

function refuse(): never {
  throw new SpellError("UNSUPPORTED", "raw does not do this");
}

class RawGuest implements Guest {
  readonly engine: Engine;
  readonly limits;
  readonly #host: Host;
  readonly #globals = new Map<string, ScriptValue>();
  readonly #functions: ((...args: unknown[]) => unknown)[] = [];
  #hostCalls = 0;
  #breach: SpellError | undefined;
  state: GuestState = "ready";
  readonly tasks = new Map<number, Task>();

  constructor(engine: Engine, { limits, host = {} }: GuestOptions = {}) {
    this.engine = engine;
    this.limits = resolveLimits(limits);
    if (this.limits.memoryBytes < 1000) throw new SpellError("INVALID_ARGUMENT", "raw needs 1000 bytes at least");
    this.#host = host;
  }

  get usage() {
    const none = { fuel: 0, memoryBytes: 0, peakMemoryBytes: 0, pendingCalls: 0, outputBytes: 0 };
    return { ...none, hostCalls: this.#hostCalls };
  }

  run(source: string): Task {
    const spell = {
      call: (fn: number, ...args: ScriptValue[]) => {
        this.#hostCalls++;
        return this.#host.call?.(fn, args, this);
      },
      print: (text: string) => this.#host.write?.("stdout", Buffer.from(text)),
      warn: (text: string) => this.#host.write?.("stderr", Buffer.from(text)),
      fn: (body: (...args: unknown[]) => unknown) => new FunctionRef(this.#functions.push(body) - 1, () => {}),
      globals: this.#globals,
    };
    return this.#task(() => new Function("spell", source)(spell));
  }

  call(fn: FunctionRef, args: readonly ScriptValue[] = [], { discard = false }: GuestCallOptions = {}): Task {
    return this.#task(() => {
      const value = this.#functions[fn.id]?.(...args);
      return discard ? null : value;
    });
  }

  callSync(fn: FunctionRef, args: readonly ScriptValue[] = []): ScriptValue {
    return this.#functions[fn.id]?.(...args) as ScriptValue;
  }

  getGlobal(name: string): ScriptValue {
    if (this.#breach) throw this.#breach;
    const value = this.#globals.get(name);
    return value instanceof FunctionRef ? this.callSync(value) : (value ?? null);
  }

  setGlobal(name: string, value: ScriptValue): void {
    this.#globals.set(name, value);
  }

  #task(action: () => unknown): Task {
    const task = new SettlingTask(0);
    if (this.#breach) throw this.#breach;
    try {
      const value = action();
      const promise = value instanceof Pending ? value.promise : value;
      if (promise instanceof Promise) {
        this.state = "suspended";
        void this.#settle(task, promise);
      } else {
        this.state = "finished";
        task.fulfill((value ?? null) as ScriptValue);
      }
    } catch (thrown) {
      this.state = "failed";
      task.reject(toSpellError(thrown, "SCRIPT_ERROR"));
    }
    return task;
  }

  async #settle(task: SettlingTask, promise: Promise<unknown>): Promise<void> {
    try {
      const value = await promise;
      this.state = "finished";
      task.fulfill(value as ScriptValue);
    } catch (thrown) {
      this.state = "failed";
      task.reject(toSpellError(thrown));
    }
  }

  stop(reason: SpellError): void {
    this.#breach = reason;
    this.state = "killed";
  }

  readonly position = undefined;
  reload = refuse;
  updateLimits = refuse;
  charge = refuse;
  functionRef = refuse;
  snapshot = refuse;
  rollback = refuse;
  weakRef = refuse;
  readonly weakRefs = { live: new Map(), expired: 0 };
  expireHandles = refuse;
  fork = refuse;
  attachDebugger = refuse;
  sameFunction = refuse;
  startProfiler = refuse;
  startCoverage = refuse;

  [Symbol.dispose](): void {
    this.state = "disposed";
  }
}
