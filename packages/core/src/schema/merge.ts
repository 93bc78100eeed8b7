import { isDeepStrictEqual } from "node:util";
import { SpellError } from "@llmspell/errors";
import { isRecord, sortedJson, type JsonSchema } from "../json.js";
import { TIME_LIMIT_MS, timed } from "../time-limit.js";
import { ANNOTATIONS } from "./annotations.js";

/**
 * One schema that wants what all of `schemas` want, as `allOf` would, but written out:
 * properties of either, `required` of both, the narrower of each bound. What cannot be written
 * as one keyword stays in an `allOf`.
 *
 * @throws SpellError `VALIDATION_FAILED` naming the place where nothing could match, such as
 *   a property that is a number in one and a text in the other; when it takes longer than two seconds.
 */
export function mergeSchemas(schemas: readonly JsonSchema[]): JsonSchema {
  return timed(
    () => mergeAll(schemas),
    () => new SpellError("VALIDATION_FAILED", `the schemas cannot be merged: it takes longer than ${TIME_LIMIT_MS} ms`),
  );
}

/** By halves: one after the other each would be walked through with all those before it. */
function mergeAll(schemas: readonly JsonSchema[]): JsonSchema {
  if (schemas.length <= 2) return schemas.reduce((merged, schema) => merge(merged, schema, ""), {});
  const middle = Math.ceil(schemas.length / 2);
  return merge(mergeAll(schemas.slice(0, middle)), mergeAll(schemas.slice(middle)), "");
}

/** What {@link extendSchema} adds. */
export interface SchemaExtension {
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
}

/**
 * `schema` with more properties, which take the place of ones with the same name, and more
 * of them required. What each must be is up to the new properties alone.
 */
export function extendSchema(schema: JsonSchema, { properties = {}, required = [] }: SchemaExtension): JsonSchema {
  const known = { ...(isRecord(schema["properties"]) ? schema["properties"] : {}), ...properties };
  const unknown = required.find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined)
    throw new SpellError("INVALID_ARGUMENT", `'${unknown}' cannot be required: there is no such property`);
  const all = [...new Set([...listOf(schema["required"]), ...required])];
  return {
    ...schema,
    type: schema["type"] ?? "object",
    properties: known,
    ...(all.length === 0 ? {} : { required: all }),
  };
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const LARGER = new Set(["exclusiveMinimum", "minItems", "minLength", "minProperties", "minimum"]);
const SMALLER = new Set(["exclusiveMaximum", "maxItems", "maxLength", "maxProperties", "maximum"]);

function merge(a: JsonSchema, b: JsonSchema, path: string): JsonSchema {
  const result = new Map<string, unknown>(Object.entries(a));
  const all: unknown[] = [];
  for (const [keyword, second] of Object.entries(b)) {
    const first = result.get(keyword);
    // Of annotations the later one counts.
    if (first === undefined || isDeepStrictEqual(first, second) || ANNOTATIONS.has(keyword)) {
      result.set(keyword, second);
      continue;
    }
    const both = together(keyword, first, second, path);
    if (both === undefined) all.push({ [keyword]: second });
    else result.set(keyword, both);
  }
  closeOver(a, b, result, path);
  if (all.length > 0) result.set("allOf", [...listOf(result.get("allOf")), ...all]);
  return Object.fromEntries(result);
}

/** What `first` and `second` of one keyword want together; undefined when no single value says it. */
function together(keyword: string, first: unknown, second: unknown, path: string): unknown {
  if (keyword === "type") return commonTypes(first, second, path);
  if (keyword === "enum") {
    const others = new Set(listOf(second).map(sortedJson));
    const common = listOf(first).filter((value) => others.has(sortedJson(value)));
    if (common.length === 0) throw impossible(path, "no value is in both lists");
    return common;
  }
  if (keyword === "const")
    throw impossible(path, `it cannot be both ${JSON.stringify(first)} and ${JSON.stringify(second)}`);
  if (keyword === "required") return [...new Set([...listOf(first), ...listOf(second)])];
  if (keyword === "allOf") return [...listOf(first), ...listOf(second)];
  if (keyword === "uniqueItems") return first === true || second === true;
  if (typeof first === "number" && typeof second === "number") {
    if (LARGER.has(keyword)) return Math.max(first, second);
    if (SMALLER.has(keyword)) return Math.min(first, second);
  }
  if (keyword === "items" || keyword === "additionalProperties" || keyword === "propertyNames") {
    if (first === false || second === false) return false;
    if (first === true) return second;
    if (second === true) return first;
    return isRecord(first) && isRecord(second) ? merge(first, second, `${path}[]`) : undefined;
  }
  if (
    (keyword === "properties" || keyword === "$defs" || keyword === "patternProperties") &&
    isRecord(first) &&
    isRecord(second)
  )
    return mergeMaps(first, second, path, keyword);
  return undefined;
}

