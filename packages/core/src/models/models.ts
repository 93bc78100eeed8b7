import { SpellError } from "@llmspell/errors";
import type { EmbeddingModelV3, LanguageModelV3 } from "@ai-sdk/provider";
import { parseJson } from "../formats/json.js";
import { defined } from "../json.js";
import { asEntry, createCatalog, type Catalog } from "./catalog/catalog.js";
import {
  checkModelsConfig,
  checkProviderName,
  newProvider,
  providerEntry,
  type CustomProvider,
  type Env,
  type ModelsConfig,
  type NewProvider,
  type ProviderConfig,
  type ProviderEntry,
} from "./config.js";
import { countedEmbedding } from "./embeddings/counted-embedding.js";
import type { ModelInfo } from "./catalog/model-info.js";
import { liveModels } from "./live-models.js";
import type { ModelRef } from "./model-ref.js";
import { createPools, type Pools } from "./pool/pools.js";
import { exportProviders, type ExportedConfig } from "./portable-config.js";
import { createProviderTypes, type ProviderTypes } from "./provider-types.js";
import { providerFetch } from "./provider-fetch.js";
import { noCounts, providerModel, type UsageCounters } from "./provider-model.js";
import { BUILT_IN_PROVIDERS, type ProviderSettings, type ProviderType } from "./providers.js";
import { readRateLimits, type RateLimits } from "./rate-limits.js";
import {
  canonical,
  createResolver,
  findProvider,
  modelOf,
  notConfigured,
  OFFLINE,
  POOL,
  type Resolver,
} from "./resolve.js";
import { keepSecrets } from "../secrets.js";

/** What may be shown of a provider; never a key. */
export interface ProviderInfo {
  name: string;
  type: ProviderType;
  configured: boolean;
  /** What to set to make it usable. */
  missing?: string;
  baseURL?: string;
  defaultModel?: string;
  embeddingModel?: string;
  capabilities: string[];
}

/** The models that turn texts into vectors. */
export interface EmbeddingModels {
  /** As `Models.resolve`; the default is that of the first configured provider that has one, else `offline:lexical-hash`. */
  resolve(model?: string, provider?: string): ModelRef;
  load(ref: ModelRef): Promise<EmbeddingModelV3>;
}

/** The model providers of one application. */
export interface Models {
  /**
   * Decides which model is meant. `model` is `provider:model`, a model of the
   * given or default provider, the name of a provider for its default model, or
   * that of a pool (`pool:name`); without it the default is taken. A prefix counts
   * only when it is a known provider: `llama3.2:1b` is a model.
   *
   * @throws SpellError `NOT_FOUND` for an unknown provider, `PROVIDER_AUTH`
   *   saying what to set for one that is not configured.
   */
  resolve(model?: string, provider?: string): ModelRef;
  /**
   * The model used when nobody names one, and why: the configuration, then
   * `LLMSPELL_MODEL`, then the first configured provider, then `offline:demo`.
   */
  default(): ModelRef & { reason: string };
  /** Makes a model, or the default model of a provider or pool, the default; without one the order of {@link default} holds. @throws as `resolve`. */
  setDefault(id: string | undefined): void;
  /**
   * The same providers, pools and models, to which changes stay in the fork. Its default
   * is that of the origin, whatever is added. Usage, quotas and the health of the pools are those of the origin.
   */
  fork(): Models;
  /** The model itself; its provider's code is imported on first use. */
  load(ref: ModelRef): Promise<LanguageModelV3>;
  list(): ProviderInfo[];
  /** Adds a provider. @throws SpellError `ALREADY_EXISTS`, `CONFIG_INVALID`. */
  register(name: string, provider: ProviderConfig | CustomProvider): ProviderInfo;
  /**
   * Adds a provider described by data, or by JSON: `{"type": "openai", "apiKey": {"env": "MY_KEY"}}`.
   * Without a name it gets that of its type.
   *
   * @throws SpellError `CONFIG_INVALID` naming the field and, for the type, those that are known;
   *   `ALREADY_EXISTS`; `SYNTAX_ERROR` for JSON that is none.
   */
  create(provider: NewProvider | string): ProviderInfo;
  /**
   * What {@link create} would make, without making it. `variables` are those of the environment that
   * it would read secrets from, by a reference or because of its name or type.
   *
   * @throws SpellError as `create`, but not `ALREADY_EXISTS` for a provider.
   */
  check(provider: NewProvider | string): ProviderInfo & { variables: string[] };
  /** Replaces the configuration of a known provider. @throws SpellError `NOT_FOUND`, `CONFIG_INVALID`. */
  configure(name: string, config: ProviderConfig): ProviderInfo;
  /** Whether there was such a provider. The offline stand-in stays. */
  remove(name: string): boolean;
  /** Calls and tokens since the start, of one provider or of all. */
  usage(name?: string): UsageCounters;
  /** The quotas that a provider told with its last answer that told any. @throws SpellError `NOT_FOUND`. */
  rateLimits(name: string): RateLimits | undefined;
  /**
   * Asks a provider which models it has; the catalog learns those that it does not know. Without
   * such a list (custom providers, the offline stand-in) it is what the catalog has.
   *
   * @throws SpellError `PROVIDER_AUTH` also for a wrong key, `PROVIDER_*`, `TIMEOUT`, `CANCELLED`.
   */
  scan(name: string, options?: { signal?: AbortSignal }): Promise<{ models: ModelInfo[]; added: string[] }>;
  /** The providers and pools as data without secrets. */
  exportConfig(): ExportedConfig;
  /** Adds or replaces everything that `config` describes, or nothing. @throws SpellError `CONFIG_INVALID`. */
  importConfig(config: ModelsConfig): ProviderInfo[];
  /** Ways of speaking to providers; the host can define more. */
  readonly types: ProviderTypes;
  /** What is known of models. */
  readonly catalog: Catalog;
  /** Several models as one. */
  readonly pools: Pools;
  readonly embeddings: EmbeddingModels;
}

