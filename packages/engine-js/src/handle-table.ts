import { Handle } from "@llmspell/engine";
import type { HostValues } from "@llmspell/engine/guest-kit";
import { SpellError } from "@llmspell/errors";

export type SavedHandles = readonly (readonly [number: number, kind: string, id: number])[];

/** The handles that a guest has, by the numbers it has them under, one for each object: no other number means anything. */
export class HandleTable {
  readonly #host: HostValues;
  readonly #handles = new Map<number, Handle>();
  readonly #numbers = new Map<string, number>();
  #last = 0;

  constructor(host: HostValues) {
    this.#host = host;
  }

  /** The number under which the guest has a handle, or gets it now. */
  add(handle: Handle): number {
    const key = keyOf(handle);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#host.addCopy(handle);
    this.#handles.set(++this.#last, handle);
    this.#numbers.set(key, this.#last);
    return this.#last;
  }

  /** @throws SpellError `INVALID_ARGUMENT` */
  get(number: unknown): Handle {
    const handle = this.#handles.get(number as number);
    if (handle === undefined) throw new SpellError("INVALID_ARGUMENT", "this guest has no such handle");
    return handle;
  }

  drop(number: number): void {
    const handle = this.#handles.get(number);
    if (handle === undefined) return;
    this.#handles.delete(number);
    this.#numbers.delete(keyOf(handle));
    this.#host.dropCopy(handle);
  }

  save(): SavedHandles {
    return Array.from(this.#handles, ([number, { kind, id }]) => [number, kind, id] as const);
  }

  load(saved: SavedHandles): void {
    this.#handles.clear();
    this.#numbers.clear();
    for (const [number, kind, id] of saved) {
      const handle = new Handle(kind, id);
      this.#handles.set(number, handle);
      this.#numbers.set(keyOf(handle), number);
      this.#last = Math.max(this.#last, number);
    }
  }
}

const keyOf = ({ kind, id }: Handle): string => `${id} ${kind}`;
