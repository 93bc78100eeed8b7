import { SpellError } from "@llmspell/errors";
import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3StreamPart,
  LanguageModelV3Usage,
} from "@ai-sdk/provider";
import { abortError, raceAbort } from "../abort.js";
import { isMadeUp } from "./provider-error.js";

/** Running totals of a provider. Tokens are those that it reported; an answer that was cut off reports none. */
export interface UsageCounters {
  /** Calls that were started, each a request. */
  requests: number;
  /** Those of them that ended in an error or were aborted. */
  failed: number;
  inputTokens: number;
  outputTokens: number;
  /** Of the input, what the provider had in its cache. */
  cachedInputTokens: number;
  /** Of the output, what was spent on reasoning. */
  reasoningTokens: number;
}

export const noCounts = (): UsageCounters => ({
  requests: 0,
  failed: 0,
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  reasoningTokens: 0,
});

/** What one answer of a provider may take. */
export interface AnswerLimits {
  /** Milliseconds for the whole answer, streamed or not; 600 000 by default. */
  answerMs?: number;
  /** Milliseconds that a stream may bring no part of the answer, also before the first; 300 000 by default. */
  idleMs?: number;
  /** Bytes of the answer, after decompression; 32 MiB by default. */
  maxBytes?: number;
}

export const ANSWER_LIMITS: Required<AnswerLimits> = {
  answerMs: 600_000,
  idleMs: 300_000,
  maxBytes: 32 * 1024 * 1024,
};

/**
 * `model` under the name of its configured provider. Its calls add what they use to
 * `counters`, and end with `PROVIDER_TIMEOUT` when they take longer than `limits`.
 */
export function providerModel(
  model: LanguageModelV3,
  provider: string,
  counters: UsageCounters,
  limits: Required<AnswerLimits> = ANSWER_LIMITS,
): LanguageModelV3 {
  const named = { provider, model: model.modelId };
  return {
    specificationVersion: "v3",
    provider,
    modelId: model.modelId,
    get supportedUrls() {
      return model.supportedUrls;
    },
    async doGenerate(options) {
      const call = new Call(named, counters, limits, options.abortSignal);
      try {
        const result = await call.race(model.doGenerate(call.follow(options)));
        call.end(result.usage);
        return result;
      } catch (error) {
        call.fail(error);
        throw error;
      }
    },
    async doStream(options) {
      const call = new Call(named, counters, limits, options.abortSignal);
      try {
        const result = await call.waitForPart(model.doStream(call.follow(options)));
        return { ...result, stream: watched(result.stream, call) };
      } catch (error) {
        call.fail(error);
        throw error;
      }
    },
  };
}

/** `parts`, read one by one as they are asked for, so that only waiting for the provider counts as idle. */
function watched(
  parts: ReadableStream<LanguageModelV3StreamPart>,
  call: Call,
): ReadableStream<LanguageModelV3StreamPart> {
  const reader = parts.getReader();
  const give = async (controller: ReadableStreamDefaultController<LanguageModelV3StreamPart>): Promise<void> => {
    try {
      const { done, value } = await call.waitForPart(reader.read());
      if (done) {
        call.fail();
        controller.close();
        return;
      }
      if (value.type === "finish" && !isMadeUp(value.finishReason)) call.end(value.usage);
      controller.enqueue(value);
    } catch (error) {
      call.fail();
      reader.cancel().catch(() => {});
      controller.error(error);
    }
  };
  return new ReadableStream<LanguageModelV3StreamPart>(
    {
      pull: give,
      async cancel(reason) {
        call.fail();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

// What the AI SDK finds in a call that it cannot put into a request.
const NEVER_SENT = /^AI_(UnsupportedFunctionality|InvalidPrompt|InvalidArgument)Error$/;

/** One call under way: its time, its end, and what it adds to the counters, once. */
class Call {
  readonly #controller = new AbortController();
  readonly #named: { provider: string; model: string };
  readonly #counters: UsageCounters;
  readonly #limits: Required<AnswerLimits>;
  readonly #parent: AbortSignal | undefined;
  readonly #whole: NodeJS.Timeout;
  readonly #onAbort = (): void => this.#controller.abort(this.#parent?.reason);
  #ended = false;

  constructor(
    named: { provider: string; model: string },
    counters: UsageCounters,
    limits: Required<AnswerLimits>,
    parent: AbortSignal | undefined,
  ) {
    this.#named = named;
    this.#counters = counters;
    this.#limits = limits;
    this.#parent = parent;
    counters.requests++;
    if (parent?.aborted === true) this.#onAbort();
    else parent?.addEventListener("abort", this.#onAbort, { once: true });
    this.#whole = this.#timer("answerMs", "did not finish its answer");
  }

  /** `options` for the provider, whose request ends when this call does. */
  follow(options: LanguageModelV3CallOptions): LanguageModelV3CallOptions {
    return { ...options, abortSignal: this.#controller.signal };
  }

  /** `work`, unless the call ends before. */
  async race<T>(work: PromiseLike<T>): Promise<T> {
    const { signal } = this.#controller;
    return await raceAbort(work, signal).catch((error: unknown) => {
      // What the provider makes of an abort says less than its reason.
      throw signal.aborted ? abortError(signal) : error;
    });
  }

  async waitForPart<T>(work: PromiseLike<T>): Promise<T> {
    const idle = this.#timer("idleMs", "sent nothing of its answer");
    try {
      return await this.race(work);
    } finally {
      clearTimeout(idle);
    }
  }

  end({ inputTokens, outputTokens }: LanguageModelV3Usage): void {
    if (!this.#settle()) return;
    this.#counters.inputTokens += inputTokens.total ?? 0;
    this.#counters.outputTokens += outputTokens.total ?? 0;
    this.#counters.cachedInputTokens += inputTokens.cacheRead ?? 0;
    this.#counters.reasoningTokens += outputTokens.reasoning ?? 0;
  }

  /** After {@link end} nothing any more. */
  fail(error?: unknown): void {
    if (!this.#settle()) return;
    if (error instanceof Error && NEVER_SENT.test(error.name)) this.#counters.requests--;
    else this.#counters.failed++;
    this.#controller.abort();
  }

  #settle(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    clearTimeout(this.#whole);
    this.#parent?.removeEventListener("abort", this.#onAbort);
    return true;
  }

  #timer(limit: "answerMs" | "idleMs", what: string): NodeJS.Timeout {
    const timeoutMs = this.#limits[limit];
    return setTimeout(() => {
      const { provider, model } = this.#named;
      const details = { provider, model, limit, timeoutMs, retryable: false };
      const message = `'${provider}' ${what} within ${timeoutMs} ms`;
      this.#controller.abort(new SpellError("PROVIDER_TIMEOUT", message, { details }));
    }, timeoutMs);
  }
}
