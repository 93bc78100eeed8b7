import type * as Provider from "@ai-sdk/provider";
import { SpellError, isRetryable, isSpellError, type ErrorCode } from "@llmspell/errors";
import type { APICallError, LanguageModelV3FinishReason } from "@ai-sdk/provider";
import { bounded, isRecord, tryParseJson } from "../json.js";
import { retryAfterMs } from "../resilience/retry.js";
import { redact } from "../secrets.js";

/** Any kind of model. */
interface AskedModel {
  readonly provider: string;
  readonly modelId: string;
}

/** Where in the exchange an error occurred. */
export type CallPhase = "request" | "answer";

type Make = (code: ErrorCode, text: string, details?: Record<string, unknown>) => SpellError;

/**
 * Whatever a model call threw, as a {@link SpellError} for users: in words, with
 * `{provider, model, status?, retryable, retryAfterMs?}` as details. The causes keep
 * their names, codes and messages, never the key, the request, or a stack.
 */
export async function providerError(error: unknown, model: AskedModel, phase: CallPhase): Promise<SpellError> {
  if (isSpellError(error)) return error;
  const sdk = await import("@ai-sdk/provider");
  const cause = isRecord(error) ? plainCause(model, error instanceof Error ? error.cause : undefined) : undefined;
  const make: Make = (code, text, details = {}) => {
    const all = { provider: model.provider, model: model.modelId, ...details };
    const made = new SpellError(code, redact(model, text), { details: all, cause });
    return "retryable" in details
      ? made
      : new SpellError(code, made.message, { details: { ...all, retryable: isRetryable(made) }, cause });
  };
  const said = clean(
    model,
    error instanceof Error ? error.message : isRecord(error) ? String(error["message"] ?? "") : String(error),
  );

  if (sdk.APICallError.isInstance(error) && error.statusCode !== undefined && error.statusCode >= 400) {
    // The AI SDK makes a status of an event that it cannot read, when it is Anthropic's first.
    if (!/"name":"AI_(JSONParse|TypeValidation)Error"/.test(error.responseBody ?? ""))
      return refused(error, model, make, said);
    return make("PROVIDER_SERVER", `'${model.provider}' sent an answer that cannot be read: ${said}`, {
      retryable: false,
    });
  }
  // What our own fetch decided, in the wrapping of the SDK.
  const own = spellErrorIn(error);
  if (own !== undefined)
    return new SpellError(own.code, redact(model, `'${model.provider}' failed: ${own.message}`), {
      details: { provider: model.provider, model: model.modelId, ...own.details },
    });
  if (isTooSlow(error)) {
    return make("PROVIDER_TIMEOUT", `'${model.provider}' sent nothing of its answer for too long`, {
      retryable: false,
    });
  }
  if (sdk.APICallError.isInstance(error)) {
    // A 2xx status: the headers came, the body did not, or was something else.
    if (error.statusCode === undefined)
      return make("PROVIDER_NETWORK", `cannot reach '${model.provider}' at ${origin(error.url)}: ${said}`);
    if (!isUnreadable(error.cause, sdk)) return cutOff(model, cause);
  }
  if (sdk.InvalidResponseDataError.isInstance(error) && error.data === undefined) return cutOff(model);
  if (isUnreadable(error, sdk) || sdk.APICallError.isInstance(error)) {
    // An error with the status of a success, or in place of a piece of the answer.
    const sent = sdk.TypeValidationError.isInstance(error)
      ? error.value
      : sdk.APICallError.isInstance(error) && tryParseJson(error.responseBody ?? "")?.value;
    const words = wordsIn(sent);
    if (words !== undefined)
      return make(codeOfText(words) ?? "PROVIDER_SERVER", `'${model.provider}' failed: ${clean(model, words)}`);
    return make("PROVIDER_SERVER", `'${model.provider}' sent an answer that cannot be read: ${said}`, {
      retryable: false,
    });
  }
  if (sdk.UnsupportedFunctionalityError.isInstance(error))
    return make("UNSUPPORTED", `'${model.provider}' cannot do this: ${said}`);
  if (sdk.InvalidPromptError.isInstance(error) || sdk.InvalidArgumentError.isInstance(error))
    return make("INVALID_ARGUMENT", said);
  if (isNetwork(error)) {
    return phase === "answer"
      ? cutOff(model, cause)
      : make("PROVIDER_NETWORK", `cannot reach '${model.provider}': ${said}`);
  }
  // An error event in the middle of a stream carries the provider's error object.
  const code =
    isRecord(error) && !(error instanceof Error)
      ? (codeOfText(`${String(error["type"])} ${String(error["code"])} ${said}`) ?? "PROVIDER_SERVER")
      : "PROVIDER_SERVER";
  return make(code, `'${model.provider}' failed: ${said}`, error instanceof Error ? { retryable: false } : {});
}

/** The answer stopped coming before its end. */
export function cutOff(model: AskedModel, cause?: Error): SpellError {
  const details = { provider: model.provider, model: model.modelId, retryable: true };
  return new SpellError("PROVIDER_NETWORK", `the connection to '${model.provider}' ended in the middle of the answer`, {
    details,
    cause,
  });
}

/** Whether a stream ended without a word of the provider: the AI SDK makes up a finish then. */
export function isMadeUp({ unified, raw }: LanguageModelV3FinishReason): boolean {
  return raw === undefined && (unified === "other" || unified === "error");
}

/** The error of an answer that is readable and empty. */
export function noAnswer(model: AskedModel): SpellError {
  const details = { provider: model.provider, model: model.modelId, retryable: false };
  return new SpellError("PROVIDER_SERVER", `'${model.provider}' sent an answer that cannot be read: it holds none`, {
    details,
  });
}

