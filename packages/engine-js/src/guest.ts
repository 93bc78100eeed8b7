import {
  Lifecycle,
  Pending,
  checkLimits,
  limitError,
  stateError,
  valueFromJson,
  valueToJson,
  type CoverageRecorder,
  type Debugger,
  type Engine,
  type ForkOptions,
  type FunctionRef,
  type Guest,
  type GuestOptions,
  type GuestState,
  type GuestUsage,
  type Host,
  type Lease,
  type Limits,
  type PendingCall,
  type Profiler,
  type RunOptions,
  type ScriptValue,
  type Seat,
  type SettlingTask,
  type Snapshot,
  type SourcePosition,
  type Task,
  type TrapHistory,
  type WeakFunctionRef,
  type WeakFunctionRefs,
} from "@llmspell/engine";
import { Alarm, Operations, Sources, StuckWatch } from "@llmspell/engine/guest-kit";
import { classifyTrap } from "@llmspell/engine";
import { SpellError, isSpellError } from "@llmspell/errors";
import { HostCalls } from "./host-calls.js";
import type { JsInstance } from "./instance.js";
import { LimitKeeper } from "./keeper.js";
import { LibraryPort } from "./library-port.js";
import type { ImageMemory } from "./memory.js";
import type { SavedGuest } from "./saved-guest.js";
import { JsSnapshot, ownSnapshot } from "./snapshot.js";
import { limitStack } from "./stack.js";
import { Tasks } from "./tasks.js";
import { killError } from "./unwinding.js";
import { Wire } from "./wire.js";

/** What its engine gives a guest beside its instance. */
export interface GuestServices {
  readonly traps: TrapHistory;
  /** Its place at its tenant. */
  readonly seat?: Seat | undefined;
  /** What the guest goes on from, and who takes up what it waited for. */
  readonly saved?: { readonly guest: SavedGuest; readonly resume?: Resume | undefined } | undefined;
  /** Another guest like this one, but for its host. */
  restore(snapshot: JsSnapshot, host: Host, resume: Resume): Guest;
}

/** Takes up a call that was under way when the state was saved. */
export type Resume = (call: PendingCall, guest: Guest) => ScriptValue | undefined | Pending;

const NO_WEAK_REFS: WeakFunctionRefs = Object.freeze({ live: new Map<number, WeakFunctionRef>(), expired: 0 });

/** One JavaScript context, leased on an instance of its own. */
export class JsGuest implements Guest {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly #js: JsInstance;
  readonly #lease: Lease<ImageMemory, JsInstance>;
  readonly #services: GuestServices;
  readonly #host: Host;
  readonly #keeper: LimitKeeper;
  readonly #wire: Wire;
  readonly #operations: Operations;
  readonly #tasks: Tasks;
  readonly #library: LibraryPort;
  readonly #calls: HostCalls;
  readonly #sources = new Sources();
  readonly #stuck: StuckWatch;
  readonly #life = new Lifecycle();
  readonly #alarm = new Alarm();
  #lastId = 0;
  /** The name of the source that was run last. */
  #source: string | undefined;
  #trapped = false;

