import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { isRetryable, recoveryOf, type SpellError } from "@llmspell/errors";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  callModel,
  createContext,
  createModels,
  filesBelow,
  generate,
  READ_FILE,
  type ContentPart,
  type Message,
  type ModelRequest,
  type Models,
} from "../../index.js";
import { startWireServer, type WireKind, type WireServer, type WireServerOptions } from "./server.js";
import type { Reply } from "./types.js";

/** What differs between the providers, as their references say. */
interface Traits {
  id: "PROV-5" | "PROV-7" | "PROV-8" | "PROV-9" | "PROV-1";
  kind: WireKind;
  model: string;
  /** Where the request body has the image; its bytes are `data`. */
  image(data: string, mediaType: string): unknown;
  /** Where it has a document. */
  pdf(data: string): unknown;
  /** Fields of the request for a JSON schema. */
  schemaAt(body: Record<string, unknown>): unknown;
  /** Whether the wire tells tokens from the cache and of reasoning. */
  tells: { cached: boolean; reasoning: boolean };
  /** The provider's words for `length` and `content-filter`. */
  stops: Record<"length" | "content-filter", string>;
  settings: Record<string, unknown>;
  /** How it refuses a prompt: by an error, or by an answer that stops at once. */
  refusal: Reply & { status?: 400 };
}

const get = (value: unknown, ...keys: (string | number)[]): unknown =>
  keys.reduce<unknown>((at, key) => (at as Record<string | number, unknown> | undefined)?.[key], value);

const SETTINGS: ModelRequest = { messages: [], temperature: 0.5, maxOutputTokens: 77, topP: 0.9, stop: ["END"] };

const openaiLike: Omit<Traits, "id" | "kind"> = {
  model: "test-1",
  pdf: (data) => ({ type: "file", file: { filename: "a.pdf", file_data: `data:application/pdf;base64,${data}` } }),
  image: (data, mediaType) => ({ type: "image_url", image_url: { url: `data:${mediaType};base64,${data}` } }),
  schemaAt: (body) => get(body, "response_format", "json_schema", "schema"),
  tells: { cached: true, reasoning: true },
  stops: { length: "length", "content-filter": "content_filter" },
  settings: { temperature: 0.5, max_tokens: 77, top_p: 0.9, stop: ["END"] },
  refusal: {
    status: 400,
    body: {
      error: {
        message: "The response was filtered due to the prompt triggering our content management policy.",
        type: null,
        param: "prompt",
        code: "content_filter",
      },
    },
  },
};

const PROVIDERS: readonly Traits[] = [
  { ...openaiLike, id: "PROV-5", kind: "openai" },
  {
    id: "PROV-7",
    kind: "anthropic",
    model: "claude-sonnet-4-5",
    image: (data, media_type) => ({ type: "image", source: { type: "base64", media_type, data } }),
    pdf: (data) => ({
      type: "document",
      source: { type: "base64", media_type: "application/pdf", data },
      title: "a.pdf",
    }),
    schemaAt: (body) => get(body, "output_config", "format", "schema"),
    tells: { cached: true, reasoning: false },
    stops: { length: "max_tokens", "content-filter": "refusal" },
    // Anthropic takes one of temperature and top_p.
    settings: { temperature: 0.5, max_tokens: 77, stop_sequences: ["END"] },
    refusal: { text: "", finishReason: "refusal" },
  },
  {
    id: "PROV-8",
    kind: "google",
    model: "test-1",
    image: (data, mimeType) => ({ inlineData: { mimeType, data } }),
    pdf: (data) => ({ inlineData: { mimeType: "application/pdf", data } }),
    schemaAt: (body) => get(body, "generationConfig", "responseSchema"),
    tells: { cached: true, reasoning: true },
    stops: { length: "MAX_TOKENS", "content-filter": "SAFETY" },
    settings: { generationConfig: { temperature: 0.5, maxOutputTokens: 77, topP: 0.9, stopSequences: ["END"] } },
    refusal: {
      body: {
        promptFeedback: { blockReason: "PROHIBITED_CONTENT" },
        usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 },
      },
    },
  },
  { ...openaiLike, id: "PROV-9", kind: "ollama" },
  { ...openaiLike, id: "PROV-1", kind: "openai-compatible" },
];

const KEY = "sk-test-0123456789";
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const PDF = Buffer.from("%PDF-1.4\n%%EOF\n").toString("base64");
const ASK: Message[] = [{ role: "user", content: "Say something" }];
const TOOLS = ["weather", "time"].map((name) => ({
  name,
  description: `The ${name} of a city`,
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
}));

