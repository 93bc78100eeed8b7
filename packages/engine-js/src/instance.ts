import { GuestKilled } from "@llmspell/engine/guest-kit";
import { SpellError } from "@llmspell/errors";
import { EVAL_STRICT, Tag, type QuickJsExports, type Value } from "./abi.js";
import type { QuickJsWasm } from "./wasm.js";

/** Serves what a running instance asks of its host. */
export interface JsPort {
  /** The fuel is used up. */
  interrupt(): void;
  /** Whether to end what runs, past every `catch`: asked every 10,000 jumps and calls. */
  isOver(): boolean;
  /** The host function was called; the addresses of its arguments stand from `argv` on. Returns a new value, or 0 when it has thrown one. */
  hostCall(argv: number): Value;
  /** A promise was rejected and nobody takes the error yet (or, `handled`, now somebody does). Both values are owned. */
  rejection(promise: Value, reason: Value, handled: boolean): void;
  /** Whether memory may become `bytes` large. */
  mayGrow(bytes: number): boolean;
  now(): number;
}

export const WASM_PAGE = 65_536;
/** Bytes of guest memory set aside for arguments, out-parameters and short text. */
export const SCRATCH_SIZE = 4_096;
const SCRATCH_ARGV = 64;
const SCRATCH_TEXT = 128;
const MIN_FUEL = -(2 ** 30);
const NANOSECONDS_PER_MS = 1_000_000n;
const WASI_BADF = 8;

const encoder = new TextEncoder();

/** One WebAssembly instance of QuickJS with its memory, and nothing of any guest's. */
export class JsInstance {
  readonly ex: QuickJsExports;
  /** The mutable globals of the module in a fixed order. */
  readonly globals: readonly WebAssembly.Global[];
  port: JsPort | undefined;
  /** Address of the scratch area, valid once an image is applied. */
  scratch = 0;
  /** The size of memory as the guest sees it, in pages. What lies behind has never been used. */
  pages: number;
  u8!: Uint8Array;
  view!: DataView;

  constructor({ module, firstPages }: QuickJsWasm) {
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
    const { buffer } = this.ex.memory;
    this.u8 = new Uint8Array(buffer);
    this.view = new DataView(buffer);
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

  /** Compiles strict source text as a script and runs it. @returns the result, or an exception. */
  evaluate(source: string, name: string): Value {
    const code = this.#allocate(Buffer.byteLength(source) + Buffer.byteLength(name) + 2);
    const size = this.#encode(source, code);
    const nameAt = code + size + 1;
    const end = nameAt + this.#encode(name, nameAt);
    this.u8[nameAt - 1] = 0;
    this.u8[end] = 0;
    const result = this.ex.qjs_eval(code, size, nameAt, EVAL_STRICT);
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
    return this.ex.qjs_is_exception(value) !== 0;
  }

  /** The upper word of a value, which is its {@link Tag} unless it is a float. */
  tagOf(value: Value): number {
    this.sync();
    return this.view.getInt32(value + 4, true);
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

  /** A copy of the bytes of a `Uint8Array`. */
  readBytes(value: Value): Uint8Array {
    const { start, length } = this.bytesOf(value);
    return this.u8.slice(start, start + length);
  }

  /** Where the bytes of a typed array are, and how many. */
  bytesOf(value: Value): { readonly start: number; readonly length: number } {
    const { scratch } = this;
    const buffer = this.ex.qjs_get_typed_array_buffer(value, scratch, scratch + 4, scratch + 8);
    this.sync();
    const offset = this.view.getUint32(scratch, true);
    const length = this.view.getUint32(scratch + 4, true);
    const start = this.ex.qjs_get_array_buffer(buffer, scratch + 12) + offset;
    this.free(buffer);
    return { start, length };
  }

  /** The `i`th argument of a host call. */
  argument(argv: number, i: number): Value {
    this.sync();
    return this.view.getUint32(argv + 4 * i, true);
  }

  numberArgument(argv: number, i: number): number {
    return this.ex.qjs_get_float64(this.argument(argv, i));
  }

  textArgument(argv: number, i: number): string {
    return this.readText(this.argument(argv, i));
  }

  property(object: Value, name: string): Value {
    this.sync();
    const at = this.scratch + SCRATCH_TEXT;
    this.u8[at + this.#encode(name, at)] = 0;
    return this.ex.qjs_get_prop_string(object, at);
  }

  newHostFunction(name: string): Value {
    this.sync();
    const at = this.scratch + SCRATCH_TEXT;
    const size = this.#encode(name, at);
    this.u8[at + size] = 0;
    return this.ex.qjs_new_host_function(at, size, 0);
  }

  /** Raises an error that no guest code can catch, from inside a host call. */
  throwUncatchable(): Value {
    const { ex } = this;
    const error = ex.qjs_new_error();
    this.sync();
    ex.JS_SetUncatchableError(ex.qjs_get_context_ptr(), this.view.getBigInt64(error, true));
    ex.qjs_throw(error);
    this.free(error);
    return 0;
  }

  /** Writes text to `start`, where there is room for it, and returns how many bytes it took. */
  #encode(text: string, start: number): number {
    return encoder.encodeInto(text, this.u8.subarray(start, start + 3 * text.length)).written;
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
          if (this.ex.$fuel.value >= 0) return served().isOver() ? 1 : 0;
          served().interrupt();
          return 0;
        },
        host_call: (_name: number, _size: number, _self: number, _argc: number, argv: number) =>
          served().hostCall(argv),
        host_promise_rejection: (promise: number, reason: number, handled: number) =>
          served().rejection(promise, reason, handled !== 0),
        host_get_timezone_offset: () => 0,
        // No module loader is set.
        host_module_normalize: () => 0,
        host_module_load: () => 0,
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
