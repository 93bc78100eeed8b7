import { SpellError } from "@llmspell/errors";
import { hostFailure } from "../host-failure.js";
import type { Bindings, Pending } from "../bindings.js";
import type { CoverageRecorder } from "../coverage.js";
import type { Debugger } from "../debug.js";
import type { SourcePosition } from "../denials.js";
import { cancelWith } from "../cancelling.js";
import { checkCharge } from "../charge.js";
import type { Charge, GuestCallOptions, Engine, Guest, GuestState, GuestUsage, RunOptions, Task } from "../engine.js";
import { Lifecycle, stateError, type GuestAction } from "../lifecycle.js";
import { checkLimits, resolveLimits, type Limits } from "../limits.js";
import { Profile, type Profiler, type ProfilerOptions } from "../profile.js";
import type { Snapshot } from "../snapshot.js";
import { SettlingTask } from "../task.js";
import type { TrapRecord } from "../traps.js";
import type { FunctionRef, ScriptValue } from "../value.js";
import type { WeakFunctionRef, WeakFunctionRefs } from "../weak-functions.js";
import { Asker, type Asked } from "./asker.js";
import { HostEnd } from "./ends.js";
import { HostServer, partsOf, type Listeners, type Served } from "./host-server.js";
import { PendingCalls, type Answered } from "./pending-calls.js";
import type { Job, Message, PlainOptions, Progress, WireOutcome } from "./protocol.js";
import type { GuestThread, ThreadGuest } from "./thread.js";
import { decode, decodeError, encode, encodeAll, encodeError } from "./wire.js";

type Said<Type extends Message["type"]> = Extract<Message, { type: Type }>;

/** What opens a guest, besides its thread. */
export interface WorkerGuestOptions {
  readonly limits: Limits;
  readonly listeners: Listeners;
  readonly bindings: { readonly number: number; readonly content: Bindings };
  readonly options: PlainOptions;
  /** Told of a trap that has killed the guest. */
  onTrap(trap: TrapRecord): void;
}

/** What may also be done while the guest runs: it waits its turn in the other thread. */
const BESIDE: readonly GuestAction[] = ["run", "call", "reload", "expireHandles", "dispose"];

/** The host's side of a guest that lives in a thread of its own. */
export class WorkerGuest implements Guest, ThreadGuest {
  readonly engine: Engine;
  readonly weakRefs: WeakFunctionRefs = { live: new Map(), expired: 0 };
  #limits: Limits;
  readonly #server: HostServer;
  readonly #onTrap: (trap: TrapRecord) => void;
  readonly #end: HostEnd;
  readonly #tasks = new Map<number, SettlingTask>();
  readonly #pending = new PendingCalls((operation, answered) => this.#settle(operation, answered));
  readonly #thread: GuestThread;
  readonly #number: number;
  readonly #asker: Asker;
  #state: GuestState = "ready";
  #lastId = 0;
  #breach: SpellError | undefined;
  #hasEnded = false;
  /** What was used, once the thread may serve another guest. */
  #finalUsage: GuestUsage | undefined;

