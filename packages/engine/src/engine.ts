import type { SpellError } from "@llmspell/errors";
import type { Bindings, Pending } from "./bindings.js";
import type { Limits } from "./limits.js";
import type { FunctionRef, ScriptValue } from "./value.js";

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
  readonly profiling: boolean;
  readonly sandboxing: boolean;
  readonly hotReload: boolean;
  readonly nativeJson: boolean;
  readonly nativeRegex: boolean;
  /** Accepts precompiled code. */
  readonly bytecode: boolean;
  /** Compiles guest code to machine code. */
  readonly jit: boolean;
  /** Runs a guest in a thread of its own. */
  readonly workers: boolean;
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
  /** A guest in state `ready`, from the engine's warm pool where it has one. */
  createGuest(options?: GuestOptions): Guest;
}

export interface PoolStats {
  /** Instances that wait, reset, for the next guest. */
  readonly idle: number;
  readonly created: number;
  readonly reused: number;
  readonly discarded: number;
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

export interface GuestOptions {
  readonly limits?: Partial<Limits>;
  /** Default: `basic`. */
  readonly sandbox?: SandboxLevel;
  /** Default: {@link EMPTY_BINDINGS}. */
  readonly bindings?: Bindings;
  /** Default: a host that refuses every call and drops all output. */
  readonly host?: Host;
}

/** What a guest's host provides. Everything is optional: a guest starts with no powers. */
export interface Host {
  /**
   * A call through the door. Throws (or rejects with) a {@link SpellError} to
   * raise an error in the guest.
   */
  call?(functionId: number, args: readonly ScriptValue[], guest: Guest): ScriptValue | undefined | Pending;
  /** Bytes the guest printed, already counted against `outputBytes`. The view is only valid during the call. */
  write?(stream: "stdout" | "stderr", bytes: Uint8Array): void;
  /** Milliseconds since the epoch for the guest's clock. Default: always 0. */
  now?(): number;
  /**
   * Ends a time slice: calls `resume` in a later turn of the event loop, e.g.
   * `setImmediate`. Default: a guest that computes keeps the event loop waiting
   * until it waits itself or ends.
   */
  pause?(resume: () => void): void;
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
}

export interface RunOptions {
  /** The name errors carry, e.g. `hello.lua`; must not be a host path. Default: `spell`. */
  readonly name?: string;
}

/** One isolated script state. It computes; everything else goes through {@link Host.call}. */
export interface Guest extends Disposable {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly state: GuestState;
  readonly usage: GuestUsage;
  /** Loads and runs source text (never precompiled code) as a task. Its value is the chunk's result. */
  run(source: string, options?: RunOptions): Task;
  /** Calls a function of this guest as a task. */
  call(fn: FunctionRef, args?: readonly ScriptValue[]): Task;
  /**
   * Calls a function from inside {@link Host.call}. The function cannot await:
   * that raises `INVALID_STATE` in the guest.
   */
  callSync(fn: FunctionRef, args?: readonly ScriptValue[]): ScriptValue;
  getGlobal(name: string): ScriptValue;
  setGlobal(name: string, value: ScriptValue): void;
  /** Ends the guest: pending host calls are aborted and every unfinished task fails with `reason`. */
  stop(reason: SpellError): void;
  /** The whole state as bytes. Needs the feature `snapshots`. */
  snapshot(): Uint8Array;
  /** Independent copies of this guest. Needs the feature `forks`. */
  fork(count: number): Guest[];
}

/** Guest code the host started. */
export interface Task {
  readonly state: "pending" | "fulfilled" | "rejected";
  /** The result once fulfilled. */
  readonly value: ScriptValue | undefined;
  /** Why it was rejected. */
  readonly error: SpellError | undefined;
  /** Resolves or rejects when the task ends; the event loop drives the guest until then. */
  result(): Promise<ScriptValue>;
}
