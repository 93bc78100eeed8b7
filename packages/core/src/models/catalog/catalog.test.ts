import { describe, expect, it } from "vitest";
import { formats } from "../../formats/formats.js";
import { validateJson } from "../../schema/validate.js";
import { createModels } from "../models.js";
import { createCatalog } from "./catalog.js";
import { costOf } from "./cost.js";
import { exportModels, MODEL_SCHEMA, type CatalogFormat } from "./export-catalog.js";
import { rankModels, recommendModels } from "./recommend.js";

const catalog = createCatalog();

describe("the catalog", () => {
  it("PROV-4: answers from data what a model can do, how much it reads and what it costs", () => {
    expect(catalog.hasCapability("openai:gpt-5.4-mini", "streaming")).toBe(true);
    expect(catalog.hasCapability("ollama:llama3.2", "vision")).toBe(false);
    expect(catalog.get("openai:gpt-5.4-mini")).toMatchObject({
      contextWindow: 400_000,
      maxOutputTokens: 128_000,
      price: { input: 0.75, output: 4.5, cachedInput: 0.075 },
      capabilities: ["chat", "streaming", "tools", "structured-output", "reasoning", "vision", "prompt-caching"],
    });
    expect(catalog.get("openai:text-embedding-3-small")).toMatchObject({ kind: "embedding", dimension: 1536 });
    expect(catalog.get("claude-haiku-4-5-20251001").id).toBe("anthropic:claude-haiku-4-5");
    expect(catalog.get("anthropic:claude-haiku-4-5-20251001").id).toBe("anthropic:claude-haiku-4-5");
    expect(() => catalog.get("openai:gpt-5.4-mni")).toThrow("did you mean 'openai:gpt-5.4-mini'");
    expect(() => catalog.hasCapability("gpt-5", "flying" as "chat")).toThrow("there is no capability 'flying'");
    expect(createModels().catalog.get("offline:demo").price).toEqual({ input: 0, output: 0 });
  });

  it("PROV-4: finds by criteria; what is not known does not hold", () => {
    const found = catalog.list({ provider: "anthropic", capabilities: ["vision", "tools"], maxOutputPrice: 10 });
    expect(found.map(({ id }) => id)).toEqual(["anthropic:claude-haiku-4-5", "anthropic:claude-sonnet-5"]);
    expect(catalog.list({ kind: "embedding", minContext: 8000 }).map(({ model }) => model)).toEqual([
      "text-embedding-3-large",
      "text-embedding-3-small",
    ]);
    expect(catalog.list({ text: "FLASH LATEST" }).map(({ id }) => id)).toEqual(["google:gemini-flash-latest"]);
    expect(catalog.list({ provider: "ollama", maxInputPrice: 1000 })).toEqual([]);
    expect(catalog.list({ minOutput: 128_000 }).every(({ maxOutputTokens = 0 }) => maxOutputTokens >= 128_000)).toBe(
      true,
    );
    expect(() => catalog.list({ capabilities: ["tool" as "tools"] })).toThrow("did you mean 'tools'");
  });

  it("PROV-4: takes entries of one's own, from the configuration too", () => {
    const own = [{ provider: "mine", model: "big", contextWindow: 32_000, can: ["tools" as const] }];
    const models = createModels({ config: { catalog: own } });
    expect(models.catalog.get("big")).toMatchObject({ id: "mine:big", capabilities: ["chat", "streaming", "tools"] });
    models.catalog.add({ provider: "openai", model: "gpt-5", price: { input: 1, output: 2 } });
    expect(models.catalog.get("openai:gpt-5")).toMatchObject({ name: "GPT-5", price: { input: 1, output: 2 } });
    // A name that two providers have means none of them.
    models.catalog.add({ provider: "mine", model: "gpt-5" });
    expect(models.catalog.find("gpt-5")).toBeUndefined();
    expect(createModels().catalog.get("openai:gpt-5").price?.input).toBe(1.25);
  });

  it.each([
    [{ model: "x" }, "'provider' must be a text"],
    [{ provider: "p", model: "m", contextWindow: 0 }, "'contextWindow' of 'p:m'"],
    [{ provider: "p", model: "m", price: { input: 1 } }, "'price.output' of 'p:m'"],
    [{ provider: "p", model: "m", price: { input: -1, output: 1 } }, "'price.input' of 'p:m'"],
    [{ provider: "p", model: "m", price: { input: 1, output: 1, longContext: {} } }, "'price.input' of 'p:m'"],
    [{ provider: "p", model: "m", price: 3 }, "'price' of 'p:m'"],
    [{ provider: "p", model: "m", can: "tools" }, "'can' of 'p:m'"],
    [{ provider: "p", model: "m", can: ["tols"] }, "did you mean 'tools'"],
    [{ provider: "p", model: "m", kind: "chatty" }, "'kind' of 'p:m' must be one of chat, embedding, unknown"],
    [7, "an entry must be an object"],
  ])("refuses the entry %j", (entry, message) => {
    expect(() => createCatalog([entry as never])).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) }),
    );
  });

  it("PROV-4: prices a call; no price is not a price of 0", () => {
    const usage = { inputTokens: 1_000_000, outputTokens: 100_000 };
    expect(catalog.costOf(usage, "openai:gpt-5.4-mini")).toEqual({ input: 0.75, output: 0.45, total: 1.2 });
    expect(catalog.costOf(usage, "ollama:llama3.2")).toBeUndefined();
    expect(catalog.costOf(usage, "nobody:knows")).toBeUndefined();
    expect(catalog.costOf(usage, "offline:demo")).toEqual({ input: 0, output: 0, total: 0 });
    const price = { input: 10, output: 20, cachedInput: 1, cacheWrite: 12 };
    const cached = { inputTokens: 1000, outputTokens: 0, cachedInputTokens: 400, cacheWriteTokens: 100 };
    expect(costOf(cached, { price })?.input).toBeCloseTo((500 * 10 + 400 * 1 + 100 * 12) / 1e6, 12);
    const long = { ...price, longContext: { above: 999, input: 40, output: 80 } };
    expect(costOf({ inputTokens: 1000, outputTokens: 0 }, { price: long })?.input).toBeCloseTo(0.04, 12);
    expect(costOf({ inputTokens: 999, outputTokens: 0 }, { price: long })?.input).toBeCloseTo(0.00999, 12);
  });
});

