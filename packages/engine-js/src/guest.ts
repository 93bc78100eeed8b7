import {
  Pending,
  checkLimits,
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
  type Snapshot,
  type SourcePosition,
  type Task,
  type TrapHistory,
  type WeakFunctionRef,
  type WeakFunctionRefs,
} from "@llmspell/engine";
import { Operations, Sources, StuckWatch } from "@llmspell/engine/guest-kit";
import { SpellError } from "@llmspell/errors";
import { HostCalls } from "./host-calls.js";
import type { JsInstance } from "./instance.js";
import { LimitKeeper } from "./keeper.js";
import { LibraryPort } from "./library-port.js";
import type { ImageMemory } from "./memory.js";
import { Runner } from "./runner.js";
import type { SavedGuest } from "./saved-guest.js";
import { JsSnapshot, ownSnapshot } from "./snapshot.js";
import { limitStack } from "./stack.js";
import { Tasks } from "./tasks.js";
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
  readonly #runner: Runner;
  #lastId = 0;

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
    const stuck = new StuckWatch(this.#host);
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
      stuck,
      onDenied: options.onDenied,
      nextId: () => ++this.#lastId,
    });
    this.#runner = new Runner({
      limits: this.limits,
      keeper: this.#keeper,
      wire: this.#wire,
      operations: this.#operations,
      tasks: this.#tasks,
      library: this.#library,
      calls: this.#calls,
      stuck,
      traps: services.traps,
      seat,
    });
    js.port = this.#calls;
    limitStack(js, this.limits);
    if (saved !== undefined) this.#load(saved.guest, saved.resume);
  }

  get state(): GuestState {
    return this.#runner.life.state;
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
    this.#runner.life.check("run");
    this.#runner.source = name;
    this.#sources.add(name, source);
    const task = this.#tasks.add(++this.#lastId);
    return this.#runner.turn(task, () => this.#library.run(task.id, source, name));
  }

  call(fn: FunctionRef, args: readonly ScriptValue[] = []): Task {
    this.#runner.life.check("call");
    const task = this.#tasks.add(++this.#lastId);
    return this.#runner.turn(task, () => this.#library.call(task.id, fn, args));
  }

  callSync(fn: FunctionRef, args: readonly ScriptValue[] = []): ScriptValue {
    this.#runner.life.check("callSync");
    if (!this.#calls.calling) throw stateError("callSync", this.state, "it works only while the guest calls the host");
    return this.#calls.callBack(fn, args);
  }

  getGlobal(name: string): ScriptValue {
    this.#runner.life.check("getGlobal");
    return this.#runner.outside(() => this.#library.getGlobal(name));
  }

  setGlobal(name: string, value: ScriptValue): void {
    this.#runner.life.check("setGlobal");
    this.#runner.outside(() => this.#library.setGlobal(name, value));
  }

  updateLimits(limits: Partial<Limits>): void {
    this.#runner.life.check("updateLimits");
    Object.assign(this.limits, checkLimits(limits));
    this.#keeper.changed();
    if (this.state !== "running") limitStack(this.#js, this.limits);
    if (this.state === "suspended") this.#runner.setAlarm();
  }

  stop(reason: SpellError): void {
    if (this.state === "running") this.#keeper.breakOff(reason);
    else if (this.state !== "disposed") this.#runner.end(reason);
  }

  get tasks(): ReadonlyMap<number, Task> {
    return this.#tasks.pending;
  }

  functionRef(id: number): FunctionRef {
    this.#runner.life.check("functionRef");
    return this.#wire.functions.get(id);
  }

  snapshot(): JsSnapshot {
    this.#runner.life.check("snapshot");
    if (this.#wire.functions.hasReleased) this.#runner.outside(() => this.#library.flush());
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
    this.#runner.life.check("rollback");
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
    this.#runner.life.check("fork");
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
    this.#runner.life.check("expireHandles");
    const task = this.#tasks.add(++this.#lastId);
    return this.#runner.turn(task, () => this.#tasks.fulfilled(task.id, 0));
  }

  reload(): Task {
    this.#runner.life.check("reload");
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
    this.#runner.life.check("dispose");
    if (this.state === "disposed") return;
    this.#runner.end(new SpellError("CANCELLED", "the guest was disposed"));
    this.#runner.life.to("disposed");
    this.#keeper.fuel.close();
    this.#js.port = undefined;
    this.#services.seat?.leave();
    this.#lease.release(this.#runner.trapped);
  }

  // Running

  /** Goes on from what was saved; the memory holds its part already. */
  #load(saved: SavedGuest, resume: Resume = (call) => this.#resumeCall(call)): void {
    this.#runner.life.restore(saved.state);
    // In a guest that was put back, ids are not used twice.
    this.#lastId = Math.max(this.#lastId, saved.lastId);
    this.#wire.load(saved.values);
    this.#tasks.load(saved.tasks, new SpellError("CANCELLED", "the guest was put back to an earlier state"));
    for (const call of this.#operations.load(saved.operations)) this.#takeUp(call, resume);
    this.#runner.restored();
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
    this.#runner.turn(undefined, () => this.#library.settle(id, this.#operations.take(id)));
  }
}

function unsupported(what: string): SpellError {
  return new SpellError("UNSUPPORTED", `a JavaScript guest cannot ${what} yet`);
}
