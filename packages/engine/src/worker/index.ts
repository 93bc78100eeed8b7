/**
 * Guests in threads of their own, for any engine: `createWorkerEngine` here,
 * `serveEngine` in the module that the threads load.
 */
export { createWorkerEngine, type ThreadSettings, type WorkerEngineOptions } from "./engine.js";
export { serveEngine } from "./serve.js";
