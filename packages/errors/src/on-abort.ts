import { setMaxListeners } from "node:events";

/**
 * Has `listener` called once when `signal` aborts; `removeEventListener` takes that back.
 * Many may follow one signal, e.g. all runs of an application: Node takes more than ten
 * for a leak and warns, so its count is switched off for this signal.
 */
export function onAbort(signal: AbortSignal, listener: (() => void) | EventListenerObject): void {
  setMaxListeners(0, signal);
  signal.addEventListener("abort", listener, { once: true });
}
