import { Handle, WeakHandle, formatPath, valueError } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { withArticle } from "./types.js";

interface Entry {
  readonly kind: string;
  readonly object: object;
  readonly id: string;
  /** Found by its id as text too, so it stays when the guest drops its handle. */
  readonly named: boolean;
}

/** The host objects one run has given to its guest. A guest holds only kinds and numbers. */
export class HandleTable implements Disposable {
  readonly #entries = new Map<number, Entry>();
  readonly #handles = new WeakMap<object, Handle>();
  /** Also of entries that the guest has dropped: a handle of one may be on its way to the guest. */
  readonly #known = new WeakMap<Handle, Entry>();
  readonly #made = new Map<string, number>();
  /** What the guest may hold weakly, by id; with the object where it was given so. */
  readonly #weak = new Map<number, WeakRef<object> | undefined>();
  readonly #onExpire: () => void;
  #collected: FinalizationRegistry<number> | undefined;
  #expired = 0;
  #last = 0;

  /**
   * @param onExpire called when an object is gone that the guest may hold weakly:
   * time for {@link Guest.expireHandles}, as soon as the guest is at rest.
   */
  constructor(onExpire: () => void = () => {}) {
    this.#onExpire = onExpire;
  }

  /** How many objects the table holds. */
  get size(): number {
    return this.#entries.size;
  }

  /** How many objects are there that the guest may hold weakly, and how many of them have gone. */
  get weak(): { readonly live: number; readonly expired: number } {
    return { live: this.#weak.size, expired: this.#expired };
  }

  /**
   * The handle of `object`: always the same one. `id` is what a script may pass
   * as text instead; one without is found by its handle alone, and forgotten
   * when the guest has dropped it.
   */
  add(kind: string, object: object, id?: string): Handle {
    const known = this.#handles.get(object);
    if (known !== undefined) {
      this.retain(known);
      return known;
    }
    const handle = this.#make(kind, object, id);
    this.retain(handle);
    return handle;
  }

  /** As {@link add}, but the table does not keep the object: it is there as long as something else has it. */
  addWeak(kind: string, object: object, id?: string): WeakHandle {
    const handle = this.#handles.get(object) ?? this.#make(kind, object, id);
    if (this.#weak.get(handle.id) === undefined) {
      this.#weak.set(handle.id, new WeakRef(object));
      this.#collected ??= new FinalizationRegistry((gone) => this.#lookAt(gone));
      this.#collected.register(object, handle.id);
    }
    return new WeakHandle(handle.kind, handle.id);
  }

  /** The handle of what is held weakly; see {@link Host.upgrade}. */
  upgrade({ kind, id }: WeakHandle): Handle | undefined {
    const handle = this.#find(id);
    if (handle?.kind !== kind) return undefined;
    if (!this.#weak.has(id)) this.#weak.set(id, undefined);
    return handle;
  }

  #find(id: number): Handle | undefined {
    const object = this.#entries.get(id)?.object ?? this.#weak.get(id)?.deref();
    return object && this.#handles.get(object);
  }

  /** Something may have gone. */
  #lookAt(id: number): void {
    if (!this.#weak.has(id) || this.#find(id) !== undefined) return;
    this.#weak.delete(id);
    this.#expired++;
    this.#onExpire();
  }

  #make(kind: string, object: object, id: string | undefined): Handle {
    const made = (this.#made.get(kind) ?? 0) + 1;
    this.#made.set(kind, made);
    const handle = new Handle(kind, ++this.#last);
    const entry = { kind, object, id: id ?? `${kind.toLowerCase()}-${made}`, named: id !== undefined };
    this.#handles.set(object, handle);
    this.#known.set(handle, entry);
    return handle;
  }

  /** The guest holds a handle that {@link add} gave; see {@link Host.retain}. */
  retain(handle: Handle): void {
    // A guest in another thread names it by a copy.
    const entry = this.#known.get(this.#find(handle.id) ?? handle);
    if (entry !== undefined) this.#entries.set(handle.id, entry);
  }

  /** The guest has dropped a handle; see {@link Host.release}. */
  release({ kind, id }: Handle): void {
    const entry = this.#entries.get(id);
    if (entry?.kind === kind && !entry.named && this.#entries.delete(id)) this.#lookAt(id);
  }

  /** @throws SpellError `NOT_FOUND`, or `INVALID_ARGUMENT` for a handle of another kind. */
  get<T extends object>(kind: string, reference: Handle | string, path: readonly (string | number)[]): T {
    const entry = typeof reference === "string" ? this.#byId(kind, reference) : this.#entries.get(reference.id);
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
    this.#known.delete(handle);
    const isKnown = this.#entries.delete(handle.id);
    this.#lookAt(handle.id);
    return isKnown;
  }

  /** Every object of a kind, oldest first. */
  all<T extends object>(kind: string): T[] {
    return [...this.#entries.values()].filter((entry) => entry.kind === kind).map((entry) => entry.object as T);
  }

  /** Lets go of everything: the run is over. */
  [Symbol.dispose](): void {
    this.#entries.clear();
    this.#weak.clear();
  }

  #byId(kind: string, id: string): Entry | undefined {
    for (const entry of this.#entries.values()) {
      if (entry.kind === kind && entry.id === id) return entry;
    }
    return undefined;
  }
}
