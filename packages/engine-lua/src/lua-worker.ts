/** What a thread loads to run Lua guests; see `isolation` of `createLuaEngine`. */
import { serveEngine } from "@llmspell/engine/worker";
import { createLuaEngine, type LuaEngineOptions } from "./engine.js";

serveEngine((data) => createLuaEngine(data as LuaEngineOptions));
