import type { JsInstance } from "../instance.js";
import { Bytecode, CODE_CLASSES, Frame, JsObject, JsRuntime, Tag, VALUE_BYTES } from "../layout.js";

/** Of a function, the properties begin with `length` and `name`. */
const NAME_PROPERTY = VALUE_BYTES;
const MAX_NAME = 200;

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

  constructor(js: JsInstance) {
    this.#js = js;
    this.#runtime = js.ex.qjs_get_runtime_ptr();
  }

  /** The addresses of the functions under way, innermost first. */
  functions(most: number): number[] {
    this.#js.sync();
    const functions: number[] = [];
    let frame = this.#js.word(this.#runtime + JsRuntime.currentFrame);
    while (frame !== 0 && functions.length < most) {
      functions.push(this.#js.word(frame + Frame.fn));
      frame = this.#js.word(frame + Frame.caller);
    }
    return functions;
  }

  describe(fn: number): CalledFunction {
    const js = this.#js;
    const name = this.#nameOf(fn);
    if (!CODE_CLASSES.includes(js.word(fn + JsObject.flags) >>> 16)) return { name, code: undefined };
    const code = js.word(fn + JsObject.own);
    const file = this.#atom(js.word(code + Bytecode.file));
    return { name, code: { file, line: js.word(code + Bytecode.line), column: js.word(code + Bytecode.column) } };
  }

  /** Its own `name`, unless a script has put something else there. */
  #nameOf(fn: number): string {
    const js = this.#js;
    const property = js.word(fn + JsObject.properties) + NAME_PROPERTY;
    return (js.word(property + 4) | 0) === Tag.string ? js.textOf(js.word(property), MAX_NAME) : "";
  }

  #atom(atom: number): string {
    const js = this.#js;
    return js.textOf(js.word(js.word(this.#runtime + JsRuntime.atoms) + 4 * atom), MAX_NAME);
  }
}
