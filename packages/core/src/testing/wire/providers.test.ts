import { afterEach, describe, expect, it } from "vitest";
import { createAgent, createModels, defineTool, generate, type SystemEvent, type Models } from "../../index.js";
import { startWireServer, type WireKind, type WireServer, type WireServerOptions } from "./server.js";

const KINDS: readonly WireKind[] = ["openai", "anthropic", "google", "ollama", "openai-compatible"];
const KEY = "sk-test-0123456789";
const PROMPT = { prompt: "Say something" };

const weather = defineTool({
  name: "weather",
  description: "Current weather of a city",
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
  execute: ({ city }) => ({ city, sky: "rain", degrees: 11 }),
});

const servers: WireServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function connect(
  kind: WireKind,
  options: WireServerOptions,
  apiKey = KEY,
): Promise<{ server: WireServer; models: Models }> {
  const server = await startWireServer(kind, options);
  servers.push(server);
  const provider = { baseURL: server.url, apiKey, defaultModel: "test-1" };
  return { server, models: createModels({ config: { default: kind, providers: { [kind]: provider } } }) };
}

describe.each(KINDS)("%s", (kind) => {
  it("runs an agent with a tool, in one piece and streamed", async () => {
    for (const stream of [false, true]) {
      const { server, models } = await connect(kind, {
        key: KEY,
        respond: () => [
          { text: "Let me look.", toolCalls: [{ name: "weather", args: { city: "Paris" } }] },
          { text: "It rains in Paris, 11 degrees." },
        ],
      });
      const agent = createAgent({ name: "forecaster", systemPrompt: "Be brief.", tools: [weather] }, { models });
      const events: SystemEvent[] = [];
      const response = await agent.run("How is Paris?", stream ? { onEvent: (event) => events.push(event) } : {});

      expect(response).toMatchObject({
        content: "It rains in Paris, 11 degrees.",
        model: "test-1",
        provider: kind,
        finishReason: "stop",
        steps: 2,
      });
      expect(response.toolCalls).toMatchObject([{ name: "weather", args: { city: "Paris" }, result: { sky: "rain" } }]);
      expect(response.usage).toEqual({ inputTokens: 22, outputTokens: 14, totalTokens: 36 });
      expect(models.usage(kind)).toMatchObject({ requests: 2, failed: 0, inputTokens: 22, outputTokens: 14 });

      const [first, second] = server.requests;
      expect(first?.stream).toBe(stream);
      expect(first?.messages).toEqual([
        { role: "system", text: "Be brief." },
        { role: "user", text: "How is Paris?" },
      ]);
      expect(first?.tools).toMatchObject([
        {
          name: "weather",
          description: "Current weather of a city",
          parameters: { properties: { city: { type: "string" } }, required: ["city"] },
        },
      ]);
      expect(second?.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "tool"]);
      expect(second?.messages[2]).toMatchObject({
        text: "Let me look.",
        toolCalls: [{ name: "weather", args: { city: "Paris" } }],
      });
      expect(JSON.parse(second?.messages[3]?.text ?? "")).toEqual({ city: "Paris", sky: "rain", degrees: 11 });
      expect(texts(events)).toBe(stream ? "Let me look.It rains in Paris, 11 degrees." : "");
    }
  });

  it("tells the model of a tool that failed, in the provider's format", async () => {
    const { server, models } = await connect(kind, {
      respond: () => [
        {
          toolCalls: [
            { name: "weather", args: { town: 1 } },
            { name: "wether", args: {} },
          ],
        },
        { text: "Sorry." },
      ],
    });
    const response = await createAgent({ name: "a", tools: [weather] }, { models }).run("How is Paris?");
    expect(response.toolCalls.map(({ error }) => error?.code)).toEqual(["VALIDATION_FAILED", "NOT_FOUND"]);
    const results = server.requests[1]?.messages.filter(({ role }) => role === "tool") ?? [];
    expect(results[0]?.text).toContain("must have required property 'city'");
    expect(results[1]?.text).toContain("did you mean 'weather'");
  });

  it("hands out text before the server has ended the stream", async () => {
    let release = (): void => {};
    const until = new Promise<void>((resolve) => (release = resolve));
    const { models } = await connect(kind, {
      respond: () => ({ text: "one two three four five six seven eight", holdAfterChunks: { chunks: 5, until } }),
    });
    // The server waits for the first delta: were it not handed out at once, this would never end.
    const response = await generate(models, PROMPT, { onEvent: (event) => event.type === "model.text" && release() });
    expect(response.content).toBe("one two three four five six seven eight");
  });

  it("retries a rate limit as the server asks, and counts the attempts", async () => {
    const limited = { status: 429, headers: { "retry-after-ms": "1" } };
    const { server, models } = await connect(kind, {
      respond: () => [limited, { ...limited, headers: { "retry-after": "0" } }, { text: "ok" }],
    });
    expect((await generate(models, PROMPT)).content).toBe("ok");
    expect(server.requests).toHaveLength(3);
  });

  it("gives up a rate limit after three attempts", async () => {
    const { server, models } = await connect(kind, {
      respond: () => ({ status: 429, headers: { "retry-after-ms": "1" } }),
    });
    await expect(generate(models, PROMPT)).rejects.toMatchObject({
      code: "PROVIDER_RATE_LIMIT",
      details: { provider: kind, model: "test-1", status: 429, retryAfterMs: 1, attempts: 3 },
    });
    expect(server.requests).toHaveLength(3);
  });

  it("retries a server error", async () => {
    const { server, models } = await connect(kind, {
      respond: () => [{ status: 500 }, { status: 503 }, { text: "ok" }],
    });
    expect((await generate(models, PROMPT, { retry: { initialDelayMs: 1 }, onEvent: () => {} })).content).toBe("ok");
    expect(server.requests).toHaveLength(3);
  });

  it("does not retry a refused key, and never shows it", async () => {
    const wrong = "sk-wrong-9876543210";
    const { server, models } = await connect(kind, { key: KEY, respond: () => ({ text: "never" }) }, wrong);
    const error: unknown = await generate(models, PROMPT).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "PROVIDER_AUTH",
      message: expect.stringContaining(`'${kind}' refused the key`),
    });
    expect(server.requests).toHaveLength(1);
    expect(
      `${JSON.stringify(error)} ${String(error)} ${(error as Error).stack} ${JSON.stringify(models)} ${JSON.stringify(models.list())}`,
    ).not.toContain(wrong);
  });

  it("does not retry a bad request", async () => {
    const { server, models } = await connect(kind, {
      respond: () => ({ status: 400, text: "temperature is too high" }),
    });
    await expect(generate(models, PROMPT)).rejects.toMatchObject({
      code: "PROVIDER_BAD_REQUEST",
      message: expect.stringContaining("temperature is too high"),
    });
    expect(server.requests).toHaveLength(1);
  });

  it("knows a conversation that is too long", async () => {
    const text = {
      openai: "This model's maximum context length is 8192 tokens.",
      ollama: "input exceeds the context window",
      "openai-compatible": "input exceeds the context window",
      anthropic: "prompt is too long: 210000 tokens > 200000 maximum",
      google: "The input token count (1200000) exceeds the maximum number of tokens allowed",
    }[kind];
    const { models } = await connect(kind, { respond: () => ({ status: 400, text }) });
    await expect(generate(models, PROMPT)).rejects.toMatchObject({ code: "PROVIDER_CONTEXT_LENGTH" });
  });

  it.each([
    ["a connection that dies", { dieAfterChunks: 4 }],
    ["a stream that just ends", { endAfterChunks: 4 }],
  ])("makes an error of %s, and does not ask again", async (_name, how) => {
    const { server, models } = await connect(kind, {
      respond: () => ({ text: "one two three four five six seven", ...how }),
    });
    const heard: string[] = [];
    await expect(
      generate(models, PROMPT, { onEvent: (event) => event.type === "model.text" && heard.push(event.payload.text) }),
    ).rejects.toMatchObject({
      code: "PROVIDER_NETWORK",
      message: `the connection to '${kind}' ended in the middle of the answer`,
    });
    expect(heard.join("")).toMatch(/^one /);
    expect(server.requests).toHaveLength(1);
  });

  it("makes an error of a tool call that was cut off", async () => {
    const { models } = await connect(kind, {
      respond: () => ({
        text: "Wait.",
        toolCalls: [{ name: "weather", args: { city: "Paris" } }],
        endAfterChunks: kind === "anthropic" ? 6 : kind === "google" ? 1 : 4,
      }),
    });
    const agent = createAgent({ name: "a", tools: [weather] }, { models });
    const events: SystemEvent[] = [];
    await expect(agent.run("How is Paris?", { onEvent: (event) => events.push(event) })).rejects.toMatchObject({
      code: "PROVIDER_NETWORK",
    });
    expect(events.some(({ type }) => type === "tool.started")).toBe(false);
  });

  it("retries a stream that breaks before its first part", async () => {
    const { server, models } = await connect(kind, {
      respond: () => [{ text: "one", dieAfterChunks: 0 }, { text: "one", endAfterChunks: 0 }, { text: "one two" }],
    });
    expect((await generate(models, PROMPT, { onEvent: () => {}, retry: { initialDelayMs: 1 } })).content).toBe(
      "one two",
    );
    expect(server.requests).toHaveLength(3);
  });

  it("retries a whole answer that was cut off", async () => {
    const { server, models } = await connect(kind, {
      respond: () => [{ text: "one", dieAfterChunks: 0 }, { text: "one" }],
    });
    expect((await generate(models, PROMPT, { retry: { initialDelayMs: 1 } })).content).toBe("one");
    expect(server.requests).toHaveLength(2);
  });

  it("closes the socket when it is aborted", async () => {
    const { server, models } = await connect(kind, {
      respond: () => ({
        text: "one two three four five six seven eight",
        holdAfterChunks: { chunks: 5, until: new Promise(() => {}) },
      }),
    });
    const controller = new AbortController();
    const run = generate(models, PROMPT, {
      signal: controller.signal,
      onEvent: (event) => event.type === "model.text" && controller.abort(),
    });
    await expect(run).rejects.toMatchObject({ code: "CANCELLED" });
    await expect.poll(() => server.aborted).toBe(1);
  });

  it("aborts the wait between two attempts", async () => {
    const controller = new AbortController();
    const { server, models } = await connect(kind, {
      respond: () => {
        setTimeout(() => controller.abort(), 20);
        return { status: 429, headers: { "retry-after": "3600" } };
      },
    });
    await expect(generate(models, PROMPT, { signal: controller.signal })).rejects.toMatchObject({ code: "CANCELLED" });
    expect(server.requests).toHaveLength(1);
  });

  it("makes an error of an answer that is something else", async () => {
    const { models } = await connect(kind, { respond: () => ({ body: "<html>captive portal</html>" }) });
    await expect(generate(models, PROMPT)).rejects.toMatchObject({
      code: "PROVIDER_SERVER",
      message: expect.stringContaining("cannot be read"),
    });
  });

  it("says that nobody listens", async () => {
    const { server, models } = await connect(kind, { respond: () => ({ text: "never" }) });
    await server.close();
    const failed = generate(models, PROMPT, { retry: { maxAttempts: 1 } });
    await expect(failed).rejects.toMatchObject({
      code: "PROVIDER_NETWORK",
      message: expect.stringContaining(`cannot reach '${kind}' at http://127.0.0.1:`),
    });
  });

  it("reads a structured answer after one repair", async () => {
    const schema = {
      type: "object",
      properties: { sky: { enum: ["sun", "rain"] } },
      required: ["sky"],
      additionalProperties: false,
    };
    const { server, models } = await connect(kind, {
      respond: () => [{ text: '{"sky":"snow"}' }, { text: '```json\n{"sky":"rain"}\n```' }],
    });
    // Older Anthropic models answer through a tool instead; this one has the format itself.
    const model = kind === "anthropic" ? "claude-sonnet-4-5" : "test-1";
    const response = await generate(models, { ...PROMPT, model: `${kind}:${model}`, schema });
    expect(response.object).toEqual({ sky: "rain" });
    expect(JSON.stringify(server.requests[0]?.body)).toContain('["sun","rain"]');
    expect(server.requests[1]?.messages.at(-1)?.text).toContain("must be equal to one of the allowed values");
  });
});

function texts(events: readonly SystemEvent[]): string {
  return events.map((event) => (event.type === "model.text" ? event.payload.text : "")).join("");
}

describe("the wire servers themselves", () => {
  it.each([
    ["openai", { model: "m", messages: [{ role: "robot", content: "hi" }] }],
    ["openai", { model: "m", messages: [{ role: "tool", content: "hi", tool_call_id: "none" }] }],
    ["anthropic", { model: "m", messages: [{ role: "user", content: "hi" }] }],
    ["google", { contents: [{ role: "assistant", parts: [{ text: "hi" }] }] }],
  ] as const)("%s refuses what the provider refuses", async (kind, body) => {
    const { server } = await connect(kind, { respond: () => ({ text: "never" }) });
    const path = { openai: "/chat/completions", anthropic: "/messages", google: "/models/m:generateContent" }[kind];
    const headers = { "content-type": "application/json", "anthropic-version": "2023-06-01", "x-api-key": KEY };
    const response = await fetch(server.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    expect(response.status).toBe(400);
    expect(await response.json()).toHaveProperty("error.message");
  });
});
