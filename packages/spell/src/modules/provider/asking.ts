import { toSpellError } from "@llmspell/errors";
import { awaitable, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { analyticsOf } from "../../run/core-context.js";
import { ask, options, question } from "../llm/ask.js";
import { inSnakeCase, scriptModel, scriptResponse, toScript } from "../shapes.js";
import { findAny, owned, name } from "./describe.js";

/** A provider's own list of models, which its key and its address are needed for. */
async function scan(run: RunContext, fn: string, provider: string, signal: AbortSignal) {
  return (await run.models.scan(owned(run, fn, provider), { signal })).models;
}

/** What asks a provider, and what comes of asking it. */
export const askingFunctions = {
  get_models: awaitable({
    doc: "The models of a provider: its own list where it has one, else those of the catalog.",
    needs: { provider: "the provider" },
    params: name,
    result: "list<ModelInfo>",
    example: 'return provider.get_models("offline")[1].id',
    call: async (run, args, signal) => (await scan(run, "provider.get_models", args.name, signal)).map(scriptModel),
  }),
  get_usage: sync({
    doc: "Requests and tokens of this program so far, of one provider or of all; `cost` is what this run has asked for, in USD, where all prices are known.",
    params: { name: t.optional(t.string) },
    result: "{requests: integer, failed: integer, tokens_in: integer, tokens_out: integer, cost?: number}",
    example: "return provider.get_usage().requests",
    call(run, args) {
      const { requests, failed, inputTokens, outputTokens } = run.models.usage(args.name);
      const own = args.name === undefined ? undefined : findAny(run, args.name).name;
      const asked = analyticsOf(run)
        .list()
        .filter(({ model }) => own === undefined || model.startsWith(`${own}:`));
      const known = asked.every(({ cost, calls, errors }) => cost !== undefined || calls === errors);
      const cost = asked.reduce((sum, each) => sum + (each.cost ?? 0), 0);
      return { requests, failed, tokens_in: inputTokens, tokens_out: outputTokens, ...(known ? { cost } : {}) };
    },
  }),
  get_rate_limits: sync({
    doc: "The quotas that a provider told with its last answer: `limit`, `remaining` and `resets_at` (milliseconds since 1970) of requests and tokens; nil when it told none.",
    params: name,
    result: "table or nil",
    example: 'return provider.get_rate_limits("offline") == nil',
    call: (run, args) => inSnakeCase(toScript(run.models.rateLimits(args.name))),
  }),
  validate_api_key: awaitable({
    doc: "Whether a provider takes its key, or another one; asks it for its models, which costs nothing.",
    needs: { provider: "the provider" },
    params: { ...name, key: t.optional(t.string) },
    result: "boolean",
    example: 'return provider.validate_api_key("offline")',
    async call(run, { name: own, key }, signal) {
      const known = owned(run, "provider.validate_api_key", own);
      const models = key === undefined ? run.models : run.models.fork();
      if (key !== undefined) {
        const { type, baseURL } = findAny(run, known);
        models.configure(known, { type, apiKey: key, ...(baseURL === undefined ? {} : { baseURL }) });
      }
      try {
        await models.scan(known, { signal });
        return true;
      } catch (error) {
        if (toSpellError(error).code === "PROVIDER_AUTH") return false;
        throw error;
      }
    },
  }),
  test_connection: awaitable({
    doc: "Whether a provider can be reached and takes the key.",
    needs: { provider: "the provider" },
    params: name,
    result: "{ok: boolean, latency_ms: number, error?: error}",
    example: 'return provider.test_connection("offline").ok',
    async call(run, args, signal) {
      const known = owned(run, "provider.test_connection", args.name);
      const started = performance.now();
      try {
        await run.models.scan(known, { signal });
        return { ok: true, latency_ms: performance.now() - started };
      } catch (error) {
        if (signal.aborted) throw error;
        return { ok: false, latency_ms: performance.now() - started, error: toSpellError(error) };
      }
    },
  }),
  generate_with: awaitable({
    doc: "One completion by a provider, whatever the default is.",
    needs: { model: "the model, as provider:model" },
    params: { ...name, prompt: question, opts: t.optional(options) },
    result: "Response",
    aliases: ["complete", "llm.providers_generate_with"],
    example: 'return provider.generate_with("offline", "Say hello").content',
    async call(run, { name: own, prompt, opts }, signal) {
      const settings = { ...opts, provider: findAny(run, own).name };
      return scriptResponse(await ask(run, { fn: "provider.generate_with", question: prompt, opts: settings, signal }));
    },
  }),
};
