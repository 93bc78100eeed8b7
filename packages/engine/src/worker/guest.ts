import { AsyncLocalStorage } from "node:async_hooks";
import { SpellError } from "@llmspell/errors";
import { hostFailure } from "../host-failure.js";
import type { Bindings, Pending } from "../bindings.js";
import type { CoverageRecorder } from "../coverage.js";
import type { Debugger } from "../debug.js";
import type { SourcePosition } from "../denials.js";
import { cancelWith } from "../cancelling.js";
import type { GuestCallOptions, Engine, Guest, GuestState, GuestUsage, RunOptions, Task } from "../engine.js";
import { Lifecycle, stateError, type GuestAction } from "../lifecycle.js";
import { checkLimits, limitError, resolveLimits, type Limits } from "../limits.js";
import { Profile, type Profiler, type ProfilerOptions } from "../profile.js";
import type { Snapshot } from "../snapshot.js";
import { SettlingTask } from "../task.js";
import type { TrapRecord } from "../traps.js";
import type { FunctionRef, ScriptValue } from "../value.js";
import type { WeakFunctionRef, WeakFunctionRefs } from "../weak-functions.js";
import { HostEnd } from "./ends.js";
import { Fence } from "./fence.js";
import { HostServer, partsOf, type Listeners, type Served } from "./host-server.js";
import { PendingCalls, type Answered } from "./pending-calls.js";
import type { Inquiry, Job, Message, PlainOptions, Progress, Question, Request, WireOutcome } from "./protocol.js";
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
  readonly #onStuck: ((stuck: boolean) => void) | undefined;
  readonly #onTrap: (trap: TrapRecord) => void;
  readonly #end: HostEnd;
  readonly #tasks = new Map<number, SettlingTask>();
  readonly #pending = new PendingCalls((operation, answered) => this.#settle(operation, answered));
  readonly #thread: GuestThread;
  readonly #number: number;
  #state: GuestState = "ready";
  #lastId = 0;
  /** Runs code in the asynchronous context of a request, by its step: what the guest then asks for belongs to it. */
  readonly #contexts = new Map<number, <R>(work: () => R) => R>();
  /** The last request that may make guest code run, and the last of them that is known to be done. */
  #asked = 0;
  #done = 0;
  #reply: WireOutcome | undefined;
  #breach: SpellError | undefined;
  #hasEnded = false;
  #beganAt: number | undefined;
  #askedAt = 0;
  readonly #fence: Fence;
  /** What was used, once the thread may serve another guest. */
  #finalUsage: GuestUsage | undefined;

  constructor(engine: Engine, thread: GuestThread, settings: WorkerGuestOptions) {
    const { limits, listeners, bindings, options, onTrap } = settings;
    const { host = {} } = listeners;
    this.engine = engine;
    this.#limits = limits;
    this.#onStuck = host.onStuck && ((stuck) => host.onStuck?.(stuck));
    this.#onTrap = onTrap;
    this.#thread = thread;
    this.#end = new HostEnd(limits.valueBytes, (fn) => this.#send({ type: "release", guest: this.#number, fn }));
    this.#server = new HostServer(this.#served(), listeners);
    this.#fence = new Fence(
      () => this.#limits.timeMs,
      () => this.#msLeft(),
      () => this.#runOut(),
    );
    this.#number = thread.take(this);
    const isNew = !thread.bindings.has(bindings.number);
    thread.bindings.add(bindings.number);
    thread.shared.clearUsage();
    this.#send({
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
    return this.#server.isServing || this.#asked !== this.#done ? "running" : this.#state;
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
      this.#send({ ...this.#step(), type: "cancel", task: task.id, reason: encodeError(error, this.#end) });
    });
  }

  reload(name: string, source: string): Task {
    return this.#start({ type: "reload", name, source });
  }

  callSync(fn: FunctionRef, args: readonly ScriptValue[] = []): ScriptValue {
    this.#check("callSync");
    if (!this.#server.isServing)
      throw stateError("callSync", "running", "it works only while the guest calls the host");
    this.#asks();
    this.#thread.answer({ type: "callSync", fn: encode(fn, this.#end), args: encodeAll(args, this.#end) });
    return this.#waitForReply();
  }

  getGlobal(name: string): ScriptValue {
    this.#check("getGlobal");
    return this.#ask({ type: "getGlobal", name });
  }

  setGlobal(name: string, value: ScriptValue): void {
    this.#check("setGlobal");
    this.#ask({ type: "setGlobal", name, value: encode(value, this.#end) });
  }

  updateLimits(limits: Partial<Limits>): void {
    this.#check("updateLimits");
    const changed = checkLimits(limits);
    this.#limits = resolveLimits({ ...this.#limits, ...changed });
    this.#end.maxBytes = this.#limits.valueBytes;
    this.#thread.answer({ type: "limits", guest: this.#number, limits: changed });
    this.#send({ type: "look", guest: this.#number });
    this.#fence.clear();
    if (this.#tasks.size > 0) this.#fence.set();
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
    return this.#askAnywhere(question) === true;
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
    const profiler = Number(this.#askAnywhere({ type: "startProfiler", options }));
    let profile: Profile | undefined;
    const stop = (): Profile =>
      (profile ??= Profile.parse(String(this.#askAnywhere({ type: "stopProfiler", profiler }))));
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

  // Asking the thread

  #send(request: Request): void {
    if (!this.#hasEnded) this.#thread.request(request);
  }

  #step(): { guest: number; step: number } {
    this.#contexts.set(++this.#asked, AsyncLocalStorage.snapshot());
    return { guest: this.#number, step: this.#asked };
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
    this.#send({ ...this.#step(), task: id, ...job });
    this.#tasks.set(id, task);
    this.#asks();
    this.#thread.keepsAlive(true);
    this.#fence.set();
    return task;
  }

  #ask(question: Question): ScriptValue {
    this.#send({ ...this.#step(), ...question });
    this.#asks();
    return this.#waitForReply();
  }

  /** Also of a guest that stands still in a host call. */
  #askAnywhere(question: Inquiry): ScriptValue {
    if (!this.#server.isServing) return this.#ask(question);
    this.#asks();
    this.#thread.answer(question);
    return this.#waitForReply();
  }

  #waitForReply(): ScriptValue {
    const outer = this.#takeReply();
    let toldStuck = false;
    this.#thread.block(
      () => this.#reply !== undefined || this.#hasEnded,
      () => this.#msLeft(),
      () => {
        if (!toldStuck) this.#onStuck?.((toldStuck = true));
      },
    );
    if (toldStuck) this.#onStuck?.(false);
    const reply = this.#takeReply();
    this.#reply = outer;
    if (reply === undefined) throw this.#breach ?? this.#runOut();
    if (reply.ok) return decode(reply.value, this.#end);
    throw decodeError(reply.error, this.#end);
  }

  #takeReply(): WireOutcome | undefined {
    const reply = this.#reply;
    this.#reply = undefined;
    return reply;
  }

  // The last fence

  /** However late a request comes, the guest may begin with it. */
  #msLeft(): number {
    const { timeMs } = this.#limits;
    return Math.max(this.#thread.msLeft(this.#beganAt ?? 0, timeMs), this.#thread.msLeft(this.#askedAt, 0));
  }

  #asks(): void {
    this.#askedAt = performance.now();
    this.#beganAt ??= this.#askedAt;
  }

  /** The guest has not ended at its time limit by itself. */
  #runOut(): SpellError {
    const reason = this.#thread.isUp
      ? limitError("timeMs", this.limits)
      : new SpellError("INTERNAL", "the spell's thread did not start");
    this.#thread.kill(reason);
    return reason;
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
    this.#fence.clear();
    this.#contexts.clear();
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
    // A guest that was killed does nothing of what was asked meanwhile.
    this.#done = state === "killed" ? this.#asked : step;
    for (const earlier of this.#contexts.keys()) if (earlier < step) this.#contexts.delete(earlier);
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
        this.#reply = message.outcome;
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
    this.#thread.keepsAlive(false);
    this.#fence.clear();
    if (this.#breach !== undefined) this.#finish(this.#breach);
  }

  #served(): Served {
    const breach = (): SpellError | undefined => this.#breach;
    return {
      guest: this,
      end: this.#end,
      get breach() {
        return breach();
      },
      answer: (answer) => this.#thread.answer(answer),
      await: (pending) => this.#await(pending),
      finish: (reason) => this.#finish(reason),
      within: (step, work) => (this.#contexts.get(step) ?? ((run) => run()))(work),
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
    this.#send({ ...this.#step(), type: "settle", operation, outcome });
  }
}

/** For what needs a hand on the guest that another thread does not have. */
export const unsupported = (what: string): SpellError =>
  new SpellError("UNSUPPORTED", `a guest in a thread of its own cannot be ${what} yet`);
