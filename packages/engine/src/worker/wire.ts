import { SpellError, isErrorCode, isSpellError } from "@llmspell/errors";
import {
  Float,
  FunctionRef,
  Handle,
  HostFunction,
  MAX_VALUE_DEPTH,
  WeakHandle,
  asText,
  textField,
  type ScriptValue,
} from "../value.js";

/**
 * A value as it is posted between threads: structured clone carries plain data
 * as it is, and a `Map`, which no {@link ScriptValue} is, stands for what it
 * would lose. Both ends are of one build, so this needs no version.
 */
export type Wire =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Wire[]
  | { readonly [key: string]: Wire }
  | ReadonlyMap<Tag, Wire>;

type Tag =
  | "function"
  | "hostFunction"
  | "handle"
  | "weakHandle"
  | "float"
  | "error"
  | "text"
  /** What no guest takes: the other end makes something of the same kind, and its engine refuses it. */
  | "alien"
  /** Larger than `valueBytes`. */
  | "oversize";

/** What one end of the wire knows: its functions and the causes of errors. */
export interface WireEnd {
  /** How many bytes a value may have that this end sends. */
  readonly maxBytes: number;
  /** The id of a function, 0 for one that the other end does not know. */
  functionId(ref: FunctionRef): number;
  functionOf(id: number): FunctionRef;
  /** A function of the host, which stays there. */
  sendHostFunction(fn: HostFunction): Wire;
  hostFunctionOf(wire: Wire): HostFunction;
  /** A cause that is no {@link SpellError}. */
  sendCause(cause: unknown): Wire;
  causeOf(wire: Wire): unknown;
}

/** What a value of any engine takes at least, beside its text. */
const NODE_BYTES = 2;
/** V8 makes no longer text. */
const MAX_TEXT = 0x1fff_ffe0;
const MAX_CAUSES = 8;
const MAX_MESSAGE = 100_000;

const tagged = (tag: Tag, value: Wire): Wire => new Map([[tag, value]]);

const OVERSIZE = Symbol("oversize");

/** Makes a value ready to be posted. What cannot cross becomes something that the other end refuses. */
export function encode(value: unknown, end: WireEnd): Wire {
  switch (typeof value) {
    case "boolean":
    case "number":
    case "undefined":
      return value;
    default:
  }
  try {
    return new Encoder(end).encode(value, 0);
  } catch (thrown) {
    if (thrown === OVERSIZE) return tagged("oversize", null);
    throw thrown;
  }
}

export const encodeAll = (values: readonly unknown[], end: WireEnd): Wire[] =>
  values.map((value) => encode(value, end));

/** An error; details that cannot cross are left out. */
export function encodeError(error: SpellError, end: WireEnd): Wire {
  return new Encoder(end).error(error);
}

class Encoder {
  readonly #end: WireEnd;
  #bytesLeft: number;
  /** The other end refuses the value where the walk has come to; what follows does not matter. */
  #refused = false;
  /** Inside an error's details, which are free-form: what cannot cross is shown as JSON shows it. */
  #lenient = false;

  constructor(end: WireEnd) {
    this.#end = end;
    this.#bytesLeft = end.maxBytes;
  }

  encode(value: unknown, depth: number): Wire {
    this.#charge(NODE_BYTES);
    switch (typeof value) {
      case "undefined":
      case "boolean":
      case "number":
      case "bigint":
        return value;
      case "string":
        this.#charge(value.length);
        return value;
      case "object":
        return value === null ? null : this.#object(value, depth);
      default:
        return this.#lenient ? undefined : this.#alien(typeof value);
    }
  }

