import { FunctionRef, textField, type Limits, type ScriptValue, type SourcePosition } from "@llmspell/engine";
import type { Outcome } from "@llmspell/engine/guest-kit";
import { SpellError } from "@llmspell/errors";
import { PromiseState, type Value } from "./abi.js";
import type { CoverageHome, LineCounters } from "./debug/coverage.js";
import { framesOf, positionOf, taskError } from "./errors.js";
import type { JsImage } from "./image.js";
import type { JsInstance } from "./instance.js";
import type { JsKeeper } from "./keeper.js";
import type { Modules } from "./modules.js";
import type { ExportName } from "./ops.js";
import { UNUSUAL, type ValueReader } from "./read-values.js";
import { Rejections, type SavedRejections } from "./rejections.js";
import { asFunction, isMeantAsModule, mayBeModule } from "./source.js";
import { wasStackFull } from "./stack.js";
import { toJavaScript } from "./typescript.js";
import { unwinds } from "./unwinding.js";
import type { Wire } from "./wire.js";
import type { ValueWriter } from "./write-values.js";

/** Fuel for what the host asks the guest for itself: where it is, what an error says. */
const ASIDE_FUEL = 5_000_000;

/** The parts of a guest that its library works with. */
export interface LibraryParts {
  readonly js: JsInstance;
  readonly image: JsImage;
  readonly keeper: JsKeeper;
  readonly values: Wire;
  readonly reader: ValueReader;
  readonly writer: ValueWriter;
  readonly modules: Modules;
  readonly limits: Limits;
}

/** What the host does with a guest: calls into its library (`js/*.js`) and runs its jobs. */
export class LibraryPort implements CoverageHome {
  readonly #js: JsInstance;
  readonly #image: JsImage;
  readonly #keeper: JsKeeper;
  readonly #wire: Wire;
  readonly #reader: ValueReader;
  readonly #writer: ValueWriter;
  readonly #modules: Modules;
  readonly #limits: Limits;
  readonly rejections: Rejections;
  /** The first error of this turn that no promise has. */
  #failure: SpellError | undefined;

  constructor({ js, image, keeper, values, reader, writer, modules, limits }: LibraryParts) {
    this.#js = js;
    this.#image = image;
    this.#keeper = keeper;
    this.#wire = values;
    this.#reader = reader;
    this.#writer = writer;
    this.#modules = modules;
    modules.prepare = (module, code) => this.coverage?.instrument(module, code) ?? code;
    this.#limits = limits;
    this.rejections = new Rejections(js);
  }

  /** What functions of the host are made with. */
  get trampoline(): number {
    return this.#image.trampoline;
  }

  /** Starts a source as a task. @throws SpellError `SYNTAX_ERROR` */
  run(task: number, source: string, name: string): void {
    const js = this.#js;
    const script = toJavaScript(source, name, this.#keeper.fuel.msLeft);
    const code = this.coverage?.instrument(name, script) ?? script;
    const main = js.evaluate(asFunction(code), name.replaceAll("\0", " "));
    if (!js.isException(main)) return this.#invokeVoid("run", js.newNumber(task), main);
    const problem = this.#modules.problemIn(code);
    if (problem.code !== "SYNTAX_ERROR" || !mayBeModule(code)) throw problem;
    const requests = this.#modules.scanRoot(name, code, { problem, isMeantAsModule: isMeantAsModule(script) });
    this.#invokeVoid(
      "runModule",
      js.newNumber(task),
      js.newString(name),
      js.newString(code),
      js.newString(JSON.stringify(requests)),
    );
  }

  /** Starts a call of a function as a task. @throws SpellError when something cannot enter. */
  call(task: number, fn: FunctionRef, args: readonly ScriptValue[]): void {
    this.#checkOwn(fn);
    const js = this.#js;
    const list = this.#enter(args, "arguments");
    this.#invokeVoid("call", js.newNumber(task), js.newNumber(fn.id), list);
  }

  /** Calls a function in the middle of a host call. */
  callSync(fn: FunctionRef, args: readonly ScriptValue[]): ScriptValue {
    this.#checkOwn(fn);
    const js = this.#js;
    const { ex } = js;
    const list = this.#enter(args, "arguments");
    const result = this.#invoke("callSync", js.newNumber(fn.id), list);
    if (ex.qjs_is_promise(result) === 0) return this.#taken(result);
    const state = ex.qjs_promise_state(result);
    if (state === PromiseState.pending) {
      ex.qjs_promise_mark_as_handled(result);
      js.free(result);
      throw new SpellError("INVALID_STATE", "a function that the host calls back cannot wait");
    }
    const settled = ex.qjs_promise_result(result);
    if (state === PromiseState.rejected) ex.qjs_promise_mark_as_handled(result);
    this.rejections.forget(result);
    js.free(result);
    if (state === PromiseState.rejected) throw this.#errorOf(settled);
    return this.#taken(settled);
  }

