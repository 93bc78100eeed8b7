import {
  classifyTrap,
  stateError,
  type GuestAction,
  type Pending,
  type PendingCall,
  type ScriptValue,
  type SettlingTask,
  type Task,
  type TrapKind,
} from "@llmspell/engine";
import {
  MODULE_ID,
  Runner,
  type GuestParts,
  type Resume,
  type Warnings,
  type WeakFunctions,
} from "@llmspell/engine/guest-kit";
import { SpellError, isSpellError } from "@llmspell/errors";
import type { HostCalls } from "./host-calls.js";
import type { JsInstance } from "./instance.js";
import type { JsKeeper } from "./keeper.js";
import type { LibraryPort } from "./library-port.js";
import type { Modules } from "./modules.js";
import type { ValueReader } from "./read-values.js";
import type { SavedJsGuest } from "./saved-guest.js";
import { limitStack } from "./stack.js";
import type { Owners } from "./owners.js";
import type { TurnTasks } from "./turn-tasks.js";
import type { Wire } from "./wire.js";
import type { ValueWriter } from "./write-values.js";

/** What the parts of one JavaScript guest share. */
export interface JsGuestParts extends GuestParts {
  readonly js: JsInstance;
  readonly keeper: JsKeeper;
  readonly values: Wire;
  readonly reader: ValueReader;
  readonly writer: ValueWriter;
  readonly turnTasks: TurnTasks;
  readonly owners: Owners;
  readonly library: LibraryPort;
  readonly modules: Modules;
  readonly weak: WeakFunctions;
  readonly warnings: Warnings;
}

/** Runs one JavaScript guest. */
export class JsRunner extends Runner<JsGuestParts, SavedJsGuest> {
  readonly #calls: HostCalls;
  /** Whether the last turn has stopped with jobs ready to run. */
  #isPaused = false;

  constructor(parts: JsGuestParts, calls: HostCalls) {
    super(parts, "JavaScript");
    this.#calls = calls;
  }

  /** Runs guest code until everything in it waits or has ended. */
  turn(task: SettlingTask | undefined, enter: () => void): Task {
    const { library, turnTasks, keeper, host } = this.parts;
    turnTasks.begin(task, this.#isPaused);
    if (task !== undefined) this.parts.owners.begins(task.id);
    this.#isPaused = false;
    keeper.sliceEnded = false;
    this.take(task, () => {
      library.flush();
      try {
        enter();
      } catch (thrown) {
        // What the host gave cannot enter, or cannot be compiled: the task fails, and the guest goes on.
        if (task === undefined || !isSpellError(thrown) || thrown === keeper.breach) throw thrown;
        turnTasks.failed(task.id, thrown);
      }
      this.#isPaused = !library.runJobs(host.pause !== undefined);
      // A promise that nobody has taken yet may still be taken by what is ready.
      const rejection = this.#isPaused ? undefined : library.takeRejection();
      if (keeper.breach === undefined) turnTasks.end(rejection);
    });
    this.parts.weak.announce();
    return task as Task;
  }

  /** A function of JavaScript cannot be closed: what it waits for fails, and its task has ended with that turn. */
  protected cancelNow(task: number, reason: SpellError): void {
    const { library, operations, owners, turnTasks } = this.parts;
    this.turn(undefined, () => {
      turnTasks.cancelled(task, reason);
      for (const operation of owners.cancel(task, reason)) {
        operations.abort(operation, reason);
        library.settle(operation, operations.take(operation));
      }
    });
  }

  protected trapOf(thrown: unknown): TrapKind | undefined {
    return classifyTrap(thrown);
  }

  protected override afterTurn(): void {
    this.parts.values.dropBytes();
    if (!this.#isPaused || this.parts.keeper.breach !== undefined) return super.afterTurn();
    this.life.to("suspended");
    this.setAlarm();
    this.goOnLater();
  }

  protected deadlock(): SpellError {
    return new SpellError("DEADLOCK", "every task of the spell waits for a promise that nothing settles");
  }

  protected goOn(): void {
    this.turn(undefined, () => {});
  }

  override end(why: SpellError): void {
    const { keeper, library } = this.parts;
    keeper.note(why);
    this.#calls.tellLimit();
    library.coverage?.read();
    library.coverage?.forget();
    super.end(why);
    this.parts.weak.close();
  }

  /** Reads or writes the guest from outside of its turns. */
  outside<T>(action: () => T): T {
    const { keeper, values } = this.parts;
    const before = this.life.state;
    this.life.to("running");
    keeper.fuel.begin();
    try {
      return action();
    } catch (thrown) {
      if (isSpellError(thrown)) throw thrown;
      throw this.killedBy(thrown);
    } finally {
      values.dropBytes();
      keeper.fuel.end();
      if (keeper.breach === undefined) this.life.to(before);
      else this.end(keeper.breach);
    }
  }

  /** Enters the guest from outside of its turns, or from inside a host call. */
  entered<T>(name: GuestAction, action: () => T): T {
    this.life.check(name);
    if (this.life.state !== "running") return this.outside(action);
    if (!this.#calls.calling) throw stateError(name, "running", "it works only while the guest calls the host");
    return this.#calls.inside(action);
  }

  save(): SavedJsGuest {
    const { js, library, turnTasks, values, weak } = this.parts;
    return {
      ...this.saveShared(),
      pages: js.pages,
      started: this.#isPaused ? turnTasks.started : 0,
      rejections: library.rejections.save(),
      weak: weak.save(),
      values: values.save(),
    };
  }

  override load(saved: SavedJsGuest, resume?: Resume): void {
    super.load(saved, resume);
    this.parts.weak.load(saved.weak);
  }

  protected override resumeCall(call: PendingCall): ScriptValue | undefined | Pending {
    return call.functionId === MODULE_ID ? this.parts.modules.load(call.args) : super.resumeCall(call);
  }

  protected restored({ goingOn, started, rejections }: SavedJsGuest): void {
    const { js, library, limits, turnTasks } = this.parts;
    limitStack(js, limits);
    this.#isPaused = goingOn;
    turnTasks.load(started);
    this.parts.owners.clear();
    library.loadRejections(rejections);
    library.coverage?.forget();
  }
}
