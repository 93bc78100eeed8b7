import {
  cleanAnswer,
  createOutputParsers,
  describeErrors,
  extractCodeBlocks,
  extractKeyValues,
  extractLists,
  extractStructured,
  extractTables,
  findJson,
  parseCsvAnswer,
  parseMarkdown,
  parseXmlAnswer,
  parseYamlAnswer,
  readJson,
  renderTemplate,
  stringifyJson,
  convertFormat,
  validateJson,
  type OutputParsers,
} from "@llmspell/core";
import type { ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { awaitable, defineModule, sync } from "../door/module.js";
import { t } from "../door/types.js";
import { perRun } from "../run/per-run.js";
import { schemaOf, schemaType } from "./schema/types.js";
import { toScript } from "./shapes.js";

/** The parsers of a run: those that are built in, and those of the spell. */
const parsersOf = perRun<OutputParsers>(() => createOutputParsers());

const format = t.oneOf("json", "yaml", "xml", "csv", "markdown");

/** What the parse of each built-in format gives, as a JSON Schema. */
const RESULT_SCHEMAS: Readonly<Record<string, ScriptValue>> = {
  json: {},
  yaml: {},
  xml: { type: "object" },
  csv: { type: "array", items: { type: "object", additionalProperties: { type: "string" } } },
  markdown: { type: "object", properties: { blocks: { type: "array" } } },
  table: { type: "array", items: { type: "object" } },
  list: { type: "array", items: { type: "string" } },
  key_value: { type: "object" },
  code: { type: "array", items: { type: "object", required: ["code"] } },
  plain: { type: "string" },
};

export const outputModule = defineModule({
  name: "output",
  doc: "Reading what models write: JSON in prose, tables, lists, code, and whatever a schema asks for.",
  aliases: ["outputs"],
  functions: {
    parse: awaitable({
      doc: "Reads text in a format, or in the likeliest that can read it; at last it is plain text.",
      params: { text: t.string, format: t.optional(t.string) },
      result: "any",
      aliases: ["utils.llm_parse_response"],
      example: `return output.parse('Here it is: {"a": 1}').a`,
      call: async (run, { text, format: wanted }) => toScript((await parsersOf(run).parse(text, wanted)).value),
    }),
    parse_json: awaitable({
      doc: "The JSON value in a text, repaired where it is malformed; checked when a schema is given. `repaired` says whether it was.",
      params: {
        text: t.string,
        opts: t.optional(
          t.object({ schema: t.optional(schemaType), repair: t.optional(t.boolean) }, "ParseJsonOptions"),
        ),
      },
      result: "{value: any, repaired: boolean}",
      aliases: ["parse_json_with_fallback"],
      example: `return output.parse_json("{a: 1,}").value.a`,
      async call(_, { text, opts = {} }) {
        const { value, repaired } = await readJson(text, opts.repair === undefined ? {} : { repair: opts.repair });
        if (opts.schema !== undefined) {
          const { valid, errors } = await validateJson(schemaOf(opts.schema), value);
          if (!valid)
            throw new SpellError("VALIDATION_FAILED", `parse_json: ${describeErrors(errors)}`, { details: { errors } });
        }
        return { value: toScript(value), repaired };
      },
    }),
    extract_json: awaitable({
      doc: "Every JSON value in a text, or those that match a schema.",
      params: { text: t.string, schema: t.optional(schemaType) },
      result: "list<any>",
      aliases: ["schema.extract_json"],
      example: `return #output.extract_json('first {"a": 1}, then [2]')`,
      async call(_, { text, schema }) {
        const found = (await findJson(text)).map(({ value }) => value);
        if (schema === undefined) return toScript(found);
        const checks = await Promise.all(found.map((value) => validateJson(schemaOf(schema), value)));
        return toScript(found.filter((_value, index) => checks[index]?.valid === true));
      },
    }),
    extract_structured: awaitable({
      doc: "What a schema asks for, found in JSON, YAML, tables or sentences, with the types of the schema.",
      params: { text: t.string, schema: schemaType },
      result: "any",
      aliases: ["parse_structured", "data.extract_structured", "schema.parse_structured", "schema.extract"],
      example:
        'return output.extract_structured("Ann, age: 42 years", { properties = { age = { type = "integer" } }, required = { "age" } }).age',
      async call(_, { text, schema }) {
        const { valid, value, errors } = await extractStructured(text, schemaOf(schema));
        if (valid) return toScript(value);
        throw new SpellError("VALIDATION_FAILED", `the text does not say it: ${describeErrors(errors)}`, {
          details: { errors },
        });
      },
    }),
    extract_code_blocks: sync({
      doc: "The fenced code in a text, of one language if it is named.",
      params: { text: t.string, lang: t.optional(t.string) },
      result: "list<{lang?: string, code: string}>",
      example: 'return output.extract_code_blocks("```lua\\nreturn 1\\n```")[1].code',
      call: (_, { text, lang }) =>
        extractCodeBlocks(text, lang).map(({ language, code }) => ({
          ...(language === undefined ? {} : { lang: language }),
          code,
        })),
    }),
    extract_markdown: awaitable({
      doc: "The blocks of a page of Markdown: headings, paragraphs, lists, tables, code.",
      params: { text: t.string },
      result: "{blocks: list<table>}",
      aliases: ["parse_markdown"],
      example: 'return output.extract_markdown("# Title").blocks[1].type',
      call: async (_, { text }) => toScript(await parseMarkdown(text)),
    }),
    extract_tables: sync({
      doc: "The tables in a text.",
      params: { text: t.string },
      result: "list<{headers: list<string>, rows: list<list<string>>}>",
      example: 'return output.extract_tables("| a | b |\\n|---|---|\\n| 1 | 2 |")[1].rows[1][2]',
      call: (_, { text }) => toScript(extractTables(text)),
    }),
    extract_lists: awaitable({
      doc: "The lists in a text.",
      params: { text: t.string },
      result: "list<list<string>>",
      example: 'return output.extract_lists("- a\\n- b")[1][2]',
      call: async (_, { text }) => toScript(await extractLists(text)),
    }),
    extract_key_value: sync({
      doc: 'The lines of a text like "key: value".',
      params: { text: t.string },
      result: "table",
      example: 'return output.extract_key_value("name: Ann\\nage: 42").name',
      call: (_, { text }) => toScript(extractKeyValues(text)),
    }),
    parse_yaml: awaitable({
      doc: "Reads YAML, also out of a fence.",
      params: { text: t.string },
      result: "any",
      example: 'return output.parse_yaml("a: 1").a',
      call: async (_, { text }) => toScript(await parseYamlAnswer(text)),
    }),
    parse_xml: awaitable({
      doc: "Reads XML, also out of a fence; no entity of it is looked up anywhere.",
      params: { text: t.string },
      result: "any",
      example: 'return output.parse_xml("<a><b>1</b></a>").a.b',
      call: async (_, { text }) => toScript(await parseXmlAnswer(text)),
    }),
    parse_csv: awaitable({
      doc: "Reads CSV, also out of a fence, as a list of rows by the names of the first line.",
      params: { text: t.string },
      result: "list<table>",
      example: 'return output.parse_csv("a,b\\n1,2")[1].b',
      call: async (_, { text }) => toScript(await parseCsvAnswer(text)),
    }),
    detect_format: awaitable({
      doc: "The likeliest format of a text, from 0 to 1.",
      params: { text: t.string },
      result: "{format: string, confidence: number}",
      example: `return output.detect_format('{"a": 1}').format`,
      call: async (run, { text }) => ({ ...(await parsersOf(run).detect(text)) }),
    }),
    validate: awaitable({
      doc: "Whether text is in a format, or data matches a schema.",
      params: { data: t.any, format_or_schema: t.union(t.string, schemaType) },
      result: "{valid: boolean, errors: list<string>}",
      aliases: ["validate_format"],
      example: `return output.validate('{"a": 1}', "json").valid`,
      async call(run, { data, format_or_schema: wanted }) {
        if (typeof wanted !== "string") {
          const { valid, errors } = await validateJson(schemaOf(wanted), data);
          return { valid, errors: errors.map((error) => describeErrors([error])) };
        }
        try {
          await parsersOf(run).parse(typeof data === "string" ? data : stringifyJson(data), wanted);
          return { valid: true, errors: [] };
        } catch (error) {
          if (error instanceof SpellError && error.code === "NOT_FOUND") throw error;
          return { valid: false, errors: [(error as Error).message] };
        }
      },
    }),
    repair: awaitable({
      doc: 'The JSON in a text, mended; unchanged when it is valid. The strategy "none" or "strict" mends nothing.',
      params: {
        text: t.string,
        strategy: t.optional(t.oneOf("none", "basic", "aggressive", "strict", "lenient", "best_effort")),
      },
      result: "string",
      aliases: ["recover"],
      example: 'return output.repair("{a: 1,}")',
      async call(_, { text, strategy = "basic" }) {
        const { value, repaired } = await readJson(text, { repair: strategy !== "none" && strategy !== "strict" });
        return repaired ? stringifyJson(value) : text.trim();
      },
    }),
    clean: sync({
      doc: "An answer without what is around it: thinking, phrases before and after, one fence.",
      params: { text: t.string },
      result: "string",
      example: 'return output.clean("Sure! Here it is:\\n```\\n42\\n```")',
      call: (_, { text }) => cleanAnswer(text),
    }),
    template: awaitable({
      doc: "A template with data in it, in the language Liquid.",
      params: { data: t.table, tmpl: t.string },
      result: "string",
      example: 'return output.template({ name = "Ann" }, "Dear {{ name }}")',
      call: async (_, { data, tmpl }) => await renderTemplate(tmpl, data),
    }),
    split: sync({
      doc: "The parts of a text between a delimiter.",
      params: { text: t.string, delimiter: t.string },
      result: "list<string>",
      example: 'return output.split("a---b", "---")[2]',
      call(_, { text, delimiter }) {
        if (delimiter === "") throw new SpellError("INVALID_ARGUMENT", "output.split: the delimiter must not be empty");
        return text.split(delimiter);
      },
    }),
    merge: sync({
      doc: "Several outputs as one: texts are joined by `opts.separator`, lists follow each other, tables add their fields.",
      params: {
        outputs: t.list(t.any),
        opts: t.optional(t.object({ separator: t.optional(t.string) }, "MergeOptions")),
      },
      result: "any",
      example: "return #output.merge({ { 1 }, { 2, 3 } })",
      call: (_, { outputs, opts = {} }) => mergeOutputs(outputs, opts.separator ?? "\n"),
    }),
    format: awaitable({
      doc: "Data as text in a format.",
      params: { data: t.any, target: format },
      result: "string",
      example: 'return output.format({ a = 1 }, "yaml")',
      call: async (_, { data, target }) => await convertFormat(stringifyJson(data), "json", target),
    }),
    get_schema: sync({
      doc: "The JSON Schema of what reading a format gives.",
      params: { format: t.string },
      result: "table",
      example: 'return output.get_schema("list").type',
      call(_, { format: wanted }) {
        const found = Object.hasOwn(RESULT_SCHEMAS, wanted) ? RESULT_SCHEMAS[wanted] : undefined;
        if (found !== undefined) return found;
        throw new SpellError(
          "NOT_FOUND",
          `there is no format '${wanted}'; known: ${Object.keys(RESULT_SCHEMAS).join(", ")}`,
        );
      },
    }),
    register_parser: sync({
      doc: "A parser of the spell: `can_parse(text)` says how likely it is, 0 to 1 or a boolean, `parse(text)` reads it.",
      params: { name: t.name, parser: t.object({ can_parse: t.fn, parse: t.fn }) },
      example:
        'output.register_parser("shout", { can_parse = function(s) return s:find("!") ~= nil end, parse = string.upper })\nreturn output.parse("hey!", "shout")',
      call(run, { name, parser }) {
        parsersOf(run).register({
          name,
          async detect(text) {
            const answer = await run.callGuest(parser.can_parse, [text]);
            return typeof answer === "number" ? Math.min(1, Math.max(0, answer)) : answer === true ? 1 : 0;
          },
          parse: async (text) => await run.callGuest(parser.parse, [text]),
        });
        return undefined;
      },
    }),
    list_parsers: sync({
      doc: "The names of the formats that `parse` knows.",
      result: "list<string>",
      example: "return #output.list_parsers() > 5",
      call: (run) => parsersOf(run).names(),
    }),
  },
});

function mergeOutputs(outputs: readonly ScriptValue[], separator: string): ScriptValue {
  if (outputs.every((each) => typeof each === "string")) return outputs.join(separator);
  if (outputs.every(Array.isArray)) return (outputs as ScriptValue[][]).flat();
  if (outputs.every((each) => typeof each === "object" && each !== null && !Array.isArray(each)))
    return Object.assign({}, ...outputs) as ScriptValue;
  throw new SpellError("INVALID_ARGUMENT", "output.merge: the outputs must all be texts, all lists or all tables");
}
