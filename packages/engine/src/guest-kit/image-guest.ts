import {
  checkLimits,
  checkCharge,
  type Charge,
  type GuestCallOptions,
  type CoverageRecorder,
  type DebugOptions,
  type Debugger,
  type Engine,
  type ForkOptions,
  type FunctionRef,
  type Guest,
  type GuestState,
  type GuestUsage,
  type Host,
  type Lease,
  type Limits,
  type Profiler,
  type ProfilerOptions,
  type RunOptions,
  type ScriptValue,
  type Seat,
  type Snapshot,
  type SourcePosition,
  type Task,
  type TrapHistory,
  type WeakFunctionRef,
  type WeakFunctionRefs,
} from "../index.js";
import { SpellError } from "@llmspell/errors";
import type { ImageMemory, Interpreter, WarmImage } from "./image-memory.js";
import type { GuestParts, Resume, Runner } from "./runner.js";
import type { SavedGuest } from "./saved-guest.js";
import { GuestSnapshot, type SnapshotFormat } from "./snapshot-format.js";

/** What its engine gives a guest beside its instance. */
export interface GuestServices<Saved extends SavedGuest> {
  readonly traps: TrapHistory;
  /** Its place at its tenant. */
  readonly seat?: Seat | undefined;
  /** What the guest goes on from, and who takes up what it waited for. */
  readonly saved?: { readonly guest: Saved; readonly resume?: Resume | undefined } | undefined;
  readonly format: SnapshotFormat<Saved>;
  /** Another guest like this one, but for its host. */
  restore(snapshot: GuestSnapshot<Saved>, host: Host, resume: Resume): Guest;
}

const disposedError = (): SpellError => new SpellError("CANCELLED", "the guest was disposed");
/** For guests of which nobody waits for anything: an error of its own would cost a fifth of a guest's whole life. */
const DISPOSED = disposedError();

/** One state of a language, leased on an instance of its own. What is said here holds for guests of every language. */
export abstract class ImageGuest<
  Saved extends SavedGuest,
  Memory extends ImageMemory<WarmImage, Instance, Saved>,
  Instance extends Interpreter,
> implements Guest {
  readonly engine: Engine;
  readonly limits: Limits;
  protected abstract readonly parts: GuestParts;
  protected abstract readonly runner: Runner<GuestParts, Saved>;
  readonly #lease: Lease<Memory, Instance>;
  readonly #services: GuestServices<Saved>;

  constructor(engine: Engine, lease: Lease<Memory, Instance>, limits: Limits, services: GuestServices<Saved>) {
    this.engine = engine;
    this.limits = { ...limits };
    this.#lease = lease;
    this.#services = services;
  }

  abstract readonly position: SourcePosition | undefined;
  abstract run(source: string, options?: RunOptions): Task;
  abstract call(fn: FunctionRef, args?: readonly ScriptValue[], options?: GuestCallOptions): Task;
  abstract callSync(fn: FunctionRef, args?: readonly ScriptValue[]): ScriptValue;
  abstract reload(name: string, source: string): Task;
  abstract getGlobal(name: string): ScriptValue;
  abstract setGlobal(name: string, value: ScriptValue): void;
  abstract sameFunction(a: FunctionRef, b: FunctionRef): boolean;
  abstract weakRef(fn: FunctionRef): WeakFunctionRef;
  abstract readonly weakRefs: WeakFunctionRefs;
  abstract expireHandles(): Task;
  abstract attachDebugger(options?: DebugOptions): Debugger;
  abstract startProfiler(options?: ProfilerOptions): Profiler;
  abstract startCoverage(): CoverageRecorder;

  get state(): GuestState {
    return this.runner.life.state;
  }

  get usage(): GuestUsage {
    const { keeper, operations } = this.parts;
    const { fuel, hostCalls, outputBytes } = keeper;
    const memoryBytes = this.state === "disposed" ? 0 : keeper.memoryBytes();
    return {
      fuel: fuel.used,
      memoryBytes,
      peakMemoryBytes: keeper.peakMemory,
      hostCalls,
      pendingCalls: operations.size,
      outputBytes,
    };
  }

  updateLimits(limits: Partial<Limits>): void {
    this.runner.life.check("updateLimits");
    Object.assign(this.limits, checkLimits(limits));
    this.parts.keeper.changed();
    if (this.state === "suspended") this.runner.setAlarm();
  }

  charge(use: Charge): void {
    this.runner.life.check("charge");
    this.parts.keeper.charge(checkCharge(use));
  }

  stop(reason: SpellError): void {
    if (this.state === "running") this.parts.keeper.breakOff(reason);
    else if (this.state !== "disposed") this.runner.end(reason);
  }

  get tasks(): ReadonlyMap<number, Task> {
    return this.parts.tasks.pending;
  }

  functionRef(id: number): FunctionRef {
    this.runner.life.check("functionRef");
    return this.parts.values.functions.get(id);
  }

  snapshot(): GuestSnapshot<Saved> {
    this.runner.life.check("snapshot");
    const { instance, image: memory } = this.#lease;
    const { format } = this.#services;
    return new GuestSnapshot(format, this.engine.hash, memory.base, memory.capture(instance), this.runner.save());
  }

  rollback(snapshot: Snapshot): void {
    this.runner.life.check("rollback");
    const { instance, image: memory } = this.#lease;
    const { format, seat } = this.#services;
    const own = format.own(snapshot).checkFits({ engineHash: this.engine.hash, base: memory.base });
    const { byteLength } = own.memory;
    if (byteLength > instance.memoryBytes && seat?.hold(byteLength) === false) throw seat.refusal();
    const { $fuel } = instance.ex;
    const left = $fuel.value;
    memory.restore(instance, own);
    $fuel.value = left;
    this.runner.load(own.guest);
  }

  fork(count: number, { host }: ForkOptions = {}): Guest[] {
    this.runner.life.check("fork");
    if (!(Number.isInteger(count) && count > 0)) {
      throw new SpellError("INVALID_ARGUMENT", `a guest is forked into a positive number of guests, not ${count}`);
    }
    const snapshot = this.snapshot();
    const guests: Guest[] = [];
    try {
      for (let i = 0; i < count; i++) {
        const share: Resume = ({ operation }) => this.parts.operations.share(operation);
        const guest = this.#services.restore(snapshot, host?.(i) ?? this.parts.host, share);
        guests.push(guest);
        if (guest instanceof ImageGuest) guest.parts.sources.adopt(this.parts.sources);
      }
    } catch (thrown) {
      for (const guest of guests) guest[Symbol.dispose]();
      throw thrown;
    }
    return guests;
  }

  [Symbol.dispose](): void {
    const { life } = this.runner;
    life.check("dispose");
    if (life.state === "disposed") return;
    const { keeper, seat, operations } = this.parts;
    const isQuiet = operations.size === 0 && this.tasks.size === 0;
    this.runner.end(isQuiet ? DISPOSED : disposedError());
    life.to("disposed");
    keeper.fuel.close();
    this.#lease.instance.port = undefined;
    seat?.leave();
    this.#lease.release(this.runner.trapped);
  }
}
