import type { SpellError } from "@llmspell/errors";

/** How often a cancelled task may try to wait before it is left waiting. */
const MOST_TOLD = 16;

/**
 * Which task began which operation. JavaScript does not say whose code runs after an `await`: a turn is
 * taken to be of the task that it began, or of the one that began the operation that it goes on from.
 */
export class Owners {
  /** The task of each operation that has no answer yet. */
  readonly #ofOperation = new Map<number, number>();
  /** The task of the turn; 0 for none. */
  #current = 0;
  /** Why the task of the turn was cancelled, if it was; its last turn, as nothing that it waits for will come in. */
  #cancelled: { readonly reason: SpellError; told: number } | undefined;

  begins(task: number): void {
    this.#current = task;
    this.#cancelled = undefined;
  }

  /** An operation has its answer. */
  goesOn(operation: number): void {
    this.begins(this.#ofOperation.get(operation) ?? 0);
    this.#ofOperation.delete(operation);
  }

  /** An operation begins. */
  add(operation: number): void {
    if (this.#current !== 0) this.#ofOperation.set(operation, this.#current);
  }

  forget(operation: number): void {
    this.#ofOperation.delete(operation);
  }

  /** @returns what the task waits for */
  cancel(task: number, reason: SpellError): number[] {
    this.begins(task);
    this.#cancelled = { reason, told: 0 };
    const operations = [...this.#ofOperation].flatMap(([operation, owner]) => (owner === task ? [operation] : []));
    for (const operation of operations) this.#ofOperation.delete(operation);
    return operations;
  }

  /**
   * Why the task of this turn may wait for nothing any more, if it was cancelled. It is told a few times, so
   * that it can clean up; then what it waits for is never settled ({@link isSilent}), and it goes no further.
   */
  refuse(): SpellError | undefined {
    if (this.#cancelled !== undefined) this.#cancelled.told++;
    return this.#cancelled?.reason;
  }

  get isSilent(): boolean {
    return this.#cancelled !== undefined && this.#cancelled.told > MOST_TOLD;
  }

  /** The memory is that of another time. */
  clear(): void {
    this.#ofOperation.clear();
    this.begins(0);
  }
}