async function connect(traits: Traits, options: WireServerOptions): Promise<{ server: WireServer; models: Models }> {
  const { kind, model } = traits;
  const server = await startWireServer(kind, options);
  onTestFinished(() => server.close());
  const provider = { baseURL: server.url, apiKey: KEY, defaultModel: model };
  return { server, models: createModels({ config: { default: kind, providers: { [kind]: provider } } }) };
}

/** One call without retries, in one piece and streamed, each against a server that answers alike. */
async function both(
  traits: Traits,
  reply: Reply,
  request: ModelRequest,
  check: (answer: Awaited<ReturnType<typeof callModel>>, server: WireServer, models: Models) => void,
): Promise<void> {
  for (const streamed of [false, true]) {
    const { server, models } = await connect(traits, { key: KEY, respond: () => reply });
    const model = await models.load(models.resolve());
    const answer = await callModel(model, request, {
      retry: { maxAttempts: 1 },
      ...(streamed ? { onPart: () => {} } : {}),
    });
    expect(server.requests.map(({ stream }) => stream)).toEqual([streamed]);
    check(answer, server, models);
  }
}

/** All objects anywhere in `value`. */
function parts(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return [value, ...Object.values(value).flatMap(parts)];
}

describe.each(PROVIDERS)("$kind", (traits) => {
  const { id, kind } = traits;

  it(`${id}: text, system prompt and settings`, async () => {
    const messages: Message[] = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "One?" },
      { role: "assistant", content: "Two." },
      {
        role: "user",
        content: [
          { type: "text", text: "Three" },
          { type: "text", text: "?" },
        ],
      },
    ];
    await both(traits, { text: 'Four, \u{1F600} and "five".\n' }, { ...SETTINGS, messages }, (answer, server) => {
      expect(answer).toMatchObject({ text: 'Four, \u{1F600} and "five".\n', toolCalls: [], finishReason: "stop" });
      expect(server.requests[0]?.messages).toMatchObject([
        { role: "system", text: "Be brief." },
        { role: "user", text: "One?" },
        { role: "assistant", text: "Two." },
        { role: "user", text: "Three?" },
      ]);
      expect(server.requests[0]?.model).toBe(traits.model);
      expect(server.requests[0]?.body).toMatchObject(traits.settings);
    });
  });

  it(`CORE-1: ${id}: an image as base64 and as a path reaches the request as an image, never as text`, async () => {
    const root = await mkdtemp(path.join(tmpdir(), "llmspell-wire-"));
    onTestFinished(() => rm(root, { recursive: true }));
    await writeFile(path.join(root, "dot.png"), Buffer.from(PNG, "base64"));
    const images: ContentPart[] = [
      { type: "file", mediaType: "image/png", data: PNG },
      { type: "file", path: "dot.png" },
    ];
    const message: Message = { role: "user", content: [{ type: "text", text: "What is this?" }, ...images] };
    const { server, models } = await connect(traits, { respond: () => ({ text: "A dot." }) });
    const context = createContext().provide(READ_FILE, filesBelow(root));
    const stored = JSON.parse(JSON.stringify([message])) as Message[];
    expect((await generate(models, { messages: stored }, { context })).content).toBe("A dot.");
    const [request] = server.requests;
    expect(request?.messages).toEqual([
      {
        role: "user",
        text: "What is this?",
        files: [
          { mediaType: "image/png", data: PNG },
          { mediaType: "image/png", data: PNG },
        ],
      },
    ]);
    expect(
      parts(request?.body).filter((part) => JSON.stringify(part) === JSON.stringify(traits.image(PNG, "image/png"))),
    ).toHaveLength(2);
    await expect(generate(models, { messages: stored })).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    expect(server.requests).toHaveLength(1);
  });

  it(`${id}: a document reaches the request as a file`, async () => {
    const file: ContentPart = { type: "file", mediaType: "application/pdf", data: PDF, filename: "a.pdf" };
    const { server, models } = await connect(traits, { respond: () => ({ text: "A page." }) });
    const messages: Message[] = [{ role: "user", content: [{ type: "text", text: "Read" }, file] }];
    expect((await generate(models, { messages })).content).toBe("A page.");
    expect(parts(server.requests[0]?.body)).toContainEqual(traits.pdf(PDF));
  });

  it(`${id}: a file of a kind that its format has not is refused before it is sent`, async () => {
    const file: ContentPart = { type: "file", mediaType: "application/x-elf", data: PDF };
    const { server, models } = await connect(traits, { respond: () => ({ text: "taken" }) });
    const outcome = await generate(models, { messages: [{ role: "user", content: [file] }] }).then(
      ({ content }) => content,
      (error: unknown) => (error as SpellError).code,
    );
    // Google's format has a place for all kinds.
    const [wanted, requests] = kind === "google" ? ["taken", 1] : ["UNSUPPORTED", 0];
    expect(outcome).toBe(wanted);
    expect(server.requests).toHaveLength(requests);
    expect(models.usage(kind)).toMatchObject({ requests, failed: 0 });
  });

  it(`${id}: parallel tool calls, their results and errors`, async () => {
    const calls = [
      { name: "weather", args: { city: "Paris" } },
      { name: "time", args: { city: "Oslo", deep: [{ a: null }] } },
    ];
    await both(traits, { text: "Wait.", toolCalls: calls }, { messages: ASK, tools: TOOLS }, (answer, server) => {
      expect(answer).toMatchObject({ text: "Wait.", finishReason: "tool-calls" });
      expect(answer.toolCalls.map(({ name, input }) => ({ name, args: input }))).toEqual(calls);
      expect(new Set(answer.toolCalls.map((call) => call.id)).size).toBe(2);
      expect(server.requests[0]?.tools).toMatchObject(TOOLS.map(({ name, description }) => ({ name, description })));
    });
    const { server, models } = await connect(traits, { respond: () => [{ toolCalls: calls }, { text: "done" }] });
    const model = await models.load(models.resolve());
    const asked = await callModel(model, { messages: ASK, tools: TOOLS });
    const [first, second] = asked.toolCalls;
    await callModel(model, {
      tools: TOOLS,
      messages: [
        ...ASK,
        {
          role: "assistant",
          content: "",
          toolCalls: asked.toolCalls.map(({ id: callId, name, input, providerData }) => ({
            id: callId,
            name,
            args: input,
            ...(providerData === undefined ? {} : { providerData }),
          })),
        },
        { role: "tool", toolCallId: first?.id ?? "", content: "rain" },
        { role: "tool", toolCallId: second?.id ?? "", content: "no clock", isError: true },
      ],
    });
    const told = server.requests[1]?.messages ?? [];
    expect(told.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "tool"]);
    expect(told[1]?.toolCalls?.map(({ name, args }) => ({ name, args }))).toEqual(calls);
    expect(told.slice(2).map(({ text }) => text)).toEqual(["rain", "no clock"]);
    // Only Anthropic's format can say that a result is an error.
    expect(told[3]?.isError).toBe(kind === "anthropic" ? true : undefined);
  });

  it(`${id}: a JSON schema reaches the request`, async () => {
    const schema = {
      type: "object",
      properties: { sky: { type: "string" } },
      required: ["sky"],
      additionalProperties: false,
    };
    await both(traits, { text: '{"sky":"blue"}' }, { messages: ASK, schema }, (answer, server) => {
      expect(answer.text).toBe('{"sky":"blue"}');
      expect(traits.schemaAt(server.requests[0]?.body ?? {})).toMatchObject({
        properties: { sky: { type: "string" } },
        required: ["sky"],
      });
    });
  });

  it(`PROV-6: ${id}: every chunk is handed out before the server sends the next`, async () => {
    const words = "one two three four five six".split(" ");
    // The server waits for each receipt: were one chunk held back, this would never end.
    const receipts: (() => void)[] = [];
    const acknowledged = words.map(() => new Promise<void>((resolve) => receipts.push(resolve)));
    let sent = -1;
    const { models } = await connect(traits, {
      respond: () => ({
        text: words.join(" "),
        beforePiece: async (piece) => {
          sent = piece;
          if (piece > 0) await acknowledged[piece - 1];
        },
      }),
    });
    const heard: string[] = [];
    const model = await models.load(models.resolve());
    const answer = await callModel(
      model,
      { messages: ASK },
      {
        onPart(part) {
          if (part.type !== "text") return;
          heard.push(part.text);
          receipts.shift()?.();
        },
      },
    );
    expect(heard.map((piece) => piece.trim())).toEqual(words);
    expect([answer.text, sent]).toEqual([words.join(" "), words.length - 1]);
  });

  it(`${id}: usage, with what came from the cache and went into reasoning where the wire tells it`, async () => {
    const { cached, reasoning } = traits.tells;
    const usage = {
      input: 100,
      output: 40,
      ...(cached ? { cached: 60 } : {}),
      ...(reasoning ? { reasoning: 15 } : {}),
    };
    await both(traits, { text: "yes", usage }, { messages: ASK }, (answer, _server, models) => {
      expect(answer.usage).toEqual({
        inputTokens: 100,
        outputTokens: 40,
        totalTokens: 140,
        ...(cached ? { cachedInputTokens: 60 } : {}),
        ...(reasoning ? { reasoningTokens: 15 } : {}),
      });
      expect(models.usage(kind)).toEqual({
        requests: 1,
        failed: 0,
        inputTokens: 100,
        outputTokens: 40,
        cachedInputTokens: cached ? 60 : 0,
        reasoningTokens: reasoning ? 15 : 0,
      });
    });
  });

  it.each(["length", "content-filter"] as const)(`${id}: the stop reason %s`, async (reason) => {
    await both(traits, { text: "ha", finishReason: traits.stops[reason] }, { messages: ASK }, (answer) =>
      expect([answer.finishReason, answer.text]).toEqual([reason, "ha"]),
    );
  });

  it.each([
    [401, {}, "PROVIDER_AUTH", "fallback"],
    [403, {}, "PROVIDER_AUTH", "fallback"],
    [404, {}, "PROVIDER_NOT_FOUND", "fallback"],
    [400, {}, "PROVIDER_BAD_REQUEST", "fallback"],
    [429, { "retry-after": "7" }, "PROVIDER_RATE_LIMIT", "retry"],
    [500, {}, "PROVIDER_SERVER", "retry"],
    [503, {}, "PROVIDER_SERVER", "retry"],
    [529, {}, "PROVIDER_SERVER", "retry"],
  ] as const)(`CORE-2: ${id}: the status %d`, async (status, headers, code, recovery) => {
    for (const streamed of [false, true]) {
      const { server, models } = await connect(traits, { respond: () => ({ status, headers, text: "no, thank you" }) });
      const model = await models.load(models.resolve());
      const failed = (await callModel(
        model,
        { messages: ASK },
        {
          retry: { maxAttempts: 1 },
          ...(streamed ? { onPart: () => {} } : {}),
        },
      ).catch((error: unknown) => error)) as SpellError;
      expect(failed).toMatchObject({
        code,
        details: { provider: kind, model: traits.model, retryable: recovery === "retry" },
      });
      // Google refuses a key with 400.
      expect(failed.details["status"]).toBe(kind === "google" && status === 401 ? 400 : status);
      expect(failed.details["retryAfterMs"]).toBe(status === 429 ? 7000 : undefined);
      expect(failed.message).toContain("no, thank you");
      expect([recoveryOf(failed), isRetryable(failed)]).toEqual([recovery, recovery === "retry"]);
      expect(models.usage(kind)).toMatchObject({ requests: 1, failed: 1 });
      expect(server.requests).toHaveLength(1);
    }
  });

  it(`${id}: a refused prompt is told as such`, async () => {
    const { models } = await connect(traits, { respond: () => traits.refusal });
    const model = await models.load(models.resolve());
    const outcome = await callModel(model, { messages: ASK }).then(
      (answer) => answer.finishReason,
      (error: unknown) => (error as SpellError).code,
    );
    expect(outcome).toBe(traits.refusal.status === 400 ? "PROVIDER_CONTENT_FILTER" : "content-filter");
  });

  it(`PROV-6: ${id}: an abort closes the socket, before the answer and within it`, async () => {
    for (const streamed of [false, true]) {
      const stop = new AbortController();
      const { server, models } = await connect(traits, {
        respond: () => {
          if (streamed)
            return {
              text: "one two three four five six seven eight",
              holdAfterChunks: { chunks: 5, until: new Promise(() => {}) },
            };
          stop.abort();
          return new Promise(() => {});
        },
      });
      const model = await models.load(models.resolve());
      const call = callModel(
        model,
        { messages: ASK },
        { signal: stop.signal, ...(streamed ? { onPart: () => stop.abort() } : {}) },
      );
      await expect(call).rejects.toMatchObject({ code: "CANCELLED" });
      await expect.poll(() => server.aborted).toBe(1);
      expect(models.usage(kind)).toMatchObject({ requests: 1, failed: 1 });
    }
  });

  it(`${id}: the headers of a request`, async () => {
    const { server, models } = await connect(traits, { key: KEY, respond: () => ({ text: "ok" }) });
    const model = await models.load(models.resolve());
    await callModel(model, { messages: ASK, headers: { traceparent: "00-1-2-01" } });
    expect(server.requests[0]?.headers).toMatchObject({ "content-type": "application/json", traceparent: "00-1-2-01" });
  });
});