  constructor(engine: Engine, thread: GuestThread, settings: WorkerGuestOptions) {
    const { limits, listeners, bindings, options, onTrap } = settings;
    const { host = {} } = listeners;
    this.engine = engine;
    this.#limits = limits;
    this.#onTrap = onTrap;
    this.#thread = thread;
    this.#end = new HostEnd(limits.valueBytes, (fn) => this.#asker.send({ type: "release", guest: this.#number, fn }));
    this.#number = thread.take(this);
    const inside = this.#inside((stuck) => host.onStuck?.(stuck));
    this.#server = new HostServer(inside, listeners);
    this.#asker = new Asker(thread, this.#number, inside);
    const isNew = !thread.bindings.has(bindings.number);
    thread.bindings.add(bindings.number);
    thread.shared.clearUsage();
    this.#asker.send({
      type: "open",
      guest: this.#number,
      limits,
      parts: partsOf(listeners),
      bindings: bindings.number,
      ...(isNew ? { newBindings: bindings.content } : {}),
      options,
    });
  }

  get limits(): Limits {
    return this.#limits;
  }

  get position(): SourcePosition | undefined {
    return this.#server.position;
  }

  get state(): GuestState {
    if (this.#hasEnded) return this.#state;
    return this.#server.isServing || this.#asker.isBusy ? "running" : this.#state;
  }

  get usage(): GuestUsage {
    const usage = this.#finalUsage ?? this.#thread.shared.usage;
    const gone = this.#state === "disposed" ? { memoryBytes: 0 } : {};
    return { ...usage, pendingCalls: this.#pending.size, ...gone };
  }

  run(source: string, { name = "spell", part = false }: RunOptions = {}): Task {
    return this.#start({ type: "run", source, name, part });
  }

  call(fn: FunctionRef, args: readonly ScriptValue[] = [], { discard = false, signal }: GuestCallOptions = {}): Task {
    const task = this.#start({ type: "call", fn: encode(fn, this.#end), args: encodeAll(args, this.#end), discard });
    return cancelWith(task, signal, (error) => {
      this.#asker.send({ ...this.#asker.step(), type: "cancel", task: task.id, reason: encodeError(error, this.#end) });
    });
  }

  reload(name: string, source: string): Task {
    return this.#start({ type: "reload", name, source });
  }

  callSync(fn: FunctionRef, args: readonly ScriptValue[] = []): ScriptValue {
    this.#check("callSync");
    if (!this.#server.isServing)
      throw stateError("callSync", "running", "it works only while the guest calls the host");
    return this.#asker.askInside({ type: "callSync", fn: encode(fn, this.#end), args: encodeAll(args, this.#end) });
  }

  getGlobal(name: string): ScriptValue {
    this.#check("getGlobal");
    return this.#asker.ask({ type: "getGlobal", name });
  }

  setGlobal(name: string, value: ScriptValue): void {
    this.#check("setGlobal");
    this.#asker.ask({ type: "setGlobal", name, value: encode(value, this.#end) });
  }

  updateLimits(limits: Partial<Limits>): void {
    this.#check("updateLimits");
    const changed = checkLimits(limits);
    this.#limits = resolveLimits({ ...this.#limits, ...changed });
    this.#end.maxBytes = this.#limits.valueBytes;
    this.#thread.answer({ type: "limits", guest: this.#number, limits: changed });
    this.#asker.look(this.#tasks.size > 0);
  }

  charge(use: Charge): void {
    this.#check("charge");
    this.#thread.answer({ type: "charge", guest: this.#number, use: checkCharge(use) });
    this.#asker.look(this.#tasks.size > 0);
  }

  /** The host has done with the guest at once; the thread is given back when the guest is out of its code, or killed. */
  stop(reason: SpellError): void {
    if (this.#state !== "disposed") this.#finish(reason);
  }

  get tasks(): ReadonlyMap<number, Task> {
    return this.#tasks;
  }

  functionRef(id: number): FunctionRef {
    this.#check("functionRef");
    return this.#end.heldFunction(id);
  }

  sameFunction(a: FunctionRef, b: FunctionRef): boolean {
    this.#check("sameFunction");
    const question = { type: "sameFunction", a: encode(a, this.#end), b: encode(b, this.#end) } as const;
    return this.#asker.inquire(question) === true;
  }

  expireHandles(): Task {
    return this.#start({ type: "expireHandles" });
  }

  weakRef(): WeakFunctionRef {
    throw unsupported("held weakly");
  }

  snapshot(): Snapshot {
    throw unsupported("saved");
  }

  attachDebugger(): Debugger {
    throw unsupported("debugged");
  }

  startProfiler(options: ProfilerOptions = {}): Profiler {
    this.#check("startProfiler");
    const profiler = Number(this.#asker.inquire({ type: "startProfiler", options }));
    let profile: Profile | undefined;
    const stop = (): Profile =>
      (profile ??= Profile.parse(String(this.#asker.inquire({ type: "stopProfiler", profiler }))));
    return {
      stop,
      [Symbol.dispose]: () => {
        // With the guest its profilers have ended.
        if (!this.#hasEnded) stop();
      },
    };
  }

  startCoverage(): CoverageRecorder {
    throw unsupported("profiled");
  }

  rollback(): void {
    this.#check("rollback");
    throw unsupported("put back");
  }

  fork(): Guest[] {
    throw unsupported("forked");
  }

  [Symbol.dispose](): void {
    if (this.#state === "disposed") return;
    this.#check("dispose");
    this.#finish(new SpellError("CANCELLED", "the guest was disposed"));
    this.#state = "disposed";
  }

  #check(action: GuestAction): void {
    const { state } = this;
    if (state === "killed" && this.#breach !== undefined && action !== "dispose") throw this.#breach;
    if (state === "running" && !this.#server.isServing && BESIDE.includes(action)) return;
    const lifecycle = new Lifecycle();
    lifecycle.restore(state);
    lifecycle.check(action);
  }

  #start(job: Job): Task {
    this.#check(job.type);
    const id = ++this.#lastId;
    const task = new SettlingTask(id);
    const { fuel, memoryBytes } = this.usage;
    task.begin(performance.now(), fuel, memoryBytes);
    this.#tasks.set(id, task);
    this.#asker.start(id, job);
    return task;
  }

  // The end

  died(reason: SpellError): void {
    this.#finish(reason);
  }

  /** Nothing runs any more: aborts what is pending, fails what is unfinished, gives the thread back. */
  #finish(why: SpellError): void {
    if (this.#hasEnded) return;
    const reason = (this.#breach ??= why);
    const isQuiet = this.state !== "running";
    this.#finalUsage = this.#thread.shared.usage;
    this.#thread.release(isQuiet);
    this.#hasEnded = true;
    this.#state = "killed";
    this.#asker.close();
    this.#end.lent.close();
    this.#pending.abortAll(reason);
    const tasks = [...this.#tasks.values()];
    this.#tasks.clear();
    for (const task of tasks) {
      task.end(performance.now(), this.#finalUsage.fuel, this.#finalUsage.memoryBytes);
      task.reject(reason);
    }
  }

  #note({ state, step, breach, trap }: Progress): void {
    if (trap !== undefined) this.#onTrap(trap);
    this.#state = state;
    this.#asker.caughtUp(step, state === "killed");
    if (breach !== undefined) this.#breach ??= decodeError(breach, this.#end);
  }

  // What the thread says

  receive(message: Message): void {
    if (this.#server.receive(message)) return;
    switch (message.type) {
      case "abort":
        return this.#pending.abort(message.operation, decodeError(message.reason, this.#end));
      case "ended":
        return this.#taskEnded(message);
      case "progress":
        this.#note(message.progress);
        if (this.#breach !== undefined) this.#finish(this.#breach);
        return;
      case "reply":
        this.#asker.replied(message.outcome);
        if (message.progress === undefined) return;
        this.#note(message.progress);
        if (this.#breach !== undefined) this.#finish(this.#breach);
        return;
      default:
    }
  }

  #taskEnded({ task: id, outcome, usage, progress }: Said<"ended">): void {
    this.#note(progress);
    const task = this.#tasks.get(id);
    this.#tasks.delete(id);
    task?.begin(0, 0, 0);
    task?.end(usage?.durationMs ?? 0, usage?.fuel ?? 0, usage?.memoryDelta ?? 0);
    if (outcome.ok) task?.fulfill(decode(outcome.value, this.#end));
    else task?.reject(decodeError(outcome.error, this.#end));
    if (this.#tasks.size > 0) return;
    this.#asker.rest();
    if (this.#breach !== undefined) this.#finish(this.#breach);
  }

  /** What those see of it who speak with its thread. */
  #inside(onStuck: (stuck: boolean) => void): Served & Asked {
    const now = {
      breach: () => this.#breach,
      limits: () => this.#limits,
      isServing: () => this.#server.isServing,
    };
    return {
      guest: this,
      end: this.#end,
      get breach() {
        return now.breach();
      },
      get limits() {
        return now.limits();
      },
      get isServing() {
        return now.isServing();
      },
      answer: (answer) => this.#thread.answer(answer),
      await: (pending) => this.#await(pending),
      finish: (reason) => this.#finish(reason),
      within: (step, work) => this.#asker.within(step, work),
      onStuck,
    };
  }

  #await(pending: Pending): number {
    const operation = ++this.#lastId;
    this.#pending.add(operation, pending);
    return operation;
  }

  #settle(operation: number, answered: Answered): void {
    let outcome: WireOutcome;
    try {
      if ("reason" in answered) throw answered.reason;
      outcome = { ok: true, value: encode(answered.value, this.#end) };
    } catch (thrown) {
      outcome = { ok: false, error: encodeError(hostFailure(thrown), this.#end) };
    }
    this.#asker.send({ ...this.#asker.step(), type: "settle", operation, outcome });
  }
}

/** For what needs a hand on the guest that another thread does not have. */
export const unsupported = (what: string): SpellError =>
  new SpellError("UNSUPPORTED", `a guest in a thread of its own cannot be ${what} yet`);
