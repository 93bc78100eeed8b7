import { createModels, createScriptedModel, type Models, type ScriptedStep } from "@llmspell/core";
import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { failureOf, inBoth, inJavaScript, valueOf } from "../../../../../test/support/spell.js";

const grants = ["model", "provider"].map((capability) => ({ capability }));

/** Providers by name, each with what its model says. */
function providers(steps: Record<string, ScriptedStep[]>): Models {
  const models = createModels({ config: { default: `${Object.keys(steps)[0]}:m` } });
  for (const [name, says] of Object.entries(steps)) {
    const model = createScriptedModel(says);
    models.register(name, { type: "custom", create: () => model, defaultModel: "m" });
    models.catalog.add({ provider: name, model: "m", price: { input: 1, output: 10 } });
  }
  return models;
}
const down = { error: new SpellError("PROVIDER_BAD_REQUEST", "down") };

describe("llm with several providers", () => {
  it("STD-6: use_provider makes another one the default of this run, and only of it", async () => {
    const models = providers({ a: ["from a"], b: ["from b"] });
    const source = `provider.set_default("b")
      return { llm.quick_prompt("x"), provider.get_default(), llm.use_provider("m", { type = "openai", api_key = "k", default_model = "g" }).name,
        provider.get_default() }`;
    expect(await valueOf(source, { models, grants })).toEqual(["from b", "b", "m", "m"]);
    expect(models.default().id).toBe("a:m");
    expect(await failureOf("llm.use_provider('nobody')", { grants })).toMatchObject({ code: "PROVIDER_AUTH" });
  });

  it("STD-6: compare_providers asks all, with times, tokens and costs; who fails stops nobody", async () => {
    const make = () => providers({ a: [{ text: "A", usage: { inputTokens: 1000, outputTokens: 100 } }], b: [down] });
    const results = [
      await valueOf("return llm.compare_providers('x', { 'a', 'b' })", { models: make(), grants }),
      await valueOf("return await llm.compareProviders('x', ['a', 'b'])", inJavaScript({ models: make(), grants })),
    ];
    for (const result of results)
      expect(result).toMatchObject([
        { model: "a:m", provider: "a", response: { content: "A" }, usage: { total_tokens: 1100 }, cost: 0.002 },
        { model: "b:m", provider: "b", error: { code: "PROVIDER_BAD_REQUEST" } },
      ]);
    expect(await failureOf("llm.compare_providers('x', {})", { grants })).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await failureOf("llm.compare_providers('x', { 'a', 'b' })", { models: make() })).toMatchObject({
      code: "PERMISSION_DENIED",
    });
  });

  it("STD-6: fallback_chain goes on until one answers, and says why others did not", async () => {
    const make = () => providers({ a: [down, down], b: ["B"] });
    const source = "local r = llm.fallback_chain({ 'a', 'b' }, 'x') return { tostring(r), r.provider, r.attempts }";
    expect(await valueOf(source, { models: make(), grants })).toMatchObject([
      "B",
      "b",
      [{ model: "a:m", error: { code: "PROVIDER_BAD_REQUEST" } }],
    ]);
    const failed = await failureOf(
      "await llm.fallbackChain(['a', 'a'], 'x')",
      inJavaScript({ models: make(), grants }),
    );
    expect(failed).toMatchObject({ code: "AGGREGATE" });
    expect(await failureOf("llm.fallback_chain({}, 'x')", { grants })).toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("STD-7: cost_estimate is what a hand calculates from the list of prices", async () => {
    const models = providers({ a: [] });
    for (const cost of await inBoth("llm.cost_estimate", [{ tokens_in: 1000, tokens_out: 200 }, "a:m"], { models }))
      expect(cost).toEqual({
        input: 0.001,
        output: 0.002,
        total: 0.003,
        currency: "USD",
        tokens_in: 1000,
        tokens_out: 200,
      });
    for (const cost of await inBoth("llm.cost_estimate", ["Hello world", "a:m"], { models }))
      expect(cost).toMatchObject({ tokens_in: 2, total: 0.000002 });
    expect(await failureOf("llm.cost_estimate('x', 'nobody:knows')")).toMatchObject({ code: "NOT_FOUND" });
    expect(await failureOf("llm.cost_estimate('x', 'ollama:llama3.2')")).toMatchObject({ code: "NOT_FOUND" });
    expect(await failureOf("llm.cost_estimate({}, 'openai:gpt-5')")).toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("llm.batch_process", () => {
  it("STD-8: stops at the first failure when it is told to", async () => {
    const make = () => providers({ a: ["one", down, "three"] });
    const lua = `local r = llm.batch_process({ "x", "y", "z" }, { concurrency = 1, stop_on_error = true })
      return { r[1].value.content, r[2].error.code, r[3].ok, r[3].error.code }`;
    expect(await valueOf(lua, { models: make() })).toEqual(["one", "PROVIDER_BAD_REQUEST", false, "CANCELLED"]);
    const javascript = `const r = await llm.batchProcess(["x", "y", "z"], { concurrency: 1 }); return r.map(({ ok }) => ok)`;
    expect(await valueOf(javascript, inJavaScript({ models: make() }))).toEqual([true, false, true]);
  });
});

describe("texts of llm", () => {
  it.each([
    ["llm.format_prompt", ["Dear {{ name }}", { name: "{{ secret }}" }], "Dear {{ secret }}"],
    ["llm.count_tokens", ["Hello world"], 2],
    ["llm.count_tokens", [[{ role: "user", content: "Hello world" }]], 6],
    ["llm.split_message", ["One two. Three four.", 4], ["One two. ", "Three four."]],
    ["llm.split_message", ["a b c d", 3, { overlap: 1 }], ["a b c", " c d"]],
  ])("BR-12: %s %j", async (fn, args, expected) => {
    expect(await inBoth(fn, args as never)).toEqual([expected, expected]);
  });

  it.each([
    ["llm.format_prompt('{{ nobody }}')", "INVALID_ARGUMENT"],
    ["llm.count_tokens(5)", "INVALID_ARGUMENT"],
    ["llm.split_message('x', 0)", "INVALID_ARGUMENT"],
    ["llm.split_message('x', 5, { overlap = 5 })", "INVALID_ARGUMENT"],
    ["utils.llm.count_tokens(string.rep('a', 4000001))", "TOO_LARGE"],
  ])("%s fails with %s", async (source, code) => {
    expect(await failureOf(source)).toMatchObject({ code });
  });
});

describe("pools", () => {
  it("BR-4: several as one, with health and counters, gone after the run", async () => {
    const broken = { error: new SpellError("PROVIDER_AUTH", "down") };
    const make = () => providers({ a: [broken, broken], b: ["one", "two", "three"] });
    const lua = `local info = llm.pool_create("p", { "a", { model = "b", weight = 2 } }, "failover", { failures = 2 })
      local r = llm.pool_generate("p", "x")
      llm.pool_generate_message("p", { { role = "user", content = "x" } })
      local streamed = ""
      llm.pool_stream("p", "x", function(chunk) streamed = streamed .. chunk end)
      local before, health, each = llm.pool_get_metrics("p"), llm.pool_get_health("p"), llm.pool_get_provider_health("p")
      llm.pool_reset_metrics("p")
      return { info, r.content, streamed, before.requests, before.by_provider.a.failures, health, each.a.last_error.code, each.b.healthy,
        llm.pool_get_metrics("p").requests, #llm.pool_list(), llm.poolRemove("p"), #llm.pool_list() }`;
    const models = make();
    const expected = [
      { name: "p", strategy: "failover", providers: ["a", "b"] },
      "one",
      "three",
      3,
      2,
      { status: "degraded", providers: ["b"] },
      "PROVIDER_AUTH",
      true,
      0,
      1,
      true,
      0,
    ];
    expect(await valueOf(lua, { models, grants })).toEqual(expected);
    expect(models.pools.list()).toEqual([]);
    const javascript = `const info = llm.poolCreate("p", ["a", { model: "b", weight: 2 }], "failover", { failures: 2 });
      return [info, (await llm.poolGenerate("p", "x")).content, llm.poolGet("p").name, llm.poolList().length, llm.poolRemove("p")];`;
    expect(await valueOf(javascript, inJavaScript({ models: make(), grants }))).toEqual([
      expected[0],
      "one",
      "p",
      1,
      true,
    ]);
  });

  it.each(["get", "remove", "get_health", "get_provider_health", "get_metrics", "reset_metrics"])(
    "pool_%s fails for a pool that is not there",
    async (name) => {
      expect(await failureOf(`llm.pool_${name}("nobody")`, { grants })).toMatchObject({ code: "NOT_FOUND" });
    },
  );

  it("asking one that is not there, or with members that are none, fails", async () => {
    for (const call of ["generate('p', 'x')", "generate_message('p', {})", "stream('p', 'x', print)"])
      expect(await failureOf(`llm.pool_${call}`, { grants })).toMatchObject({ code: "NOT_FOUND" });
    expect(await failureOf("llm.pool_create('p', { 'offline' }, 'best')", { grants })).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    expect(await failureOf("llm.pool_create('offline', { 'offline' })", { grants })).toMatchObject({
      code: "ALREADY_EXISTS",
    });
  });

  it("is no way around the grants of its members", async () => {
    const models = () => providers({ a: ["A"], dear: ["D"] });
    const some = [
      { capability: "provider" },
      { capability: "model", scope: "a:*" },
      { capability: "model", scope: "pool:*" },
    ];
    expect(await failureOf("llm.pool_create('p', { 'a', 'dear' })", { models: models(), grants: some })).toMatchObject({
      code: "PERMISSION_DENIED",
      message: expect.stringContaining("model=dear:m"),
    });
    const own = [{ capability: "provider" }];
    const source = "llm.pool_create('p', { 'a' }) return llm.pool_generate('p', 'x').content";
    expect(await valueOf(source, { models: models(), grants: own })).toBe("A");
    const host = models();
    host.pools.add("p", { members: ["dear"] });
    expect(await failureOf("llm.pool_generate('p', 'x')", { models: host, grants: own })).toMatchObject({
      code: "PERMISSION_DENIED",
    });
  });
});
