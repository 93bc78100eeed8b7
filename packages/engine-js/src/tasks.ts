import { SettlingTask, type ScriptValue } from "@llmspell/engine";
import type { Sources } from "@llmspell/engine/guest-kit";
import type { SpellError } from "@llmspell/errors";
import type { LimitKeeper } from "./keeper.js";

/** How a task has ended in this turn, which the host is told when the turn is over. */
interface Ending {
  readonly id: number;
  readonly value?: ScriptValue;
  readonly error?: SpellError;
}

/** The tasks of a guest that have not ended. */
export class Tasks {
  readonly #keeper: LimitKeeper;
  readonly #sources: Sources;
  readonly #pending = new Map<number, SettlingTask>();
  #endings: Ending[] = [];
  /** The task that was started in this turn. */
  #started: SettlingTask | undefined;
  /** Whether the task that ended last has failed. */
  lastFailed = false;

  constructor(keeper: LimitKeeper, sources: Sources) {
    this.#keeper = keeper;
    this.#sources = sources;
  }

  get pending(): ReadonlyMap<number, SettlingTask> {
    return this.#pending;
  }

  add(id: number): SettlingTask {
    const task = new SettlingTask(id);
    this.#pending.set(id, task);
    return task;
  }

  begin(started: SettlingTask | undefined): void {
    this.#started = started;
    this.#endings = [];
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
  endTurn(rejection: SpellError | undefined): void {
    if (this.#keeper.breach !== undefined) return;
    const endings = this.#endings;
    this.#endings = [];
    for (const { id, value, error } of rejection === undefined ? endings : this.#failing(rejection, endings)) {
      if (error === undefined) this.#fulfill(id, value ?? null);
      else this.#reject(id, error);
    }
  }

  #failing(error: SpellError, endings: readonly Ending[]): Ending[] {
    if (this.#started !== undefined) {
      const { id } = this.#started;
      return [...endings.filter((ending) => ending.id !== id), { id, error }];
    }
    const ids = endings.length > 0 ? endings.map(({ id }) => id) : [...this.#pending.keys()];
    return ids.map((id) => ({ id, error }));
  }

  #fulfill(id: number, value: ScriptValue): void {
    const task = this.#take(id);
    this.lastFailed = false;
    task?.fulfill(value);
  }

  #reject(id: number, error: SpellError): void {
    const task = this.#take(id);
    this.lastFailed = true;
    task?.reject(this.#sources.quote(error));
  }

  #take(id: number): SettlingTask | undefined {
    const task = this.#pending.get(id);
    this.#pending.delete(id);
    if (task !== undefined) this.#end(task);
    return task;
  }

  #end(task: SettlingTask): void {
    task.end(performance.now(), this.#keeper.fuel.used, this.#keeper.memoryBytes());
  }

  rejectAll(reason: SpellError): void {
    const tasks = [...this.#pending.values()];
    this.#pending.clear();
    for (const task of tasks) {
      this.#end(task);
      task.reject(reason);
    }
  }

  /** Goes back to the tasks that were unfinished then; those started since are rejected with `reason`. */
  load(ids: readonly number[], reason: SpellError): void {
    const wanted = new Set(ids);
    const dropped = [...this.#pending.values()].filter(({ id }) => !wanted.has(id));
    for (const { id } of dropped) this.#pending.delete(id);
    for (const id of ids) {
      if (this.#pending.has(id)) continue;
      const task = this.add(id);
      task.begin(performance.now(), this.#keeper.fuel.used, this.#keeper.memoryBytes());
    }
    for (const task of dropped) {
      this.#end(task);
      task.reject(reason);
    }
  }
}