  #charge(bytes: number): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft < 0) throw OVERSIZE;
  }

  #alien(kind: string): Wire {
    this.#refused = true;
    return tagged("alien", kind);
  }

  #object(value: object, depth: number): Wire {
    if (value instanceof Uint8Array) {
      this.#charge(value.length);
      // A copy: the view may be of a larger buffer, or of one that is shared.
      return Uint8Array.from(value);
    }
    if (value instanceof FunctionRef) return tagged("function", this.#end.functionId(value));
    if (value instanceof HostFunction) return tagged("hostFunction", this.#end.sendHostFunction(value));
    if (value instanceof Float) return tagged("float", value.value);
    if (value instanceof Handle) return tagged("handle", [value.kind, value.id]);
    if (value instanceof WeakHandle) return tagged("weakHandle", [value.kind, value.id]);
    if (isSpellError(value) && !this.#lenient) return this.error(value);
    // One level beyond what is allowed is enough to be refused; a cycle ends here too.
    if (depth > MAX_VALUE_DEPTH) this.#refused = true;
    if (Array.isArray(value)) return this.#list(value, depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== null && prototype !== Object.prototype) {
      if (this.#lenient) return this.encode(JSON.parse(JSON.stringify(value) ?? "null"), depth);
      return this.#alien((value.constructor as { name?: string } | undefined)?.name ?? "object");
    }
    const fields = this.#fields(value, depth);
    const field = textField(value);
    return field === undefined ? fields : tagged("text", [field, fields]);
  }

  #list(value: readonly unknown[], depth: number): Wire {
    const list: Wire[] = [];
    for (let i = 0; i < value.length && !this.#refused; i++) list.push(this.encode(value[i], depth + 1));
    return list;
  }

  #fields(value: object, depth: number): { [key: string]: Wire } {
    const fields: { [key: string]: Wire } = {};
    for (const key of Object.keys(value)) {
      if (this.#refused) break;
      this.#charge(key.length);
      set(fields, key, this.encode((value as Record<string, unknown>)[key], depth + 1));
    }
    return fields;
  }

  error({ code, message, details, cause }: SpellError, causes = 0): Wire {
    const inner = isSpellError(cause) && causes < MAX_CAUSES ? this.error(cause, causes + 1) : undefined;
    return tagged("error", [
      code,
      message.slice(0, MAX_MESSAGE),
      this.#details(details),
      inner ?? (cause === undefined ? undefined : this.#end.sendCause(cause)),
    ]);
  }

  /** Details that are too large, nest too deeply or contain themselves stay behind. */
  #details(details: object): Wire {
    const [bytesLeft, lenient] = [this.#bytesLeft, this.#lenient];
    this.#lenient = true;
    let fields: Wire;
    try {
      fields = this.#fields(details, 0);
    } catch {
      this.#refused = true;
    }
    this.#lenient = lenient;
    if (!this.#refused) return fields;
    this.#refused = false;
    this.#bytesLeft = bytesLeft;
    return {};
  }
}

/** The value that was sent. */
export function decode(wire: Wire, end: WireEnd): ScriptValue {
  if (typeof wire !== "object" || wire === null) return wire ?? null;
  if (wire instanceof Uint8Array) return wire;
  if (wire instanceof Map) return decodeTagged(wire as ReadonlyMap<Tag, Wire>, end);
  if (Array.isArray(wire)) {
    // Ours: it came out of structured clone and nobody else has it.
    const list = wire as Wire[];
    for (let i = 0; i < list.length; i++) {
      const item = list[i];
      if (typeof item === "object" && item !== null) list[i] = decode(item, end) as Wire;
    }
    return list as ScriptValue;
  }
  const fields = wire as { [key: string]: Wire };
  for (const key of Object.keys(fields)) {
    const item = fields[key];
    if (typeof item === "object" && item !== null) set(fields, key, decode(item, end));
  }
  return fields as ScriptValue;
}

export const decodeAll = (wires: readonly Wire[], end: WireEnd): ScriptValue[] =>
  wires.map((wire) => decode(wire, end));

export function decodeError(wire: Wire, end: WireEnd): SpellError {
  const error = decode(wire, end);
  return isSpellError(error) ? error : new SpellError("INTERNAL", "the other thread sent no error");
}

function decodeTagged(wire: ReadonlyMap<Tag, Wire>, end: WireEnd): ScriptValue {
  const [[tag, content]] = wire as Iterable<[Tag, Wire]> as [[Tag, Wire]];
  switch (tag) {
    case "function":
      return end.functionOf(content as number);
    case "hostFunction":
      return end.hostFunctionOf(content);
    case "float":
      return new Float(content as number);
    case "handle":
      return new Handle(...(content as [string, number]));
    case "weakHandle":
      return new WeakHandle(...(content as [string, number]));
    case "error": {
      const [code, message, details, cause] = content as [string, string, { [key: string]: Wire }, Wire];
      return new SpellError(isErrorCode(code) ? code : "INTERNAL", message, {
        details: decode(details, end) as Record<string, unknown>,
        cause: isError(cause) ? decode(cause, end) : end.causeOf(cause),
      });
    }
    case "text": {
      const [field, fields] = content as [string, Wire];
      return asText(decode(fields, end) as Record<string, ScriptValue>, field);
    }
    case "oversize":
      return "\0".repeat(Math.min(end.maxBytes + 1, MAX_TEXT));
    default:
      return alien(String(content)) as ScriptValue;
  }
}

const isError = (wire: Wire): boolean => wire instanceof Map && wire.has("error");

function alien(kind: string): unknown {
  if (kind === "function") return () => {};
  if (kind === "symbol") return Symbol("alien");
  return Object.create({ constructor: { name: kind } });
}

/** As an assignment, but `__proto__` is a key like any other. */
function set(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}
