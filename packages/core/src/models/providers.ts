import type { EmbeddingModelV3, LanguageModelV3 } from "@ai-sdk/provider";

/** The ways of speaking to a provider that are built in. */
export type BuiltInType = "openai" | "anthropic" | "google" | "openai-compatible" | "offline";

/** How a provider is spoken to: a built-in way, one that the host defined, or `custom` for a provider with a factory of its own. */
export type ProviderType = BuiltInType | "custom" | (string & {});

/** What a provider needs to know to make models. It holds the key: it goes to the code of its type and nowhere else. */
export interface ProviderSettings {
  name: string;
  apiKey: string | undefined;
  baseURL: string;
  headers: Record<string, string>;
  /** For requests: it follows no redirects and bounds what is read. */
  fetch: typeof fetch;
  /** Those of a type that the host defined. */
  options: Record<string, unknown>;
}

export type ModelFactory = (modelId: string) => LanguageModelV3;
export type EmbeddingFactory = (modelId: string) => EmbeddingModelV3;

/** A provider that is known without any configuration. Its key is in the first of `keyEnv` that is set. */
export interface BuiltInProvider {
  type: BuiltInType;
  keyEnv: readonly string[];
  baseURLEnv?: string;
  defaultModel?: string;
  embeddingModel?: string;
  /** Where it listens unless told otherwise. It counts as configured only when somebody names it. */
  localURL?: string;
}

/** The built-in providers, in the order in which they are tried as default. */
export const BUILT_IN_PROVIDERS: Readonly<Record<string, BuiltInProvider>> = {
  openai: {
    type: "openai",
    keyEnv: ["OPENAI_API_KEY"],
    baseURLEnv: "OPENAI_BASE_URL",
    defaultModel: "gpt-5.4-mini",
    embeddingModel: "text-embedding-3-small",
  },
  anthropic: {
    type: "anthropic",
    keyEnv: ["ANTHROPIC_API_KEY"],
    baseURLEnv: "ANTHROPIC_BASE_URL",
    defaultModel: "claude-sonnet-5",
  },
  google: {
    type: "google",
    keyEnv: ["GOOGLE_GENERATIVE_AI_API_KEY", "GEMINI_API_KEY"],
    baseURLEnv: "GOOGLE_BASE_URL",
    defaultModel: "gemini-flash-latest",
    embeddingModel: "gemini-embedding-001",
  },
  ollama: {
    type: "openai-compatible",
    keyEnv: [],
    baseURLEnv: "OLLAMA_BASE_URL",
    localURL: "http://127.0.0.1:11434/v1",
    defaultModel: "llama3.2",
    embeddingModel: "nomic-embed-text",
  },
  lmstudio: {
    type: "openai-compatible",
    keyEnv: [],
    baseURLEnv: "LMSTUDIO_BASE_URL",
    localURL: "http://127.0.0.1:1234/v1",
  },
  offline: { type: "offline", keyEnv: [], defaultModel: "demo", embeddingModel: "lexical-hash" },
};

/** Other names of built-in providers. */
export const PROVIDER_ALIASES: Readonly<Record<string, string>> = { gemini: "google" };

/** What is true of every provider of a type, and how its models are made. */
export interface ProviderKind {
  needsKey: boolean;
  /** The address used when none is given; without one, a base URL must be configured. */
  baseURL?: string;
  capabilities: readonly string[];
  /** Imports the provider's code and makes its models. */
  connect(settings: ProviderSettings): Promise<ModelFactory>;
  /** The same for embedding models, where the provider has them. */
  connectEmbeddings?(settings: ProviderSettings): Promise<EmbeddingFactory>;
}

const CHAT = ["chat", "streaming", "tools", "structured-output"];

export const PROVIDER_KINDS: Readonly<Record<BuiltInType, ProviderKind>> = {
  openai: {
    needsKey: true,
    baseURL: "https://api.openai.com/v1",
    capabilities: [...CHAT, "vision", "embeddings"],
    async connect({ apiKey, baseURL, headers, fetch }) {
      const { createOpenAI } = await import("@ai-sdk/openai");
      // Chat completions, not the responses API: servers that imitate OpenAI speak only that.
      return createOpenAI({ apiKey: apiKey ?? "", baseURL, headers, fetch }).chat;
    },
    async connectEmbeddings({ apiKey, baseURL, headers, fetch }) {
      const { createOpenAI } = await import("@ai-sdk/openai");
      return createOpenAI({ apiKey: apiKey ?? "", baseURL, headers, fetch }).embedding;
    },
  },
  anthropic: {
    needsKey: true,
    baseURL: "https://api.anthropic.com/v1",
    capabilities: [...CHAT, "vision"],
    async connect({ apiKey, baseURL, headers, fetch }) {
      const { createAnthropic } = await import("@ai-sdk/anthropic");
      return createAnthropic({ apiKey: apiKey ?? "", baseURL, headers, fetch }).chat;
    },
  },
  google: {
    needsKey: true,
    baseURL: "https://generativelanguage.googleapis.com/v1beta",
    capabilities: [...CHAT, "vision", "embeddings"],
    async connect({ apiKey, baseURL, headers, fetch }) {
      const { createGoogleGenerativeAI } = await import("@ai-sdk/google");
      return createGoogleGenerativeAI({ apiKey: apiKey ?? "", baseURL, headers, fetch }).chat;
    },
    async connectEmbeddings({ apiKey, baseURL, headers, fetch }) {
      const { createGoogleGenerativeAI } = await import("@ai-sdk/google");
      return createGoogleGenerativeAI({ apiKey: apiKey ?? "", baseURL, headers, fetch }).embedding;
    },
  },
  "openai-compatible": {
    needsKey: false,
    capabilities: [...CHAT, "embeddings"],
    async connect({ name, apiKey, baseURL, headers, fetch }) {
      const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
      const key = apiKey === undefined ? {} : { apiKey };
      const provider = createOpenAICompatible({
        name,
        baseURL,
        headers,
        ...key,
        fetch,
        includeUsage: true,
        supportsStructuredOutputs: true,
      });
      return (modelId) => provider.chatModel(modelId);
    },
    async connectEmbeddings({ name, apiKey, baseURL, headers, fetch }) {
      const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
      const key = apiKey === undefined ? {} : { apiKey };
      return createOpenAICompatible({ name, baseURL, headers, ...key, fetch }).embeddingModel;
    },
  },
  offline: {
    needsKey: false,
    baseURL: "",
    capabilities: [...CHAT, "embeddings"],
    async connect() {
      const { createOfflineModel } = await import("./offline.js");
      return createOfflineModel;
    },
    async connectEmbeddings() {
      const { createLexicalEmbedding } = await import("./embeddings/lexical.js");
      return createLexicalEmbedding;
    },
  },
};
