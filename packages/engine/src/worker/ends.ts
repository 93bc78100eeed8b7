import { SpellError } from "@llmspell/errors";
import { FunctionRef, type HostFunction } from "../value.js";
import { LentFunctions, type BorrowedFunctions } from "./host-functions.js";
import type { Wire, WireEnd } from "./wire.js";

/** How many causes of errors the host remembers for a guest. */
const KEPT_CAUSES = 256;

/** The host's end of the wire to one guest. */
export class HostEnd implements WireEnd {
  maxBytes: number;
  readonly lent = new LentFunctions();
  readonly #release: (fn: number) => void;
  /** The guest's functions that the host has not released. */
  readonly #functions = new Map<number, FunctionRef>();
  readonly #causes = new Map<number, unknown>();
  #lastCause = 0;

  /** @param release tells the guest that the host no longer needs a function. */
  constructor(maxBytes: number, release: (fn: number) => void) {
    this.maxBytes = maxBytes;
    this.#release = release;
  }

  functionId(ref: FunctionRef): number {
    return this.#functions.get(ref.id) === ref ? ref.id : 0;
  }

  functionOf(id: number): FunctionRef {
    const ref = new FunctionRef(id, () => {
      if (this.functionId(ref) > 0 && this.#functions.delete(id)) this.#release(id);
    });
    this.#functions.set(id, ref);
    return ref;
  }

  /** @throws SpellError `NOT_FOUND` */
  heldFunction(id: number): FunctionRef {
    const ref = this.#functions.get(id);
    if (ref !== undefined) return ref;
    throw new SpellError("NOT_FOUND", `the host holds no function ${id} of this guest`);
  }

  sendHostFunction(fn: HostFunction): Wire {
    return this.lent.send(fn);
  }

  hostFunctionOf(wire: Wire): HostFunction {
    return this.lent.read(wire);
  }

  /** The cause itself stays here: a guest has no use for it, and must not see it. */
  sendCause(cause: unknown): Wire {
    const id = ++this.#lastCause;
    this.#causes.set(id, cause);
    this.#causes.delete(id - KEPT_CAUSES);
    return id;
  }

  causeOf(wire: Wire): unknown {
    if (typeof wire === "number") return this.#causes.get(wire);
    if (!Array.isArray(wire)) return undefined;
    const [name, message] = wire as [string, string];
    const error = new Error(message);
    error.name = name;
    error.stack = `${name}: ${message}`;
    return error;
  }
}

/** A cause that has stayed with the host. */
class HostCause {
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }
}

/** The end of the wire in the guest's own thread. */
export class GuestEnd implements WireEnd {
  readonly maxBytes: number;
  readonly #borrowed: BorrowedFunctions;
  readonly #functions = new Map<number, FunctionRef>();
  #lastFunction = 0;

  constructor(maxBytes: number, borrowed: BorrowedFunctions) {
    this.maxBytes = maxBytes;
    this.#borrowed = borrowed;
  }

  sendHostFunction(fn: HostFunction): Wire {
    return this.#borrowed.send(fn);
  }

  hostFunctionOf(wire: Wire): HostFunction {
    return this.#borrowed.read(wire);
  }

  functionId(ref: FunctionRef): number {
    const id = ++this.#lastFunction;
    this.#functions.set(id, ref);
    return id;
  }

  /** A function that is not (or no longer) known is one that the engine refuses. */
  functionOf(id: number): FunctionRef {
    return this.#functions.get(id) ?? new FunctionRef(0, () => {});
  }

  release(id: number): void {
    this.#functions.get(id)?.release();
    this.#functions.delete(id);
  }

  sendCause(cause: unknown): Wire {
    if (cause instanceof HostCause) return cause.id;
    return cause instanceof Error ? [cause.name, cause.message] : ["Error", typeof cause];
  }

  causeOf(wire: Wire): unknown {
    return typeof wire === "number" ? new HostCause(wire) : undefined;
  }
}
