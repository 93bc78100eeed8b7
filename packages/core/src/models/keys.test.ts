import { inspect } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  callModel,
  createAgent,
  createContext,
  createEmitter,
  createHooks,
  createLogger,
  createModels,
  generate,
  logHooks,
  metricHooks,
  createMetrics,
  type Models,
} from "../index.js";
import { serve } from "../testing/loopback.js";
import { startWireServer, type WireKind } from "../testing/wire/server.js";
import type { Reply } from "../testing/wire/types.js";

// With letters that a URL writes otherwise, so that both ways are looked for.
const KEY = "sk-canary+4f9a/1c77==";
const HEADER = "tenant-canary-77aa55";
const HEADERS = { "x-tenant-token": `Bearer ${HEADER}` };
const SECRETS = [KEY, encodeURIComponent(KEY), Buffer.from(KEY).toString("base64"), HEADER];

const KINDS: readonly WireKind[] = ["openai", "anthropic", "google", "ollama", "openai-compatible"];

/** All ways in which a program may come to print `value`. */
function dumps(value: unknown): string {
  const error = value as Error;
  const own = typeof value === "object" && value !== null ? Object.getOwnPropertyNames(value).join() : "";
  return [
    inspect(value, { depth: Infinity, showHidden: true, getters: true, maxArrayLength: null, maxStringLength: null }),
    JSON.stringify(value),
    String(value),
    own,
    error?.stack,
    error?.message,
  ].join("\n");
}

function secretsIn(text: string): string[] {
  return SECRETS.filter((secret) => text.includes(secret));
}

function modelsFor(kind: WireKind, baseURL: string): Models {
  const provider = { baseURL, apiKey: KEY, headers: HEADERS, defaultModel: "test-1" };
  return createModels({ config: { default: kind, providers: { [kind]: provider } } });
}

/** Servers that say the key, wherever a server can. */
const ECHOES: Readonly<Record<string, Reply>> = {
  "in the words of a refusal": { status: 401, text: `Incorrect API key provided: ${KEY} for ${HEADER}` },
  "in a URL of a refusal": { status: 400, text: `see https://x/?key=${encodeURIComponent(KEY)}` },
  "in a body of no shape": { status: 500, body: `{"oops": "${KEY} Bearer ${HEADER}"` },
  "in an answer that is none": { body: `{"error": "${KEY}", "choices": "${HEADER}"` },
  "in an answer of a wrong shape": { body: { choices: KEY, content: HEADER, candidates: KEY } },
  "in headers": { status: 429, headers: { "x-echo": KEY, "retry-after": "0", "x-ratelimit-limit-tokens": KEY } },
  "in a redirect": { status: 302, headers: { location: `http://127.0.0.1:1/?key=${KEY}` }, body: KEY },
  "in a web page": { headers: { "content-type": "text/html" }, body: KEY, status: 200 },
};

describe.each(KINDS)("the key of %s", (kind) => {
  it.each(Object.entries(ECHOES))(
    "PROV-11: is in no error, event, log or dump when a server says it %s",
    async (_where, reply) => {
      const server = await startWireServer(kind, { respond: () => reply });
      onTestFinished(() => server.close());
      const models = modelsFor(kind, server.url);
      const told: unknown[] = [];
      const lines: string[] = [];
      const events = createEmitter();
      events.on("**", (event) => void told.push(event));
      const hooks = createHooks();
      const metrics = createMetrics();
      for (const hook of [
        ...logHooks(createLogger({ write: (line) => void lines.push(line) })),
        ...metricHooks(metrics),
      ])
        hooks.add(hook);
      const context = createContext({ events, hooks });
      const agent = createAgent({ name: "a" }, { models, context });
      for (const onEvent of [undefined, (event: unknown): void => void told.push(event)]) {
        const retry = { maxAttempts: 2, initialDelayMs: 1 };
        const listening = onEvent === undefined ? {} : { onEvent };
        told.push(
          await generate(models, { prompt: "hi" }, { context, retry, ...listening }).catch((error: unknown) => error),
        );
        told.push(await agent.run("hi", { ...listening, retry }).catch((error: unknown) => error));
      }
      // It was sent, else this would prove nothing.
      expect(JSON.stringify(server.requests[0]?.headers)).toContain(KEY);
      expect(JSON.stringify(server.requests[0]?.headers)).toContain(HEADER);
      expect(told.filter((one) => one instanceof Error)).toHaveLength(4);
      expect(told.length).toBeGreaterThan(8);
      expect(lines.length).toBeGreaterThan(0);
      const all = [
        ...told,
        models,
        models.list(),
        models.usage(),
        models.rateLimits(kind),
        agent,
        agent.info(),
        context,
      ].map(dumps);
      expect(secretsIn(all.join("\n") + lines.join("\n") + metrics.text())).toEqual([]);
    },
  );

  it("PROV-11: is in no dump of a model, a request or an answer", async () => {
    const server = await startWireServer(kind, { key: KEY, respond: () => ({ text: "hello" }) });
    onTestFinished(() => server.close());
    const models = modelsFor(kind, server.url);
    const model = await models.load(models.resolve());
    const raw = await model.doGenerate({ prompt: [{ role: "user", content: [{ type: "text", text: "hi" }] }] });
    const streamed = await model.doStream({ prompt: [{ role: "user", content: [{ type: "text", text: "hi" }] }] });
    const parts: unknown[] = [];
    for await (const part of streamed.stream) parts.push(part);
    const answer = await callModel(model, { messages: [{ role: "user", content: "hi" }] });
    expect(
      secretsIn([model, raw, streamed, parts, answer, models.resolve(), models.default()].map(dumps).join("\n")),
    ).toEqual([]);
  });

  it("PROV-11: goes to no other address", async () => {
    const heard: string[] = [];
    await using other = await serve((request, response) => {
      heard.push(JSON.stringify(request.headers) + request.url);
      response.end("{}");
    });
    const server = await startWireServer(kind, {
      respond: () => ({ status: 307, headers: { location: other.url }, body: "" }),
    });
    onTestFinished(() => server.close());
    await expect(generate(modelsFor(kind, server.url), { prompt: "hi" })).rejects.toMatchObject({
      code: "PROVIDER_NOT_FOUND",
      message: `'${kind}' sends requests to another address (307): check its baseURL`,
    });
    expect(heard).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });
});

describe("keys from the environment", () => {
  it("PROV-11: make a provider, and are in nothing that it shows", async () => {
    const server = await startWireServer("openai", { key: KEY, respond: () => ({ text: "hello" }) });
    onTestFinished(() => server.close());
    const models = createModels({ env: { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: server.url } });
    expect((await generate(models, { prompt: "hi", model: "openai:gpt-4" })).content).toBe("hello");
    const shown = [
      models,
      models.list(),
      models.resolve("openai:gpt-4"),
      models.default(),
      models.usage(),
      models.rateLimits("openai"),
    ];
    expect(secretsIn(shown.map(dumps).join("\n"))).toEqual([]);
  });
});
