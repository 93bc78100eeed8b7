import { describe, expect, it } from "vitest";
import { failureOf, inBoth, inJavaScript, valueOf } from "../../../../test/support/spell.js";

const grants = ["model", "provider"].map((capability) => ({ capability }));
const gpt5 = expect.objectContaining({
  id: "openai:gpt-5",
  context_window: expect.any(Number),
  pricing: expect.objectContaining({ input: 1.25 }),
});

describe("modelinfo", () => {
  it.each([
    ["scan", [{ provider: "offline" }], expect.arrayContaining([expect.objectContaining({ id: "offline:demo" })])],
    ["scan", [], expect.arrayContaining([expect.objectContaining({ id: "offline:demo" })])],
    ["refresh", ["offline"], { added: [], removed: [] }],
    ["get_providers", [], expect.arrayContaining(["anthropic", "google", "openai"])],
    ["get_models", ["offline"], expect.arrayContaining([expect.objectContaining({ id: "offline:demo" })])],
    ["get_models", [], expect.arrayContaining([gpt5])],
    ["get_models", ["lmstudio"], []],
    ["check_capability", ["openai:gpt-5", "tools"], true],
    ["check_capability", ["ollama:llama3.2", "vision"], false],
    ["list_capabilities", [], expect.arrayContaining(["chat", "embeddings"])],
    ["list_capabilities", ["openai:text-embedding-3-small"], ["embeddings"]],
    [
      "compare",
      [["openai:gpt-5"], ["vision", "audio"]],
      { "openai:gpt-5": expect.objectContaining({ has: { vision: true, audio: false } }) },
    ],
    ["get_details", ["openai:gpt-5"], gpt5],
    ["get_details", ["gpt-5", "openai"], gpt5],
    ["get_details", ["openai:gpt-5", "openai"], gpt5],
    [
      "find",
      [{ capabilities: ["embeddings"], provider: "google" }],
      expect.objectContaining({ id: "google:gemini-embedding-001" }),
    ],
    ["find", [{ provider: "ollama", capabilities: ["vision"] }], null],
    ["find", [{ max_cost: 0.0000001, provider: "openai" }], null],
    [
      "rank",
      ["price", ["openai:gpt-5", "openai:gpt-5-nano"]],
      [
        { model: "openai:gpt-5-nano", score: 1 },
        { model: "openai:gpt-5", score: 0 },
      ],
    ],
    ["rank", [{ price: 1, context: 1 }, ["offline:demo"]], [{ model: "offline:demo", score: 1 }]],
    ["filter", [{ provider: "openai", min_context: 10, max_input_price: 0 }], []],
    ["filter", [{ text: "gpt-5-nano", minContext: 10 }], [expect.objectContaining({ id: "openai:gpt-5-nano" })]],
    [
      "recommend",
      ["embeddings", { provider: "google" }],
      {
        model: expect.objectContaining({ id: "google:gemini-embedding-001" }),
        reasons: expect.any(Array),
        alternatives: [],
      },
    ],
    ["recommend", ["vision", { provider: "ollama" }], expect.objectContaining({ reasons: [], alternatives: [] })],
    ["get_analytics", [], []],
    ["get_analytics", ["openai:gpt-5", "5m"], null],
    ["export_catalog", ["json"], expect.stringContaining("openai:gpt-5")],
    ["export_catalog", ["csv"], expect.stringContaining("openai:gpt-5")],
    ["export_catalog", ["yaml"], expect.stringContaining("openai:gpt-5")],
    ["export_catalog", ["openapi"], expect.stringContaining("3.1.0")],
  ])("BR-13: modelinfo.%s %j gives the same in both languages", async (fn, args, expected) => {
    const values = await inBoth(`modelinfo.${fn}`, args as never, { grants });
    for (const value of values) expect(value).toEqual(expected);
  });

  it.each([
    ["scan({ provider = 'nobody' })", "NOT_FOUND"],
    ["scan({ provider = 'openai' })", "PROVIDER_AUTH"],
    ["refresh('nobody')", "NOT_FOUND"],
    ["get_models('nobody')", "NOT_FOUND"],
    ["check_capability('nobody:x', 'tools')", "NOT_FOUND"],
    ["check_capability('openai:gpt-5', 'flying')", "INVALID_ARGUMENT"],
    ["list_capabilities('nobody:x')", "NOT_FOUND"],
    ["compare({ 'nobody:x' })", "NOT_FOUND"],
    ["get_details('nobody:x')", "NOT_FOUND"],
    ["get_details('gpt-5', 'google')", "NOT_FOUND"],
    ["find({ colour = 'red' })", "INVALID_ARGUMENT"],
    ["rank('prize')", "INVALID_ARGUMENT"],
    ["rank({ price = 0 })", "INVALID_ARGUMENT"],
    ["rank('price', { 'nobody:x' })", "NOT_FOUND"],
    ["filter({ capabilities = { 'flying' } })", "INVALID_ARGUMENT"],
    ["recommend('dancing')", "INVALID_ARGUMENT"],
    ["get_analytics(5)", "INVALID_ARGUMENT"],
    ["export_catalog('pdf')", "INVALID_ARGUMENT"],
  ])("modelinfo.%s fails with %s in both languages", async (source, code) => {
    expect(await failureOf(`modelinfo.${source}`, { grants })).toMatchObject({ code });
    const javascript = source.replace(/\{ ('[^']*') \}/, "[$1]").replaceAll(/(\w+) = /g, "$1: ");
    expect(await failureOf(`await modelinfo.${javascript}`, inJavaScript({ grants }))).toMatchObject({ code });
  });

  it("STD-7: find_model and model_info are found where they were", async () => {
    const source = `return { llm.find_model({ provider = "offline" }).id, llm.model_info("openai:gpt-5").model, modelinfo.selection.find({ provider = "offline" }).id }`;
    expect(await valueOf(source)).toEqual(["offline:demo", "gpt-5", "offline:demo"]);
  });

  it("tells how the models of the run did, from the first call on", async () => {
    const source = `provider.create_mock("m", { "a", { error = "down" } }) llm.use_provider("m")
      llm.generate("x") pcall(llm.generate, "x")
      local one, all = modelinfo.get_analytics("m:mock", "1m"), modelinfo.get_analytics()
      return { one.calls, one.errors, one.error_rate, one.latency_p95 >= one.latency_p50, one.error_codes.PROVIDER_SERVER, #all }`;
    expect(await valueOf(source, { grants })).toEqual([2, 1, 0.5, true, 1, 1]);
  });
});
