import { isSpellError, SpellError, toSpellError } from "@llmspell/errors";
import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3GenerateResult,
  LanguageModelV3StreamPart,
  LanguageModelV3StreamResult,
} from "@ai-sdk/provider";
import { deadline, raceAbort } from "../../abort.js";
import type { Clock } from "../../clock.js";
import { createBreaker, type BreakerOptions, type BreakerState } from "../../resilience/breaker.js";
import { cutOff, isMadeUp, providerError } from "../provider-error.js";

/** What a member did since the start, or since the last reset. */
export interface MemberMetrics {
  calls: number;
  failures: number;
  /** Calls under way. */
  active: number;
  /** Milliseconds until an answer was there, or until a stream had begun; undefined before the first. */
  averageMs: number | undefined;
}

export interface MemberHealth {
  /** `provider:model`. */
  model: string;
  /** Whether it is called: its circuit breaker is not open. */
  healthy: boolean;
  state: BreakerState;
  /** In a row. */
  failures: number;
  lastError?: { code: string; message: string };
}

export interface MemberOptions {
  /** The model, loaded anew for every call so that a changed configuration counts. */
  load: (id: string) => Promise<LanguageModelV3>;
  breaker: Pick<BreakerOptions, "failures" | "resetMs">;
  /** Milliseconds until it must have answered, or begun to. */
  timeoutMs: number | undefined;
  clock: Clock;
}

/** A model of a pool with its health. */
export interface Member {
  readonly id: string;
  readonly weight: number;
  readonly metrics: Readonly<MemberMetrics>;
  readonly health: MemberHealth;
  /** Whether it would be called now. */
  readonly ready: boolean;
  /** @throws SpellError of its provider, `TIMEOUT`, `CIRCUIT_OPEN`. */
  generate(call: LanguageModelV3CallOptions): Promise<LanguageModelV3GenerateResult>;
  /** Settles with the first piece of the answer; what fails later is part of the stream. @throws as `generate`. */
  stream(call: LanguageModelV3CallOptions): Promise<LanguageModelV3StreamResult>;
  resetHealth(): void;
  resetMetrics(): void;
}

export function createMember(id: string, weight: number, options: MemberOptions): Member {
  const { load, clock, timeoutMs } = options;
  const breaker = createBreaker({ failures: 3, ...options.breaker, name: id, clock, countsAsFailure });
  let counted = { calls: 0, failures: 0, answers: 0, answerMs: 0 };
  let active = 0;
  let lastError: SpellError | undefined;

  const failed = async (error: unknown, model: LanguageModelV3 | undefined, phase: "request" | "answer") => {
    counted.failures++;
    lastError = model === undefined ? toSpellError(error) : await providerError(error, model, phase);
    return lastError;
  };

  /** Asks for an answer within the time limit; `read` gets it while the limit still counts. */
  const ask = async <T>(
    call: LanguageModelV3CallOptions,
    read: (model: LanguageModelV3, call: LanguageModelV3CallOptions) => Promise<T>,
  ): Promise<{ value: T; model: LanguageModelV3 }> => {
    const started = clock.now();
    let model: LanguageModelV3 | undefined;
    active++;
    try {
      using limit = deadline(`'${id}'`, timeoutMs);
      const signals = [limit.signal, ...(call.abortSignal === undefined ? [] : [call.abortSignal])];
      const abortSignal = AbortSignal.any(signals);
      const loaded = await raceAbort(load(id), abortSignal);
      model = loaded;
      const value = await raceAbort(read(loaded, { ...call, abortSignal }), abortSignal);
      counted.calls++;
      counted.answers++;
      counted.answerMs += clock.now() - started;
      return { value, model: loaded };
    } catch (error) {
      // It is not the member's fault, so it does not count as a call.
      if (call.abortSignal?.aborted === true) throw cancelled();
      counted.calls++;
      throw await failed(error, model, "request");
    } finally {
      active--;
    }
  };

  return {
    id,
    weight,
    get metrics() {
      const { calls, failures, answers, answerMs } = counted;
      return { calls, failures, active, averageMs: answers === 0 ? undefined : answerMs / answers };
    },
    get health() {
      const { state, failures } = breaker;
      const told = lastError === undefined ? {} : { lastError: { code: lastError.code, message: lastError.message } };
      return { model: id, healthy: state !== "open", state, failures, ...told };
    },
    get ready() {
      return breaker.ready;
    },
    async generate(call) {
      const asked = await breaker.call(() =>
        ask(call, async (model, limited) => {
          const result = await model.doGenerate(limited);
          if (result.finishReason.unified === "error") throw unfinished(model, result.finishReason.raw);
          return result;
        }),
      );
      return asked.value;
    },
    stream: (call) =>
      new Promise((resolve, reject) => {
        const exchange = async (): Promise<void> => {
          const { value, model } = await ask(call, begin);
          const onError = (error: unknown): Promise<SpellError> => failed(error, model, "answer");
          const { stream, ended } = goOn(value, model, { onError, signal: call.abortSignal });
          resolve({ ...value.result, stream });
          await ended;
        };
        // The breaker learns how the stream ended; who reads it knows already.
        breaker.call(exchange).catch(reject);
      }),
    resetHealth() {
      breaker.reset();
      lastError = undefined;
    },
    resetMetrics() {
      counted = { calls: 0, failures: 0, answers: 0, answerMs: 0 };
    },
  };
}

