import { describe, expect, it } from "vitest";
import { createAgent } from "../agent/agent.js";
import { createManualClock } from "../testing/manual-clock.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { defineTool } from "../tools/tool.js";
import { createModelCache } from "./cache.js";
import { aboutIs, allOf, anyOf, atRate, duringTime, noneOf } from "./filters.js";
import type { Hook, HookContext } from "./hook.js";
import { middleware } from "./middleware.js";
import { rateLimitHooks } from "./rate-limit.js";
import { rateLimitHeaders, slidingWindow, tokenBucket } from "./rate-limiter.js";
import { validationHooks } from "./validation.js";

describe("a cache of model calls", () => {
  it("HOOK-15: a second identical run asks no provider; another question does", async () => {
    const tool = defineTool({ name: "t", description: "t", parameters: {}, execute: () => "sun" });
    const { models, model } = scriptedModels({ toolCalls: [{ name: "t" }] }, "answer", "other");
    const cache = createModelCache();
    const agent = createAgent({ name: "a", tools: [tool], hooks: cache.hooks }, { models });
    const [first, second] = [await agent.run("x"), await agent.run("x")];
    expect(second).toEqual(first);
    expect(model.requests).toHaveLength(2);
    expect(cache.stats).toEqual({ hits: 2, misses: 2 });
    expect((await agent.run("y")).content).toBe("other");
    expect(model.requests).toHaveLength(3);
  });

  it("HOOK-15: answers end with their time, and all by clear", async () => {
    let now = 1;
    const { models, model } = scriptedModels("1", "2", "3");
    const cache = createModelCache({ ttlMs: 1000, clock: { now: () => now } });
    const agent = createAgent({ name: "a", hooks: cache.hooks }, { models });
    const ask = async (): Promise<string> => (await agent.run("x")).content;
    expect([await ask(), await ask()]).toEqual(["1", "1"]);
    now += 1001;
    expect([await ask(), await ask()]).toEqual(["2", "2"]);
    cache.clear();
    expect(await ask()).toBe("3");
    expect(model.requests).toHaveLength(3);
  });

  it("HOOK-15: the answer used longest ago goes first, by number and by size", async () => {
    for (const limit of [{ maxEntries: 2 }, { maxBytes: 400 }, { maxBytes: 400, evict: "lfu" as const }]) {
      const { models, model } = scriptedModels("a", "b", "c", "b again");
      const agent = createAgent({ name: "a", hooks: createModelCache(limit).hooks }, { models });
      for (const input of ["a", "b", "a", "c", "a"]) expect((await agent.run(input)).content).toBe(input);
      expect(model.requests).toHaveLength(3);
      expect((await agent.run("b")).content).toBe("b again");
    }
  });

  it.each([
    // What is asked with room for two, and which of the first two is asked again of the model.
    ["lru", "a"],
    ["fifo", "a"],
    ["lfu", "b"],
  ] as const)("HOOK-15: %s lets another answer go than the others", async (evict, gone) => {
    const { models, model } = scriptedModels(...Array.from({ length: 4 }, (_, index) => String(index)));
    const agent = createAgent({ name: "a", hooks: createModelCache({ maxEntries: 2, evict }).hooks }, { models });
    for (const input of ["a", "b", "a", "a", "b", "c"]) await agent.run(input);
    expect(model.requests).toHaveLength(3);
    await agent.run(gone === "a" ? "b" : "a");
    expect(model.requests).toHaveLength(3);
    await agent.run(gone);
    expect(model.requests).toHaveLength(4);
  });

  it("HOOK-15: fifo does not mind that an answer is used", async () => {
    for (const [evict, calls] of [
      ["fifo", 4],
      ["lru", 3],
    ] as const) {
      const { models, model } = scriptedModels("1", "2", "3", "4");
      const agent = createAgent({ name: "a", hooks: createModelCache({ maxEntries: 2, evict }).hooks }, { models });
      for (const input of ["a", "b", "a", "c", "a"]) await agent.run(input);
      expect(model.requests).toHaveLength(calls);
    }
  });

  it("does not keep calls without a key, and nobody can change what is kept", async () => {
    const { models } = scriptedModels("1", "2", "3");
    const off = createAgent({ name: "a", hooks: createModelCache({ key: () => undefined }).hooks }, { models });
    expect([(await off.run("x")).content, (await off.run("x")).content]).toEqual(["1", "2"]);
    const shout: Hook = {
      name: "change",
      point: "model.after",
      run: ({ data }) => void (data.text += "!"),
    };
    const agent = createAgent({ name: "a", hooks: [...createModelCache().hooks, shout] }, { models });
    expect([(await agent.run("x")).content, (await agent.run("x")).content]).toEqual(["3!", "3!"]);
  });
});

