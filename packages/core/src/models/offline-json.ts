import { isRecord, type JsonSchema } from "../json.js";
import { followReference } from "../schema/references.js";
import { OFFLINE_NOTE } from "./offline-note.js";

const MAX_DEPTH = 8;
// A hostile schema can be wide as well as deep.
const MAX_VALUES = 2000;

interface Building {
  root: JsonSchema;
  values: number;
}

/**
 * A small value that matches `schema`, always the same one: constants, defaults,
 * examples and first enum values where given, required properties only, texts
 * that say they come from the offline stand-in. Local references are followed,
 * at most eight levels deep and 2000 values in all. A `pattern` is not solved.
 */
export function minimalInstance(schema: JsonSchema): unknown {
  return build(schema, { root: schema, values: 0 }, 0);
}

function build(schema: unknown, whole: Building, depth: number): unknown {
  if (!isRecord(schema) || depth > MAX_DEPTH || whole.values++ > MAX_VALUES) return null;
  for (const keyword of ["const", "default"]) if (Object.hasOwn(schema, keyword)) return schema[keyword];
  for (const keyword of ["enum", "examples"]) {
    const values = schema[keyword];
    if (Array.isArray(values) && values.length > 0) return values[0];
  }
  if (typeof schema["$ref"] === "string") return build(followReference(schema["$ref"], whole.root), whole, depth + 1);
  if (Array.isArray(schema["allOf"])) return build(merged(schema, schema["allOf"], whole.root), whole, depth + 1);
  for (const keyword of ["anyOf", "oneOf"]) {
    const choices = schema[keyword];
    if (Array.isArray(choices)) return build(merged(schema, [choices[0]], whole.root), whole, depth + 1);
  }
  return ofType(typeOf(schema), schema, whole, depth);
}

function ofType(type: string, schema: Record<string, unknown>, whole: Building, depth: number): unknown {
  switch (type) {
    case "object": {
      const properties = isRecord(schema["properties"]) ? schema["properties"] : {};
      const required = Array.isArray(schema["required"]) ? schema["required"].map(String) : [];
      // Without required properties an empty object would say nothing.
      const names = required.length > 0 || depth > 0 ? required : Object.keys(properties);
      return Object.fromEntries(names.map((name) => [name, build(properties[name] ?? {}, whole, depth + 1)]));
    }
    case "array": {
      const prefix = Array.isArray(schema["prefixItems"]) ? schema["prefixItems"] : [];
      const length = Math.min(Number(schema["minItems"] ?? prefix.length) || 0, 100);
      const items = Array.from({ length }, (_, index) =>
        build(prefix[index] ?? schema["items"] ?? {}, whole, depth + 1),
      );
      return schema["uniqueItems"] === true ? items.map((item, index) => distinct(item, index)) : items;
    }
    case "number":
    case "integer":
      return numberWithin(schema, type === "integer");
    case "boolean":
      return false;
    case "null":
      return null;
    default:
      return textFor(schema);
  }
}

function typeOf(schema: Record<string, unknown>): string {
  const type: unknown = Array.isArray(schema["type"]) ? schema["type"][0] : schema["type"];
  if (typeof type === "string") return type;
  if (isRecord(schema["properties"])) return "object";
  return schema["items"] === undefined ? "string" : "array";
}

function numberWithin(schema: Record<string, unknown>, integer: boolean): number {
  const step = positive(schema["multipleOf"]) ?? (integer ? 1 : undefined);
  const above = schema["exclusiveMinimum"];
  const low = typeof above === "number" ? above : schema["minimum"];
  const below = schema["exclusiveMaximum"];
  const high = typeof below === "number" ? below : schema["maximum"];
  let value = 0;
  if (typeof high === "number" && value >= high) {
    value = step === undefined ? high : Math.floor(high / step) * step;
    if (typeof below === "number" && value >= below) value -= step ?? 1;
  }
  if (typeof low === "number" && value <= low) {
    value = step === undefined ? low : Math.ceil(low / step) * step;
    if (typeof above === "number" && value <= above) value = step === undefined ? between(above, high) : value + step;
  }
  return value;
}

function between(low: number, high: unknown): number {
  return typeof high === "number" ? (low + high) / 2 : low + 1;
}

function positive(value: unknown): number | undefined {
  return typeof value === "number" && value > 0 ? value : undefined;
}

const FORMATS: Readonly<Record<string, string>> = {
  "date-time": "2000-01-01T00:00:00Z",
  date: "2000-01-01",
  time: "00:00:00Z",
  duration: "P1D",
  email: "offline@example.org",
  hostname: "example.org",
  ipv4: "127.0.0.1",
  ipv6: "::1",
  uri: "https://example.org/",
  "uri-reference": "/",
  uuid: "00000000-0000-4000-8000-000000000000",
};

function textFor(schema: Record<string, unknown>): string {
  const format = String(schema["format"]);
  if (Object.hasOwn(FORMATS, format)) return FORMATS[format] ?? "";
  const longest = Number(schema["maxLength"] ?? OFFLINE_NOTE.length);
  const shortest = Math.min(Number(schema["minLength"] ?? 0) || 0, 100_000);
  return OFFLINE_NOTE.padEnd(shortest, ".").slice(0, Math.max(longest, shortest));
}

function distinct(item: unknown, index: number): unknown {
  if (typeof item === "number") return item + index;
  return typeof item === "string" ? `${item} ${index + 1}` : item;
}

// One schema out of several that all hold.
function merged(schema: Record<string, unknown>, parts: readonly unknown[], root: JsonSchema): Record<string, unknown> {
  const { allOf: _all, anyOf: _any, oneOf: _one, ...own } = schema;
  const result: Record<string, unknown> = { ...own };
  for (const part of parts) {
    const resolved = isRecord(part) && typeof part["$ref"] === "string" ? followReference(part["$ref"], root) : part;
    if (!isRecord(resolved)) continue;
    const properties = {
      ...(isRecord(result["properties"]) ? result["properties"] : {}),
      ...(isRecord(resolved["properties"]) ? resolved["properties"] : {}),
    };
    const required = [
      ...new Set([
        ...(Array.isArray(result["required"]) ? result["required"] : []),
        ...(Array.isArray(resolved["required"]) ? resolved["required"] : []),
      ]),
    ];
    Object.assign(
      result,
      resolved,
      Object.keys(properties).length > 0 ? { properties } : {},
      required.length > 0 ? { required } : {},
    );
  }
  return result;
}
