import { createStoredSchemas, type SchemaRepository } from "@llmspell/core";
import { awaitable } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { storedState } from "../../run/storage.js";
import { toScript } from "../shapes.js";
import { schemaHandle, schemaOf, schemaType } from "./types.js";

const repository = async (run: RunContext): Promise<SchemaRepository> =>
  createStoredSchemas(await storedState(run, "schemas"));

export const storedFunctions = {
  save: awaitable({
    doc: "Keeps a schema as the next version of its name, beyond the run.",
    needs: { storage: { exactly: "schemas" } },
    params: { name: t.string, schema: schemaType },
    result: "integer",
    aliases: ["structured.repository_save"],
    example: 'return schema.save("person", { type = "object" })',
    call: async (run, { name, schema }) => await (await repository(run)).save(name, schemaOf(schema)),
  }),
  load: awaitable({
    doc: "A kept schema, the newest version unless another is named.",
    needs: { storage: { exactly: "schemas" } },
    params: { name: t.string, version: t.optional(t.integer(1)) },
    result: "Schema",
    aliases: ["structured.repository_load", "get"],
    example: 'schema.save("person", { type = "object" })\nreturn schema.load("person"):get_info().type',
    call: async (run, { name, version }) =>
      schemaHandle(run, (await (await repository(run)).load(name, version)).schema),
  }),
  list: awaitable({
    doc: "The names of kept schemas with their versions.",
    needs: { storage: { exactly: "schemas" } },
    result: "list<{name: string, versions: list<integer>}>",
    aliases: ["structured.repository_list"],
    example: "return #schema.list()",
    call: async (run) => toScript(await (await repository(run)).list()),
  }),
  delete: awaitable({
    doc: "Removes a kept schema, or one version of it; whether there was one.",
    needs: { storage: { exactly: "schemas" } },
    params: { name: t.string, version: t.optional(t.integer(1)) },
    result: "boolean",
    aliases: ["structured.repository_delete"],
    example: 'return schema.delete("person") == false',
    call: async (run, { name, version }) => await (await repository(run)).delete(name, version),
  }),
};
