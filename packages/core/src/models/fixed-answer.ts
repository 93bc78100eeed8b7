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

/** How {@link streamOf} brings an answer. */
export interface StreamManner {
  signal?: AbortSignal | undefined;
  /** The pieces of its text; words by default. */
  chunks?: readonly string[] | undefined;
  /** Awaited before each piece. */
  pause?: (() => Promise<void>) | undefined;
  /** Ends the stream in place of its finish. */
  error?: Error | undefined;
}

/** The answer as a stream; each piece is made when it is read. */
export function streamOf(answer: FixedAnswer, manner: StreamManner = {}): ReadableStream<LanguageModelV3StreamPart> {
  const parts = partsOf(answer, manner);
  const { signal, pause, error } = manner;
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = parts.next();
      if (value?.type === "text-delta") await pause?.();
      if (signal?.aborted === true) controller.error(signal.reason);
      else if (value?.type === "finish" && error !== undefined) controller.error(error);
      else if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
}

function* partsOf(answer: FixedAnswer, { chunks }: StreamManner): Generator<LanguageModelV3StreamPart, void> {
  yield { type: "stream-start", warnings: [] };
  for (const [index, part] of answer.content.entries()) {
    const id = String(index);
    if (part.type === "text") {
      yield { type: "text-start", id };
      for (const delta of chunks ?? part.text.match(/\S+\s*|\s+/g) ?? []) yield { type: "text-delta", id, delta };
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
