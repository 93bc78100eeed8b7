import { isRecord, type JsonSchema } from "../json.js";
import { mapSubschemas } from "./subschemas.js";

const partials = new WeakMap<JsonSchema, JsonSchema>();

/**
 * `schema` for values that are still being filled in: no property is required, anywhere.
 * What stands in `not` and `if` keeps its meaning. One of `oneOf` becomes any of them, as an
 * incomplete value can still become each.
 */
export function partialSchema(schema: JsonSchema): JsonSchema {
  if (!isRecord(schema)) return schema;
  const known = partials.get(schema);
  if (known !== undefined) return known;
  const relaxed = relax(schema);
  partials.set(schema, relaxed);
  return relaxed;
}

function relax(schema: JsonSchema): JsonSchema {
  const { required: _required, dependentRequired: _dependent, minProperties: _least, ...rest } = schema;
  const inner = mapSubschemas(rest, (subschema, keyword) =>
    isRecord(subschema) && keyword !== "not" && keyword !== "if" ? relax(subschema) : subschema,
  );
  const { oneOf, ...others } = inner;
  if (oneOf === undefined) return inner;
  if (others["anyOf"] === undefined) return { ...others, anyOf: oneOf };
  const all: unknown[] = Array.isArray(others["allOf"]) ? others["allOf"] : [];
  return { ...others, allOf: [...all, { anyOf: oneOf }] };
}
