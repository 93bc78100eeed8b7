import type { Value } from "./abi.js";
import { FIRST_TAG, FLOAT_ADDEND, JsString, TAG_COUNT, Tag } from "./layout.js";

const float = new Float64Array(1);
const floatWords = new Uint32Array(float.buffer);

/** Names of properties that were read last, by their hash: making text of bytes costs more than to compare them. */
const NAMES: (string | undefined)[] = Array.from({ length: 512 }, () => undefined);
const LONGEST_KNOWN_NAME = 32;

/** The memory of an instance as QuickJS lays it out: see `layout.ts`. */
export abstract class Heap {
  u8!: Buffer;
  words!: Uint32Array;
  view!: DataView;

  protected look(buffer: ArrayBuffer): void {
    this.u8 = Buffer.from(buffer);
    this.words = new Uint32Array(buffer);
    this.view = new DataView(buffer);
  }

  /** The word at an address. */
  word(address: number): number {
    return this.words[address >> 2] ?? 0;
  }

  /** The lower word of a value: what it points to, unless it is a number. */
  pointerOf(value: Value): number {
    return this.word(value);
  }

  setValue(address: number, low: number, tag: number): void {
    this.words[address >> 2] = low;
    this.words[(address >> 2) + 1] = tag;
  }

  setNumber(address: number, value: number): void {
    const integer = value | 0;
    if (Object.is(integer, value)) {
      this.setValue(address, integer, Tag.int);
      return;
    }
    float[0] = Number.isNaN(value) ? NaN : value;
    this.setValue(address, floatWords[0] ?? 0, (floatWords[1] ?? 0) - FLOAT_ADDEND);
  }

  /** The float that the words of a value are. */
  floatOf(low: number, tag: number): number {
    floatWords[0] = low;
    floatWords[1] = tag + FLOAT_ADDEND;
    return float[0] ?? NaN;
  }

  /** A number at an address, which guest code has made sure is one. */
  numberAt(address: number): number {
    const low = this.word(address);
    const tag = this.word(address + 4) | 0;
    return (tag - FIRST_TAG) >>> 0 >= TAG_COUNT ? this.floatOf(low, tag) : low | 0;
  }

  textLength(string: number): number {
    return this.word(string) & JsString.lengthMask;
  }

  /** The text of a `JSString`. @param most of its characters */
  textOf(string: number, most = Infinity): string {
    const head = this.word(string);
    const length = Math.min(head & JsString.lengthMask, most);
    let start = string + JsString.data;
    const kind = (this.word(string + JsString.info) >>> JsString.kindShift) & 3;
    if (kind === JsString.kinds.slice) {
      start = this.word(string + JsString.parent) + JsString.data + this.word(string + JsString.start);
    } else if (kind === JsString.kinds.indirect) {
      start = this.word(start);
    }
    return head >>> 31 === 0
      ? this.u8.toString("latin1", start, start + length)
      : this.u8.toString("utf16le", start, start + 2 * length);
  }

  /** The text of a name of a property; undefined when it is a symbol. */
  nameOf(name: number): string | undefined {
    const info = this.word(name + JsString.info);
    if (info >>> JsString.typeShift !== JsString.nameType) return undefined;
    const length = this.word(name);
    if (length > LONGEST_KNOWN_NAME) return this.textOf(name); // long, or wide
    const slot = (info ^ length) & (NAMES.length - 1);
    const known = NAMES[slot];
    if (known !== undefined && known.length === length && this.#isText(name + JsString.data, known)) return known;
    return (NAMES[slot] = this.textOf(name));
  }

  #isText(start: number, text: string): boolean {
    const { u8 } = this;
    for (let i = 0; i < text.length; i++) if (u8[start + i] !== text.charCodeAt(i)) return false;
    return true;
  }
}
