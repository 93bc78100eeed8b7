import type { SpellError } from "@llmspell/errors";
import type { AlertOptions } from "./alerts.js";
import type { Bindings, Pending } from "./bindings.js";
import type { CollectorPreset, CollectorTuning } from "./collector.js";
import type { CoverageRecorder } from "./coverage.js";
import type { DebugOptions, Debugger } from "./debug.js";
import type { DenialListener, SourcePosition } from "./denials.js";
import type { AlertLimit, Limits } from "./limits.js";
import type { PoolStats } from "./pool/index.js";
import type { Profiler, ProfilerOptions } from "./profile.js";
import type { ScriptModule } from "./script-module.js";
import type { PendingCall, Snapshot } from "./snapshot.js";
import type { Tenant } from "./tenant/index.js";
import type { TrapRecord } from "./traps.js";
import type { FunctionRef, Handle, ScriptValue, WeakHandle } from "./value.js";
import type { ValueOptions } from "./value-options.js";
import type { Warning, WarningOptions } from "./warning.js";
import type { WeakFunctionRef, WeakFunctionRefs } from "./weak-functions.js";

/**
 * What an engine can do. A flag that is true has a passing conformance case; a
 * call that needs a flag that is false throws `UNSUPPORTED`.
 */
export interface EngineFeatures {
  /** Awaitable host calls suspend the guest. */
  readonly async: boolean;
  readonly coroutines: boolean;
  readonly snapshots: boolean;
  readonly forks: boolean;
  readonly debugging: boolean;
  /** Samples of the stack. */
  readonly profiling: boolean;
  /** Profiles that count every call. */
  readonly exactProfiling: boolean;
  readonly coverage: boolean;
  readonly sandboxing: boolean;
  readonly hotReload: boolean;
  readonly nativeJson: boolean;
  readonly nativeRegex: boolean;
  /** Accepts precompiled code. */
  readonly bytecode: boolean;
  /** Compiles guest code to machine code. */
  readonly jit: boolean;
  /** Can run a guest in a thread of its own. */
  readonly workers: boolean;
  /** The host can hold functions of a guest weakly. */
  readonly weakFunctions: boolean;
}

/** One guest language. */
export interface Engine extends Disposable {
  /** Short name, e.g. `lua`. */
  readonly name: string;
  /** Language and version, e.g. `Lua 5.4.6`. */
  readonly language: string;
  /** File extensions with the dot, e.g. `[".lua"]`. */
  readonly extensions: readonly string[];
  readonly features: EngineFeatures;
  /** Identifies the exact machine code of the guest; a snapshot is bound to it. */
  readonly hash: string;
  readonly pool: PoolStats;
  /** The last 100 guests that a trap of the machine below them ended, oldest first. */
  readonly traps: readonly TrapRecord[];
  /**
   * A guest in state `ready`, from the engine's warm pool where it has one.
   *
   * @throws SpellError `LIMIT_GUESTS` when as many live as the pool's policy allows.
   */
  createGuest(options?: GuestOptions): Guest;
  /**
   * A guest that goes on from a snapshot, with the same fuel, calls and time
   * used. The bindings must be those it was made with; limits not given are the
   * snapshot's own. Needs the feature `snapshots`.
   *
   * @throws SpellError `SNAPSHOT_INVALID`
   */
  restore(snapshot: Snapshot | Uint8Array, options?: RestoreOptions): Guest;
  /** As {@link createGuest}, but waits in line while too many guests live; `CANCELLED` when `signal` aborts. */
  acquireGuest(options?: GuestOptions, signal?: AbortSignal): Promise<Guest>;
  /** Makes instances for such guests ahead, until `count` are idle or the pool keeps no more. */
  warmUp(options: Pick<GuestOptions, "bindings" | "sandbox">, count: number): void;
}

export interface RestoreOptions extends GuestOptions {
  /** Opens bytes that were sealed with this key. */
  readonly key?: Uint8Array;
}

