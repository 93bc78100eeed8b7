import { defined } from "../json.js";
import { isReference, type ModelsConfig, type ProviderConfig, type ProviderEntry, type Secret } from "./config.js";
import type { ProviderTypes } from "./provider-types.js";
import { OFFLINE } from "./resolve.js";

/** A configuration that can be shown and stored. */
export interface ExportedConfig {
  /** Makes the same providers again. In the place of each secret is the name of an environment variable. */
  config: ModelsConfig;
  /** The secrets that were written out here, and the variables to set to them elsewhere. */
  secrets: { provider: string; field: string; env: string }[];
  /** Providers made of functions of the host, which no data can describe. */
  skipped: string[];
}

/** The providers of `entries` as data without secrets. */
export function exportProviders(
  entries: Iterable<ProviderEntry>,
  types: ProviderTypes,
): ExportedConfig & { config: { providers: Record<string, ProviderConfig> } } {
  const providers: Record<string, ProviderConfig> = {};
  const secrets: ExportedConfig["secrets"] = [];
  const skipped: string[] = [];
  for (const entry of entries) {
    if (!entry.named || entry.type === OFFLINE) continue;
    if (entry.type === "custom") skipped.push(entry.name);
    else providers[entry.name] = exportProvider(entry, types, secrets);
  }
  return { config: { providers }, secrets, skipped };
}

function exportProvider(
  entry: ProviderEntry,
  types: ProviderTypes,
  secrets: ExportedConfig["secrets"],
): ProviderConfig {
  const { name, type, config = {}, apiKey, apiKeyEnv, baseURL, kind, defaultModel, embeddingModel } = entry;
  const hide = (field: string, value: unknown, key = field): Secret => {
    if (isReference(value)) return value;
    const env = `${name}_${key}`.replaceAll(/[^a-zA-Z0-9]+/g, "_").toUpperCase();
    secrets.push({ provider: name, field, env });
    return { env };
  };
  const map = <T>(values: Record<string, unknown> | undefined, each: (name: string, value: unknown) => T) =>
    values && Object.fromEntries(Object.entries(values).map(([field, value]) => [field, each(field, value)]));
  const options = types.find(type)?.options ?? {};
  return {
    type,
    ...defined({
      apiKey:
        apiKeyEnv === undefined
          ? apiKey === undefined
            ? undefined
            : hide("apiKey", apiKey, "api_key")
          : { env: apiKeyEnv },
      baseURL: baseURL === kind.baseURL ? undefined : baseURL,
      // Any header may be a key; what is none is better lost than shown.
      headers: map(config.headers, (header, value) => hide(`headers.${header}`, value)),
      defaultModel,
      embeddingModel,
      limits: config.limits,
      options: map(config.options, (option, value) =>
        options[option]?.secret === true ? hide(`options.${option}`, value) : value,
      ),
    }),
  };
}