  constructor(
    engine: Engine,
    lease: Lease<ImageMemory, JsInstance>,
    limits: Limits,
    options: GuestOptions,
    services: GuestServices,
  ) {
    const { instance: js, image: memory } = lease;
    const { seat, saved } = services;
    this.engine = engine;
    this.limits = { ...limits };
    this.#lease = lease;
    this.#services = services;
    this.#js = js;
    this.#host = options.host ?? {};
    this.#stuck = new StuckWatch(this.#host);
    this.#wire = new Wire(this.limits, this.#host, options.values);
    this.#keeper = new LimitKeeper(js, memory.image, this.limits, { ...options, seat, saved: saved?.guest.usage });
    this.#operations = new Operations(
      this.limits,
      (id) => this.#settle(id),
      (size) => this.#keeper.lookAtPending(size),
    );
    this.#library = new LibraryPort(js, memory.image, this.#keeper, this.#wire, this.limits);
    this.#tasks = new Tasks(this.#keeper, this.#sources);
    this.#calls = new HostCalls({
      guest: this,
      js,
      host: this.#host,
      limits: this.limits,
      keeper: this.#keeper,
      wire: this.#wire,
      operations: this.#operations,
      tasks: this.#tasks,
      library: this.#library,
      stuck: this.#stuck,
      onDenied: options.onDenied,
      nextId: () => ++this.#lastId,
    });
    js.port = this.#calls;
    limitStack(js, this.limits);
    if (saved !== undefined) this.#load(saved.guest, saved.resume);
  }

  get state(): GuestState {
    return this.#life.state;
  }

  get position(): SourcePosition | undefined {
    return this.#calls.calling ? this.#library.position() : undefined;
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
    };
  }

  run(source: string, { name = "spell" }: RunOptions = {}): Task {
    this.#life.check("run");
    this.#source = name;
    this.#sources.add(name, source);
    const task = this.#tasks.add(++this.#lastId);
    return this.#turn(task, () => this.#library.run(task.id, source, name));
  }

  call(fn: FunctionRef, args: readonly ScriptValue[] = []): Task {
    this.#life.check("call");
    const task = this.#tasks.add(++this.#lastId);
    return this.#turn(task, () => this.#library.call(task.id, fn, args));
  }

  callSync(fn: FunctionRef, args: readonly ScriptValue[] = []): ScriptValue {
    this.#life.check("callSync");
    if (!this.#calls.calling) throw stateError("callSync", this.state, "it works only while the guest calls the host");
    return this.#calls.callBack(fn, args);
  }

  getGlobal(name: string): ScriptValue {
    this.#life.check("getGlobal");
    return this.#outside(() => this.#library.getGlobal(name));
  }

  setGlobal(name: string, value: ScriptValue): void {
    this.#life.check("setGlobal");
    this.#outside(() => this.#library.setGlobal(name, value));
  }

  updateLimits(limits: Partial<Limits>): void {
    this.#life.check("updateLimits");
    Object.assign(this.limits, checkLimits(limits));
    this.#keeper.changed();
    if (this.state !== "running") limitStack(this.#js, this.limits);
    if (this.state === "suspended") this.#setAlarm();
  }

  stop(reason: SpellError): void {
    if (this.state === "running") this.#keeper.breakOff(reason);
    else if (this.state !== "disposed") this.#end(reason);
  }

  get tasks(): ReadonlyMap<number, Task> {
    return this.#tasks.pending;
  }

  functionRef(id: number): FunctionRef {
    this.#life.check("functionRef");
    return this.#wire.functions.get(id);
  }

  snapshot(): JsSnapshot {
    this.#life.check("snapshot");
    if (this.#wire.functions.hasReleased) this.#outside(() => this.#library.flush());
    const { image: memory } = this.#lease;
    return new JsSnapshot(this.engine.hash, memory.base, memory.capture(this.#js), {
      state: this.state,
      limits: { ...this.limits },
      lastId: this.#lastId,
      pages: this.#js.pages,
      tasks: [...this.#tasks.pending.keys()],
      usage: this.#keeper.save(),
      operations: this.#operations.save(),
      values: this.#wire.save(),
    });
  }

  rollback(snapshot: Snapshot): void {
    this.#life.check("rollback");
    const { image: memory } = this.#lease;
    const { guest: saved, memory: delta } = ownSnapshot(snapshot).checkFits({
      engineHash: this.engine.hash,
      base: memory.base,
    });
    const { seat } = this.#services;
    if (delta.byteLength > this.#js.memoryBytes && seat?.hold(delta.byteLength) === false) throw seat.refusal();
    const { $fuel } = this.#js.ex;
    const left = $fuel.value;
    memory.restore(this.#js, delta, saved.pages);
    $fuel.value = left;
    limitStack(this.#js, this.limits);
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
        if (guest instanceof JsGuest) guest.#sources.adopt(this.#sources);
      }
    } catch (thrown) {
      for (const guest of guests) guest[Symbol.dispose]();
      throw thrown;
    }
    return guests;
  }

  weakRef(): WeakFunctionRef {
    throw unsupported("be held by its functions weakly");
  }

  get weakRefs(): WeakFunctionRefs {
    return NO_WEAK_REFS;
  }

  /** Nothing in a JavaScript guest waits for the end of a weak handle: `deref` is asked. */
  expireHandles(): Task {
    this.#life.check("expireHandles");
    const task = this.#tasks.add(++this.#lastId);
    return this.#turn(task, () => this.#tasks.fulfilled(task.id, 0));
  }

  reload(): Task {
    this.#life.check("reload");
    throw unsupported("reload modules");
  }

  attachDebugger(): Debugger {
    throw unsupported("be debugged");
  }

  startProfiler(): Profiler {
    throw unsupported("be profiled");
  }

  startCoverage(): CoverageRecorder {
    throw unsupported("count the lines that run");
  }

  [Symbol.dispose](): void {
    this.#life.check("dispose");
    if (this.state === "disposed") return;
    this.#end(new SpellError("CANCELLED", "the guest was disposed"));
    this.#life.to("disposed");
    this.#keeper.fuel.close();
    this.#js.port = undefined;
    this.#services.seat?.leave();
    this.#lease.release(this.#trapped);
  }

  // Running

  /** Goes on from what was saved; the memory holds its part already. */
  #load(saved: SavedGuest, resume: Resume = (call) => this.#resumeCall(call)): void {
    this.#life.restore(saved.state);
    // In a guest that was put back, ids are not used twice.
    this.#lastId = Math.max(this.#lastId, saved.lastId);
    this.#wire.load(saved.values);
    this.#tasks.load(saved.tasks, new SpellError("CANCELLED", "the guest was put back to an earlier state"));
    for (const call of this.#operations.load(saved.operations)) this.#takeUp(call, resume);
    this.#alarm.clear();
    if (this.state === "suspended") this.#setAlarm();
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
    if (!this.#host.resume) {
      throw new SpellError(
        "INTERRUPTED",
        "this call was under way when the spell was saved, and cannot be taken up again",
      );
    }
    const args = valueFromJson(valueToJson(call.args), (id) => this.functionRef(id)) as readonly ScriptValue[];
    return this.#host.resume({ ...call, args }, this);
  }

  #settle(id: number): void {
    if (this.state !== "suspended") return;
    this.#turn(undefined, () => this.#library.settle(id, this.#operations.take(id)));
  }

  /** Runs guest code until everything in it waits or has ended. */
  #turn(task: SettlingTask | undefined, enter: () => void): Task {
    this.#alarm.clear();
    this.#life.to("running");
    this.#keeper.fuel.begin();
    this.#stuck.begin();
    task?.begin(this.#stuck.turnBegan, this.#keeper.fuel.used, this.#keeper.lastMemoryBytes);
    this.#tasks.begin(task);
    try {
      this.#library.flush();
      try {
        enter();
      } catch (thrown) {
        // What the host gave cannot enter, or cannot be compiled: the task fails, and the guest goes on.
        if (task === undefined || !isSpellError(thrown) || thrown.category === "limit") throw thrown;
        this.#tasks.failed(task.id, thrown);
      }
      this.#library.runJobs();
      this.#tasks.endTurn(this.#library.takeRejection());
      this.#keeper.endTurn();
    } catch (thrown) {
      this.#killedBy(thrown);
    }
    this.#stuck.end();
    this.#afterTurn();
    return task as Task;
  }

  /** Guest code has ended in the middle. */
  #killedBy(thrown: unknown): SpellError {
    const kind = classifyTrap(thrown);
    if (kind !== undefined) this.#keeper.lose();
    const error = this.#keeper.note(killError(thrown, this.limits));
    if (kind === undefined) return error;
    this.#trapped = true;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const { fuel, peakMemory: memoryBytes, hostCalls } = this.#keeper;
    const { traps } = this.#services;
    traps.add({ kind, code: error.code, message, source: this.#source, fuel: fuel.used, memoryBytes, hostCalls });
    return error;
  }

  #afterTurn(): void {
    this.#wire.dropBytes();
    const { breach } = this.#keeper;
    if (breach !== undefined) {
      this.#end(breach);
    } else if (this.#operations.size > 0) {
      this.#life.to("suspended");
      this.#setAlarm();
    } else if (this.#tasks.pending.size > 0) {
      // What nobody will settle any more may be what a task had no memory left for.
      const deadlock = new SpellError("DEADLOCK", "every task of the spell waits for a promise that nothing settles");
      this.#end(this.#keeper.memoryRefusal ?? deadlock);
    } else {
      this.#life.to(this.#tasks.lastFailed ? "failed" : "finished");
    }
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
    this.#calls.tellLimit();
    this.#alarm.clear();
    this.#life.kill(reason);
    this.#services.seat?.killed();
    this.#wire.close();
    this.#operations.abortAll(reason);
    this.#tasks.rejectAll(reason);
  }

  /** Reads or writes the guest from outside of its turns. */
  #outside<T>(action: () => T): T {
    const before = this.state;
    this.#life.to("running");
    this.#keeper.fuel.begin();
    try {
      return action();
    } catch (thrown) {
      if (isSpellError(thrown)) throw thrown;
      throw this.#killedBy(thrown);
    } finally {
      this.#wire.dropBytes();
      this.#keeper.fuel.end();
      if (this.#keeper.breach === undefined) this.#life.to(before);
      else this.#end(this.#keeper.breach);
    }
  }
}

function unsupported(what: string): SpellError {
  return new SpellError("UNSUPPORTED", `a JavaScript guest cannot ${what} yet`);
}
