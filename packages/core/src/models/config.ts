import { SpellError } from "@llmspell/errors";
import { isRecord } from "../json.js";
import { didYouMean } from "../suggest.js";
import type { ModelEntry } from "./catalog/catalog.js";
import type { PoolConfig } from "./pool/pool.js";
import type { KnownType, ProviderTypes } from "./provider-types.js";
import { ANSWER_LIMITS, type AnswerLimits } from "./provider-model.js";
import {
  BUILT_IN_PROVIDERS,
  type EmbeddingFactory,
  type ModelFactory,
  type ProviderKind,
  type ProviderType,
} from "./providers.js";

/** A text that nobody else shall read, or the name of the environment variable that has it. */
export type Secret = string | { env: string };

/** One provider in the configuration. `type` may be left out for built-in names; other names default to `openai-compatible`. */
export interface ProviderConfig {
  type?: ProviderType;
  apiKey?: Secret;
  /** Up to and including the version, e.g. `http://127.0.0.1:11434/v1`. */
  baseURL?: string;
  headers?: Record<string, Secret>;
  defaultModel?: string;
  /** The model for vectors when none is named. */
  embeddingModel?: string;
  /** Of a type that the host defined. */
  options?: Record<string, unknown>;
  limits?: AnswerLimits;
}

/** The `models` part of a configuration file. */
export interface ModelsConfig {
  /** `provider:model`, or a model of the default provider. */
  default?: string;
  providers?: Record<string, ProviderConfig>;
  /** Pools by name. */
  pools?: Record<string, PoolConfig>;
  /** What is known of models besides the built-in catalog. */
  catalog?: ModelEntry[];
}

/** A provider made by the host, e.g. for scripted models. */
export interface CustomProvider {
  type: "custom";
  create: ModelFactory;
  createEmbedding?: EmbeddingFactory;
  defaultModel?: string;
  embeddingModel?: string;
  limits?: AnswerLimits;
}

