import {
  Lifecycle,
  Pending,
  limitError,
  valueFromJson,
  valueToJson,
  type Guest,
  type Host,
  type Limits,
  type PendingCall,
  type ScriptValue,
  type Seat,
  type SettlingTask,
  type TrapHistory,
  type TrapKind,
} from "../index.js";
import { SpellError } from "@llmspell/errors";
import { Alarm } from "./alarm.js";
import type { HeldFunctions } from "./held-functions.js";
import { killError } from "./killed.js";
import type { LimitKeeper } from "./limit-keeper.js";
import type { Operations } from "./operations.js";
import type { SavedGuest } from "./saved-guest.js";
import type { Sources } from "./sources.js";
import type { StuckWatch } from "./stuck-watch.js";
import type { TaskTable } from "./task-table.js";

/** What has crossed between a guest and its host, and may come back. */
interface CrossedValues {
  readonly functions: HeldFunctions;
  save(): object;
  load(saved: never): void;
  close(): void;
}

/** What the parts of a guest of any language share. */
export interface GuestParts {
  readonly guest: Guest;
  readonly limits: Limits;
  /** A debugger takes it away for a while. */
  host: Host;
  readonly keeper: LimitKeeper;
  readonly operations: Operations;
  readonly tasks: TaskTable;
  readonly values: CrossedValues;
  readonly sources: Sources;
  readonly stuck: StuckWatch;
  readonly seat: Seat | undefined;
  readonly traps: TrapHistory;
}

/** Takes up a call that was under way when the state was saved. */
export type Resume = (call: PendingCall, guest: Guest) => ScriptValue | undefined | Pending;

/** Runs one guest: its turns, what follows each, and its end. */
export abstract class Runner<Parts extends GuestParts, Saved extends SavedGuest> {
  readonly life = new Lifecycle();
  /** The name of the source that was run last. */
  source: string | undefined;
  /** Whether a trap has ended the guest: nothing it left behind can be relied on. */
  trapped = false;
  protected readonly parts: Parts;
  readonly #language: string;
  readonly #alarm = new Alarm();
  /** Whether {@link Host.pause} has been asked to go on. */
  protected goingOn = false;

  /** @param language as errors call it. */
  constructor(parts: Parts, language: string) {
    this.parts = parts;
    this.#language = language;
  }

  /** How the machine below a guest failed, if `thrown` says so. */
  protected abstract trapOf(thrown: unknown): TrapKind | undefined;

  /** Goes on with what a pause has left ready. */
  protected abstract goOn(): void;

  /** The host's side of the guest. */
  abstract save(): Saved;

  /** Has the task, which waits or is between its turns, end with `reason`. */
  protected abstract cancelNow(task: number, reason: SpellError): void;

  /** Cancels one task; the rest of the guest goes on. */
  cancel(task: number, reason: SpellError): void {
    if (!this.parts.tasks.pending.has(task)) return;
    // From inside of a host call there is no way into the guest: when its turn is over.
    if (this.life.state === "running") setImmediate(() => this.cancel(task, reason));
    else if (this.life.state === "suspended") this.cancelNow(task, reason);
  }

  /** Runs guest code until everything in it waits or has ended. */
  protected take(task: SettlingTask | undefined, enter: () => void): void {
    const { keeper, stuck } = this.parts;
    this.#alarm.clear();
    this.life.to("running");
    keeper.fuel.begin();
    stuck.begin();
    task?.begin(stuck.turnBegan, keeper.fuel.used, keeper.lastMemoryBytes);
    try {
      enter();
      keeper.endTurn();
    } catch (thrown) {
      this.killedBy(thrown);
    }
    stuck.end();
    this.afterTurn();
  }