/**
 * The providers that `config` and `env` describe, besides the built-in ones.
 * Nothing is imported and nothing is connected yet.
 *
 * @example
 * const models = createModels({ env: process.env });
 * const model = await models.load(models.resolve("anthropic:claude-sonnet-5"));
 * @throws SpellError `CONFIG_INVALID` naming the field.
 */
export function createModels(options: { config?: ModelsConfig; env?: Env } = {}): Models {
  if (options.config !== undefined) checkModelsConfig(options.config);
  return makeModels(options);
}

/** What a fork takes from its origin. */
interface Origin extends Pick<Models, "types" | "catalog" | "pools" | "load" | "embeddings"> {
  entries: ReadonlyMap<string, ProviderEntry>;
  counters: Map<string, UsageCounters>;
  rateLimits: Map<string, RateLimits>;
}

function makeModels({ config = {}, env = {} }: { config?: ModelsConfig; env?: Env }, origin?: Origin): Models {
  const types = origin?.types ?? createProviderTypes();
  const entries = new Map<string, ProviderEntry>(origin?.entries);
  const counters = origin?.counters ?? new Map<string, UsageCounters>();
  const rateLimits = origin?.rateLimits ?? new Map<string, RateLimits>();
  const loaded = new Map<string, Promise<LanguageModelV3>>();
  const loadedEmbeddings = new Map<string, Promise<EmbeddingModelV3>>();
  let ownCatalog: Catalog | undefined;
  const catalog = (): Catalog => {
    ownCatalog ??= createCatalog(origin === undefined ? config.catalog : origin.catalog.list().map(asEntry), (name) =>
      originalOf(entries.get(canonical(name))),
    );
    return ownCatalog;
  };
  const settings = { default: config.default };

  const forget = (name: string): void => {
    for (const cache of [loaded, loadedEmbeddings]) {
      for (const id of cache.keys()) if (id.startsWith(`${name}:`)) cache.delete(id);
    }
  };
  const entryOf = (name: string, provider?: ProviderConfig | CustomProvider): ProviderEntry => {
    if (name === POOL || pools.has(name)) throw exists(name, "pool");
    return providerEntry(name, provider, { env, types });
  };
  const put = (entry: ProviderEntry): ProviderInfo => {
    entries.set(entry.name, entry);
    forget(entry.name);
    return info(entry);
  };
  const find = (name: string): ProviderEntry => findProvider(entries, name);
  const countersOf = (name: string): UsageCounters => {
    const known = counters.get(name) ?? noCounts();
    counters.set(name, known);
    return known;
  };
  const settingsOf = (entry: ProviderEntry, model: string, leastBytes = 0): ProviderSettings => {
    const { name, apiKey, headers, options, limits, baseURL = "" } = entry;
    const heard = (told: Headers): void => {
      const read = readRateLimits(told);
      if (read !== undefined) rateLimits.set(name, read);
    };
    const fetch = providerFetch({ provider: name, model, maxBytes: Math.max(limits.maxBytes, leastBytes), heard });
    return { name, apiKey, baseURL, headers, options, fetch };
  };

  /** Whether a provider is that of the origin, whose models are then used. */
  const inherited = (entry: ProviderEntry): boolean => origin?.entries.get(entry.name) === entry;
  const load = async (ref: ModelRef): Promise<LanguageModelV3> => {
    if (ref.provider === POOL) return pools.get(ref.model).model;
    const entry = find(ref.provider);
    if (origin !== undefined && inherited(entry)) return await origin.load(ref);
    modelOf(entry, ref.model, "chat");
    return await once(loaded, ref.id, async () => {
      const create = await entry.kind.connect(settingsOf(entry, ref.model));
      return guarded(entry, providerModel(create(ref.model), entry.name, countersOf(entry.name), entry.limits));
    });
  };
  const pools = createPools({
    async load(id) {
      const ref = chat.resolve(id);
      if (ref.provider === POOL) throw new SpellError("INVALID_ARGUMENT", `a pool cannot be in a pool, as '${id}' is`);
      return await load(ref);
    },
    checkName(name) {
      checkProviderName(name);
      if (entries.has(canonical(name))) throw exists(name, "provider");
    },
    known: origin?.pools.list() ?? [],
  });
  const chat = createResolver("chat", { entries, settings, env, pools });
  const vectors = createResolver("embedding", { entries, settings, env, pools });

  if (origin === undefined) {
    // A wrong entry is to be told now; what is known by itself is read when it is first wanted.
    if (config.catalog !== undefined) catalog();
    // Named providers come first: their order is the order of the defaults.
    for (const [name, provider] of Object.entries(config.providers ?? {})) put(entryOf(canonical(name), provider));
    for (const name of Object.keys(BUILT_IN_PROVIDERS)) if (!entries.has(name)) put(entryOf(name));
    for (const [name, pool] of Object.entries(config.pools ?? {})) pools.add(name, pool);
  }

  const register = (name: string, provider: ProviderConfig | CustomProvider): ProviderInfo => {
    if (entries.has(canonical(name))) throw exists(name, "provider");
    return put(entryOf(name, provider));
  };

  /** A built-in provider stands for a type too: `ollama` is its type at its address. */
  const asBuiltIn = ({ type, ...rest }: ProviderConfig & { type: string }): ProviderConfig => {
    const known = canonical(type);
    const model = types.find(known) === undefined ? BUILT_IN_PROVIDERS[known] : undefined;
    const { baseURL, defaultModel } = (model && entries.get(known)) ?? {};
    return { type: model?.type ?? known, ...defined({ baseURL, defaultModel }), ...rest };
  };
  const described = (provider: NewProvider | string): ProviderEntry => {
    const { name, ...rest } = typeof provider === "string" ? newProvider(parseJson(provider)) : newProvider(provider);
    return entryOf(canonical(name ?? rest.type), asBuiltIn(rest));
  };

  const models: Models = {
    types,
    get catalog() {
      return catalog();
    },
    pools,
    load,
    register,
    resolve: chat.resolve,
    default: chat.default,
    setDefault(id) {
      if (id !== undefined) chat.resolve(id);
      settings.default = id;
    },
    fork() {
      const standard = settings.default ?? defaultId(chat);
      const config = defined({ default: standard });
      return makeModels({ config, env }, { ...models, entries, counters, rateLimits });
    },
    list: () => [...entries.values()].map(info),
    check(provider) {
      const entry = described(provider);
      return { ...info(entry), variables: [...entry.variables] };
    },
    create(provider) {
      const entry = described(provider);
      // A built-in provider that nobody has named is there to be taken.
      if (entries.get(entry.name)?.named === true) throw exists(entry.name, "provider");
      return put(entry);
    },
    configure: (name, provider) => put(entryOf(find(name).name, provider)),
    remove(name) {
      const known = canonical(name);
      if (known === OFFLINE) return false;
      forget(known);
      return entries.delete(known);
    },
    usage(name) {
      if (name !== undefined) return { ...countersOf(find(name).name) };
      const total = noCounts();
      for (const each of counters.values())
        for (const [field, count] of Object.entries(each)) total[field as keyof UsageCounters] += count;
      return total;
    },
    rateLimits: (name) => structuredClone(rateLimits.get(find(name).name)),
    async scan(name, { signal } = {}) {
      const entry = find(name);
      if (entry.missing !== undefined) throw notConfigured(entry);
      const { secrets } = entry;
      const live = await liveModels(entry.type, settingsOf(entry, ""), { secrets, signal });
      const known = catalog();
      if (live === undefined) return { models: known.list({ provider: entry.name }), added: [] };
      const added = live.filter(({ provider, model }) => known.find(`${provider}:${model}`) === undefined);
      known.add(...added);
      return {
        models: live.map(({ provider, model }) => known.get(`${provider}:${model}`)),
        added: added.map(({ provider, model }) => `${provider}:${model}`),
      };
    },
    exportConfig() {
      const exported = exportProviders(entries.values(), types);
      const asData = pools.describe();
      return {
        ...exported,
        config: {
          ...(settings.default === undefined ? {} : { default: settings.default }),
          ...exported.config,
          ...(Object.keys(asData).length === 0 ? {} : { pools: asData }),
        },
      };
    },
    importConfig(imported) {
      checkModelsConfig(imported);
      const made = Object.entries(imported.providers ?? {}).map(([name, each]) => entryOf(canonical(name), each));
      pools.replace(imported.pools ?? {});
      catalog().add(...(imported.catalog ?? []));
      settings.default = imported.default ?? settings.default;
      return made.map(put);
    },
    embeddings: {
      resolve: vectors.resolve,
      async load(ref) {
        const entry = find(ref.provider);
        if (origin !== undefined && inherited(entry)) return await origin.embeddings.load(ref);
        modelOf(entry, ref.model, "embedding");
        return await once(loadedEmbeddings, ref.id, async () => {
          const create = await entry.kind.connectEmbeddings?.(settingsOf(entry, ref.model, VECTOR_BYTES));
          if (create === undefined) throw new SpellError("UNSUPPORTED", `'${entry.name}' has no embedding models`);
          return guarded(entry, countedEmbedding(create(ref.model), entry.name, countersOf(entry.name), entry.limits));
        });
      },
    },
  };
  return models;
}

