import type { SpellError } from "@llmspell/errors";

/** How many errors can be told again from their tables. */
const KEPT_ERRORS = 256;

export interface SavedErrors {
  readonly next: number;
  readonly kept: readonly (readonly [id: number, error: SpellError])[];
}

/** The last errors of the host that entered a guest, by the id that their table has. */
export class KnownErrors {
  #next = 1;
  readonly #kept = new Map<number, SpellError>();

  /** Returns the error's id. */
  add(error: SpellError): number {
    const id = this.#next++;
    this.#kept.set(id, error);
    if (this.#kept.size > KEPT_ERRORS) this.#kept.delete(this.#kept.keys().next().value ?? 0);
    return id;
  }

  get(id: number): SpellError | undefined {
    return this.#kept.get(id);
  }

  save(): SavedErrors {
    return { next: this.#next, kept: [...this.#kept] };
  }

  load({ next, kept }: SavedErrors): void {
    this.#next = next;
    this.#kept.clear();
    for (const [id, error] of kept) this.#kept.set(id, error);
  }
}
