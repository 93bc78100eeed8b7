import { SpellError } from "@llmspell/errors";
import type { LanguageModelV3, LanguageModelV3CallOptions, LanguageModelV3GenerateResult } from "@ai-sdk/provider";
import { abortError, raceAbort, throwIfAborted } from "../abort.js";
import type { Context } from "../context.js";
import { defined, type JsonSchema } from "../json.js";
import { toPrompt, type Message } from "../messages.js";
import { READ_FILE, readFileParts, type ReadFile } from "./file-parts.js";
import { AnswerBuilder, type ModelAnswer, type ModelPart } from "./answer.js";
import { cutOff, isMadeUp, noAnswer, providerError } from "./provider-error.js";
import { obeysSignal } from "./provider-model.js";
import { withRetry, type RetryOptions } from "../resilience/retry.js";

/** Settings that every model understands; what is left out is the provider's default. */
export interface ModelSettings {
  /** Randomness; 0 to 2 at most providers. */
  temperature?: number;
  /** Tokens that one answer may have. */
  maxOutputTokens?: number;
  /** Nucleus sampling, 0 to 1. */
  topP?: number;
  /** Texts at which the answer stops. */
  stop?: string[];
}

/** Whether the model calls tools: as it likes (`auto`), not at all, at least one, or this one. */
export type ToolChoice = "auto" | "none" | "required" | { tool: string };

/** One question to a model. */
export interface ModelRequest extends ModelSettings {
  messages: readonly Message[];
  /** Tools that the model may ask to call. */
  tools?: readonly { name: string; description: string; parameters: JsonSchema }[];
  toolChoice?: ToolChoice;
  /** Wants JSON that matches this schema. Models may disobey: check the answer. */
  schema?: JsonSchema;
  /** Sent along by providers that use HTTP, e.g. `traceparent`. */
  headers?: Record<string, string>;
}

/** How {@link callModel} calls. With `onPart` the answer is streamed. */
export interface CallOptions {
  /** The run that asks: the call is an operation of it, with its hooks and events (`step` is 0). */
  context?: Context | undefined;
  signal?: AbortSignal;
  /** When it gives a promise, the next part waits for that. */
  onPart?: (part: ModelPart) => unknown;
  retry?: RetryOptions;
  /** Reads the files that messages name by path; that of the context by default, without which they are refused. */
  read?: ReadFile | undefined;
}

/**
 * Asks a model once. Rate limits, server errors and network errors are tried
 * again, but never after a part of the answer was handed out.
 *
 * @throws SpellError `PROVIDER_*` by cause, `CANCELLED` (or the signal's own
 *   reason), `INVALID_ARGUMENT` for malformed messages. An answer that was cut
 *   off is `PROVIDER_NETWORK`, never a shorter answer.
 */
export function callModel(
  model: LanguageModelV3,
  request: ModelRequest,
  { context, ...options }: CallOptions = {},
): Promise<ModelAnswer> {
  if (context === undefined) return callAlone(model, request, options);
  return context.operation(
    "model",
    request,
    { step: 0, provider: model.provider, model: model.modelId },
    (asked) => callAlone(model, asked, { read: context.find(READ_FILE), ...options }),
    outcomeOf,
  );
}

/** What is told of an answer. */
export function outcomeOf({
  usage,
  finishReason,
  answeredBy,
}: ModelAnswer): Pick<ModelAnswer, "usage" | "finishReason" | "answeredBy"> {
  return { usage, finishReason, ...defined({ answeredBy }) };
}

