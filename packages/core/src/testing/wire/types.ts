import type { IncomingHttpHeaders } from "node:http";
import type { JsonSchema } from "../../json.js";

/** The wire formats. `ollama` is OpenAI's under `/v1` without a key. */
export type WireKind = "openai" | "anthropic" | "google" | "ollama" | "openai-compatible";

/** A request, read from the provider's own format. */
export interface WireRequest {
  model: string;
  /** Roles are system, user, assistant and tool; the text of a tool message is the result. */
  messages: WireMessage[];
  tools: { name: string; description?: string; parameters: unknown }[];
  stream: boolean;
  body: Record<string, unknown>;
  headers: IncomingHttpHeaders;
}

export interface WireMessage {
  role: string;
  text: string;
  toolCalls?: { id?: string; name: string; args: unknown }[];
  toolCallId?: string;
  isError?: boolean;
  /** Images and other files, in the order in which they stand: base64 or a URL. */
  files?: WireFile[];
}

export interface WireFile {
  mediaType: string | undefined;
  data: string;
}

/** What the server answers. */
export interface Reply {
  text?: string;
  toolCalls?: { name: string; args: unknown }[];
  /** Another status than 200 answers with `body`, or with the provider's error body saying `text`. */
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  finishReason?: string;
  /** All tokens, and of them those from the cache and those of reasoning, where the format has them. */
  usage?: { input: number; output: number; cached?: number; reasoning?: number };
  /** Destroys the socket after so many stream events (or bytes of a whole answer's half when 0). */
  dieAfterChunks?: number;
  /** Ends the stream in order after so many events, without the rest. */
  endAfterChunks?: number;
  /** Awaited before the piece of text of this number (from 0) is written to a stream. */
  beforePiece?: (piece: number) => Promise<void>;
  /** Milliseconds between stream events. */
  chunkDelayMs?: number;
  /** Awaited before each stream event but the first `n`, to hold a stream open. */
  holdAfterChunks?: { chunks: number; until: Promise<void> };
}

/** A stream event: its data and, where the format has one, its name. */
export interface WireEvent {
  event?: string;
  /** Whether it brings a piece of the text. */
  isText?: boolean;
  data: unknown;
}

/** Thrown by a format that refuses a request. */
export class WireError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** One provider's format. */
export interface WireFormat {
  /** Appended to the server's address to make the base URL of the provider. */
  basePath: string;
  /** What the public reference allows in a request. */
  schema: JsonSchema;
  /** The model named by the path and whether a stream is wanted there; undefined when the path is none of the API's. */
  match(path: string, query: URLSearchParams): { model?: string; stream?: boolean } | undefined;
  /** The key sent along. */
  key(headers: IncomingHttpHeaders): string | undefined;
  /** @throws WireError 400 for what the API does not take. */
  read(
    body: Record<string, unknown>,
    headers: IncomingHttpHeaders,
    match: { model?: string; stream?: boolean },
  ): Omit<WireRequest, "headers" | "body">;
  /** An event as it is written; as a server-sent event by default. */
  frame?(data: unknown): string;
  whole(reply: Reply, model: string): unknown;
  events(reply: Reply, model: string, body: Record<string, unknown>): WireEvent[];
  error(status: number, message: string): { status: number; body: unknown };
}

/** Requires a condition of the wire format. */
export function demand(condition: unknown, message: string): asserts condition {
  if (!condition) throw new WireError(400, message);
}

/** `value` as an object of the request. */
export function record(value: unknown, what: string): Record<string, unknown> {
  demand(typeof value === "object" && value !== null && !Array.isArray(value), `${what} must be an object`);
  return value as Record<string, unknown>;
}

export function array(value: unknown, what: string): unknown[] {
  demand(Array.isArray(value), `${what} must be an array`);
  return value;
}

export function text(value: unknown, what: string): string {
  demand(typeof value === "string", `${what} must be a string`);
  return value;
}

/** A base64 data URL in its parts, any other URL as it is. */
export function fileOf(url: string, mediaType?: string): WireFile {
  const [, type, data] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? [];
  return data === undefined ? { mediaType, data: url } : { mediaType: type, data };
}

/** `files` as a field, when there are any. */
export function withFiles(files: WireFile[]): { files?: WireFile[] } {
  return files.length === 0 ? {} : { files };
}

/** A text in pieces of about a word, as servers stream them. */
export function pieces(value: string): string[] {
  return value.match(/\S+\s*|\s+/g) ?? [];
}

export function usageOf(reply: Reply): { input: number; output: number; cached: number; reasoning: number } {
  return { cached: 0, reasoning: 0, ...(reply.usage ?? { input: 11, output: 7 }) };
}