describe("rate limits", () => {
  it("HOOK-16: the 11th call in a window of 10 is refused with the time to wait", async () => {
    const clock = createManualClock();
    const { models, model } = scriptedModels(...Array.from({ length: 12 }, () => "x"));
    const hooks = rateLimitHooks(slidingWindow({ limit: 10, windowMs: 1000, clock }));
    const agent = createAgent({ name: "a", hooks }, { models });
    for (let call = 0; call < 10; call++) {
      await agent.run("x");
      await clock.advance(10);
    }
    await expect(agent.run("x")).rejects.toMatchObject({
      code: "RATE_LIMITED",
      details: { limit: 10, retryAfterMs: 900 },
    });
    expect(model.requests).toHaveLength(10);
    await clock.advance(899);
    await expect(agent.run("x")).rejects.toMatchObject({ details: { retryAfterMs: 1 } });
    await clock.advance(1);
    await agent.run("x");
    expect(model.requests).toHaveLength(11);
  });

  it("HOOK-16: a sliding window never lets more through in any window", async () => {
    const clock = createManualClock();
    const limiter = slidingWindow({ limit: 5, windowMs: 100, clock });
    const allowed: number[] = [];
    for (let time = 0; time < 1000; time += 7) {
      const { allowed: ok, remaining } = limiter.take();
      if (ok) allowed.push(time);
      expect(remaining).toBeLessThan(5);
      await clock.advance(7);
    }
    for (const time of allowed)
      expect(allowed.filter((other) => other > time - 100 && other <= time).length).toBeLessThanOrEqual(5);
    expect(allowed.length).toBeGreaterThan(40);
  });

  it("HOOK-16: tells servers' headers, and counts what it decides", async () => {
    const clock = createManualClock();
    const limiter = slidingWindow({ limit: 2, windowMs: 10_000, clock });
    const headers = () => rateLimitHeaders(limiter, limiter.take());
    expect(headers()).toEqual({ "ratelimit-limit": "2", "ratelimit-remaining": "1", "ratelimit-reset": "10" });
    await clock.advance(3500);
    expect(headers()).toMatchObject({ "ratelimit-remaining": "0", "ratelimit-reset": "10" });
    await clock.advance(500);
    const refused = { "ratelimit-limit": "2", "ratelimit-remaining": "0", "ratelimit-reset": "10", "retry-after": "6" };
    expect(headers()).toEqual(refused);
    expect(limiter.stats).toEqual({ allowed: 2, refused: 1 });
    const { models } = scriptedModels("x");
    const agent = createAgent({ name: "a", hooks: rateLimitHooks(limiter) }, { models });
    await expect(agent.run("x")).rejects.toMatchObject({ code: "RATE_LIMITED", details: { headers: refused } });
    expect(limiter.stats).toEqual({ allowed: 2, refused: 2 });
    const bucket = tokenBucket({ capacity: 4, perSecond: 2, clock });
    expect(rateLimitHeaders(bucket, bucket.take())).toEqual({
      "ratelimit-limit": "4",
      "ratelimit-remaining": "3",
      "ratelimit-reset": "1",
    });
  });

  it("HOOK-16: a bucket allows a burst and is refilled", async () => {
    const clock = createManualClock();
    const limiter = tokenBucket({ capacity: 3, perSecond: 2, clock });
    const take = () => limiter.take();
    expect([take(), take(), take()].map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
    ]);
    expect(take()).toEqual({ allowed: false, remaining: 0, retryAfterMs: 500, resetMs: 1500 });
    await clock.advance(499);
    expect(take()).toMatchObject({ allowed: false, retryAfterMs: 1 });
    await clock.advance(1);
    expect(take()).toMatchObject({ allowed: true });
    await clock.advance(60_000);
    expect(take()).toMatchObject({ remaining: 2 });
  });

  it("counts each key by itself, and forgets the oldest of very many", () => {
    const limiter = slidingWindow({ limit: 1, windowMs: 1000, clock: createManualClock() });
    expect([limiter.take("a"), limiter.take("b"), limiter.take("a")].map(({ allowed }) => allowed)).toEqual([
      true,
      true,
      false,
    ]);
    for (let key = 0; key < 10_000; key++) limiter.take(String(key));
    expect(limiter.take("a").allowed).toBe(true);
    expect(() => slidingWindow({ limit: 0, windowMs: 1 })).toThrow("a rate limit needs");
    expect(() => tokenBucket({ capacity: 1, perSecond: 0 })).toThrow("a rate limit needs");
  });
});

