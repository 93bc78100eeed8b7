import {
  Float,
  MAX_VALUE_DEPTH,
  limitError,
  nullRules,
  textField,
  type Limits,
  type NullRules,
  type ValueOptions,
} from "@llmspell/engine";
import type { JsInstance } from "./instance.js";
import { Tag } from "./layout.js";
import { BYTES_PER_FUEL_SHIFT, NODE_BYTES } from "./read-values.js";

/** QuickJS's own format of values (`JS_WriteObject`, quickjs.c): its version, and a checksum that says to trust it. */
const HEADER = [28, 0xff, 0xff, 0xff, 0xff];
/** What a value begins with. */
const Mark = { null: 1, false: 3, true: 4, int: 5, float: 6, string: 7, object: 8, array: 9 } as const;
/** The type of a name that is text. */
const TEXT_NAME = 1;
/** The number of the first name that the bytes bring along. */
const FIRST_NAME = 1;
const WIDE = /[^\0-\xff]/;
/** Shorter text is written character by character. */
const SHORT = 40;
/** Buffers that have grown larger are not kept. */
const LARGE = 1024 * 1024;
const INTEGER_NAME = /^(?:0|[1-9]\d{0,9})$/;
const MAX_INTEGER_NAME = 2 ** 31 - 1;

/** A buffer that grows, with the integers of QuickJS's format. */
class Bytes {
  bytes = Buffer.allocUnsafe(4_096);
  length = 0;

  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + count));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  /** Unsigned LEB128, of up to 32 bits. */
  leb(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  add(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Length and width, then the characters: bytes where all of them are below 256. */
  text(text: string): void {
    const { length } = text;
    this.reserve(2 * length + 8);
    if (length > SHORT) {
      this.#longText(text);
      return;
    }
    const start = this.length;
    this.leb(length << 1);
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0xff) {
        this.length = start;
        this.#wideText(text);
        return;
      }
      this.bytes[this.length++] = code;
    }
  }

  #longText(text: string): void {
    if (WIDE.test(text)) {
      this.#wideText(text);
      return;
    }
    this.leb(text.length << 1);
    this.length += this.bytes.write(text, this.length, "latin1");
  }

  #wideText(text: string): void {
    this.leb((text.length << 1) | 1);
    this.length += this.bytes.write(text, this.length, "utf16le");
  }
}

/** A name of a field as it stands in the bytes; kept, since a host gives the same ones again and again. */
class Name {
  readonly bytes: Uint8Array;
  /** The sheet that it stands on already, and the number that it has there. */
  sheet = 0;
  number = 0;

  constructor(text: string) {
    const bytes = new Bytes();
    bytes.bytes[bytes.length++] = TEXT_NAME;
    bytes.text(text);
    this.bytes = bytes.bytes.slice(0, bytes.length);
  }
}

const names = new Map<string, Name>();
const MAX_NAMES = 2_000;
const MAX_NAME_LENGTH = 64;

function nameOf(text: string): Name {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = new Name(text);
  if (text.length > MAX_NAME_LENGTH) return name;
  if (names.size >= MAX_NAMES) names.clear();
  names.set(text, name);
  return name;
}

let sheets = 0;

/** What one value is written with; a getter of the host's that runs meanwhile may write another. */
class Sheet {
  readonly head = new Bytes();
  readonly names = new Bytes();
  readonly body = new Bytes();
  /** Which use of a sheet this is. */
  #id = 0;
  #count = 0;

  constructor() {
    this.head.bytes.set(HEADER);
  }