type Parts = ReadableStreamDefaultReader<LanguageModelV3StreamPart>;

interface Begun {
  result: LanguageModelV3StreamResult;
  reader: Parts;
  held: LanguageModelV3StreamPart[];
}

/** Opens a stream and reads until something of the answer is there. */
async function begin(model: LanguageModelV3, call: LanguageModelV3CallOptions): Promise<Begun> {
  const result = await model.doStream(call);
  const reader = result.stream.getReader();
  const held: LanguageModelV3StreamPart[] = [];
  try {
    for (;;) {
      const { done, value } = await raceAbort(reader.read(), call.abortSignal);
      if (done) throw cutOff(model);
      if (value.type === "error") throw value.error;
      held.push(value);
      if (value.type === "finish") {
        if (isMadeUp(value.finishReason)) throw cutOff(model);
        if (value.finishReason.unified === "error") throw unfinished(model, value.finishReason.raw);
        return { result, reader, held };
      }
      if (ANSWERS.has(value.type)) return { result, reader, held };
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error;
  }
}

/** What comes before these is about the answer, not part of it. */
const ANSWERS: ReadonlySet<LanguageModelV3StreamPart["type"]> = new Set([
  "text-delta",
  "reasoning-delta",
  "tool-input-start",
  "tool-input-delta",
  "tool-call",
  "tool-result",
  "file",
  "source",
]);

/** The whole stream again; `ended` rejects when it broke. Its errors are those of its provider. */
function goOn(
  { reader, held }: Begun,
  model: LanguageModelV3,
  { onError, signal }: { onError: (error: unknown) => Promise<SpellError>; signal: AbortSignal | undefined },
): { stream: ReadableStream<LanguageModelV3StreamPart>; ended: Promise<void> } {
  let end: (error?: unknown) => void = () => {};
  const ended = new Promise<void>((resolve, reject) => {
    end = (error) => (error === undefined ? resolve() : reject(error as Error));
  });
  const next = async (): Promise<LanguageModelV3StreamPart | undefined> => {
    const first = held.shift();
    if (first !== undefined) return first;
    const { done, value } = await reader.read();
    return done ? undefined : value;
  };
  let left = false;
  const stream = new ReadableStream<LanguageModelV3StreamPart>(
    {
      async pull(controller) {
        let part: LanguageModelV3StreamPart | undefined;
        try {
          part = await next();
          if (part?.type === "error") throw part.error;
          if (part === undefined || (part.type === "finish" && isMadeUp(part.finishReason))) throw cutOff(model);
        } catch (error) {
          if (left) return;
          const failure = signal?.aborted === true ? cancelled() : await onError(error);
          end(failure);
          controller.enqueue({ type: "error", error: failure });
          controller.close();
          return;
        }
        if (left) return;
        controller.enqueue(part);
        if (part.type !== "finish") return;
        // Nothing of the answer comes after its finish.
        end();
        controller.close();
        reader.cancel().catch(() => {});
      },
      async cancel(reason) {
        left = true;
        end();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, ended };
}

function cancelled(): SpellError {
  return new SpellError("CANCELLED", "the call was cancelled");
}

function unfinished(model: LanguageModelV3, raw: string | undefined): SpellError {
  return new SpellError(
    "PROVIDER_SERVER",
    `'${model.provider}' could not finish the answer (${raw ?? "no reason given"})`,
    {
      details: { provider: model.provider, model: model.modelId, retryable: true },
    },
  );
}

/** Errors that say something about the request, not about the member. */
const REQUESTS = new Set([
  "CANCELLED",
  "INVALID_ARGUMENT",
  "UNSUPPORTED",
  "PROVIDER_BAD_REQUEST",
  "PROVIDER_CONTEXT_LENGTH",
  "PROVIDER_CONTENT_FILTER",
]);

function countsAsFailure(error: unknown): boolean {
  return !(isSpellError(error) && REQUESTS.has(error.code));
}
