import { AsyncLocalStorage } from "node:async_hooks";

const scope = new AsyncLocalStorage<AbortSignal>();
const lent = new WeakSet<AbortSignal>();

/**
 * Does the work that the host has a function of the spell do. What the function waits for ends
 * with `signal`, also what it begins after it has waited.
 */
export function inCallScope<R>(signal: AbortSignal, work: () => R): R {
  lent.add(signal);
  return scope.run(signal, work);
}

/** The signal of the innermost such work. */
export const callScope = (): AbortSignal | undefined => scope.getStore();

/** Whether something that such work has begun may still follow the signal. */
export const isLent = (signal: AbortSignal): boolean => lent.has(signal);
