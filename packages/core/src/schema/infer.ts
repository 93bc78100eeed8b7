import { SpellError } from "@llmspell/errors";
import { plainCopy } from "../formats/plain.js";
import { tryParseJson, type JsonSchema } from "../json.js";

/** How {@link inferSchema} generalizes. */
export interface InferOptions {
  /** Refuses properties that no sample has; true by default. */
  closed?: boolean;
  /** Recognizes dates, addresses and identifiers in text; true by default. */
  formats?: boolean;
  /**
   * Up to how many different texts become an `enum`, when there are at least twice as many
   * samples of them; 0, never, by default.
   */
  enumLimit?: number;
}

/**
 * A schema that all `samples` match: their types, the properties that all objects have as
 * required, whole numbers as integers, what lists hold as one schema for all items.
 *
 * @throws SpellError `INVALID_ARGUMENT` without a sample or when one is not plain data.
 */
export function inferSchema(samples: readonly unknown[], options: InferOptions = {}): JsonSchema {
  if (samples.length === 0) throw new SpellError("INVALID_ARGUMENT", "a schema needs at least one sample");
  const { closed = true, formats = true, enumLimit = 0 } = options;
  return infer(plainCopy("json", samples, { maxDepth: 101 }) as unknown[], { closed, formats, enumLimit });
}

const TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"] as const;

function infer(samples: readonly unknown[], options: Required<InferOptions>): JsonSchema {
  const byType = new Map(TYPES.map((type) => [type, samples.filter((sample) => typeOf(sample) === type)] as const));
  for (const type of TYPES) if (byType.get(type)?.length === 0) byType.delete(type);
  if (byType.has("number")) byType.delete("integer");
  const types = TYPES.filter((type) => byType.has(type));
  const of = <T>(type: (typeof TYPES)[number]): readonly T[] => (byType.get(type) ?? []) as T[];
  return {
    ...(types.length === 0 ? {} : { type: types.length === 1 ? types[0] : types }),
    ...(byType.has("string") ? ofTexts(of<string>("string"), types.length === 1, options) : {}),
    ...(byType.has("array") ? ofLists(of<unknown[]>("array"), options) : {}),
    ...(byType.has("object") ? ofObjects(of<Record<string, unknown>>("object"), options) : {}),
  };
}

function typeOf(value: unknown): (typeof TYPES)[number] {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value as "boolean" | "string" | "object";
}

// Each is narrower than what ajv accepts under the same name.
const FORMATS: readonly (readonly [name: string, pattern: RegExp])[] = [
  [
    "date-time",
    /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)$/,
  ],
  ["date", /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])$/],
  ["uuid", /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i],
  ["email", /^[a-z\d]+(?:[._+-][a-z\d]+)*@(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z]{2,63}$/i],
  ["uri", /^https?:\/\/[a-z\d]+(?:[.-][a-z\d]+)*(?::\d{1,5})?(?:\/[\w./~-]*)?(?:\?[\w=&.~-]*)?$/i],
  ["ipv4", /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/],
];

// Longer text is prose, and not worth matching.
const LONGEST_FORMATTED = 500;

function ofTexts(texts: readonly string[], alone: boolean, { formats, enumLimit }: Required<InferOptions>): JsonSchema {
  const different = new Set(texts);
  if (alone && different.size <= enumLimit && texts.length >= 2 * different.size) return { enum: [...different] };
  const format = formats
    ? FORMATS.find(([, pattern]) => texts.every((text) => text.length <= LONGEST_FORMATTED && pattern.test(text)))
    : undefined;
  return format === undefined ? {} : { format: format[0] };
}

function ofLists(lists: readonly unknown[][], options: Required<InferOptions>): JsonSchema {
  const items = lists.flat();
  return items.length === 0 ? {} : { items: infer(items, options) };
}

function ofObjects(objects: readonly Record<string, unknown>[], options: Required<InferOptions>): JsonSchema {
  const valuesOf = new Map<string, unknown[]>();
  for (const object of objects)
    for (const [name, value] of Object.entries(object)) {
      const values = valuesOf.get(name);
      if (values === undefined) valuesOf.set(name, [value]);
      else values.push(value);
    }
  const required = [...valuesOf].flatMap(([name, values]) => (values.length === objects.length ? [name] : []));
  const schemas = [...valuesOf].map(([name, values]) => [name, infer(values, options)] as const);
  // ajv passes over a property of that name, and `additionalProperties` would then refuse it.
  const odd = schemas.find(([name]) => name === "__proto__");
  return {
    properties: Object.fromEntries(schemas.filter((each) => each !== odd)),
    ...(odd === undefined ? {} : { patternProperties: { "^__proto__$": odd[1] } }),
    ...(required.length === 0 ? {} : { required }),
    ...(options.closed ? { additionalProperties: false } : {}),
  };
}

