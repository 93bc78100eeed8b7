import { SpellError } from "@llmspell/errors";
import { formats } from "../formats/formats.js";
import type { FormatName, StringifyOptions } from "../formats/format.js";
import type { MarkdownPage } from "../formats/markdown.js";
import { isRecord, type JsonSchema } from "../json.js";
import { coerceJson } from "../schema/reshape.js";
import { describeErrors } from "../schema/validate.js";

/** How {@link convertFormat} writes; `schema` gives types to what was only text, as in CSV and XML. */
export interface ConvertOptions extends StringifyOptions {
  schema?: JsonSchema;
}

/**
 * Text in one format as text in another. Data keeps its shape between JSON and YAML. To a
 * table (CSV, Markdown) goes the list of objects in the data; a page of Markdown that holds
 * one table counts as that table's rows, any other as its blocks. XML gets a root around
 * what has none, and a list in a root comes back as a list. CSV and XML hold nothing but text:
 * a `schema` says what is a number.
 *
 * @throws SpellError `SYNTAX_ERROR` when the text is not in its format, `INVALID_ARGUMENT` when
 *   the other one cannot say it, `VALIDATION_FAILED` when it does not match the schema.
 */
export async function convertFormat(
  text: string,
  from: FormatName,
  to: FormatName,
  options: ConvertOptions = {},
): Promise<string> {
  const { schema, ...written } = options;
  let data = dataOf(await formats[formatNamed(from)].parse(text), from);
  if (schema !== undefined) {
    const { value, valid, errors } = await coerceJson(schema, data);
    if (!valid)
      throw new SpellError("VALIDATION_FAILED", `the data does not match the schema: ${describeErrors(errors)}`, {
        details: { errors },
      });
    data = value;
  }
  const isTable = to === "csv" || (to === "markdown" && !isPage(data));
  return await formats[formatNamed(to)].stringify(isTable ? rowsIn(data) : data, written);
}

function formatNamed(name: FormatName): FormatName {
  if (Object.hasOwn(formats, name)) return name;
  throw new SpellError(
    "UNSUPPORTED",
    `there is no format '${String(name)}'; there are ${Object.keys(formats).join(", ")}`,
  );
}

function dataOf(value: unknown, format: FormatName): unknown {
  if (format === "markdown") return tableOf(value as MarkdownPage) ?? value;
  if (format !== "xml" || !isRecord(value)) return value;
  const [root] = Object.values(value);
  // What `formats.xml` writes for a list.
  if (isRecord(root) && Object.keys(root).join() === "item")
    return Array.isArray(root["item"]) ? root["item"] : [root["item"]];
  return Object.keys(value).join() === "root" ? root : value;
}

function tableOf({ blocks }: MarkdownPage): Record<string, string>[] | undefined {
  const tables = blocks.flatMap((block) => (block.type === "table" ? [block] : []));
  const [table] = tables;
  if (table === undefined || blocks.length > 1) return undefined;
  return table.rows.map((row) => Object.fromEntries(row.map((cell, i) => [table.headers[i] ?? "", cell])));
}

const isPage = (value: unknown): boolean => isRecord(value) && Array.isArray(value["blocks"]);

/** The list in `value`, which may be the only property of an object of one. */
function rowsIn(value: unknown): unknown {
  let current = value;
  for (let depth = 0; depth < 10 && isRecord(current); depth++) {
    const inner = Object.values(current);
    if (inner.length !== 1 || typeof inner[0] !== "object" || inner[0] === null) break;
    current = inner[0];
  }
  return current;
}
