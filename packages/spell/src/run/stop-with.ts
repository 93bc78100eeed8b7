import type { Guest } from "@llmspell/engine";
import { onAbort, type SpellError } from "@llmspell/errors";

/** Stops `guest` with `reason` when `signal` aborts, or at once when it has; until what it gives is disposed of. */
export function stopWith(guest: Guest, signal: AbortSignal, reason: SpellError): Disposable {
  const stop = (): void => guest.stop(reason);
  onAbort(signal, stop);
  if (signal.aborted) stop();
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", stop) };
}
