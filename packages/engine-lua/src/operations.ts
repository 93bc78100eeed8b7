import { limitError, type Limits, type Pending, type ScriptValue } from "@llmspell/engine";
import { SpellError, toSpellError } from "@llmspell/errors";

/** How a host call that the guest waited for ended. */
export type Outcome =
  | { readonly ok: true; readonly value: ScriptValue | undefined }
  | { readonly ok: false; readonly error: SpellError };

/** The host calls a guest waits for, and the outcomes it has not fetched yet. */
export class Operations {
  readonly #limits: Limits;
  readonly #settled: (id: number) => void;
  readonly #pending = new Map<number, Pending>();
  readonly #outcomes = new Map<number, Outcome>();

  /** @param settled is called when the outcome of an operation has come in. */
  constructor(limits: Limits, settled: (id: number) => void) {
    this.#limits = limits;
    this.#settled = settled;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** @throws SpellError `LIMIT_PENDING`; the call is then aborted. */
  add(id: number, pending: Pending): void {
    if (this.#pending.size >= this.#limits.pendingCalls) {
      const error = limitError("pendingCalls", this.#limits);
      drop(pending, error);
      throw error;
    }
    this.#pending.set(id, pending);
    pending.promise.then(
      (value) => this.#settle(id, { ok: true, value }),
      (reason: unknown) => this.#settle(id, { ok: false, error: toSpellError(reason) }),
    );
  }

  #settle(id: number, outcome: Outcome): void {
    if (!this.#pending.delete(id)) return;
    this.#outcomes.set(id, outcome);
    this.#settled(id);
  }

  /** @throws SpellError `INVALID_STATE` when there is no outcome (yet). */
  take(id: number): Outcome {
    const outcome = this.#outcomes.get(id);
    this.#outcomes.delete(id);
    if (outcome !== undefined) return outcome;
    throw new SpellError("INVALID_STATE", "a coroutine that waits for the host was resumed by the script");
  }

  /** The guest no longer waits for this one; its waiting code, if it goes on, takes `outcome`. */
  abort(id: number, outcome?: SpellError): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (outcome === undefined) this.#outcomes.delete(id);
    else this.#outcomes.set(id, { ok: false, error: outcome });
    pending?.abort(outcome ?? new SpellError("CANCELLED", "the spell no longer waits for this"));
  }

  abortAll(reason: SpellError): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const operation of pending) {
      try {
        operation.abort(reason);
      } catch {
        // A host that fails to clean up must not keep the other operations from ending.
      }
    }
  }
}

/** Aborts a call that nobody will wait for. */
export function drop(pending: Pending, reason: SpellError): void {
  pending.promise.catch(() => {});
  pending.abort(reason);
}
