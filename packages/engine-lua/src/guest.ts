import {
  Lifecycle,
  Pending,
  type SettlingTask,
  checkLimits,
  limitError,
  stateError,
  valueFromJson,
  valueToJson,
  type CoverageRecorder,
  type DebugOptions,
  type Debugger,
  type Engine,
  type ForkOptions,
  type FunctionRef,
  type Guest,
  type GuestAction,
  type GuestOptions,
  type GuestState,
  type GuestUsage,
  type Host,
  type Lease,
  type Limits,
  type PendingCall,
  type Profiler,
  type ProfilerOptions,
  type RunOptions,
  type ScriptValue,
  type Seat,
  type Snapshot,
  type SourcePosition,
  type Task,
  type TrapHistory,
} from "@llmspell/engine";
import { SpellError, isSpellError } from "@llmspell/errors";
import { Alarm } from "./alarm.js";
import { LUA_OK, LUA_RIDX_GLOBALS, UPVALUE_1 } from "./abi.js";
import type { ChunkCache } from "./chunk-cache.js";
import { tuneCollector } from "./collector.js";
import { startCoverage } from "./debug/coverage.js";
import { DebugPort } from "./debug/port.js";
import { startProfiler } from "./debug/profiler.js";
import { Denials } from "./denials.js";
import { NO_FAILURE, taskError } from "./errors.js";
import { FIRST_VALUE_ID } from "./host-values.js";
import type { LuaImage } from "./image.js";
import type { ImageMemory } from "./memory.js";
import type { LuaInstance, LuaPort } from "./instance.js";
import { Dispatch, intrinsicOf } from "./intrinsics.js";
import { LimitKeeper } from "./keeper.js";
import { LibraryCalls, type Job } from "./library-calls.js";
import { MODULE_ID, loadModule } from "./modules.js";
import { Operations, StartedCall, drop } from "./operations.js";
import { positionIn } from "./position.js";
import type { SavedGuest } from "./saved-guest.js";
import { LuaSnapshot, ownSnapshot } from "./snapshot.js";
import { Sources } from "./sources.js";
import { StuckWatch } from "./stuck-watch.js";

import { killError, trapOf, unwinds } from "./unwinding.js";
import { LuaValues } from "./values.js";
import { Warnings } from "./warnings.js";

/** Instructions after which the end of a time slice that fell into the guest's library is tried again. */
const LIBRARY_STEPS = 29;

/** What its engine gives a guest beside its instance. */
export interface GuestServices {
  readonly traps: TrapHistory;
  readonly chunks: ChunkCache | undefined;
  /** Its place at its tenant. */
  readonly seat?: Seat | undefined;
  /** What the guest goes on from, and who takes up what it waited for. */
  readonly saved?: { readonly guest: SavedGuest; readonly resume?: Resume | undefined } | undefined;
  /** Another guest like this one, but for its host. */
  restore(snapshot: LuaSnapshot, host: Host, resume: Resume): Guest;
}

/** Takes up a call that was under way when the state was saved. */
export type Resume = (call: PendingCall, guest: Guest) => ScriptValue | undefined | Pending;

/** One Lua state, leased on an instance of its own. */
export class LuaGuest implements Guest, LuaPort {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly #lua: LuaInstance;
  readonly #image: LuaImage;
  readonly #lease: Lease<ImageMemory, LuaInstance>;
  readonly #services: GuestServices;
  #host: Host;
  readonly #values: LuaValues;
  readonly #keeper: LimitKeeper;
  readonly #operations: Operations;
  readonly #library: LibraryCalls;
  readonly #warnings: Warnings;
  readonly #sources = new Sources();
  readonly #traps: TrapHistory;
  readonly #seat: Seat | undefined;
  readonly #denials: Denials | undefined;
  readonly #stuck: StuckWatch;
  readonly #life = new Lifecycle();
  readonly #alarm = new Alarm();
  /** Made when something is attached. */
  #port: DebugPort | undefined;
  #lastId = 0;
  /** The name of the source that was run last. */
  #source: string | undefined;
  #trapped = false;
  /** Whether {@link Host.pause} has been asked to go on. */
  #goingOn = false;
  /** What ended the guest inside {@link callSync}: it goes on unwinding though host code may have caught it. */
  #unwinding: unknown;
  /** The Lua state that is calling the host right now. */
  #calling = 0;
  /** The argument of the last call with a token as `cancel`, by its place on the stack; 0 when there was none. */
  #tokenAt = 0;

