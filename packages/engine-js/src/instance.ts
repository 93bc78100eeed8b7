import { GuestKilled } from "@llmspell/engine/guest-kit";
import { SpellError } from "@llmspell/errors";
import { EvalFlag, type QuickJsExports, type Value } from "./abi.js";
import { Heap } from "./heap.js";
import { JsObject, Tag, VALUE_BYTES } from "./layout.js";
import type { QuickJsWasm } from "./wasm.js";

/** Serves what a running instance asks of its host. */
export interface JsPort {
  /** The fuel is used up: gives more, or throws. */
  interrupt(): void;
  /** Whether to end what runs, past every `catch`: asked every 10,000 jumps and calls, and behind each interrupt. */
  isOver(): boolean;
  /**
   * A function of the host was called, of the kind that it was made with. Its
   * arguments stand from `argv` on, its data from `data` on; `self` is the address
   * of the object that it was called on, or 0.
   *
   * @returns where the answer is, and what becomes of it: see `Answer`
   */
  hostCall(argc: number, argv: number, kind: number, data: number, self: number): number;
  /** A promise was rejected and nobody takes the error yet (or, `handled`, now somebody does). Both values are owned. */
  rejection(promise: Value, reason: Value, handled: boolean): void;
  /** The name of the module that `specifier` means in the module `from`; undefined fails the compilation. */
  resolveModule(from: string, specifier: string): string | undefined;
  /** The source of a module that is not compiled yet; undefined fails the compilation. */
  moduleSource(name: string): string | undefined;
  /** Whether memory may become `bytes` large. */
  mayGrow(bytes: number): boolean;
  now(): number;
}

export const WASM_PAGE = 65_536;
/** Bytes of guest memory set aside for arguments, out-parameters and short text. */
export const SCRATCH_SIZE = 4_096;
const SCRATCH_ANSWER = 32;
const SCRATCH_ARGV = 64;
const SCRATCH_TEXT = 128;
const MIN_FUEL = -(2 ** 30);
const NANOSECONDS_PER_MS = 1_000_000n;
const WASI_BADF = 8;

const encoder = new TextEncoder();

/** One WebAssembly instance of QuickJS with its memory, and nothing of any guest's. */
export class JsInstance extends Heap {
  readonly ex: QuickJsExports;
  /** The mutable globals of the module in a fixed order. */
  readonly globals: readonly WebAssembly.Global[];
  port: JsPort | undefined;
  /** Address of the scratch area, valid once an image is applied. */
  scratch = 0;
  /** The size of memory as the guest sees it, in pages. What lies behind has never been used. */
  pages: number;