const SAYINGS: Partial<Record<ErrorCode, string>> = {
  PROVIDER_AUTH: "refused the key",
  PROVIDER_RATE_LIMIT: "has had too many requests",
  PROVIDER_CONTENT_FILTER: "refuses the content",
  PROVIDER_NOT_FOUND: "knows no such model or address",
  PROVIDER_CONTEXT_LENGTH: "cannot take so long a conversation",
  PROVIDER_SERVER: "has an error of its own",
  PROVIDER_BAD_REQUEST: "refused the request",
};

function refused(error: APICallError, model: AskedModel, make: Make, message: string): SpellError {
  const status = error.statusCode ?? 0;
  // The SDK knows one shape of its provider, and else says only what the status means.
  const said = clean(model, wordsOfBody(error.responseBody) ?? message);
  const about = `${said} ${bounded(error.responseBody ?? "", 4000)}`;
  const code = codeOfStatus(status, about);
  const wait = retryAfterMs(error.responseHeaders ?? {});
  // An empty purse is a 429 as well, but waiting does not fill it.
  const hopeless = /insufficient_quota/.test(about);
  const details = {
    status,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    ...(hopeless ? { retryable: false } : {}),
  };
  return make(
    code,
    `'${model.provider}' ${SAYINGS[code] ?? "failed"} (${status})${said === "" ? "" : `: ${said}`}`,
    details,
  );
}

/** What a server says went wrong: a JSON of one of the usual shapes, or a plain text; a web page says nothing. */
function wordsOfBody(body = ""): string | undefined {
  const json = tryParseJson(body);
  if (json !== undefined) return wordsIn(json.value);
  return body.trim() === "" || /^\s*</.test(body) ? undefined : body;
}

/** `{error: {message}}` and `{error: text}`, `{message}`, `{detail}` of FastAPI, and the first of a list of such. */
function wordsIn(value: unknown, depth = 4): string | undefined {
  const said: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof said === "string") return said.trim() === "" ? undefined : said;
  if (!isRecord(said) || depth === 0) return undefined;
  for (const field of ["error", "message", "detail", "msg"]) {
    const words = wordsIn(said[field], depth - 1);
    if (words !== undefined) return words;
  }
  return undefined;
}

function codeOfStatus(status: number, about: string): ErrorCode {
  if (status === 401 || status === 403) return "PROVIDER_AUTH";
  if (status === 429) return "PROVIDER_RATE_LIMIT";
  // Timeouts and conflicts pass, like the provider's own errors.
  if (status >= 500 || status === 408 || status === 409) return "PROVIDER_SERVER";
  return codeOfText(about) ?? (status === 404 ? "PROVIDER_NOT_FOUND" : "PROVIDER_BAD_REQUEST");
}

function codeOfText(about: string): ErrorCode | undefined {
  // Google answers a wrong key with 400.
  if (/api[ _]key not valid|API_KEY_INVALID|authentication_error|invalid_api_key/i.test(about)) return "PROVIDER_AUTH";
  if (
    /context[ _](length|window)|maximum context|prompt is too long|too many tokens|token count.{0,80}exceeds/i.test(
      about,
    )
  )
    return "PROVIDER_CONTEXT_LENGTH";
  if (/content_filter|content_policy|content management policy/i.test(about)) return "PROVIDER_CONTENT_FILTER";
  return /rate_limit|RESOURCE_EXHAUSTED/i.test(about) ? "PROVIDER_RATE_LIMIT" : undefined;
}

type Sdk = typeof Provider;

function isUnreadable(error: unknown, sdk: Sdk): boolean {
  return [
    sdk.JSONParseError,
    sdk.TypeValidationError,
    sdk.EmptyResponseBodyError,
    sdk.NoContentGeneratedError,
    sdk.InvalidResponseDataError,
  ].some((type) => type.isInstance(error));
}

const NETWORK = /^(E[A-Z]{4,}|UND_ERR_\w+)$/;

function isNetwork(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 5) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === "string" && NETWORK.test(code)) return true;
  return (
    (error instanceof TypeError && /^(terminated|fetch failed)$/.test(error.message)) ||
    isNetwork(error.cause, depth + 1)
  );
}

/** Node's own limit for the first byte, and for what follows. */
function isTooSlow(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 5) return false;
  const { code } = error as { code?: unknown };
  return code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT" || isTooSlow(error.cause, depth + 1);
}

function spellErrorIn(error: unknown, depth = 0): SpellError | undefined {
  if (isSpellError(error)) return error;
  return error instanceof Error && depth < 5 ? spellErrorIn(error.cause, depth + 1) : undefined;
}

/** The chain of causes as errors of a name, a code and a message: what the SDK hangs on them holds keys. */
function plainCause(model: AskedModel, cause: unknown, depth = 0): Error | undefined {
  if (!(cause instanceof Error) || depth > 5) return undefined;
  const inner = plainCause(model, cause.cause, depth + 1);
  const plain = new Error(clean(model, cause.message), inner === undefined ? {} : { cause: inner });
  plain.name = cause.name;
  plain.stack = `${plain.name}: ${plain.message}`;
  const { code } = cause as { code?: unknown };
  return typeof code === "string" ? Object.assign(plain, { code: clean(model, code) }) : plain;
}

// Without path and query; an origin holds no credentials.
function origin(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : "its address";
}

/** Without keys, before it is cut off: half a key is one too. */
function clean(model: AskedModel, text: string): string {
  return bounded(redact(model, text.replace(/\p{Cc}+/gu, " ").trim()), 500);
}