function mergeMaps(
  first: Record<string, unknown>,
  second: Record<string, unknown>,
  path: string,
  keyword: string,
): unknown {
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])];
  return Object.fromEntries(
    names.map((name) => {
      const own = Object.hasOwn(first, name) ? first[name] : undefined;
      const other = Object.hasOwn(second, name) ? second[name] : undefined;
      const place = path === "" ? name : `${path}.${name}`;
      if (own === undefined || isDeepStrictEqual(own, other)) return [name, other];
      if (other === undefined) return [name, own];
      if (keyword === "$defs") throw impossible(place, "two different definitions have this name");
      if (own === false || other === false) return [name, false];
      if (!isRecord(own)) return [name, other];
      return [name, isRecord(other) ? merge(own, other, place) : own];
    }),
  );
}

/**
 * A schema that refuses others refuses the other's properties too: after merging they have
 * names, so this has to be said at them.
 */
function closeOver(a: JsonSchema, b: JsonSchema, result: Map<string, unknown>, path: string): void {
  const properties = result.get("properties");
  if (!isRecord(properties)) return;
  const closed = [a, b].filter(
    (schema) =>
      schema["additionalProperties"] !== undefined &&
      schema["additionalProperties"] !== true &&
      Object.keys(schema).length > 0,
  );
  const entries = Object.entries(properties);
  if (closed.length > 0)
    for (const entry of entries) {
      const [name, inner] = entry;
      const others = closed.filter((schema) => !hasOwnProperty(schema, name) && !matchesPattern(schema, name));
      entry[1] = others.reduce<unknown>(
        (sofar, { additionalProperties }) =>
          restricted(sofar, additionalProperties, path === "" ? name : `${path}.${name}`),
        inner,
      );
    }
  const required = new Set(listOf(result.get("required")));
  const refused = entries.find(([name, inner]) => inner === false && required.has(name));
  if (refused !== undefined)
    throw impossible(
      path === "" ? refused[0] : `${path}.${refused[0]}`,
      "one schema requires it and the other refuses it",
    );
  if (closed.length > 0) result.set("properties", Object.fromEntries(entries));
}

const hasOwnProperty = ({ properties }: JsonSchema, name: string): boolean =>
  isRecord(properties) && Object.hasOwn(properties, name);

function restricted(inner: unknown, additional: unknown, path: string): unknown {
  if (additional === false || inner === false) return false;
  if (!isRecord(additional)) return inner;
  return isRecord(inner) ? merge(inner, additional, path) : additional;
}

function matchesPattern({ patternProperties }: JsonSchema, name: string): boolean {
  return (
    isRecord(patternProperties) && Object.keys(patternProperties).some((pattern) => new RegExp(pattern, "u").test(name))
  );
}

function commonTypes(first: unknown, second: unknown, path: string): unknown {
  const [a, b] = [first, second].map((types) => (Array.isArray(types) ? types.map(String) : [String(types)]));
  const common = (a ?? []).flatMap((type) => {
    if (b?.includes(type)) return [type];
    // Every integer is a number.
    if (type === "number" && b?.includes("integer")) return ["integer"];
    return type === "integer" && b?.includes("number") ? [type] : [];
  });
  if (common.length === 0) throw impossible(path, `it cannot be both ${String(first)} and ${String(second)}`);
  return common.length === 1 ? common[0] : common;
}

function impossible(path: string, reason: string): SpellError {
  const where = path === "" ? "" : `${path}: `;
  return new SpellError("VALIDATION_FAILED", `the schemas cannot be merged: ${where}${reason}`, { details: { path } });
}
