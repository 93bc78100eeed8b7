export * from "./bindings.js";
export * from "./engine.js";
export * from "./limits.js";
export * from "./pool/index.js";
export * from "./scoped.js";
export * from "./value.js";