  constructor(
    engine: Engine,
    lease: Lease<ImageMemory, LuaInstance>,
    limits: Limits,
    options: GuestOptions,
    services: GuestServices,
  ) {
    const { instance: lua, image: memory } = lease;
    const { image } = memory;
    const { traps, seat, saved } = services;
    this.engine = engine;
    this.limits = { ...limits };
    this.#traps = traps;
    this.#seat = seat;
    this.#denials = options.onDenied && new Denials(options.onDenied, lua);
    this.#lease = lease;
    this.#services = services;
    this.#lua = lua;
    this.#image = image;
    this.#host = options.host ?? {};
    this.#values = new LuaValues(lua, image, this.limits, this.#host, options.values);
    this.#stuck = new StuckWatch(this.#host);
    this.#keeper = new LimitKeeper(lua, image, this.limits, {
      ...options,
      seat,
      denials: this.#denials,
      saved: saved?.guest.usage,
    });
    this.#operations = new Operations(
      this.limits,
      (id) => this.#turn(Dispatch.settle, id),
      (size) => this.#keeper.lookAtPending(size),
    );
    this.#warnings = new Warnings(lua, this.#host, this.#keeper, options.warnings ?? {}, this);
    this.#library = new LibraryCalls({
      lua,
      values: this.#values,
      keeper: this.#keeper,
      operations: this.#operations,
      tasksRef: image.refs.tasks,
      hasClock: this.#host.now !== undefined,
      warnings: this.#warnings,
      sources: this.#sources,
      chunks: services.chunks,
      callHost: (L, id, first) => this.#callHost(L, id, first),
      pushToken: (L) => this.#values.pushToken(L, this.#tokenAt),
      await: (call) => this.#await(call),
      denied: (what, message) =>
        this.#denials?.add(what, this.#calling, new SpellError(what === "load" ? "UNSUPPORTED" : "NOT_FOUND", message)),
    });
    this.#library.pausing = this.#host.pause !== undefined;
    lua.port = this;
    if (saved !== undefined) this.#load(saved.guest, saved.resume);
    else if (options.gc !== undefined) tuneCollector(lua, image, options.gc);
  }

  get state(): GuestState {
    return this.#life.state;
  }

  get position(): SourcePosition | undefined {
    return this.#calling === 0 ? undefined : positionIn(this.#lua, this.#calling);
  }

  get usage(): GuestUsage {
    const { fuel, hostCalls, outputBytes } = this.#keeper;
    const memoryBytes = this.state === "disposed" ? 0 : this.#keeper.memoryBytes();
    return {
      fuel: fuel.used,
      memoryBytes,
      peakMemoryBytes: this.#keeper.peakMemory,
      hostCalls,
      pendingCalls: this.#operations.size,
      outputBytes,
      warnings: this.#warnings.count,
    };
  }

  run(source: string, { name = "spell" }: RunOptions = {}): Task {
    this.#life.check("run");
    this.#source = name;
    this.#sources.add(name, source);
    return this.#start(Dispatch.run, { source, name });
  }

  reload(name: string, source: string): Task {
    this.#life.check("reload");
    const before = this.#sources.get(name);
    this.#sources.set(name, source);
    const task = this.#start(Dispatch.reload, { source, name });
    task.result().catch(() => this.#sources.set(name, before));
    return task;
  }

  call(fn: FunctionRef, args: readonly ScriptValue[] = []): Task {
    this.#life.check("call");
    return this.#start(Dispatch.call, { fn, args });
  }

  callSync(fn: FunctionRef, args: readonly ScriptValue[] = []): ScriptValue {
    this.#life.check("callSync");
    const { ex } = this.#lua;
    const L = this.#calling;
    if (L === 0) throw stateError("callSync", this.state, "it works only while the guest calls the host");
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
    return this.#protected("getGlobal", (L) => {
      this.#lua.pushText(L, name);
      this.#lua.ex.lua_rawget(L, 1);
      return this.#values.read(L, -1, name);
    });
  }

  setGlobal(name: string, value: ScriptValue): void {
    this.#protected("setGlobal", (L) => {
      this.#lua.pushText(L, name);
      this.#values.push(L, value);
      this.#lua.ex.lua_rawset(L, 1);
      return null;
    });
  }

  updateLimits(limits: Partial<Limits>): void {
    this.#life.check("updateLimits");
    Object.assign(this.limits, checkLimits(limits));
    this.#keeper.changed();
    if (this.state === "suspended") this.#setAlarm();
  }

  stop(reason: SpellError): void {
    if (this.state === "running") this.#keeper.breakOff(reason);
    else if (this.state !== "disposed") this.#end(reason);
  }

  get tasks(): ReadonlyMap<number, Task> {
    return this.#library.tasks;
  }

  functionRef(id: number): FunctionRef {
    this.#life.check("functionRef");
    return this.#values.functionRef(id);
  }

  snapshot(): LuaSnapshot {
    this.#life.check("snapshot");
    const { image: memory } = this.#lease;
    return new LuaSnapshot(this.engine.hash, memory.base, memory.capture(this.#lua), {
      state: this.state,
      limits: { ...this.limits },
      lastId: this.#lastId,
      goingOn: this.#goingOn || this.#port?.stands === true,
      waiting: this.#port?.save() ?? [],
      hooked: this.#lua.hooked,
      usage: this.#keeper.save(),
      library: this.#library.save(),
      operations: this.#operations.save(),
      values: this.#values.save(),
    });
  }

  rollback(snapshot: Snapshot): void {
    this.#life.check("rollback");
    const { image: memory } = this.#lease;
    const { guest: saved, memory: delta } = ownSnapshot(snapshot).checkFits({
      engineHash: this.engine.hash,
      base: memory.base,
    });
    if (delta.byteLength > this.#lua.memoryBytes && this.#seat?.hold(delta.byteLength) === false) {
      throw this.#seat.refusal();
    }
    const { $fuel } = this.#lua.ex;
    const left = $fuel.value;
    memory.restore(this.#lua, delta);
    $fuel.value = left;
    this.#load(saved);
  }

  fork(count: number, { host }: ForkOptions = {}): Guest[] {
    this.#life.check("fork");
    if (!(Number.isInteger(count) && count > 0)) {
      throw new SpellError("INVALID_ARGUMENT", `a guest is forked into a positive number of guests, not ${count}`);
    }
    const snapshot = this.snapshot();
    const guests: Guest[] = [];
    try {
      for (let i = 0; i < count; i++) {
        const share: Resume = ({ operation }) => this.#operations.share(operation);
        const guest = this.#services.restore(snapshot, host?.(i) ?? this.#host, share);
        guests.push(guest);
        if (guest instanceof LuaGuest) guest.#sources.adopt(this.#sources);
      }
    } catch (thrown) {
      for (const guest of guests) guest[Symbol.dispose]();
      throw thrown;
    }
    return guests;
  }

  /** Goes on from what was saved; the memory holds its part already. */
  #load(saved: SavedGuest, resume: Resume = (call) => this.#resumeCall(call)): void {
    this.#life.restore(saved.state);
    if (saved.hooked) this.#lua.hookSlot();
    try {
      if (saved.hooked || saved.waiting.length > 0 || this.#port !== undefined) {
        this.#debugPort().restore(saved.waiting);
      }
    } catch (thrown) {
      const error = this.#killedBy(thrown); // a snapshot that was forged
      this.#end(error);
      throw error;
    }
    // In a guest that was put back, ids are not used twice.
    this.#lastId = Math.max(this.#lastId, saved.lastId);
    this.#values.load(saved.values);
    this.#library.load(saved.library, new SpellError("CANCELLED", "the guest was put back to an earlier state"));
    for (const call of this.#operations.load(saved.operations)) this.#takeUp(call, resume);
    this.#alarm.clear();
    if (this.state === "suspended") this.#setAlarm();
    this.#goingOn = false;
    if (saved.goingOn) this.#goOnLater();
  }

  /** Waits again for a host call that was under way when the state was saved. */
  #takeUp(call: PendingCall, resume: Resume): void {
    let answer: ScriptValue | undefined | Pending;
    try {
      answer = resume(call, this);
    } catch (thrown) {
      answer = new Pending(Promise.reject(thrown));
    }
    this.#operations.add(call, answer instanceof Pending ? answer : new Pending(Promise.resolve(answer)));
  }

  /** Has the host take up a call, with the functions in its arguments being this guest's. */
  #resumeCall(call: PendingCall): ScriptValue | undefined | Pending {
    if (call.functionId === MODULE_ID) return loadModule(this.#host, this.#sources, call.args);
    if (!this.#host.resume) {
      throw new SpellError(
        "INTERRUPTED",
        "this call was under way when the spell was saved, and cannot be taken up again",
      );
    }
    const args = valueFromJson(valueToJson(call.args), (id) => this.functionRef(id)) as readonly ScriptValue[];
    return this.#host.resume({ ...call, args }, this);
  }

  attachDebugger(options: DebugOptions = {}): Debugger {
    this.#life.check("attachDebugger");
    return this.#debugPort().attach(options);
  }

  startProfiler(options: ProfilerOptions = {}): Profiler {
    this.#life.check("startProfiler");
    return startProfiler(this.#debugPort().parts, options);
  }

  startCoverage(): CoverageRecorder {
    this.#life.check("startCoverage");
    return startCoverage(this.#debugPort().parts);
  }

  #debugPort(): DebugPort {
    return (this.#port ??= new DebugPort({
      lua: this.#lua,
      image: this.#image,
      keeper: this.#keeper,
      library: this.#library,
      running: () => this.#keeper.hooks.current || this.#calling || this.#image.L,
      withoutHost: (action) => this.#withoutHost(action),
      turn: (kind, id, task) => this.#turn(kind, id, task),
      fail: (error) => this.stop(error),
    }));
  }

  /** Runs guest code for the debugger, at a stop or in the middle of a turn. */
  #withoutHost<T>(action: () => T): T {
    const before = this.state;
    const host = this.#host;
    const { hostCalls } = this.#keeper;
    const call = (): never => {
      throw new SpellError("PERMISSION_DENIED", "an expression of the debugger cannot call the host");
    };
    this.#host = { call, write: (stream, bytes) => host.write?.(stream, bytes), now: () => host.now?.() ?? 0 };
    this.#life.to("running");
    try {
      return action();
    } catch (thrown) {
      if (before === "running" || isSpellError(thrown)) throw thrown;
      throw this.#killedBy(thrown);
    } finally {
      this.#host = host;
      this.#keeper.hostCalls = hostCalls;
      if (before !== "running") {
        if (this.#keeper.breach === undefined) this.#life.to(before);
        else this.#end(this.#keeper.breach);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#life.check("dispose");
    if (this.state === "disposed") return;
    this.#end(new SpellError("CANCELLED", "the guest was disposed"));
    this.#life.to("disposed");
    this.#keeper.fuel.close();
    this.#lua.port = undefined;
    this.#seat?.leave();
    this.#lease.release(this.#trapped);
  }

  // Running

  #start(kind: number, job: Job): Task {
    const id = ++this.#lastId;
    const task = this.#library.add(id, job);
    this.#turn(kind, id, task);
    return task;
  }

  /** Runs guest code until everything in it waits or has ended. */
  #turn(kind: number, id: number, task?: SettlingTask): void {
    if (this.#port?.holds(kind, id, task)) return;
    this.#alarm.clear();
    this.#life.to("running");
    this.#keeper.fuel.begin();
    this.#stuck.begin();
    task?.begin(this.#stuck.turnBegan, this.#keeper.fuel.used, this.#keeper.lastMemoryBytes);
    try {
      this.#dispatch(kind, id);
      this.#keeper.endTurn();
    } catch (thrown) {
      this.#killedBy(thrown);
    }
    this.#calling = 0;
    this.#stuck.end();
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

  /** Guest code has ended in the middle. */
  #killedBy(thrown: unknown): SpellError {
    const kind = trapOf(thrown);
    if (kind !== undefined) this.#keeper.lose();
    const error = this.#keeper.note(killError(thrown, this.limits));
    if (kind === undefined) return error;
    this.#trapped = true;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const { fuel, peakMemory: memoryBytes, hostCalls } = this.#keeper;
    this.#traps.add({ kind, code: error.code, message, source: this.#source, fuel: fuel.used, memoryBytes, hostCalls });
    return error;
  }

  #afterTurn(): void {
    const { breach } = this.#keeper;
    if (breach !== undefined) {
      this.#end(breach);
    } else if (this.#port?.takesStop()) {
      this.#life.to("suspended");
      this.#library.debugger?.announce();
    } else if (this.#library.paused) {
      this.#life.to("suspended");
      this.#setAlarm();
      this.#goOnLater();
    } else if (this.#operations.size > 0 || this.#port?.hasWaiting) {
      this.#life.to("suspended");
      this.#setAlarm();
    } else if (this.#library.tasks.size > 0) {
      // What nobody will settle any more may be what a task had no memory left for.
      const deadlock =
        this.#library.deadlock ?? new SpellError("DEADLOCK", "every task of the spell waits for another one");
      this.#end(this.#keeper.memoryRefusal ?? deadlock);
    } else {
      this.#life.to(this.#library.failed ? "failed" : "finished");
    }
  }

  /** Continues the tasks that a pause of the host has left ready. */
  #goOnLater(): void {
    this.#library.paused = false;
    if (this.#goingOn) return;
    this.#goingOn = true;
    const goOn = (): void => {
      if (!this.#goingOn) return;
      this.#goingOn = false;
      if (this.state !== "suspended") return;
      if (this.#port?.isRestored) this.#port.goOn();
      else this.#turn(Dispatch.goOn, 0);
    };
    // A guest that was paused may be restored by a host that does not pause.
    if (this.#host.pause) this.#host.pause(goOn);
    else setImmediate(goOn);
  }

  #setAlarm(): void {
    this.#alarm.set(this.#keeper.msToLook, () => {
      this.#keeper.lookAtTime();
      if (this.#keeper.fuel.msLeft > 0) this.#setAlarm();
      else this.stop(limitError("timeMs", this.limits));
    });
  }

  /** Nothing runs any more: aborts what is pending and fails what is unfinished. */
  #end(why: SpellError): void {
    const reason = this.#keeper.note(why);
    this.#denials?.flush(0);
    this.#alarm.clear();
    this.#life.kill(reason);
    this.#seat?.killed();
    this.#keeper.hooks.isClosed = true;
    this.#library.debugger?.ended();
    this.#library.debugger = undefined;
    this.#port?.close();
    this.#values.close();
    this.#operations.abortAll(reason);
    this.#library.rejectAll(reason);
  }

  /** Runs host code that touches the guest where Lua catches errors, out of memory among them. */
  #protected(name: GuestAction, action: (L: number) => ScriptValue): ScriptValue {
    this.#life.check(name);
    const before = this.state;
    // A finalizer may run meanwhile, and call the host.
    this.#life.to("running");
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
      throw this.#killedBy(thrown);
    } finally {
      this.#library.action = undefined;
      this.#calling = 0;
      this.#keeper.fuel.end();
      if (this.#keeper.breach === undefined) {
        ex.lua_settop(L, 0);
        this.#life.to(before);
      } else this.#end(this.#keeper.breach);
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
    if (!(result instanceof StartedCall)) {
      this.#values.push(L, result);
      return 1;
    }
    const { ex } = this.#lua;
    if (ex.lua_isyieldable(L) === 0) {
      drop(result.pending, new SpellError("INVALID_STATE", "the spell cannot wait here"));
      this.#lua.pushRef(L, this.#image.refs.cannot_wait);
      ex.lua_callk(L, 0, 0, 0, 0);
    }
    const operation = this.#await(result);
    this.#lua.pushRef(L, this.#image.refs.wait);
    ex.lua_pushnumber(L, operation);
    const results = this.#values.pushToken(L, this.#tokenAt) ? 3 : 2;
    return ex.lua_yieldk(L, results, operation, this.#lua.continueSlot);
  }

  #callHost(L: number, id: number, first: number): ScriptValue | undefined | StartedCall {
    this.#keeper.countCall();
    const isValue = id >= FIRST_VALUE_ID;
    if (!isValue && id !== MODULE_ID && !this.#host.call)
      throw new SpellError("PERMISSION_DENIED", "this spell has no host to call");
    const top = this.#lua.ex.lua_gettop(L);
    const args: ScriptValue[] = [];
    for (let i = first; i <= top; i++) args.push(this.#values.read(L, i, i - first + 1));
    this.#tokenAt = 0;
    if (this.#values.token > 0) this.#takeToken(L, args, first);
    const result = isValue ? this.#values.host.functionOf(id).call(args, this) : this.#ask(id, args);
    if (this.#unwinding !== undefined) throw this.#unwinding;
    return result instanceof Pending ? new StartedCall(result, id, args) : result;
  }

  #ask(id: number, args: readonly ScriptValue[]): ScriptValue | undefined | Pending {
    return id === MODULE_ID ? loadModule(this.#host, this.#sources, args) : this.#host.call?.(id, args, this);
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

  #await({ pending, functionId, args }: StartedCall): number {
    const operation = ++this.#lastId;
    this.#operations.add({ operation, functionId, args }, pending);
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
    else if (error.category === "permission") this.#denials?.add("call", L, error);
    return this.#raiseError(L, this.#keeper.breach ?? error);
  }

  #raiseError(L: number, error: SpellError): number {
    this.#values.pushError(L, error);
    return this.#lua.ex.lua_error(L);
  }

  interrupt(L: number): void {
    this.#keeper.interrupt(L);
    const reason = this.#host.interrupted?.();
    if (reason !== undefined) this.#keeper.softStop(L, reason);
    this.#stuck.look();
  }

  /**
   * Raises the error of a limit, or ends a time slice: the task yields to the
   * scheduler, so that other tasks run, and so that the interpreter is entered
   * anew: V8 swaps in its optimized code only then. Measured on an endless loop
   * in a cold process: 3.5 times as fast.
   */
  hook(L: number, record: number): void {
    const { breach, hooks } = this.#keeper;
    if (hooks.aside !== undefined) return hooks.aside.hook(L);
    if (breach !== undefined) {
      this.#denials?.flush(L);
      this.#raiseError(L, breach);
      return;
    }
    if (hooks.serve(L, record)) return;
    hooks.clear(L);
    if (this.#lua.ex.lua_isyieldable(L) === 0) return;
    // What the library does to tasks and channels, no other task may see halfway.
    if (positionIn(this.#lua, L, "")?.file.startsWith("[llmspell ") === true) {
      hooks.soon(L, LIBRARY_STEPS);
      return;
    }
    this.#library.sliced = true;
    this.#lua.ex.lua_yieldk(L, 0, 0, 0);
  }

  growth(current: number, needed: number): number {
    return this.#keeper.growth(current, needed);
  }

  warning(text: number, more: boolean): void {
    this.#warnings.part(text, more);
  }

  write(stream: "stdout" | "stderr", bytes: Uint8Array): void {
    const kept = this.#keeper.countOutput(bytes);
    if (kept.length > 0) this.#host.write?.(stream, kept);
  }

  now(): number {
    return this.#host.now?.() ?? 0;
  }
}
