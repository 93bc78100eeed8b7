import { SpellError } from "@llmspell/errors";
import type { LanguageModelV3 } from "@ai-sdk/provider";
import { afterEach, describe, expect, it } from "vitest";
import { createAgent } from "../../agent/agent.js";
import { createContext } from "../../context.js";
import { createEmitter } from "../../events/emitter.js";
import type { SystemEvent } from "../../events/system-events.js";
import { generate } from "../../generate.js";
import { createManualClock } from "../../testing/manual-clock.js";
import { startWireServer, type WireKind, type WireServer, type WireServerOptions } from "../../testing/wire/server.js";
import { createModelAnalytics } from "../analytics.js";
import { callModel } from "../call-model.js";
import { compareModels } from "../compare.js";
import { createModels, type Models } from "../models.js";
import { createScriptedModel, type ScriptedStep } from "../scripted.js";
import type { PoolConfig } from "./pool.js";

const KEY = "sk-secret-0123456789";
const request = { messages: [{ role: "user" as const, content: "hi" }] };
const noRetry = { retry: { maxAttempts: 1 } };

const servers: WireServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** Models with a provider for each server, named `a`, `b`, … */
async function onWire(
  ...answers: (WireServerOptions["respond"] | [WireKind, WireServerOptions["respond"]])[]
): Promise<Models> {
  const models = createModels();
  for (const [index, answer] of answers.entries()) {
    const [kind, respond] = Array.isArray(answer) ? answer : (["openai", answer] as const);
    const server = await startWireServer(kind, { respond });
    servers.push(server);
    const type = kind === "ollama" ? "openai-compatible" : kind;
    models.register("abcdef"[index] ?? "z", { type, baseURL: server.url, apiKey: KEY, defaultModel: "m" });
  }
  return models;
}

/** Models with a scripted provider for each list of steps. */
function scripted(...scripts: (readonly ScriptedStep[] | LanguageModelV3)[]): Models {
  const models = createModels();
  for (const [index, script] of scripts.entries()) {
    const model = Array.isArray(script)
      ? createScriptedModel(script as ScriptedStep[], { modelId: "m" })
      : (script as LanguageModelV3);
    models.register("abcdef"[index] ?? "z", { type: "custom", create: () => model, defaultModel: "m" });
  }
  return models;
}

const down: ScriptedStep = { error: new SpellError("PROVIDER_SERVER", "it is down", { details: { retryable: true } }) };
const times = <T>(count: number, step: T): T[] => Array.from({ length: count }, () => step);

const said = async (models: Models, model: string): Promise<string> =>
  (await generate(models, { prompt: "hi", model }, noRetry)).content;