const TAG_TYPES: Readonly<Record<string, JsonSchema>> = {
  any: {},
  array: { type: "array" },
  bool: { type: "boolean" },
  boolean: { type: "boolean" },
  float: { type: "number" },
  int: { type: "integer" },
  integer: { type: "integer" },
  list: { type: "array" },
  number: { type: "number" },
  object: { type: "object" },
  str: { type: "string" },
  string: { type: "string" },
};

/**
 * A schema of an object from short descriptions of its fields: a type (`[]` after it for a
 * list of it), then `required`, `min=`, `max=` (of a number, or of the length of a text or
 * list), `enum=a|b`, `format=`, `pattern=` (the last, as it may hold commas), `default=`.
 * A field can also be an object of fields.
 *
 * @example schemaFromTags({ name: "string, required, min=1", age: "int, min=0", tags: "string[]" })
 * @throws SpellError `INVALID_ARGUMENT` naming the field.
 */
export function schemaFromTags(fields: TagFields): JsonSchema {
  const parsed = Object.entries(fields).map(([name, tag]) => ({
    name,
    ...(typeof tag === "string" ? fromTag(name, tag) : { schema: schemaFromTags(tag), required: false }),
  }));
  const required = parsed.filter((field) => field.required).map(({ name }) => name);
  return {
    type: "object",
    properties: Object.fromEntries(parsed.map(({ name, schema }) => [name, schema])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

/** The fields of {@link schemaFromTags}. */
export interface TagFields {
  readonly [name: string]: string | TagFields;
}

function fromTag(name: string, tag: string): { schema: JsonSchema; required: boolean } {
  const [head = "", pattern] = tag.split(/,\s*pattern=/);
  const [typeText = "", ...rules] = head.split(",").map((part) => part.trim());
  const isList = typeText.endsWith("[]");
  const typeName = isList ? typeText.slice(0, -2) : typeText;
  const item = Object.hasOwn(TAG_TYPES, typeName) ? TAG_TYPES[typeName] : undefined;
  const wrong = (what: string): SpellError => new SpellError("INVALID_ARGUMENT", `field '${name}': ${what}`);
  if (item === undefined) throw wrong(`there is no type '${typeName}'; there are ${Object.keys(TAG_TYPES).join(", ")}`);
  let schema: JsonSchema = isList ? { type: "array", items: item } : item;
  if (pattern !== undefined) schema = { ...schema, pattern };
  let required = false;
  for (const rule of rules) {
    const [key = "", value] = rule.split(/=(.*)/s);
    if (rule === "required") required = true;
    else if (value === undefined) throw wrong(`'${rule}' is no rule`);
    else schema = { ...schema, ...ruleOf(key, value, schema, wrong) };
  }
  return { schema, required };
}

function ruleOf(key: string, value: string, { type }: JsonSchema, wrong: (what: string) => SpellError): JsonSchema {
  const typed = (text: string): unknown => {
    if (type === "string" || type === undefined) return text;
    const parsed = tryParseJson(text);
    if (parsed === undefined) throw wrong(`'${text}' is no ${String(type)}`);
    return parsed.value;
  };
  switch (key) {
    case "min":
    case "max": {
      const limit = Number(value);
      if (value === "" || !Number.isFinite(limit)) throw wrong(`'${value}' is no number`);
      return { [boundName(key, type)]: limit };
    }
    case "enum":
      return { enum: value.split("|").map((part) => typed(part.trim())) };
    case "default":
      return { default: typed(value) };
    case "format":
      return { format: value };
    default:
      throw wrong(`'${key}=' is no rule`);
  }
}

function boundName(bound: "min" | "max", type: unknown): string {
  const suffix = type === "string" ? "Length" : type === "array" ? "Items" : type === "object" ? "Properties" : "imum";
  return bound + suffix;
}
