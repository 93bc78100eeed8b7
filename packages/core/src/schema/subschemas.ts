import { isRecord, type JsonSchema } from "../json.js";

/** Keywords of JSON Schema 2020-12 whose value is one schema. */
const SINGLE = [
  "additionalProperties",
  "contains",
  "contentSchema",
  "else",
  "if",
  "items",
  "not",
  "propertyNames",
  "then",
  "unevaluatedItems",
  "unevaluatedProperties",
];
/** Keywords whose value is a list of schemas. */
const LISTS = ["allOf", "anyOf", "oneOf", "prefixItems"];
/** Keywords whose value is an object of schemas. */
const MAPS = ["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"];

/** A schema inside another one; `path` are the steps from the outer to it. */
export interface Subschema {
  readonly path: readonly (string | number)[];
  readonly schema: unknown;
}

/** The schemas directly inside `schema`, whatever they are. */
export function subschemasOf(schema: JsonSchema): Subschema[] {
  const found: Subschema[] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    if (SINGLE.includes(keyword)) found.push({ path: [keyword], schema: value });
    else if (LISTS.includes(keyword) && Array.isArray(value))
      value.forEach((inner: unknown, i) => found.push({ path: [keyword, i], schema: inner }));
    else if (MAPS.includes(keyword) && isRecord(value))
      for (const [name, inner] of Object.entries(value)) found.push({ path: [keyword, name], schema: inner });
  }
  return found;
}

/** `schema` with each schema directly inside replaced by what `change` makes of it. */
export function mapSubschemas(
  schema: JsonSchema,
  change: (inner: unknown, keyword: string) => unknown,
): Record<string, unknown> {
  const entries = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (SINGLE.includes(keyword)) return [keyword, change(value, keyword)];
    if (LISTS.includes(keyword) && Array.isArray(value)) return [keyword, value.map((inner) => change(inner, keyword))];
    if (MAPS.includes(keyword) && isRecord(value))
      return [
        keyword,
        Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, change(inner, keyword)])),
      ];
    return [keyword, value];
  });
  return Object.fromEntries(entries);
}

/**
 * `schema` rewritten from the inside out: `change` gets each schema in it, with the schemas
 * inside already changed, and returns what takes its place.
 */
export function transformSchema(schema: JsonSchema, change: (schema: JsonSchema) => JsonSchema): JsonSchema {
  return change(mapSubschemas(schema, (inner) => (isRecord(inner) ? transformSchema(inner, change) : inner)));
}
