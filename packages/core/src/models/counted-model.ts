import type { LanguageModelV3, LanguageModelV3StreamPart, LanguageModelV3Usage } from "@ai-sdk/provider";

/** Running totals of a provider: calls made, tokens reported. */
export interface UsageCounters {
  requests: number;
  inputTokens: number;
  outputTokens: number;
}

/** `model` under the name of its configured provider, adding what its calls use to `counters`. */
export function countedModel(model: LanguageModelV3, provider: string, counters: UsageCounters): LanguageModelV3 {
  const add = (usage: LanguageModelV3Usage): void => {
    counters.inputTokens += usage.inputTokens.total ?? 0;
    counters.outputTokens += usage.outputTokens.total ?? 0;
  };
  return {
    specificationVersion: "v3",
    provider,
    modelId: model.modelId,
    get supportedUrls() {
      return model.supportedUrls;
    },
    async doGenerate(options) {
      counters.requests++;
      const result = await model.doGenerate(options);
      add(result.usage);
      return result;
    },
    async doStream(options) {
      counters.requests++;
      const result = await model.doStream(options);
      const counting = new TransformStream<LanguageModelV3StreamPart, LanguageModelV3StreamPart>({
        transform(part, controller) {
          if (part.type === "finish") add(part.usage);
          controller.enqueue(part);
        },
      });
      return { ...result, stream: result.stream.pipeThrough(counting) };
    },
  };
}
