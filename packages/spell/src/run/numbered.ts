import { SpellError } from "@llmspell/errors";

/**
 * Things of a run that scripts name by ids such as `sub-1`, at most `most` of them at a time:
 * a script is not to fill the host's memory.
 */
export class Numbered<T> {
  readonly #things = new Map<string, T>();
  readonly #noun: string;
  readonly #prefix: string;
  readonly #most: number;
  #last = 0;

  constructor(noun: string, prefix: string, most: number) {
    this.#noun = noun;
    this.#prefix = prefix;
    this.#most = most;
  }

  get size(): number {
    return this.#things.size;
  }

  /** @throws SpellError `BUDGET_EXCEEDED` when there are too many: call it before what `add` takes is made. */
  checkRoom(): void {
    if (this.#things.size < this.#most) return;
    throw new SpellError("BUDGET_EXCEEDED", `a run has at most ${this.#most} ${this.#noun}s at a time`, {
      details: { limit: this.#most },
    });
  }

  add(thing: T): string {
    this.checkRoom();
    const id = `${this.#prefix}-${++this.#last}`;
    this.#things.set(id, thing);
    return id;
  }

  /** @throws SpellError `NOT_FOUND`. */
  get(id: string): T {
    const thing = this.#things.get(id);
    if (thing === undefined) throw new SpellError("NOT_FOUND", `there is no ${this.#noun} '${id.slice(0, 100)}'`);
    return thing;
  }

  find(id: string): T | undefined {
    return this.#things.get(id);
  }

  delete(id: string): boolean {
    return this.#things.delete(id);
  }

  /** The oldest first. */
  entries(): [id: string, thing: T][] {
    return [...this.#things];
  }

  clear(): void {
    this.#things.clear();
  }
}
