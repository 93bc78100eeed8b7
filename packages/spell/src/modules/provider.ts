import type { ProviderInfo } from "@llmspell/core";
import type { ScriptObject } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { defineModule, sync } from "../door/module.js";
import { t } from "../door/types.js";

function describe(info: ProviderInfo): ScriptObject {
  return {
    name: info.name,
    type: info.type,
    configured: info.configured,
    default_model: info.defaultModel ?? null,
    capabilities: info.capabilities,
  };
}

/** Providers as a spell may see them: never a key, an address or a header. */
export const providerModule = defineModule({
  name: "provider",
  doc: "The model providers of this run.",
  aliases: ["providers"],
  functions: {
    get_default: sync({
      doc: "The provider that answers when none is named.",
      result: "string",
      example: "return provider.get_default()",
      call: (run) => run.models.default().provider,
    }),
    list: sync({
      doc: "Every known provider.",
      result: "list<ProviderInfo>",
      aliases: ["llm.providers_list"],
      example: "return #provider.list() > 0",
      call: (run) => run.models.list().map(describe),
    }),
    get: sync({
      doc: "One provider.",
      params: { name: t.string },
      result: "ProviderInfo",
      aliases: ["llm.providers_get", "llm.providers_get_multi"],
      example: 'return provider.get("offline").type',
      call(run, { name }) {
        const info = run.models.list().find((candidate) => candidate.name === name);
        if (info === undefined) throw new SpellError("NOT_FOUND", `there is no provider named '${name}'`);
        return describe(info);
      },
    }),
    get_usage: sync({
      doc: "Requests and tokens of this program so far, of one provider or of all.",
      params: { name: t.optional(t.string) },
      result: "{requests: integer, tokens_in: integer, tokens_out: integer}",
      example: "return provider.get_usage().requests",
      call(run, { name }) {
        const { requests, inputTokens, outputTokens } = run.models.usage(name);
        return { requests, tokens_in: inputTokens, tokens_out: outputTokens };
      },
    }),
  },
});
