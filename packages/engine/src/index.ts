export * from "./bindings.js";
export * from "./engine.js";
export * from "./limits.js";
export * from "./mapping.js";
export * from "./types.js";
export * from "./value.js";
