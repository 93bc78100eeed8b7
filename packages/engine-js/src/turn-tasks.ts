import type { ScriptValue, SettlingTask } from "@llmspell/engine";
import type { TaskTable } from "@llmspell/engine/guest-kit";
import type { SpellError } from "@llmspell/errors";

/** How a task has ended in this turn, which the host is told when the turn is over. */
interface Ending {
  readonly id: number;
  readonly value?: ScriptValue;
  readonly error?: SpellError;
}

/** What a turn does to the tasks of its guest. */
export class TurnTasks {
  readonly #tasks: TaskTable;
  #endings: Ending[] = [];
  /** The task that was started in this turn; 0 when none was. */
  #started = 0;
  /** The task that was cancelled in this turn: it ends with it, whatever it still does. */
  #cancelled: { readonly id: number; readonly error: SpellError } | undefined;

  constructor(tasks: TaskTable) {
    this.#tasks = tasks;
  }

  /** @param goesOn whether the turn before has not ended, but paused. */
  begin(started: SettlingTask | undefined, goesOn: boolean): void {
    if (!goesOn) this.#started = 0;
    if (this.#started === 0) this.#started = started?.id ?? 0;
    this.#endings = [];
  }

  /** The task that was started in a turn that has paused; 0 for none. */
  get started(): number {
    return this.#started;
  }

  load(started: number): void {
    this.#started = started;
    this.#endings = [];
  }

  cancelled(id: number, error: SpellError): void {
    this.#cancelled = { id, error };
  }

  fulfilled(id: number, value: ScriptValue): void {
    this.#endings.push({ id, value });
  }

  failed(id: number, error: SpellError): void {
    this.#endings.push({ id, error });
  }

  /**
   * Settles what has ended in this turn. An error that nobody has taken fails
   * what the turn was for: the task that it started, else those that ended in it,
   * else all that have not ended.
   */
  end(rejection: SpellError | undefined): void {
    const endings = this.#endings;
    this.#endings = [];
    for (const { id, value, error } of rejection === undefined ? endings : this.#failing(rejection, endings)) {
      if (error === undefined) this.#tasks.fulfill(id, value ?? null);
      else this.#tasks.reject(id, error);
    }
    const cancelled = this.#cancelled;
    this.#cancelled = undefined;
    if (cancelled !== undefined && this.#tasks.pending.has(cancelled.id))
      this.#tasks.reject(cancelled.id, cancelled.error);
  }

  #failing(error: SpellError, endings: readonly Ending[]): Ending[] {
    const id = this.#started;
    const hasEnded = !this.#tasks.pending.has(id);
    if (id !== 0 && !hasEnded) return [...endings.filter((ending) => ending.id !== id), { id, error }];
    const ids = endings.length > 0 ? endings.map(({ id }) => id) : [...this.#tasks.pending.keys()];
    return ids.map((id) => ({ id, error }));
  }
}
