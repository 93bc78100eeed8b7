import { SpellError, isSpellError } from "@llmspell/errors";
import { valueError, type ScriptObject, type ScriptValue } from "./value.js";

/** What a field holds, both in the host's object and in the guest's table. */
export type FieldType =
  | { readonly type: "any" | "boolean" | "bytes" | "float" | "integer" | "text" }
  | { readonly type: "enum"; readonly values: readonly string[] }
  | { readonly type: "list"; readonly item: FieldType }
  | { readonly type: "map"; readonly item: FieldType }
  | { readonly type: "object"; readonly shape: Shape }
  | { readonly type: "optional"; readonly inner: FieldType }
  | { readonly type: "nullable"; readonly inner: FieldType }
  | { readonly type: "union"; readonly types: readonly FieldType[] };

/** Types of fields, to write {@link shape}s with. */
export const field = {
  any: { type: "any" },
  boolean: { type: "boolean" },
  bytes: { type: "bytes" },
  /** Any number. */
  float: { type: "float" },
  /** A whole number, or a `bigint`. */
  integer: { type: "integer" },
  text: { type: "text" },
  enum: (...values: readonly string[]): FieldType => ({ type: "enum", values }),
  list: (item: FieldType): FieldType => ({ type: "list", item }),
  /** An object of any keys, which are not renamed. */
  map: (item: FieldType): FieldType => ({ type: "map", item }),
  object: (inner: Shape): FieldType => ({ type: "object", shape: inner }),
  /** May be missing (`undefined`). */
  optional: (inner: FieldType): FieldType => ({ type: "optional", inner }),
  nullable: (inner: FieldType): FieldType => ({ type: "nullable", inner }),
  /** The first type that fits. */
  union: (...types: readonly FieldType[]): FieldType => ({ type: "union", types }),
} as const satisfies Record<string, FieldType | ((...given: never[]) => FieldType)>;

/** A kind of object that host and guest know, each in its own spelling. */
export interface Shape {
  readonly name: string;
  readonly fields: readonly Field[];
}

export interface Field {
  /** In the host's object, e.g. `userName`. */
  readonly name: string;
  /** In the guest's table, e.g. `user_name`. */
  readonly tableName: string;
  readonly type: FieldType;
  readonly optional: boolean;
}

/** `userName` → `user_name`, `toHTMLText` → `to_html_text` */
export const snakeCase = (name: string): string =>
  name
    .replaceAll(/([a-z\d])([A-Z])/g, "$1_$2")
    .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .toLowerCase();

/** `user_name` → `userName` */
export const camelCase = (name: string): string =>
  name.replaceAll(/_([a-z\d])/g, (_, letter: string) => letter.toUpperCase());

/**
 * Declares a shape.
 *
 * @param names other spellings than {@link snakeCase}'s for some fields
 * @throws SpellError `INVALID_ARGUMENT` when two fields would have the same name in the guest
 * @example
 * const user = shape("User", { userName: field.text, role: field.enum("admin", "guest") });
 * toTable(user, { userName: "ada", role: "admin" }); // { user_name: "ada", role: "admin" }
 */
export function shape(
  name: string,
  fields: Readonly<Record<string, FieldType>>,
  names: Readonly<Record<string, string>> = {},
): Shape {
  const list = Object.entries(fields).map(([key, type]): Field => {
    const tableName = Object.hasOwn(names, key) ? (names[key] ?? key) : snakeCase(key);
    return { name: key, tableName, type, optional: type.type === "optional" };
  });
  const taken = new Set<string>();
  for (const { tableName } of list) {
    if (taken.has(tableName))
      throw new SpellError("INVALID_ARGUMENT", `${name}: two fields would be named '${tableName}' in the guest`);
    taken.add(tableName);
  }
  return { name, fields: list };
}

export interface MappingOptions {
  /** Host names of the fields to take; default all. Counts for the outermost object. */
  readonly only?: readonly string[];
  /** Host names of the fields to leave out. */
  readonly except?: readonly string[];
  /** How deeply shapes may nest, 1 for no shape inside another. Default 20. */
  readonly depth?: number;
}

const DEFAULT_DEPTH = 20;

/** One direction: how fields are named where the value comes from and where it goes. */
interface Way {
  readonly from: "name" | "tableName";
  readonly to: "name" | "tableName";
  readonly kept: (name: string) => boolean;
  readonly depth: number;
}

function way(from: Way["from"], { only, except = [], depth = DEFAULT_DEPTH }: MappingOptions): Way {
  const kept = (name: string): boolean => (only === undefined || only.includes(name)) && !except.includes(name);
  return { from, to: from === "name" ? "tableName" : "name", kept, depth };
}

/**
 * A host object as a guest's table. Fields that the shape does not name stay behind.
 *
 * @throws SpellError `INVALID_ARGUMENT` that names the field
 */
