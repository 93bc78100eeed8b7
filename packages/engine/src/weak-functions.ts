import type { FunctionRef } from "./value.js";

/** How many functions of one guest a host can hold weakly. */
export const MAX_WEAK_FUNCTIONS = 10_000;

/** A function of a guest that the host knows, and the guest may collect. */
export interface WeakFunctionRef {
  /** Identifies it in its guest, also after a restore; never used twice. */
  readonly id: number;
  /**
   * Called once when the function is gone: after the turn in which that was
   * noticed, or when the guest ends. What it throws is ignored.
   */
  onExpire: (() => void) | undefined;
  /**
   * The function, held until that reference is released; undefined once it is
   * gone. Not while the guest runs, except from inside a host call.
   */
  deref(): FunctionRef | undefined;
  /** Forgets it: {@link onExpire} is not called any more. Releasing twice is harmless. */
  release(): void;
}

/** Which functions of a guest the host holds weakly. */
export interface WeakFunctionRefs {
  /** Those that were there when the guest's last turn ended, by id. */
  readonly live: ReadonlyMap<number, WeakFunctionRef>;
  /** How many have gone, other than by being released. */
  readonly expired: number;
}
