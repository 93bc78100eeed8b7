import {
  Float,
  FunctionRef,
  Handle,
  HostFunction,
  WeakHandle,
  MAX_VALUE_DEPTH,
  limitError,
  nullRules,
  textField,
  valueError,
  type Host,
  type Limits,
  type NullRules,
  type ScriptObject,
  type ScriptValue,
  type ValueOptions,
} from "@llmspell/engine";
import {
  HeldFunctions,
  HostValues,
  KnownErrors,
  type SavedErrors,
  type SavedFunctions,
  type SavedHostValues,
} from "@llmspell/engine/guest-kit";
import { SpellError, isSpellError } from "@llmspell/errors";
import { HandleTable, type SavedHandles } from "./handle-table.js";
import { WeakTable } from "./weak-table.js";

/** What a value costs beside its text, against `valueBytes`. */
const NODE_BYTES = 16;
const LARGEST_INTEGER = 2n ** 63n - 1n;

type Path = (string | number)[];

/** What has crossed and may come back. */
export interface SavedValues {
  readonly functions: SavedFunctions;
  readonly handles: SavedHandles;
  readonly weak: SavedHandles;
  readonly errors: SavedErrors;
  readonly host: SavedHostValues;
}

/**
 * Values of one guest as text, both ways; the guest's side is `js/values.js`.
 *
 * Plain JSON, or `$` and JSON in which an object with one key stands for:
 *
 * | key | value |
 * |---|---|
 * | `$number` | NaN, an infinity or -0, by name |
 * | `$bigint` | an integer, in decimals |
 * | `$bytes` | bytes, by the number under which the other side gets them |
 * | `$handle` | in: its number and kind; out: its number |
 * | `$weak` | a weak handle: in: its number and kind; out: its number |
 * | `$function` | a function of the guest, by its id |
 * | `$host` | a function of the host, by its id |
 * | `$error` | in: code, message, details, the id it comes back by; out: that id, or name and message |
 * | `$text` | in: an object that is also the text in one of its fields |
 * | `$object` | an object, a key of which begins with `$` |
 *
 * Numbers and ids mean something to this guest only, and what it does not have
 * it cannot name.
 */
export class Wire {
  readonly #limits: Limits;
  readonly #nulls: NullRules;
  /** Functions that the guest may let go of: it is told when it is entered next. */
  readonly released: number[] = [];
  readonly functions = new HeldFunctions((id) => void this.released.push(id));
  readonly errors = new KnownErrors();
  readonly handles: HandleTable;
  readonly weak = new WeakTable();
  /** What the guest holds of its host. */
  readonly host: HostValues;
  /** Bytes on their way, by number. */
  readonly #bytes = new Map<number, Uint8Array>();
  #lastBytes = 0;
  #bytesUnderWay = 0;

  #special = false;
  #left = 0;
  readonly #path: Path = [];
  readonly #parents: object[] = [];

  constructor(limits: Limits, host: Host, options: ValueOptions = {}) {
    this.#limits = limits;
    this.#nulls = nullRules(options.nulls ?? "js");
    this.host = new HostValues(host);
    this.handles = new HandleTable(this.host);
  }

  save(): SavedValues {
    return {
      functions: this.functions.save(),
      handles: this.handles.save(),
      weak: this.weak.save(),
      errors: this.errors.save(),
      host: this.host.save(),
    };
  }

  load({ functions, handles, weak, errors, host }: SavedValues): void {
    this.weak.load(weak);
    this.host.load(host);
    this.handles.load(handles);
    this.functions.load(functions);
    this.released.length = 0;
    this.errors.load(errors);
    this.dropBytes();
  }

  /** From here on releasing a function does nothing: the instance may serve another guest. */
  close(): void {
    this.functions.close();
    this.host.close();
    this.dropBytes();
  }

  // Bytes

  /** Keeps bytes for the other side; gives their number. @throws SpellError `LIMIT_VALUE` */
  giveBytes(bytes: Uint8Array): number {
    this.#bytesUnderWay += bytes.length;
    if (this.#bytesUnderWay > this.#limits.valueBytes) throw limitError("valueBytes", this.#limits);
    this.#bytes.set(++this.#lastBytes, bytes);
    return this.#lastBytes;
  }

  takeBytes(number: unknown): Uint8Array {
    const bytes = this.#bytes.get(number as number);
    if (bytes === undefined) throw malformed();
    this.#bytes.delete(number as number);
    this.#bytesUnderWay -= bytes.length;
    return bytes;
  }

  /** Drops bytes whose value was refused on the way. */
  dropBytes(): void {
    this.#bytes.clear();
    this.#bytesUnderWay = 0;
  }

  // Host to guest

  /** @param root names the value in errors. @throws SpellError `INVALID_ARGUMENT`, `LIMIT_VALUE` */
  encode(value: ScriptValue | undefined, root: string): string {
    this.#special = false;
    this.#left = this.#limits.valueBytes;
    this.#parents.length = 0;
    this.#path.length = 0;
    this.#path.push(root);
    const json = JSON.stringify(this.#plain(value));
    return this.#special ? `$${json}` : json;
  }

  /** An error as the answer to a call; details that cannot enter are left out. */
  encodeError(error: SpellError): string {
    try {
      return `!${this.encode(error, "error")}`;
    } catch {
      return `!${this.encode(new SpellError(error.code, error.message), "error")}`;
    }
  }

  #tagged(tag: string, value: unknown): object {
    this.#special = true;
    return { [tag]: value };
  }

  #charge(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw limitError("valueBytes", this.#limits);
  }

