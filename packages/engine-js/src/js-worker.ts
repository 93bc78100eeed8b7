/** What a thread loads to run JavaScript guests; see `isolation` of `createJavaScriptEngine`. */
import { serveEngine } from "@llmspell/engine/worker";
import { createJavaScriptEngine, type JavaScriptEngineOptions } from "./engine.js";

serveEngine((data) => createJavaScriptEngine(data as JavaScriptEngineOptions));