export function toTable(of: Shape, object: object, options: MappingOptions = {}): ScriptObject {
  return mapObject(of, object, [of.name], way("name", options)) as ScriptObject;
}

/**
 * A guest's table as a host object; the inverse of {@link toTable}. A field that
 * the shape does not name is refused.
 *
 * @throws SpellError `INVALID_ARGUMENT` that names the field
 */
export function fromTable(of: Shape, table: ScriptValue, options: MappingOptions = {}): Record<string, unknown> {
  return mapObject(of, table, [of.name], way("tableName", options));
}

type Path = (string | number)[];

const ALL = (): boolean => true;

function mapObject(of: Shape, value: unknown, path: Path, direction: Way): Record<string, unknown> {
  const { from, to, kept, depth } = direction;
  if (depth < 1) throw valueError(path, "nests deeper than its mapping allows");
  const given = asFields(value, path, of.name);
  if (from === "tableName") {
    const unknown = Object.keys(given).find((key) => !of.fields.some((known) => known.tableName === key));
    if (unknown !== undefined) throw valueError([...path, unknown], `is no field of ${of.name}`);
  }
  const inner: Way = { ...direction, kept: ALL, depth: depth - 1 };
  const result: Record<string, unknown> = {};
  for (const known of of.fields) {
    if (!kept(known.name)) continue;
    // What a guest's table inherits is the host's own.
    const own = from === "name" || Object.hasOwn(given, known.tableName);
    const mapped = mapField(known.type, own ? given[known[from]] : undefined, [...path, known[from]], inner);
    if (mapped !== undefined) set(result, known[to], mapped);
  }
  return result;
}

function asFields(value: unknown, path: Path, wanted: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  // To a guest an empty list and an empty table may be the same.
  if (Array.isArray(value) && value.length === 0) return {};
  throw wrong(path, wanted, value);
}

const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  any: (value) => value !== undefined,
  boolean: (value) => typeof value === "boolean",
  bytes: (value) => value instanceof Uint8Array || typeof value === "string",
  float: (value) => typeof value === "number",
  integer: (value) => typeof value === "bigint" || Number.isSafeInteger(value),
  text: (value) => typeof value === "string",
};

function mapField(type: FieldType, value: unknown, path: Path, direction: Way): unknown {
  switch (type.type) {
    case "optional":
      // A guest may have no way to say null but by leaving the field out.
      if (value === undefined || (value === null && type.inner.type !== "nullable")) return undefined;
      return mapField(type.inner, value, path, direction);
    case "nullable":
      return value === null || value === undefined ? null : mapField(type.inner, value, path, direction);
    case "object":
      return mapObject(type.shape, value, path, direction);
    case "list":
      if (isEmptyTable(value)) return [];
      if (!Array.isArray(value)) throw wrong(path, "a list", value);
      return value.map((item: unknown, i) => mapField(type.item, item, [...path, i + 1], direction));
    case "map": {
      const result: Record<string, unknown> = {};
      for (const [key, item] of Object.entries(asFields(value, path, "a table")))
        set(result, key, mapField(type.item, item, [...path, key], direction));
      return result;
    }
    case "enum":
      if (type.values.includes(value as string)) return value;
      throw valueError(path, `must be one of ${type.values.join(", ")}`);
    case "union":
      return mapUnion(type.types, value, path, direction);
    default:
      if (FITS[type.type]?.(value) === true) return value;
      throw wrong(path, type.type, value);
  }
}

function mapUnion(types: readonly FieldType[], value: unknown, path: Path, direction: Way): unknown {
  for (const type of types) {
    try {
      return mapField(type, value, path, direction);
    } catch (error) {
      if (!isSpellError(error) || error.code !== "INVALID_ARGUMENT") throw error;
    }
  }
  throw wrong(path, types.map(describeType).join(" or "), value);
}

const isEmptyTable = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;

/** Assigns a field of any name, `__proto__` too. */
function set(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function wrong(path: Path, wanted: string, value: unknown): SpellError {
  const given = value === undefined || value === null ? "nothing" : Array.isArray(value) ? "a list" : typeof value;
  return valueError(path, `must be ${wanted}, not ${given}`);
}

/** A type as text, e.g. `list<integer or text>?`. */
export function describeType(type: FieldType): string {
  switch (type.type) {
    case "optional":
    case "nullable":
      return `${describeType(type.inner)}?`;
    case "list":
    case "map":
      return `${type.type}<${describeType(type.item)}>`;
    case "enum":
      return type.values.map((value) => `"${value}"`).join(" or ");
    case "union":
      return type.types.map(describeType).join(" or ");
    case "object":
      return type.shape.name;
    default:
      return type.type;
  }
}
