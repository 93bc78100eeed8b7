import type { LuaInstance } from "../instance.js";
import { calledFunction, callHeight, currentCall } from "../layout.js";
import type { Frames } from "./frames.js";

export type StepKind = "in" | "over" | "out" | "pause";

/** Where a step begins. */
export interface StepStart {
  /** The coroutine of the task, and the innermost one. */
  readonly root: number;
  readonly L: number;
  /** The innermost call of the script; 0 when there is none. */
  readonly call: number;
}

/** One step: decides at every line whether it ends there. */
export class Step {
  readonly kind: StepKind;
  readonly #lua: LuaInstance;
  readonly #start: StepStart;
  readonly #height: number;
  readonly #function: number;
  /** The coroutines that wait for the one of the step. */
  readonly #resumers: ReadonlySet<number>;

  constructor(lua: LuaInstance, frames: Frames, kind: StepKind, start: StepStart) {
    this.#lua = lua;
    this.kind = kind;
    this.#start = start;
    const hasCall = start.call !== 0;
    this.#height = hasCall ? callHeight(lua, start.L, start.call) : 0;
    this.#function = hasCall ? calledFunction(lua, start.call).id : 0;
    this.#resumers = new Set(kind === "pause" ? [] : frames.chain(start.root).filter((L) => L !== start.L));
  }

  /** Whether the step ends at a new line of `L`, a coroutine of the task `root`. */
  endsAt(root: number, L: number): boolean {
    const { kind } = this;
    if (kind === "pause") return true;
    if (root !== this.#start.root) return false;
    if (kind === "in" || this.#resumers.has(L)) return true;
    if (L !== this.#start.L) return false;
    const call = currentCall(this.#lua, L);
    if (call !== this.#start.call) return callHeight(this.#lua, L, call) < this.#height;
    // The same place on the stack: the function itself, or one that it called as its last act.
    return kind === "over" && calledFunction(this.#lua, call).id === this.#function;
  }
}
