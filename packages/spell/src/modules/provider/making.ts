import { SpellError } from "@llmspell/errors";
import { sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import {
  authorizeConfig,
  configFields,
  coreConfig,
  createProvider,
  describe,
  findAny,
  metadataOf,
  owned,
  name,
} from "./describe.js";
import { createMock, responsesType } from "./mock.js";
import { addPool, poolConfigType, poolOptions, replacePool, strategies } from "./pool.js";

const MOCK = 'provider.create_mock("mock", { "Hello" })\n';

/** What go-llms called the ways to ask several providers. */
const multiStrategies = t.oneOf("fastest", "primary", "consensus");
const MULTI = { fastest: "fastest_first", primary: "failover", consensus: "consensus" } as const;

const createConfig = t.object(
  { ...configFields, responses: t.optional(responsesType), generate: t.optional(t.fn) },
  "NewProvider",
);

/** Adding, changing and removing providers. */
export const makingFunctions = {
  create: sync({
    doc: "Adds a provider of a type (see list_templates; `mock` has `responses`, `custom` a function `generate`), or of a table that has everything.",
    needs: { provider: "the provider" },
    mayNeed: {
      env: "the variable of a key that goes to another place than its own",
      network: "the host of base_url",
    },
    params: {
      type: t.union(t.string, createConfig),
      name: t.optional(t.name),
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
    params: { type: t.string, name: t.optional(t.name) },
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
};
