import { FunctionRef, limitError, type Limits, type ScriptValue, type SourcePosition } from "@llmspell/engine";
import { type Outcome } from "@llmspell/engine/guest-kit";
import { SpellError } from "@llmspell/errors";
import { PromiseState, type Value } from "./abi.js";
import type { CoverageHome, LineCounters } from "./debug/coverage.js";
import { NO_MEMORY, NO_STACK, framesOf, positionOf, syntaxError, taskError } from "./errors.js";
import type { JsImage } from "./image.js";
import type { JsInstance } from "./instance.js";
import type { JsKeeper } from "./keeper.js";
import type { ExportName } from "./ops.js";
import { wasStackFull } from "./stack.js";
import { unwinds } from "./unwinding.js";
import type { Wire } from "./wire.js";

/** Fuel for what the host asks the guest for itself: where it is, what an error says. */
const ASIDE_FUEL = 5_000_000;

interface Rejection {
  readonly promise: Value;
  readonly reason: Value;
}

/** Rejected promises and their errors, by their addresses in the guest. */
export type SavedRejections = readonly (readonly [promise: Value, reason: Value])[];

/** What the host does with a guest: calls into its library (`js/*.js`) and runs its jobs. */
export class LibraryPort implements CoverageHome {
  readonly #js: JsInstance;
  readonly #image: JsImage;
  readonly #keeper: JsKeeper;
  readonly #wire: Wire;
  readonly #limits: Limits;
  /** Rejected promises whose errors nobody has taken, by the promise's address. Empty when nothing is ready to run. */
  readonly #rejections = new Map<number, Rejection>();
  /** The first error of this turn that no promise has. */
  #failure: SpellError | undefined;

  constructor(js: JsInstance, image: JsImage, keeper: JsKeeper, wire: Wire, limits: Limits) {
    this.#js = js;
    this.#image = image;
    this.#keeper = keeper;
    this.#wire = wire;
    this.#limits = limits;
  }

  /** Starts a source as a task. @throws SpellError `SYNTAX_ERROR` */
  run(task: number, source: string, name: string): void {
    const js = this.#js;
    const { text, lines } = asFunction(source, (code) => this.coverage?.instrument(name, code) ?? code);
    const main = js.evaluate(text, name.replaceAll("\0", " "));
    if (js.isException(main)) throw this.#compileError(lines);
    this.#invokeVoid("run", js.newNumber(task), main);
  }

