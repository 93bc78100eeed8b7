import type {
  LanguageModelV3Content,
  LanguageModelV3FinishReason,
  LanguageModelV3GenerateResult,
  LanguageModelV3StreamPart,
  LanguageModelV3Usage,
} from "@ai-sdk/provider";

/** An answer that is known before the call, of a model that is no server. */
export interface FixedAnswer {
  content: LanguageModelV3Content[];
  finish: LanguageModelV3FinishReason["unified"];
  inputTokens: number;
  outputTokens: number;
}

/** The answer in one piece. */
export function fixedResult(answer: FixedAnswer): LanguageModelV3GenerateResult {
  return {
    content: answer.content,
    finishReason: { unified: answer.finish, raw: answer.finish },
    usage: usageOf(answer),
    warnings: [],
  };
}

/** The answer as a stream, texts word by word; each word is made when it is read. */
export function streamOf(answer: FixedAnswer, signal?: AbortSignal): ReadableStream<LanguageModelV3StreamPart> {
  const parts = partsOf(answer);
  return new ReadableStream({
    pull(controller) {
      if (signal?.aborted === true) return controller.error(signal.reason);
      const { done, value } = parts.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
}

function* partsOf(answer: FixedAnswer): Generator<LanguageModelV3StreamPart, void> {
  yield { type: "stream-start", warnings: [] };
  for (const [index, part] of answer.content.entries()) {
    const id = String(index);
    if (part.type === "text") {
      yield { type: "text-start", id };
      for (const delta of part.text.match(/\S+\s*|\s+/g) ?? []) yield { type: "text-delta", id, delta };
      yield { type: "text-end", id };
    } else if (part.type === "tool-call") {
      yield part;
    }
  }
  yield { type: "finish", finishReason: { unified: answer.finish, raw: answer.finish }, usage: usageOf(answer) };
}

function usageOf({ inputTokens, outputTokens }: FixedAnswer): LanguageModelV3Usage {
  return {
    inputTokens: { total: inputTokens, noCache: inputTokens, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: outputTokens, text: outputTokens, reasoning: 0 },
  };
}
