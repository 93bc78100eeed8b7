import { SpellError } from "@llmspell/errors";
import { formats } from "../../formats/formats.js";
import type { FormatLimits } from "../../formats/format.js";
import { plainCopy } from "../../formats/plain.js";
import { defined, type JsonSchema } from "../../json.js";
import { validateJson } from "../../schema/validate.js";
import { defineTool, type Tool } from "../tool.js";
import { COMPARISONS, filterBy, type Condition } from "./conditions.js";
import { isMany, parsePath, valueAt, valuesAt } from "../../data-path.js";
import {
  ARRAY_MERGES,
  merge,
  sort,
  transform,
  typedCells,
  type SortKey,
  type Transformation,
} from "./reshape-value.js";

/** Settings of {@link createDataTool}: bounds of what is read, made and written. */
export type DataToolOptions = FormatLimits;

const OPERATIONS = [
  "parse",
  "stringify",
  "convert",
  "transform",
  "filter",
  "merge",
  "extract",
  "validate",
  "query",
  "sort",
] as const;
const FORMATS = ["json", "csv", "yaml", "xml"] as const;

/**
 * The built-in tool `data`: JSON, CSV, YAML and XML. What it works on is `value`, or the text
 * `content` in `format` (JSON by default); the result is `{value}`, or `{content}` when `to`
 * says in which format it is wanted. So every operation also converts.
 *
 * - `parse`, `stringify`, `convert`: nothing but that; `typed` makes numbers and booleans of cells and texts that look so;
 * - `extract` what `path` leads to, a list for a path with `*`;
 * - `filter` a list by `where` (all conditions, or `any`); `sort` it `by` paths; `query` does both
 *   and then `offset`, `limit` and `transform`, and tells the `total` before them;
 * - `transform` an object or each of a list: `pick`, `omit`, `rename`, `set`, `from`;
 * - `merge` with `other`, lists as `arrays` says (`replace` by default);
 * - `validate` against `schema`: `{valid, errors}`.
 *
 * Round trips: JSON and YAML keep every plain value; CSV lists of objects whose values are texts;
 * XML objects of one key with elements, attributes (`@name`) and texts, all values being texts.
 *
 * There are no expressions to evaluate, and every list and text has a bound.
 */
export function createDataTool(limits: DataToolOptions = {}): Tool {
  return defineTool({
    name: "data",
    description: `Works with JSON, CSV, YAML and XML: ${OPERATIONS.join(", ")}. Takes 'value', or 'content' with 'format'; gives a value, or with 'to' a text`,
    version: "1.0.0",
    category: "data",
    tags: ["json", "csv", "yaml", "xml"],
    permissions: [],
    parameters: PARAMETERS,
    output: { type: "object" },
    examples: [
      {
        description: "CSV to JSON",
        args: { operation: "convert", content: "a,b\n1,x\n", format: "csv", typed: true, to: "json" },
        result: { content: '[{"a":1,"b":"x"}]' },
      },
      {
        description: "Names of all that are cheap",
        args: {
          operation: "query",
          value: [
            { name: "tea", price: 2 },
            { name: "gold", price: 900 },
          ],
          where: [{ path: "price", is: "lt", value: 10 }],
          transform: { pick: ["name"] },
        },
        result: { value: [{ name: "tea" }], total: 1 },
      },
    ],
    async execute(given) {
      const args = given as unknown as DataArgs;
      const value = await read(args, limits);
      const result = await OPERATE[args.operation](value, args, limits);
      if (args.to === undefined)
        return { ...result, ...("value" in result ? { value: bounded(result["value"], limits) } : {}) };
      if (!("value" in result)) throw new SpellError("INVALID_ARGUMENT", `'${args.operation}' gives no value to write`);
      const { delimiter, header, indent, root } = args;
      const options = { ...limits, ...defined({ delimiter, header, indent, root }) };
      const { value: made, ...rest } = result;
      return { ...rest, content: await formats[args.to].stringify(made, options) };
    },
  });
}

interface DataArgs {
  operation: (typeof OPERATIONS)[number];
  value?: unknown;
  content?: string;
  format?: (typeof FORMATS)[number];
  to?: (typeof FORMATS)[number];
  typed?: boolean;
  delimiter?: string;
  header?: boolean;
  indent?: number;
  root?: string;
  path?: string;
  where?: Condition[];
  any?: boolean;
  by?: SortKey[];
  offset?: number;
  limit?: number;
  transform?: Transformation;
  other?: unknown;
  arrays?: (typeof ARRAY_MERGES)[number];
  schema?: JsonSchema;
}

