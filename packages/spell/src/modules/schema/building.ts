import {
  defined,
  diffSchemas,
  exportSchema,
  extendSchema,
  importSchema,
  inferSchema,
  mergeSchemas,
  migrateJson,
  schemaFromTags,
  transformSchema,
  type JsonSchema,
  type TagFields,
} from "@llmspell/core";
import { FunctionRef } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { recordSchemas } from "../../declarations/json-schema.js";
import { awaitable, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import { toScript } from "../shapes.js";
import { schemaHandle, schemaHandleType, schemaOf, schemaType, scriptSchema } from "./types.js";
import { checkedSchema } from "./validation.js";

export const buildingFunctions = {
  create: awaitable({
    doc: "A schema as an object, checked and compiled once.",
    params: { definition: t.table },
    result: "Schema",
    example: 'return schema.create({ type = "string" }):get_info().type',
    call: async (run, { definition }) => schemaHandle(run, await checkedSchema(run, definition)),
  }),
  compile: awaitable({
    doc: "The same for a schema in any form.",
    params: { schema: schemaType },
    result: "Schema",
    example: 'return schema.compile({ type = "string" }):get_info().type',
    call: async (run, { schema }) => schemaHandle(run, await checkedSchema(run, schemaOf(schema))),
  }),
  destroy: sync({
    doc: "Forgets a schema; its handle can no longer be used.",
    params: { schema: schemaHandleType },
    result: "boolean",
    example: 'return schema.create({ type = "string" }):destroy()',
    call: (run, { schema }) => run.handles.remove(schema),
  }),
  get_info: sync({
    doc: "A schema as a table.",
    params: { schema: schemaType },
    result: "table",
    example: 'return schema.create({ type = "string" }):get_info().type',
    call: (_, { schema }) => scriptSchema(schemaOf(schema)),
  }),
  infer: sync({
    doc: "A schema that data matches; of a list of samples with `opts.samples`.",
    params: {
      data: t.any,
      opts: t.optional(t.object({ samples: t.optional(t.boolean), closed: t.optional(t.boolean) }, "InferOptions")),
    },
    result: "table",
    aliases: ["generate_from_data", "generate", "data.infer_schema"],
    example: "return schema.infer({ age = 42 }).properties.age.type",
    call(_, { data, opts = {} }) {
      const samples = opts.samples === true && Array.isArray(data) ? (data as readonly unknown[]) : [data];
      return scriptSchema(inferSchema(samples, opts.closed === undefined ? {} : { closed: opts.closed }));
    },
  }),
  from_type: sync({
    doc: "The schema of a type by its name: a JSON type, or one of `get_builtin_schemas`.",
    params: { type: t.string },
    result: "table",
    aliases: ["generate_from_type", "structured.generation_from_type"],
    example: 'return schema.from_type("Message").type',
    call(_, { type }) {
      const known = recordSchemas();
      if (["array", "boolean", "integer", "null", "number", "object", "string"].includes(type)) return { type };
      const found = Object.hasOwn(known, type) ? known[type] : undefined;
      if (found !== undefined) return scriptSchema(found);
      throw new SpellError("NOT_FOUND", `there is no type '${type}'; known: ${Object.keys(known).join(", ")}`);
    },
  }),
  get_builtin_schemas: sync({
    doc: "The names that `from_type` knows.",
    result: "list<string>",
    example: "return #schema.get_builtin_schemas() > 0",
    call: () => Object.keys(recordSchemas()),
  }),
  from_tags: sync({
    doc: 'A schema of short descriptions of its fields, such as `{ age = "int, min=0, required" }`.',
    params: { tags: t.table },
    result: "table",
    aliases: ["structured.generation_from_tags"],
    example: 'return schema.from_tags({ age = "int, min=0, required" }).required[1]',
    call: (_, { tags }) => scriptSchema(schemaFromTags(tags as unknown as TagFields)),
  }),
  from_json_schema: awaitable({
    doc: "A JSON Schema from its text or table, checked.",
    params: { schema: t.union(t.string, t.table) },
    result: "table",
    aliases: ["structured.generation_from_json_schema", "create_from_string"],
    example: `return schema.from_json_schema('{"type": "string"}').type`,
    call: async (run, { schema }) =>
      scriptSchema(typeof schema === "string" ? await importSchema(schema) : await checkedSchema(run, schema)),
  }),
  merge: sync({
    doc: "One schema that wants what all of them want: merge(a, b) or merge({ a, b, … }).",
    params: { schemas: t.union(t.list(schemaType), schemaType), other: t.optional(schemaType) },
    result: "table",
    aliases: ["structured.utils_merge"],
    example: 'return #schema.merge({ required = { "a" } }, { required = { "b" } }).required',
    call(_, { schemas, other }) {
      const first = Array.isArray(schemas) ? schemas.map(schemaOf) : [schemaOf(schemas)];
      return scriptSchema(mergeSchemas(first.concat(other === undefined ? [] : [schemaOf(other)])));
    },
  }),
  extend: sync({
    doc: "A schema with more properties, and more of them required.",
    params: { schema: schemaType, properties: t.table, required: t.optional(t.list(t.string)) },
    result: "table",
    example: 'return schema.extend({ type = "object" }, { n = { type = "number" } }).properties.n.type',
    call: (_, { schema, properties, required = [] }) =>
      scriptSchema(extendSchema(schemaOf(schema), { properties: properties as Record<string, JsonSchema>, required })),
  }),
  diff: sync({
    doc: "What is different in the second schema, and whether it breaks what the first accepted.",
    params: { a: schemaType, b: schemaType },
    result: "list<{path: string, keyword: string, change: string, breaking: boolean, before?: any, after?: any}>",
    aliases: ["structured.utils_diff"],
    example: 'return schema.diff({ type = "string" }, { type = "number" })[1].breaking',
    call: (_, { a, b }) => toScript(diffSchemas(schemaOf(a), schemaOf(b))),
  }),
  transform: sync({
    doc: "A schema rewritten from the inside out: `fn` gets each schema in it and returns another.",
    params: { schema: schemaType, fn: t.fn },
    result: "table",
    aliases: ["structured.utils_transform"],
    example: 'return schema.transform({ type = "string" }, function(s) s.title = "T" return s end).title',
    call(run, { schema, fn }) {
      const changed = transformSchema(schemaOf(schema), (inner) => {
        const answer = run.guest.callSync(fn, [scriptSchema(inner)]);
        if (typeof answer === "object" && answer !== null && !Array.isArray(answer) && !(answer instanceof FunctionRef))
          return answer as unknown as JsonSchema;
        throw new SpellError("INVALID_ARGUMENT", "schema.transform: the function must return a schema");
      });
      return scriptSchema(changed);
    },
  }),
  migrate: awaitable({
    doc: "Data of an old schema in the form of a new one, by rules: { rename, remove, set }.",
    params: {
      data: t.any,
      old_schema: schemaType,
      new_schema: schemaType,
      rules: t.optional(
        t.object(
          { rename: t.optional(t.table), remove: t.optional(t.list(t.string)), set: t.optional(t.table) },
          "MigrationRules",
        ),
      ),
    },
    result: "any",
    aliases: ["data.migrate_schema"],
    example:
      'return schema.migrate({ n = 1 }, {}, { properties = { m = { type = "number" } } }, { rename = { n = "m" } }).m',
    call: async (_, { data, new_schema, rules = {} }) => {
      const { rename, remove, set } = rules;
      return toScript(
        await migrateJson(data, schemaOf(new_schema), {
          ...(rename === undefined ? {} : { rename: rename as Record<string, string> }),
          ...defined({ remove, set }),
        }),
      );
    },
  }),
  to_json: awaitable({
    doc: "A schema as JSON text.",
    params: { schema: schemaType },
    result: "string",
    aliases: ["structured.import_export_to_json"],
    example: 'return schema.to_json({ type = "string" })',
    call: async (_, { schema }) => await exportSchema(schemaOf(schema), "json"),
  }),
  to_yaml: awaitable({
    doc: "A schema as YAML text.",
    params: { schema: schemaType },
    result: "string",
    aliases: ["structured.import_export_to_yaml"],
    example: 'return schema.to_yaml({ type = "string" })',
    call: async (_, { schema }) => await exportSchema(schemaOf(schema), "yaml"),
  }),
  from_json: awaitable({
    doc: "A schema from JSON text.",
    params: { text: t.string },
    result: "Schema",
    aliases: ["structured.import_export_from_json"],
    example: `return schema.from_json('{"type": "string"}'):get_info().type`,
    call: async (run, { text }) => schemaHandle(run, await importSchema(text, "json")),
  }),
  from_yaml: awaitable({
    doc: "A schema from YAML text.",
    params: { text: t.string },
    result: "Schema",
    aliases: ["structured.import_export_from_yaml"],
    example: 'return schema.from_yaml("type: string"):get_info().type',
    call: async (run, { text }) => schemaHandle(run, await importSchema(text, "yaml")),
  }),
};