export interface ForkOptions {
  /** The host of each copy, by its number from 0. Default: the host of the guest itself. */
  host?(index: number): Host;
}

/**
 * How much of its language's standard library a guest gets. Memory, fuel and the
 * door are fenced alike at every level; what differs is what a script can do to
 * itself.
 *
 * - `none`: all of it, precompiled code and introspection included. For code that
 *   is trusted: it can crash its own guest, forge the errors that this guest
 *   reports and undo what the guest library does, but not leave the guest. Its
 *   instance is never used again.
 * - `basic` (default): no files, processes, precompiled code or introspection.
 * - `strict`: for code that a model wrote. As `basic`, but nothing is compiled at
 *   run time, the library and the modules cannot be changed, a name that was never
 *   assigned cannot be read, and without {@link Host.now} there is no clock.
 */
export type SandboxLevel = "none" | "basic" | "strict";

export interface GuestOptions extends AlertOptions<AlertLimit> {
  /** Who the guest runs for; its limits hold as well. */
  readonly tenant?: Tenant;
  /** Told of what the sandbox refuses the guest. */
  readonly onDenied?: DenialListener;
  readonly limits?: Partial<Limits>;
  /** Default: `basic`. */
  readonly sandbox?: SandboxLevel;
  /** Default: {@link EMPTY_BINDINGS}. */
  readonly bindings?: Bindings;
  /** Default: a host that refuses every call and drops all output. */
  readonly host?: Host;
  readonly values?: ValueOptions;
  readonly warnings?: WarningOptions;
  /** Default: `balanced`. A restored guest goes on with the one it had. An engine whose collector cannot be tuned ignores it. */
  readonly gc?: CollectorPreset | CollectorTuning;
}

/** What a guest's host provides. Everything is optional: a guest starts with no powers. */
export interface Host {
  /**
   * A call through the door. Throws (or rejects with) a {@link SpellError} to
   * raise an error in the guest.
   */
  call?(functionId: number, args: readonly ScriptValue[], guest: Guest): ScriptValue | undefined | Pending;
  /**
   * Takes up a call that was under way when the guest's state was saved: its
   * answer, as of {@link Host.call}. Default: the call fails in the guest with
   * `INTERRUPTED`.
   */
  resume?(call: PendingCall, guest: Guest): ScriptValue | undefined | Pending;
  /** Bytes the guest printed, already counted against `outputBytes`. The view is only valid during the call. */
  write?(stream: "stdout" | "stderr", bytes: Uint8Array): void;
  /**
   * The guest holds a handle it did not hold before. With {@link Host.release}
   * tells a host which of its objects a guest still needs; must not call the guest.
   */
  retain?(handle: Handle): void;
  /** The guest has dropped its last copy of a handle. Not called for what it holds when it ends. */
  release?(handle: Handle): void;
  /**
   * The handle of what a guest holds weakly, or undefined when that is gone. The
   * same must come out for a handle that is gone ever after. Must not call the
   * guest. Default: everything is gone.
   */
  upgrade?(weak: WeakHandle): Handle | undefined;
  /**
   * The script warns. Default: warnings are off until the script turns them on,
   * and then text for `stderr`.
   */
  warn?(warning: Warning): void;
  /**
   * The module that `name` means in the file `from` (a name that the host has
   * given to a source, or empty), or undefined when there is none. Both are the
   * guest's to choose: nothing may be read only because they say so.
   */
  loadModule?(name: string, from: string): ScriptModule | undefined | Promise<ScriptModule | undefined>;
  /** Milliseconds since the epoch for the guest's clock. Default: always 0. */
  now?(): number;
  /**
   * Ends a time slice: calls `resume` in a later turn of the event loop, e.g.
   * `setImmediate`. Default: a guest that computes keeps the event loop waiting
   * until it waits itself or ends.
   */
  pause?(resume: () => void): void;
  /**
   * Asked every few milliseconds while guest code runs, in the middle of a turn:
   * an error ends the guest as {@link Guest.stop} does.
   */
  interrupted?(): SpellError | undefined;
  /**
   * Told `true` when a turn has lasted for 100 ms without a point to pause at (a
   * long loop of the guest's library), and `false` when it is over.
   */
  onStuck?(stuck: boolean): void;
}

