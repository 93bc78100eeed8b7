import {
  Pending,
  limitError,
  type Engine,
  type FunctionRef,
  type Guest,
  type GuestOptions,
  type GuestState,
  type GuestUsage,
  type Host,
  type Limits,
  type RunOptions,
  type ScriptValue,
  type Task,
} from "@llmspell/engine";
import { SpellError, isSpellError } from "@llmspell/errors";
import { LUA_MASKCOUNT, LUA_OK, LUA_RIDX_GLOBALS, UPVALUE_1 } from "./abi.js";
import { NO_FAILURE, taskError } from "./errors.js";
import { FIRST_VALUE_ID } from "./host-values.js";
import type { LuaImage } from "./image.js";
import type { LuaInstance, LuaPort } from "./instance.js";
import { Dispatch, intrinsicOf } from "./intrinsics.js";
import { LimitKeeper } from "./keeper.js";
import { isLibrary } from "./layout.js";
import { LibraryCalls, type Job } from "./library-calls.js";
import { Operations, drop } from "./operations.js";
import { killError, unwinds } from "./unwinding.js";
import { LuaValues } from "./values.js";

/** How long a turn may last before its host is told that it does not end. */
const STUCK_MS = 100;
/** Instructions after which the end of a time slice that fell into the guest's library is tried again. */
const LIBRARY_STEPS = 29;
/** The longest delay a timer of Node takes. */
const MAX_TIMER_MS = 2_147_483_647;

/** What the engine gives a guest and takes back. */
export interface Lease {
  readonly instance: LuaInstance;
  readonly image: LuaImage;
  release(instance: LuaInstance): void;
}

/** One Lua state, leased on an instance of its own. */
export class LuaGuest implements Guest, LuaPort {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly #lua: LuaInstance;
  readonly #image: LuaImage;
  readonly #lease: Lease;
  readonly #host: Host;
  readonly #values: LuaValues;
  readonly #keeper: LimitKeeper;
  readonly #operations: Operations;
  readonly #library: LibraryCalls;
  #state: GuestState = "ready";
  #lastId = 0;
  #turnBegan = 0;
  #stuck = false;
  /** Whether {@link Host.pause} has been asked to go on. */
  #goingOn = false;
  #timer: NodeJS.Timeout | undefined;
  /** What ended the guest inside {@link callSync}: it goes on unwinding though host code may have caught it. */
  #unwinding: unknown;
  /** The Lua state that is calling the host right now. */
  #calling = 0;
  /** The argument of the last call with a token as `cancel`, by its place on the stack; 0 when there was none. */
  #tokenAt = 0;