describe("recommendModels", () => {
  it("FUT-8: recommends by needs, with reasons, the same each time", () => {
    const needs = {
      capabilities: ["tools", "vision", "structured-output"] as const,
      minContext: 300_000,
      budget: { usd: 0.005 },
    };
    const { models, rejected } = recommendModels(catalog, needs);
    expect(models.length).toBeGreaterThan(3);
    for (const { model } of models) {
      expect(model.capabilities).toEqual(expect.arrayContaining(["tools", "vision", "structured-output"]));
      expect(model.contextWindow).toBeGreaterThanOrEqual(300_000);
      expect(catalog.costOf({ inputTokens: 1000, outputTokens: 1000 }, model.id)?.total).toBeLessThanOrEqual(0.005);
    }
    expect(models[0]?.reasons).toEqual(
      expect.arrayContaining(["it has tools, vision, structured-output", expect.stringMatching(/^a call costs \$/)]),
    );
    expect(rejected[0]?.problems).toHaveLength(1);
    expect(recommendModels(createCatalog(), needs)).toEqual({ models, rejected });
    const cheapest = recommendModels(catalog, { prefer: { price: 1 }, capabilities: ["reasoning"] }).models[0];
    expect(cheapest?.model.id).toBe("openai:gpt-5-nano");
    expect(cheapest?.reasons.join()).toMatch(/the cheapest of \d+ that fit/);
  });

  it("FUT-8: says what is missing when nothing fits, and keeps to the providers at hand", () => {
    const impossible = recommendModels(catalog, { providers: ["ollama"], capabilities: ["vision"] });
    expect(impossible.models).toEqual([]);
    const llama = impossible.rejected.find(({ model }) => model.id === "ollama:llama3.2");
    expect(llama?.problems).toEqual(["it has no vision"]);
    const embedding = recommendModels(catalog, { capabilities: ["embeddings"], providers: ["google"] });
    expect(embedding.models.map(({ model }) => model.id)).toEqual(["google:gemini-embedding-001"]);
    expect(recommendModels(catalog, { budget: { usd: 1 }, providers: ["ollama"] }).rejected.at(0)).toBeDefined();
  });

  it("FUT-8: ranks by weighted criteria, ties by id", () => {
    const some = ["openai:gpt-5", "openai:gpt-5-nano", "google:gemini-2.5-pro"].map((id) => catalog.get(id));
    expect(rankModels(some, "price").map(({ model }) => model.model)).toEqual([
      "gpt-5-nano",
      "gemini-2.5-pro",
      "gpt-5",
    ]);
    const [best] = rankModels(some, { context: 2, price: 1 });
    expect(best?.model.model).toBe("gemini-2.5-pro");
    expect(best?.score).toBeCloseTo((2 * 1 + 1 * 0.5) / 3, 12);
    expect(rankModels(some.slice(0, 1), "price")).toMatchObject([{ score: 1 }]);
    expect(() => rankModels(some, "prize" as "price")).toThrow("did you mean 'price'");
    expect(() => rankModels(some, { price: 0 })).toThrow("must be above 0");
  });
});

describe("exportModels", () => {
  it.each(["json", "yaml"] as const)("FUT-9: %s reads back as the same data", async (format) => {
    const text = await exportModels(catalog.list(), format);
    const data = (await formats[format].parse(text)) as { models: unknown[] };
    expect(data.models).toEqual(structuredClone(catalog.list()));
  });

  it("FUT-9: the CSV has a row for each model", async () => {
    const rows = (await formats.csv.parse(await exportModels(catalog.list(), "csv"))) as Record<string, unknown>[];
    expect(rows).toHaveLength(catalog.list().length);
    expect(rows.find(({ id }) => id === "openai:gpt-5.4")).toMatchObject({
      inputPrice: "2.5",
      contextWindow: "1050000",
    });
  });

  it("FUT-9: the OpenAPI document has a schema that every model matches, and nothing else does", async () => {
    const text = await exportModels(catalog.list(), "openapi" satisfies CatalogFormat);
    const document = JSON.parse(text) as Record<string, never>;
    expect(document).toMatchObject({ openapi: "3.1.0", components: { schemas: { Model: MODEL_SCHEMA } } });
    for (const model of catalog.list()) expect(await validateJson(MODEL_SCHEMA, model)).toMatchObject({ valid: true });
    expect(await validateJson(MODEL_SCHEMA, { ...catalog.get("openai:gpt-5"), price: { input: 1 } })).toMatchObject({
      valid: false,
    });
    // Every reference leads somewhere.
    for (const [, path = ""] of text.matchAll(/"\$ref": "#\/([^"]+)"/g)) {
      const target = path.split("/").reduce<Record<string, never> | undefined>((at, key) => at?.[key], document);
      expect({ path, target }).not.toEqual({ path, target: undefined });
    }
  });
});