/**
 * - `ready`: nothing has run yet
 * - `running`: guest code is on the stack
 * - `suspended`: waits for pending host calls
 * - `finished`: the last task ended well; more may be run
 * - `failed`: the last task ended with an error; more may be run
 * - `killed`: a limit or {@link Guest.stop} ended it; nothing runs any more
 * - `disposed`: given back
 */
export type GuestState = "ready" | "running" | "suspended" | "finished" | "failed" | "killed" | "disposed";

export interface GuestUsage {
  readonly fuel: number;
  /** Bytes of guest memory in use now. */
  readonly memoryBytes: number;
  /** The most that was in use when a turn ended or the host looked. */
  readonly peakMemoryBytes: number;
  readonly hostCalls: number;
  readonly pendingCalls: number;
  readonly outputBytes: number;
  /** Warnings given while they were on, those kept back included. */
  readonly warnings?: number;
}

/** What can be counted for a guest from outside. */
export type Charge = Partial<Pick<GuestUsage, "fuel" | "hostCalls" | "outputBytes">>;

export interface RunOptions {
  /** The name errors carry, e.g. `hello.lua`; must not be a host path. Default: `spell`. */
  readonly name?: string;
  /**
   * A part of what the guest runs already, e.g. a file that it includes: the task ends with the
   * source itself, whatever else of the guest goes on. Default: false.
   */
  readonly part?: boolean;
}

export interface GuestCallOptions {
  /** Nobody looks at the result, so it may be anything; the task's value is null. Default: false. */
  readonly discard?: boolean;
  /**
   * Cancels this one task: what it waits for is given up, and each of its waits from then on raises the
   * signal's reason (when that is a `SpellError`, else `CANCELLED`), which the function can catch to clean
   * up. A function that goes on all the same is closed, in a language whose functions can be; in the others
   * the task is rejected then, and what the function still does has nobody who waits for it.
   */
  readonly signal?: AbortSignal;
}

