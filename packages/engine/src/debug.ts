/**
 * The debug port of a guest, the same for every engine. Words and shapes follow
 * the Debug Adapter Protocol, so that an adapter has little to translate.
 *
 * At a stop the guest is `suspended` and holds no stack of the host: the event
 * loop turns, other guests run, and its clock (`timeMs`) stands still. Host
 * calls that settle, and tasks that are started meanwhile, wait until it goes on.
 */

/** Why a guest stopped. `error`: a task ends with an error that nothing catches. */
export type StopReason = "breakpoint" | "step" | "pause" | "error";

/** Which errors stop the guest: those that end a task, or none. */
export type BreakOnError = "never" | "uncaught";

export interface DebugOptions {
  /**
   * The guest has stopped. Look around here or later, and call `continue` or a
   * step when done; both may be called from inside.
   */
  onStop?(stop: Stop, debug: Debugger): void;
  /** The text of a logpoint, or the error of a condition or logpoint. */
  onLog?(entry: DebugLog): void;
  /** A breakpoint whose source was loaded after it was set is verified now. */
  onBreakpoint?(breakpoint: Breakpoint): void;
  /** Default: `never`. */
  readonly breakOnError?: BreakOnError;
  /**
   * Fuel for one expression: a condition, a watch, a logpoint. It is not the
   * guest's own fuel. Default: 1,000,000.
   */
  readonly evaluateFuel?: number;
}

export interface DebugLog {
  readonly kind: "log" | "error";
  readonly text: string;
  readonly source: string;
  readonly line: number;
}

export interface Stop {
  readonly reason: StopReason;
  /**
   * False where the language cannot be suspended (in Lua inside the comparator
   * of a `table.sort`): the guest can be looked at during `onStop` only, and goes
   * on as soon as that returns.
   */
  readonly isHeld: boolean;
  readonly threadId: number;
  readonly source: string;
  readonly line: number;
  /** The breakpoint that was hit. */
  readonly breakpointId?: number;
  /** The error of a stop for `error`, shortened. */
  readonly error?: string;
}

export interface SourceBreakpoint {
  /** Counts from 1. */
  readonly line: number;
  /** An expression of the guest's language; stops only where it is true. One that fails is logged and does not stop. */
  readonly condition?: string;
  /** Stops from this hit on. Default: 1. */
  readonly hitCount?: number;
  /** Text to log instead of stopping; `{expression}` in it is evaluated. */
  readonly logMessage?: string;
}

export interface Breakpoint {
  readonly id: number;
  readonly source: string;
  /** Where it stops: the next line with code, once verified. */
  readonly line: number;
  /** False while the source is not loaded, and when there is no code at or after the line. */
  readonly isVerified: boolean;
  /** Why it is not verified, or that it was moved. */
  readonly message?: string;
}

/** A task of the guest, or a coroutine of the script that waits by itself. */
export interface DebugThread {
  readonly id: number;
  readonly name: string;
  readonly kind: "task" | "coroutine";
}

export interface StackFrame {
  /** For `scopes` and `evaluate`; valid until the guest goes on. */
  readonly id: number;
  readonly name: string;
  readonly source: string;
  readonly line: number;
}

export interface StackTrace {
  /** Innermost first. Functions of the engine's own library are left out. */
  readonly frames: readonly StackFrame[];
  readonly totalFrames: number;
}

export interface Page {
  /** Default: 0. */
  readonly start?: number;
  /** Default: 100, at most 1,000. */
  readonly count?: number;
}

export interface Scope {
  /** `Locals` first, `Globals` last; between them what the language has, as `Varargs` and `Upvalues` of Lua. */
  readonly name: string;
  readonly variablesReference: number;
}

/** A value as text for people; no code of the guest runs to make it. */
export interface DebugValue {
  /** At most some hundred characters. */
  readonly value: string;
  readonly type: string;
  /** For `variables`; 0 when there is nothing inside. Valid until the guest goes on. */
  readonly variablesReference: number;
}

export interface Variable extends DebugValue {
  readonly name: string;
}

/** An expression's value, or why it has none. */
export type Evaluation = ({ readonly ok: true } & DebugValue) | { readonly ok: false; readonly error: string };

/**
 * Looks at `stopped` only while the guest stands; everything that needs it
 * throws `INVALID_STATE` otherwise, and `NOT_FOUND` for an id or reference of an
 * earlier stop.
 */
export interface Debugger extends Disposable {
  /** Where the guest stands; undefined while it does not. */
  readonly stopped: Stop | undefined;
  breakOnError: BreakOnError;
  /** Replaces all breakpoints of a source, named as {@link RunOptions.name}. At any time. */
  setBreakpoints(source: string, breakpoints: readonly SourceBreakpoint[]): Breakpoint[];
  /** Stops before the next line of the script that runs, of any task. */
  pause(): void;
  continue(): void;
  /** To the next line of the task, into functions and coroutines. */
  stepIn(): void;
  /** To the next line of the function, or of its caller when it returns. */
  stepOver(): void;
  /** To the next line of the caller. */
  stepOut(): void;
  threads(): DebugThread[];
  stackTrace(threadId: number, page?: Page): StackTrace;
  scopes(frameId: number): Scope[];
  variables(variablesReference: number, page?: Page): Variable[];
  /** Assigns the value of `expression`, evaluated in the frame of the variable (for fields: the stop's first frame). */
  setVariable(variablesReference: number, name: string, expression: string): Evaluation;
  /**
   * An expression or a statement, in a frame or among the globals. It cannot
   * wait, cannot call the host, and ends at `evaluateFuel`.
   */
  evaluate(expression: string, frameId?: number): Evaluation;
  /** Removes every breakpoint and goes on when stopped. Disposing does the same. */
  detach(): void;
}