  constructor({ module, firstPages }: QuickJsWasm) {
    super();
    this.pages = firstPages;
    const instance = new WebAssembly.Instance(module, this.#imports());
    // The module's exports are fixed by its hash; `abi.ts` lists them.
    this.ex = instance.exports as unknown as QuickJsExports;
    this.globals = Object.entries(instance.exports)
      .filter(([name]) => /^\$g\d+$/.test(name))
      .map(([, value]) => value as WebAssembly.Global);
    this.refreshViews();
  }

  refreshViews(): void {
    this.look(this.ex.memory.buffer);
  }

  /** Memory views detach when memory grows; call this after anything that can allocate. */
  sync(): void {
    if (this.u8.length === 0) this.refreshViews();
  }

  /** Bytes of memory as the guest sees it. */
  get memoryBytes(): number {
    return this.pages * WASM_PAGE;
  }

  /** Bytes of memory that the instance holds. */
  get heldBytes(): number {
    return this.ex.memory.buffer.byteLength;
  }

  /** Takes fuel; the guest's next charge notices when none is left. */
  charge(fuel: number): void {
    // Clamped, for the counter must not wrap around before the guest looks at it.
    this.ex.$fuel.value = Math.max(this.ex.$fuel.value - fuel, MIN_FUEL);
  }

  /**
   * Compiles source text and, unless a flag says otherwise, runs it as a strict script.
   *
   * @returns the result, or an exception.
   */
  evaluate(source: string, name: string, flags: number = EvalFlag.strict): Value {
    const code = this.#allocate(Buffer.byteLength(source) + Buffer.byteLength(name) + 2);
    const size = this.#encode(source, code);
    const nameAt = code + size + 1;
    const end = nameAt + this.#encode(name, nameAt);
    this.u8[nameAt - 1] = 0;
    this.u8[end] = 0;
    const result = this.ex.qjs_eval(code, size, nameAt, flags);
    this.ex.free(code);
    this.sync();
    return result;
  }

  /** Calls a function. @returns the result, or an exception. */
  call(fn: Value, ...args: readonly Value[]): Value {
    this.sync();
    args.forEach((arg, i) => this.view.setUint32(this.scratch + SCRATCH_ARGV + 4 * i, arg, true));
    const self = this.scratch + SCRATCH_ARGV + 4 * args.length;
    // `undefined` as the function's `this`, written where nothing must be freed.
    const at = (self + 7) & ~7;
    this.view.setUint32(at, 0, true);
    this.view.setUint32(at + 4, Tag.undefined, true);
    const result = this.ex.qjs_call(fn, at, args.length, this.scratch + SCRATCH_ARGV);
    this.sync();
    return result;
  }

  isException(value: Value): boolean {
    this.sync();
    return this.word(value + 4) === Tag.exception;
  }

  /** Has QuickJS read a value in its own format; leaves it, or an exception, at an address. */
  setComposed(address: number, parts: readonly Uint8Array[]): void {
    const { ex } = this;
    let size = 0;
    for (const part of parts) size += part.length;
    const isSmall = size <= SCRATCH_SIZE - SCRATCH_TEXT;
    const at = isSmall ? this.scratch + SCRATCH_TEXT : this.#allocate(size);
    let end = at;
    for (const part of parts) {
      this.u8.set(part, end);
      end += part.length;
    }
    const value = ex.JS_ReadObject(ex.qjs_get_context_ptr(), at, size, 0);
    if (!isSmall) ex.free(at);
    this.sync();
    this.view.setBigInt64(address, value, true);
  }

  /** Room for a value, to be freed. */
  newCell(): Value {
    const cell = this.#allocate(VALUE_BYTES);
    this.setValue(cell, 0, Tag.undefined);
    return cell;
  }

  /** Where a host call leaves its answer. */
  get answer(): number {
    return this.scratch + SCRATCH_ANSWER;
  }

  /** Moves a new value to where the answer is. */
  answerWith(value: Value): number {
    this.sync();
    const { answer } = this;
    this.setValue(answer, this.word(value), this.word(value + 4));
    this.ex.free(value);
    return answer;
  }

  /** Frees what stands where the answer is. */
  freeAnswer(): void {
    this.ex.JS_FreeValue(this.ex.qjs_get_context_ptr(), this.view.getBigInt64(this.answer, true));
  }

  free(...values: readonly Value[]): void {
    for (const value of values) this.ex.qjs_free_value(value);
  }

  newString(text: string): Value {
    this.sync();
    const isSmall = 3 * text.length <= SCRATCH_SIZE - SCRATCH_TEXT;
    const at = isSmall ? this.scratch + SCRATCH_TEXT : this.#allocate(Buffer.byteLength(text));
    const value = this.ex.qjs_new_string(at, this.#encode(text, at));
    if (!isSmall) this.ex.free(at);
    return this.#made(value);
  }

  newNumber(value: number): Value {
    return this.#made(this.ex.qjs_new_number(value));
  }

  newBytes(bytes: Uint8Array): Value {
    const at = this.#allocate(bytes.length);
    this.u8.set(bytes, at);
    const value = this.ex.qjs_new_uint8_array(at, bytes.length);
    this.ex.free(at);
    return this.#made(value);
  }

  /** A value as text. */
  readText(value: Value): string {
    this.sync();
    if ((this.word(value + 4) | 0) === Tag.string) return this.textOf(this.word(value));
    const text = this.ex.qjs_get_string_len(value, this.scratch);
    if (text === 0) {
      this.free(this.ex.qjs_get_exception());
      throw noMemory();
    }
    this.sync();
    const size = this.view.getUint32(this.scratch, true);
    const result = Buffer.from(this.u8.buffer, text, size).toString("utf8");
    this.ex.qjs_free_cstring(text);
    return result;
  }

  /** A copy of the bytes of a `Uint8Array`. @param count how many there are, since its buffer may be smaller than it was, or gone */
  readBytes(value: Value, count: number): Uint8Array {
    if (count === 0) return new Uint8Array(0);
    const start = this.startOf(value);
    return Uint8Array.from(this.u8.subarray(start, start + count));
  }

  /** Where the bytes of a typed array are. */
  startOf(value: Value): number {
    const { scratch } = this;
    const buffer = this.ex.qjs_get_typed_array_buffer(value, scratch, scratch + 4, scratch + 8);
    this.sync();
    const start = this.ex.qjs_get_array_buffer(buffer, scratch + 12) + this.word(scratch);
    this.free(buffer);
    return start;
  }

  property(object: Value, name: string): Value {
    this.sync();
    const at = this.scratch + SCRATCH_TEXT;
    this.u8[at + this.#encode(name, at)] = 0;
    return this.ex.qjs_get_prop_string(object, at);
  }

  /** Index in the function table of what QuickJS calls for a function of the host. */
  findTrampoline(): number {
    this.sync();
    const at = this.scratch + SCRATCH_TEXT;
    this.u8[at] = 0;
    const fn = this.#made(this.ex.qjs_new_host_function(at, 0, 0));
    const index = this.word(this.word(this.pointerOf(fn) + JsObject.own));
    this.free(fn);
    return index;
  }

  /**
   * Makes a function of the host.
   *
   * @param trampoline see {@link findTrampoline}
   * @param kind of up to 16 bits, told in each call
   * @param data values, which stay the caller's
   * @param name of ASCII characters
   */
  newHostFunction(trampoline: number, kind: number, data: readonly Value[], name = ""): Value {
    const { ex } = this;
    const nameAt = this.scratch + SCRATCH_TEXT;
    this.u8[nameAt + this.#encode(name, nameAt)] = 0;
    const argv = this.#allocate(data.length * VALUE_BYTES);
    data.forEach((value, i) => this.setValue(argv + i * VALUE_BYTES, this.word(value), this.word(value + 4)));
    const fn = ex.JS_NewCFunctionData2(ex.qjs_get_context_ptr(), trampoline, nameAt, 0, kind, data.length, argv);
    ex.free(argv);
    const cell = this.newCell();
    this.view.setBigInt64(cell, fn, true);
    return this.#made(cell);
  }

  /** Raises an error that no guest code can catch, from inside a host call. */
  throwUncatchable(): number {
    const { ex } = this;
    const error = ex.qjs_new_error();
    this.sync();
    ex.JS_SetUncatchableError(ex.qjs_get_context_ptr(), this.view.getBigInt64(error, true));
    ex.free(ex.qjs_throw(error));
    this.free(error);
    this.setValue(this.answer, 0, Tag.exception);
    return this.answer;
  }

  /** Writes text to `start`, where there is room for it, and returns how many bytes it took. */
  #encode(text: string, start: number): number {
    return encoder.encodeInto(text, this.u8.subarray(start, start + 3 * text.length)).written;
  }

  /** The text that ends with a zero byte. */
  #cText(at: number): string {
    this.sync();
    return Buffer.from(this.u8.buffer, at, this.u8.indexOf(0, at) - at).toString("utf8");
  }

  /** Text for QuickJS, which copies and frees it, and its length at `sizeAt`; 0 and an exception for none. */
  #given(text: string | undefined, sizeAt = 0): number {
    const { ex } = this;
    const at = text === undefined ? 0 : ex.malloc(Buffer.byteLength(text) + 1);
    if (text === undefined || at === 0) {
      const error = ex.qjs_new_error();
      ex.free(ex.qjs_throw(error));
      this.free(error);
      return 0;
    }
    this.sync();
    const size = this.#encode(text, at);
    this.u8[at + size] = 0;
    if (sizeAt !== 0) this.view.setUint32(sizeAt, size, true);
    return at;
  }

  #allocate(size: number): number {
    const pointer = this.ex.malloc(Math.max(size, 1));
    if (pointer === 0) throw noMemory();
    this.sync();
    return pointer;
  }

