import type { IncomingMessage, ServerResponse } from "node:http";
import { serve, type Loopback } from "../loopback.js";
import { array, demand, record, text, WireError } from "./types.js";

/** Whose format of embeddings a server speaks; Ollama's is that of OpenAI under `/v1`. */
export type EmbeddingWire = "openai" | "google";

/** A request for vectors, read from the provider's own format. */
export interface EmbeddingRequest {
  model: string;
  texts: string[];
  dimensions: number | undefined;
  key: string | undefined;
}

export interface EmbeddingReply {
  /** A vector for each text, in their order. */
  vectors?: number[][];
  /** Another status than 200 answers with an error saying `message`. */
  status?: number;
  message?: string;
  headers?: Record<string, string>;
  /** The order in which OpenAI's format sends the vectors; each has its index. */
  order?: number[];
  /** Sent instead of an answer in the format. */
  body?: unknown;
}

export interface EmbeddingServer extends Loopback {
  /** The base URL to configure the provider with. */
  baseURL: string;
  requests: EmbeddingRequest[];
}

/** Texts that one request may have: https://platform.openai.com/docs/api-reference/embeddings, Google: batchEmbedContents. */
const MOST: Readonly<Record<EmbeddingWire, number>> = { openai: 2048, google: 100 };

/** A server on 127.0.0.1 that turns texts into vectors in the wire format of a provider. */
export async function startEmbeddingServer(
  wire: EmbeddingWire,
  respond: (request: EmbeddingRequest, n: number) => EmbeddingReply | Promise<EmbeddingReply>,
): Promise<EmbeddingServer> {
  const requests: EmbeddingRequest[] = [];
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const body = record(JSON.parse(Buffer.concat(chunks).toString()), "the body");
      const path = new URL(incoming.url ?? "/", "http://localhost").pathname;
      const request = wire === "openai" ? readOpenAI(path, body, incoming) : readGoogle(path, body, incoming);
      requests.push(request);
      demand(request.texts.length <= MOST[wire], `at most ${MOST[wire]} texts in a request`);
      const reply = await respond(request, requests.length);
      for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
      if (reply.status !== undefined) throw new WireError(reply.status, reply.message ?? `error ${reply.status}`);
      send(response, 200, reply.body ?? (wire === "openai" ? writeOpenAI(request, reply) : writeGoogle(path, reply)));
    } catch (error) {
      const [status, message] = error instanceof WireError ? [error.status, error.message] : [400, String(error)];
      send(response, status, {
        error: { message, code: wire === "google" ? status : null, type: null, status: "ERROR" },
      });
    }
  };
  const server = await serve((incoming, response) => void handle(incoming, response));
  return { ...server, baseURL: `${server.url}${wire === "openai" ? "/v1" : "/v1beta"}`, requests };
}

function readOpenAI(path: string, body: Record<string, unknown>, { headers }: IncomingMessage): EmbeddingRequest {
  if (path !== "/v1/embeddings") throw new WireError(404, `there is no ${path}`);
  demand(body["encoding_format"] === "float", "encoding_format must be float");
  const dimensions = body["dimensions"];
  return {
    model: text(body["model"], "model"),
    texts: array(body["input"], "input").map((value) => text(value, "input")),
    dimensions: dimensions === undefined ? undefined : Number(dimensions),
    key: /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1],
  };
}

function writeOpenAI({ model, texts }: EmbeddingRequest, { vectors = [], order }: EmbeddingReply): unknown {
  const data = vectors.map((embedding, index) => ({ object: "embedding", index, embedding }));
  const tokens = texts.join(" ").split(" ").length;
  return {
    object: "list",
    data: order === undefined ? data : order.map((index) => data[index]),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

function readGoogle(path: string, body: Record<string, unknown>, { headers }: IncomingMessage): EmbeddingRequest {
  const [, model, verb] = /^\/v1beta\/models\/([^:]+):(embedContent|batchEmbedContents)$/.exec(path) ?? [];
  if (model === undefined) throw new WireError(404, `there is no ${path}`);
  const contents = verb === "embedContent" ? [body] : array(body["requests"], "requests");
  const read = contents.map((each) => record(each, "request"));
  for (const each of read) demand(each["model"] === `models/${model}`, "model must be that of the path");
  const texts = read.map((each) => {
    const parts = array(record(each["content"], "content")["parts"], "parts");
    return parts.map((part) => text(record(part, "part")["text"], "text")).join("");
  });
  const dimensions = read[0]?.["outputDimensionality"];
  return {
    model,
    texts,
    dimensions: dimensions === undefined ? undefined : Number(dimensions),
    key: headers["x-goog-api-key"] as string | undefined,
  };
}

function writeGoogle(path: string, { vectors = [] }: EmbeddingReply): unknown {
  const embeddings = vectors.map((values) => ({ values }));
  return path.endsWith(":embedContent") ? { embedding: embeddings[0] } : { embeddings };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
