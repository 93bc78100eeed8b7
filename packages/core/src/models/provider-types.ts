import { SpellError } from "@llmspell/errors";
import {
  BUILT_IN_PROVIDERS,
  PROVIDER_KINDS,
  type EmbeddingFactory,
  type ModelFactory,
  type ProviderKind,
  type ProviderSettings,
} from "./providers.js";
import { defined } from "../json.js";

/** A way of speaking to providers that the host brings along. */
export interface ProviderTypeDefinition {
  description?: string;
  /** What its models can do; `["chat", "streaming", "tools"]` by default. */
  capabilities?: readonly string[];
  /** Whether a provider of it needs a key; false by default. */
  needsKey?: boolean;
  /** Environment variables of which the first that is set has the key. */
  keyEnv?: readonly string[];
  /** Where its providers listen unless told otherwise. */
  baseURL?: string;
  /** The options that it takes, besides key, address and headers; those that are secret are never exported. */
  options?: Readonly<Record<string, { description?: string; secret?: boolean }>>;
  /** Called once, when a model of such a provider is asked for the first time. */
  create(settings: ProviderSettings): ModelFactory | Promise<ModelFactory>;
  createEmbeddings?(settings: ProviderSettings): EmbeddingFactory | Promise<EmbeddingFactory>;
}

/** A field of a provider's configuration. */
export interface TemplateField {
  /** As in a `ProviderConfig`; `options.x` is in its `options`. */
  name: string;
  required: boolean;
  secret: boolean;
  description: string;
  default?: string;
}

/** What a provider of a type is configured with. */
export interface ProviderTemplate {
  type: string;
  description: string;
  fields: TemplateField[];
  /** Environment variables of which the first that is set has the key. */
  keyEnv: readonly string[];
  capabilities: readonly string[];
  /** Names of built-in providers of this type. */
  providers: string[];
}

/** A type with everything decided. */
export interface KnownType extends Pick<ProviderTypeDefinition, "description" | "options"> {
  kind: ProviderKind;
  keyEnv: readonly string[];
}

/** The types that are known, built-in ones and those of the host. */
export interface ProviderTypes {
  find(type: string): KnownType | undefined;
  names(): string[];
  /** Adds a type. @throws SpellError `ALREADY_EXISTS`, `INVALID_ARGUMENT`. */
  define(type: string, definition: ProviderTypeDefinition): void;
  /** What can be created, and with what. */
  discover(): ProviderTemplate[];
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  openai: "OpenAI's chat completions",
  anthropic: "Anthropic's messages",
  google: "Google's Gemini API",
  "openai-compatible": "Any server that imitates OpenAI, e.g. Ollama or LM Studio",
  offline: "The stand-in that needs no network",
};

export function createProviderTypes(): ProviderTypes {
  const types = new Map<string, KnownType>();
  for (const [type, kind] of Object.entries(PROVIDER_KINDS)) {
    const description = DESCRIPTIONS[type] ?? type;
    types.set(type, { kind, description, keyEnv: BUILT_IN_PROVIDERS[type]?.keyEnv ?? [] });
  }
  return {
    find: (type) => types.get(type),
    names: () => [...types.keys()],
    define(type, definition) {
      if (types.has(type) || type === "custom")
        throw new SpellError("ALREADY_EXISTS", `there already is a provider type '${type}'`);
      if (!/^[a-z][\w.-]{0,63}$/.test(type))
        throw new SpellError(
          "INVALID_ARGUMENT",
          "a provider type is a small letter and letters, digits, '.', '_' or '-'",
        );
      if (typeof definition.create !== "function")
        throw new SpellError("INVALID_ARGUMENT", `the provider type '${type}' needs a function 'create'`);
      types.set(type, knownType(definition));
    },
    discover: () => [...types].map(([type, known]) => template(type, known)),
  };
}

function knownType(definition: ProviderTypeDefinition): KnownType {
  const { needsKey = false, capabilities = ["chat", "streaming", "tools"], baseURL = "", keyEnv = [] } = definition;
  const { createEmbeddings, description, options } = definition;
  return {
    keyEnv,
    ...defined({ description, options }),
    kind: {
      needsKey,
      baseURL,
      capabilities,
      connect: async (settings) => await definition.create(settings),
      ...(createEmbeddings === undefined
        ? {}
        : { connectEmbeddings: async (settings) => await createEmbeddings(settings) }),
    },
  };
}

function template(type: string, { kind, keyEnv, description = type, options = {} }: KnownType): ProviderTemplate {
  const field = (name: string, text: string, more: Partial<TemplateField> = {}): TemplateField => ({
    name,
    required: false,
    secret: false,
    description: text,
    ...more,
  });
  const address = kind.baseURL ? { default: kind.baseURL } : { required: kind.baseURL === undefined };
  const plain = [
    field("apiKey", "A text, or {env: NAME} for an environment variable", {
      required: kind.needsKey && keyEnv.length === 0,
      secret: true,
    }),
    field("baseURL", "Address up to and including the version", address),
    field("headers", "Sent along with each request, as texts or {env: NAME}", { secret: true }),
    field("defaultModel", "The model when none is named"),
    ...(kind.connectEmbeddings === undefined
      ? []
      : [field("embeddingModel", "The model for vectors when none is named")]),
    ...Object.entries(options).map(([name, { description: text = name, secret = false }]) =>
      field(`options.${name}`, text, { secret }),
    ),
  ];
  return {
    type,
    description,
    fields: type === "offline" ? [] : plain,
    keyEnv,
    capabilities: kind.capabilities,
    providers: Object.entries(BUILT_IN_PROVIDERS).flatMap(([name, known]) => (known.type === type ? [name] : [])),
  };
}