/** A provider of which the type is given, and a name unless it is that of its type. */
export interface NewProvider extends ProviderConfig {
  type: ProviderType;
  name?: string;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** A provider with everything decided. Holds the key: never return it from a public function. */
export interface ProviderEntry {
  name: string;
  type: ProviderType;
  kind: ProviderKind;
  apiKey: string | undefined;
  /** The variable that the key came from. */
  apiKeyEnv: string | undefined;
  /** All variables that secrets come from, or would if they were set. */
  variables: readonly string[];
  baseURL: string | undefined;
  headers: Record<string, string>;
  options: Record<string, unknown>;
  defaultModel: string | undefined;
  embeddingModel: string | undefined;
  limits: Required<AnswerLimits>;
  /** The key and whatever else must not be shown. */
  secrets: readonly (string | undefined)[];
  /** As it was given; undefined when it follows from the environment alone. */
  config: ProviderConfig | undefined;
  /** Whether somebody named it, in the configuration or by an environment variable. */
  named: boolean;
  /** What to do to make it usable; undefined when it is. */
  missing: string | undefined;
}

const FIELDS = ["type", "apiKey", "baseURL", "headers", "defaultModel", "embeddingModel", "options", "limits"];
const NAME = /^[a-zA-Z][\w.-]{0,63}$/;

/** @throws SpellError `CONFIG_INVALID` when `name` cannot be the prefix of a model's id. */
export function checkProviderName(name: string): void {
  if (typeof name === "string" && NAME.test(name)) return;
  throw invalid(String(name), "a provider's name is a letter and up to 63 letters, digits, '.', '_' or '-'");
}

/**
 * Joins what is built in, the environment and the configuration, which wins.
 *
 * @throws SpellError `CONFIG_INVALID` naming the field.
 */
export function providerEntry(
  name: string,
  config: ProviderConfig | CustomProvider | undefined,
  { env, types }: { env: Env; types: ProviderTypes },
): ProviderEntry {
  checkProviderName(name);
  if (config !== undefined && isCustom(config)) return customEntry(name, config);
  checkFields(name, config);
  const builtIn = Object.hasOwn(BUILT_IN_PROVIDERS, name) ? BUILT_IN_PROVIDERS[name] : undefined;
  const type = config?.type ?? builtIn?.type ?? "openai-compatible";
  const known = types.find(type);
  if (known === undefined)
    throw invalid(name, `'type' must be one of ${types.names().join(", ")}${didYouMean(type, types.names())}`);
  checkOptions(name, config?.options ?? {}, known);
  const { kind } = known;
  const keyEnv = [...(builtIn?.keyEnv ?? []), ...(builtIn?.type === type ? [] : known.keyEnv)];
  const secrets = new SecretReader(env);
  const envURL = setting(env, builtIn?.baseURLEnv);
  const foundEnv = keyEnv.find((key) => setting(env, key) !== undefined);
  const ownKey = secrets.read(config?.apiKey);
  const apiKey = ownKey ?? setting(env, foundEnv);
  const apiKeyEnv =
    typeof config?.apiKey === "object" ? config.apiKey.env : ownKey === undefined ? foundEnv : undefined;
  const baseURL = config?.baseURL || envURL || builtIn?.localURL || kind.baseURL;
  if (baseURL !== undefined && baseURL !== "") checkURL(name, baseURL);
  const headers = secrets.readAll(config?.headers ?? {}) as Record<string, string>;
  const options = secrets.readAll(config?.options ?? {});
  const hidden = Object.entries(options).filter(([option]) => known.options?.[option]?.secret === true);
  const entry = {
    name,
    type,
    kind,
    apiKey,
    apiKeyEnv,
    variables: [...secrets.variables, ...(config?.apiKey ? [] : keyEnv)],
    baseURL,
    config,
    named: config !== undefined || envURL !== undefined || apiKey !== undefined || type === "offline",
    headers,
    options,
    secrets: [apiKey, ...Object.values(headers), ...hidden.map(([, value]) => String(value))],
    defaultModel: config?.defaultModel ?? builtIn?.defaultModel,
    embeddingModel: config?.embeddingModel ?? builtIn?.embeddingModel,
    limits: limitsOf(name, config?.limits),
  };
  const missing = secrets.missing(name) ?? missingOf(entry, keyEnv, builtIn?.baseURLEnv);
  return { ...entry, missing };
}

/** The value of an environment variable; an empty one counts as not set. */
export function setting(env: Env, name: string | undefined): string | undefined {
  const value = name === undefined ? undefined : env[name]?.trim();
  return value === "" ? undefined : value;
}

/** Whether `value` names an environment variable. */
export function isReference(value: unknown): value is { env: string } {
  return isRecord(value) && typeof value["env"] === "string" && Object.keys(value).length === 1;
}

/** Reads secrets and remembers the variables that were not there. */
class SecretReader {
  readonly #env: Env;
  readonly #absent: string[] = [];
  /** The variables that were referred to. */
  readonly variables: string[] = [];

  constructor(env: Env) {
    this.#env = env;
  }

