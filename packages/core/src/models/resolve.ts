import { SpellError } from "@llmspell/errors";
import { didYouMean } from "../suggest.js";
import { setting, type Env, type ProviderEntry } from "./config.js";
import type { ModelRef } from "./model-ref.js";
import { PROVIDER_ALIASES } from "./providers.js";

/** The prefix of the ids of pools. */
export const POOL = "pool";
export const OFFLINE = "offline";

/** What a model is asked for; each has its own default models. */
export type Purpose = "chat" | "embedding";

/** Where names of models lead to. */
export interface Resolver {
  resolve(model?: string, provider?: string): ModelRef;
  default(): ModelRef & { reason: string };
}

/** The name under which a provider is known. */
export function canonical(name: string): string {
  return Object.hasOwn(PROVIDER_ALIASES, name) ? (PROVIDER_ALIASES[name] ?? name) : name;
}

/** @throws SpellError `NOT_FOUND`. */
export function findProvider(entries: ReadonlyMap<string, ProviderEntry>, name: string): ProviderEntry {
  const entry = entries.get(canonical(name));
  if (entry !== undefined) return entry;
  const known = [...entries.keys()];
  const message = `there is no provider named '${name}'${didYouMean(name, known)} (known: ${known.join(", ")})`;
  throw new SpellError("NOT_FOUND", message, { details: { provider: name, known } });
}

/**
 * A model of a provider, its default when none is named.
 *
 * @throws SpellError `PROVIDER_AUTH`, `INVALID_ARGUMENT`, `NOT_FOUND`, `UNSUPPORTED`.
 */
export function modelOf(entry: ProviderEntry, model: string | undefined, purpose: Purpose): ModelRef {
  const { name } = entry;
  if (entry.missing !== undefined) throw notConfigured(entry);
  if (purpose === "embedding" && entry.kind.connectEmbeddings === undefined)
    throw new SpellError("UNSUPPORTED", `provider '${name}' has no embedding models`, { details: { provider: name } });
  const standard = defaultOf(entry, purpose);
  const chosen = model ?? standard;
  if (chosen === undefined || chosen === "") {
    throw new SpellError(
      "INVALID_ARGUMENT",
      `provider '${name}' has no default ${purpose === "chat" ? "model" : "embedding model"}: name one, e.g. '${name}:some-model'`,
    );
  }
  const offline = entry.type === OFFLINE;
  if (offline && chosen !== standard)
    throw new SpellError("NOT_FOUND", `the offline stand-in has no model '${chosen}', only '${standard}'`);
  return { id: `${name}:${chosen}`, provider: name, model: chosen, offline };
}

export function notConfigured({ name, missing = "" }: ProviderEntry): SpellError {
  return new SpellError("PROVIDER_AUTH", `provider '${name}' ${missing}`, { details: { provider: name } });
}

function defaultOf(entry: ProviderEntry, purpose: Purpose): string | undefined {
  return purpose === "chat" ? entry.defaultModel : entry.embeddingModel;
}

export function createResolver(
  purpose: Purpose,
  {
    entries,
    settings,
    env,
    pools,
  }: {
    entries: ReadonlyMap<string, ProviderEntry>;
    settings: { readonly default: string | undefined };
    env: Env;
    pools: { has(name: string): boolean };
  },
): Resolver {
  const firstConfigured = (): ProviderEntry | undefined =>
    [...entries.values()].find(
      (entry) => entry.missing === undefined && entry.type !== OFFLINE && defaultOf(entry, purpose) !== undefined,
    );

  // The provider of the configured default, so that a bare model name goes to the same place.
  const defaultProvider = (): ProviderEntry | undefined => {
    for (const wanted of [settings.default, setting(env, "LLMSPELL_MODEL")]) {
      const entry = wanted === undefined ? undefined : entries.get(canonical(wanted.split(":", 1)[0] ?? ""));
      if (entry !== undefined && entry.type !== OFFLINE) return entry;
    }
    return firstConfigured();
  };

  const poolRef = (name: string): ModelRef => {
    if (purpose === "embedding") throw new SpellError("UNSUPPORTED", "a pool has no embedding models");
    if (!pools.has(name)) throw new SpellError("NOT_FOUND", `there is no pool named '${name}'`);
    return { id: `${POOL}:${name}`, provider: POOL, model: name, offline: false };
  };

  const parse = (model: string): ModelRef => {
    const colon = model.indexOf(":");
    const prefix = colon < 0 ? model : model.slice(0, colon);
    if (prefix === POOL && colon > 0) return poolRef(model.slice(colon + 1));
    const entry = entries.get(canonical(prefix));
    if (entry !== undefined) return modelOf(entry, colon < 0 ? undefined : model.slice(colon + 1), purpose);
    if (pools.has(model)) return poolRef(model);
    const fallback = defaultProvider();
    if (fallback !== undefined) return modelOf(fallback, model, purpose);
    throw new SpellError(
      "PROVIDER_AUTH",
      `no provider is configured that could run '${model}': ${adviceFor(entries.values())}`,
      { details: { model } },
    );
  };

  const standard = (): ModelRef & { reason: string } => {
    const fromEnv = setting(env, "LLMSPELL_MODEL");
    const named = purpose === "chat" ? [settings.default, fromEnv] : [];
    if (named[0]) return { ...parse(named[0]), reason: "models.default in the configuration" };
    if (named[1] !== undefined) return { ...parse(named[1]), reason: "LLMSPELL_MODEL in the environment" };
    const first = firstConfigured();
    if (first !== undefined)
      return { ...modelOf(first, undefined, purpose), reason: `'${first.name}' is the first configured provider` };
    const offline = findProvider(entries, OFFLINE);
    return { ...modelOf(offline, undefined, purpose), reason: "no provider is configured" };
  };

  return {
    default: standard,
    resolve(model, provider) {
      const wanted = model?.trim() || undefined;
      if (provider === POOL && wanted !== undefined) return poolRef(wanted.replace(/^pool:/, ""));
      if (provider !== undefined && provider !== "") {
        if (!entries.has(canonical(provider)) && pools.has(provider)) return poolRef(provider);
        const entry = findProvider(entries, provider);
        const prefix = [provider, entry.name].find((name) => wanted?.startsWith(`${name}:`));
        return modelOf(entry, prefix === undefined ? wanted : wanted?.slice(prefix.length + 1), purpose);
      }
      if (wanted !== undefined) return parse(wanted);
      const { reason: _reason, ...ref } = standard();
      return ref;
    },
  };
}

function adviceFor(entries: Iterable<ProviderEntry>): string {
  const advice = [...entries].flatMap(({ name, missing }) => (missing === undefined ? [] : [`'${name}' ${missing}`]));
  return advice.join("; ");
}
