/** What a model takes or gives. */
export type Modality = "text" | "image" | "audio" | "video" | "pdf";

/** What can be asked of a model. `vision`, `audio`, `video` and `pdf` are what it reads. */
export const MODEL_CAPABILITIES = [
  "chat",
  "streaming",
  "tools",
  "structured-output",
  "reasoning",
  "vision",
  "audio",
  "video",
  "pdf",
  "prompt-caching",
  "embeddings",
] as const;
export type ModelCapability = (typeof MODEL_CAPABILITIES)[number];

/** USD per million tokens. */
interface TokenPrice {
  input: number;
  output: number;
  /** Input that the provider has in its cache; as `input` by default. */
  cachedInput?: number;
  /** Input that is written to the cache; as `input` by default. */
  cacheWrite?: number;
}

/** USD per million tokens; with `longContext` for the whole of a call whose input has more than `above` tokens. */
export interface ModelPrice extends TokenPrice {
  longContext?: TokenPrice & { above: number };
}

/** What is known of a model; what is left out is not known. */
export interface ModelInfo {
  /** `provider:model`. */
  id: string;
  provider: string;
  model: string;
  name: string;
  /** `unknown` of a model of which its provider tells no more than the name. */
  kind: "chat" | "embedding" | "unknown";
  /** Tokens that a conversation may have, the answer included. */
  contextWindow?: number;
  /** Tokens that one answer may have. */
  maxOutputTokens?: number;
  input: readonly Modality[];
  capabilities: readonly ModelCapability[];
  price?: ModelPrice;
  /** Numbers in a vector. */
  dimension?: number;
  /** Until when its knowledge reaches: `2025-08-31`, or a month. */
  knowledge?: string;
  released?: string;
  /** Other names of it at its provider. */
  aliases?: readonly string[];
}

/** An entry as it is written down. */
export interface ModelData extends Omit<ModelInfo, "id" | "provider" | "name" | "kind" | "input" | "capabilities"> {
  model: string;
  /** As `model` by default. */
  name?: string;
  /** `embedding` with a `dimension`, else `chat`, by default. */
  kind?: ModelInfo["kind"];
  /** `["text"]` by default. */
  input?: readonly Modality[];
  /** Besides what follows from the rest: of a chat model `chat`, `streaming`, what it reads, `prompt-caching`; of an embedding model `embeddings`. */
  can?: readonly ModelCapability[];
}

/** Everything that follows from an entry. */
export function modelInfo(provider: string, data: ModelData): ModelInfo {
  const { can = [], input = ["text"], model, name = model, ...rest } = data;
  const { kind = rest.dimension === undefined ? "chat" : "embedding" } = rest;
  const reads = input.flatMap((each): ModelCapability[] =>
    each === "text" ? [] : [each === "image" ? "vision" : each],
  );
  const caches: ModelCapability[] = rest.price?.cachedInput === undefined ? [] : ["prompt-caching"];
  const follows: Readonly<Record<ModelInfo["kind"], readonly ModelCapability[]>> = {
    chat: ["chat", "streaming", ...reads, ...caches],
    embedding: ["embeddings"],
    unknown: [],
  };
  const found = new Set([...follows[kind], ...can]);
  return {
    ...rest,
    id: `${provider}:${model}`,
    provider,
    model,
    name,
    kind,
    input,
    capabilities: MODEL_CAPABILITIES.filter((capability) => found.has(capability)),
  };
}
