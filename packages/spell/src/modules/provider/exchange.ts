import type { ModelsConfig, NewProvider, ProviderConfig } from "@llmspell/core";
import { sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { toScript } from "../shapes.js";
import { authorizeConfig, describe, providerName } from "./describe.js";

/** A provider of an exported configuration; built-in ones need not say their type. */
function withType(run: RunContext, own: string, config: ProviderConfig): NewProvider {
  const builtIn = run.models.types.discover().find(({ providers }) => providers.includes(providerName(own)));
  return { ...config, type: config.type ?? builtIn?.type ?? "openai-compatible", name: own };
}

/** Configurations that are taken elsewhere. */
export const exchangeFunctions = {
  export_config: sync({
    doc: "The providers and pools as data, as in llmspell.config.json. In the place of each secret is the name of an environment variable.",
    needs: { provider: "each that is told" },
    result: "table",
    aliases: ["llm.providers_export_config"],
    example: "return provider.export_config().providers ~= nil",
    call(run) {
      const { config } = run.models.exportConfig();
      const names = [...Object.keys(config.providers ?? {}), ...Object.keys(config.pools ?? {})];
      // That there is none is told as well.
      for (const name of names.length === 0 ? [undefined] : names)
        run.authorize("provider.export_config", "provider", name);
      return toScript(config);
    },
  }),
  import_config: sync({
    doc: "Adds or replaces every provider and pool of an exported configuration, or none of them.",
    mayNeed: {
      env: "the variable of a key that goes to another place than its own",
      network: "the host of base_url",
      provider: "each that is imported",
      model: "each model of a pool",
    },
    params: {
      config: t.object({
        default: t.optional(t.string),
        providers: t.optional(t.table),
        pools: t.optional(t.table),
        catalog: t.optional(t.list(t.table)),
      }),
    },
    result: "list<ProviderInfo>",
    aliases: ["llm.providers_import_config"],
    example: `provider.create("openai", "mine", { api_key = { env = "MY_KEY" } })
return #provider.import_config(provider.export_config())`,
    call(run, args) {
      const fn = "provider.import_config";
      const config = args.config as unknown as ModelsConfig;
      // What it would be, to see what must be allowed.
      const trial = run.models.fork();
      trial.importConfig(config);
      for (const [each, given] of Object.entries(config.providers ?? {}))
        authorizeConfig(run, fn, withType(run, each, given));
      for (const pool of Object.keys(config.pools ?? {})) {
        run.authorize(fn, "provider", pool);
        for (const member of trial.pools.get(pool).config.members)
          run.authorize(fn, "model", trial.resolve(typeof member === "string" ? member : member.model).id);
      }
      return run.models.importConfig(config).map(describe);
    },
  }),
};
