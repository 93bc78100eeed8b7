export type { ChunkCacheStats } from "./chunk-cache.js";
export { createLuaEngine, type LuaEngine, type LuaEngineOptions } from "./engine.js";
export { makeWarmStart } from "./warm.js";
