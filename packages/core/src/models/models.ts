import { SpellError } from "@llmspell/errors";
import type { LanguageModelV3 } from "@ai-sdk/provider";
import { didYouMean } from "../suggest.js";
import {
  providerEntry,
  setting,
  type CustomProvider,
  type Env,
  type ModelsConfig,
  type ProviderConfig,
  type ProviderEntry,
} from "./config.js";
import type { ModelRef } from "./model-ref.js";
import { BUILT_IN_PROVIDERS, PROVIDER_ALIASES, type ProviderType } from "./providers.js";
import { providerFetch } from "./provider-fetch.js";
import { noCounts, providerModel, type UsageCounters } from "./provider-model.js";
import { readRateLimits, type RateLimits } from "./rate-limits.js";
import { keepSecrets } from "./secrets.js";

/** What may be shown of a provider; never a key. */
export interface ProviderInfo {
  name: string;
  type: ProviderType;
  configured: boolean;
  /** What to set to make it usable. */
  missing?: string;
  baseURL?: string;
  defaultModel?: string;
  capabilities: string[];
}

/** The model providers of one application. */
export interface Models {
  /**
   * Decides which model is meant. `model` is `provider:model`, a model of the
   * given or default provider, or the name of a provider for its default model;
   * without it the default is taken. A prefix counts only when it is a known
   * provider: `llama3.2:1b` is a model.
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
  /** The model itself; its provider's code is imported on first use. */
  load(ref: ModelRef): Promise<LanguageModelV3>;
  list(): ProviderInfo[];
  /** Adds a provider. @throws SpellError `ALREADY_EXISTS`, `CONFIG_INVALID`. */
  register(name: string, provider: ProviderConfig | CustomProvider): ProviderInfo;
  /** Replaces the configuration of a known provider. @throws SpellError `NOT_FOUND`, `CONFIG_INVALID`. */
  configure(name: string, config: ProviderConfig): ProviderInfo;
  /** Whether there was such a provider. The offline stand-in stays. */
  remove(name: string): boolean;
  /** Calls and tokens since the start, of one provider or of all. */
  usage(name?: string): UsageCounters;
  /** The quotas that a provider told with its last answer that told any. @throws SpellError `NOT_FOUND`. */
  rateLimits(name: string): RateLimits | undefined;
}

const OFFLINE = "offline";

/**
 * The providers that `config` and `env` describe, besides the built-in ones.
 * Nothing is imported and nothing is connected yet.
 *
 * @example
 * const models = createModels({ env: process.env });
 * const model = await models.load(models.resolve("anthropic:claude-sonnet-5"));
 * @throws SpellError `CONFIG_INVALID` naming the field.
 */
