import type { Value } from "./abi.js";
import type { JsInstance } from "./instance.js";

interface Rejection {
  readonly promise: Value;
  readonly reason: Value;
}

/** Rejected promises and their errors, by their addresses in the guest. */
export type SavedRejections = readonly (readonly [promise: Value, reason: Value])[];

/** Rejected promises whose errors nobody has taken. None is left when nothing is ready to run. */
export class Rejections {
  readonly #js: JsInstance;
  /** By the promise's address. */
  readonly #open = new Map<number, Rejection>();

  constructor(js: JsInstance) {
    this.#js = js;
  }

  /** Notes a promise that was rejected and has nobody to take its error, or now has. */
  note(promise: Value, reason: Value, handled: boolean): void {
    if (handled) {
      this.forget(promise);
      this.#js.free(promise, reason);
      return;
    }
    this.#open.set(this.#js.ex.qjs_get_value_ptr(promise), { promise, reason });
  }

  forget(promise: Value): void {
    const key = this.#js.ex.qjs_get_value_ptr(promise);
    const known = this.#open.get(key);
    if (known === undefined) return;
    this.#open.delete(key);
    this.#js.free(known.promise, known.reason);
  }

  /** The first error that nobody has taken, for the caller to free; none is left then. */
  take(): Value | undefined {
    if (this.#open.size === 0) return undefined;
    const [first, ...others] = this.#open.values();
    this.#open.clear();
    for (const { promise, reason } of others) this.#js.free(promise, reason);
    if (first === undefined) return undefined;
    this.#js.free(first.promise);
    return first.reason;
  }

  /** What {@link note} has noted, to go on from between two slices of a turn. */
  save(): SavedRejections {
    return Array.from(this.#open.values(), ({ promise, reason }) => [promise, reason] as const);
  }

  load(saved: SavedRejections): void {
    this.#open.clear();
    for (const [promise, reason] of saved) this.note(promise, reason, false);
  }
}
