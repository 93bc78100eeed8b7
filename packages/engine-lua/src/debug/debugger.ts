import type {
  BreakOnError,
  Breakpoint,
  DebugOptions,
  DebugThread,
  Debugger,
  Evaluation,
  Page,
  Scope,
  SourceBreakpoint,
  StackTrace,
  Stop,
  Variable,
} from "@llmspell/engine";
import { SpellError, isSpellError, toSpellError } from "@llmspell/errors";
import { HookMask } from "../abi.js";
import type { HookTool } from "../hooks.js";
import {
  calledFunction,
  currentCall,
  hookLine,
  nestedProtos,
  protoAt,
  protoLines,
  protoSource,
  protosOf,
} from "../layout.js";
import { Breakpoints } from "./breakpoints.js";
import { Evaluator } from "./evaluate.js";
import { Frames, isEngineSource, sourceName } from "./frames.js";
import { Hits } from "./hits.js";
import { Inspection, ReferenceCounter, ThreadIds } from "./inspection.js";
import type { DebugParts } from "./parts.js";
import { FrameScope } from "./scope.js";
import { unwinds } from "../unwinding.js";
import { SideThread } from "./side-thread.js";
import { Step, type StepKind } from "./stepping.js";
import { errorText } from "./values.js";

const EVALUATE_FUEL = 1_000_000;

/** Where the guest is to stop, or stands. */
interface Place {
  readonly root: number;
  readonly L: number;
  readonly source: string;
  readonly line: number;
}

/** The debugger of one guest: a line hook that makes coroutines yield, and a turn that then ends. */
export class LuaDebugger implements Debugger, HookTool {
  readonly #parts: DebugParts;
  readonly #options: DebugOptions;
  readonly #breakpoints = new Breakpoints();
  readonly #tools;
  readonly #evaluator: Evaluator;
  readonly #hits: Hits;
  readonly #detached: () => void;
  breakOnError: BreakOnError;
  #step: Step | undefined;
  /** The coroutine of the task that runs; 0 when the scheduler does. */
  #root = 0;
  /** A stop that is on its way through the scheduler. */
  #pending: { place: Place; stop: Stop } | undefined;
  #stopped: { place: Place; stop: Stop; inspection: Inspection } | undefined;
  #isGoing = false;
  #isDetached = false;

  /** @param detached is called once, when the debugger is no longer used. */
  constructor(parts: DebugParts, options: DebugOptions, detached: () => void) {
    this.#parts = parts;
    this.#options = options;
    this.#detached = detached;
    this.breakOnError = options.breakOnError ?? "never";
    const { lua, keeper } = parts;
    const frames = new Frames(lua);
    const scope = new FrameScope(lua, frames);
    const side = new SideThread(parts);
    this.#tools = { frames, scope, side, ids: new ThreadIds(), counter: new ReferenceCounter() };
    this.#evaluator = new Evaluator(parts, side, scope, options.evaluateFuel ?? EVALUATE_FUEL);
    this.#hits = new Hits(lua, this.#evaluator, (entry) => this.#tell(() => options.onLog?.(entry)));
    keeper.hooks.add(this);
  }

  get stopped(): Stop | undefined {
    return this.#stopped?.stop;
  }

  /** Lines are watched only while something can stop at one. */
  get mask(): number {
    return this.#step !== undefined || !this.#breakpoints.isEmpty ? HookMask.line : 0;
  }

  // Breakpoints

  setBreakpoints(source: string, breakpoints: readonly SourceBreakpoint[]): Breakpoint[] {
    this.#checkAttached();
    const { lua, image, keeper } = this.#parts;
    const linesOf = (): Set<number> => {
      const lines = new Set<number>();
      for (const proto of protosOf(lua, image.L, `@${source}`)) {
        for (const line of protoLines(lua, proto)) lines.add(line);
      }
      return lines;
    };
    const set = this.#breakpoints.set(source, breakpoints, linesOf);
    keeper.hooks.update();
    return set;
  }