function callAlone(
  model: LanguageModelV3,
  request: ModelRequest,
  { signal, onPart, read, retry }: Omit<CallOptions, "context">,
): Promise<ModelAnswer> {
  let call: LanguageModelV3CallOptions | undefined;
  const attempt = async (): Promise<ModelAnswer> => {
    throwIfAborted(signal);
    call ??= callOptions(request, await readFileParts(request.messages, read), signal);
    const phase: Phase = { answering: false, told: false };
    try {
      if (onPart !== undefined) return await stream(model, call, onPart, phase);
      const answer = model.doGenerate(call);
      return answerOf(model, await (obeysSignal(model) ? answer : raceAbort(answer, signal)));
    } catch (error) {
      if (signal?.aborted === true) throw abortError(signal);
      if (error instanceof ListenerFailure) throw error.cause;
      const failure = await providerError(error, model, phase.answering ? "answer" : "request");
      throw phase.told ? final(failure) : failure;
    }
  };
  return withRetry(attempt, retry, signal);
}

function callOptions(
  { tools = [], toolChoice, schema, headers, temperature, maxOutputTokens, topP, stop }: ModelRequest,
  messages: readonly Message[],
  signal: AbortSignal | undefined,
): LanguageModelV3CallOptions {
  return {
    prompt: toPrompt(messages),
    ...defined({ temperature, maxOutputTokens, topP, stopSequences: stop, headers, abortSignal: signal }),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, parameters: inputSchema }) => ({
            type: "function" as const,
            name,
            description,
            inputSchema,
          })),
          ...(toolChoice === undefined ? {} : { toolChoice: choiceOf(toolChoice) }),
        }),
    ...(schema === undefined
      ? {}
      : { responseFormat: { type: "json" as const, schema: { ...schema }, name: "answer" } }),
    // Strict mode refuses most schemas that people write; answers are checked here anyway.
    ...(schema === undefined
      ? {}
      : { providerOptions: { openai: { strictJsonSchema: false }, openaiCompatible: { strictJsonSchema: false } } }),
  };
}

function choiceOf(choice: ToolChoice): NonNullable<LanguageModelV3CallOptions["toolChoice"]> {
  return typeof choice === "string" ? { type: choice } : { type: "tool", toolName: choice.tool };
}

function answerOf(model: LanguageModelV3, result: LanguageModelV3GenerateResult): ModelAnswer {
  const answer = new AnswerBuilder();
  if (result.content.length === 0 && isMadeUp(result.finishReason)) throw noAnswer(model);
  for (const part of result.content) answer.add(part);
  return answer.finish(model, result.finishReason, result.usage, result.providerMetadata);
}

/** How far a streamed answer is. */
interface Phase {
  answering: boolean;
  /** Whether a part of it was handed out. */
  told: boolean;
}

async function stream(
  model: LanguageModelV3,
  call: LanguageModelV3CallOptions,
  onPart: (part: ModelPart) => unknown,
  phase: Phase,
): Promise<ModelAnswer> {
  const { stream: parts } = await raceAbort(model.doStream(call), call.abortSignal);
  phase.answering = true;
  const reader = parts.getReader();
  const answer = new AnswerBuilder();
  const tell = (part: ModelPart): unknown => {
    phase.told = true;
    try {
      return onPart(part);
    } catch (error) {
      throw new ListenerFailure(error);
    }
  };
  try {
    for (;;) {
      const { done, value } = await raceAbort(reader.read(), call.abortSignal);
      // A stream without a finish is a connection that was lost quietly.
      if (done) throw cutOff(model);
      if (value.type === "error") throw value.error;
      if (value.type === "finish") {
        if (isMadeUp(value.finishReason)) throw cutOff(model);
        return answer.finish(model, value.finishReason, value.usage, value.providerMetadata);
      }
      const told = answer.addStreamed(value);
      const wait = told === undefined ? undefined : tell(told);
      if (wait instanceof Promise) await raceAbort(wait, call.abortSignal);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Keeps an error of the caller's own listener apart from those of the model. */
class ListenerFailure extends Error {
  constructor(cause: unknown) {
    super("the listener failed", { cause });
  }
}

function final(failure: SpellError): SpellError {
  return new SpellError(failure.code, failure.message, {
    details: { ...failure.details, retryable: false },
    cause: failure.cause,
  });
}
