export * from "./bindings.js";
export * from "./engine.js";
export * from "./limits.js";
export * from "./value.js";