  /** A value of the host as one of the guest. @throws SpellError when it cannot enter. */
  #enter(value: ScriptValue | undefined, root: string): Value {
    const js = this.#js;
    const cell = js.newCell();
    let isWritten = false;
    try {
      isWritten = this.#writer.write(value, cell, true);
    } finally {
      if (!isWritten) js.ex.free(cell);
    }
    if (!isWritten) return this.#invoke("decode", js.newString(this.#wire.encode(value, root)));
    js.charge(this.#writer.fuel);
    if (js.isException(cell)) {
      js.ex.free(cell);
      throw this.#exception();
    }
    const text = typeof value === "object" && value !== null ? textField(value) : undefined;
    return text === undefined ? cell : this.#invoke("asText", cell, js.newString(text));
  }

  /** The guest value as one of the host; frees it. */
  #taken(guestValue: Value, root = "result"): ScriptValue {
    const js = this.#js;
    const value = this.#reader.read(guestValue);
    js.charge(this.#reader.fuel);
    if (value === UNUSUAL) return this.#wire.decode(this.#invokeText("encode", guestValue, js.newString(root)));
    js.free(guestValue);
    return value;
  }

  /** Gives the outcome of an operation to the promise that waits for it. */
  settle(operation: number, outcome: Outcome): void {
    const js = this.#js;
    // As when a call is refused at once: no `catch` takes it.
    if (!outcome.ok && outcome.error.category === "limit") this.#keeper.breakOff(outcome.error);
    this.#checkBreach();
    const entered = this.#settlement(outcome);
    if (typeof entered === "number") this.#invokeVoid("settle", js.newNumber(operation), entered);
    else this.#invokeVoid("fail", js.newNumber(operation), js.newString(this.#wire.encodeError(entered)));
  }

  /** The value of an outcome in the guest, or the error that it is for it. */
  #settlement(outcome: Outcome): Value | SpellError {
    if (!outcome.ok) return outcome.error;
    try {
      return this.#enter(outcome.value, "the answer");
    } catch (thrown) {
      return refusalOf(thrown);
    }
  }

  /** A value as text for the guest; one that cannot enter is an error to it. */
  answer(value: ScriptValue | undefined): string {
    try {
      return this.#wire.encode(value, "the answer");
    } catch (thrown) {
      return this.#wire.encodeError(refusalOf(thrown));
    }
  }

  getGlobal(name: string): ScriptValue {
    return this.#taken(this.#invoke("getGlobal", this.#js.newString(name)), name);
  }

  setGlobal(name: string, value: ScriptValue): void {
    const entered = this.#enter(value, name);
    this.#invokeVoid("setGlobal", this.#js.newString(name), entered);
  }

  sameFunction(a: FunctionRef, b: FunctionRef): boolean {
    this.#checkOwn(a);
    this.#checkOwn(b);
    return this.#taken(this.#invoke("sameFunction", this.#js.newNumber(a.id), this.#js.newNumber(b.id))) === true;
  }

  /** Set while lines are counted. */
  coverage: LineCounters | undefined;

  makeCounters(name: string, size: number): number {
    const js = this.#js;
    const counters = this.#invoke("cover", js.newString(name), js.newNumber(size));
    const start = js.startOf(counters);
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
    const value = this.#taken(this.#invoke("weakFind", this.#js.newNumber(id)), "function");
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

  /** Goes on from rejections that were saved. */
  loadRejections(saved: SavedRejections): void {
    this.#failure = undefined;
    this.rejections.load(saved);
  }

  /** The first error that nobody has taken when the turn ends. */
  takeRejection(): SpellError | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    const reason = this.rejections.take();
    return reason === undefined ? failure : this.#errorOf(reason);
  }

  /** The error that a thrown value stands for; frees it. */
  #errorOf(thrown: Value): SpellError {
    const text = this.#invokeText("describe", thrown);
    const end = text.indexOf("\n");
    return this.failure(text.slice(0, end), text.slice(end + 1));
  }

  /** The error of guest code that failed. */
  failure(text: string, stack: string): SpellError {
    const error = taskError(this.#wire.decode(text), stack, {
      limits: this.#limits,
      memoryRefusal: this.#keeper.memoryRefusal,
      wasStackFull: () => wasStackFull(this.#js, this.#limits),
    });
    return error.details["file"] === undefined ? this.#modules.locate(error) : error;
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

/** The error of a value that cannot enter; a limit is none that the guest may see. */
function refusalOf(thrown: unknown): SpellError {
  if (thrown instanceof SpellError && thrown.category !== "limit") return thrown;
  throw thrown;
}
