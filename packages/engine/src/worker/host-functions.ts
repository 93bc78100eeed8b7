import { SpellError } from "@llmspell/errors";
import { HostFunction } from "../value.js";
import type { Wire } from "./wire.js";

/** A function of the host on its way: its number and its name. */
type Sent = readonly [id: number, name: string];

/** The functions of the host that a guest in another thread may hold. */
export class LentFunctions {
  readonly #functions = new Map<number, { readonly fn: HostFunction; sent: number }>();
  readonly #ids = new Map<HostFunction, number>();
  #lastId = 0;

  send(fn: HostFunction): Wire {
    let id = this.#ids.get(fn);
    if (id === undefined) this.#ids.set(fn, (id = ++this.#lastId));
    const entry = this.#functions.get(id) ?? { fn, sent: 0 };
    entry.sent++;
    this.#functions.set(id, entry);
    return [id, fn.name];
  }

  /** The very function, or one that cannot be called where the guest has it no more. */
  read(wire: Wire): HostFunction {
    const [id, name] = wire as Sent;
    return this.#functions.get(id)?.fn ?? revoked(name);
  }

  /** @throws SpellError `INVALID_STATE` for a function that the guest has let go of. */
  get(id: number): HostFunction {
    const entry = this.#functions.get(id);
    if (entry === undefined) throw new SpellError("INVALID_STATE", "this function of the host is gone");
    return entry.fn;
  }

  /** The guest has let go of what it has received so many times; it may be on its way to it again. */
  dropped(id: number, received: number): void {
    const entry = this.#functions.get(id);
    if (entry === undefined) return;
    entry.sent -= received;
    if (entry.sent > 0) return;
    this.#functions.delete(id);
    this.#ids.delete(entry.fn);
    released(entry.fn);
  }

  /** The guest has ended. */
  close(): void {
    const lent = [...this.#ids.keys()];
    this.#functions.clear();
    this.#ids.clear();
    for (const fn of lent) released(fn);
  }
}

/** The same functions in the guest's thread: each calls the host. */
export class BorrowedFunctions {
  readonly #functions = new Map<number, { readonly fn: HostFunction; received: number }>();
  readonly #ids = new WeakMap<HostFunction, number>();
  readonly #call: (id: number, ...call: Parameters<HostFunction["call"]>) => ReturnType<HostFunction["call"]>;
  readonly #dropped: (id: number, received: number) => void;

  constructor(
    call: (id: number, ...call: Parameters<HostFunction["call"]>) => ReturnType<HostFunction["call"]>,
    dropped: (id: number, received: number) => void,
  ) {
    this.#call = call;
    this.#dropped = dropped;
  }

  send(fn: HostFunction): Wire {
    return [this.#ids.get(fn) ?? 0, fn.name];
  }

  read(wire: Wire): HostFunction {
    const [id, name] = wire as Sent;
    const entry = this.#functions.get(id) ?? { fn: this.#borrow(id, name), received: 0 };
    entry.received++;
    this.#functions.set(id, entry);
    return entry.fn;
  }

  #borrow(id: number, name: string): HostFunction {
    const fn = new HostFunction(
      name,
      (...call) => this.#call(id, ...call),
      () => {
        const received = this.#functions.get(id)?.received ?? 0;
        this.#functions.delete(id);
        this.#dropped(id, received);
      },
    );
    this.#ids.set(fn, id);
    return fn;
  }
}

function revoked(name: string): HostFunction {
  const fn = new HostFunction(name, () => null);
  fn.revoke();
  return fn;
}

function released(fn: HostFunction): void {
  try {
    fn.released();
  } catch {
    // A host that fails to clean up must not keep the guest from ending.
  }
}
