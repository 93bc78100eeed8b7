import type { EmbeddingModelV3 } from "@ai-sdk/provider";
import type { UsageCounters } from "../provider-model.js";

/** `model` under the name of its configured provider, adding what its calls use to `counters`. */
export function countedEmbedding(model: EmbeddingModelV3, provider: string, counters: UsageCounters): EmbeddingModelV3 {
  return {
    specificationVersion: "v3",
    provider,
    modelId: model.modelId,
    maxEmbeddingsPerCall: model.maxEmbeddingsPerCall,
    supportsParallelCalls: model.supportsParallelCalls,
    async doEmbed(options) {
      counters.requests++;
      try {
        const result = await model.doEmbed(options);
        counters.inputTokens += result.usage?.tokens ?? 0;
        return result;
      } catch (error) {
        counters.failed++;
        throw error;
      }
    },
  };
}
