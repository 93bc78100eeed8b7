export * from "./bindings.js";
export * from "./codec.js";
export * from "./engine.js";
export * from "./limits.js";
export * from "./seal.js";
export * from "./snapshot.js";
export * from "./snapshot-store.js";
export * from "./value.js";
