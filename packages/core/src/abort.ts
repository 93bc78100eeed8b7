import { SpellError, isSpellError } from "@llmspell/errors";

/** The error of an aborted `signal`: its reason when that is a {@link SpellError}, else `CANCELLED`. */
export function abortError(signal: AbortSignal): SpellError {
  return isSpellError(signal.reason) ? signal.reason : new SpellError("CANCELLED", "the call was cancelled");
}

/** @throws SpellError `CANCELLED` (or the signal's own reason) when `signal` is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortError(signal);
}

/**
 * `work`, given up as soon as `signal` aborts. The work itself may go on
 * unobserved: this is for callees that do not obey the signal.
 */
export async function raceAbort<T>(work: PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  return await new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(abortError(signal));
    work.then(resolve, reject).then(() => signal.removeEventListener("abort", onAbort));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** Waits `ms` milliseconds; rejects at once when `signal` aborts. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  try {
    await raceAbort(new Promise<void>((resolve) => (timer = setTimeout(resolve, ms))), signal);
  } finally {
    clearTimeout(timer);
  }
}

// Node fires a longer timer at once.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A signal with an end in time, which whoever made it can also end. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  abort(reason: SpellError): void;
}

/**
 * A signal that follows its `parents` and aborts with `TIMEOUT` after `timeoutMs`
 * milliseconds. Dispose it (`using`) to stop the timer and let the parents go.
 *
 * @throws SpellError `INVALID_ARGUMENT` when `timeoutMs` is not above 0.
 */
export function deadline(
  what: string,
  timeoutMs: number | undefined,
  ...parents: readonly (AbortSignal | undefined)[]
): Deadline {
  if (timeoutMs !== undefined && !(timeoutMs > 0)) {
    throw new SpellError("INVALID_ARGUMENT", "a timeout must be milliseconds above 0");
  }
  const controller = new AbortController();
  const follow = ({ target }: { target: unknown }): void => controller.abort((target as AbortSignal).reason);
  for (const parent of parents) {
    if (parent?.aborted === true) follow({ target: parent });
    else parent?.addEventListener("abort", follow, { once: true });
  }
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(
          () => {
            const message = `${what} did not finish within ${timeoutMs} ms`;
            controller.abort(new SpellError("TIMEOUT", message, { details: { timeoutMs } }));
          },
          Math.min(timeoutMs, LONGEST_TIMER_MS),
        );
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const parent of parents) parent?.removeEventListener("abort", follow);
    },
  };
}
