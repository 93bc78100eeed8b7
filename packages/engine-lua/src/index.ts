export { createLuaEngine, type LuaEngineOptions } from "./engine.js";
export { makeWarmStart } from "./warm.js";
