import { SpellError } from "@llmspell/errors";
import { isRecord } from "../json.js";
import { didYouMean } from "../suggest.js";
import { ANSWER_LIMITS, type AnswerLimits } from "./provider-model.js";
import {
  BUILT_IN_PROVIDERS,
  PROVIDER_KINDS,
  type ModelFactory,
  type ProviderKind,
  type ProviderType,
} from "./providers.js";

/** One provider in the configuration. `type` may be left out for built-in names; other names default to `openai-compatible`. */
export interface ProviderConfig {
  type?: ProviderType;
  apiKey?: string;
  /** Up to and including the version, e.g. `http://127.0.0.1:11434/v1`. */
  baseURL?: string;
  headers?: Record<string, string>;
  defaultModel?: string;
  limits?: AnswerLimits;
}

/** The `models` part of a configuration file. */
export interface ModelsConfig {
  /** `provider:model`, or a model of the default provider. */
  default?: string;
  providers?: Record<string, ProviderConfig>;
}

/** A provider made by the host, e.g. for scripted models. */
export interface CustomProvider {
  type: "custom";
  create: ModelFactory;
  defaultModel?: string;
  limits?: AnswerLimits;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** A provider with everything decided. Holds the key: never return it from a public function. */
export interface ProviderEntry {
  name: string;
  type: ProviderType;
  kind: ProviderKind;
  apiKey: string | undefined;
  baseURL: string | undefined;
  headers: Record<string, string>;
  defaultModel: string | undefined;
  limits: Required<AnswerLimits>;
  /** Whether somebody named it, in the configuration or by an environment variable. */
  named: boolean;
  /** What to do to make it usable; undefined when it is. */
  missing: string | undefined;
}

const FIELDS = ["type", "apiKey", "baseURL", "headers", "defaultModel", "limits"];

/**
 * Joins what is built in, the environment and the configuration, which wins.
 *
 * @throws SpellError `CONFIG_INVALID` naming the field.
 */
export function providerEntry(
  name: string,
  config: ProviderConfig | CustomProvider | undefined,
  env: Env,
): ProviderEntry {
  if (!/^[a-zA-Z][\w.-]{0,63}$/.test(name))
    throw invalid(name, "a provider's name is a letter and up to 63 letters, digits, '.', '_' or '-'");
  if (config !== undefined && isCustom(config)) return customEntry(name, config);
  checkFields(name, config);
  const builtIn = Object.hasOwn(BUILT_IN_PROVIDERS, name) ? BUILT_IN_PROVIDERS[name] : undefined;
  const type = config?.type ?? builtIn?.type ?? "openai-compatible";
  if (!Object.hasOwn(PROVIDER_KINDS, type) || type === "custom") {
    throw invalid(name, `'type' must be one of ${Object.keys(PROVIDER_KINDS).join(", ")}`);
  }
  const kind = PROVIDER_KINDS[type];
  const envURL = setting(env, builtIn?.baseURLEnv);
  const apiKey = config?.apiKey || builtIn?.keyEnv.map((key) => setting(env, key)).find((key) => key !== undefined);
  const baseURL = config?.baseURL || envURL || builtIn?.localURL || kind.baseURL;
  if (baseURL !== undefined && baseURL !== "") checkURL(name, baseURL);
  const named = config !== undefined || envURL !== undefined || apiKey !== undefined || type === "offline";
  const entry = {
    name,
    type,
    kind,
    apiKey,
    baseURL,
    named,
    headers: { ...config?.headers },
    defaultModel: config?.defaultModel ?? builtIn?.defaultModel,
    limits: limitsOf(name, config?.limits),
  };
  return { ...entry, missing: missingOf(entry, builtIn?.keyEnv ?? [], builtIn?.baseURLEnv) };
}

/** The value of an environment variable; an empty one counts as not set. */
export function setting(env: Env, name: string | undefined): string | undefined {
  const value = name === undefined ? undefined : env[name]?.trim();
  return value === "" ? undefined : value;
}

function missingOf(
  entry: Omit<ProviderEntry, "missing">,
  keyEnv: readonly string[],
  urlEnv: string | undefined,
): string | undefined {
  const place = `providers.${entry.name}`;
  if (entry.kind.needsKey && entry.apiKey === undefined) {
    return `has no key: set ${[...keyEnv, `${place}.apiKey`].join(" or ")} in llmspell.config.json`;
  }
  if (entry.baseURL === undefined) return `has no address: set ${place}.baseURL in llmspell.config.json`;
  return entry.named
    ? undefined
    : `is not configured: set ${urlEnv === undefined ? "" : `${urlEnv} or `}${place} in llmspell.config.json`;
}

function customEntry(name: string, custom: CustomProvider): ProviderEntry {
  if (typeof custom.create !== "function") throw invalid(name, "a custom provider needs a function 'create'");
  const kind: ProviderKind = {
    needsKey: false,
    capabilities: ["chat", "streaming", "tools"],
    connect: async () => custom.create,
  };
  const { defaultModel } = custom;
  return {
    name,
    type: "custom",
    kind,
    apiKey: undefined,
    baseURL: "",
    headers: {},
    defaultModel,
    limits: limitsOf(name, custom.limits),
    named: true,
    missing: undefined,
  };
}

function isCustom(config: ProviderConfig | CustomProvider): config is CustomProvider {
  return config.type === "custom";
}

function checkFields(name: string, config: unknown): void {
  if (config === undefined) return;
  if (!isRecord(config)) throw invalid(name, "it must be an object");
  for (const [field, value] of Object.entries(config)) {
    if (!FIELDS.includes(field)) throw invalid(name, `there is no field '${field}'${didYouMean(field, FIELDS)}`);
    if (field === "limits") continue;
    if (
      field === "headers"
        ? !isRecord(value) || !Object.values(value).every(isText)
        : value !== undefined && !isText(value)
    ) {
      throw invalid(name, field === "headers" ? "'headers' must be texts by name" : `'${field}' must be a text`);
    }
  }
}

// Node fires a longer timer at once.
const MOST = 2 ** 31 - 1;

function limitsOf(name: string, given: unknown = {}): Required<AnswerLimits> {
  if (!isRecord(given)) throw invalid(name, "'limits' must be an object");
  const known = Object.keys(ANSWER_LIMITS);
  for (const [field, value] of Object.entries(given)) {
    if (!known.includes(field)) throw invalid(name, `there is no limit '${field}'${didYouMean(field, known)}`);
    if (!Number.isInteger(value) || !(Number(value) > 0) || Number(value) > MOST)
      throw invalid(name, `'limits.${field}' must be a whole number from 1 to ${MOST}`);
  }
  return { ...ANSWER_LIMITS, ...given };
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function checkURL(name: string, baseURL: string): void {
  if (!/^https?:\/\//i.test(baseURL) || !URL.canParse(baseURL))
    throw invalid(name, "'baseURL' must be an http or https URL");
  const { username, password } = new URL(baseURL);
  if (username !== "" || password !== "")
    throw invalid(name, "'baseURL' must not hold a user name or password; use 'headers'");
}

function invalid(name: string, reason: string): SpellError {
  return new SpellError("CONFIG_INVALID", `providers.${name}: ${reason}`, { details: { provider: name } });
}
