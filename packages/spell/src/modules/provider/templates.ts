import type { ProviderTemplate } from "@llmspell/core";
import { snakeCase, type ScriptObject } from "@llmspell/engine";
import { isSpellError, SpellError } from "@llmspell/errors";
import { sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { configType, coreConfig, providerName } from "./describe.js";

function templateOf(run: RunContext, type: string): ProviderTemplate {
  const templates = run.models.types.discover();
  const wanted = providerName(type);
  const found =
    templates.find((template) => template.type === wanted) ??
    templates.find(({ providers }) => providers.includes(wanted));
  if (found !== undefined) return found;
  const known = templates.map((template) => template.type).join(", ");
  throw new SpellError("NOT_FOUND", `there is no provider type '${type}' (known: ${known})`);
}

function describe({ type, description, fields, keyEnv, capabilities }: ProviderTemplate): ScriptObject {
  return {
    type,
    description,
    fields: fields.map(({ default: standard, ...field }) => ({
      ...field,
      name: snakeCase(field.name),
      ...(standard === undefined ? {} : { default: standard }),
    })),
    defaults: Object.fromEntries(
      fields.flatMap(({ name, default: standard }) => (standard === undefined ? [] : [[snakeCase(name), standard]])),
    ),
    env: [...keyEnv],
    capabilities: [...capabilities],
  };
}

export const templateFunctions = {
  list_templates: sync({
    doc: "The types of providers that can be created, and the fields that each is configured with.",
    result: "list<ProviderTemplate>",
    aliases: ["llm.providers_templates_list"],
    example: "return #provider.list_templates()",
    call: (run) => run.models.types.discover().map(describe),
  }),
  get_template: sync({
    doc: "What a provider of a type is configured with; `env` are the variables of the environment that may have its key.",
    params: { type: t.string },
    result: "ProviderTemplate",
    aliases: ["llm.providers_get_template"],
    example: 'return provider.get_template("openai").env[1]',
    call: (run, { type }) => describe(templateOf(run, type)),
  }),
  validate_config: sync({
    doc: "Whether a provider could be created with such a configuration, and what is wrong with it.",
    params: { type: t.string, config: t.table },
    result: "{valid: boolean, errors: list<string>}",
    aliases: ["llm.providers_templates_validate"],
    example: 'return provider.validate_config("openai", { api_key = "k" }).valid',
    call(run, { type, config }) {
      try {
        const checked = configType.check(config, ["config"], run.handles);
        run.models.check(coreConfig(type, checked.name ?? "new", checked));
        return { valid: true, errors: [] };
      } catch (error) {
        if (!isSpellError(error) || error.code === "INTERNAL") throw error;
        return { valid: false, errors: [error.message] };
      }
    },
  }),
};
