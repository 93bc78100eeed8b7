import { afterEach, describe, expect, it } from "vitest";
import { defined } from "../../json.js";
import { openLongTermMemory } from "../../memory/long-term.js";
import {
  startEmbeddingServer,
  type EmbeddingReply,
  type EmbeddingRequest,
  type EmbeddingServer,
  type EmbeddingWire,
} from "../../testing/wire/embeddings.js";
import { createModels, type Models } from "../models.js";
import { createScriptedModel } from "../scripted.js";
import { embed, embedder, embedMany } from "./embed.js";

const KEY = "sk-secret-0123456789";

const servers: EmbeddingServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server[Symbol.asyncDispose]();
});

/** The text's own number first, so that a vector tells whose it is. */
const vectorOf = (text: string, dimension = 3): number[] =>
  Array.from({ length: dimension }, (_, at) => (at === 0 ? Number.parseInt(text.replace(/\D/g, "") || "0", 10) : 1));

type Respond = (request: EmbeddingRequest, n: number) => EmbeddingReply | Promise<EmbeddingReply>;

const honest: Respond = ({ texts, dimensions }) => ({ vectors: texts.map((text) => vectorOf(text, dimensions)) });

async function start(
  wire: EmbeddingWire,
  type: string,
  respond: Respond,
): Promise<{ models: Models; server: EmbeddingServer }> {
  const server = await startEmbeddingServer(wire, respond);
  servers.push(server);
  const models = createModels();
  models.create({ type, name: "here", baseURL: server.baseURL, apiKey: KEY, embeddingModel: "vec" });
  return { models, server };
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `text ${index}`);