describe("pools", () => {
  it("PROV-13: with a failing member a pool answers, shows it unhealthy, and healthy again after a reset", async () => {
    let broken = true;
    const models = await onWire(
      () => (broken ? { status: 500, text: "no" } : { text: "from a" }),
      ["anthropic", () => ({ text: "from b" })],
    );
    const pool = models.pools.add("main", { members: ["a:m", "b:m"], breaker: { failures: 2 } });
    expect(models.resolve("pool:main")).toEqual({ id: "pool:main", provider: "pool", model: "main", offline: false });
    expect(models.resolve("main")).toEqual(models.resolve("main", "pool"));
    for (let call = 0; call < 3; call++) expect(await said(models, "main")).toBe("from b");
    expect(pool.health()).toMatchObject({
      status: "degraded",
      members: [
        { model: "a:m", healthy: false, state: "open", failures: 2, lastError: { code: "PROVIDER_SERVER" } },
        { model: "b:m", healthy: true, state: "closed", failures: 0 },
      ],
    });
    // The third call did not ask the broken one any more.
    expect(servers[0]?.requests).toHaveLength(2);
    expect(pool.metrics()).toMatchObject({
      calls: 3,
      failures: 0,
      members: [
        { model: "a:m", calls: 2, failures: 2, active: 0 },
        { model: "b:m", calls: 3, failures: 0, active: 0 },
      ],
    });
    broken = false;
    pool.resetHealth();
    expect(pool.health()).toEqual({
      status: "healthy",
      members: [
        { model: "a:m", healthy: true, state: "closed", failures: 0 },
        { model: "b:m", healthy: true, state: "closed", failures: 0 },
      ],
    });
    expect(await said(models, "main")).toBe("from a");
    pool.resetMetrics();
    expect(pool.metrics()).toMatchObject({ calls: 0, members: [{ calls: 0, averageMs: undefined }, { calls: 0 }] });
    expect(models.usage("b").requests).toBe(3);
  });

  it("PROV-13: a broken member is tried again after a while", async () => {
    const clock = createManualClock();
    const models = scripted([down, "a again", "a still"], times(5, "from b"));
    const config: PoolConfig = { members: ["a:m", "b:m"], breaker: { failures: 1, resetMs: 1000 } };
    const pool = models.pools.add("main", config, { clock });
    const { model } = pool;
    const ask = async (): Promise<string> => (await callModel(model, request, noRetry)).text;
    expect([await ask(), await ask()]).toEqual(["from b", "from b"]);
    await clock.advance(1000);
    expect([await ask(), await ask()]).toEqual(["a again", "a still"]);
    expect(pool.health().status).toBe("healthy");
  });

  it.each<[PoolConfig, string[]]>([
    [{ members: ["a:m", "b:m", "c:m"] }, ["a", "a", "a", "a"]],
    [{ members: ["a:m", "b:m", "c:m"], strategy: "round-robin" }, ["a", "b", "c", "a"]],
    [{ members: [{ model: "a:m", weight: 3 }, "b:m"], strategy: "weighted" }, ["a", "a", "b", "a", "a", "a", "b", "a"]],
    [{ members: ["a:m", "b:m", "c:m"], strategy: "least-busy" }, ["a", "b", "c", "a"]],
  ])("PROV-13: %j asks in its order", async (config, expected) => {
    const models = scripted(times(9, "a"), times(9, "b"), times(9, "c"));
    models.pools.add("main", config);
    const order: string[] = [];
    for (const _ of expected) order.push(await said(models, "main"));
    expect(order).toEqual(expected);
  });

  it("PROV-13: random asks at random, fastest whoever was fastest, least-busy who has least to do", async () => {
    const models = scripted(times(9, "a"), times(9, "b"), times(9, "c"));
    const draws = [0.9, 0.1, 0.5, 0.2, 0.8, 0.6];
    const pool = models.pools.add(
      "dice",
      { members: ["a:m", "b:m", "c:m"], strategy: "random" },
      { random: () => draws.shift() ?? 0 },
    );
    expect([await said(models, "dice"), await said(models, "dice")]).toEqual(["b", "a"]);
    expect(pool.config.strategy).toBe("random");

    const clock = createManualClock();
    const slow =
      (name: string, ms: number): ScriptedStep =>
      async () => {
        await clock.sleep(ms);
        return name;
      };
    const timed = scripted(times(9, slow("a", 50)), times(9, slow("b", 20)));
    timed.pools.add("quick", { members: ["a:m", "b:m"], strategy: "fastest" }, { clock });
    const order: string[] = [];
    for (let call = 0; call < 4; call++) {
      const asked = said(timed, "quick");
      await clock.advance(50);
      order.push(await asked);
    }
    expect(order).toEqual(["a", "b", "b", "b"]);
    expect(timed.pools.get("quick").metrics().members).toMatchObject([{ averageMs: 50 }, { averageMs: 20 }]);

    timed.pools.add("calm", { members: ["a:m", "b:m"], strategy: "least-busy" }, { clock });
    const both = [said(timed, "calm"), said(timed, "calm")];
    await clock.advance(50);
    expect(await Promise.all(both)).toEqual(["a", "b"]);
  });

  it("PROV-13: streams; another member is asked only before the first piece was handed out", async () => {
    const models = await onWire(
      (_, n) => (n === 1 ? { text: "one two three", dieAfterChunks: 1 } : { text: "one two three", dieAfterChunks: 3 }),
      ["google", () => ({ text: "four five six" })],
    );
    const pool = models.pools.add("main", { members: ["a:m", "b:m"] });
    const pieces: string[] = [];
    const onPart = (part: { type: string; text?: string }): void => void pieces.push(part.text ?? "");
    const answer = await callModel(pool.model, request, { ...noRetry, onPart });
    expect(answer.text).toBe("four five six");
    expect(pieces.join("")).toBe("four five six");
    expect(answer.answeredBy).toMatchObject({ model: "b:m", failures: [{ model: "a:m", code: "PROVIDER_NETWORK" }] });
    expect(answer.usage.totalTokens).toBeGreaterThan(0);

    pieces.length = 0;
    await expect(callModel(pool.model, request, { onPart })).rejects.toMatchObject({
      code: "PROVIDER_NETWORK",
      message: "the connection to 'a' ended in the middle of the answer",
    });
    expect(pieces.join("")).toBe("one two ");
    expect(pool.metrics().members).toMatchObject([
      { calls: 2, failures: 2, active: 0 },
      { calls: 1, failures: 0 },
    ]);
    expect(pool.health().members[0]).toMatchObject({ failures: 2 });
  });

  it("PROV-13: a member that hangs is given up after its time, before it has begun", async () => {
    const never: LanguageModelV3 = {
      ...createScriptedModel([]),
      doGenerate: () => new Promise<never>(() => {}),
      doStream: async () => ({ stream: new ReadableStream() }),
    };
    const models = scripted(never, times(2, "from b"));
    const { model } = models.pools.add("main", { members: ["a:m", "b:m"], timeoutMs: 10 });
    const failure = { model: "a:m", code: "TIMEOUT", message: "'a:m' did not finish within 10 ms" };
    expect(await callModel(model, request)).toMatchObject({ text: "from b", answeredBy: { failures: [failure] } });
    const streamed = await callModel(model, request, { onPart() {} });
    expect(streamed).toMatchObject({ text: "from b", answeredBy: { failures: [failure] } });
  });

  it("PROV-13: a call that is aborted says nothing about a member", async () => {
    const models = await onWire(() => ({ text: "one two three four", chunkDelayMs: 10 }));
    const pool = models.pools.add("main", { members: ["a:m"], breaker: { failures: 1 } });
    const controller = new AbortController();
    const streaming = callModel(pool.model, request, { signal: controller.signal, onPart: () => controller.abort() });
    await expect(streaming).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(callModel(pool.model, request, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "CANCELLED",
    });
    const listener = callModel(pool.model, request, {
      onPart() {
        throw new RangeError("mine");
      },
    });
    await expect(listener).rejects.toThrow("mine");
    expect(pool.health()).toMatchObject({ status: "healthy" });
    expect(pool.metrics().members).toMatchObject([{ failures: 0, active: 0 }]);
  });

  it.each([
    [{}, "'members' must be a list"],
    [{ members: [] }, "'members' must be a list"],
    [{ members: [1] }, "a member must be a model"],
    [{ members: ["a", "a"] }, "only once"],
    [{ members: [{ model: "a", weight: 0 }] }, "the weight of 'a'"],
    [{ members: ["a"], strategy: "magic" }, "'strategy' must be one of failover, round-robin"],
    [{ members: ["a"], stratgy: "random" }, "did you mean 'strategy'"],
    [{ members: ["a"], timeoutMs: 0 }, "'timeoutMs'"],
    [{ members: ["a"], breaker: 1 }, "'breaker'"],
    [{ members: ["a"], agree: 2 }, "'agree'"],
    ["x", "it must be an object"],
  ])("refuses %j", (config, message) => {
    expect(() => createModels({ config: { pools: { main: config as never } } })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(message) }),
    );
  });

  it("has names of its own, and no pools inside pools", async () => {
    const models = scripted(["x"]);
    models.pools.add("main", { members: ["a:m"] });
    expect(() => models.pools.add("main", { members: ["a:m"] })).toThrow("already is a pool");
    expect(() => models.pools.add("a", { members: ["a:m"] })).toThrow("already is a provider");
    expect(() => models.register("main", {})).toThrow("already is a pool");
    expect(() => models.pools.get("mains")).toThrow("did you mean 'main'");
    expect(() => models.resolve("pool:other")).toThrow("there is no pool named 'other'");
    expect(() => models.embeddings.resolve("pool:main")).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
    models.pools.add("outer", { members: ["pool:main"] });
    await expect(said(models, "outer")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(models.resolve(undefined, "main").id).toBe("pool:main");
    expect(models.pools.remove("main")).toBe(true);
    expect(models.pools.remove("main")).toBe(false);
    expect(models.pools.list().map(({ name }) => name)).toEqual(["outer"]);
  });
});

