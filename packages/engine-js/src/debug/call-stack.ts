import type { JsInstance } from "../instance.js";

/**
 * How QuickJS-ng 0.17 keeps the calls under way, in the memory of `quickjs-wasi`
 * 3.6.2 (quickjs.c, with 32-bit pointers). `checkLayout` of `image.ts` looks whether
 * another build does the same.
 */
const JsRuntime = { currentFrame: 660, atoms: 568 } as const;
/** `JSStackFrame`: the frame of the caller, then the function. */
const Frame = { caller: 0, fn: 8 } as const;
/** `JSObject`; of a function, the properties begin with `length` and `name`. */
const JsObject = { classId: 10, properties: 16, own: 24 } as const;
const NAME_PROPERTY = 8;
/** `JSFunctionBytecode`. */
const Bytecode = { file: 56, line: 60, column: 64 } as const;
/** `JSString`: length and width, and behind the header the text. */
const JsString = { data: 24, lengthMask: 0x7fff_ffff, wideShift: 31 } as const;

const STRING_TAG = -7;
const MAX_NAME = 200;

/** Makes one function of each class that has code of a script. */
export const CODE_CLASSES = "[function () {}, function* () {}, async () => {}, async function* () {}]";
export const CODE_CLASS_COUNT = 4;

/** A function under way. */
export interface CalledFunction {
  /** Empty when it has no name. */
  readonly name: string;
  /** Undefined for a function that is not of a script. */
  readonly code: { readonly file: string; readonly line: number; readonly column: number } | undefined;
}

/** Reads the calls under way out of a guest's memory, at any moment, without running anything of it. */
export class CallStack {
  readonly #js: JsInstance;
  readonly #runtime: number;
  readonly #codeClasses: readonly number[];

  constructor(js: JsInstance, codeClasses: readonly number[]) {
    this.#js = js;
    this.#runtime = js.ex.qjs_get_runtime_ptr();
    this.#codeClasses = codeClasses;
  }

  /** The addresses of the functions under way, innermost first. */
  functions(most: number): number[] {
    this.#js.sync();
    const functions: number[] = [];
    let frame = this.#word(this.#runtime + JsRuntime.currentFrame);
    while (frame !== 0 && functions.length < most) {
      functions.push(this.#word(frame + Frame.fn));
      frame = this.#word(frame + Frame.caller);
    }
    return functions;
  }

  describe(fn: number): CalledFunction {
    const name = this.#nameOf(fn);
    if (!this.#codeClasses.includes(this.classOf(fn))) return { name, code: undefined };
    const code = this.#word(fn + JsObject.own);
    const file = this.#atom(this.#word(code + Bytecode.file));
    return { name, code: { file, line: this.#word(code + Bytecode.line), column: this.#word(code + Bytecode.column) } };
  }

  classOf(object: number): number {
    return this.#word(object + JsObject.classId - 2) >>> 16;
  }

  /** Its own `name`, unless a script has put something else there. */
  #nameOf(fn: number): string {
    const property = this.#word(fn + JsObject.properties) + NAME_PROPERTY;
    return (this.#word(property + 4) | 0) === STRING_TAG ? this.#text(this.#word(property)) : "";
  }

  #atom(atom: number): string {
    return this.#text(this.#word(this.#word(this.#runtime + JsRuntime.atoms) + 4 * atom));
  }

  #text(string: number): string {
    const head = this.#word(string);
    const length = Math.min(head & JsString.lengthMask, MAX_NAME);
    const isWide = head >>> JsString.wideShift !== 0;
    const start = string + JsString.data;
    const bytes = Buffer.from(this.#js.u8.buffer).subarray(start, start + (isWide ? 2 * length : length));
    return bytes.toString(isWide ? "utf16le" : "latin1");
  }

  /** 0 beyond the end of memory: a script of the level `none` may have damaged its own. */
  #word(address: number): number {
    const { view } = this.#js;
    return address <= view.byteLength - 4 ? view.getUint32(address, true) : 0;
  }
}
