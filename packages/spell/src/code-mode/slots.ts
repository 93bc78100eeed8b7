/** Lets only so many do something at the same time; the others wait in line. */
export class Slots {
  #free: number;
  readonly #line: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves when it is one's turn, which ends when what it gives is disposed. */
  async take(): Promise<Disposable> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#line.push(resolve));
    return {
      [Symbol.dispose]: () => {
        const next = this.#line.shift();
        if (next === undefined) this.#free++;
        else next();
      },
    };
  }
}
