import type { EmbeddingModelV3 } from "@ai-sdk/provider";
import { SpellError } from "@llmspell/errors";
import { abortError, deadline, raceAbort } from "../../abort.js";
import type { AnswerLimits, UsageCounters } from "../provider-model.js";

/**
 * `model` under the name of its configured provider. Its calls add what they use to
 * `counters`, and end with `PROVIDER_TIMEOUT` when they take longer than `answerMs`.
 */
export function countedEmbedding(
  model: EmbeddingModelV3,
  provider: string,
  counters: UsageCounters,
  { answerMs: timeoutMs }: Required<Pick<AnswerLimits, "answerMs">>,
): EmbeddingModelV3 {
  const details = { provider, model: model.modelId, limit: "answerMs", timeoutMs, retryable: false };
  const message = `'${provider}' did not finish its answer within ${timeoutMs} ms`;
  return {
    specificationVersion: "v3",
    provider,
    modelId: model.modelId,
    maxEmbeddingsPerCall: model.maxEmbeddingsPerCall,
    supportsParallelCalls: model.supportsParallelCalls,
    async doEmbed(options) {
      counters.requests++;
      using limit = deadline(provider, undefined, options.abortSignal);
      const timer = setTimeout(() => limit.abort(new SpellError("PROVIDER_TIMEOUT", message, { details })), timeoutMs);
      try {
        const result = await raceAbort(model.doEmbed({ ...options, abortSignal: limit.signal }), limit.signal);
        counters.inputTokens += result.usage?.tokens ?? 0;
        return result;
      } catch (error) {
        counters.failed++;
        throw limit.signal.aborted ? abortError(limit.signal) : error;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
