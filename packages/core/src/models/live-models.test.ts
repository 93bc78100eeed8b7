import { describe, expect, it } from "vitest";
import { serve } from "../testing/loopback.js";
import { createModels, type Models } from "./models.js";
import { createScriptedModel } from "./scripted.js";

// Of a name alone nothing follows.
const UNKNOWN = { name: "new", kind: "unknown", capabilities: [] };
const KEY = "sk-secret-0123456789";

async function asked(
  type: string,
  answer: { status?: number; body: unknown },
  work: (models: Models, seen: { url?: string | undefined; headers: Record<string, unknown> }[]) => Promise<void>,
): Promise<void> {
  const seen: { url?: string | undefined; headers: Record<string, unknown> }[] = [];
  await using server = await serve(({ url, headers }, response) => {
    seen.push({ url, headers });
    response.writeHead(answer.status ?? 200, { "content-type": "application/json" });
    response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
  });
  const models = createModels();
  models.create({ type, name: "here", baseURL: `${server.url}/v1`, apiKey: KEY, headers: { "x-team": "blue" } });
  await work(models, seen);
}

describe("scan", () => {
  it.each([
    ["openai", { data: [{ id: "new" }, { id: 7 }, null] }, "/v1/models", { authorization: `Bearer ${KEY}` }, UNKNOWN],
    ["openai-compatible", { data: [{ id: "new" }] }, "/v1/models", { authorization: `Bearer ${KEY}` }, UNKNOWN],
    [
      "anthropic",
      { data: [{ id: "new", display_name: "Brand New" }], has_more: false },
      "/v1/models?limit=1000",
      { "x-api-key": KEY, "anthropic-version": "2023-06-01" },
      { name: "Brand New", kind: "chat" },
    ],
    [
      "google",
      {
        models: [
          {
            name: "models/new",
            displayName: "Brand New",
            inputTokenLimit: 1000,
            outputTokenLimit: 100,
            supportedGenerationMethods: ["generateContent"],
          },
          { name: "models/vectors", supportedGenerationMethods: ["embedContent"] },
        ],
      },
      "/v1/models?pageSize=1000",
      { "x-goog-api-key": KEY },
      { name: "Brand New", contextWindow: 1000, maxOutputTokens: 100 },
    ],
  ])("PROV-4: the catalog learns the models that %s says it has", async (type, body, url, headers, known) => {
    await asked(type, { body }, async (models, seen) => {
      const { models: found, added } = await models.scan("here");
      expect(found).toMatchObject([{ id: "here:new", ...known }]);
      expect(added).toEqual(["here:new"]);
      expect(models.catalog.get("here:new")).toEqual(found[0]);
      expect(seen).toMatchObject([{ url, headers: { ...headers, "x-team": "blue" } }]);
      expect((await models.scan("here")).added).toEqual([]);
    });
  });

  it.each([
    [{ status: 401, body: { error: { message: `Incorrect API key provided: ${KEY}` } } }, "PROVIDER_AUTH", "[key]"],
    [{ status: 503, body: "down" }, "PROVIDER_SERVER", "(503)"],
    [{ body: "<html>" }, "PROVIDER_SERVER", "cannot be read"],
    [{ body: { data: {} } }, "PROVIDER_SERVER", "cannot be read"],
  ])("PROV-4: an answer like %j is told as the error that it is", async (answer, code, part) => {
    await asked("openai", answer, async (models) => {
      const failure = { code, message: expect.stringContaining(part) };
      await expect(models.scan("here")).rejects.toMatchObject(failure);
    });
  });

  it("needs a provider that is configured, ends when it is aborted, and knows who has no list", async () => {
    const models = createModels();
    await expect(models.scan("openai")).rejects.toMatchObject({ code: "PROVIDER_AUTH" });
    await expect(models.scan("nobody")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await models.scan("offline")).models.map(({ model }) => model)).toEqual(["demo", "lexical-hash"]);
    models.register("script", { type: "custom", create: () => createScriptedModel([]) });
    expect(await models.scan("script")).toEqual({ models: [], added: [] });
    models.register("gone", { baseURL: "http://127.0.0.1:9/v1" });
    await expect(models.scan("gone")).rejects.toMatchObject({ code: "PROVIDER_NETWORK" });
    await expect(models.scan("gone", { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

it("PROV-4: what is known of a provider is known of it under another name, at the same address", () => {
  const models = createModels();
  models.create({ type: "openai", name: "work", apiKey: KEY });
  expect(models.catalog.get("work:gpt-5.4-mini")).toMatchObject({ id: "work:gpt-5.4-mini", contextWindow: 400_000 });
  expect(models.catalog.costOf({ inputTokens: 1000, outputTokens: 0 }, "work:gpt-5.4-mini")?.total).toBe(0.00075);
  models.create({ type: "openai", name: "proxy", apiKey: KEY, baseURL: "http://127.0.0.1:9/v1" });
  expect(models.catalog.find("proxy:gpt-5.4-mini")).toBeUndefined();
});