/** The default model, where there is one. */
function defaultId(resolver: Resolver): string | undefined {
  try {
    return resolver.default().id;
  } catch {
    return undefined;
  }
}

/** Bytes that an answer of vectors may have at least: 2048 of 3072 numbers are 130 MB of JSON. */
const VECTOR_BYTES = 256 * 1024 * 1024;

/** The built-in provider that is asked under another name, at its own address. */
function originalOf(entry: ProviderEntry | undefined): string | undefined {
  if (entry === undefined || !Object.hasOwn(BUILT_IN_PROVIDERS, entry.type)) return undefined;
  return entry.baseURL === entry.kind.baseURL ? entry.type : undefined;
}

/** A load that failed is tried again next time. */
async function once<T>(cache: Map<string, Promise<T>>, id: string, load: () => Promise<T>): Promise<T> {
  const model = cache.get(id) ?? load();
  cache.set(id, model);
  model.catch(() => cache.get(id) === model && cache.delete(id));
  return await model;
}

function guarded<T extends object>({ secrets }: ProviderEntry, model: T): T {
  keepSecrets(model, secrets);
  return model;
}

function exists(name: string, what: string): SpellError {
  return new SpellError("ALREADY_EXISTS", `there already is a ${what} named '${name}'`, {
    details: { [what]: name },
  });
}

function info({ name, type, missing, baseURL, defaultModel, embeddingModel, kind }: ProviderEntry): ProviderInfo {
  return {
    name,
    type,
    configured: missing === undefined,
    ...(missing === undefined ? {} : { missing }),
    ...(baseURL ? { baseURL } : {}),
    ...defined({ defaultModel, embeddingModel }),
    capabilities: [...kind.capabilities],
  };
}