describe("a fallback chain", () => {
  it("PROV-15: reports who answered and why the earlier ones did not, in the answer and in the event", async () => {
    const models = await onWire(
      () => ({ status: 429, text: "slow down" }),
      ["anthropic", () => ({ status: 401, text: `bad key ${KEY}` })],
      ["ollama", () => ({ text: "from c" })],
    );
    models.pools.add("chain", { members: ["a:m", "b:m", "c:m"] });
    const events = createEmitter();
    const heard: SystemEvent[] = [];
    events.on("model.completed", (event) => void heard.push(event as SystemEvent));
    const agent = createAgent({ name: "helper", model: "chain" }, { models, context: createContext({ events }) });
    const response = await agent.run("hi");
    expect(response.content).toBe("from c");
    expect(response.answeredBy).toEqual({
      model: "c:m",
      failures: [
        { model: "a:m", code: "PROVIDER_RATE_LIMIT", message: expect.stringContaining("slow down") },
        { model: "b:m", code: "PROVIDER_AUTH", message: expect.stringContaining("bad key [key]") },
      ],
    });
    expect(heard[0]?.payload).toMatchObject({ provider: "pool", model: "chain", answeredBy: response.answeredBy });
    expect(JSON.stringify([response, heard])).not.toContain(KEY);
    // A call outside of an agent is told in the same way.
    await callModel(models.pools.get("chain").model, request, { context: createContext({ events }) });
    expect(heard[1]?.payload).toMatchObject({ step: 0, answeredBy: { model: "c:m" } });
  });

  it("PROV-15: an error has every failure, and the pool is tried again when all of them may pass", async () => {
    const models = scripted([down, down, "a at last"], [down, { error: new SpellError("PROVIDER_AUTH", "no key") }]);
    const { model, metrics } = models.pools.add("chain", { members: ["a:m", "b:m"] });
    await expect(callModel(model, request, noRetry)).rejects.toMatchObject({
      code: "AGGREGATE",
      message: "nothing worked (a:m: it is down; b:m: it is down)",
      details: { retryable: true, failures: [{ name: "a:m", code: "PROVIDER_SERVER" }, { name: "b:m" }] },
    });
    await expect(callModel(model, request)).rejects.toMatchObject({ code: "AGGREGATE", details: { retryable: false } });
    expect((await callModel(model, request)).text).toBe("a at last");
    expect(metrics()).toMatchObject({ calls: 3, failures: 2 });
    const passing = scripted([down, down, "in the end"]);
    const again = passing.pools.add("one", { members: ["a:m"] });
    const answer = await callModel(again.model, request, { retry: { initialDelayMs: 0 } });
    expect(answer.text).toBe("in the end");
  });

  it("PROV-15: an error of the request itself goes to the next member but is no sign of ill health", async () => {
    const models = await onWire(
      () => ({ status: 400, text: "This model's maximum context length is 10 tokens" }),
      () => ({ text: "long enough" }),
    );
    const pool = models.pools.add("main", { members: ["a:m", "b:m"], breaker: { failures: 1 } });
    expect(await said(models, "main")).toBe("long enough");
    expect(pool.health()).toMatchObject({ status: "healthy", members: [{ healthy: true }, {}] });
  });
});

