import {
  Float,
  FunctionRef,
  Handle,
  HostFunction,
  WeakHandle,
  formatPath,
  snakeCase,
  valueError,
  type ScriptValue,
} from "@llmspell/engine";
import { SpellError, isSpellError } from "@llmspell/errors";
import type { HandleTable } from "./handles.js";

/**
 * The type of a parameter. It checks what a guest passed, turns it into what the
 * function receives, and names itself in the documentation.
 */
export interface Type<T> {
  /** The notation of the API reference, e.g. `list<string>`. */
  readonly notation: string;
  readonly optional?: boolean;
  /** The kind of handle it takes; functions whose first parameter has one are methods of that kind. */
  readonly kind?: string;
  /** What it is built of; absent for what its notation alone says. */
  readonly shape?: Shape;
  /** @throws SpellError `INVALID_ARGUMENT` that names `path`. */
  check(value: ScriptValue, path: Path, handles: HandleTable): T;
}

type Shape =
  | { readonly of: "list"; readonly item: Type<unknown> }
  | { readonly of: "object"; readonly fields: Fields; readonly name?: string }
  | { readonly of: "union"; readonly types: readonly Type<unknown>[] };

/** Grows while a value is walked; cut back by whoever added to it. */
type Path = (string | number)[];
type Infer<T> = T extends Type<infer U> ? U : never;
type Fields = Readonly<Record<string, Type<unknown>>>;
type InferFields<F extends Fields> = {
  [K in keyof F as undefined extends Infer<F[K]> ? never : K]: Infer<F[K]>;
} & {
  [K in keyof F as undefined extends Infer<F[K]> ? K : never]?: Infer<F[K]> | undefined;
};

const KIND_NAMES = { string: "text", number: "a number", boolean: "a boolean", bigint: "an integer" } as const;

/** `an Agent`, `a Tool` */
export const withArticle = (kind: string): string => `${/^[AEIOU]/i.test(kind) ? "an" : "a"} ${kind}`;

/** What a value is, in words for an error message. */
export function describeValue(value: ScriptValue | undefined): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (value instanceof FunctionRef) return "a function";
  if (value instanceof HostFunction) return "a function of the host";
  if (value instanceof Float) return "a number";
  if (value instanceof Handle) return withArticle(value.kind);
  if (value instanceof WeakHandle) return `a weak ${value.kind}`;
  if (value instanceof Uint8Array) return "bytes";
  return KIND_NAMES[typeof value as keyof typeof KIND_NAMES] ?? "a table";
}

function wrong(path: Path, wanted: string, value: ScriptValue): SpellError {
  return valueError(path, `must be ${wanted}, not ${describeValue(value)}`);
}

function isTable(value: ScriptValue): value is Record<string, ScriptValue> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const string: Type<string> = {
  notation: "string",
  check(value, path) {
    if (typeof value === "string") return value;
    if (value instanceof Uint8Array) throw valueError(path, "is not valid UTF-8 text");
    throw wrong(path, "text", value);
  },
};

const LONGEST_NAME = 1000;

/** What something is kept under: a text that is not too long to be kept, and told in messages. */
const name: Type<string> = {
  notation: "string",
  check(value, path, handles) {
    const text = string.check(value, path, handles);
    if (text.length <= LONGEST_NAME) return text;
    throw valueError(path, `must have at most ${LONGEST_NAME} characters, not ${text.length}`);
  },
};

/** Bytes, or text that is not UTF-8. */
const bytes: Type<Uint8Array> = {
  notation: "bytes",
  check(value, path) {
    if (value instanceof Uint8Array) return value;
    throw wrong(path, "bytes", value);
  },
};

const number: Type<number> = {
  notation: "number",
  check(value, path) {
    if (typeof value === "number" && Number.isFinite(value)) return value;
    throw wrong(path, "a finite number", value);
  },
};

/** A whole number, at least `min` (default: none). */
function integer(min = Number.MIN_SAFE_INTEGER): Type<number> {
  return {
    notation: "integer",
    check(value, path) {
      if (typeof value !== "number") throw wrong(path, "an integer", value);
      if (!Number.isSafeInteger(value)) throw valueError(path, `must be an integer, not ${value}`);
      if (value < min) throw valueError(path, `must be at least ${min}, not ${value}`);
      return value;
    },
  };
}

const boolean: Type<boolean> = {
  notation: "boolean",
  check(value, path) {
    if (typeof value === "boolean") return value;
    throw wrong(path, "a boolean", value);
  },
};

const any: Type<ScriptValue> = { notation: "any", check: (value) => value };

const fn: Type<FunctionRef> = {
  notation: "function",
  check(value, path) {
    if (value instanceof FunctionRef) return value;
    throw wrong(path, "a function", value);
  },
};

/** What a script raises or catches: an error, text, or a table with a `message`. */
const error: Type<SpellError> = {
  notation: "error",
  check(value, path) {
    if (isSpellError(value)) return value;
    if (typeof value === "string") return new SpellError("SCRIPT_ERROR", value);
    if (isTable(value) && typeof value["message"] === "string")
      return new SpellError("SCRIPT_ERROR", value["message"], { details: { value } });
    throw wrong(path, "an error, text or a table with a message", value);
  },
};

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds: a number, or text such as "500ms", "5s", "2m", "1h". */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim());
  return match ? Number(match[1]) * (UNITS[match[2] ?? ""] ?? 1) : undefined;
}

