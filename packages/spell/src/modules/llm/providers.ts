import { compareModels, countTokens, withFallback } from "@llmspell/core";
import { asText, type ScriptObject } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { awaitable, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import { coreContext } from "../../run/core-context.js";
import { configType, createProvider, describe, findAny } from "../provider/describe.js";
import { scriptResponse, scriptUsage } from "../shapes.js";
import { ask, options, question, requestOf } from "./ask.js";

const operation = t.object(
  { prompt: t.optional(t.string), tokens_in: t.optional(t.integer(0)), tokens_out: t.optional(t.integer(0)) },
  "Operation",
);

export const providerFunctions = {
  use_provider: sync({
    doc: "Makes a provider, a pool or a model the default of this run; with `config`, which has a `type`, it is made first.",
    needs: { provider: "the provider" },
    mayNeed: { env: "the variable of a key that goes to another place than its own", network: "the host of base_url" },
    params: { name: t.name, config: t.optional(configType) },
    result: "ProviderInfo",
    aliases: ["provider.set_default"],
    example: 'return llm.use_provider("offline").name',
    call(run, { name, config }) {
      if (config === undefined) run.authorize("llm.use_provider", "provider", name);
      else createProvider(run, "llm.use_provider", config.type ?? name, name, config);
      const ref = run.models.resolve(name);
      run.models.setDefault(ref.id);
      return describe(findAny(run, ref.provider === "pool" ? ref.model : ref.provider));
    },
  }),
  compare_providers: awaitable({
    doc: "Asks several providers or models the same at the same time; who fails does not stop the others. Costs are in USD, where prices are known.",
    needs: { model: "the model, as provider:model" },
    params: { prompt: question, providers: t.list(t.string), opts: t.optional(options) },
    result:
      "list<{model: string, provider: string, response?: Response, error?: error, latency_ms: number, usage?: Usage, cost?: number}>",
    example: 'return llm.compare_providers("Say hello", { "offline" })[1].response.content',
    async call(run, { prompt, providers, opts }, signal) {
      const ids = providers.map((each) => run.authorizeModel("llm.compare_providers", each).id);
      const { request, settings } = requestOf(prompt, opts);
      const compared = await compareModels(run.models, request, ids, {
        signal,
        context: coreContext(run),
        ...(settings.timeout === undefined ? {} : { timeoutMs: settings.timeout }),
      });
      return compared.map(({ model, response, error, durationMs, usage, cost }) => ({
        model,
        provider: model.slice(0, model.indexOf(":")),
        latency_ms: durationMs,
        ...(response === undefined ? {} : { response: scriptResponse(response) }),
        ...(error === undefined ? {} : { error }),
        ...(usage === undefined ? {} : { usage: scriptUsage(usage) }),
        ...(cost === undefined ? {} : { cost: cost.total }),
      }));
    },
  }),
  fallback_chain: awaitable({
    doc: "Asks one provider or model after the other until one answers; `attempts` of the answer says why others did not. When none does, the error AGGREGATE has every failure.",
    needs: { model: "the model, as provider:model" },
    params: { providers: t.list(t.string), prompt: question, opts: t.optional(options) },
    result: "Response",
    example: 'return llm.fallback_chain({ "offline" }, "Say hello").content',
    async call(run, { providers, prompt, opts }, signal) {
      const fn = "llm.fallback_chain";
      // What may not be asked is no reason to ask another one.
      const ids = providers.map((each) => run.authorizeModel(fn, each).id);
      const { provider: _, model: __, ...rest } = opts ?? {};
      const alternatives = ids.map((id) => ({
        name: id,
        call: () => ask(run, { fn, question: prompt, opts: { ...rest, model: id }, signal }),
      }));
      const { value, failures } = await withFallback(alternatives, { signal });
      const attempts = failures.map(({ name, error }) => ({ model: name, error }));
      return asText<ScriptObject>({ ...scriptResponse(value), attempts }, "content");
    },
  }),
  cost_estimate: awaitable({
    doc: "What a call costs at the list price of its model, in USD: of `prompt` or `tokens_in`, and `tokens_out`.",
    params: { operation: t.union(t.string, operation), model: t.string },
    result: "{input: number, output: number, total: number, currency: string, tokens_in: integer, tokens_out: integer}",
    example: 'return llm.cost_estimate({ tokens_in = 1000, tokens_out = 1000 }, "openai:gpt-5.4-mini").total',
    async call(run, { operation: given, model }) {
      const { prompt, tokens_in, tokens_out = 0 } = typeof given === "string" ? { prompt: given } : given;
      if (prompt === undefined && tokens_in === undefined)
        throw new SpellError("INVALID_ARGUMENT", "operation needs a 'prompt' or 'tokens_in'");
      const { id } = run.models.catalog.get(model);
      const inputTokens = tokens_in ?? (await countTokens(prompt ?? ""));
      const cost = run.models.catalog.costOf({ inputTokens, outputTokens: tokens_out }, id);
      if (cost === undefined) throw new SpellError("NOT_FOUND", `the price of '${id}' is not known`);
      return { ...cost, currency: "USD", tokens_in: inputTokens, tokens_out };
    },
  }),
};
