import {
  convertFormat,
  describeErrors,
  type ConvertOptions,
  parseJson,
  stringifyJson,
  validateJson,
} from "@llmspell/core";
import type { FunctionRef, ScriptObject, ScriptValue } from "@llmspell/engine";
import { SpellError, toSpellError } from "@llmspell/errors";
import { awaitable, defineModule, sync } from "../door/module.js";
import { t } from "../door/types.js";
import type { RunContext } from "../run/context.js";

const format = t.oneOf("json", "yaml", "xml", "csv", "markdown");
const collection = t.union(t.list(t.any), t.table);
type Entries = readonly (readonly [key: string | number, value: ScriptValue])[];

function entries(items: ScriptValue[] | Record<string, ScriptValue>): Entries {
  if (Array.isArray(items)) return items.map((value, i) => [i + 1, value] as const);
  return Object.entries(items).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function rebuild(items: ScriptValue[] | ScriptObject, kept: Entries): ScriptValue {
  return Array.isArray(items) ? kept.map(([, value]) => value) : Object.fromEntries(kept);
}

/** Runs `use` with a function of the guest, which may then be collected. */
function borrow<T>(fn: FunctionRef, use: () => T): T {
  try {
    return use();
  } finally {
    fn.release();
  }
}

const call = (run: RunContext, fn: FunctionRef, ...args: ScriptValue[]): ScriptValue => run.guest.callSync(fn, args);
const truthy = (value: ScriptValue): boolean => value !== null && value !== false;

export const dataModule = defineModule({
  name: "data",
  doc: "JSON and collections.",
  functions: {
    parse_json: awaitable({
      doc: "Reads JSON strictly; checks it against a JSON Schema when one is given.",
      params: { text: t.string, schema: t.optional(t.table) },
      result: "any",
      depends: "arguments",
      example: `return data.parse_json('{"a": [1, 2]}').a[2]`,
      aliases: ["utils.json_decode"],
      async call(_, { text, schema }) {
        const value = parseJson(text) as ScriptValue;
        if (schema === undefined) return value;
        const { valid, errors } = await validateJson(schema, value);
        if (!valid)
          throw new SpellError("VALIDATION_FAILED", `parse_json: ${describeErrors(errors)}`, { details: { errors } });
        return value;
      },
    }),
    to_json: sync({
      doc: "Writes JSON with sorted keys.",
      params: {
        value: t.any,
        format: t.optional(t.union(t.oneOf("compact", "pretty"), t.object({ indent: t.integer(0) }))),
      },
      result: "string",
      aliases: ["utils.json_encode"],
      depends: "arguments",
      example: "return data.to_json({ b = 2, a = 1 })",
      call: (_, { value, format }) =>
        stringifyJson(value, {
          sortKeys: true,
          indent: format === "pretty" ? 2 : typeof format === "object" ? format.indent : 0,
        }),
    }),
    validate_json: sync({
      doc: "Says whether a text is JSON.",
      params: { text: t.string },
      result: "{valid: boolean, error?: string, position?: {line: integer, column: integer}}",
      aliases: ["utils.json_validate"],
      depends: "arguments",
      example: 'return data.validate_json("{").valid',
      call(_, { text }) {
        try {
          parseJson(text);
          return { valid: true };
        } catch (error) {
          const { message, details } = toSpellError(error);
          const { line, column } = details;
          const position = typeof line === "number" ? { position: { line, column: Number(column) } } : {};
          return { valid: false, error: message, ...position };
        }
      },
    }),
    prettify_json: sync({
      doc: "Formats JSON text anew.",
      params: { text: t.string, indent: t.optional(t.integer(0)) },
      result: "string",
      aliases: ["utils.json_prettify"],
      depends: "arguments",
      example: `return data.prettify_json('{"a":1}')`,
      call: (_, { text, indent = 2 }) => stringifyJson(parseJson(text), { indent }),
    }),
    convert_format: awaitable({
      doc: "Writes data, or text in the format `from`, in the format `to`; `opts.schema` gives types to what CSV and XML hold as text.",
      params: {
        data: t.any,
        from: format,
        to: format,
        opts: t.optional(t.object({ schema: t.optional(t.table), indent: t.optional(t.integer(0)) }, "ConvertOptions")),
      },
      result: "string",
      aliases: ["output.convert"],
      example: `return data.convert_format('{"a": 1}', "json", "yaml")`,
      async call(_, { data, from, to, opts = {} }) {
        const text = typeof data === "string" ? data : stringifyJson(data);
        return await convertFormat(text, typeof data === "string" ? from : "json", to, opts as ConvertOptions);
      },
    }),
    map: sync({
      doc: "A new collection of what `fn(value, key)` returns for each element.",
      params: { collection, fn: t.fn },
      result: "any",
      example: "return data.map({ 1, 2 }, function(n) return n * 2 end)",
      call: (run, { collection: items, fn }) =>
        borrow(fn, () =>
          rebuild(
            items,
            entries(items).map(([key, value]) => [key, call(run, fn, value, key)]),
          ),
        ),
    }),
    filter: sync({
      doc: "A new collection of the elements for which `fn(value, key)` is true; lists are repacked.",
      params: { collection, fn: t.fn },
      result: "any",
      example: "return data.filter({ 1, 2, 3 }, function(n) return n ~= 2 end)",
      call: (run, { collection: items, fn }) =>
        borrow(fn, () =>
          rebuild(
            items,
            entries(items).filter(([key, value]) => truthy(call(run, fn, value, key))),
          ),
        ),
    }),
    reduce: sync({
      doc: "Folds a collection with `fn(accumulator, value, key)`; tables in sorted key order.",
      params: { collection, fn: t.fn, initial: t.any },
      result: "any",
      example: "return data.reduce({ 1, 2, 3 }, function(sum, n) return sum + n end, 0)",
      call: (run, { collection: items, fn, initial }) =>
        borrow(fn, () =>
          entries(items).reduce((accumulator, [key, value]) => call(run, fn, accumulator, value, key), initial),
        ),
    }),
  },
});
