import { WeakHandle } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import type { SavedHandles } from "./handle-table.js";

/** The weak handles that a guest was given, by the numbers it has them under: each object has one. */
export class WeakTable {
  readonly #handles = new Map<number, WeakHandle>();
  readonly #numbers = new Map<string, number>();

  add(weak: WeakHandle): number {
    const key = `${weak.id} ${weak.kind}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#handles.size + 1;
    this.#handles.set(number, weak);
    this.#numbers.set(key, number);
    return number;
  }

  /** @throws SpellError `INVALID_ARGUMENT` */
  get(number: unknown): WeakHandle {
    const weak = this.#handles.get(number as number);
    if (weak === undefined) throw new SpellError("INVALID_ARGUMENT", "this guest has no such weak handle");
    return weak;
  }

  save(): SavedHandles {
    return Array.from(this.#handles, ([number, { kind, id }]) => [number, kind, id] as const);
  }

  load(saved: SavedHandles): void {
    this.#handles.clear();
    this.#numbers.clear();
    for (const [number, kind, id] of saved) {
      this.#handles.set(number, new WeakHandle(kind, id));
      this.#numbers.set(`${id} ${kind}`, number);
    }
  }
}
