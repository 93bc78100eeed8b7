import { throwIfAborted } from "./abort.js";

const TURN_MS = 20;

/**
 * For long work in one go: called now and then, it gives a promise to wait for whenever the work has had
 * 20 milliseconds, so that all others have their turn. The promise rejects when `signal` is aborted.
 *
 * @example
 * const breathe = breather(signal);
 * for (const item of items) { await breathe(); work(item); }
 */
export function breather(signal?: AbortSignal): () => Promise<void> | undefined {
  let since = performance.now();
  const others = async (): Promise<void> => {
    await new Promise((resolve) => void setImmediate(resolve));
    throwIfAborted(signal);
    since = performance.now();
  };
  return () => (performance.now() - since < TURN_MS ? undefined : others());
}
