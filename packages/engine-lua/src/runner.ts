import {
  Lifecycle,
  Pending,
  limitError,
  stateError,
  valueFromJson,
  valueToJson,
  type Guest,
  type GuestAction,
  type PendingCall,
  type ScriptValue,
  type SettlingTask,
  type TrapHistory,
} from "@llmspell/engine";
import { SpellError, isSpellError } from "@llmspell/errors";
import { LUA_OK, LUA_RIDX_GLOBALS } from "./abi.js";
import { Alarm } from "@llmspell/engine/guest-kit";
import { DebugPort } from "./debug/port.js";
import { NO_FAILURE, taskError } from "./errors.js";
import type { GuestParts, GuestPort } from "./guest-port.js";
import { Dispatch } from "./intrinsics.js";
import { MODULE_ID, loadModule } from "./modules.js";
import type { SavedGuest } from "./saved-guest.js";
import { killError, trapOf } from "./unwinding.js";
import { NO_WEAK_FUNCTIONS, WeakFunctions } from "./weak-functions.js";

/** Takes up a call that was under way when the state was saved. */
export type Resume = (call: PendingCall, guest: Guest) => ScriptValue | undefined | Pending;

/** Runs one guest: its turns, what follows each, and its end. */
export class Runner {
  readonly life = new Lifecycle();
  /** The name of the source that was run last. */
  source: string | undefined;
  /** Whether a trap has ended the guest: nothing it left behind can be relied on. */
  trapped = false;
  readonly #parts: GuestParts;
  readonly #port: GuestPort;
  readonly #traps: TrapHistory;
  readonly #alarm = new Alarm();
  /** Made when something is attached. */
  #debug: DebugPort | undefined;
  /** Made when the host holds something weakly. */
  #weak: WeakFunctions | undefined;
  /** Whether {@link Host.pause} has been asked to go on. */
  #goingOn = false;

  constructor(parts: GuestParts, port: GuestPort, traps: TrapHistory) {
    this.#parts = parts;
    this.#port = port;
    this.#traps = traps;
  }

