import { Handle } from "@llmspell/engine";
import type { HostValues } from "@llmspell/engine/guest-kit";
import { SpellError } from "@llmspell/errors";

export type SavedHandles = readonly (readonly [number: number, kind: string, id: number])[];

/** The handles that a guest has, by the numbers it has them under: no other number means anything. */
export class HandleTable {
  readonly #host: HostValues;
  readonly #handles = new Map<number, Handle>();
  #last = 0;

  constructor(host: HostValues) {
    this.#host = host;
  }

  /** The number under which the guest gets one more copy of a handle. */
  add(handle: Handle): number {
    this.#host.addCopy(handle);
    this.#handles.set(++this.#last, handle);
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
    this.#host.dropCopy(handle);
  }

  save(): SavedHandles {
    return Array.from(this.#handles, ([number, { kind, id }]) => [number, kind, id] as const);
  }

  load(saved: SavedHandles): void {
    this.#handles.clear();
    for (const [number, kind, id] of saved) {
      this.#handles.set(number, new Handle(kind, id));
      this.#last = Math.max(this.#last, number);
    }
  }
}