  #made(value: Value): Value {
    if (value !== 0 && !this.isException(value)) return value;
    this.free(this.ex.qjs_get_exception());
    throw noMemory();
  }

  #imports(): WebAssembly.Imports {
    const served = (): JsPort => {
      if (this.port === undefined) throw new GuestKilled("no guest uses this instance");
      return this.port;
    };
    return {
      env: {
        host_interrupt: () => {
          if (this.ex.$fuel.value < 0) served().interrupt();
          return served().isOver() ? 1 : 0;
        },
        host_call: (argc: number, argv: number, kind: number, data: number, self: number) =>
          served().hostCall(argc, argv, kind, data, self),
        host_promise_rejection: (promise: number, reason: number, handled: number) =>
          served().rejection(promise, reason, handled !== 0),
        host_get_timezone_offset: () => 0,
        host_module_normalize: (from: number, specifier: number) =>
          this.#given(served().resolveModule(this.#cText(from), this.#cText(specifier))),
        host_module_load: (name: number, size: number) => this.#given(served().moduleSource(this.#cText(name)), size),
      },
      wasi_snapshot_preview1: {
        clock_time_get: (_clock: number, _precision: bigint, result: number) => {
          this.sync();
          this.view.setBigUint64(result, BigInt(Math.trunc(this.port?.now() ?? 0)) * NANOSECONDS_PER_MS, true);
          return 0;
        },
        // The meter has put it in the place of `memory.grow`; nothing closes files.
        fd_close: (pages: number) => this.#grow(pages >>> 0),
        fd_fdstat_get: () => WASI_BADF,
        fd_seek: () => WASI_BADF,
        // What QuickJS itself prints, when it fails: for nobody to see.
        fd_write: () => WASI_BADF,
        // Equal for every guest, as all of it is.
        random_get: (at: number, size: number) => {
          this.sync();
          this.u8.fill(0, at, at + size);
          return 0;
        },
      },
    };
  }

  /** The old size in pages, or -1. */
  #grow(pages: number): number {
    const before = this.pages;
    if (pages === 0) return before;
    const wanted = before + pages;
    if (this.port?.mayGrow(wanted * WASM_PAGE) !== true || !this.hold(wanted)) return -1;
    this.pages = wanted;
    return before;
  }

  /** Sees to it that memory has so many pages; false when the process has no room. */
  hold(pages: number): boolean {
    const missing = pages - this.heldBytes / WASM_PAGE;
    if (missing <= 0) return true;
    try {
      this.ex.memory.grow(missing);
    } catch {
      return false;
    }
    this.refreshViews();
    return true;
  }
}

function noMemory(): SpellError {
  return new SpellError("LIMIT_MEMORY", "the spell has no memory left");
}
