import type { SpellError } from "@llmspell/errors";
import type { Bindings, Pending } from "./bindings.js";
import type { Limits } from "./limits.js";
import type { FunctionRef, Handle, ScriptValue } from "./value.js";

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

export interface GuestOptions {
  readonly limits?: Partial<Limits>;
  /** Default: {@link EMPTY_BINDINGS}. */
  readonly bindings?: Bindings;
  /** Default: a host that refuses every call and drops all output. */
  readonly host?: Host;
  readonly values?: ValueOptions;
}

/** Where the values of two languages differ, what a guest and its host make of it. */
export interface ValueOptions {
  /** Default `lenient`. */
  readonly nulls?: NullMode | NullRules;
  /** `exact`: a whole float comes out as a {@link Float}, so that it is one again when it goes back. Default `number`. */
  readonly floats?: "number" | "exact";
  /** What comes out of an empty table that is not marked as an array. Default `object`. */
  readonly emptyTables?: "object" | "array";
}

/**
 * - `lenient`: a field that is null is left out; null alone is the language's nothing
 * - `strict`: as lenient, but fields that are null are kept, and holes in arrays refused
 * - `js`: null is a value of its own everywhere, and only undefined is nothing
 *
 * In an array null is always kept, so that lengths survive.
 */
export type NullMode = "lenient" | "strict" | "js";

/** A null mode of one's own. "Kept" means: as the language's null sentinel. */
export interface NullRules {
  /** Null as a field of an object that enters. */
  readonly fields: "drop" | "keep";
  /** Null as an argument, a result or a global that enters. */
  readonly alone: "nothing" | "keep";
  /** Nothing between the elements of an array that leaves. */
  readonly holes: "null" | "refuse";
}

const NULL_MODES: Readonly<Record<NullMode, NullRules>> = {
  lenient: { fields: "drop", alone: "nothing", holes: "null" },
  strict: { fields: "keep", alone: "nothing", holes: "refuse" },
  js: { fields: "keep", alone: "keep", holes: "null" },
};

/** The rules a mode stands for. */
export const nullRules = (mode: NullMode | NullRules = "lenient"): NullRules =>
  typeof mode === "string" ? NULL_MODES[mode] : mode;

/** What a guest's host provides. Everything is optional: a guest starts with no powers. */
export interface Host {
  /**
   * A call through the door. Throws (or rejects with) a {@link SpellError} to
   * raise an error in the guest.
   */
  call?(functionId: number, args: readonly ScriptValue[], guest: Guest): ScriptValue | undefined | Pending;
  /** Bytes the guest printed, already counted against `outputBytes`. The view is only valid during the call. */
  write?(stream: "stdout" | "stderr", bytes: Uint8Array): void;
  /**
   * The guest holds a handle it did not hold before. With {@link Host.release}
   * tells a host which of its objects a guest still needs; must not call the guest.
   */
  retain?(handle: Handle): void;
  /** The guest has dropped its last copy of a handle. Not called for what it holds when it ends. */
  release?(handle: Handle): void;
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