  #compileError(lines: number): SpellError {
    const js = this.#js;
    if (this.#keeper.breach !== undefined) return this.#keeper.breach;
    const thrown = js.ex.qjs_get_exception();
    const message = js.readText(thrown);
    const stackValue = js.property(thrown, "stack");
    const stack = js.readText(stackValue);
    js.free(stackValue, thrown);
    const { memoryRefusal } = this.#keeper;
    if (message.endsWith(NO_MEMORY) && memoryRefusal !== undefined) return memoryRefusal;
    if (message.endsWith(NO_STACK) && wasStackFull(js, this.#limits)) return limitError("callDepth", this.#limits);
    return syntaxError(message, stack, lines);
  }

  /** Starts a call of a function as a task. @throws SpellError when something cannot enter. */
  call(task: number, fn: FunctionRef, args: readonly ScriptValue[]): void {
    this.#checkOwn(fn);
    const js = this.#js;
    const text = this.#wire.encode(args, "arguments");
    this.#invokeVoid("call", js.newNumber(task), js.newNumber(fn.id), js.newString(text));
  }

  /** Calls a function in the middle of a host call. */
  callSync(fn: FunctionRef, args: readonly ScriptValue[]): ScriptValue {
    this.#checkOwn(fn);
    const js = this.#js;
    const { ex } = js;
    const text = this.#wire.encode(args, "arguments");
    const result = this.#invoke("callSync", js.newNumber(fn.id), js.newString(text));
    if (ex.qjs_is_promise(result) === 0) return this.#taken(result);
    const state = ex.qjs_promise_state(result);
    if (state === PromiseState.pending) {
      ex.qjs_promise_mark_as_handled(result);
      js.free(result);
      throw new SpellError("INVALID_STATE", "a function that the host calls back cannot wait");
    }
    const settled = ex.qjs_promise_result(result);
    if (state === PromiseState.rejected) ex.qjs_promise_mark_as_handled(result);
    this.#forget(result);
    js.free(result);
    if (state === PromiseState.rejected) throw this.#errorOf(settled);
    return this.#taken(settled);
  }

  /** The guest value as one of the host; frees it. */
  #taken(value: Value): ScriptValue {
    return this.#wire.decode(this.#invokeText("encode", value, this.#js.newString("result")));
  }

  /** Gives the outcome of an operation to the promise that waits for it. */
  settle(operation: number, outcome: Outcome): void {
    const js = this.#js;
    // As when a call is refused at once: no `catch` takes it.
    if (!outcome.ok && outcome.error.category === "limit") this.#keeper.breakOff(outcome.error);
    this.#checkBreach();
    this.#invokeVoid("settle", js.newNumber(operation), js.newString(this.answer(outcome)));
  }

  /** An outcome as text for the guest; a value that cannot enter is an error to it. */
  answer(outcome: Outcome): string {
    if (!outcome.ok) return this.#wire.encodeError(outcome.error);
    try {
      return this.#wire.encode(outcome.value, "the answer");
    } catch (thrown) {
      if (thrown instanceof SpellError && thrown.category !== "limit") return this.#wire.encodeError(thrown);
      throw thrown;
    }
  }

  getGlobal(name: string): ScriptValue {
    return this.#wire.decode(this.#invokeText("getGlobal", this.#js.newString(name)));
  }

  setGlobal(name: string, value: ScriptValue): void {
    const js = this.#js;
    const text = this.#wire.encode(value, name);
    this.#invokeVoid("setGlobal", js.newString(name), js.newString(text));
  }

  /** Set while lines are counted. */
  coverage: LineCounters | undefined;

  makeCounters(name: string, size: number): number {
    const js = this.#js;
    const counters = this.#invoke("cover", js.newString(name), js.newNumber(size));
    const { start } = js.bytesOf(counters);
    js.free(counters); // the global variable keeps it
    return start;
  }

  /** Functions held weakly that the host has let go of. */
  readonly #forgotten: number[] = [];

  /** Has the guest keep a function under `id` for as long as it has it itself. */
  weakKeep(id: number, fn: FunctionRef): void {
    this.#checkOwn(fn);
    this.#invokeVoid("weakKeep", this.#js.newNumber(id), this.#js.newNumber(fn.id));
  }

  weakFind(id: number): FunctionRef | undefined {
    const value = this.#wire.decode(this.#invokeText("weakFind", this.#js.newNumber(id)));
    return value instanceof FunctionRef ? value : undefined;
  }

  /** The guest is told when it is entered next. */
  weakForget(id: number): void {
    this.#forgotten.push(id);
  }

  /** Starts a task that calls back whoever waits for the end of a weak handle that is gone. */
  expire(task: number): void {
    this.#invokeVoid("expire", this.#js.newNumber(task));
  }

  /** Whether the guest does not know yet of something that the host has let go of. */
  get hasNews(): boolean {
    return this.#wire.released.length > 0 || this.#forgotten.length > 0;
  }

  /** Tells the guest which functions the host has let go of. */
  flush(): void {
    for (const id of this.#forgotten.splice(0)) this.#invokeVoid("weakForget", this.#js.newNumber(id));
    for (const id of this.#wire.released.splice(0)) this.#invokeVoid("release", this.#js.newNumber(id));
  }

  /** Where the guest is; from inside a host call. Costs it no fuel. */
  position(): SourcePosition | undefined {
    try {
      return this.#keeper.aside(ASIDE_FUEL, () => positionOf(this.#where()));
    } catch (thrown) {
      if (unwinds(thrown)) this.broken ??= thrown;
      return undefined; // it has no memory or no stack left to say
    }
  }

  /** What ended guest code inside {@link position}: the guest must not go on. */
  broken: unknown;

  /** The guest's stack as text; also when the guest is to end. */
  #where(): string {
    const js = this.#js;
    const value = js.call(this.#image.exports.where);
    if (js.isException(value)) return "";
    const text = js.readText(value);
    js.free(value);
    return text;
  }

  /**
   * Runs what promises have made ready, until nothing is.
   *
   * @param mayPause whether to stop after the job in which a slice of fuel has ended.
   * @returns false when it has stopped there.
   */
  runJobs(mayPause: boolean): boolean {
    const { ex } = this.#js;
    while (ex.qjs_is_job_pending() !== 0) {
      this.#checkBreach();
      if (mayPause && this.#keeper.sliceEnded) return false;
      if (ex.qjs_execute_pending_job() < 0) this.#jobFailed(this.#exception());
    }
    this.#checkBreach();
    return true;
  }

  /** An error that no promise has: of a script's own finalizer, for one. */
  #jobFailed(error: SpellError): void {
    if (error === this.#keeper.breach) throw error;
    this.#failure ??= error;
  }

  /** Notes a promise that was rejected and has nobody to take its error, or now has. */
  noteRejection(promise: Value, reason: Value, handled: boolean): void {
    if (handled) {
      this.#forget(promise);
      this.#js.free(promise, reason);
      return;
    }
    this.#rejections.set(this.#js.ex.qjs_get_value_ptr(promise), { promise, reason });
  }

  #forget(promise: Value): void {
    const key = this.#js.ex.qjs_get_value_ptr(promise);
    const known = this.#rejections.get(key);
    if (known === undefined) return;
    this.#rejections.delete(key);
    this.#js.free(known.promise, known.reason);
  }

  /** What {@link noteRejection} has noted, to go on from between two slices of a turn. */
  saveRejections(): SavedRejections {
    return Array.from(this.#rejections.values(), ({ promise, reason }) => [promise, reason] as const);
  }

  loadRejections(saved: SavedRejections): void {
    this.#rejections.clear();
    this.#failure = undefined;
    for (const [promise, reason] of saved) this.noteRejection(promise, reason, false);
  }

  /** The first error that nobody has taken when the turn ends. */
  takeRejection(): SpellError | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    if (this.#rejections.size === 0) return failure;
    const [first, ...others] = this.#rejections.values();
    this.#rejections.clear();
    for (const { promise, reason } of others) this.#js.free(promise, reason);
    if (first === undefined) return undefined;
    this.#js.free(first.promise);
    return this.#errorOf(first.reason);
  }

  /** The error that a thrown value stands for; frees it. */
  #errorOf(thrown: Value): SpellError {
    const text = this.#invokeText("describe", thrown);
    const end = text.indexOf("\n");
    return this.failure(text.slice(0, end), text.slice(end + 1));
  }

  /** The error of guest code that failed. */
  failure(text: string, stack: string): SpellError {
    return taskError(this.#wire.decode(text), stack, {
      limits: this.#limits,
      memoryRefusal: this.#keeper.memoryRefusal,
      wasStackFull: () => wasStackFull(this.#js, this.#limits),
    });
  }

  /** Calls the library; frees the arguments. */
  #invoke(name: ExportName, ...args: readonly Value[]): Value {
    const js = this.#js;
    const result = js.call(this.#image.exports[name], ...args);
    js.free(...args);
    if (js.isException(result)) throw this.#exception();
    this.#checkBreach();
    return result;
  }

  #invokeVoid(name: ExportName, ...args: readonly Value[]): void {
    this.#js.free(this.#invoke(name, ...args));
  }

  #invokeText(name: ExportName, ...args: readonly Value[]): string {
    const value = this.#invoke(name, ...args);
    const text = this.#js.readText(value);
    this.#js.free(value);
    return text;
  }

  #checkBreach(): void {
    if (this.#keeper.breach !== undefined) throw this.#keeper.breach;
  }

  /** Where the guest was when a limit ended it. */
  endedAt: SourcePosition | undefined;

  /** What the pending exception means. */
  #exception(): SpellError {
    const js = this.#js;
    const { breach, memoryRefusal } = this.#keeper;
    const thrown = js.ex.qjs_get_exception();
    if (breach !== undefined) {
      this.endedAt ??= this.#stackOf(thrown);
      return breach;
    }
    try {
      return this.#errorOf(thrown);
    } catch {
      return memoryRefusal ?? new SpellError("INTERNAL", "the guest library failed");
    }
  }

  #stackOf(thrown: Value): SourcePosition | undefined {
    const js = this.#js;
    try {
      const stack = js.property(thrown, "stack");
      const [frame] = framesOf(js.readText(stack));
      js.free(stack, thrown);
      return frame && { file: frame.file, line: frame.line };
    } catch {
      return undefined;
    }
  }

  #checkOwn(fn: FunctionRef): void {
    if (!(fn instanceof FunctionRef) || !this.#wire.functions.has(fn)) {
      throw new SpellError("INVALID_ARGUMENT", "this guest does not have the function");
    }
  }
}

/** A source as the body of an async function, on the lines it has. */
function asFunction(
  source: string,
  prepare: (code: string) => string,
): { readonly text: string; readonly lines: number } {
  const start = source.charCodeAt(0) === 0xfeff ? source.slice(1) : source;
  const body = start.startsWith("#!") ? `//${start}` : start;
  return { text: `(async () => {${prepare(body)}\n})`, lines: source.split("\n").length };
}
