import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import { anthropic } from "./anthropic.js";
import { google } from "./google.js";
import { openai } from "./openai.js";
import { record, WireError, type Reply, type WireFormat, type WireKind, type WireRequest } from "./types.js";

export type { WireKind } from "./types.js";

const FORMATS: Readonly<Record<WireKind, WireFormat>> = {
  openai,
  anthropic,
  google,
  ollama: openai,
  "openai-compatible": openai,
};

export const formatOf = (kind: WireKind): WireFormat => FORMATS[kind];

export interface WireServerOptions {
  /** Makes the answer to the `n`-th request (from 1); of a list, the n-th element, the last one from then on. */
  respond: (request: WireRequest, n: number) => Reply | Reply[] | Promise<Reply | Reply[]>;
  /** The only key that is let in; any is without it. */
  key?: string;
}

export interface WireServer {
  /** The base URL to configure the provider with. */
  url: string;
  /** Every request that was well-formed, also those refused for their key. */
  requests: WireRequest[];
  /** Connections that the client closed before the answer was complete. */
  readonly aborted: number;
  close(): Promise<void>;
}

// Responses whose socket this side killed.
const destroyed = new WeakSet<ServerResponse>();

/** A server on 127.0.0.1 that speaks the wire format of a provider and checks what it is sent. */
export async function startWireServer(kind: WireKind, { respond, key }: WireServerOptions): Promise<WireServer> {
  const format = FORMATS[kind];
  const requests: WireRequest[] = [];
  let [count, aborted] = [0, 0];

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.on("close", () => {
      if (!response.writableFinished && !destroyed.has(response)) aborted++;
    });
    try {
      const request = await read(format, incoming);
      requests.push(request);
      count++;
      if (key !== undefined && format.key(incoming.headers) !== key)
        throw new WireError(401, `Incorrect API key provided: ${format.key(incoming.headers) ?? "none"}.`);
      const answer = await respond(request, count);
      const reply = Array.isArray(answer) ? (answer[count - 1] ?? answer.at(-1)) : answer;
      if (reply === undefined) throw new WireError(500, "the test has no answer");
      await send(format, reply, request, response);
    } catch (error) {
      const { status, body } =
        error instanceof WireError ? format.error(error.status, error.message) : format.error(400, String(error));
      if (!response.headersSent) json(response, status, body);
    }
  };

  const server = createServer((incoming, response) => void handle(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${format.basePath}`,
    requests,
    get aborted() {
      return aborted;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(format: WireFormat, incoming: IncomingMessage): Promise<WireRequest> {
  const url = new URL(incoming.url ?? "/", "http://localhost");
  const match = format.match(url.pathname, url.searchParams);
  if (incoming.method !== "POST" || match === undefined)
    throw new WireError(404, `there is no ${incoming.method} ${url.pathname}`);
  if (!incoming.headers["content-type"]?.startsWith("application/json"))
    throw new WireError(400, "content-type must be application/json");
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = record(JSON.parse(Buffer.concat(chunks).toString()), "the body");
  checkBody(format, body);
  return { ...format.read(body, incoming.headers, match), body, headers: incoming.headers };
}

const ajv = new Ajv2020({ allErrors: false });

function checkBody(format: WireFormat, body: unknown): void {
  if (ajv.validate(format.schema, body)) return;
  throw new WireError(400, `the request is not as the reference says: ${ajv.errorsText(ajv.errors)}`);
}

async function send(format: WireFormat, reply: Reply, request: WireRequest, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (reply.body !== undefined) return json(response, reply.status ?? 200, reply.body);
  if (reply.status !== undefined && reply.status >= 400) {
    const { body, status } = format.error(reply.status, reply.text ?? `error ${reply.status}`);
    return json(response, status, body);
  }
  if (!request.stream) {
    const whole = format.whole(reply, request.model);
    return reply.dieAfterChunks === undefined
      ? json(response, 200, whole)
      : dieInTheMiddle(response, JSON.stringify(whole));
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  let piece = 0;
  for (const [index, { event, data, isText }] of format.events(reply, request.model, request.body).entries()) {
    if (index === reply.endAfterChunks) break;
    if (index === reply.dieAfterChunks) return destroy(response);
    if (reply.holdAfterChunks !== undefined && index >= reply.holdAfterChunks.chunks) await reply.holdAfterChunks.until;
    if (isText === true) await reply.beforePiece?.(piece++);
    if (reply.chunkDelayMs !== undefined) await pause(reply.chunkDelayMs);
    if (response.destroyed) return;
    const line = typeof data === "string" ? data : JSON.stringify(data);
    // Written through before going on: a socket that dies next shall not take it along.
    await new Promise<void>((resolve) =>
      response.write(`${event === undefined ? "" : `event: ${event}\n`}data: ${line}\n\n`, () => resolve()),
    );
  }
  response.end();
}

async function dieInTheMiddle(response: ServerResponse, body: string): Promise<void> {
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  await new Promise<void>((resolve) => response.write(body.slice(0, body.length / 2), () => resolve()));
  destroy(response);
}

function destroy(response: ServerResponse): void {
  destroyed.add(response);
  response.socket?.destroy();
}

function json(response: ServerResponse, status: number, body: unknown): void {
  if (!response.hasHeader("content-type")) response.setHeader("content-type", "application/json");
  response.writeHead(status);
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}
