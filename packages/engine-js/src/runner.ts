import {
  Lifecycle,
  classifyTrap,
  limitError,
  type Limits,
  type Seat,
  type SettlingTask,
  type Task,
  type TrapHistory,
} from "@llmspell/engine";
import { Alarm, type Operations, type StuckWatch } from "@llmspell/engine/guest-kit";
import { SpellError, isSpellError } from "@llmspell/errors";
import type { HostCalls } from "./host-calls.js";
import type { LimitKeeper } from "./keeper.js";
import type { LibraryPort } from "./library-port.js";
import type { Tasks } from "./tasks.js";
import { killError } from "./unwinding.js";
import type { Wire } from "./wire.js";

/** The parts of a guest that its turns go through. */
export interface RunnerParts {
  readonly limits: Limits;
  readonly keeper: LimitKeeper;
  readonly wire: Wire;
  readonly operations: Operations;
  readonly tasks: Tasks;
  readonly library: LibraryPort;
  readonly calls: HostCalls;
  readonly stuck: StuckWatch;
  readonly traps: TrapHistory;
  readonly seat: Seat | undefined;
}

/** Runs the turns of one guest, and ends it. */
export class Runner {
  readonly #parts: RunnerParts;
  readonly life = new Lifecycle();
  readonly #alarm = new Alarm();
  /** The name of the source that was run last. */
  source: string | undefined;
  /** Whether a trap has ended the guest. */
  trapped = false;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  /** The guest goes on from what was saved: waits, if it did. */
  restored(): void {
    this.#alarm.clear();
    if (this.life.state === "suspended") this.setAlarm();
  }

  /** Runs guest code until everything in it waits or has ended. */
  turn(task: SettlingTask | undefined, enter: () => void): Task {
    this.#alarm.clear();
    this.life.to("running");
    this.#parts.keeper.fuel.begin();
    this.#parts.stuck.begin();
    task?.begin(this.#parts.stuck.turnBegan, this.#parts.keeper.fuel.used, this.#parts.keeper.lastMemoryBytes);
    this.#parts.tasks.begin(task);
    try {
      this.#parts.library.flush();
      try {
        enter();
      } catch (thrown) {
        // What the host gave cannot enter, or cannot be compiled: the task fails, and the guest goes on.
        if (task === undefined || !isSpellError(thrown) || thrown.category === "limit") throw thrown;
        this.#parts.tasks.failed(task.id, thrown);
      }
      this.#parts.library.runJobs();
      this.#parts.tasks.endTurn(this.#parts.library.takeRejection());
      this.#parts.keeper.endTurn();
    } catch (thrown) {
      this.#killedBy(thrown);
    }
    this.#parts.stuck.end();
    this.#afterTurn();
    return task as Task;
  }

  /** Guest code has ended in the middle. */
  #killedBy(thrown: unknown): SpellError {
    const kind = classifyTrap(thrown);
    if (kind !== undefined) this.#parts.keeper.lose();
    const error = this.#parts.keeper.note(killError(thrown, this.#parts.limits));
    if (kind === undefined) return error;
    this.trapped = true;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const { fuel, peakMemory: memoryBytes, hostCalls } = this.#parts.keeper;
    this.#parts.traps.add({
      kind,
      code: error.code,
      message,
      source: this.source,
      fuel: fuel.used,
      memoryBytes,
      hostCalls,
    });
    return error;
  }

  #afterTurn(): void {
    this.#parts.wire.dropBytes();
    const { breach } = this.#parts.keeper;
    if (breach !== undefined) {
      this.end(breach);
    } else if (this.#parts.operations.size > 0) {
      this.life.to("suspended");
      this.setAlarm();
    } else if (this.#parts.tasks.pending.size > 0) {
      // What nobody will settle any more may be what a task had no memory left for.
      const deadlock = new SpellError("DEADLOCK", "every task of the spell waits for a promise that nothing settles");
      this.end(this.#parts.keeper.memoryRefusal ?? deadlock);
    } else {
      this.life.to(this.#parts.tasks.lastFailed ? "failed" : "finished");
    }
  }

  /** Has the guest looked at when its time, or the next alert on it, is due. */
  setAlarm(): void {
    this.#alarm.set(this.#parts.keeper.msToLook, () => {
      this.#parts.keeper.lookAtTime();
      if (this.#parts.keeper.fuel.msLeft > 0) this.setAlarm();
      else this.end(limitError("timeMs", this.#parts.limits));
    });
  }

  /** Nothing runs any more: aborts what is pending and fails what is unfinished. */
  end(why: SpellError): void {
    const reason = this.#parts.keeper.note(why);
    this.#parts.calls.tellLimit();
    this.#alarm.clear();
    this.life.kill(reason);
    this.#parts.seat?.killed();
    this.#parts.wire.close();
    this.#parts.operations.abortAll(reason);
    this.#parts.tasks.rejectAll(reason);
  }

  /** Reads or writes the guest from outside of its turns. */
  outside<T>(action: () => T): T {
    const before = this.life.state;
    this.life.to("running");
    this.#parts.keeper.fuel.begin();
    try {
      return action();
    } catch (thrown) {
      if (isSpellError(thrown)) throw thrown;
      throw this.#killedBy(thrown);
    } finally {
      this.#parts.wire.dropBytes();
      this.#parts.keeper.fuel.end();
      if (this.#parts.keeper.breach === undefined) this.life.to(before);
      else this.end(this.#parts.keeper.breach);
    }
  }
}
