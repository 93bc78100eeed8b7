export { createLuaEngine, type LuaEngineOptions } from "./engine.js";
