import { SpellError, isSpellError, onAbort } from "@llmspell/errors";

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
export function raceAbort<T>(work: PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return Promise.resolve(work);
  return new Promise<T>((resolve, reject) => {
    const giveUp = (): void => reject(abortError(signal));
    const settled = (settle: () => void): void => {
      signal.removeEventListener("abort", giveUp);
      settle();
    };
    work.then(
      (value) => settled(() => resolve(value)),
      (error: unknown) => settled(() => reject(error)),
    );
    if (signal.aborted) giveUp();
    else onAbort(signal, giveUp);
  });
}

const GRACE_MS = 5000;

/**
 * `work`, which may not obey the signal that it gets, given up when that aborts. What is only begun
 * after an abort, to clean up or to tell of it, gets five seconds of its own.
 */
export async function withGrace<T>(
  what: string,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  if (signal?.aborted !== true) return await raceAbort(work(signal), signal);
  using limit = deadline(what, GRACE_MS);
  return await raceAbort(work(limit.signal), limit.signal);
}

/** Node fires a longer timer at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Waits `ms` milliseconds; rejects at once when `signal` aborts. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  const now = Math.min(ms, LONGEST_TIMER_MS);
  let timer: NodeJS.Timeout | undefined;
  try {
    await raceAbort(new Promise<void>((resolve) => (timer = setTimeout(resolve, now))), signal);
  } finally {
    clearTimeout(timer);
  }
  if (ms > now) await sleep(ms - now, signal);
}

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
  return new FollowingDeadline(what, timeoutMs, parents);
}

const deadlines = new WeakMap<AbortSignal, FollowingDeadline>();

/**
 * Why `signal` is aborted, for work that keeps the event loop from running: a {@link deadline} whose time is over,
 * or that follows such a one, is aborted now, for its timer cannot do it.
 */
export function overdue(signal: AbortSignal): SpellError | undefined {
  deadlines.get(signal)?.look();
  return signal.aborted ? abortError(signal) : undefined;
}

class FollowingDeadline implements Deadline {
  readonly #controller = new AbortController();
  readonly #parents: readonly AbortSignal[];
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #end: { readonly at: number; reached(): void } | undefined;

  constructor(what: string, timeoutMs: number | undefined, parents: readonly (AbortSignal | undefined)[]) {
    this.#parents = parents.filter((parent) => parent !== undefined);
    for (const parent of this.#parents) {
      if (parent.aborted) this.#controller.abort(parent.reason);
      else onAbort(parent, this);
    }
    if (timeoutMs !== undefined) {
      const reached = (): void => {
        const message = `${what} did not finish within ${timeoutMs} ms`;
        this.abort(new SpellError("TIMEOUT", message, { details: { timeoutMs } }));
      };
      const ms = Math.min(timeoutMs, LONGEST_TIMER_MS);
      this.#end = { at: performance.now() + ms, reached };
      this.#timer = setTimeout(reached, ms);
    }
    if (timeoutMs !== undefined || this.#parents.some((parent) => deadlines.has(parent)))
      deadlines.set(this.signal, this);
  }

  /** Aborts it if its time is over, or that of one that it follows. */
  look(): void {
    for (const parent of this.#parents) deadlines.get(parent)?.look();
    if (this.#end !== undefined && performance.now() >= this.#end.at) this.#end.reached();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: SpellError): void {
    this.#controller.abort(reason);
  }

  /** Of the parents. */
  handleEvent({ target }: Event): void {
    this.#controller.abort((target as AbortSignal).reason);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const parent of this.#parents) parent.removeEventListener("abort", this);
  }
}