  /** Guest code has ended in the middle. */
  killedBy(thrown: unknown): SpellError {
    const { keeper, limits, traps } = this.parts;
    const kind = this.trapOf(thrown);
    if (kind !== undefined) keeper.lose();
    const error = keeper.note(killError(thrown, kind, limits, this.#language));
    if (kind === undefined) return error;
    this.trapped = true;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const { fuel, peakMemory: memoryBytes, hostCalls } = keeper;
    traps.add({ kind, code: error.code, message, source: this.source, fuel: fuel.used, memoryBytes, hostCalls });
    return error;
  }

  protected afterTurn(): void {
    const { keeper, tasks } = this.parts;
    if (keeper.breach !== undefined) {
      this.end(keeper.breach);
    } else if (this.waits()) {
      this.life.to("suspended");
      this.setAlarm();
    } else if (tasks.pending.size > 0) {
      // What nobody will settle any more may be what a task had no memory left for.
      this.end(keeper.memoryRefusal ?? this.deadlock());
    } else {
      this.life.to(tasks.failed ? "failed" : "finished");
    }
  }

  /** Whether something will still come in for the guest. */
  protected waits(): boolean {
    return this.parts.operations.size > 0;
  }

  /** Why the guest ends when tasks wait, and nothing will come in. */
  protected abstract deadlock(): SpellError;

  /** Has the guest go on in a later turn of the event loop with what is ready. */
  protected goOnLater(): void {
    if (this.goingOn) return;
    this.goingOn = true;
    const goOn = (): void => {
      if (!this.goingOn) return;
      this.goingOn = false;
      if (this.life.state === "suspended") this.goOn();
    };
    // A guest that was paused may be restored by a host that does not pause.
    if (this.parts.host.pause) this.parts.host.pause(goOn);
    else setImmediate(goOn);
  }

  /** Has the guest looked at when its time, or the next alert on it, is due. */
  setAlarm(): void {
    this.#alarm.set(this.parts.keeper.msToLook, () => {
      this.parts.keeper.lookAtTime();
      if (this.parts.keeper.fuel.msLeft > 0) this.setAlarm();
      else this.end(limitError("timeMs", this.parts.limits));
    });
  }

  /** Nothing runs any more: aborts what is pending and fails what is unfinished. */
  end(why: SpellError): void {
    const reason = this.parts.keeper.note(why);
    this.#alarm.clear();
    this.life.kill(reason);
    this.parts.seat?.killed();
    this.parts.values.close();
    this.parts.operations.abortAll(reason);
    this.parts.tasks.rejectAll(reason);
  }

  protected saveShared(): SavedGuest {
    const { limits, keeper, operations, tasks, values } = this.parts;
    return {
      state: this.life.state,
      goingOn: this.goingOn,
      limits: { ...limits },
      lastId: tasks.lastId,
      tasks: [...tasks.pending.keys()],
      failed: tasks.failed,
      usage: keeper.save(),
      operations: operations.save(),
      values: values.save(),
    };
  }

  /** The guest's memory is that of another time. */
  protected abstract restored(saved: Saved): void;

  /** Goes on from what was saved; the memory holds its part already. */
  load(saved: Saved, resume: Resume = (call) => this.resumeCall(call)): void {
    const { operations, tasks, values } = this.parts;
    this.life.restore(saved.state);
    this.restored(saved);
    // In a guest that was put back, ids are not used twice.
    tasks.lastId = Math.max(tasks.lastId, saved.lastId);
    values.load(saved.values as never);
    tasks.load(saved.tasks, new SpellError("CANCELLED", "the guest was put back to an earlier state"));
    tasks.failed = saved.failed;
    for (const call of operations.load(saved.operations)) this.#takeUp(call, resume);
    this.#alarm.clear();
    if (this.life.state === "suspended") this.setAlarm();
    this.goingOn = false;
    if (saved.goingOn) this.goOnLater();
  }

  /** Waits again for a host call that was under way when the state was saved. */
  #takeUp(call: PendingCall, resume: Resume): void {
    let answer: ScriptValue | undefined | Pending;
    try {
      answer = resume(call, this.parts.guest);
    } catch (thrown) {
      answer = new Pending(Promise.reject(thrown));
    }
    this.parts.operations.add(call, answer instanceof Pending ? answer : new Pending(Promise.resolve(answer)));
  }

  /** Has the host take up a call, with the functions in its arguments being this guest's. */
  protected resumeCall(call: PendingCall): ScriptValue | undefined | Pending {
    const { host, guest } = this.parts;
    if (!host.resume) {
      throw new SpellError(
        "INTERRUPTED",
        "this call was under way when the spell was saved, and cannot be taken up again",
      );
    }
    const args = valueFromJson(valueToJson(call.args), (id) => guest.functionRef(id)) as readonly ScriptValue[];
    return host.resume({ ...call, args }, guest);
  }
}
