import { Handle, formatPath, valueError } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { withArticle } from "./types.js";

/** The host objects one run has given to its guest. A guest holds only kinds and numbers. */
export class HandleTable {
  readonly #objects = new Map<number, { readonly kind: string; readonly object: object; readonly id: string }>();
  readonly #handles = new Map<object, Handle>();
  #last = 0;

  /** The handle of `object`: always the same one. `id` is what a script may pass as text instead. */
  add(kind: string, object: object, id: string): Handle {
    const known = this.#handles.get(object);
    if (known !== undefined) return known;
    const handle = new Handle(kind, ++this.#last);
    this.#objects.set(handle.id, { kind, object, id });
    this.#handles.set(object, handle);
    return handle;
  }

  /** @throws SpellError `NOT_FOUND`, or `INVALID_ARGUMENT` for a handle of another kind. */
  get<T extends object>(kind: string, reference: Handle | string, path: readonly (string | number)[]): T {
    const entry = typeof reference === "string" ? this.#byId(kind, reference) : this.#objects.get(reference.id);
    if (entry !== undefined && entry.kind === kind) return entry.object as T;
    if (typeof reference !== "string" && reference.kind !== kind) {
      throw valueError(path, `must be ${withArticle(kind)}, not ${withArticle(reference.kind)}`);
    }
    const name = typeof reference === "string" ? ` with the id '${reference}'` : "";
    throw new SpellError("NOT_FOUND", `${formatPath(path)}: there is no ${kind}${name}`);
  }

  /** Forgets an object; its handle then refers to nothing. */
  remove(object: object): boolean {
    const handle = this.#handles.get(object);
    if (handle === undefined) return false;
    this.#handles.delete(object);
    return this.#objects.delete(handle.id);
  }

  /** Every object of a kind, oldest first. */
  all<T extends object>(kind: string): T[] {
    return [...this.#objects.values()].filter((entry) => entry.kind === kind).map((entry) => entry.object as T);
  }

  #byId(kind: string, id: string): { readonly kind: string; readonly object: object } | undefined {
    for (const entry of this.#objects.values()) {
      if (entry.kind === kind && entry.id === id) return entry;
    }
    return undefined;
  }
}
