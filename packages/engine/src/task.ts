import type { SpellError } from "@llmspell/errors";
import type { Task, TaskUsage } from "./engine.js";
import type { ScriptValue } from "./value.js";

/** A task of any engine, which settles it. Its promise is made only when somebody asks for it. */
export class SettlingTask implements Task {
  readonly id: number;
  /** Its value is not read. */
  discards = false;
  state: Task["state"] = "pending";
  value: ScriptValue | undefined;
  error: SpellError | undefined;
  #settled: { resolve(value: ScriptValue): void; reject(error: SpellError): void } | undefined;
  #promise: Promise<ScriptValue> | undefined;
  // What the clock and the guest's counters showed when the task began; then, what was used since.
  #ms = 0;
  #fuel = 0;
  #memory = 0;

  /** Its first turn begins. */
  begin(now: number, fuel: number, memory: number): void {
    this.#ms = now;
    this.#fuel = fuel;
    this.#memory = memory;
  }

  /** It has ended, and is about to be settled. */
  end(now: number, fuel: number, memory: number): void {
    this.#ms = now - this.#ms;
    this.#fuel = fuel - this.#fuel;
    this.#memory = memory - this.#memory;
  }

  get usage(): TaskUsage | undefined {
    if (this.state === "pending") return undefined;
    return { durationMs: this.#ms, fuel: this.#fuel, memoryDelta: this.#memory };
  }

  constructor(id: number) {
    this.id = id;
  }

  fulfill(value: ScriptValue): void {
    this.state = "fulfilled";
    this.value = value;
    this.#settled?.resolve(value);
  }

  reject(error: SpellError): void {
    this.state = "rejected";
    this.error = error;
    this.#settled?.reject(error);
  }

  result(): Promise<ScriptValue> {
    this.#promise ??= new Promise((resolve, reject) => {
      if (this.state === "fulfilled") resolve(this.value ?? null);
      else if (this.state === "rejected") reject(this.error as SpellError);
      else this.#settled = { resolve, reject };
    });
    return this.#promise;
  }
}
