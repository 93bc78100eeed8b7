import type { ModelPool, NewProvider, ProviderInfo } from "@llmspell/core";
import type { ScriptObject } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { perRun } from "../../run/per-run.js";

/** The parameter that says which provider. */
export const name = { name: t.name };

const secret = t.union(t.string, t.object({ env: t.string }));

export const configFields = {
  type: t.optional(t.string),
  name: t.optional(t.name),
  api_key: t.optional(secret),
  base_url: t.optional(t.string),
  headers: t.optional(t.table),
  default_model: t.optional(t.string),
  embedding_model: t.optional(t.string),
  options: t.optional(t.table),
  limits: t.optional(t.table),
};

/** What a provider is configured with. A key is a text, or the name of an environment variable: `{ env = "MY_KEY" }`. */
export const configType = t.object(configFields, "ProviderConfig");
export type ScriptConfig = ReturnType<typeof configType.check>;

/** Providers as a spell may see them: never a key, an address or a header. */
export function describe(info: ProviderInfo): ScriptObject {
  return {
    name: info.name,
    type: info.type,
    configured: info.configured,
    default_model: info.defaultModel ?? null,
    capabilities: info.capabilities,
  };
}

const asProvider = ({ name }: ModelPool): ProviderInfo => ({
  name,
  type: "pool",
  configured: true,
  capabilities: ["chat", "streaming", "tools"],
});

export function allProviders(run: RunContext): ProviderInfo[] {
  return [...run.models.list(), ...run.models.pools.list().map(asProvider)];
}

/** The name that a provider is known by. */
export const providerName = (name: string): string => (name === "gemini" ? "google" : name);

/** @throws SpellError `NOT_FOUND`. */
export function findAny(run: RunContext, name: string): ProviderInfo {
  const wanted = providerName(name);
  const found = allProviders(run).find((candidate) => candidate.name === wanted);
  if (found !== undefined) return found;
  throw new SpellError("NOT_FOUND", `there is no provider named '${name}'`, { details: { provider: name } });
}

/** A provider that the run may configure: its name. */
export function owned(run: RunContext, fn: string, provider: string): string {
  const known = findAny(run, provider).name;
  run.authorize(fn, "provider", known);
  return known;
}

/** What a spell keeps beside a provider. */
export const metadataOf = perRun(() => new Map<string, ScriptObject>());

/** A configuration as the framework has it. */
export function coreConfig(type: string, name: string, config: ScriptConfig): NewProvider {
  const { api_key, base_url, default_model, embedding_model, headers, options, limits } = config;
  const fields = {
    apiKey: api_key,
    baseURL: base_url,
    headers,
    defaultModel: default_model,
    embeddingModel: embedding_model,
    options,
    limits,
  };
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { type, name, ...Object.fromEntries(given) } as NewProvider;
}

/**
 * Whether the run may configure such a provider. A variable that goes to an address of the spell's
 * choice, or to another provider than the one that it is for, must be granted, and so must the address.
 */
export function authorizeConfig(run: RunContext, fn: string, provider: NewProvider): void {
  const { name, type, baseURL } = provider;
  run.authorize(fn, "provider", name ?? type);
  const { name: known, type: really, variables } = run.models.check(provider);
  const names = run.models.types.discover().flatMap((each) => (each.type === really ? [] : each.providers));
  const ownKey = baseURL === undefined && !names.includes(known);
  const refers = [provider.apiKey, ...Object.values(provider.headers ?? {}), ...Object.values(provider.options ?? {})];
  const free = ownKey && refers.every((value) => typeof value !== "object");
  if (baseURL !== undefined) run.authorize(fn, "network", new URL(baseURL).hostname);
  if (!free) for (const variable of variables) run.authorize(fn, "env", variable);
}

export function createProvider(
  run: RunContext,
  fn: string,
  type: string,
  name: string,
  config: ScriptConfig,
): ProviderInfo {
  const provider = coreConfig(type, name, config);
  authorizeConfig(run, fn, provider);
  return run.models.create(provider);
}
