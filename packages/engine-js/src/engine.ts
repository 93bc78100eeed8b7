import type { Engine, EngineFeatures, Guest, GuestOptions, Lease, Limits, PoolPolicy } from "@llmspell/engine";
import { PooledEngine, type GuestServices } from "@llmspell/engine/guest-kit";
import { createWorkerEngine, type ThreadSettings } from "@llmspell/engine/worker";
import { JsGuest } from "./guest.js";
import type { JsInstance } from "./instance.js";
import { JsMaker } from "./maker.js";
import type { JsMemory } from "./memory.js";
import type { SavedJsGuest } from "./saved-guest.js";
import { SNAPSHOT_FORMAT } from "./snapshot.js";
import { compileQuickJs, type QuickJsWasm } from "./wasm.js";

const FEATURES: EngineFeatures = Object.freeze({
  async: true,
  coroutines: true,
  snapshots: true,
  forks: true,
  debugging: false,
  profiling: true,
  exactProfiling: false,
  coverage: true,
  sandboxing: true,
  hotReload: false,
  nativeJson: true,
  nativeRegex: true,
  bytecode: false,
  jit: false,
  workers: true,
  weakFunctions: true,
});

export interface JavaScriptEngineOptions {
  /** How the engine keeps instances for its guests. */
  readonly pool?: PoolPolicy;
  /**
   * `inline`: guests run in this thread. `worker`: each in a thread of its own,
   * which is killed when nothing else ends the guest; see `createWorkerEngine`
   * for what that changes. Default `inline`.
   */
  readonly isolation?: "inline" | "worker";
  /** For the isolation `worker`, in place of `pool`. */
  readonly threads?: ThreadSettings;
  /** The machine code that another thread has compiled. */
  readonly compiled?: QuickJsWasm;
}

/** So that QuickJS's own limit ends a source that nests deeply, and never V8's stack. */
const THREAD_STACK_MB = 16;

let compiledHere: QuickJsWasm | undefined;

/** ECMAScript 2023. The compiled machine code is shared by every engine of the process. */
export function createJavaScriptEngine(options: JavaScriptEngineOptions = {}): Engine {
  const engine = new PooledJsEngine(options);
  const { isolation, threads = {} } = options;
  if (isolation !== "worker") return engine;
  return createWorkerEngine({
    about: engine,
    module: new URL("./js-worker.js", import.meta.url),
    data: { pool: { max: 1 }, compiled: engine.compiled } satisfies JavaScriptEngineOptions,
    threads: { ...threads, resourceLimits: { stackSizeMb: THREAD_STACK_MB, ...threads.resourceLimits } },
  });
}

class PooledJsEngine extends PooledEngine<SavedJsGuest, JsMemory, JsInstance> {
  readonly name = "javascript";
  readonly language = "JavaScript (ES2023)";
  readonly extensions = [".js", ".mjs"];
  readonly features = FEATURES;

  readonly compiled: QuickJsWasm;

  constructor({ pool, compiled = (compiledHere ??= compileQuickJs()) }: JavaScriptEngineOptions) {
    super({ hash: compiled.hash, maker: new JsMaker(compiled), pool, format: SNAPSHOT_FORMAT });
    this.compiled = compiled;
  }

  protected make(
    lease: Lease<JsMemory, JsInstance>,
    limits: Limits,
    options: GuestOptions,
    services: GuestServices<SavedJsGuest>,
  ): Guest {
    return new JsGuest(this, lease, limits, options, services);
  }
}
