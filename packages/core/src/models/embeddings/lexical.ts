import type { EmbeddingModelV3 } from "@ai-sdk/provider";
import { wordsOf } from "../../memory/word-search.js";

const DIMENSION = 512;
/** How much the letters of a word count beside the word itself. */
const LETTERS = 0.5;

/**
 * The embedding model that is there when no provider is configured. It knows words and parts of
 * words, not what they mean: "cat" is near "cats" and as far from "kitten" as from "tax". Each
 * word, and each three letters in a row of it, adds to or takes from one of 512 numbers that its
 * hash chooses (feature hashing: Weinberger et al., 2009). Vectors have length 1.
 */
export function createLexicalEmbedding(modelId: string): EmbeddingModelV3 {
  return {
    specificationVersion: "v3",
    provider: "offline",
    modelId,
    maxEmbeddingsPerCall: 1000,
    supportsParallelCalls: false,
    doEmbed: async ({ values }) => ({
      embeddings: values.map(lexicalVector),
      usage: { tokens: values.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0) },
      warnings: [],
    }),
  };
}

function lexicalVector(text: string): number[] {
  const counts = new Map<string, number>();
  const words = wordsOf(text);
  // Punctuation alone is a feature of its own: a vector of zeros would have no direction.
  for (const word of words.length === 0 ? [text] : words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const vector = Array.from({ length: DIMENSION }, () => 0);
  const add = (feature: string, weight: number): void => {
    const hash = fnv1a(feature);
    const place = hash % DIMENSION;
    vector[place] = (vector[place] ?? 0) + (hash >>> 31 === 0 ? weight : -weight);
  };
  for (const [word, count] of counts) {
    // A word that is repeated says less each time.
    const weight = 1 + Math.log(count);
    add(word, weight);
    const padded = `^${word}$`;
    const parts = Math.max(1, padded.length - 2);
    for (let at = 0; at + 3 <= padded.length; at++)
      add(padded.slice(at, at + 3), (weight * LETTERS) / Math.sqrt(parts));
  }
  const length = Math.hypot(...vector);
  // Features can cancel each other out.
  if (length === 0) vector[0] = 1;
  return vector.map((value) => value / (length || 1));
}

/** 32 bits of FNV-1a, mixed once more: its low bits alone spread badly. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