  read(secret: Secret | undefined): string | undefined {
    if (secret === undefined || typeof secret === "string") return secret || undefined;
    this.variables.push(secret.env);
    const value = setting(this.#env, secret.env);
    if (value === undefined) this.#absent.push(secret.env);
    return value;
  }

  readAll(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const read = Object.entries(values).map(([name, value]) => [name, isReference(value) ? this.read(value) : value]);
    return Object.fromEntries(read.filter(([, value]) => value !== undefined)) as Record<string, unknown>;
  }

  missing(name: string): string | undefined {
    if (this.#absent.length === 0) return undefined;
    return `has no key: set ${this.#absent.join(" and ")}, to which providers.${name} refers`;
  }
}

function missingOf(
  entry: Pick<ProviderEntry, "name" | "kind" | "apiKey" | "baseURL" | "named">,
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
  const { create, createEmbedding, defaultModel, embeddingModel } = custom;
  if (typeof create !== "function") throw invalid(name, "a custom provider needs a function 'create'");
  const kind: ProviderKind = {
    needsKey: false,
    capabilities: ["chat", "streaming", "tools", ...(createEmbedding === undefined ? [] : ["embeddings"])],
    connect: async () => create,
    ...(createEmbedding === undefined ? {} : { connectEmbeddings: async () => createEmbedding }),
  };
  return {
    name,
    type: "custom",
    kind,
    apiKey: undefined,
    apiKeyEnv: undefined,
    variables: [],
    baseURL: "",
    headers: {},
    options: {},
    secrets: [],
    defaultModel,
    embeddingModel,
    limits: limitsOf(name, custom.limits),
    config: undefined,
    named: true,
    missing: undefined,
  };
}

function isCustom(config: ProviderConfig | CustomProvider): config is CustomProvider {
  return isRecord(config) && config.type === "custom";
}

const PARTS = ["default", "providers", "pools", "catalog"];

/** Checks the form of the whole; each part is checked where it is read. @throws SpellError `CONFIG_INVALID`. */
export function checkModelsConfig(config: unknown): void {
  const fail = (problem: string): never => {
    throw new SpellError("CONFIG_INVALID", problem);
  };
  if (!isRecord(config)) return fail("the configuration of models must be an object");
  const unknown = Object.keys(config).find((field) => !PARTS.includes(field));
  if (unknown !== undefined) fail(`the configuration of models has no field '${unknown}'${didYouMean(unknown, PARTS)}`);
  const { default: standard, providers = {}, pools = {}, catalog = [] } = config;
  if (standard !== undefined && !isText(standard)) fail("'default' must be a text");
  if (!isRecord(providers)) fail("'providers' must be an object of providers by name");
  if (!isRecord(pools)) fail("'pools' must be an object of pools by name");
  if (!Array.isArray(catalog)) fail("'catalog' must be a list of models");
}

function checkFields(name: string, config: unknown): void {
  if (config === undefined) return;
  if (!isRecord(config)) throw invalid(name, "it must be an object");
  for (const [field, value] of Object.entries(config)) {
    if (!FIELDS.includes(field)) throw invalid(name, `there is no field '${field}'${didYouMean(field, FIELDS)}`);
    if (value === undefined || field === "limits") continue;
    if (field === "apiKey" ? !isSecret(value) : field !== "headers" && field !== "options" && !isText(value))
      throw invalid(name, `'${field}' must be a text${field === "apiKey" ? " or {env: NAME}" : ""}`);
    if (field === "headers" && (!isRecord(value) || !Object.values(value).every(isSecret)))
      throw invalid(name, "'headers' must be texts or {env: NAME} by name");
    if (field === "options" && !isRecord(value)) throw invalid(name, "'options' must be an object");
  }
}

function checkOptions(
  name: string,
  options: Readonly<Record<string, unknown>>,
  { options: known = {} }: KnownType,
): void {
  for (const option of Object.keys(options)) {
    if (!Object.hasOwn(known, option))
      throw invalid(name, `there is no option '${option}'${didYouMean(option, Object.keys(known))}`);
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

function isSecret(value: unknown): boolean {
  return isText(value) || isReference(value);
}

function checkURL(name: string, baseURL: string): void {
  if (!/^https?:\/\//i.test(baseURL) || !URL.canParse(baseURL))
    throw invalid(name, "'baseURL' must be an http or https URL");
  const { username, password, search } = new URL(baseURL);
  if (username !== "" || password !== "")
    throw invalid(name, "'baseURL' must not hold a user name or password; use 'headers'");
  if (search !== "") throw invalid(name, "'baseURL' must not have a query; use 'headers'");
}

/** @throws SpellError `CONFIG_INVALID` when `value` does not say of which type it is. */
export function newProvider(value: unknown): NewProvider {
  if (!isRecord(value)) throw new SpellError("CONFIG_INVALID", "a provider must be an object");
  for (const field of ["type", "name"]) {
    if (typeof value[field] !== "string" && (field === "type" || value[field] !== undefined))
      throw new SpellError("CONFIG_INVALID", `'${field}' of a provider must be a text`);
  }
  return value as unknown as NewProvider;
}

function invalid(name: string, reason: string): SpellError {
  return new SpellError("CONFIG_INVALID", `providers.${name}: ${reason}`, { details: { provider: name } });
}
