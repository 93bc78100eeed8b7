import { SpellError, isErrorCode, isSpellError } from "@llmspell/errors";
import type {
  LanguageModelV3CallOptions,
  LanguageModelV3GenerateResult,
  LanguageModelV3StreamPart,
} from "@ai-sdk/provider";
import { bounded, isRecord, tryParseJson } from "../json.js";

/** Names the format of a line: what was recorded is read again later, so it never changes without another name. */
const FORMAT = "llmspell-model-call-1";

/** One call of a model, as a line of a recording. */
export interface CallRecord {
  format: typeof FORMAT;
  /** From 1, in the order in which the calls began. */
  call: number;
  provider: string;
  model: string;
  type: "generate" | "stream";
  request: unknown;
  /** Of a call that was answered whole. */
  response?: LanguageModelV3GenerateResult;
  /** Of a streamed one, in order; with an `error` after them when the stream broke. */
  parts?: LanguageModelV3StreamPart[];
  error?: { code: string; message: string; details: Record<string, unknown> };
}

export type CallOutcome = Pick<CallRecord, "response" | "parts" | "error">;

/**
 * What a model is asked, as JSON: without the signal, and without headers, which may hold keys
 * and the ids of traces. `clean` takes keys out of texts.
 */
export function recordableRequest(
  call: LanguageModelV3CallOptions,
  clean: (text: string) => string = (x) => x,
): unknown {
  const { abortSignal: _signal, headers: _headers, includeRawChunks: _raw, ...request } = call;
  return recordable(request, clean);
}

/** A line of a recording. */
export function toLine(record: Omit<CallRecord, "format">, clean: (text: string) => string): string {
  return JSON.stringify(recordable({ format: FORMAT, ...record, ...outcomeOf(record) }, clean));
}

const BEGINNING = `{"format":"${FORMAT}"`;

/** Whether {@link toLine} could have written `text` and then more. */
export function beginsLine(text: string): boolean {
  return BEGINNING.startsWith(text) || text.startsWith(BEGINNING);
}

/** The answer without the exchange of bytes behind it: headers and bodies may hold keys. */
function outcomeOf({ response, parts, error }: CallOutcome): CallOutcome {
  if (response !== undefined) {
    const { request: _request, response: about, ...rest } = response;
    const { headers: _headers, body: _body, ...metadata } = about ?? {};
    return { response: { ...rest, ...(about === undefined ? {} : { response: metadata }) } };
  }
  return {
    ...(parts === undefined ? {} : { parts: parts.filter(({ type }) => type !== "raw" && type !== "error") }),
    ...(error === undefined ? {} : { error }),
  };
}

/** @throws SpellError `VALIDATION_FAILED` when it is none. */
export function fromLine(line: string): CallRecord {
  const record = tryParseJson(line)?.value;
  if (!isRecord(record)) throw new SpellError("VALIDATION_FAILED", "it is not a JSON object");
  if (record["format"] !== FORMAT)
    throw new SpellError("VALIDATION_FAILED", `its format is ${JSON.stringify(record["format"])}, not '${FORMAT}'`);
  const { call, provider, model, type, response, parts, error } = record;
  const texts = [provider, model].every((text) => typeof text === "string");
  const answered =
    isRecord(error) ||
    (type === "generate" ? isRecord(response) && Array.isArray(response["content"]) : Array.isArray(parts));
  if (!Number.isInteger(call) || !texts || !(type === "generate" || type === "stream") || !answered)
    throw new SpellError("VALIDATION_FAILED", "it lacks fields of a model call");
  return restored(record) as CallRecord;
}

export function recordedError(error: SpellError): NonNullable<CallRecord["error"]> {
  return { code: error.code, message: error.message, details: { ...error.details } };
}

export function restoredError({ code, message, details }: NonNullable<CallRecord["error"]>): SpellError {
  return new SpellError(isErrorCode(code) ? code : "PROVIDER_SERVER", message, { details });
}

/** `value` as JSON; bytes, addresses and times are objects of one key. */
function recordable(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === "string") return clean(value);
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (value instanceof URL) return { $url: clean(value.href) };
  if (value instanceof Date) return { $date: value.toISOString() };
  if (isSpellError(value)) return recordedError(value);
  if (Array.isArray(value)) return value.map((item: unknown) => recordable(item, clean) ?? null);
  if (!isRecord(value)) return value;
  const fields = Object.entries(value).map(([key, field]) => [key, recordable(field, clean)]);
  return Object.fromEntries(fields.filter(([, field]) => field !== undefined));
}

function restored(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(restored);
  if (!isRecord(value)) return value;
  const [[key, only] = [], ...others] = Object.entries(value);
  if (others.length === 0 && typeof only === "string") {
    if (key === "$bytes") return new Uint8Array(Buffer.from(only, "base64"));
    if (key === "$url" && URL.canParse(only)) return new URL(only);
    if (key === "$date") return new Date(only);
  }
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, restored(field)]));
}

/** The first place where two values differ, and what is there; undefined when they are equal. */
export function firstDifference(
  recorded: unknown,
  now: unknown,
  path = "",
): { path: string; recorded: string; now: string } | undefined {
  if (Object.is(recorded, now)) return undefined;
  const lists = Array.isArray(recorded) && Array.isArray(now);
  const records = isRecord(recorded) && isRecord(now);
  if (!lists && !records) return { path: path || "the request", recorded: shown(recorded), now: shown(now) };
  const [a, b] = [recorded, now] as [Record<string, unknown>, Record<string, unknown>];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const place = lists ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    const found = firstDifference(
      Object.hasOwn(a, key) ? a[key] : undefined,
      Object.hasOwn(b, key) ? b[key] : undefined,
      place,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

function shown(value: unknown): string {
  return value === undefined ? "nothing" : bounded(JSON.stringify(value), 80);
}
