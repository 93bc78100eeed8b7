import { SpellError, onAbort } from "@llmspell/errors";

interface Waiter {
  serve(): void;
  refuse(error: SpellError): void;
}

/** Callers that wait for room, first come, first served. */
export class WaitLine {
  readonly #max: number;
  readonly #waiters = new Set<Waiter>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#waiters.size;
  }

  /**
   * Does `action` when the turn comes, and settles with what it gives.
   *
   * @throws SpellError `LIMIT_GUESTS` when too many wait already; `CANCELLED` when `signal` aborts.
   */
  async join<R>(action: () => R, signal?: AbortSignal): Promise<R> {
    if (signal?.aborted === true) throw given(signal);
    if (this.#waiters.size >= this.#max) {
      throw new SpellError("LIMIT_GUESTS", `${this.#max} callers wait for a guest already`, {
        details: { limit: "maxWaiting", value: this.#max },
      });
    }
    return await new Promise<R>((resolve, reject) => {
      const leave = (): void => waiter.refuse(given(signal));
      const waiter: Waiter = {
        serve: () => {
          signal?.removeEventListener("abort", leave);
          try {
            resolve(action());
          } catch (thrown) {
            reject(thrown);
          }
        },
        refuse: (error) => {
          signal?.removeEventListener("abort", leave);
          this.#waiters.delete(waiter);
          reject(error);
        },
      };
      this.#waiters.add(waiter);
      if (signal !== undefined) onAbort(signal, leave);
    });
  }

  /** Serves those who wait for as long as there is room. */
  serve(hasRoom: () => boolean): void {
    for (const waiter of this.#waiters) {
      if (!hasRoom()) return;
      this.#waiters.delete(waiter);
      waiter.serve();
    }
  }

  refuseAll(error: SpellError): void {
    for (const waiter of this.#waiters) waiter.refuse(error);
  }
}

function given(signal: AbortSignal | undefined): SpellError {
  return new SpellError("CANCELLED", "nobody waits for this guest any more", { cause: signal?.reason });
}