  #plain(value: unknown): unknown {
    this.#charge(NODE_BYTES);
    switch (typeof value) {
      case "undefined":
        return null;
      case "boolean":
        return value;
      case "number":
        if (Number.isFinite(value) && !Object.is(value, -0)) return value;
        return this.#tagged("$number", Object.is(value, -0) ? "-0" : String(value));
      case "string":
        this.#charge(value.length);
        return value;
      case "bigint":
        if (value > LARGEST_INTEGER || value < -LARGEST_INTEGER - 1n)
          throw this.#fail("is an integer of more than 64 bits");
        return this.#tagged("$bigint", String(value));
      case "object":
        return value === null ? null : this.#plainObject(value);
      default:
        throw this.#fail(`is a ${typeof value}, which cannot enter a guest`);
    }
  }

  #plainObject(value: object): unknown {
    if (value instanceof Uint8Array) {
      this.#charge(value.length);
      return this.#tagged("$bytes", this.giveBytes(value));
    }
    if (value instanceof FunctionRef) {
      if (!this.functions.has(value)) throw this.#fail("is a function that this guest does not have");
      return this.#tagged("$function", value.id);
    }
    if (value instanceof HostFunction) {
      return this.#tagged("$host", this.host.idOf(value) || this.host.hold(value));
    }
    if (value instanceof Handle) return this.#tagged("$handle", [this.handles.add(value), value.kind]);
    if (value instanceof WeakHandle) return this.#tagged("$weak", [this.weak.add(value), value.kind]);
    if (value instanceof Float) return this.#plain(value.value);
    if (isSpellError(value)) return this.#plainError(value);
    if (this.#parents.includes(value)) throw this.#fail("contains itself");
    if (this.#parents.length >= MAX_VALUE_DEPTH) throw this.#fail(`nests deeper than ${MAX_VALUE_DEPTH}`);
    this.#parents.push(value);
    const result = Array.isArray(value)
      ? value.map((item: unknown, i) => this.#at(i, item))
      : this.#plainFields(value as ScriptObject);
    this.#parents.pop();
    return result;
  }

  #at(key: string | number, value: unknown): unknown {
    this.#path.push(key);
    const result = this.#plain(value);
    this.#path.pop();
    return result;
  }

  #plainFields(value: ScriptObject): unknown {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null)
      throw this.#fail("is no plain object, and cannot enter a guest");
    const entries: [string, unknown][] = [];
    let isMarked = false;
    for (const key of Object.keys(value)) {
      const field = value[key];
      if (field === undefined || (field === null && this.#nulls.fields === "drop")) continue;
      if (key.startsWith("$")) isMarked = true;
      this.#charge(key.length);
      entries.push([key, this.#at(key, field)]);
    }
    const fields = Object.fromEntries(entries);
    const object = isMarked ? this.#tagged("$object", fields) : fields;
    const text = textField(value);
    return text === undefined ? object : this.#tagged("$text", [text, object]);
  }

  #plainError(error: SpellError): unknown {
    const { code, category, message } = error;
    const id = this.errors.add(error);
    // Plain data, so that nothing in it is taken for a tag.
    const details = JSON.parse(
      JSON.stringify(error.details, (_, inner: unknown) => plainDetail(inner)) ?? "{}",
    ) as object;
    this.#charge(message.length + JSON.stringify(details).length);
    return this.#tagged("$error", { id, code, category, message, details });
  }

  #fail(problem: string): SpellError {
    return valueError(this.#path, problem);
  }

  // Guest to host

  /** @throws SpellError `LIMIT_VALUE`, and `INVALID_ARGUMENT` for text that the library did not make. */
  decode(text: string): ScriptValue {
    this.#left = this.#limits.valueBytes;
    this.#charge(text.length);
    if (!text.startsWith("$")) return JSON.parse(text) as ScriptValue;
    return this.#revive(JSON.parse(text.slice(1)));
  }

  #revive(value: unknown): ScriptValue {
    if (typeof value !== "object" || value === null) return value as ScriptValue;
    if (Array.isArray(value)) return value.map((item) => this.#revive(item));
    const keys = Object.keys(value);
    const [tag] = keys;
    if (tag?.startsWith("$") && keys.length === 1) return this.#ofTag(tag, (value as Record<string, unknown>)[tag]);
    return this.#reviveFields(value);
  }

  #reviveFields(value: object): ScriptObject {
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, this.#revive(field)]));
  }

  #ofTag(tag: string, value: unknown): ScriptValue {
    switch (tag) {
      case "$number":
        return Number(value);
      case "$bigint":
        return BigInt(String(value));
      case "$bytes": {
        const bytes = this.takeBytes(value);
        this.#charge(bytes.length);
        return bytes;
      }
      case "$handle":
        return this.handles.get(value);
      case "$weak":
        return this.weak.get(value);
      case "$function":
        return this.functions.add(Number(value));
      case "$host":
        return this.host.functionOf(Number(value));
      case "$error":
        return this.#error(value as { id?: number; name?: string; message?: string });
      case "$object":
        return this.#reviveFields(value as object);
      default:
        throw malformed();
    }
  }

  /** An error of the host is the one it threw; any other is the script's own. */
  #error({ id, name, message }: { id?: number; name?: string; message?: string }): SpellError {
    const known = id === undefined ? undefined : this.errors.get(id);
    return known ?? new SpellError("SCRIPT_ERROR", String(message ?? "an error of the host"), { details: { name } });
  }
}

function plainDetail(value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

function malformed(): SpellError {
  return new SpellError("INTERNAL", "the guest library sent what is no value");
}
