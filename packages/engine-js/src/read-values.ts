import { MAX_VALUE_DEPTH, limitError, type Handle, type Limits, type ScriptValue } from "@llmspell/engine";
import { givenFuel } from "@llmspell/engine/guest-kit";
import type { JsInstance } from "./instance.js";
import {
  ClassId,
  FIRST_TAG,
  INTEGER_ATOM,
  JsObject,
  JsRope,
  JsShape,
  PropertyFlag,
  TAG_COUNT,
  Tag,
  VALUE_BYTES,
} from "./layout.js";

/** What a value costs beside its text, against `valueBytes`. */
export const NODE_BYTES = 16;
/** Measured for Lua, and no less here: a byte that crosses takes the host as long as half a unit of fuel. */
export const BYTES_PER_FUEL_SHIFT = 1;

/** What a property takes in a shape, and costs though it may not leave. */
const PROPERTY_BYTES = 8;

/** Stands for a value that only the guest library can take apart; no value that crosses is this object. */
export const UNUSUAL: unique symbol = Symbol("unusual");

/** Where in the image's memory the reader finds what it needs. */
export interface ReaderImage {
  /** Address of `Object.prototype`. */
  readonly objectPrototype: number;
  /** Address of the word that holds where the names of properties are. */
  readonly atoms: number;
  /** The private name of the number that a handle has, which no script can give to an object. */
  readonly handleName: number;
}

/** The handles that a guest has, by number. */
export interface HandleSource {
  /** @throws SpellError for a number that the guest was not given. */
  get(number: number): Handle;
}

/**
 * Guest → host: values as they lie in the guest's memory, for the host to read.
 *
 * No code of the guest runs meanwhile, and none of QuickJS's. Whatever is no plain
 * data (an accessor, a proxy, an object of a class, a function) makes the whole
 * value {@link UNUSUAL}: then the guest library takes it apart. What is read
 * depends on the value alone.
 */
export class ValueReader {
  readonly #js: JsInstance;
  readonly #image: ReaderImage;
  readonly #limits: Limits;
  readonly #handles: HandleSource;
  #bytes = 0;
  /** What was looked at beside that. */
  #seen = 0;

  constructor(js: JsInstance, image: ReaderImage, limits: Limits, handles: HandleSource) {
    this.#js = js;
    this.#image = image;
    this.#limits = limits;
    this.#handles = handles;
  }

  /** What the values since {@link begin} take of the guest's fuel. */
  get fuel(): number {
    return (this.#bytes + this.#seen) >> BYTES_PER_FUEL_SHIFT;
  }

  /** What they take besides, as arguments of a call. */
  get given(): number {
    return givenFuel(this.#bytes);
  }

  begin(): void {
    this.#bytes = 0;
    this.#seen = 0;
  }

  /** The value at an address. @throws SpellError `LIMIT_VALUE` */
  read(address: number): ScriptValue | typeof UNUSUAL {
    this.begin();
    return this.#value(address, 0);
  }

  /** The arguments of a call. @throws SpellError `LIMIT_VALUE` */
  readAll(count: number, address: number): ScriptValue[] | typeof UNUSUAL {
    this.begin();
    return this.#list(count, address, 0);
  }

  /** The object that a method was called on, and the arguments. @throws SpellError `LIMIT_VALUE` */
  readWith(self: number, count: number, address: number): ScriptValue[] | typeof UNUSUAL {
    this.begin();
    if (self === 0) return UNUSUAL;
    this.#charge(NODE_BYTES);
    const object = this.#object(self, 0);
    if (object === UNUSUAL) return UNUSUAL;
    const args = this.#list(count, address, 0);
    return args === UNUSUAL ? UNUSUAL : [object, ...args];
  }

  #list(count: number, address: number, depth: number): ScriptValue[] | typeof UNUSUAL {
    const list: ScriptValue[] = [];
    for (let i = 0; i < count; i++) {
      const value = this.#value(address + i * VALUE_BYTES, depth);
      if (value === UNUSUAL) return UNUSUAL;
      list.push(value);
    }
    return list;
  }

  #charge(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limits.valueBytes) throw limitError("valueBytes", this.#limits);
  }