describe.each<[string, EmbeddingWire, number, number]>([
  ["openai", "openai", 2048, 5000],
  ["google", "google", 100, 250],
  ["openai-compatible", "openai", 2048, 5000],
])("embeddings of %s", (type, wire, limit, count) => {
  it("PROV-16: batches by the provider's limit and keeps the order", async () => {
    const { models, server } = await start(wire, type, honest);
    const texts = numbered(count);
    const { vectors, dimension, model, usage } = await embedMany(models, texts);
    expect(vectors.map(([first]) => first)).toEqual(texts.map((_, index) => index));
    expect([dimension, model]).toEqual([3, "here:vec"]);
    expect(server.requests.map((request) => request.texts.length).toSorted((a, b) => b - a)).toEqual(
      Array.from({ length: Math.ceil(count / limit) }, (_, index) => Math.min(limit, count - index * limit)),
    );
    expect(server.requests.every(({ key, model: asked }) => key === KEY && asked === "vec")).toBe(true);
    expect(usage.tokens).toBe(wire === "google" ? 0 : 2 * count);
    expect(models.usage("here")).toMatchObject({ requests: server.requests.length, inputTokens: usage.tokens });
  });

  it("PROV-16: a single text, and a vector of the length that was asked for", async () => {
    const { models, server } = await start(wire, type, honest);
    expect(await embed(models, "text 7", { dimension: 5 })).toMatchObject({ vector: [7, 1, 1, 1, 1], dimension: 5 });
    expect(server.requests).toMatchObject([{ texts: ["text 7"], dimensions: 5 }]);
    expect(await embedMany(models, [])).toMatchObject({ vectors: [], dimension: 0 });
    expect(server.requests).toHaveLength(1);
  });

  it("PROV-16: tries again what passes, and ends in the error of its cause", async () => {
    const { models, server } = await start(wire, type, (request, n) =>
      n === 1 ? { status: 429, message: "slow", headers: { "retry-after-ms": "1" } } : honest(request, n),
    );
    expect((await embed(models, "text 1")).vector[0]).toBe(1);
    expect(server.requests).toHaveLength(2);
    const refusing = await start(wire, type, () => ({ status: 401, message: `wrong key ${KEY}` }));
    const refused = embed(refusing.models, "x");
    await expect(refused).rejects.toMatchObject({ code: "PROVIDER_AUTH", message: expect.not.stringContaining(KEY) });
    expect(refusing.server.requests).toHaveLength(1);
  });

  it("PROV-16: ends when it is aborted", async () => {
    const controller = new AbortController();
    const { models } = await start(wire, type, () => {
      controller.abort();
      return new Promise<never>(() => {});
    });
    await expect(embed(models, "x", { signal: controller.signal })).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(embed(models, "x", { signal: controller.signal })).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it("PROV-16: ends when the answer takes longer than the limits of its provider", async () => {
    const { models } = await start(wire, type, () => new Promise<never>(() => {}));
    const { baseURL } = models.list().find(({ name }) => name === "here") ?? {};
    models.configure("here", { type, ...defined({ baseURL }), apiKey: KEY, limits: { answerMs: 50 } });
    await expect(embed(models, "x", { model: "here:vec" })).rejects.toMatchObject({
      code: "PROVIDER_TIMEOUT",
      message: "'here' did not finish its answer within 50 ms",
      details: { limit: "answerMs" },
    });
    expect(models.usage("here")).toMatchObject({ requests: 1, failed: 1 });
  });

  it.each<[string, EmbeddingReply]>([
    ["gave 1 vectors for 2 texts", { vectors: [[1, 2, 3]] }],
    [
      "gave a vector of 2 numbers, not of 3",
      {
        vectors: [
          [1, 2, 3],
          [1, 2],
        ],
      },
    ],
    ["gave a vector of 0 numbers, not of 0", { vectors: [[], []] }],
  ])("PROV-16: a provider that %s is found out", async (problem, reply) => {
    const { models, server } = await start(wire, type, () => reply);
    await expect(embedMany(models, ["text 1", "text 2"])).rejects.toMatchObject({
      code: "PROVIDER_SERVER",
      message: `'here' ${problem}`,
    });
    expect(server.requests).toHaveLength(1);
  });

  it("PROV-16: a dimension that is known of the model is checked", async () => {
    const { models } = await start(wire, type, honest);
    models.catalog.add({ provider: "here", model: "vec", dimension: 4 });
    await expect(embed(models, "text 1")).rejects.toThrow("gave a vector of 3 numbers, not of 4");
  });
});

describe("embedMany", () => {
  it("PROV-16: puts vectors that come in another order where their index says", async () => {
    const { models } = await start("openai", "openai-compatible", (request, n) => ({
      ...honest(request, n),
      order: [2, 0, 1],
    }));
    const { vectors } = await embedMany(models, ["text 5", "text 6", "text 7"]);
    expect(vectors.map(([first]) => first)).toEqual([5, 6, 7]);
    const confused = await start("openai", "openai", (request, n) => ({ ...honest(request, n), order: [0, 0, 1] }));
    await expect(embedMany(confused.models, numbered(3))).rejects.toThrow("in a way that matches no texts");
  });

  it("PROV-16: one failing request ends the others", async () => {
    let open = 0;
    const { models } = await start("openai", "openai", ({ texts }) => {
      if (texts[0] === "text 0") return { status: 400, message: "no" };
      open++;
      return new Promise<never>(() => {});
    });
    const asked = embedMany(models, numbered(3), { maxPerCall: 1 });
    await expect(asked).rejects.toMatchObject({ code: "PROVIDER_BAD_REQUEST" });
    expect(open).toBeLessThanOrEqual(2);
  });

  it("refuses what cannot be embedded", async () => {
    const models = createModels();
    await expect(embedMany(models, ["a", ""])).rejects.toThrow("there is nothing to embed in text 1");
    await expect(embedMany(models, ["a"], { maxPerCall: 0 })).rejects.toThrow("'maxPerCall'");
    await expect(embed(models, "a", { model: "openai" })).rejects.toMatchObject({ code: "PROVIDER_AUTH" });
    const withKey = createModels({ env: { ANTHROPIC_API_KEY: KEY } });
    await expect(embed(withKey, "a", { provider: "anthropic" })).rejects.toMatchObject({ code: "UNSUPPORTED" });
    models.register("script", { type: "custom", create: () => createScriptedModel([]) });
    await expect(embed(models, "a", { model: "script:x" })).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});

describe("the offline embedding model", () => {
  it("PROV-16: is the default without a provider, and knows words, not meanings", async () => {
    const models = createModels();
    expect(models.embeddings.resolve().id).toBe("offline:lexical-hash");
    expect(createModels({ env: { GEMINI_API_KEY: KEY } }).embeddings.resolve().id).toBe("google:gemini-embedding-001");
    const texts = ["the cat sleeps", "cats sleeping", "quarterly tax report", "!!!", " "];
    const { vectors, dimension, model } = await embedMany(models, texts);
    expect([dimension, model]).toEqual([512, "offline:lexical-hash"]);
    expect(models.catalog.get(model).dimension).toBe(dimension);
    const near = (a: number, b: number): number =>
      (vectors[a] ?? []).reduce((sum, value, at) => sum + value * (vectors[b]?.[at] ?? 0), 0);
    for (const [index] of texts.entries()) expect(near(index, index)).toBeCloseTo(1, 9);
    expect(near(0, 1)).toBeGreaterThan(near(0, 2) + 0.1);
    expect(Math.abs(near(0, 2))).toBeLessThan(0.2);
    expect((await embedMany(createModels(), texts)).vectors).toEqual(vectors);
    await expect(embed(models, "x", { model: "offline:other" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("PROV-16: plugs into the long-term memory", async () => {
    using memory = await openLongTermMemory({ file: ":memory:", embed: embedder(createModels()) });
    await memory.add([
      { id: "cat", text: "The cat sleeps on the sofa" },
      { id: "tax", text: "Taxes are due in April" },
      { id: "car", text: "The engine of the car is loud" },
    ]);
    const [found] = await memory.search("When is my tax due?", { limit: 1 });
    expect(found).toMatchObject({ id: "tax", by: "vector" });
  });
});
