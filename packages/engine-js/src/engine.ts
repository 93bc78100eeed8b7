import type { Engine, EngineFeatures, Guest, GuestOptions, Lease, Limits, PoolPolicy } from "@llmspell/engine";
import { PooledEngine, type GuestServices } from "@llmspell/engine/guest-kit";
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
  profiling: false,
  sandboxing: true,
  hotReload: false,
  nativeJson: true,
  nativeRegex: true,
  bytecode: false,
  jit: false,
  workers: false,
  weakFunctions: true,
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

class PooledJsEngine extends PooledEngine<SavedJsGuest, JsMemory, JsInstance> {
  readonly name = "javascript";
  readonly language = "JavaScript (ES2023)";
  readonly extensions = [".js", ".mjs"];
  readonly features = FEATURES;

  constructor({ pool }: JavaScriptEngineOptions) {
    const wasm = (compiled ??= compileQuickJs());
    super({ hash: wasm.hash, maker: new JsMaker(wasm), pool, format: SNAPSHOT_FORMAT });
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