  #value(address: number, depth: number): ScriptValue | typeof UNUSUAL {
    this.#charge(NODE_BYTES);
    const { words } = this.#js;
    const low = words[address >> 2] ?? 0;
    const tag = (words[(address >> 2) + 1] ?? 0) | 0;
    switch (tag) {
      case Tag.int:
        return low | 0;
      case Tag.bool:
        return low !== 0;
      case Tag.null:
      case Tag.undefined:
        return null;
      case Tag.shortBigInt:
        return BigInt(low | 0);
      case Tag.string:
        return this.#text(low);
      case Tag.stringRope:
        return this.#rope(low, 0);
      case Tag.object:
        return this.#object(low, depth);
      default:
        return (tag - FIRST_TAG) >>> 0 >= TAG_COUNT ? this.#js.floatOf(low, tag) : UNUSUAL;
    }
  }

  #text(string: number): string {
    this.#charge(this.#js.textLength(string));
    return this.#js.textOf(string);
  }

  /** Text that was put together, and is still in parts. */
  #rope(rope: number, depth: number): string | typeof UNUSUAL {
    if (depth > MAX_VALUE_DEPTH) return UNUSUAL;
    let text = "";
    for (const part of [rope + JsRope.left, rope + JsRope.right]) {
      const pointer = this.#js.word(part);
      const tag = this.#js.word(part + 4) | 0;
      const piece = tag === Tag.stringRope ? this.#rope(pointer, depth + 1) : this.#text(pointer);
      if (piece === UNUSUAL) return UNUSUAL;
      text += piece;
    }
    return text;
  }

  #object(object: number, depth: number): ScriptValue | typeof UNUSUAL {
    if (depth >= MAX_VALUE_DEPTH) return UNUSUAL;
    const js = this.#js;
    const header = js.word(object + JsObject.flags);
    const flags = header & 0xff;
    const classId = header >>> 16;
    const properties = js.word(object + JsObject.properties);
    if (classId === ClassId.array) {
      if ((flags & JsObject.fastArrayFlag) === 0) return UNUSUAL;
      const count = js.word(object + JsObject.count);
      // The length is the first property; behind the elements there may be holes.
      if (js.word(properties) !== count || js.word(properties + 4) !== Tag.int) return UNUSUAL;
      return this.#list(count, js.word(object + JsObject.elements), depth + 1);
    }
    if (classId !== ClassId.object || (flags & JsObject.exoticFlag) !== 0) return UNUSUAL;
    return this.#fields(js.word(object + JsObject.shape), properties, depth + 1);
  }

  #fields(shape: number, properties: number, depth: number): ScriptValue | typeof UNUSUAL {
    const js = this.#js;
    const prototype = js.word(shape + JsShape.prototype);
    const count = js.word(shape + JsShape.count);
    let entry = shape + JsShape.table + 4 * (js.word(shape + JsShape.hashMask) + 1);
    if (prototype !== this.#image.objectPrototype && prototype !== 0) {
      const isHandle = count > 0 && js.word(entry + 4) === this.#image.handleName;
      return isHandle ? this.#handles.get(js.numberAt(properties)) : UNUSUAL;
    }
    // Most of them may be nothing that leaves: looking at each takes its fuel.
    this.#seen += count * PROPERTY_BYTES;
    if (count * PROPERTY_BYTES > js.memoryBytes) return UNUSUAL;
    const atoms = js.word(this.#image.atoms);
    const result: Record<string, ScriptValue> = {};
    for (let i = 0; i < count; i++, entry += PROPERTY_BYTES) {
      const flags = js.word(entry) >>> JsShape.flagShift;
      const atom = js.word(entry + 4);
      if (atom === 0 || (flags & PropertyFlag.enumerable) === 0) continue; // deleted, or not a field
      const name = (atom & INTEGER_ATOM) === 0 ? js.nameOf(js.word(atoms + 4 * atom)) : String(atom & ~INTEGER_ATOM);
      if (name === undefined) continue; // a symbol
      if ((flags & PropertyFlag.kindMask) !== 0 || name === "__proto__") return UNUSUAL;
      const at = properties + i * VALUE_BYTES;
      if (js.word(at + 4) === Tag.undefined) continue;
      this.#charge(name.length);
      const value = this.#value(at, depth);
      if (value === UNUSUAL) return UNUSUAL;
      result[name] = value;
    }
    return result;
  }
}