  /** The bytes of the value, in order. */
  get parts(): readonly Uint8Array[] {
    const { head, names, body } = this;
    head.length = HEADER.length;
    head.leb(this.#count);
    return [head, names, body].map(({ bytes, length }) => bytes.subarray(0, length));
  }

  get isLarge(): boolean {
    return this.names.bytes.length + this.body.bytes.length > LARGE;
  }

  clear(): void {
    this.names.length = 0;
    this.body.length = 0;
    this.#id = ++sheets;
    this.#count = 0;
  }

  /** The number of a name, which is put among the others when it is new. */
  numberOf(text: string): number {
    const name = nameOf(text);
    if (name.sheet === this.#id) return name.number;
    name.sheet = this.#id;
    name.number = FIRST_NAME + this.#count++;
    this.names.add(name.bytes);
    return name.number;
  }
}

let spare: Sheet | undefined;

/**
 * Host → guest: plain data in QuickJS's own format, which it reads without running
 * code of the guest. Whatever else there is, {@link Wire} writes.
 */
export class ValueWriter {
  readonly #js: JsInstance;
  readonly #limits: Limits;
  readonly #nulls: NullRules;
  #bytes = 0;

  constructor(js: JsInstance, limits: Limits, options: ValueOptions = {}) {
    this.#js = js;
    this.#limits = limits;
    this.#nulls = nullRules(options.nulls ?? "js");
  }

  /** What the last value takes of the guest's fuel, beside what QuickJS does. */
  get fuel(): number {
    return this.#bytes >> BYTES_PER_FUEL_SHIFT;
  }

  /**
   * Makes a guest's value of `value` at an address, to be owned by who asked.
   *
   * @param asData leaves it to who asked that the value is also a text (`asText`); else it is none that this writer knows
   * @returns false when the value is none that this writer knows; an exception may
   * stand at the address, where the guest had no memory or stack left
   * @throws SpellError `LIMIT_VALUE`
   */
  write(value: unknown, address: number, asData = false): boolean {
    const js = this.#js;
    this.#bytes = NODE_BYTES;
    switch (typeof value) {
      case "number":
        js.setNumber(address, value);
        return true;
      case "boolean":
        js.setValue(address, value ? 1 : 0, Tag.bool);
        return true;
      case "undefined":
        js.setValue(address, 0, Tag.null);
        return true;
      case "string":
      case "object":
        if (value !== null) return this.#compose(value, address, asData);
        js.setValue(address, 0, Tag.null);
        return true;
      default:
        return false;
    }
  }

  #compose(value: string | object, address: number, asData: boolean): boolean {
    const sheet = spare ?? new Sheet();
    spare = undefined;
    try {
      sheet.clear();
      this.#bytes = 0;
      if (!(asData ? this.#root(sheet, value) : this.#value(sheet, value, 0))) return false;
      this.#js.setComposed(address, sheet.parts);
      return true;
    } finally {
      if (!sheet.isLarge) spare = sheet;
    }
  }

  #charge(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limits.valueBytes) throw limitError("valueBytes", this.#limits);
  }

  #root(sheet: Sheet, value: string | object): boolean {
    if (typeof value === "string" || textField(value) === undefined) return this.#value(sheet, value, 0);
    this.#charge(NODE_BYTES);
    return isPlain(value) && this.#fields(sheet, value, 1);
  }

  #value(sheet: Sheet, value: unknown, depth: number): boolean {
    const { body } = sheet;
    this.#charge(NODE_BYTES);
    body.reserve(16);
    switch (typeof value) {
      case "undefined":
        body.bytes[body.length++] = Mark.null;
        return true;
      case "boolean":
        body.bytes[body.length++] = value ? Mark.true : Mark.false;
        return true;
      case "number":
        this.#number(body, value);
        return true;
      case "string":
        this.#charge(value.length);
        body.bytes[body.length++] = Mark.string;
        body.text(value);
        return true;
      case "object":
        if (value !== null) return depth < MAX_VALUE_DEPTH && this.#object(sheet, value, depth + 1);
        body.bytes[body.length++] = Mark.null;
        return true;
      default:
        return false;
    }
  }

  #number(body: Bytes, value: number): void {
    const integer = value | 0;
    if (Object.is(integer, value)) {
      body.bytes[body.length++] = Mark.int;
      body.leb((integer << 1) ^ (integer >> 31));
    } else {
      body.bytes[body.length++] = Mark.float;
      body.length = body.bytes.writeDoubleLE(value, body.length);
    }
  }

  #object(sheet: Sheet, value: object, depth: number): boolean {
    if (Array.isArray(value)) return this.#list(sheet, value, depth);
    if (isPlain(value)) return textField(value) === undefined && this.#fields(sheet, value, depth);
    if (!(value instanceof Float)) return false;
    this.#number(sheet.body, value.value);
    return true;
  }

  #list(sheet: Sheet, list: readonly unknown[], depth: number): boolean {
    const { body } = sheet;
    const { length } = list;
    body.bytes[body.length++] = Mark.array;
    body.leb(length);
    for (let i = 0; i < length; i++) if (!this.#value(sheet, list[i], depth)) return false;
    return true;
  }

  #fields(sheet: Sheet, object: Readonly<Record<string, unknown>>, depth: number): boolean {
    const { body } = sheet;
    const dropsNulls = this.#nulls.fields === "drop";
    const keys: string[] = [];
    const values: unknown[] = [];
    for (const key of Object.keys(object)) {
      const value = object[key];
      if (value === undefined || (dropsNulls && value === null)) continue;
      keys.push(key);
      values.push(value);
    }
    body.bytes[body.length++] = Mark.object;
    body.leb(keys.length);
    for (let i = 0; i < keys.length; i++) {
      this.#name(sheet, keys[i] ?? "");
      if (!this.#value(sheet, values[i], depth)) return false;
    }
    return true;
  }

  /** A name by its number; or as the integer that it is, which is a name of another kind to QuickJS. */
  #name(sheet: Sheet, name: string): void {
    const { body } = sheet;
    this.#charge(name.length);
    body.reserve(8);
    const first = name.charCodeAt(0);
    if (first >= 0x30 && first <= 0x39 && INTEGER_NAME.test(name) && Number(name) <= MAX_INTEGER_NAME) {
      body.leb((Number(name) << 1) | 1);
    } else {
      body.leb(sheet.numberOf(name) << 1);
    }
  }
}

function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