/** One isolated script state. It computes; everything else goes through {@link Host.call}. */
export interface Guest extends Disposable {
  readonly engine: Engine;
  /** As they are now. */
  readonly limits: Limits;
  readonly state: GuestState;
  readonly usage: GuestUsage;
  /** Where in its source the guest calls the host right now; nothing outside of a host call. */
  readonly position: SourcePosition | undefined;
  /** Loads and runs source text (never precompiled code) as a task. Its value is the chunk's result. */
  run(source: string, options?: RunOptions): Task;
  /** Calls a function of this guest as a task. */
  call(fn: FunctionRef, args?: readonly ScriptValue[], options?: GuestCallOptions): Task;
  /**
   * Calls a function from inside {@link Host.call}. The function cannot await:
   * that raises `INVALID_STATE` in the guest.
   */
  callSync(fn: FunctionRef, args?: readonly ScriptValue[]): ScriptValue;
  /**
   * Puts new source in the place of the loaded module `name` ({@link ScriptModule}),
   * as a task: when the source cannot be compiled or run, the old version stays
   * whole. Needs the feature `hotReload`; `NOT_FOUND` when no such module is loaded.
   */
  reload(name: string, source: string): Task;
  getGlobal(name: string): ScriptValue;
  setGlobal(name: string, value: ScriptValue): void;
  /**
   * Changes limits, also while the guest runs or waits; those not named stay. A
   * limit below what is used ends the guest where it next looks at it: for fuel,
   * time and memory within one time slice, else with the next such use.
   */
  updateLimits(limits: Partial<Limits>): void;
  /**
   * Counts what others did for the guest as its own use, also while it runs or waits. What is beyond a limit then
   * ends the guest where it next looks, as with {@link updateLimits}.
   *
   * @throws SpellError `INVALID_ARGUMENT` for what is below 0 or not finite.
   */
  charge(use: Charge): void;
  /** Ends the guest: pending host calls are aborted and every unfinished task fails with `reason`. */
  stop(reason: SpellError): void;
  /** Tasks that have not ended, by their id: after a restore, the way back to them. */
  readonly tasks: ReadonlyMap<number, Task>;
  /** The function that the host holds under `id`; after a restore, the way back to it. */
  functionRef(id: number): FunctionRef;
  /**
   * Whether two references are to the same function: each time that a function crosses it gets a new
   * one. Also from inside {@link Host.call}.
   *
   * @throws SpellError `INVALID_ARGUMENT` for one that is not this guest's or was released.
   */
  sameFunction(a: FunctionRef, b: FunctionRef): boolean;
  /**
   * Holds a function of this guest so that the guest may still collect it; `fn`
   * itself keeps it until it is released. Also from inside {@link Host.call}.
   * Needs the feature `weakFunctions`.
   *
   * @throws SpellError `INVALID_STATE` when the host holds {@link MAX_WEAK_FUNCTIONS} already.
   */
  weakRef(fn: FunctionRef): WeakFunctionRef;
  /** What {@link weakRef} gave; after a restore, the way back to it. */
  readonly weakRefs: WeakFunctionRefs;
  /**
   * Host objects are gone: calls back, as a task, whoever in the guest waits for
   * the end of a {@link WeakHandle} that {@link Host.upgrade} no longer knows.
   * The task's value is how many there were; it fails with the first of them
   * that fails. After a restore or a rollback, for what went in between.
   */
  expireHandles(): Task;
  /**
   * The whole state: memory, tasks, what is waited for, what is used. A guest
   * that is running or has been killed has none to save. Needs the feature
   * `snapshots`.
   */
  snapshot(): Snapshot;
  /**
   * Puts the guest back to one of its own snapshots. Usage stays: fuel, calls
   * and time that were used are used. Tasks started since are rejected with
   * `CANCELLED` and their host calls aborted; functions given to the host since
   * are gone. A host call that has been answered since is taken up again by
   * {@link Host.resume}. Needs the feature `snapshots`.
   */
  rollback(snapshot: Snapshot): void;
  /**
   * Independent copies of this guest. What it waits for they wait for too: each
   * gets the same answer, and the work behind it is aborted only when none waits
   * any more. Needs the feature `forks`.
   */
  fork(count: number, options?: ForkOptions): Guest[];
  /** Breakpoints, steps and looking inside; one debugger at a time. Needs the feature `debugging`. */
  attachDebugger(options?: DebugOptions): Debugger;
  /** Which functions spend the fuel. Needs the feature `profiling`, and `exactProfiling` for the kind `exact`. */
  startProfiler(options?: ProfilerOptions): Profiler;
  /** Which lines run. Counts sources that are run from now on. Needs the feature `coverage`. */
  startCoverage(): CoverageRecorder;
}

/** Guest code the host started. */
export interface Task {
  /** Identifies the task in its guest, also after a restore. */
  readonly id: number;
  readonly state: "pending" | "fulfilled" | "rejected";
  /** The result once fulfilled. */
  readonly value: ScriptValue | undefined;
  /** Why it was rejected. */
  readonly error: SpellError | undefined;
  /** What the guest used from the start of the task to its end, other tasks included. Absent while it is pending. */
  readonly usage?: TaskUsage | undefined;
  /** Resolves or rejects when the task ends; the event loop drives the guest until then. */
  result(): Promise<ScriptValue>;
}

export interface TaskUsage {
  /** Milliseconds, waiting included. */
  readonly durationMs: number;
  readonly fuel: number;
  /** Bytes by which the memory in use grew; negative when it shrank. */
  readonly memoryDelta: number;
}
