import { SettlingTask, type ScriptValue } from "../index.js";
import type { SpellError } from "@llmspell/errors";
import type { LimitKeeper } from "./limit-keeper.js";
import type { Sources } from "./sources.js";

/** The tasks of a guest that have not ended. */
export class TaskTable {
  readonly #keeper: LimitKeeper;
  readonly #sources: Sources;
  readonly #pending = new Map<number, SettlingTask>();
  /** The id of the task or operation that was begun last. */
  lastId = 0;
  /** Whether the task that ended last has failed. */
  failed = false;

  constructor(keeper: LimitKeeper, sources: Sources) {
    this.#keeper = keeper;
    this.#sources = sources;
  }

  get pending(): ReadonlyMap<number, SettlingTask> {
    return this.#pending;
  }

  /** An id for a task or an operation: each has one of its own. */
  nextId(): number {
    return ++this.lastId;
  }

  add(id = this.nextId()): SettlingTask {
    const task = new SettlingTask(id);
    this.#pending.set(id, task);
    return task;
  }

  /** Whether nobody looks at the value of a task. */
  discards(id: number): boolean {
    return this.#pending.get(id)?.discards === true;
  }

  fulfill(id: number, value: ScriptValue): void {
    this.failed = false;
    this.#take(id)?.fulfill(value);
  }

  reject(id: number, error: SpellError): void {
    this.failed = true;
    this.#take(id)?.reject(this.#sources.quote(error));
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
      this.add(id).begin(performance.now(), this.#keeper.fuel.used, this.#keeper.memoryBytes());
    }
    for (const task of dropped) {
      this.#end(task);
      task.reject(reason);
    }
  }
}