const TEXTS = { type: "array", items: { type: "string" } };
const FORMAT = { enum: FORMATS };
const PATH = { type: "string", maxLength: 1000 };
const PARAMETERS: JsonSchema = {
  type: "object",
  properties: {
    operation: { enum: OPERATIONS, description: "What to do" },
    value: { description: "What it is done with" },
    content: { type: "string", description: "The same as a text, in place of 'value'" },
    format: { ...FORMAT, description: "Of 'content'; json by default" },
    to: { ...FORMAT, description: "The format of the result; without it a value" },
    typed: { type: "boolean", description: "Makes numbers and booleans of texts that look so" },
    delimiter: { type: "string", maxLength: 4, description: "Of CSV; a comma by default, 'auto' to find out" },
    header: { type: "boolean", description: "Whether the first row of CSV has the names; true by default" },
    indent: { type: "integer", minimum: 0, maximum: 10 },
    root: { type: "string", description: "Name of the outer element of XML" },
    path: { ...PATH, description: "For extract, e.g. items[*].name" },
    where: {
      type: "array",
      maxItems: 100,
      items: {
        type: "object",
        properties: { path: PATH, is: { enum: COMPARISONS }, value: {} },
        required: ["path", "is"],
        additionalProperties: false,
      },
    },
    any: { type: "boolean", description: "One condition is enough" },
    by: {
      type: "array",
      maxItems: 100,
      items: {
        type: "object",
        properties: { path: PATH, order: { enum: ["ascending", "descending"] } },
        required: ["path"],
        additionalProperties: false,
      },
    },
    offset: { type: "integer", minimum: 0 },
    limit: { type: "integer", minimum: 0 },
    transform: {
      type: "object",
      properties: {
        pick: TEXTS,
        omit: TEXTS,
        rename: { type: "object", additionalProperties: { type: "string" } },
        set: { type: "object" },
        from: { type: "object", additionalProperties: PATH },
      },
      additionalProperties: false,
    },
    other: { description: "For merge" },
    arrays: { enum: ARRAY_MERGES },
    schema: { type: "object", description: "For validate: a JSON Schema" },
  },
  required: ["operation"],
  oneOf: [{ required: ["value"] }, { required: ["content"] }],
  additionalProperties: false,
};

async function read(args: DataArgs, limits: FormatLimits): Promise<unknown> {
  const { content, format = "json", typed = false, delimiter, header } = args;
  const value =
    content === undefined
      ? bounded(args.value, limits)
      : await formats[format].parse(content, { ...limits, ...defined({ delimiter, header }) });
  return typed ? typedCells(value) : value;
}

/** A copy within the limits: what follows is recursive. */
const bounded = (value: unknown, limits: FormatLimits): unknown => plainCopy("json", value, limits);

type Operate = (
  value: unknown,
  args: DataArgs,
  limits: FormatLimits,
) => Record<string, unknown> | Promise<Record<string, unknown>>;

const same: Operate = (value) => ({ value });

const OPERATE: Readonly<Record<DataArgs["operation"], Operate>> = {
  parse: same,
  stringify: (value, { to }) => (to === undefined ? needs("to") : { value }),
  convert: (value, { to }) => (to === undefined ? needs("to") : { value }),
  transform: (value, { transform: change = needs("transform") }) => ({ value: transform(value, change) }),
  filter: (value, { where = needs("where"), any = false }) => ({ value: listOf(value).filter(filterBy(where, any)) }),
  merge: (value, { other, arrays = "replace" }, limits) => ({
    value: merge(value, other === undefined ? needs("other") : bounded(other, limits), arrays),
  }),
  extract(value, { path = needs("path") }) {
    const steps = parsePath(path);
    return { value: isMany(steps) ? valuesAt(value, steps) : (valueAt(value, steps) ?? null) };
  },
  validate: async (value, { schema = needs("schema") }) => ({ ...(await validateJson(schema, value)) }),
  query(value, { where = [], any = false, by = [], offset = 0, limit, transform: change }) {
    const found = listOf(value).filter(where.length === 0 ? () => true : filterBy(where, any));
    const page = sort(found, by).slice(offset, limit === undefined ? undefined : offset + limit);
    return { value: change === undefined ? page : transform(page, change), total: found.length };
  },
  sort: (value, { by = [{ path: "" }] }) => ({ value: sort(listOf(value), by) }),
};

function needs(name: keyof DataArgs): never {
  throw new SpellError("INVALID_ARGUMENT", `this needs '${name}'`);
}

function listOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new SpellError("INVALID_ARGUMENT", "this needs a list; 'extract' takes one out of an object");
}
