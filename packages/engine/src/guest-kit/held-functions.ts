import { FunctionRef } from "../index.js";
import { SpellError } from "@llmspell/errors";

/** Ids under which the guest keeps functions, each with a number that no later use of the same id has. */
export type SavedFunctions = readonly (readonly [id: number, serial: number])[];

/** The functions of one guest that the host holds. */
export class HeldFunctions {
  readonly #released: (id: number) => void;
  readonly #held = new Map<number, { readonly ref: FunctionRef; readonly serial: number }>();
  #serial = 0;
  #closed = false;

  /** @param released lets the guest drop what it keeps under an id. */
  constructor(released: (id: number) => void) {
    this.#released = released;
  }

  add(id: number, serial = ++this.#serial): FunctionRef {
    const ref = new FunctionRef(id, () => this.#release(ref));
    this.#held.set(id, { ref, serial });
    return ref;
  }

  has(ref: FunctionRef): boolean {
    return this.#held.get(ref.id)?.ref === ref;
  }

  /** @throws SpellError `NOT_FOUND` */
  get(id: number): FunctionRef {
    const held = this.#held.get(id);
    if (held === undefined) throw new SpellError("NOT_FOUND", `the host holds no function ${id} of this guest`);
    return held.ref;
  }

  /** From here on releasing does nothing: the instance may serve another guest. */
  close(): void {
    this.#closed = true;
  }

  save(): SavedFunctions {
    return Array.from(this.#held, ([id, { serial }]) => [id, serial] as const);
  }

  /** Back to the functions held then; those that were held ever since keep their {@link FunctionRef}. */
  load(saved: SavedFunctions): void {
    const before = new Map(this.#held);
    this.#held.clear();
    for (const [id, serial] of saved) {
      const same = before.get(id);
      if (same?.serial === serial) this.#held.set(id, same);
      else this.add(id, serial);
      this.#serial = Math.max(this.#serial, serial);
    }
  }

  #release(ref: FunctionRef): void {
    if (this.#closed || !this.has(ref)) return;
    this.#held.delete(ref.id);
    this.#released(ref.id);
  }
}
