import { gzipSync } from "node:zlib";
import { isSpellError, type SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { createModels, generate, type AnswerLimits, type Models } from "../../index.js";
import { drip, forEver, head, startFaultyServer, type Fault } from "./faulty-server.js";
import { formatOf, type WireKind } from "./server.js";

const KINDS: readonly WireKind[] = ["openai", "anthropic", "google", "ollama", "openai-compatible"];
const SSE = { "content-type": "text/event-stream" };
const JSON_TYPE = { "content-type": "application/json" };

/** A good answer of this provider, to be spoiled. */
interface Good {
  whole: string;
  /** The events of a stream. */
  events: string[];
  type: Record<string, string>;
}

interface Case {
  name: string;
  fault: (good: Good, stream: boolean) => Fault;
  code: string | readonly [whole: string, stream: string];
  /** Requests that arrive; 1 by default. */
  requests?: number;
  limits?: AnswerLimits;
  details?: Record<string, unknown>;
}

const body = ({ whole, events }: Good, stream: boolean): string => (stream ? events.join("") : whole);
const half = (text: string): string => text.slice(0, text.length / 2);
const typed = (good: Good, stream: boolean): Record<string, string> => (stream ? good.type : JSON_TYPE);

/** Answers with `make`'s text as a body of known length. */
const answer =
  (make: (good: Good, stream: boolean) => string | Buffer, headers?: Record<string, string>): Case["fault"] =>
  (good, stream) =>
  (socket) => {
    const content = Buffer.from(make(good, stream));
    socket.write(head(200, { ...typed(good, stream), "content-length": String(content.length), ...headers }));
    socket.end(content);
  };

/** Answers without a length, so that the body ends with the connection, or never. */
const endless =
  (piece: (good: Good, stream: boolean) => string): Case["fault"] =>
  (good, stream) =>
  async (socket) => {
    socket.write(head(200, typed(good, stream)));
    if (!stream) socket.write(half(good.whole).replace(/[^{,]*$/, ""));
    await forEver(socket, piece(good, stream));
  };

// Where nothing else ends the call, these do.
const QUICK: AnswerLimits = { answerMs: 300, idleMs: 150 };
const SMALL: AnswerLimits = { maxBytes: 200_000 };

const CASES: readonly Case[] = [
  { name: "never answers", fault: () => () => {}, code: "PROVIDER_TIMEOUT", limits: QUICK },
  {
    name: "sends headers and then nothing",
    fault: (good, stream) => (socket) => void socket.write(head(200, typed(good, stream))),
    code: "PROVIDER_TIMEOUT",
    limits: QUICK,
  },
  {
    name: "resets the connection",
    fault: () => (socket) => void socket.resetAndDestroy(),
    code: "PROVIDER_NETWORK",
    requests: 3,
  },
  { name: "closes the connection", fault: () => (socket) => void socket.end(), code: "PROVIDER_NETWORK", requests: 3 },
  {
    name: "resets within the headers",
    fault: () => (socket) => void socket.write("HTTP/1.1 200 OK\r\ncontent-", () => socket.resetAndDestroy()),
    code: "PROVIDER_NETWORK",
    requests: 3,
  },
  {
    name: "resets within the body",
    fault: (good, stream) => (socket) =>
      void socket.write(
        head(200, { ...typed(good, stream), "content-length": "5000" }) + half(body(good, stream)).slice(0, 40),
        () => socket.resetAndDestroy(),
      ),
    code: "PROVIDER_NETWORK",
    requests: 3,
  },
  {
    name: "ends before the length it announced",
    fault: answer((good, stream) => half(body(good, stream)).slice(0, 40), { "content-length": "5000" }),
    code: "PROVIDER_NETWORK",
    requests: 3,
  },
  {
    name: "speaks no HTTP",
    fault: () => (socket) => void socket.end("SSH-2.0-OpenSSH_9.6\r\n"),
    code: "PROVIDER_NETWORK",
    requests: 3,
  },
  {
    name: "sends headers without end",
    fault: () => async (socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      await forEver(socket, `x-padding: ${"x".repeat(1000)}\r\n`);
    },
    code: "PROVIDER_NETWORK",
    requests: 3,
  },
  {
    name: "sends early hints for ever",
    fault: () => (socket) => drip(socket, () => "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
    code: "PROVIDER_TIMEOUT",
    limits: QUICK,
  },
  {
    name: "sends chunks of no size",
    fault: (good, stream) => (socket) =>
      void socket.end(`${head(200, { ...typed(good, stream), "transfer-encoding": "chunked" })}zz\r\noops\r\n`),
    code: "PROVIDER_NETWORK",
    requests: 3,
  },
  {
    name: "never closes a chunk",
    fault: (good, stream) => (socket) =>
      void socket.write(`${head(200, { ...typed(good, stream), "transfer-encoding": "chunked" })}ffff\r\n{`),
    code: "PROVIDER_TIMEOUT",
    limits: QUICK,
  },
  {
    name: "sends half a stream, or half a JSON text",
    fault: answer((good, stream) => (stream ? good.events.slice(0, 1).join("") : half(good.whole))),
    code: ["PROVIDER_SERVER", "PROVIDER_NETWORK"],
  },
  {
    name: "sends random bytes",
    fault: answer(() => Buffer.from([255, 254, 0, 128, 200, 10, 10, 255])),
    code: ["PROVIDER_SERVER", "PROVIDER_NETWORK"],
  },
  {
    name: "sends JSON that is none",
    fault: answer((_, stream) => (stream ? "data: {oops}\n\n" : "{oops}")),
    code: "PROVIDER_SERVER",
  },
  {
    name: "sends JSON of a wrong shape",
    fault: answer((_, stream) =>
      stream ? 'data: {"choices":7,"type":9,"candidates":"x"}\n\n' : '{"choices":7,"content":7,"candidates":"x"}',
    ),
    code: "PROVIDER_SERVER",
  },
  {
    name: "sends JSON that is deep",
    fault: answer((_, stream) => {
      const nested = "[".repeat(10_000) + "]".repeat(10_000);
      const deep = `{"choices":${nested},"content":${nested},"candidates":${nested},"message":${nested}}`;
      return stream ? `data: ${deep}\n\n` : deep;
    }),
    code: "PROVIDER_SERVER",
  },
  { name: "sends nothing at all", fault: answer(() => ""), code: ["PROVIDER_SERVER", "PROVIDER_NETWORK"] },
  {
    name: "has no content",
    fault: () => (socket) => void socket.end(head(204)),
    code: "PROVIDER_SERVER",
  },
  {
    name: "sends a web page",
    fault: answer(() => "<html>Sign in to the airport</html>", { "content-type": "text/html; charset=utf-8" }),
    code: "PROVIDER_SERVER",
    details: { status: 200, retryable: false },
  },
  {
    name: "fails for ever",
    fault: () => (socket) => void socket.end(`${head(500, { "content-length": "4" })}oops`),
    code: "PROVIDER_SERVER",
    requests: 3,
    details: { status: 500, attempts: 3 },
  },
  {
    name: "wants no requests for a year",
    fault: () => (socket) => void socket.end(head(429, { "content-length": "0", "retry-after": "31536000" })),
    code: "PROVIDER_RATE_LIMIT",
    requests: 3,
    details: { status: 429, retryAfterMs: 31_536_000_000 },
  },
  {
    name: "explains a failure for ever",
    fault: () => async (socket) => {
      socket.write(head(400, JSON_TYPE));
      await forEver(socket, "because ".repeat(100));
    },
    code: "PROVIDER_BAD_REQUEST",
    limits: SMALL,
  },
  {
    name: "never explains a failure",
    fault: () => (socket) => void socket.write(head(400, { ...JSON_TYPE, "content-length": "100" })),
    code: "PROVIDER_TIMEOUT",
    limits: QUICK,
  },
  {
    name: "redirects in a circle",
    fault:
      () =>
      (socket, { url }) =>
        void socket.end(head(307, { location: `${url}/v1?again`, "content-length": "0" })),
    code: "PROVIDER_NOT_FOUND",
    details: { status: 307, retryable: false },
  },
  { name: "sends whitespace for ever", fault: endless(() => " ".repeat(1000)), code: "TOO_LARGE", limits: SMALL },
  { name: "sends blank lines for ever", fault: endless(() => "\n\n".repeat(500)), code: "TOO_LARGE", limits: SMALL },
  {
    name: "sends comments for ever",
    fault: endless(() => ": keepalive\n\n".repeat(100)),
    code: "TOO_LARGE",
    limits: SMALL,
  },
  {
    name: "sends one line for ever",
    fault: endless(() => "data: ".repeat(200)),
    code: "TOO_LARGE",
    limits: { maxBytes: 2_000_000 },
  },
  {
    name: "answers for ever",
    fault: endless(({ events }, stream) => (stream ? events.slice(0, 3).join("") : "0,".repeat(500))),
    code: "TOO_LARGE",
    limits: SMALL,
  },
  {
    name: "sends a keepalive now and then, for ever",
    fault: (good, stream) => (socket) => {
      socket.write(head(200, typed(good, stream)));
      drip(socket, () => (stream ? ": keepalive\n\n" : " "));
    },
    code: "PROVIDER_TIMEOUT",
    limits: QUICK,
  },
  {
    name: "drips, a byte at a time",
    fault: (good, stream) => (socket) => {
      socket.write(head(200, { ...typed(good, stream), "content-length": "100000" }));
      drip(socket, (n) => body(good, stream)[n] ?? " ");
    },
    code: "PROVIDER_TIMEOUT",
    limits: { answerMs: 200, idleMs: 180 },
  },
  {
    name: "announces a huge body",
    fault: answer((good, stream) => body(good, stream).padStart(300_000, "\n"), { "content-length": "300000" }),
    code: "TOO_LARGE",
    limits: SMALL,
  },
  {
    name: "packs a huge body small",
    fault: answer((good, stream) => gzipSync(body(good, stream).padStart(20_000_000, "\n")), {
      "content-encoding": "gzip",
    }),
    code: "TOO_LARGE",
    limits: SMALL,
  },
];

function goodOf(kind: WireKind): Good {
  const format = formatOf(kind);
  const reply = { text: "one two three four five six" };
  const events = format
    .events(reply, "test-1", {})
    .map(
      ({ event, data }) =>
        format.frame?.(data) ??
        `${event === undefined ? "" : `event: ${event}\n`}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`,
    );
  return {
    whole: JSON.stringify(format.whole(reply, "test-1")),
    events,
    type: format.frame === undefined ? SSE : { "content-type": "application/x-ndjson" },
  };
}

function modelsFor(kind: WireKind, url: string, limits: AnswerLimits): Models {
  const provider = {
    apiKey: "sk-test-0123456789",
    defaultModel: "test-1",
    limits,
    baseURL: url + formatOf(kind).basePath,
  };
  return createModels({ config: { default: kind, providers: { [kind]: provider } } });
}

/** What keeps this process busy, by kind. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo())
    if (/TCP|Timeout|Pipe|TLS/.test(name)) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const surplus = (before: Record<string, number>): string[] =>
  Object.entries(resources()).flatMap(([name, count]) => (count > (before[name] ?? 0) ? [name] : []));

/** Waits, boundedly, for `check` to find nothing. */
async function nothingOf<T>(check: () => T[]): Promise<T[]> {
  for (let tries = 0; tries < 500 && check().length > 0; tries++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  return check();
}

describe.each(KINDS)("a server of %s that", (kind) => {
  const good = goodOf(kind);
  for (const stream of [false, true]) {
    it.each(CASES)(
      `PROD-3: $name, ${stream ? "streamed" : "in one piece"}`,
      async ({ fault, code, requests = 1, limits = {}, details = {} }) => {
        const before = resources();
        {
          await using server = await startFaultyServer(fault(good, stream));
          const models = modelsFor(kind, server.url, limits);
          const heard: string[] = [];
          const failed = await generate(
            models,
            { prompt: "Say something" },
            {
              retry: { maxAttempts: 3, initialDelayMs: 1, maxDelayMs: 1 },
              ...(stream ? { onEvent: ({ type }) => heard.push(type) } : {}),
            },
          ).then(
            (response) => response,
            (error: unknown) => error,
          );
          expect(isSpellError(failed)).toBe(true);
          const wanted = typeof code === "string" ? code : code[stream ? 1 : 0];
          expect({ code: (failed as SpellError).code, message: (failed as SpellError).message }).toMatchObject({
            code: wanted,
          });
          expect((failed as SpellError).details).toMatchObject({ provider: kind, model: "test-1", ...details });
          // A part that was handed out makes the failure final.
          const told = heard.includes("model.text");
          const tries = wanted === "PROVIDER_NETWORK" && !told ? 3 : told ? 1 : requests;
          expect(server.requests).toBe(tries);
          expect(models.usage(kind)).toMatchObject({ requests: tries, failed: tries, inputTokens: 0, outputTokens: 0 });
          expect(await nothingOf(() => Array.from({ length: server.busy }, () => "socket"))).toEqual([]);
        }
        expect(await nothingOf(() => surplus(before))).toEqual([]);
      },
    );
  }
});
