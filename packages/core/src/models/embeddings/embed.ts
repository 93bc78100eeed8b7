import { SpellError } from "@llmspell/errors";
import type { EmbeddingModelV3, EmbeddingModelV3Result, SharedV3ProviderOptions } from "@ai-sdk/provider";
import { abortError, deadline, raceAbort, throwIfAborted } from "../../abort.js";
import { isRecord } from "../../json.js";
import type { Embed } from "../../memory/long-term.js";
import { forEachParallel } from "../../parallel.js";
import { withRetry, type RetryOptions } from "../../resilience/retry.js";
import type { Models } from "../models.js";
import { providerError } from "../provider-error.js";

export interface EmbedOptions {
  /** `provider:model`, as for `models.embeddings.resolve`; the default embedding model otherwise. */
  model?: string;
  provider?: string;
  /** Numbers that a vector shall have, for models that can have fewer; what the catalog says by default. */
  dimension?: number;
  /** Texts of one request; the provider's limit by default and at most. */
  maxPerCall?: number;
  signal?: AbortSignal;
  retry?: RetryOptions;
}

/** Vectors in the order of the texts, all of one length. */
export interface Embeddings {
  vectors: number[][];
  /** Numbers in each vector; 0 without texts. */
  dimension: number;
  /** `provider:model`. */
  model: string;
  /** Tokens as far as the provider tells; Google tells none. */
  usage: { tokens: number };
}

/** Requests at the same time, where the provider allows more than one. */
const PARALLEL = 4;

/**
 * Turns a text into a vector.
 *
 * @throws as {@link embedMany}.
 */
export async function embed(
  models: Models,
  text: string,
  options: EmbedOptions = {},
): Promise<Omit<Embeddings, "vectors"> & { vector: number[] }> {
  const { vectors, ...rest } = await embedMany(models, [text], options);
  return { vector: vectors[0] ?? [], ...rest };
}

/**
 * Turns texts into vectors, in as few requests as the provider's limit allows.
 *
 * @example
 * const { vectors } = await embedMany(models, ["a cat", "a dog"], { model: "openai:text-embedding-3-small" });
 * @throws SpellError `PROVIDER_*` by cause, `PROVIDER_SERVER` also for vectors that are too few, too
 *   short or no numbers; `INVALID_ARGUMENT` for an empty text; `CANCELLED`; what `resolve` throws.
 */
export async function embedMany(
  models: Models,
  texts: readonly string[],
  options: EmbedOptions = {},
): Promise<Embeddings> {
  const ref = models.embeddings.resolve(options.model, options.provider);
  for (const [index, text] of texts.entries()) {
    if (typeof text !== "string" || text === "")
      throw new SpellError("INVALID_ARGUMENT", `there is nothing to embed in text ${index}`, { details: { index } });
  }
  const { retry, maxPerCall = Number.POSITIVE_INFINITY, dimension: wanted } = options;
  if (!(maxPerCall >= 1)) throw new SpellError("INVALID_ARGUMENT", "'maxPerCall' must be 1 or more");
  throwIfAborted(options.signal);
  const model = await models.embeddings.load(ref);
  const size = Math.floor(Math.min(maxPerCall, (await model.maxEmbeddingsPerCall) ?? texts.length, texts.length));
  const starts = Array.from({ length: Math.ceil(texts.length / Math.max(1, size)) }, (_, index) => index * size);
  const vectors: number[][] = [];
  let tokens = 0;
  // Ends the other requests when one of them fails.
  using stop = deadline("the embedding", undefined, options.signal);
  const { signal } = stop;
  const ask = async (start: number): Promise<void> => {
    const values = texts.slice(start, start + size);
    const result = await withRetry(() => request(model, values, wanted, signal), retry, signal);
    for (const [index, vector] of result.embeddings.entries()) vectors[start + index] = vector;
    tokens += result.usage?.tokens ?? 0;
  };
  try {
    await forEachParallel(starts, (await model.supportsParallelCalls) ? PARALLEL : 1, ask);
  } catch (error) {
    stop.abort(new SpellError("CANCELLED", "another request failed"));
    throw options.signal?.aborted === true ? abortError(options.signal) : error;
  }
  const dimension = wanted ?? models.catalog.find(ref.id)?.dimension ?? vectors[0]?.length ?? 0;
  for (const vector of vectors) checkVector(vector, dimension, model);
  return { vectors, dimension: vectors.length === 0 ? 0 : dimension, model: ref.id, usage: { tokens } };
}

/**
 * A function that turns texts into vectors, for `openLongTermMemory`.
 *
 * @example
 * const memory = await openLongTermMemory({ file: "notes.db", embed: embedder(models) });
 */
export function embedder(models: Models, options: Omit<EmbedOptions, "signal"> = {}): Embed {
  return async (texts, signal) =>
    (await embedMany(models, texts, { ...options, ...(signal === undefined ? {} : { signal }) })).vectors;
}

async function request(
  model: EmbeddingModelV3,
  values: string[],
  dimension: number | undefined,
  abortSignal: AbortSignal,
): Promise<EmbeddingModelV3Result> {
  let result: EmbeddingModelV3Result;
  try {
    const providerOptions = dimension === undefined ? {} : { providerOptions: dimensionOptions(dimension) };
    result = await raceAbort(model.doEmbed({ values, abortSignal, ...providerOptions }), abortSignal);
  } catch (error) {
    throwIfAborted(abortSignal);
    throw await providerError(error, model, "request");
  }
  const { embeddings } = result;
  if (embeddings.length !== values.length)
    throw malformed(model, `gave ${embeddings.length} vectors for ${values.length} texts`);
  return { ...result, embeddings: inOrder(result, model) };
}

/** What each provider calls it. */
function dimensionOptions(dimension: number): SharedV3ProviderOptions {
  return {
    openai: { dimensions: dimension },
    openaiCompatible: { dimensions: dimension },
    google: { outputDimensionality: dimension },
  };
}

/** OpenAI's format numbers the vectors, and its imitators may send them in another order. */
function inOrder({ embeddings, response }: EmbeddingModelV3Result, model: EmbeddingModelV3): number[][] {
  const body = response?.body;
  const data: unknown = isRecord(body) ? body["data"] : undefined;
  if (!Array.isArray(data) || !data.every((item) => isRecord(item) && Number.isInteger(item["index"])))
    return embeddings;
  const ordered: number[][] = [];
  for (const [at, item] of data.entries()) {
    const index = (item as { index: number }).index;
    const vector = embeddings[at];
    if (vector === undefined || index < 0 || index >= embeddings.length || ordered[index] !== undefined)
      throw malformed(model, "numbered its vectors in a way that matches no texts");
    ordered[index] = vector;
  }
  return ordered;
}

function checkVector(vector: readonly number[], dimension: number, model: EmbeddingModelV3): void {
  if (vector.length !== dimension || dimension === 0)
    throw malformed(model, `gave a vector of ${vector.length} numbers, not of ${dimension}`);
  if (!vector.every(Number.isFinite)) throw malformed(model, "gave a vector that is not all numbers");
}

function malformed(model: EmbeddingModelV3, problem: string): SpellError {
  return new SpellError("PROVIDER_SERVER", `'${model.provider}' ${problem}`, {
    details: { provider: model.provider, model: model.modelId, retryable: false },
  });
}