export function createModels({ config = {}, env = {} }: { config?: ModelsConfig; env?: Env } = {}): Models {
  const entries = new Map<string, ProviderEntry>();
  const counters = new Map<string, UsageCounters>();
  const rateLimits = new Map<string, RateLimits>();
  const loaded = new Map<string, Promise<LanguageModelV3>>();

  const put = (name: string, provider?: ProviderConfig | CustomProvider): ProviderInfo => {
    const entry = providerEntry(name, provider, env);
    entries.set(name, entry);
    for (const id of loaded.keys()) if (id.startsWith(`${name}:`)) loaded.delete(id);
    return info(entry);
  };
  // Named providers come first: their order is the order of the defaults.
  for (const [name, provider] of Object.entries(config.providers ?? {})) put(canonical(name), provider);
  for (const name of Object.keys(BUILT_IN_PROVIDERS)) if (!entries.has(name)) put(name);

  const find = (name: string): ProviderEntry => {
    const entry = entries.get(canonical(name));
    if (entry !== undefined) return entry;
    const known = [...entries.keys()];
    const message = `there is no provider named '${name}'${didYouMean(name, known)} (known: ${known.join(", ")})`;
    throw new SpellError("NOT_FOUND", message, { details: { provider: name, known } });
  };

  const refOf = (entry: ProviderEntry, model: string | undefined): ModelRef => {
    if (entry.missing !== undefined) {
      throw new SpellError("PROVIDER_AUTH", `provider '${entry.name}' ${entry.missing}`, {
        details: { provider: entry.name },
      });
    }
    const chosen = model ?? entry.defaultModel;
    if (chosen === undefined || chosen === "") {
      throw new SpellError(
        "INVALID_ARGUMENT",
        `provider '${entry.name}' has no default model: name one, e.g. '${entry.name}:some-model'`,
      );
    }
    if (entry.type === OFFLINE && chosen !== entry.defaultModel) {
      throw new SpellError("NOT_FOUND", `the offline stand-in has no model '${chosen}', only '${entry.defaultModel}'`);
    }
    return { id: `${entry.name}:${chosen}`, provider: entry.name, model: chosen, offline: entry.type === OFFLINE };
  };

  const firstConfigured = (): ProviderEntry | undefined =>
    [...entries.values()].find(
      (entry) => entry.missing === undefined && entry.type !== OFFLINE && entry.defaultModel !== undefined,
    );

  const parse = (model: string): ModelRef => {
    const colon = model.indexOf(":");
    const prefix = colon < 0 ? model : model.slice(0, colon);
    const entry = entries.get(canonical(prefix));
    if (entry !== undefined) return refOf(entry, colon < 0 ? undefined : model.slice(colon + 1));
    const fallback = defaultProvider();
    if (fallback !== undefined) return refOf(fallback, model);
    const details = { model };
    throw new SpellError(
      "PROVIDER_AUTH",
      `no provider is configured that could run '${model}': ${adviceFor(entries.values())}`,
      { details },
    );
  };

  // The provider of the configured default, so that a bare model name goes to the same place.
  const defaultProvider = (): ProviderEntry | undefined => {
    for (const wanted of [config.default, setting(env, "LLMSPELL_MODEL")]) {
      const entry = wanted === undefined ? undefined : entries.get(canonical(wanted.split(":", 1)[0] ?? ""));
      if (entry !== undefined && entry.type !== OFFLINE) return entry;
    }
    return firstConfigured();
  };

  const models: Models = {
    resolve(model, provider) {
      const wanted = model?.trim() || undefined;
      if (provider !== undefined && provider !== "") {
        const entry = find(provider);
        const prefix = [provider, entry.name].find((name) => wanted?.startsWith(`${name}:`));
        return refOf(entry, prefix === undefined ? wanted : wanted?.slice(prefix.length + 1));
      }
      if (wanted !== undefined) return parse(wanted);
      const { reason: _reason, ...ref } = models.default();
      return ref;
    },
    default() {
      const fromEnv = setting(env, "LLMSPELL_MODEL");
      if (config.default) return { ...parse(config.default), reason: "models.default in the configuration" };
      if (fromEnv !== undefined) return { ...parse(fromEnv), reason: "LLMSPELL_MODEL in the environment" };
      const first = firstConfigured();
      if (first !== undefined)
        return { ...refOf(first, undefined), reason: `'${first.name}' is the first configured provider` };
      return { ...refOf(find(OFFLINE), undefined), reason: "no provider is configured" };
    },
    async load(ref) {
      const { id } = ref;
      const entry = find(ref.provider);
      refOf(entry, ref.model);
      const count = countersOf(entry.name);
      const model =
        loaded.get(id) ??
        connect(entry, ref.model, count, (headers) => {
          const told = readRateLimits(headers);
          if (told !== undefined) rateLimits.set(entry.name, told);
        });
      loaded.set(id, model);
      // A failed import is tried again next time.
      model.catch(() => loaded.get(id) === model && loaded.delete(id));
      return await model;
    },
    list: () => [...entries.values()].map(info),
    register(name, provider) {
      if (entries.has(canonical(name))) {
        throw new SpellError("ALREADY_EXISTS", `there already is a provider named '${name}'`, {
          details: { provider: name },
        });
      }
      return put(name, provider);
    },
    configure: (name, provider) => put(find(name).name, provider),
    remove(name) {
      const known = canonical(name);
      if (known === OFFLINE) return false;
      for (const id of loaded.keys()) if (id.startsWith(`${known}:`)) loaded.delete(id);
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
  };

  const countersOf = (name: string): UsageCounters => {
    const known = counters.get(name) ?? noCounts();
    counters.set(name, known);
    return known;
  };
  return models;
}

async function connect(
  entry: ProviderEntry,
  modelId: string,
  counters: UsageCounters,
  heard: (headers: Headers) => void,
): Promise<LanguageModelV3> {
  const { name, apiKey, headers, kind, limits, baseURL = "" } = entry;
  const fetch = providerFetch({ provider: name, model: modelId, maxBytes: limits.maxBytes, heard });
  const create = await kind.connect({ name, apiKey, baseURL, headers, fetch });
  const model = providerModel(create(modelId), name, counters, limits);
  keepSecrets(model, [apiKey, ...Object.values(headers)]);
  return model;
}

function canonical(name: string): string {
  return Object.hasOwn(PROVIDER_ALIASES, name) ? (PROVIDER_ALIASES[name] ?? name) : name;
}

function info({ name, type, missing, baseURL, defaultModel, kind }: ProviderEntry): ProviderInfo {
  return {
    name,
    type,
    configured: missing === undefined,
    ...(missing === undefined ? {} : { missing }),
    ...(baseURL ? { baseURL } : {}),
    ...(defaultModel === undefined ? {} : { defaultModel }),
    capabilities: [...kind.capabilities],
  };
}

function adviceFor(entries: Iterable<ProviderEntry>): string {
  const advice = [...entries].flatMap(({ name, missing }) => (missing === undefined ? [] : [`'${name}' ${missing}`]));
  return advice.join("; ");
}