  /** Runs guest code until everything in it waits or has ended. */
  turn(kind: number, id: number, task?: SettlingTask): void {
    if (this.#debug?.holds(kind, id, task)) return;
    this.#alarm.clear();
    this.life.to("running");
    this.#parts.keeper.hooks.isDue = false;
    this.#parts.keeper.fuel.begin();
    this.#parts.stuck.begin();
    task?.begin(this.#parts.stuck.turnBegan, this.#parts.keeper.fuel.used, this.#parts.keeper.lastMemoryBytes);
    try {
      this.#dispatch(kind, id);
      if (this.#parts.keeper.breach === undefined) this.#weak?.look();
      this.#parts.keeper.endTurn();
    } catch (thrown) {
      this.killedBy(thrown);
    }
    this.#port.calling = 0;
    this.#parts.stuck.end();
    this.#afterTurn();
    this.#weak?.announce();
  }

  #dispatch(kind: number, id: number): void {
    const { ex } = this.#parts.lua;
    const { L, refs } = this.#parts.image;
    this.#parts.lua.pushRef(L, refs.dispatch);
    ex.lua_pushnumber(L, kind);
    ex.lua_pushnumber(L, id);
    if (ex.lua_pcallk(L, 2, 0, 0, 0, 0) === LUA_OK) return;
    // The scheduler itself failed: out of memory, or stopped on the way.
    const value = this.#parts.values.read(L, -1, "error");
    ex.lua_settop(L, 0);
    this.#parts.keeper.note(taskError(value, NO_FAILURE, this.#parts.keeper));
  }

  /** Guest code has ended in the middle. */
  killedBy(thrown: unknown): SpellError {
    const kind = trapOf(thrown);
    if (kind !== undefined) this.#parts.keeper.lose();
    const error = this.#parts.keeper.note(killError(thrown, this.#parts.limits));
    if (kind === undefined) return error;
    this.trapped = true;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const { fuel, peakMemory: memoryBytes, hostCalls } = this.#parts.keeper;
    this.#traps.add({ kind, code: error.code, message, source: this.source, fuel: fuel.used, memoryBytes, hostCalls });
    return error;
  }

  #afterTurn(): void {
    const { breach } = this.#parts.keeper;
    if (breach !== undefined) {
      this.end(breach);
    } else if (this.#debug?.takesStop()) {
      this.life.to("suspended");
      this.#port.library.debugger?.announce();
    } else if (this.#port.library.paused) {
      this.life.to("suspended");
      this.setAlarm();
      this.#goOnLater();
    } else if (this.#parts.operations.size > 0 || this.#debug?.hasWaiting) {
      this.life.to("suspended");
      this.setAlarm();
    } else if (this.#port.library.tasks.size > 0) {
      // What nobody will settle any more may be what a task had no memory left for.
      const deadlock = this.#port.library.deadlock ?? new SpellError("DEADLOCK", "nothing can go on: every task waits");
      this.end(this.#parts.keeper.memoryRefusal ?? deadlock);
    } else {
      this.life.to(this.#port.library.failed ? "failed" : "finished");
    }
  }

  /** Continues the tasks that a pause of the host has left ready. */
  #goOnLater(): void {
    this.#port.library.paused = false;
    if (this.#goingOn) return;
    this.#goingOn = true;
    const goOn = (): void => {
      if (!this.#goingOn) return;
      this.#goingOn = false;
      if (this.life.state !== "suspended") return;
      if (this.#debug?.isRestored) this.#debug.goOn();
      else this.turn(Dispatch.goOn, 0);
    };
    // A guest that was paused may be restored by a host that does not pause.
    if (this.#parts.host.pause) this.#parts.host.pause(goOn);
    else setImmediate(goOn);
  }

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
    this.#parts.denials?.flush(0);
    this.#alarm.clear();
    this.life.kill(reason);
    this.#parts.seat?.killed();
    this.#parts.keeper.hooks.isClosed = true;
    this.#port.library.debugger?.ended();
    this.#port.library.debugger = undefined;
    this.#debug?.close();
    this.#parts.values.close();
    this.#parts.operations.abortAll(reason);
    this.#port.library.rejectAll(reason);
    this.#weak?.close();
  }

  /**
   * Runs host code that touches the guest where Lua catches errors, out of memory
   * among them. Where `name` is allowed while the guest runs: from inside a host call.
   */
  protected<T>(name: GuestAction, action: (L: number) => T): T {
    this.life.check(name);
    let result: T | undefined;
    const keep = (L: number): void => {
      result = action(L);
    };
    const before = this.life.state;
    if (before === "running") {
      if (this.#port.calling === 0) throw stateError(name, before, "it works only while the guest calls the host");
      this.#port.protectedCall(keep);
      return result as T;
    }
    // A finalizer may run meanwhile, and call the host.
    this.life.to("running");
    const { ex } = this.#parts.lua;
    const { L, refs } = this.#parts.image;
    this.#port.library.action = keep;
    this.#parts.keeper.fuel.begin();
    try {
      this.#parts.lua.pushRef(L, refs.action);
      this.#parts.lua.pushRef(L, LUA_RIDX_GLOBALS);
      if (ex.lua_pcallk(L, 1, 0, 0, 0, 0) !== LUA_OK) throw this.#port.asError(this.#parts.values.read(L, -1, "error"));
      return result as T;
    } catch (thrown) {
      if (isSpellError(thrown)) throw thrown;
      // A finalizer that ran while memory was taken would not end.
      throw this.killedBy(thrown);
    } finally {
      this.#port.library.action = undefined;
      this.#port.calling = 0;
      this.#parts.keeper.fuel.end();
      if (this.#parts.keeper.breach === undefined) {
        ex.lua_settop(L, 0);
        this.life.to(before);
      } else this.end(this.#parts.keeper.breach);
    }
  }

  /** Runs guest code for the debugger, at a stop or in the middle of a turn. */
  #withoutHost<T>(action: () => T): T {
    const before = this.life.state;
    const host = this.#parts.host;
    const { hostCalls } = this.#parts.keeper;
    const call = (): never => {
      throw new SpellError("PERMISSION_DENIED", "an expression of the debugger cannot call the host");
    };
    this.#parts.host = { call, write: (stream, bytes) => host.write?.(stream, bytes), now: () => host.now?.() ?? 0 };
    this.life.to("running");
    try {
      return action();
    } catch (thrown) {
      if (before === "running" || isSpellError(thrown)) throw thrown;
      throw this.killedBy(thrown);
    } finally {
      this.#parts.host = host;
      this.#parts.keeper.hostCalls = hostCalls;
      if (before !== "running") {
        if (this.#parts.keeper.breach === undefined) this.life.to(before);
        else this.end(this.#parts.keeper.breach);
      }
    }
  }

  debugPort(): DebugPort {
    return (this.#debug ??= new DebugPort({
      lua: this.#parts.lua,
      image: this.#parts.image,
      keeper: this.#parts.keeper,
      library: this.#port.library,
      running: () => this.#parts.keeper.hooks.current || this.#port.calling || this.#parts.image.L,
      withoutHost: (action) => this.#withoutHost(action),
      turn: (kind, id, task) => this.turn(kind, id, task),
      fail: (error) => this.#parts.guest.stop(error),
    }));
  }

  weakFunctions(): WeakFunctions {
    const { lua, image, values } = this.#parts;
    return (this.#weak ??= new WeakFunctions(lua, image, values, (action) => this.protected("weakRef", action)));
  }

  /** The runner's part of a snapshot. */
  save(): Pick<SavedGuest, "state" | "goingOn" | "waiting" | "hooked" | "weak"> {
    return {
      state: this.life.state,
      goingOn: this.#goingOn || this.#debug?.stands === true,
      waiting: this.#debug?.save() ?? [],
      hooked: this.#parts.lua.hooked,
      weak: this.#weak?.save() ?? NO_WEAK_FUNCTIONS,
    };
  }

  /** Goes on from what was saved; the memory holds its part already. */
  load(saved: SavedGuest, resume: Resume = (call) => this.#resumeCall(call)): void {
    this.life.restore(saved.state);
    if (saved.hooked) this.#parts.lua.hookSlot();
    try {
      if (saved.hooked || saved.waiting.length > 0 || this.#debug !== undefined) {
        this.debugPort().restore(saved.waiting);
      }
    } catch (thrown) {
      const error = this.killedBy(thrown); // a snapshot that was forged
      this.end(error);
      throw error;
    }
    // In a guest that was put back, ids are not used twice.
    this.#port.lastId = Math.max(this.#port.lastId, saved.lastId);
    this.#parts.values.load(saved.values);
    this.#port.library.load(saved.library, new SpellError("CANCELLED", "the guest was put back to an earlier state"));
    for (const call of this.#parts.operations.load(saved.operations)) this.#takeUp(call, resume);
    this.#alarm.clear();
    if (this.life.state === "suspended") this.setAlarm();
    this.#goingOn = false;
    if (saved.goingOn) this.#goOnLater();
    if (this.#weak !== undefined || saved.weak.lastId > 0) this.weakFunctions().load(saved.weak);
  }

  /** Waits again for a host call that was under way when the state was saved. */
  #takeUp(call: PendingCall, resume: Resume): void {
    let answer: ScriptValue | undefined | Pending;
    try {
      answer = resume(call, this.#parts.guest);
    } catch (thrown) {
      answer = new Pending(Promise.reject(thrown));
    }
    this.#parts.operations.add(call, answer instanceof Pending ? answer : new Pending(Promise.resolve(answer)));
  }

  /** Has the host take up a call, with the functions in its arguments being this guest's. */
  #resumeCall(call: PendingCall): ScriptValue | undefined | Pending {
    if (call.functionId === MODULE_ID) return loadModule(this.#parts.host, this.#parts.sources, call.args);
    if (!this.#parts.host.resume) {
      throw new SpellError(
        "INTERRUPTED",
        "this call was under way when the spell was saved, and cannot be taken up again",
      );
    }
    const args = valueFromJson(valueToJson(call.args), (id) =>
      this.#parts.guest.functionRef(id),
    ) as readonly ScriptValue[];
    return this.#parts.host.resume({ ...call, args }, this.#parts.guest);
  }
}
