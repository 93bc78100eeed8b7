import { MAX_WEAK_FUNCTIONS, type FunctionRef, type WeakFunctionRef, type WeakFunctionRefs } from "../index.js";
import { SpellError } from "@llmspell/errors";
import { fields, isCount, list } from "./saved-guest.js";

/** The ids of functions that the host holds weakly. */
export interface SavedWeakFunctions {
  readonly lastId: number;
  readonly live: readonly number[];
}

/** {@link SavedWeakFunctions}. */
export const isSavedWeakFunctions = fields({ lastId: isCount, live: list(isCount) });

export const NO_WEAK_FUNCTIONS: SavedWeakFunctions = { lastId: 0, live: [] };

/** How a guest keeps functions by ids of ours, without keeping them alive. */
export interface WeakKeeper {
  keep(id: number, fn: FunctionRef): void;
  /** Undefined when it is gone. */
  find(id: number): FunctionRef | undefined;
  forget(id: number): void;
}

/** The functions of one guest that the host holds weakly. */
export class WeakFunctions implements WeakFunctionRefs {
  expired = 0;
  readonly live = new Map<number, WeakFunction>();
  readonly #keeper: WeakKeeper;
  #lastId = 0;
  #gone: WeakFunction[] = [];
  #closed = false;

  constructor(keeper: WeakKeeper) {
    this.#keeper = keeper;
  }

  /** @throws SpellError `INVALID_STATE` for too many, `INVALID_ARGUMENT` for a function of another guest. */
  add(fn: FunctionRef): WeakFunctionRef {
    if (this.live.size >= MAX_WEAK_FUNCTIONS) {
      throw new SpellError("INVALID_STATE", `the host holds ${MAX_WEAK_FUNCTIONS} functions of this guest weakly`);
    }
    const id = ++this.#lastId;
    this.#keeper.keep(id, fn);
    return this.#make(id);
  }

  #make(id: number): WeakFunction {
    const isLive = (): boolean => !this.#closed && this.live.get(id) === ref;
    const ref = new WeakFunction(
      id,
      () => (isLive() ? this.#keeper.find(id) : undefined),
      () => {
        if (!isLive()) return;
        this.live.delete(id);
        this.#keeper.forget(id);
      },
    );
    this.live.set(id, ref);
    return ref;
  }

  /** The guest has collected the function that it kept under `id`. */
  drop(id: number): void {
    const ref = this.live.get(id);
    if (ref === undefined) return;
    this.live.delete(id);
    this.#expire(ref);
  }

  #expire(ref: WeakFunction): void {
    this.expired++;
    this.#gone.push(ref);
  }

  /** After the turn: tells the host what is gone. */
  announce(): void {
    if (this.#gone.length === 0) return;
    const gone = this.#gone;
    this.#gone = [];
    for (const ref of gone) {
      try {
        ref.onExpire?.();
      } catch {
        // A host that fails to clean up is its own affair.
      }
    }
  }

  /** The guest has ended, and every function with it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const id of this.live.keys()) this.drop(id);
    this.announce();
  }

  save(): SavedWeakFunctions {
    return { lastId: this.#lastId, live: [...this.live.keys()] };
  }

  /** Back to those held then; one that was held ever since stays the same object, and later ones are gone. */
  load({ lastId, live }: SavedWeakFunctions): void {
    this.#lastId = Math.max(this.#lastId, lastId);
    const before = new Map(this.live);
    this.live.clear();
    for (const id of live) {
      const same = before.get(id);
      if (same === undefined) this.#make(id);
      else this.live.set(id, same);
      before.delete(id);
    }
    for (const ref of before.values()) this.#expire(ref);
    this.announce();
  }
}

class WeakFunction implements WeakFunctionRef {
  readonly id: number;
  onExpire: (() => void) | undefined;
  readonly deref: () => FunctionRef | undefined;
  readonly release: () => void;

  constructor(id: number, deref: () => FunctionRef | undefined, release: () => void) {
    this.id = id;
    this.deref = deref;
    this.release = release;
  }
}