describe("members asked together", () => {
  it("PROV-15: first takes the first answer and aborts the others, streamed or not", async () => {
    const models = await onWire(
      () => ({ text: "slow slow slow", holdAfterChunks: { chunks: 0, until: new Promise(() => {}) } }),
      ["anthropic", () => ({ text: "quick" })],
      () => ({ status: 500, text: "no" }),
    );
    const pool = models.pools.add("race", { members: ["a:m", "b:m", "c:m"], strategy: "first" });
    const pieces: string[] = [];
    const answer = await callModel(pool.model, request, {
      onPart: (part) => pieces.push(part.type === "text" ? part.text : ""),
    });
    expect([answer.text, pieces.join(""), answer.answeredBy?.model]).toEqual(["quick", "quick", "b:m"]);
    await expect.poll(() => servers[0]?.aborted).toBe(1);
    expect(pool.metrics().members[0]).toMatchObject({ calls: 0, failures: 0 });

    const whole = scripted([down], ["from b"]);
    const race = whole.pools.add("race", { members: ["a:m", "b:m"], strategy: "first" });
    expect(await callModel(race.model, request)).toMatchObject({ text: "from b" });
    const none = scripted([down], [down]).pools.add("race", { members: ["a:m", "b:m"], strategy: "first" });
    await expect(callModel(none.model, request, noRetry)).rejects.toMatchObject({ code: "AGGREGATE" });
  });

  it("PROV-15: consensus takes what most say, adds the tokens up and says how many agreed", async () => {
    const usage = { inputTokens: 3, outputTokens: 2 };
    const models = scripted(
      [{ text: "5", usage }, '{"a": 1, "b": [2]}', "x"],
      [{ text: " Four ", usage }, '{"b":[2],"a":1}', "y"],
      [{ text: "four", usage }, "no idea", down],
      [down, down, down],
    );
    const members = ["a:m", "b:m", "c:m", "d:m"];
    const { model } = models.pools.add("vote", { members, strategy: "consensus", agree: 2 });
    expect(await callModel(model, request)).toMatchObject({
      text: " Four ",
      usage: { inputTokens: 9, outputTokens: 6 },
      answeredBy: {
        model: "b:m",
        agreement: { agreed: 2, asked: 4 },
        failures: [{ model: "d:m", code: "PROVIDER_SERVER" }],
      },
    });
    const pieces: string[] = [];
    const streamed = await callModel(model, request, {
      onPart: (part) => pieces.push(part.type === "text" ? part.text : ""),
    });
    expect([streamed.text, pieces.join("")]).toEqual(['{"a": 1, "b": [2]}', '{"a": 1, "b": [2]}']);
    expect(streamed.answeredBy?.agreement).toMatchObject({ agreed: 2, asked: 4 });
    await expect(callModel(model, request)).rejects.toMatchObject({
      code: "AGGREGATE",
      message: "at most 1 of 4 models agree, wanted were 2",
    });
    const none = scripted([down]).pools.add("vote", { members: ["a:m"], strategy: "consensus" });
    await expect(callModel(none.model, request, noRetry)).rejects.toMatchObject({ code: "AGGREGATE" });
  });

  it("PROV-15: consensus counts tool calls by name and arguments", async () => {
    const call = (args: unknown): ScriptedStep => ({ toolCalls: [{ name: "add", args }] });
    const models = scripted([call({ x: 2 })], [call('{"y":2, "x":1}')], [call({ x: 1, y: 2 })]);
    const { model } = models.pools.add("vote", { members: ["a:m", "b:m", "c:m"], strategy: "consensus" });
    const answer = await callModel(model, request, { onPart() {} });
    expect(answer).toMatchObject({ toolCalls: [{ name: "add", input: { x: 1, y: 2 } }], answeredBy: { model: "b:m" } });
  });

  it("PROV-15: a comparison has answers, failures, times and costs side by side", async () => {
    const usage = { inputTokens: 1000, outputTokens: 100 };
    const models = scripted([{ text: "A", usage }], [{ text: "B", usage }], [down]);
    models.catalog.add({ provider: "a", model: "m", price: { input: 1, output: 10 } });
    let time = 0;
    const results = await compareModels(models, { prompt: "hi" }, ["a", "b:m", "c"], { ...noRetry, now: () => time++ });
    expect(
      results.map(({ model, response, error, cost }) => [model, response?.content ?? error?.code, cost?.total]),
    ).toEqual([
      ["a:m", "A", 0.002],
      ["b:m", "B", undefined],
      ["c:m", "PROVIDER_SERVER", undefined],
    ]);
    for (const { durationMs } of results) expect(durationMs).toBeGreaterThan(0);
    await expect(compareModels(models, { prompt: "hi" }, [])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(compareModels(models, { prompt: "hi" }, ["openai:x"])).rejects.toMatchObject({
      code: "PROVIDER_AUTH",
    });
  });

  it("PROV-15: a comparison really asks at the same time, and ends when it is cancelled", async () => {
    let both: () => void = () => {};
    const here = new Promise<void>((resolve) => (both = resolve));
    let waiting = 0;
    const meet: ScriptedStep = async () => {
      if (++waiting === 2) both();
      await here;
      return "met";
    };
    const results = await compareModels(scripted([meet], [meet]), { prompt: "hi" }, ["a", "b"]);
    expect(results.map(({ response }) => response?.content)).toEqual(["met", "met"]);
    const hang: ScriptedStep = () => new Promise<never>(() => {});
    const cancelled = compareModels(scripted([hang]), { prompt: "hi" }, ["a"], { signal: AbortSignal.timeout(5) });
    await expect(cancelled).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("what a consensus costs", () => {
  const usage = { inputTokens: 1000, outputTokens: 100 };
  const voting = (): Models => {
    const models = scripted([{ text: "A", usage }], [{ text: "A", usage }], [{ text: "B", usage }]);
    models.catalog.add({ provider: "a", model: "m", price: { input: 1, output: 10 } });
    models.catalog.add({ provider: "b", model: "m", price: { input: 2, output: 20 } });
    models.pools.add("vote", { members: ["a:m", "b:m", "c:m"], strategy: "consensus" });
    return models;
  };

  it("PROV-15: is the sum of what its models cost, where all prices are known", async () => {
    const priced = voting();
    priced.catalog.add({ provider: "c", model: "m", price: { input: 1, output: 10 } });
    const [sum] = await compareModels(priced, { prompt: "hi" }, ["pool:vote"]);
    expect(sum?.cost?.total).toBeCloseTo(0.002 + 0.004 + 0.002, 9);
    const [unknown] = await compareModels(voting(), { prompt: "hi" }, ["pool:vote"]);
    expect(unknown?.response?.content).toBe("A");
    expect(unknown?.cost).toBeUndefined();
  });

  it("FUT-7: counts for each model that was asked", async () => {
    const models = voting();
    const events = createEmitter();
    using analytics = createModelAnalytics(events, { catalog: models.catalog });
    await generate(models, { prompt: "hi", model: "pool:vote" }, { context: createContext({ events }) });
    expect(analytics.list().map(({ model, calls, inputTokens, cost }) => [model, calls, inputTokens, cost])).toEqual([
      ["a:m", 1, 1000, 0.002],
      ["b:m", 1, 1000, 0.004],
      ["c:m", 1, 1000, undefined],
    ]);
  });
});

describe("createModelAnalytics", () => {
  it("FUT-7: learns calls, errors, latencies, tokens and costs from the events of runs", async () => {
    const events = createEmitter();
    const usage = { inputTokens: 1000, outputTokens: 100 };
    const models = scripted(
      [...times(3, { text: "ok", usage }), { error: new SpellError("PROVIDER_AUTH", "no") }],
      [down],
      ["free"],
    );
    models.catalog.add({ provider: "a", model: "m", price: { input: 1, output: 10 } });
    models.pools.add("chain", { members: ["b:m", "a:m"] });
    using analytics = createModelAnalytics(events, { catalog: models.catalog });
    const context = createContext({ events });
    const ask = (model: string) => generate(models, { prompt: "hi", model }, { context, ...noRetry });
    await ask("a");
    await ask("a");
    await ask("chain");
    await ask("c");
    await expect(ask("a")).rejects.toThrow("no");
    const [a, b, c, ...others] = analytics.list();
    expect(a).toMatchObject({
      model: "a:m",
      calls: 4,
      errors: 1,
      errorRate: 0.25,
      errorCodes: { PROVIDER_AUTH: 1 },
      inputTokens: 3000,
      outputTokens: 300,
      p50Ms: expect.any(Number),
      p95Ms: expect.any(Number),
    });
    expect(a?.cost).toBeCloseTo(0.006, 12);
    expect(b).toEqual({
      model: "b:m",
      calls: 1,
      errors: 1,
      errorRate: 1,
      errorCodes: { PROVIDER_SERVER: 1 },
      inputTokens: 0,
      outputTokens: 0,
    });
    expect(c).toMatchObject({ model: "c:m", calls: 1, errors: 0 });
    expect(c).not.toHaveProperty("cost");
    expect(others).toEqual([]);
    analytics.reset();
    expect(analytics.list()).toEqual([]);
    analytics.off();
    await expect(ask("a")).rejects.toThrow("4 steps");
    expect(analytics.list()).toEqual([]);
    expect(events.size).toBe(0);
  });

  it("FUT-7: percentiles are those of the nearest rank, of the latest calls or those of a window", () => {
    const events = createEmitter();
    const analytics = createModelAnalytics(events, { maxCalls: 100, now: () => 1000 });
    const tell = (durationMs: number, timestamp: number): void =>
      void events.emit({
        type: "model.completed",
        timestamp,
        payload: {
          step: 1,
          provider: "p",
          model: "m",
          durationMs,
          finishReason: "stop",
          usage: { inputTokens: 1, outputTokens: 1 },
        },
      });
    for (let n = 1; n <= 300; n++) tell(9999, 0);
    for (let n = 1; n <= 100; n++) tell(101 - n, n <= 50 ? 100 : 900);
    expect(analytics.list()).toMatchObject([{ calls: 100, p50Ms: 50, p95Ms: 95 }]);
    expect(analytics.list({ windowMs: 200 })).toMatchObject([{ calls: 50, p50Ms: 25, p95Ms: 48 }]);
    expect(analytics.list({ windowMs: 50 })).toEqual([]);
    expect(analytics.list({ model: "q:m" })).toEqual([]);
  });
});
