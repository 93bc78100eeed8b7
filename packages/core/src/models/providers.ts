import type { LanguageModelV3 } from "@ai-sdk/provider";

/** How a provider is spoken to. `custom` providers are registered with a factory. */
export type ProviderType = "openai" | "anthropic" | "google" | "openai-compatible" | "offline" | "custom";

/** What a provider needs to know to make models. Never leaves `src/models`. */
interface ProviderSettings {
  name: string;
  apiKey: string | undefined;
  baseURL: string;
  headers: Record<string, string>;
  fetch: typeof fetch;
}

export type ModelFactory = (modelId: string) => LanguageModelV3;

/** A provider that is known without any configuration. Its key is in the first of `keyEnv` that is set. */
export interface BuiltInProvider {
  type: Exclude<ProviderType, "custom">;
  keyEnv: readonly string[];
  baseURLEnv?: string;
  defaultModel?: string;
  /** Where it listens unless told otherwise. It counts as configured only when somebody names it. */
  localURL?: string;
}

/** The built-in providers, in the order in which they are tried as default. */
export const BUILT_IN_PROVIDERS: Readonly<Record<string, BuiltInProvider>> = {
  openai: { type: "openai", keyEnv: ["OPENAI_API_KEY"], baseURLEnv: "OPENAI_BASE_URL", defaultModel: "gpt-5.4-mini" },
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
  },
  ollama: {
    type: "openai-compatible",
    keyEnv: [],
    baseURLEnv: "OLLAMA_BASE_URL",
    localURL: "http://127.0.0.1:11434/v1",
    defaultModel: "llama3.2",
  },
  lmstudio: {
    type: "openai-compatible",
    keyEnv: [],
    baseURLEnv: "LMSTUDIO_BASE_URL",
    localURL: "http://127.0.0.1:1234/v1",
  },
  offline: { type: "offline", keyEnv: [], defaultModel: "demo" },
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
}

const CHAT = ["chat", "streaming", "tools", "structured-output"];

export const PROVIDER_KINDS: Readonly<Record<Exclude<ProviderType, "custom">, ProviderKind>> = {
  openai: {
    needsKey: true,
    baseURL: "https://api.openai.com/v1",
    capabilities: [...CHAT, "vision"],
    async connect({ apiKey, baseURL, headers, fetch }) {
      const { createOpenAI } = await import("@ai-sdk/openai");
      // Chat completions, not the responses API: servers that imitate OpenAI speak only that.
      return createOpenAI({ apiKey: apiKey ?? "", baseURL, headers, fetch }).chat;
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
    capabilities: [...CHAT, "vision"],
    async connect({ apiKey, baseURL, headers, fetch }) {
      const { createGoogleGenerativeAI } = await import("@ai-sdk/google");
      return createGoogleGenerativeAI({ apiKey: apiKey ?? "", baseURL, headers, fetch }).chat;
    },
  },
  "openai-compatible": {
    needsKey: false,
    capabilities: CHAT,
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
  },
  offline: {
    needsKey: false,
    baseURL: "",
    capabilities: CHAT,
    async connect() {
      const { createOfflineModel } = await import("./offline.js");
      return createOfflineModel;
    },
  },
};