  constructor(engine: Engine, lease: Lease, limits: Limits, options: GuestOptions) {
    const { instance: lua, image } = lease;
    this.engine = engine;
    this.limits = limits;
    this.#lease = lease;
    this.#lua = lua;
    this.#image = image;
    this.#host = options.host ?? {};
    this.#values = new LuaValues(lua, image, this.limits, this.#host, options.values);
    this.#keeper = new LimitKeeper(lua, image, this.limits);
    this.#operations = new Operations(this.limits, (id) => this.#turn(Dispatch.settle, id));
    this.#library = new LibraryCalls({
      lua,
      values: this.#values,
      keeper: this.#keeper,
      operations: this.#operations,
      callHost: (L, id, first) => this.#callHost(L, id, first),
      pushToken: (L) => this.#values.pushToken(L, this.#tokenAt),
      await: (pending) => this.#await(pending),
    });
    this.#library.pausing = this.#host.pause !== undefined;
    lua.port = this;
  }

  get state(): GuestState {
    return this.#state;
  }

  get usage(): GuestUsage {
    const { fuel, hostCalls, outputBytes } = this.#keeper;
    const memoryBytes = this.#state === "disposed" ? 0 : this.#keeper.memoryBytes();
    return {
      fuel: fuel.used,
      memoryBytes,
      peakMemoryBytes: this.#keeper.peakMemory,
      hostCalls,
      pendingCalls: this.#operations.size,
      outputBytes,
    };
  }

  run(source: string, { name = "spell" }: RunOptions = {}): Task {
    return this.#start(Dispatch.run, { source, name });
  }

  call(fn: FunctionRef, args: readonly ScriptValue[] = []): Task {
    return this.#start(Dispatch.call, { fn, args });
  }

  callSync(fn: FunctionRef, args: readonly ScriptValue[] = []): ScriptValue {
    const { ex } = this.#lua;
    const L = this.#calling;
    if (L === 0) throw new SpellError("INVALID_STATE", "callSync works only while the guest calls the host");
    const top = ex.lua_gettop(L);
    this.#values.pushCall(L, fn, args);
    let status: number;
    try {
      status = ex.lua_pcallk(L, args.length, 1, 0, 0, 0);
    } catch (thrown) {
      this.#unwinding = thrown;
      throw thrown;
    }
    this.#calling = L;
    const value = this.#values.read(L, -1, "result");
    ex.lua_settop(L, top);
    if (status === LUA_OK) return value;
    throw this.#asError(value);
  }

  getGlobal(name: string): ScriptValue {
    return this.#protected((L) => {
      this.#lua.pushText(L, name);
      this.#lua.ex.lua_rawget(L, 1);
      return this.#values.read(L, -1, name);
    });
  }

  setGlobal(name: string, value: ScriptValue): void {
    this.#protected((L) => {
      this.#lua.pushText(L, name);
      this.#values.push(L, value);
      this.#lua.ex.lua_rawset(L, 1);
      return null;
    });
  }

  stop(reason: SpellError): void {
    if (this.#state === "disposed") return;
    if (this.#state === "running") this.#keeper.breakOff(reason);
    else this.#end(reason);
  }

  snapshot(): Uint8Array {
    throw new SpellError("UNSUPPORTED", "this engine does not make snapshots yet");
  }

  fork(): Guest[] {
    throw new SpellError("UNSUPPORTED", "this engine does not fork guests yet");
  }

  [Symbol.dispose](): void {
    if (this.#state === "disposed") return;
    if (this.#state === "running") {
      throw new SpellError("INVALID_STATE", "a guest cannot be disposed while its code runs");
    }
    this.#end(new SpellError("CANCELLED", "the guest was disposed"));
    this.#state = "disposed";
    this.#lua.port = undefined;
    this.#lease.release(this.#lua);
  }

  // Running

  #start(kind: number, job: Job): Task {
    this.#checkUsable();
    const id = ++this.#lastId;
    const task = this.#library.add(id, job);
    this.#turn(kind, id);
    return task;
  }

  #checkUsable(): void {
    if (this.#state === "running") {
      throw new SpellError("INVALID_STATE", "the guest is running; use callSync from inside a host call");
    }
    if (this.#state === "disposed") throw new SpellError("INVALID_STATE", "the guest was disposed");
    if (this.#keeper.breach !== undefined) throw this.#keeper.breach;
  }

  /** Runs guest code until everything in it waits or has ended. */
  #turn(kind: number, id: number): void {
    clearTimeout(this.#timer);
    this.#state = "running";
    this.#keeper.fuel.begin();
    this.#turnBegan = performance.now();
    try {
      this.#dispatch(kind, id);
    } catch (thrown) {
      this.#keeper.note(killError(thrown, this.limits));
    }
    this.#calling = 0;
    if (this.#stuck) {
      this.#stuck = false;
      this.#host.onStuck?.(false);
    }
    this.#afterTurn();
  }

  #dispatch(kind: number, id: number): void {
    const { ex } = this.#lua;
    const { L, refs } = this.#image;
    this.#lua.pushRef(L, refs.dispatch);
    ex.lua_pushnumber(L, kind);
    ex.lua_pushnumber(L, id);
    if (ex.lua_pcallk(L, 2, 0, 0, 0, 0) === LUA_OK) return;
    // The scheduler itself failed: out of memory, or stopped on the way.
    const value = this.#values.read(L, -1, "error");
    ex.lua_settop(L, 0);
    this.#keeper.note(taskError(value, NO_FAILURE, this.#keeper));
  }

  #afterTurn(): void {
    this.#keeper.memoryBytes();
    const { breach } = this.#keeper;
    if (breach !== undefined) {
      this.#end(breach);
    } else if (this.#library.paused) {
      this.#state = "suspended";
      this.#goOnLater();
    } else if (this.#operations.size > 0) {
      this.#state = "suspended";
      this.#setTimer();
    } else if (this.#library.size > 0) {
      this.#end(this.#library.deadlock ?? new SpellError("DEADLOCK", "every task of the spell waits for another one"));
    } else {
      this.#state = this.#library.failed ? "failed" : "finished";
    }
  }

  /** Continues the tasks that a pause of the host has left ready. */
  #goOnLater(): void {
    this.#library.paused = false;
    if (this.#goingOn) return;
    this.#goingOn = true;
    this.#host.pause?.(() => {
      this.#goingOn = false;
      if (this.#state === "suspended") this.#turn(Dispatch.goOn, 0);
    });
  }

  #setTimer(): void {
    const ring = (): void => {
      if (this.#keeper.fuel.msLeft > 0) this.#setTimer();
      else this.stop(limitError("timeMs", this.limits));
    };
    this.#timer = setTimeout(ring, Math.min(Math.ceil(this.#keeper.fuel.msLeft), MAX_TIMER_MS));
  }

  /** Nothing runs any more: aborts what is pending and fails what is unfinished. */
  #end(why: SpellError): void {
    const reason = this.#keeper.note(why);
    clearTimeout(this.#timer);
    this.#state = "killed";
    this.#values.close();
    this.#operations.abortAll(reason);
    this.#library.rejectAll(reason);
  }

  /** Runs host code that touches the guest where Lua catches errors, out of memory among them. */
  #protected(action: (L: number) => ScriptValue): ScriptValue {
    this.#checkUsable();
    const { ex } = this.#lua;
    const { L, refs } = this.#image;
    let result: ScriptValue = null;
    this.#library.action = (state) => {
      result = action(state);
    };
    this.#keeper.fuel.begin();
    try {
      this.#lua.pushRef(L, refs.action);
      this.#lua.pushRef(L, LUA_RIDX_GLOBALS);
      if (ex.lua_pcallk(L, 1, 0, 0, 0, 0) !== LUA_OK) throw this.#asError(this.#values.read(L, -1, "error"));
      return result;
    } catch (thrown) {
      if (isSpellError(thrown)) throw thrown;
      // A finalizer that ran while memory was taken would not end.
      throw this.#keeper.note(killError(thrown, this.limits));
    } finally {
      this.#library.action = undefined;
      if (this.#keeper.breach === undefined) ex.lua_settop(L, 0);
      else this.#end(this.#keeper.breach);
    }
  }

  #asError(value: ScriptValue): SpellError {
    return isSpellError(value) ? value : taskError(value, NO_FAILURE, this.#keeper);
  }

  // What the instance asks for

  hostCall(L: number): number {
    const id = this.#lua.ex.lua_tonumberx(L, UPVALUE_1, 0);
    const before = this.#calling;
    this.#calling = L;
    try {
      return id > 0 ? this.#throughDoor(L, id) : this.#library.call(L, intrinsicOf(id));
    } catch (thrown) {
      return this.#raise(L, this.#unwinding ?? thrown);
    } finally {
      this.#calling = before;
    }
  }

  #throughDoor(L: number, id: number): number {
    const result = this.#callHost(L, id, 1);
    if (!(result instanceof Pending)) {
      this.#values.push(L, result);
      return 1;
    }
    const { ex } = this.#lua;
    if (ex.lua_isyieldable(L) === 0) {
      drop(result, new SpellError("INVALID_STATE", "the spell cannot wait here"));
      this.#lua.pushRef(L, this.#image.refs.cannot_wait);
      ex.lua_callk(L, 0, 0, 0, 0);
    }
    const operation = this.#await(result);
    this.#lua.pushRef(L, this.#image.refs.wait);
    ex.lua_pushnumber(L, operation);
    const results = this.#values.pushToken(L, this.#tokenAt) ? 3 : 2;
    return ex.lua_yieldk(L, results, operation, this.#lua.continueSlot);
  }

  #callHost(L: number, id: number, first: number): ScriptValue | undefined | Pending {
    this.#keeper.countCall();
    const isValue = id >= FIRST_VALUE_ID;
    if (!isValue && !this.#host.call) throw new SpellError("PERMISSION_DENIED", "this spell has no host to call");
    const top = this.#lua.ex.lua_gettop(L);
    const args: ScriptValue[] = [];
    for (let i = first; i <= top; i++) args.push(this.#values.read(L, i, i - first + 1));
    this.#tokenAt = 0;
    if (this.#values.token > 0) this.#takeToken(L, args, first);
    const result = isValue ? this.#values.host.functionOf(id).call(args, this) : this.#host.call?.(id, args, this);
    if (this.#unwinding !== undefined) throw this.#unwinding;
    return result;
  }

  /** One of the arguments has a token as `cancel`, which is the guest's own business and no argument. */
  #takeToken(L: number, args: ScriptValue[], first: number): void {
    const position = this.#values.takeToken();
    const options = args[position - 1];
    const isEmpty = typeof options === "object" && options !== null && Object.keys(options).length === 0;
    if (position === args.length && isEmpty) args.pop();
    this.#tokenAt = first + position - 1;
    this.#lua.pushRef(L, this.#image.refs.check_token);
    this.#values.pushToken(L, this.#tokenAt);
    this.#lua.pushText(L, "cancel");
    this.#lua.ex.lua_callk(L, 2, 0, 0, 0);
  }

  #await(pending: Pending): number {
    const operation = ++this.#lastId;
    this.#operations.add(operation, pending);
    return operation;
  }

  continueCall(L: number, operation: number): number {
    this.#calling = L;
    try {
      const outcome = this.#operations.take(operation);
      if (!outcome.ok) throw outcome.error;
      this.#values.push(L, outcome.value);
      return 1;
    } catch (thrown) {
      return this.#raise(L, thrown);
    }
  }

  /** Turns what host code threw into an error of the guest; lets through what must end it. */
  #raise(L: number, thrown: unknown): number {
    if (unwinds(thrown)) throw thrown;
    const error = isSpellError(thrown)
      ? thrown
      : new SpellError("INTERNAL", "the host failed to answer", { cause: thrown });
    if (error.category === "limit") this.#keeper.softStop(L, error);
    return this.#raiseError(L, this.#keeper.breach ?? error);
  }

  #raiseError(L: number, error: SpellError): number {
    this.#values.pushError(L, error);
    return this.#lua.ex.lua_error(L);
  }

  interrupt(L: number): void {
    this.#keeper.interrupt(L);
    if (this.#stuck || this.#host.onStuck === undefined || performance.now() - this.#turnBegan < STUCK_MS) return;
    this.#stuck = true;
    this.#host.onStuck(true);
  }

  /**
   * Raises the error of a limit, or ends a time slice: the task yields to the
   * scheduler, so that other tasks run, and so that the interpreter is entered
   * anew: V8 swaps in its optimized code only then. Measured on an endless loop
   * in a cold process: 3.5 times as fast.
   */
  hook(L: number): void {
    const { breach } = this.#keeper;
    if (breach !== undefined) {
      this.#raiseError(L, breach);
      return;
    }
    const { ex } = this.#lua;
    ex.lua_sethook(L, 0, 0, 0);
    if (ex.lua_isyieldable(L) === 0) return;
    // What the library does to tasks and channels, no other task may see halfway.
    if (isLibrary(this.#lua, L, 0)) {
      ex.lua_sethook(L, this.#lua.hookSlot(), LUA_MASKCOUNT, LIBRARY_STEPS);
      return;
    }
    this.#library.sliced = true;
    ex.lua_yieldk(L, 0, 0, 0);
  }

  growth(current: number, needed: number): number {
    return this.#keeper.growth(current, needed);
  }

  write(stream: "stdout" | "stderr", bytes: Uint8Array): void {
    const kept = this.#keeper.countOutput(bytes);
    if (kept.length > 0) this.#host.write?.(stream, kept);
  }

  now(): number {
    return this.#host.now?.() ?? 0;
  }
}
