export { createJavaScriptEngine, type JavaScriptEngineOptions } from "./engine.js";