const duration: Type<number> = {
  notation: "duration",
  check(value, path) {
    const ms = typeof value === "string" ? parseDuration(value) : value;
    if (typeof ms === "number" && Number.isFinite(ms) && ms >= 0) return ms;
    throw valueError(path, 'must be milliseconds or a duration such as "500ms", "5s" or "2m"');
  },
};

/** A plain table of any content. */
const table: Type<Record<string, ScriptValue>> = {
  notation: "table",
  check(value, path) {
    if (isTable(value)) return value;
    if (Array.isArray(value) && value.length === 0) return {};
    throw wrong(path, "a table", value);
  },
};

function list<T>(item: Type<T>): Type<T[]> {
  return {
    notation: `list<${item.notation}>`,
    shape: { of: "list", item },
    check(value, path, handles) {
      // An empty Lua table does not say whether it is a list.
      if (isTable(value) && Object.keys(value).length === 0) return [];
      if (!Array.isArray(value)) throw wrong(path, "a list", value);
      return (value as readonly ScriptValue[]).map((element, i) => {
        path.push(i + 1);
        const checked = item.check(element, path, handles);
        path.pop();
        return checked;
      });
    },
  };
}

function optional<T>(inner: Type<T>): Type<T | undefined> {
  return {
    notation: inner.notation,
    optional: true,
    ...(inner.kind === undefined ? {} : { kind: inner.kind }),
    ...(inner.shape === undefined ? {} : { shape: inner.shape }),
    check: (value, path, handles) => (value === null ? undefined : inner.check(value, path, handles)),
  };
}

/**
 * A table with exactly these fields; an unknown one is refused by name. Names in camelCase are
 * those in snake_case: what is data crosses unchanged, but this is how JavaScript spells its own.
 * `name` is what typed languages call it.
 */
function object<F extends Fields>(fields: F, name?: string): Type<InferFields<F>> {
  const entries = Object.entries(fields);
  const names = Object.keys(fields);
  return {
    notation: `{${names.map((name) => (fields[name]?.optional ? `${name}?` : name)).join(", ")}}`,
    shape: { of: "object", fields, ...(name === undefined ? {} : { name }) },
    check(value, path, handles) {
      const given: Record<string, ScriptValue> = {};
      for (const [name, field] of Object.entries(table.check(value, path, handles))) {
        const spelled = Object.hasOwn(fields, name) ? name : snakeCase(name);
        if (Object.hasOwn(fields, spelled) && !Object.hasOwn(given, spelled)) {
          given[spelled] = field;
          continue;
        }
        throw valueError([...path, name], `is not known here; the known fields are ${names.join(", ")}`);
      }
      const result: Record<string, unknown> = {};
      for (const [name, type] of entries) {
        path.push(name);
        const checked = type.check(given[name] ?? null, path, handles);
        path.pop();
        if (checked !== undefined) result[name] = checked;
      }
      return result as InferFields<F>;
    },
  };
}

function oneOf<const V extends string>(...values: V[]): Type<V> {
  return {
    notation: values.map((value) => `"${value}"`).join(" or "),
    check(value, path) {
      const found = values.find((candidate) => candidate === value);
      if (found === undefined) throw valueError(path, `must be one of ${values.join(", ")}`);
      return found;
    },
  };
}

/** The first of several types that fits. */
function union<T extends readonly Type<unknown>[]>(...types: T): Type<Infer<T[number]>> {
  const notation = types.map((type) => type.notation).join(" or ");
  const kind = types.find((type) => type.kind !== undefined)?.kind;
  return {
    notation,
    shape: { of: "union", types },
    ...(kind === undefined ? {} : { kind }),
    check(value, path, handles) {
      const depth = path.length;
      let first: SpellError | undefined;
      let missing: SpellError | undefined;
      for (const type of types) {
        try {
          return type.check(value, path, handles) as Infer<T[number]>;
        } catch (error) {
          const here = error as SpellError;
          // The value has the right type, but what it refers to is gone.
          if (here.code !== "INVALID_ARGUMENT") missing ??= here;
          // The problem deepest inside the value says the most.
          else if (first === undefined || deeper(here, first)) first = here;
          path.length = depth;
        }
      }
      if (missing !== undefined) throw missing;
      const inside = first !== undefined && first.details["path"] !== formatPath(path);
      throw inside ? first : valueError(path, `must be ${notation}, not ${describeValue(value)}`);
    },
  };
}

const deeper = (a: SpellError, b: SpellError): boolean =>
  String(a.details["path"]).length > String(b.details["path"]).length;

/** A host object: its handle, or its id as text. */
function handle<T extends object>(kind: string): Type<T> {
  return {
    notation: kind,
    kind,
    check(value, path, handles) {
      if (value instanceof Handle || typeof value === "string") return handles.get<T>(kind, value, path);
      throw wrong(path, withArticle(kind), value);
    },
  };
}

export const t = {
  any,
  boolean,
  bytes,
  duration,
  error,
  fn,
  handle,
  integer,
  list,
  name,
  number,
  object,
  oneOf,
  optional,
  string,
  table,
  union,
};
