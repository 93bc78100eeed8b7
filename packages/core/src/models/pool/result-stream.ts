import type { LanguageModelV3GenerateResult, LanguageModelV3StreamPart } from "@ai-sdk/provider";

/** A whole answer as a stream, each text in one piece. */
export function streamOfResult(result: LanguageModelV3GenerateResult): ReadableStream<LanguageModelV3StreamPart> {
  const parts = partsOf(result);
  return new ReadableStream({
    pull(controller) {
      const { done, value } = parts.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
}

function* partsOf(result: LanguageModelV3GenerateResult): Generator<LanguageModelV3StreamPart, void> {
  yield { type: "stream-start", warnings: result.warnings };
  if (result.response !== undefined) {
    const { headers: _headers, body: _body, ...metadata } = result.response;
    yield { type: "response-metadata", ...metadata };
  }
  for (const [index, part] of result.content.entries()) {
    const id = String(index);
    if (part.type === "text" || part.type === "reasoning") {
      const data = part.providerMetadata === undefined ? {} : { providerMetadata: part.providerMetadata };
      yield { type: `${part.type}-start`, id, ...data };
      yield { type: `${part.type}-delta`, id, delta: part.text };
      yield { type: `${part.type}-end`, id };
    } else {
      yield part;
    }
  }
  const { usage, finishReason, providerMetadata } = result;
  yield { type: "finish", usage, finishReason, ...(providerMetadata === undefined ? {} : { providerMetadata }) };
}
