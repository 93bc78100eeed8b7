import { sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import { allProviders, describe, findAny, metadataOf, owned, name } from "./describe.js";

/** What is known of providers, and kept beside them. */
export const knownFunctions = {
  get: sync({
    doc: "One provider.",
    params: name,
    result: "ProviderInfo",
    aliases: ["llm.providers_get", "llm.providers_get_multi"],
    example: 'return provider.get("offline").type',
    call: (run, args) => describe(findAny(run, args.name)),
  }),
  list: sync({
    doc: "Every known provider; `filter` chooses by type, capability and whether it is configured.",
    params: {
      filter: t.optional(
        t.object(
          { type: t.optional(t.string), capability: t.optional(t.string), configured: t.optional(t.boolean) },
          "ProviderFilter",
        ),
      ),
    },
    result: "list<ProviderInfo>",
    aliases: ["llm.providers_list"],
    example: "return #provider.list() > 0",
    call: (run, { filter: { type, capability, configured } = {} }) =>
      allProviders(run)
        .filter((info) => type === undefined || info.type === type)
        .filter((info) => capability === undefined || info.capabilities.includes(capability))
        .filter((info) => configured === undefined || info.configured === configured)
        .map(describe),
  }),
  list_by_capability: sync({
    doc: "The providers whose models can do something: streaming, tools, structured-output, vision, embeddings …",
    params: { capability: t.string },
    result: "list<ProviderInfo>",
    aliases: ["llm.providers_list_by_capability"],
    example: 'return #provider.list_by_capability("streaming") > 0',
    call: (run, { capability }) =>
      allProviders(run)
        .filter(({ capabilities }) => capabilities.includes(capability))
        .map(describe),
  }),
  get_default: sync({
    doc: "The provider that answers when none is named.",
    result: "string",
    example: "return provider.get_default()",
    call(run) {
      const { provider, model } = run.models.default();
      return provider === "pool" ? model : provider;
    },
  }),
  get_capabilities: sync({
    doc: "What the models of a provider can do.",
    params: name,
    result: "list<string>",
    example: 'return provider.get_capabilities("offline")[1]',
    call: (run, args) => findAny(run, args.name).capabilities,
  }),
  get_metadata: sync({
    doc: "What a provider is, and what set_metadata has given it.",
    params: name,
    result: "table",
    aliases: ["llm.providers_get_metadata"],
    example: 'return provider.get_metadata("offline").description',
    call(run, args) {
      const info = findAny(run, args.name);
      const template = run.models.types.discover().find(({ type }) => type === info.type);
      const described = template === undefined ? {} : { description: template.description };
      return { ...described, ...describe(info), ...metadataOf(run).get(info.name) };
    },
  }),
  set_metadata: sync({
    doc: "Keeps data beside a provider, for this run.",
    needs: { provider: "the provider" },
    params: { ...name, metadata: t.table },
    aliases: ["llm.providers_set_metadata"],
    example: `provider.set_metadata("offline", { team = "tests" })
return provider.get_metadata("offline").team`,
    call(run, { name: own, metadata }) {
      metadataOf(run).set(owned(run, "provider.set_metadata", own), metadata);
      return undefined;
    },
  }),
};
