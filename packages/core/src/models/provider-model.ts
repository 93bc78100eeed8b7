import { SpellError } from "@llmspell/errors";
import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3GenerateResult,
  LanguageModelV3StreamPart,
  LanguageModelV3Usage,
} from "@ai-sdk/provider";
import { abortError } from "../abort.js";
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
  /** Milliseconds for the whole answer, streamed or not, and for a request of embeddings; 600 000 by default. */
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
  const made: LanguageModelV3 = {
    specificationVersion: "v3",
    provider,
    modelId: model.modelId,
    get supportedUrls() {
      return model.supportedUrls;
    },
    doGenerate(options) {
      const call = new Call(named, counters, limits, options.abortSignal);
      return call.whole(() => model.doGenerate(within(call, options)));
    },
    async doStream(options) {
      const call = new Call(named, counters, limits, options.abortSignal);
      try {
        const result = await call.waitForPart(model.doStream(within(call, options)));
        return { ...result, stream: watched(result.stream, call) };
      } catch (error) {
        call.fail(error);
        throw error;
      }
    },
  };
  obedient.add(made);
  return made;
}

const CALL = Symbol("llmspell.call");

/** One getter for all: V8 would make a hidden class for each object that has one of its own. */
const ABORT_SIGNAL: PropertyDescriptor & ThisType<{ [CALL]: Call }> = {
  enumerable: true,
  configurable: true,
  get() {
    return this[CALL].signal;
  },
};

/** `options` for the provider, whose request ends when `call` does. */
function within(
  call: Call,
  { abortSignal: _followed, ...options }: LanguageModelV3CallOptions,
): LanguageModelV3CallOptions {
  return Object.defineProperty({ [CALL]: call, ...options }, "abortSignal", ABORT_SIGNAL);
}

const obedient = new WeakSet<LanguageModelV3>();

/** Whether each call of `model` is known to end with its signal. */
export function obeysSignal(model: LanguageModelV3): boolean {
  return obedient.has(model);
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
  readonly #named: { provider: string; model: string };
  readonly #counters: UsageCounters;
  readonly #limits: Required<AnswerLimits>;
  readonly #parent: AbortSignal | undefined;
  readonly #whole: NodeJS.Timeout;
  /** Made when the provider looks at its signal: one takes 760 bytes, and not every model has a request to end. */
  #controller: AbortController | undefined;
  /** Why the call is to end, when it is. */
  #reason: SpellError | undefined;
  #waiting: ((reason: unknown) => void) | undefined;
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
    if (parent?.aborted === true) this.#abort(abortError(parent));
    // As a rule it is the signal of this call alone, and `onAbort` would take a microsecond of a dozen.
    else parent?.addEventListener("abort", this, { once: true });
    this.#whole = this.#timer("answerMs", "did not finish its answer");
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  /** Of the signal that the call follows. */
  handleEvent({ target }: Event): void {
    this.#abort(abortError(target as AbortSignal));
  }

  /** The one answer, unless the call ends before; the call ends with it. */
  whole(ask: () => PromiseLike<LanguageModelV3GenerateResult>): Promise<LanguageModelV3GenerateResult> {
    return new Promise((resolve, reject) => {
      const failed = (error: unknown): void => {
        reject(this.#reason ?? error);
        this.fail(error);
      };
      const answered = (result: LanguageModelV3GenerateResult): void => {
        this.end(result.usage);
        resolve(result);
      };
      this.#waiting = failed;
      if (this.#reason !== undefined) return failed(this.#reason);
      try {
        ask().then(answered, failed);
      } catch (error) {
        failed(error);
      }
    });
  }

  /** `work`, unless the call ends before. What the provider makes of its end says less than the reason. */
  async waitForPart<T>(work: PromiseLike<T>): Promise<T> {
    const idle = this.#timer("idleMs", "sent nothing of its answer");
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#waiting = reject;
        work.then(resolve, (error: unknown) => reject(this.#reason ?? error));
        if (this.#reason !== undefined) reject(this.#reason);
      });
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
    this.#abort(new SpellError("CANCELLED", "the call has ended"));
  }

  #abort(reason: SpellError): void {
    this.#reason ??= reason;
    this.#waiting?.(this.#reason);
    this.#controller?.abort(this.#reason);
  }

  #settle(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    clearTimeout(this.#whole);
    this.#parent?.removeEventListener("abort", this);
    return true;
  }

  #timer(limit: "answerMs" | "idleMs", what: string): NodeJS.Timeout {
    const timeoutMs = this.#limits[limit];
    return setTimeout(() => {
      const { provider, model } = this.#named;
      const details = { provider, model, limit, timeoutMs, retryable: false };
      const message = `'${provider}' ${what} within ${timeoutMs} ms`;
      this.#abort(new SpellError("PROVIDER_TIMEOUT", message, { details }));
    }, timeoutMs);
  }
}
