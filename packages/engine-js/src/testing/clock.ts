import { Pending, type Guest, type PendingCall, type ScriptValue } from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";

const SLEEP = PROMISE_BINDINGS.modules.flatMap(({ functions }) => functions).find(({ name }) => name === "sleep")?.id;

interface Sleeper {
  readonly due: number;
  wake(): void;
}

/** A host whose timers a test lets go on. */
export class Clock extends TestHost {
  time = 0;
  readonly slept: number[] = [];
  readonly given: string[] = [];
  #sleepers: Sleeper[] = [];

  override call(id: number, args: readonly ScriptValue[], guest: Guest): ScriptValue | undefined | Pending {
    return id === SLEEP ? this.#sleep(Number(args[0])) : super.call(id, args, guest);
  }

  override resume(call: PendingCall): Pending {
    return call.functionId === SLEEP ? this.#sleep(Number(call.args[0])) : super.resume(call);
  }

  #sleep(ms: number): Pending {
    this.slept.push(ms);
    const { promise, resolve } = withResolvers();
    const sleeper = { due: this.time + ms, wake: () => resolve(null) };
    this.#sleepers.push(sleeper);
    return new Pending(promise, ({ message }) => {
      this.given.push(message);
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    });
  }

  get waits(): number {
    return this.#sleepers.length;
  }

  /** Lets so many milliseconds go by, and the guests run. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      const [next] = this.#sleepers.filter(({ due }) => due <= end).toSorted((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      this.time = next.due;
      next.wake();
      await settled();
    }
    this.time = end;
  }
}

/** Until everything that was ready has run. */
export const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

function withResolvers(): { promise: Promise<ScriptValue>; resolve(value: ScriptValue): void } {
  let resolve!: (value: ScriptValue) => void;
  const promise = new Promise<ScriptValue>((done) => (resolve = done));
  return { promise, resolve };
}