describe("validation", () => {
  const digits = { type: "string", pattern: "^[0-9]+$" };

  it("HOOK-14: input that does not match is refused before anything is asked", async () => {
    const { models, model } = scriptedModels("1");
    const agent = createAgent({ name: "a", hooks: validationHooks("agent", { input: digits }) }, { models });
    await expect(agent.run("abc")).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      message: expect.stringContaining("the input of this agent is not valid: must match pattern"),
    });
    expect(model.requests).toHaveLength(0);
    await agent.run("123");
  });

  it("HOOK-14: output that does not match blocks the result", async () => {
    const { models } = scriptedModels("no digits", "7", '{"n": 1}', "no digits");
    const run = async (config: object) => await createAgent({ name: "a", ...config }, { models }).run("x");
    const hooks = validationHooks("agent", { output: digits });
    await expect(run({ hooks })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await run({ hooks });
    const object = validationHooks("agent", { output: [{ required: ["n"] }, () => "never good"] });
    await expect(run({ hooks: object, schema: { type: "object" } })).rejects.toThrow("never good");
    await expect(run({ hooks: validationHooks("model", { output: digits }) })).rejects.toThrow("output of this model");
  });

  it("HOOK-14: what a tool takes and returns, of those that are meant", async () => {
    const tool = (name: string) => defineTool({ name, description: "t", parameters: {}, execute: () => ({ id: "x" }) });
    const { models } = scriptedModels({ toolCalls: [{ name: "a" }, { name: "b" }] }, "done");
    const hooks = validationHooks("tool", {
      output: { properties: { id: { type: "number" } } },
      filter: aboutIs("name", "a"),
    });
    const { toolCalls } = await createAgent({ name: "x", tools: [tool("a"), tool("b")], hooks }, { models }).run("x");
    expect(toolCalls).toMatchObject([{ error: { code: "VALIDATION_FAILED" } }, { result: { id: "x" } }]);
    const seen: unknown[] = [];
    const look = validationHooks("model", { input: (value) => void seen.push(value) as undefined });
    await createAgent({ name: "x", hooks: look }, scriptedModels("y")).run("hello");
    expect(seen).toEqual([[{ role: "user", content: "hello" }]]);
  });
});

describe("filters of hooks", () => {
  const context = { about: { name: "weather" } } as unknown as HookContext;

  it("HOOK-8: time, rate and what an operation is about, together by and, or and not", async () => {
    const clock = createManualClock();
    const time = duringTime({ from: 100, until: 200, clock });
    const seen: boolean[] = [];
    for (const _ of [0, 1, 2]) {
      seen.push(time(context));
      await clock.advance(100);
    }
    expect(seen).toEqual([false, true, false]);
    expect(duringTime({ clock })(context)).toBe(true);
    const rate = atRate(slidingWindow({ limit: 2, windowMs: 1000, clock }));
    expect([rate(context), rate(context), rate(context)]).toEqual([true, true, false]);
    const [yes, no] = [aboutIs("name", "weather"), aboutIs("name", "other")];
    expect([allOf(yes, no), anyOf(yes, no), noneOf(yes), noneOf(no), allOf()].map((filter) => filter(context))).toEqual(
      [false, true, false, true, true],
    );
  });

  it("HOOK-8: a filtered hook does not run outside its window", async () => {
    const clock = createManualClock();
    let calls = 0;
    const hook: Hook = {
      name: "daytime",
      point: "model.before",
      filter: duringTime({ from: 10, clock }),
      run: () => void calls++,
    };
    const agent = createAgent({ name: "a", hooks: [hook] }, scriptedModels("1", "2"));
    await agent.run("x");
    expect(calls).toBe(0);
    await clock.advance(10);
    await agent.run("x");
    expect(calls).toBe(1);
  });
});

describe("middleware", () => {
  it("HOOK-9: one function is around all kinds of operations, or some", async () => {
    const seen: string[] = [];
    const note = middleware("note", async ({ operation }, next) => {
      seen.push(operation);
      return await next();
    });
    const only = middleware("only", (_, next) => next(), { operations: ["tool"] });
    expect(only).toMatchObject([{ name: "only", point: "tool.around" }]);
    await createAgent(
      { name: "a", hooks: [...note, ...only] },
      scriptedModels({ toolCalls: [{ name: "no" }] }, "x"),
    ).run("x");
    expect(seen).toEqual(["agent", "model", "tool", "model"]);
  });
});
