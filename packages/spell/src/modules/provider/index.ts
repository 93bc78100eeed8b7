import type { ModelsConfig, NewProvider, ProviderConfig } from "@llmspell/core";
import type { ScriptObject } from "@llmspell/engine";
import { SpellError, toSpellError } from "@llmspell/errors";
import { awaitable, defineModule, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { analyticsOf } from "../../run/core-context.js";
import { perRun } from "../../run/per-run.js";
import { ask, options, question } from "../llm/ask.js";
import { inSnakeCase, scriptModel, scriptResponse, toScript } from "../shapes.js";
import {
  allProviders,
  authorizeConfig,
  configFields,
  coreConfig,
  createMock,
  createProvider,
  describe,
  findAny,
  providerName,
  responsesType,
} from "./describe.js";
import { addPool, poolConfigType, poolOptions, replacePool, strategies } from "./pool.js";
import { templateFunctions } from "./templates.js";

const name = { name: t.string };
const MOCK = 'provider.create_mock("mock", { "Hello" })\n';

/** What go-llms called the ways to ask several providers. */
const multiStrategies = t.oneOf("fastest", "primary", "consensus");
const MULTI = { fastest: "fastest_first", primary: "failover", consensus: "consensus" } as const;

const createConfig = t.object(
  { ...configFields, responses: t.optional(responsesType), generate: t.optional(t.fn) },
  "NewProvider",
);

/** What a spell keeps beside a provider. */
const metadataOf = perRun(() => new Map<string, ScriptObject>());

/** A provider that the run may configure. */
function owned(run: RunContext, fn: string, provider: string): string {
  const known = findAny(run, provider).name;
  run.authorize(fn, "provider", known);
  return known;
}

/** A provider's own list of models, which its key and its address are needed for. */
async function scan(run: RunContext, fn: string, provider: string, signal: AbortSignal) {
  return (await run.models.scan(owned(run, fn, provider), { signal })).models;
}

/** A provider of an exported configuration; built-in ones need not say their type. */
function withType(run: RunContext, own: string, config: ProviderConfig): NewProvider {
  const builtIn = run.models.types.discover().find(({ providers }) => providers.includes(providerName(own)));
  return { ...config, type: config.type ?? builtIn?.type ?? "openai-compatible", name: own };
}

export const providerModule = defineModule({
  name: "provider",
  doc: "The model providers of this run. What a spell configures stays in its run; it never sees a key, and it may send one of the environment elsewhere only when it was granted `env` for it and `network` for the address.",
  aliases: ["providers"],
  functions: {
    create: sync({
      doc: "Adds a provider of a type (see list_templates; `mock` has `responses`, `custom` a function `generate`), or of a table that has everything.",
      needs: { provider: "the provider" },
      mayNeed: {
        env: "the variable of a key that goes to another place than its own",
        network: "the host of base_url",
      },
      params: {
        type: t.union(t.string, createConfig),
        name: t.optional(t.string),
        config: t.optional(createConfig),
      },
      result: "ProviderInfo",
      aliases: ["register", "llm.providers_create"],
      example: 'return provider.create("mock", "m", { responses = { "Hello" } }).name',
      call(run, { type: given, name: own, config: more = {} }) {
        const config = typeof given === "string" ? { ...more, type: given } : { ...given, ...more };
        const { type, responses, generate, ...rest } = config;
        if (type === undefined) throw new SpellError("INVALID_ARGUMENT", "a provider needs a 'type'");
        const named = own ?? rest.name ?? type;
        if (type !== "mock" && type !== "custom")
          return describe(createProvider(run, "provider.create", type, named, rest));
        const answers = responses ?? generate;
        if (answers === undefined)
          throw new SpellError("INVALID_ARGUMENT", "a mock needs 'responses', a custom provider a function 'generate'");
        return describe(createMock(run, "provider.create", named, answers));
      },
    }),
    create_from_environment: sync({
      doc: "Adds a provider whose key is in the environment, where the host reads it.",
      needs: { provider: "the provider" },
      mayNeed: {
        env: "the variable of a key that goes to another place than its own",
      },
      params: { type: t.string, name: t.optional(t.string) },
      result: "ProviderInfo",
      aliases: ["llm.providers_create_from_environment"],
      example: 'local ok, e = pcall(provider.create_from_environment, "offline", "mine")\nreturn ok or e.code',
      call(run, { type, name: own = type }) {
        const provider = coreConfig(type, own, {});
        authorizeConfig(run, "provider.create_from_environment", provider);
        const { configured, variables, missing = "" } = run.models.check(provider);
        if (!configured) throw new SpellError("NOT_FOUND", `provider '${own}' ${missing}`, { details: { variables } });
        return describe(run.models.create(provider));
      },
    }),
    create_mock: sync({
      doc: "Adds a provider for tests, which says what it is told: a list of answers, one for each call, or a function that makes every answer from {prompt, messages}.",
      needs: { provider: "the provider" },
      params: { ...name, responses: responsesType },
      result: "ProviderInfo",
      aliases: ["llm.providers_create_mock"],
      example: `${MOCK}return llm.generate("Hi", { provider = "mock" }).content`,
      call: (run, args) => describe(createMock(run, "provider.create_mock", args.name, args.responses)),
    }),
    create_multi: sync({
      doc: "Several providers as one: the fastest answer, the primary one and the others when it fails, or what most of them say.",
      needs: { provider: "its name" },
      mayNeed: { model: "each model in it" },
      params: {
        ...name,
        providers: poolConfigType.providers,
        strategy: t.optional(multiStrategies),
        config: t.optional(poolConfigType.config),
      },
      result: "ProviderInfo",
      aliases: ["llm.providers_create_multi"],
      example: 'return provider.create_multi("both", { "offline" }, "primary").type',
      call(run, { name: own, providers, strategy = "primary", config }) {
        addPool(run, "provider.create_multi", { name: own, providers, strategy: MULTI[strategy], config });
        return describe(findAny(run, own));
      },
    }),
    configure: sync({
      doc: "Changes the configuration of a provider, or with `providers` that of several as one. What is not given is as in a new one; a key can be written and not read.",
      needs: { provider: "the provider" },
      mayNeed: {
        env: "the variable of a key that goes to another place than its own",
        network: "the host of base_url",
      },
      params: {
        ...name,
        config: t.object(
          {
            ...configFields,
            providers: t.optional(poolConfigType.providers),
            strategy: t.optional(t.union(multiStrategies, strategies)),
            ...poolOptions,
          },
          "ProviderChange",
        ),
      },
      result: "ProviderInfo",
      aliases: ["llm.providers_configure_multi"],
      example: `provider.create("openai", "mine", { api_key = "k" })
return provider.configure("mine", { type = "openai", api_key = "k", default_model = "gpt-5" }).default_model`,
      call(run, { name: own, config: { providers, strategy = "failover", timeout, failures, reset, agree, ...rest } }) {
        const fn = "provider.configure";
        const known = findAny(run, own);
        if (known.type === "pool") {
          const { members } = run.models.pools.get(own).config;
          const way = strategy in MULTI && strategy !== "fastest" ? MULTI[strategy as "primary"] : strategy;
          const config = { timeout, failures, reset, agree };
          replacePool(run, fn, { name: own, providers: providers ?? members, strategy: way as "failover", config });
          return describe(findAny(run, own));
        }
        const { type: _, name: __, ...provider } = coreConfig(rest.type ?? known.type, known.name, rest);
        authorizeConfig(run, fn, { ...provider, type: rest.type ?? known.type, name: known.name });
        return describe(run.models.configure(known.name, { ...provider, type: rest.type ?? known.type }));
      },
    }),
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
    remove: sync({
      doc: "Removes a provider from this run; the offline stand-in stays.",
      needs: { provider: "the provider" },
      params: name,
      result: "boolean",
      aliases: ["unregister", "destroy", "llm.providers_remove"],
      example: `${MOCK}return provider.remove("mock")`,
      call(run, args) {
        const known = owned(run, "provider.remove", args.name);
        metadataOf(run).delete(known);
        return run.models.pools.remove(known) || run.models.remove(known);
      },
    }),
    get_capabilities: sync({
      doc: "What the models of a provider can do.",
      params: name,
      result: "list<string>",
      example: 'return provider.get_capabilities("offline")[1]',
      call: (run, args) => findAny(run, args.name).capabilities,
    }),
    get_models: awaitable({
      doc: "The models of a provider: its own list where it has one, else those of the catalog.",
      needs: { provider: "the provider" },
      params: name,
      result: "list<ModelInfo>",
      example: 'return provider.get_models("offline")[1].id',
      call: async (run, args, signal) => (await scan(run, "provider.get_models", args.name, signal)).map(scriptModel),
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
    get_default: sync({
      doc: "The provider that answers when none is named.",
      result: "string",
      example: "return provider.get_default()",
      call(run) {
        const { provider, model } = run.models.default();
        return provider === "pool" ? model : provider;
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
        return scriptResponse(
          await ask(run, { fn: "provider.generate_with", question: prompt, opts: settings, signal }),
        );
      },
    }),
    ...templateFunctions,
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
  },
});
