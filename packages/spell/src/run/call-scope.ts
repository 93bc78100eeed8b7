import { AsyncLocalStorage } from "node:async_hooks";

/**
 * The signal of the work that the host has a function of the spell do. What the function waits
 * for ends with it, also what it begins after it has waited.
 */
export const callScope = new AsyncLocalStorage<AbortSignal>();
