import {
  EMPTY_BINDINGS,
  Pending,
  limitError,
  resolveLimits,
  type Bindings,
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
import { SpellError, isErrorCode, isSpellError, toSpellError } from "@llmspell/errors";
import { LUA_MASKCOUNT, LUA_OK, LUA_REGISTRYINDEX, UPVALUE_1 } from "./abi.js";
import { readFailure, syntaxError, taskError } from "./errors.js";
import { FuelGauge } from "./fuel.js";
import type { LuaImage } from "./image.js";
import { GuestKilled, type LuaInstance, type LuaPort } from "./instance.js";
import { Dispatch, intrinsicOf, type Intrinsic } from "./intrinsics.js";
import { readHeapBytes, wantedResults } from "./layout.js";
import { LuaTask } from "./task.js";
import { LuaValues } from "./values.js";

/** Memory a guest may still take after it was refused more, to report what happened. */
const MEMORY_RESERVE = 256 * 1024;
/** The longest delay a timer of Node takes. */
const MAX_TIMER_MS = 2_147_483_647;

type Outcome = { readonly ok: true; readonly value: ScriptValue | undefined } | { readonly ok: false; readonly error: SpellError };
type Job =
  | { readonly source: string; readonly name: string }
  | { readonly fn: FunctionRef; readonly args: readonly ScriptValue[] };

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
  readonly #fuel: FuelGauge;
  readonly #tasks = new Map<number, LuaTask>();
  readonly #jobs = new Map<number, Job>();
  readonly #pending = new Map<number, Pending>();
  readonly #outcomes = new Map<number, Outcome>();
  #state: GuestState = "ready";
  #lastId = 0;
  #hostCalls = 0;
  #outputBytes = 0;
  #peakMemory = 0;
  #memoryRefused = false;
  /** The limit that was reached, or why the host stopped the guest: nothing the guest does changes it. */
  #breach: SpellError | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** What ended the guest inside {@link callSync}: it goes on unwinding though host code may have caught it. */
  #unwinding: unknown;
  /** The Lua state that is calling the host right now. */
  #calling = 0;

  constructor(engine: Engine, lease: Lease, options: GuestOptions) {
    this.engine = engine;
    this.limits = resolveLimits(options.limits);
    this.#lease = lease;
    this.#lua = lease.instance;
    this.#image = lease.image;
    this.#host = options.host ?? {};
    this.#values = new LuaValues(this.#lua, this.#image, this.limits);
    this.#fuel = new FuelGauge(this.#lua.ex.$fuel, this.limits);
    this.#lua.port = this;
  }

  get state(): GuestState {
    return this.#state;
  }

  get usage(): GuestUsage {
    return {
      fuel: this.#fuel.used,
      memoryBytes: this.#memoryBytes(),
      peakMemoryBytes: this.#peakMemory,
      hostCalls: this.#hostCalls,
      pendingCalls: this.#pending.size,
      outputBytes: this.#outputBytes,
    };
  }

  #memoryBytes(): number {
    if (this.#state === "disposed") return 0;
    const bytes = readHeapBytes(this.#lua, this.#image.L);
    this.#peakMemory = Math.max(this.#peakMemory, bytes);
    return bytes;
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
    this.#reserve(L, args);
    this.#values.push(L, fn);
    for (const arg of args) this.#values.push(L, arg);
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
    if (isSpellError(value)) throw value;
    throw taskError(value, readFailure(null), this.#context());
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
    if (this.#state === "running") {
      this.#breakOff(reason);
    } else {
      this.#breach ??= reason;
      this.#end();
    }
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
    this.#breach ??= new SpellError("CANCELLED", "the guest was disposed");
    this.#end();
    this.#state = "disposed";
    this.#lua.port = undefined;
    this.#lease.release(this.#lua);
  }

  // Running

  #start(kind: number, job: Job): Task {
    this.#checkUsable();
    const id = ++this.#lastId;
    const task = new LuaTask();
    this.#tasks.set(id, task);
    this.#jobs.set(id, job);
    this.#turn(kind, id);
    return task;
  }

  #checkUsable(): void {
    if (this.#state === "running") {
      throw new SpellError("INVALID_STATE", "the guest is running; use callSync from inside a host call");
    }
    if (this.#state === "disposed") throw new SpellError("INVALID_STATE", "the guest was disposed");
    if (this.#breach !== undefined) throw this.#breach;
  }

  /** Runs guest code until everything in it waits or has ended. */
  #turn(kind: number, id: number): void {
    clearTimeout(this.#timer);
    this.#state = "running";
    this.#fuel.begin();
    const run = (): void => {
      const { ex } = this.#lua;
      const { L, refs } = this.#image;
      ex.lua_rawgeti(L, LUA_REGISTRYINDEX, BigInt(refs.dispatch));
      ex.lua_pushnumber(L, kind);
      ex.lua_pushnumber(L, id);
      if (ex.lua_pcallk(L, 2, 0, 0, 0, 0) !== LUA_OK) {
        // The scheduler itself failed: out of memory, or stopped on the way.
        const value = this.#values.read(L, -1, "error");
        ex.lua_settop(L, 0);
        this.#breach ??= taskError(value, readFailure(null), this.#context());
      }
    };
    try {
      if (this.#host.aroundTurn) this.#host.aroundTurn(run);
      else run();
    } catch (thrown) {
      this.#breach ??= killError(thrown, this.limits);
    }
    this.#calling = 0;
    this.#afterTurn();
  }

  #afterTurn(): void {
    this.#memoryBytes();
    if (this.#breach !== undefined) {
      this.#end();
    } else if (this.#tasks.size === 0 && this.#pending.size === 0) {
      if (this.#state === "running") this.#state = "finished";
    } else if (this.#pending.size === 0) {
      this.#breach = new SpellError("DEADLOCK", "every task of the spell waits for another one");
      this.#end();
    } else {
      this.#state = "suspended";
      this.#timer = setTimeout(() => this.stop(limitError("timeMs", this.limits)), Math.min(this.#fuel.msLeft, MAX_TIMER_MS));
    }
  }

  /** Nothing runs any more: aborts what is pending and fails what is unfinished. */
  #end(): void {
    clearTimeout(this.#timer);
    this.#state = "killed";
    this.#values.close();
    const reason = this.#breach ?? new SpellError("CANCELLED", "the guest was stopped");
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const operation of pending) {
      try {
        operation.abort(reason);
      } catch {
        // A host that fails to clean up must not keep the other operations and the tasks from ending.
      }
    }
    const tasks = [...this.#tasks.values()];
    this.#tasks.clear();
    this.#jobs.clear();
    for (const task of tasks) task.reject(reason);
  }

  /** Runs host code that touches the guest where Lua catches errors, out of memory among them. */
  #protected(action: (L: number) => ScriptValue): ScriptValue {
    this.#checkUsable();
    const { ex } = this.#lua;
    const { L, refs } = this.#image;
    let result: ScriptValue = null;
    this.#action = (state) => {
      result = action(state);
    };
    this.#fuel.begin();
    try {
      ex.lua_rawgeti(L, LUA_REGISTRYINDEX, BigInt(refs.action));
      ex.lua_rawgeti(L, LUA_REGISTRYINDEX, 2n); // LUA_RIDX_GLOBALS
      const status = ex.lua_pcallk(L, 1, 0, 0, 0, 0);
      if (status !== LUA_OK) {
        const value = this.#values.read(L, -1, "error");
        throw isSpellError(value) ? value : taskError(value, readFailure(null), this.#context());
      }
      return result;
    } catch (thrown) {
      if (isSpellError(thrown)) throw thrown;
      // A finalizer that ran while memory was taken would not end.
      this.#breach ??= killError(thrown, this.limits);
      throw this.#breach;
    } finally {
      this.#action = undefined;
      if (this.#breach === undefined) ex.lua_settop(L, 0);
      else this.#end();
    }
  }

  #action: ((L: number) => void) | undefined;

  #context(): { limits: Limits; memoryRefused: boolean } {
    return { limits: this.limits, memoryRefused: this.#memoryRefused };
  }

  // What the instance asks for

  hostCall(L: number): number {
    const { ex } = this.#lua;
    const id = ex.lua_tonumberx(L, UPVALUE_1, 0);
    const before = this.#calling;
    this.#calling = L;
    try {
      return id > 0 ? this.#throughDoor(L, id) : this.#intrinsic(L, intrinsicOf(id));
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
      const error = new SpellError(
        "INVALID_STATE",
        "a function that waits was called where Lua cannot be suspended (in table.sort, string.gsub, a finalizer or a host callback)",
      );
      result.promise.catch(() => {});
      result.abort(error);
      throw error;
    }
    const operation = this.#await(result);
    ex.lua_rawgeti(L, LUA_REGISTRYINDEX, BigInt(this.#image.refs.wait));
    ex.lua_pushnumber(L, operation);
    return ex.lua_yieldk(L, 2, operation, this.#lua.continueSlot);
  }

  /** Calls the host with the arguments from `first` on. */
  #callHost(L: number, id: number, first: number): ScriptValue | undefined | Pending {
    if (++this.#hostCalls > this.limits.hostCalls) throw limitError("hostCalls", this.limits);
    if (!this.#host.call) throw new SpellError("PERMISSION_DENIED", "this spell has no host to call");
    const top = this.#lua.ex.lua_gettop(L);
    const args: ScriptValue[] = [];
    for (let i = first; i <= top; i++) args.push(this.#values.read(L, i, i - first + 1));
    const result = this.#host.call(id, args, this);
    if (this.#unwinding !== undefined) throw this.#unwinding;
    return result;
  }

  #await(pending: Pending): number {
    if (this.#pending.size >= this.limits.pendingCalls) {
      pending.promise.catch(() => {});
      pending.abort(limitError("pendingCalls", this.limits));
      throw limitError("pendingCalls", this.limits);
    }
    const operation = ++this.#lastId;
    this.#pending.set(operation, pending);
    pending.promise.then(
      (value) => this.#settle(operation, { ok: true, value }),
      (reason: unknown) => this.#settle(operation, { ok: false, error: toSpellError(reason) }),
    );
    return operation;
  }

  #settle(operation: number, outcome: Outcome): void {
    if (!this.#pending.delete(operation)) return;
    this.#outcomes.set(operation, outcome);
    this.#turn(Dispatch.settle, operation);
  }

  continueCall(L: number, operation: number): number {
    this.#calling = L;
    try {
      const outcome = this.#takeOutcome(operation);
      if (!outcome.ok) throw outcome.error;
      this.#values.push(L, outcome.value);
      return 1;
    } catch (thrown) {
      return this.#raise(L, thrown);
    }
  }

  #takeOutcome(operation: number): Outcome {
    const outcome = this.#outcomes.get(operation);
    this.#outcomes.delete(operation);
    if (outcome !== undefined) return outcome;
    throw new SpellError("INVALID_STATE", "a coroutine that waits for the host was resumed by the script");
  }

  /** Turns what host code threw into an error of the guest; lets through what must end it. */
  #raise(L: number, thrown: unknown): number {
    if (unwinds(thrown)) throw thrown;
    const error = isSpellError(thrown) ? thrown : new SpellError("INTERNAL", "the host failed to answer", { cause: thrown });
    if (error.category === "limit") this.#softStop(L, error);
    this.#values.pushError(L, this.#breach ?? error);
    return this.#lua.ex.lua_error(L);
  }

  #intrinsic(L: number, name: Intrinsic | undefined): number {
    const { ex } = this.#lua;
    switch (name) {
      case "action":
        this.#action?.(L);
        return 0;
      case "abort": {
        const operation = ex.lua_tonumberx(L, 1, 0);
        const pending = this.#pending.get(operation);
        this.#pending.delete(operation);
        pending?.abort(new SpellError("CANCELLED", "the spell no longer waits for this"));
        return 0;
      }
      case "arguments":
        return this.#pushJob(L, ex.lua_tonumberx(L, 1, 0));
      case "begin": {
        const result = this.#callHost(L, ex.lua_tonumberx(L, 1, 0), 2);
        if (result instanceof Pending) {
          ex.lua_pushnumber(L, this.#await(result));
          return 1;
        }
        ex.lua_pushboolean(L, 0);
        this.#values.push(L, result);
        return 2;
      }
      case "error": {
        const code = this.#values.read(L, 1, "code");
        const message = this.#values.read(L, 2, "message");
        this.#values.pushError(L, new SpellError(isErrorCode(code) ? code : "SCRIPT_ERROR", String(message)));
        return 1;
      }
      case "finished":
        this.#finished(L);
        return 0;
      case "id":
        this.#lua.sync();
        ex.lua_pushinteger(L, BigInt(this.#lua.view.getUint32(ex.lua_touserdata(L, 1), true)));
        return 1;
      case "load":
        return this.#load(L, ex.lua_tonumberx(L, 1, 0));
      case "take": {
        const outcome = this.#takeOutcome(ex.lua_tonumberx(L, 1, 0));
        if (outcome.ok) return this.#pushAnswer(L, outcome.value);
        ex.lua_pushboolean(L, 0);
        this.#values.pushError(L, outcome.error);
        return 2;
      }
      case "wanted":
        ex.lua_pushnumber(L, wantedResults(this.#lua, L));
        return 1;
      default:
        throw new SpellError("INTERNAL", `the guest library called '${name}'`);
    }
  }

  /** Pushes true and the value, or false and an error that says why it cannot enter. */
  #pushAnswer(L: number, value: ScriptValue | undefined): number {
    const { ex } = this.#lua;
    const top = ex.lua_gettop(L);
    try {
      ex.lua_pushboolean(L, 1);
      this.#values.push(L, value);
    } catch (thrown) {
      if (!isSpellError(thrown) || thrown.category === "limit") throw thrown;
      ex.lua_settop(L, top);
      ex.lua_pushboolean(L, 0);
      this.#values.pushError(L, thrown);
    }
    return 2;
  }

  #load(L: number, id: number): number {
    const { ex } = this.#lua;
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    if (job === undefined || !("source" in job)) throw new SpellError("INTERNAL", "there is nothing to load");
    const status = this.#lua.load(L, chunkText(job.source), job.name);
    if (status === LUA_OK) return 1;
    const message = String(this.#values.read(L, -1, "message"));
    ex.lua_pushnil(L);
    this.#values.pushError(L, this.#memoryRefused && message.endsWith("not enough memory") ? limitError("memoryBytes", this.limits) : syntaxError(message));
    return 2;
  }

  #pushJob(L: number, id: number): number {
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    if (job === undefined || !("fn" in job)) throw new SpellError("INTERNAL", "there is nothing to call");
    this.#reserve(L, job.args);
    this.#values.push(L, job.fn);
    for (const arg of job.args) this.#values.push(L, arg);
    return job.args.length + 1;
  }

  /** Room on the stack of `L` for a function and its arguments. */
  #reserve(L: number, args: readonly ScriptValue[]): void {
    if (this.#lua.ex.lua_checkstack(L, args.length + 8) !== 0) return;
    throw new SpellError("INVALID_ARGUMENT", `a function cannot be called with ${args.length} arguments`);
  }

  #finished(L: number): void {
    const { ex } = this.#lua;
    const id = ex.lua_tonumberx(L, 1, 0);
    const task = this.#tasks.get(id);
    // A script that caught the error of its limit, or never met it, has still ended at it.
    const ok = ex.lua_toboolean(L, 2) !== 0 && this.#breach === undefined;
    try {
      const value = this.#breach ?? this.#values.read(L, 3, ok ? "the result" : "the error");
      if (ok) {
        task?.fulfill(value);
      } else {
        this.#state = "failed";
        task?.reject(taskError(value, readFailure(this.#values.read(L, 4, "failure")), this.#context()));
      }
    } catch (thrown) {
      if (!isSpellError(thrown)) throw thrown;
      this.#state = "failed";
      task?.reject(thrown);
    }
    this.#tasks.delete(id);
  }

  // Limits

  interrupt(L: number): void {
    this.#memoryBytes();
    if (this.#breach === undefined) {
      const limit = this.#fuel.refill();
      if (limit !== undefined) this.#softStop(L, limitError(limit, this.limits));
      else if (L !== 0 && this.#tooDeep(L)) this.#softStop(L, limitError("callDepth", this.limits));
      else this.#setHook(L);
      return;
    }
    if (!this.#fuel.grace()) throw new GuestKilled(this.#breach.message);
    this.#softStop(L, this.#breach);
  }

  #tooDeep(L: number): boolean {
    return this.#lua.ex.lua_getstack(L, this.limits.callDepth, this.#lua.scratch) !== 0;
  }

  /**
   * From here on every instruction of the running coroutine raises `reason`, so
   * that no `pcall` swallows it for long; after a little more fuel the guest is
   * killed, whatever it does.
   */
  #softStop(L: number, reason: SpellError): void {
    if (this.#breach === undefined) this.#fuel.startGrace();
    this.#breach ??= reason;
    this.#setHook(L);
  }

  /** Has {@link hook} called before the next instruction of the coroutine `L`. */
  #setHook(L: number): void {
    if (L !== 0) this.#lua.ex.lua_sethook(L, this.#lua.hookSlot(), LUA_MASKCOUNT, 1);
  }

  /** As {@link #softStop}, where no Lua state is at hand to raise an error in: the next charge does it. */
  #breakOff(reason: SpellError): void {
    if (this.#breach !== undefined) return;
    this.#softStop(0, reason);
    this.#fuel.exhaust();
  }

  /**
   * Ends a time slice: a task yields to the scheduler, so that other tasks run,
   * and so that the interpreter is entered anew: V8 swaps in its optimized code
   * only then. Measured on an endless loop in a cold process: 3.5 times as fast.
   */
  hook(L: number): void {
    const { ex } = this.#lua;
    if (this.#breach === undefined) {
      ex.lua_sethook(L, 0, 0, 0);
      ex.lua_rawgeti(L, LUA_REGISTRYINDEX, BigInt(this.#image.refs.tasks));
      ex.lua_pushthread(L);
      ex.lua_rawget(L, -2);
      const isTask = ex.lua_toboolean(L, -1) !== 0;
      ex.lua_settop(L, -3);
      if (isTask && ex.lua_isyieldable(L) !== 0) ex.lua_yieldk(L, 0, 0, 0);
      return;
    }
    this.#values.pushError(L, this.#breach ?? new SpellError("CANCELLED", "the guest was stopped"));
    this.#lua.ex.lua_error(L);
  }

  growth(current: number, needed: number): number {
    const { memoryBytes } = this.limits;
    // By a quarter at least: each growth costs, however small it is.
    if (needed <= memoryBytes) return Math.min(Math.max(needed, current * 1.25), memoryBytes);
    const granted = this.#memoryRefused && needed <= memoryBytes + MEMORY_RESERVE ? needed : 0;
    this.#memoryRefused = true;
    return granted;
  }

  write(stream: "stdout" | "stderr", bytes: Uint8Array): void {
    const room = this.limits.outputBytes - this.#outputBytes;
    const kept = bytes.length <= room ? bytes : bytes.subarray(0, room);
    this.#outputBytes += kept.length;
    if (kept.length > 0) this.#host.write?.(stream, kept);
    if (kept.length < bytes.length) this.#breakOff(limitError("outputBytes", this.limits));
  }

  now(): number {
    return this.#host.now?.() ?? 0;
  }
}

/** Source as Lua takes it: no byte order mark, and a first line such as #!/usr/bin/env as a comment. */
function chunkText(source: string): string {
  const text = source.charCodeAt(0) === 0xfeff ? source.slice(1) : source;
  return text.startsWith("#") ? `--${text}` : text;
}

/** Whether a thrown value is on its way through wasm frames: Lua's own longjmp, or the end of the guest. */
function unwinds(thrown: unknown): boolean {
  return (
    thrown instanceof WebAssembly.Exception ||
    thrown instanceof GuestKilled ||
    thrown instanceof WebAssembly.RuntimeError ||
    isStackOverflow(thrown)
  );
}

/** Whether V8's own stack ended; any other RangeError is a defect of host code. */
function isStackOverflow(thrown: unknown): boolean {
  return thrown instanceof RangeError && thrown.message.includes("call stack");
}

/** The error of a guest that was ended in the middle of its code. */
function killError(thrown: unknown, limits: Limits): SpellError {
  if (isSpellError(thrown)) return thrown;
  // V8's own stack ended before Lua's limit on nested C calls did.
  if (isStackOverflow(thrown)) return limitError("callDepth", limits);
  return new SpellError("INTERNAL", "the Lua interpreter failed", { cause: thrown });
}

/** The bindings of guests that were given none. */
export const bindingsOf = (options: GuestOptions): Bindings => options.bindings ?? EMPTY_BINDINGS;
