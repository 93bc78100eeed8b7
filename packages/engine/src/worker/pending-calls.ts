import type { SpellError } from "@llmspell/errors";
import type { Pending } from "../bindings.js";
import type { ScriptValue } from "../value.js";

/** How a host call that the guest waits for ended. */
export type Answered = { readonly value: ScriptValue | undefined } | { readonly reason: unknown };

/** The host calls that a guest waits for, at the host's side. */
export class PendingCalls {
  readonly #calls = new Map<number, Pending>();
  readonly #answered: (operation: number, answered: Answered) => void;

  /** @param answered is called when the answer of a call has come in. */
  constructor(answered: (operation: number, answered: Answered) => void) {
    this.#answered = answered;
  }

  get size(): number {
    return this.#calls.size;
  }

  add(operation: number, pending: Pending): void {
    this.#calls.set(operation, pending);
    const settle = (answered: Answered): void => {
      if (this.#calls.delete(operation)) this.#answered(operation, answered);
    };
    pending.promise.then(
      (value) => settle({ value }),
      (reason: unknown) => settle({ reason }),
    );
  }

  abort(operation: number, reason: SpellError): void {
    const pending = this.#calls.get(operation);
    this.#calls.delete(operation);
    if (pending !== undefined) abortCall(pending, reason);
  }

  abortAll(reason: SpellError): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const pending of calls) abortCall(pending, reason);
  }
}

export function abortCall(pending: Pending, reason: SpellError): void {
  pending.promise.catch(() => {});
  try {
    pending.abort(reason);
  } catch {
    // A host that fails to clean up must not keep the other calls from ending.
  }
}
