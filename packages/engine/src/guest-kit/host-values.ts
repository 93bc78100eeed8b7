import { Handle, type Host, type HostFunction } from "../index.js";
import { SpellError } from "@llmspell/errors";

/** Ids from here on are functions given as values; those of the door are far below. */
export const FIRST_VALUE_ID = 2 ** 32;

/** What a guest that goes on from here may hold of its host. */
export interface SavedHostValues {
  readonly lastId: number;
  readonly copies: readonly (readonly [kind: string, id: number, copies: number])[];
}

/** What one guest holds of its host. In guest memory there are numbers only. */
export class HostValues {
  readonly #host: Host;
  readonly #functions = new Map<number, HostFunction>();
  readonly #ids = new Map<HostFunction, number>();
  /** How many copies of each handle the guest has, by kind and id. */
  readonly #copies = new Map<string, Map<number, number>>();
  #lastId = FIRST_VALUE_ID - 1;

  constructor(host: Host) {
    this.#host = host;
  }

  /** The id under which the guest may still have `fn`; 0 when it never had it. */
  idOf(fn: HostFunction): number {
    return this.#ids.get(fn) ?? 0;
  }

  /** A new id: the guest may have collected what it had under the last one, and not have said so yet. */
  hold(fn: HostFunction): number {
    const id = ++this.#lastId;
    this.#functions.set(id, fn);
    this.#ids.set(fn, id);
    return id;
  }

  /** @throws SpellError `INVALID_STATE` for a function of a host that is gone. */
  functionOf(id: number): HostFunction {
    const fn = this.#functions.get(id);
    if (fn === undefined) throw new SpellError("INVALID_STATE", "this function of the host is gone");
    return fn;
  }

  /** The guest has collected the function it had under `id`. */
  dropFunction(id: number): void {
    const fn = this.#functions.get(id);
    if (fn === undefined) return;
    this.#functions.delete(id);
    // It may have got the function anew, under another id.
    if (this.#ids.get(fn) !== id) return;
    this.#ids.delete(fn);
    fn.released();
  }

  /** The guest gets one more copy of a handle. */
  addCopy(handle: Handle): void {
    let ofKind = this.#copies.get(handle.kind);
    if (ofKind === undefined) this.#copies.set(handle.kind, (ofKind = new Map()));
    const copies = ofKind.get(handle.id) ?? 0;
    ofKind.set(handle.id, copies + 1);
    if (copies === 0) this.#host.retain?.(handle);
  }

  /** The guest has collected one copy of a handle. */
  dropCopy(handle: Handle): void {
    const ofKind = this.#copies.get(handle.kind);
    const copies = ofKind?.get(handle.id) ?? 0;
    if (copies > 1) {
      ofKind?.set(handle.id, copies - 1);
    } else if (ofKind?.delete(handle.id) === true) {
      this.#host.release?.(handle);
    }
  }

  save(): SavedHostValues {
    const copies = [...this.#copies].flatMap(([kind, ids]) => Array.from(ids, ([id, n]) => [kind, id, n] as const));
    return { lastId: this.#lastId, copies };
  }

  /**
   * Back to what the guest held then. Functions cannot be saved: those that it
   * has not held ever since are gone, and their ids are not given to others.
   */
  load({ lastId, copies }: SavedHostValues): void {
    for (const id of this.#functions.keys()) if (id > lastId) this.dropFunction(id);
    this.#lastId = Math.max(this.#lastId, lastId);
    this.#copies.clear();
    for (const [kind, id, n] of copies) {
      const ofKind = this.#copies.get(kind) ?? new Map<number, number>();
      this.#copies.set(kind, ofKind.set(id, n));
      this.#host.retain?.(new Handle(kind, id));
    }
  }

  /** The guest has ended. */
  close(): void {
    const functions = [...this.#ids.keys()];
    this.#functions.clear();
    this.#ids.clear();
    this.#copies.clear();
    for (const fn of functions) {
      try {
        fn.released();
      } catch {
        // A host that fails to clean up must not keep the guest from ending.
      }
    }
  }
}
