import { isDeepStrictEqual } from "node:util";
import { defined, isRecord, sortedJson, type JsonSchema } from "../json.js";
import { ANNOTATIONS } from "./annotations.js";

/** One difference between two schemas. */
export interface SchemaChange {
  /** The place in the values: `items[].name`; empty for the whole. */
  path: string;
  /** `property` for a property that came or went, else the keyword. */
  keyword: string;
  change: "added" | "removed" | "changed";
  /** Whether a value that was valid may no longer be. When in doubt it may. */
  breaking: boolean;
  before?: unknown;
  after?: unknown;
}

// Growing makes it harder to match.
const LOWER_BOUNDS = new Set(["exclusiveMinimum", "minContains", "minItems", "minLength", "minProperties", "minimum"]);
const UPPER_BOUNDS = new Set(["exclusiveMaximum", "maxContains", "maxItems", "maxLength", "maxProperties", "maximum"]);

/** What changed from `before` to `after`, in the order of `before`, then what is new. */
export function diffSchemas(before: JsonSchema, after: JsonSchema): SchemaChange[] {
  return diff(before, after, "");
}

function diff(before: JsonSchema, after: JsonSchema, path: string): SchemaChange[] {
  const keywords = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keywords.flatMap((keyword) => {
    const [a, b] = [own(before, keyword), own(after, keyword)];
    if (isDeepStrictEqual(a, b)) return [];
    if (keyword === "properties") return diffProperties(before, after, path);
    if (keyword === "items" && isRecord(a) && isRecord(b)) return diff(a, b, `${path}[]`);
    if (keyword === "additionalProperties" && isRecord(a) && isRecord(b)) return diff(a, b, join(path, "*"));
    return [described(path, keyword, a, b, isBreaking(keyword, a, b))];
  });
}

const own = (record: JsonSchema, key: string): unknown => (Object.hasOwn(record, key) ? record[key] : undefined);
const join = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);

function described(path: string, keyword: string, before: unknown, after: unknown, breaking: boolean): SchemaChange {
  const change = before === undefined ? "added" : after === undefined ? "removed" : "changed";
  return {
    path,
    keyword,
    change,
    breaking,
    ...defined({ before, after }),
  };
}

function diffProperties(before: JsonSchema, after: JsonSchema, path: string): SchemaChange[] {
  const [a, b] = [before, after].map(({ properties }) => (isRecord(properties) ? properties : {})) as [
    JsonSchema,
    JsonSchema,
  ];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((name) => {
    const [first, second] = [own(a, name), own(b, name)];
    if (isDeepStrictEqual(first, second)) return [];
    if (isRecord(first) && isRecord(second)) return diff(first, second, join(path, name));
    // A property without a name falls under what holds for others.
    const [others, now] = [before["additionalProperties"], after["additionalProperties"]];
    const breaking =
      first === undefined
        ? others !== false && !isOpen(second)
        : second === undefined
          ? now === false || isRecord(now)
          : !isOpen(second);
    return [described(join(path, name), "property", first, second, breaking)];
  });
}

/** Whether `schema` accepts everything. */
const isOpen = (schema: unknown): boolean =>
  schema === true || (isRecord(schema) && Object.keys(schema).every((keyword) => ANNOTATIONS.has(keyword)));

function isBreaking(keyword: string, before: unknown, after: unknown): boolean {
  if (ANNOTATIONS.has(keyword) || after === undefined) return false;
  if (LOWER_BOUNDS.has(keyword)) return !(typeof before === "number" && typeof after === "number" && after <= before);
  if (UPPER_BOUNDS.has(keyword)) return !(typeof before === "number" && typeof after === "number" && after >= before);
  switch (keyword) {
    case "type":
      return (
        before === undefined ||
        !typesOf(before).every(
          (type) => typesOf(after).includes(type) || (type === "integer" && typesOf(after).includes("number")),
        )
      );
    case "enum":
    case "anyOf":
      return !Array.isArray(before) || !Array.isArray(after) || !isWithin(before, after);
    case "required":
      return !Array.isArray(after) || !isWithin(after, Array.isArray(before) ? before : []);
    case "additionalProperties":
    case "unevaluatedProperties":
    case "items":
      return before !== false && !isOpen(after);
    case "uniqueItems":
      return after === true;
    case "$defs":
    case "definitions":
      // Only when used, but then it may be anything.
      return (
        isRecord(before) &&
        Object.keys(before).some((name) => !isDeepStrictEqual(before[name], isRecord(after) ? after[name] : undefined))
      );
    default:
      return true;
  }
}

/** Whether all values of one list are in the other one. */
function isWithin(list: readonly unknown[], other: readonly unknown[]): boolean {
  const known = new Set(other.map(sortedJson));
  return list.every((value) => known.has(sortedJson(value)));
}

const typesOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
