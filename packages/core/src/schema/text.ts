import { formats } from "../formats/formats.js";
import { isRecord, type JsonSchema } from "../json.js";
import { unusable } from "./guard.js";
import { loadCheck } from "./validate.js";

/**
 * Reads a schema from text.
 *
 * @throws SpellError `SYNTAX_ERROR`, or `VALIDATION_FAILED` when it is no usable schema.
 */
export async function importSchema(text: string, format: "json" | "yaml" = "json"): Promise<JsonSchema> {
  const schema = await formats[format].parse(text);
  if (!isRecord(schema)) throw unusable("it must be an object");
  (await loadCheck())(schema, null);
  return schema;
}

/** Writes a schema as text, indented. */
export const exportSchema = (schema: JsonSchema, format: "json" | "yaml" = "json"): Promise<string> =>
  formats[format].stringify(schema, { indent: 2 });
