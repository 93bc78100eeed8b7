import { createWorkerEngine, type ThreadSettings } from "@llmspell/engine/worker";
import type { LuaEngine } from "./engine.js";

export interface LuaThreadSettings extends ThreadSettings {
  /**
   * The module that the threads load. Default: `lua-worker.js` beside this one;
   * give it where a program is bundled into other files.
   */
  readonly module?: URL;
}

/** An engine like `engine` whose guests live in threads of their own. */
export function inThreads(engine: LuaEngine, data: object, { module, ...threads }: LuaThreadSettings = {}): LuaEngine {
  const started = createWorkerEngine({
    about: engine,
    module: module ?? new URL("./lua-worker.js", import.meta.url),
    data,
    threads,
  });
  return Object.assign(started, { chunkCache: undefined });
}
