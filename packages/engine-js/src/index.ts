export { createJavaScriptEngine, type JavaScriptEngineOptions } from "./engine.js";
export { makeWarmStart as makeJavaScriptWarmStart } from "./warm.js";