  /** A source was loaded; its main function is on top of the stack of `L`. */
  loaded(L: number, source: string): void {
    const { lua } = this.#parts;
    const lines = new Set<number>();
    for (const proto of nestedProtos(lua, protoAt(lua, L, -1))) {
      for (const line of protoLines(lua, proto)) lines.add(line);
    }
    const changed = this.#breakpoints.verify(source, lines);
    this.#tell(() => {
      for (const breakpoint of changed) this.#options.onBreakpoint?.(breakpoint);
    });
  }

  // Running

  pause(): void {
    this.#checkAttached();
    if (this.#stopped === undefined) this.#setStep("pause", { root: 0, L: 0, call: 0 });
  }

  continue(): void {
    this.#require();
    this.#goOn(undefined);
  }

  stepIn(): void {
    this.#goOn("in");
  }

  stepOver(): void {
    this.#goOn("over");
  }

  stepOut(): void {
    this.#goOn("out");
  }

  #setStep(kind: StepKind | undefined, start: { root: number; L: number; call: number }): void {
    const { lua, keeper } = this.#parts;
    this.#step = kind === undefined ? undefined : new Step(lua, this.#tools.frames, kind, start);
    keeper.hooks.update();
  }

  #goOn(kind: StepKind | undefined): void {
    const { stop, place } = this.#require();
    const [call = 0] = this.#tools.frames.scriptCalls(place.L);
    this.#setStep(kind, { root: place.root, L: place.L, call });
    this.#leave();
    if (stop.isHeld) this.#drive();
  }

  /** What was looked at is no longer valid. */
  #leave(): void {
    this.#stopped?.inspection.close();
    this.#stopped = undefined;
    this.#parts.keeper.fuel.startClock();
  }

  /** Runs the guest on until it stands again; a `continue` from inside `onStop` adds a round, not a level. */
  #drive(): void {
    if (this.#isGoing) return;
    this.#isGoing = true;
    try {
      while (this.#parts.stands() && this.#stopped === undefined) this.#parts.goOn();
    } finally {
      this.#isGoing = false;
    }
  }

  // Stopping

  event(L: number, _event: number, record: number): void {
    const { lua, image } = this.#parts;
    if (L === image.L) {
      this.#root = 0;
      return;
    }
    if (this.#root === 0) this.#root = L;
    const line = hookLine(lua, record);
    if (this.#step === undefined && !this.#breakpoints.mayStop(line)) return;
    this.#atLine(L, line);
  }

  #atLine(L: number, line: number): void {
    const { lua } = this.#parts;
    const endsStep = this.#step?.endsAt(this.#root, L) === true;
    if (!endsStep && !this.#breakpoints.mayStop(line)) return;
    const call = currentCall(lua, L);
    const source = protoSource(lua, calledFunction(lua, call).id);
    if (isEngineSource(source)) return;
    const place = { root: this.#root, L, source: sourceName(source), line };
    const hit = this.#breakpoints
      .at(place.source, line)
      .find((breakpoint) => this.#hits.stops(breakpoint, { L, call }));
    // The host may have detached when it was told of a logpoint.
    if (this.#isDetached) return;
    if (hit !== undefined) this.#stopAt(place, { reason: "breakpoint", breakpointId: hit.id });
    else if (endsStep) this.#stopAt(place, { reason: this.#step?.kind === "pause" ? "pause" : "step" });
  }

  #stopAt(place: Place, why: Pick<Stop, "reason" | "breakpointId" | "error">): void {
    const { lua, library } = this.#parts;
    const { source, line } = place;
    this.#setStep(undefined, { root: 0, L: 0, call: 0 });
    const stop: Stop = { ...why, source, line, threadId: this.#tools.ids.of(place.root), isHeld: true };
    this.#pending = { place, stop };
    if (lua.ex.lua_isyieldable(place.L) === 0) return this.cannotHold();
    library.sliced = true;
    library.stopping = true;
    lua.ex.lua_yieldk(place.L, 0, 0, 0);
  }

  /** The stop that is on its way met code that cannot be suspended: it can be looked at, and ends. */
  cannotHold(): void {
    this.#parts.library.stopping = false;
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending === undefined) return;
    this.#enter(pending.place, { ...pending.stop, isHeld: false });
    if (this.#stopped !== undefined) this.#leave();
  }

  /** The turn is over: whether the guest stands now. */
  takeStop(): boolean {
    this.#parts.library.stopping = false;
    return this.#pending !== undefined;
  }

  /** Tells of the stop, once the guest stands. */
  announce(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending === undefined) return;
    this.#enter(pending.place, pending.stop);
    this.#drive();
  }

  #enter(place: Place, stop: Stop): void {
    this.#parts.keeper.fuel.stopClock();
    const inspection = new Inspection(this.#parts, this.#tools, place.root);
    this.#stopped = { place, stop, inspection };
    this.#tell(() => this.#options.onStop?.(stop, this));
  }

  /** A task fails with the error at `index`: whether the guest is to stand before its stack is gone. */
  taskFailed(L: number, task: number, index: number): boolean {
    const { lua, keeper } = this.#parts;
    if (this.breakOnError === "never" || keeper.breach !== undefined) return false;
    const [call] = this.#tools.frames.scriptCalls(task);
    const { source, line } =
      call === undefined ? { source: "", line: 0 } : this.#tools.frames.describe({ L: task, call });
    const error = errorText(lua, L, index);
    const stop: Stop = { reason: "error", isHeld: true, threadId: this.#tools.ids.of(task), source, line, error };
    this.#pending = { place: { root: task, L: task, source, line }, stop };
    return true;
  }

  /** Calls the host's code, whose exceptions must not pass through the guest. */
  #tell(action: () => void): void {
    try {
      action();
    } catch (thrown) {
      this.#parts.fail(toSpellError(thrown));
    }
  }

  // Looking

  threads(): DebugThread[] {
    return this.#look((inspection) => inspection.threads());
  }

  stackTrace(threadId: number, page?: Page): StackTrace {
    return this.#look((inspection) => inspection.stackTrace(threadId, page));
  }

  scopes(frameId: number): Scope[] {
    return this.#look((inspection) => inspection.scopes(frameId));
  }

  variables(variablesReference: number, page?: Page): Variable[] {
    return this.#look((inspection) => inspection.variables(variablesReference, page));
  }

  setVariable(variablesReference: number, name: string, expression: string): Evaluation {
    return this.#look((inspection) => {
      const container = inspection.container(variablesReference);
      const frame = "frame" in container ? container.frame : inspection.frame(undefined);
      const outcome = this.#evaluator.run(expression, frame, (E) =>
        inspection.assign(E, variablesReference, name) ? inspection.value(E) : undefined,
      );
      if (!outcome.ok) return outcome;
      if (outcome.value === undefined) throw new SpellError("NOT_FOUND", `there is no variable '${name}' here`);
      return { ok: true, ...outcome.value };
    });
  }

  evaluate(expression: string, frameId?: number): Evaluation {
    return this.#look((inspection) => {
      const frame = inspection.frame(frameId);
      const outcome = this.#evaluator.run(expression, frame, (E) => inspection.value(E));
      return outcome.ok ? { ok: true, ...outcome.value } : outcome;
    });
  }

  /** Serves the variables of an expression; see {@link Evaluator.variable}. */
  variable(L: number): number {
    return this.#evaluator.variable(L);
  }

  #look<T>(action: (inspection: Inspection) => T): T {
    const { inspection } = this.#require();
    try {
      return action(inspection);
    } catch (thrown) {
      if (unwinds(thrown) || isSpellError(thrown)) throw thrown;
      throw new SpellError("INTERNAL", "the guest cannot be looked into", { cause: thrown });
    }
  }

  #require() {
    this.#checkAttached();
    if (this.#stopped === undefined) throw new SpellError("INVALID_STATE", "the guest does not stand at a stop");
    return this.#stopped;
  }

  // Ending

  #checkAttached(): void {
    if (this.#isDetached) throw new SpellError("INVALID_STATE", "the debugger is detached");
  }

  detach(): void {
    if (this.#isDetached) return;
    const { keeper } = this.#parts;
    if (this.#stopped !== undefined) this.#leave();
    this.ended();
    keeper.hooks.remove(this);
    keeper.fuel.aside(EVALUATE_FUEL, () => {
      this.#evaluator.close();
      this.#tools.side.close();
    });
    this.#detached();
    this.#drive();
  }

  /** The guest's memory is that of another time: it does not stand, and nothing found in it is valid. */
  restored(): void {
    this.#pending = undefined;
    this.#stopped = undefined;
    this.#step = undefined;
    this.#root = 0;
    this.#parts.library.stopping = false;
    this.#parts.keeper.fuel.startClock();
    this.#evaluator.forget();
    this.#tools.side.forget();
  }

  /** The guest has ended, or is to be left alone: nothing is valid any more, and nothing of it is touched. */
  ended(): void {
    this.#isDetached = true;
    this.#step = undefined;
    this.#pending = undefined;
    this.#stopped = undefined;
    this.#breakpoints.clear();
    this.#parts.library.stopping = false;
  }

  [Symbol.dispose](): void {
    this.detach();
  }
}
