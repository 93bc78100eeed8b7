import { getEventListeners } from "node:events";
import { createModels } from "@llmspell/core";
import { DEFAULT_LIMITS } from "@llmspell/engine";
import { FairScheduler, createTenant } from "@llmspell/engine";
import { describe, expect, it } from "vitest";
import { scriptedModels } from "@llmspell/core/testing";
import { cast, engine, failureOf, inJavaScript, valueOf } from "../../../../test/support/spell.js";
import type { AuditRecord } from "../door/audit.js";
import { parseGrant } from "../door/capabilities.js";
import { runSpell } from "./run.js";

describe("what a run gives back", () => {
  it("has the value, the metrics and an id of its own", async () => {
    const [first, second] = [await cast("log.info('x') return 6 * 7"), await cast("return nil")];
    expect(first.result).toMatchObject({ ok: true, value: 42, metrics: { host_calls: 1 } });
    expect(second.result).toMatchObject({ ok: true, value: null, metrics: { host_calls: 0 } });
    expect(first.result.metrics.fuel).toBeGreaterThan(0);
    expect(first.result.metrics.memory).toBeGreaterThan(0);
    expect(first.result.metrics.wall_ms).toBeGreaterThanOrEqual(0);
    expect(first.result.runId).not.toBe(second.result.runId);
  });

  it("is an error with the spell's own file and lines, metrics included", async () => {
    const { result } = await cast("local function f()\n  error('boom')\nend\nf()");
    expect(result).toMatchObject({
      ok: false,
      error: { code: "SCRIPT_ERROR", message: "boom", details: { file: "test.lua", line: 2 } },
    });
    expect(result.metrics.fuel).toBeGreaterThan(0);
  });

  it("is what spell.output said, in place of what the spell returns", async () => {
    expect(await valueOf("spell.output('first') spell.output({ n = 1 }) return 'ignored'")).toEqual({ n: 1 });
    expect(await valueOf("spell.output(false) return true")).toBe(false);
  });

  it("writes every crossing down, the powers asked for included", async () => {
    const heard: AuditRecord[] = [];
    const { result } = await cast(
      "log.info('x') pcall(tools.execute, 'file_operations', { operation = 'read', path = 'a' }) llm.generate('hi')",
      {
        onAudit: (record) => heard.push(record),
      },
    );
    expect(result.audit).toMatchObject([
      { sequence: 1, function: "log.info", decision: "allowed" },
      { sequence: 2, function: "tools.execute", decision: "allowed", code: "PERMISSION_DENIED" },
      {
        sequence: 3,
        function: "tools.execute",
        capability: "file.read=a",
        decision: "denied",
        code: "PERMISSION_DENIED",
      },
      { sequence: 4, function: "llm.generate", decision: "allowed" },
      { sequence: 5, function: "llm.generate", capability: "model=offline:demo", decision: "allowed" },
    ]);
    expect(heard).toEqual(result.audit);
  });
});

describe("what a run is refused", () => {
  it("is in its audit with file and line, by whom it ever was refused", async () => {
    const { result } = await cast(
      `
      pcall(tools.execute, "file_operations", { operation = "read", path = "a" })
      pcall(load, "\\27Lua")
      pcall(require, "socket")
      pcall(agent.get, { kind = "Agent", id = 1 })
      while true do log.debug("x") end`,
      { limits: { hostCalls: 10 } },
    );
    const denied = result.audit.filter(({ code }) => code !== undefined);
    const at = (line: number) => ({ file: "test.lua", line });
    expect(denied).toMatchObject([
      { function: "tools.execute", decision: "allowed", code: "PERMISSION_DENIED" },
      { function: "tools.execute", capability: "file.read=a", decision: "denied", code: "PERMISSION_DENIED", ...at(2) },
      { function: "[load]", decision: "denied", code: "UNSUPPORTED", ...at(3) },
      { function: "[require]", decision: "denied", code: "NOT_FOUND", ...at(4) },
      { function: "agent.get", decision: "allowed", code: "INVALID_ARGUMENT", ...at(5) },
      { function: "[limit]", decision: "denied", code: "LIMIT_CALLS", ...at(6) },
    ]);
  });
});

describe("runs of tenants", () => {
  it("share their tenant's limits and its turns", async () => {
    const scheduler = new FairScheduler();
    const acme = createTenant({ name: "acme", limits: { fuel: 20_000_000 } });
    const other = createTenant({ name: "other" });
    const hogs = [1, 2, 3].map(() => cast("while true do end", { tenant: acme, scheduler }));
    const mine = await valueOf("local n = 0 for i = 1, 3e6 do n = n + 1 end return n", { tenant: other, scheduler });
    expect(mine).toBe(3e6);
    for (const { result } of await Promise.all(hogs)) {
      expect(result).toMatchObject({ ok: false, error: { code: "LIMIT_FUEL", details: { tenant: "acme" } } });
    }
    expect(acme.usage).toMatchObject({ guests: 0, totalGuests: 3, stoppedGuests: 3 });
    expect(scheduler.slices).toBeGreaterThan(10);
  });

  it("that a tenant has no room for are a result like any other", async () => {
    const tenant = createTenant({ name: "acme", limits: { memoryBytes: 1 } });
    const { result } = await cast("return 1", { tenant });
    expect(result).toMatchObject({ ok: false, error: { code: "LIMIT_MEMORY" }, metrics: { fuel: 0 } });
    expect(tenant.usage.guests).toBe(0);
  });

  it("tell when a limit is nearly reached", async () => {
    const told: unknown[] = [];
    await cast("for i = 1, 90 do log.debug('x') end", {
      limits: { hostCalls: 100 },
      onAlert: ({ limit, used }) => void told.push([limit, used]),
      alertAt: [0.5],
    });
    expect(told).toEqual([["hostCalls", 50]]);
  });
});

describe("what a run gives the spell", () => {
  it("has parameters as a global and through spell.params", async () => {
    const params = { city: "Oslo", days: 3, tags: ["a"], nested: { ok: true } };
    expect(
      await valueOf("return { params.city, spell.params('days'), spell.params().tags[1], params.nested.ok }", {
        params,
      }),
    ).toEqual(["Oslo", 3, "a", true]);
  });

  it("does not let the spell change what the host passed", async () => {
    const params = { list: [1] };
    await valueOf("params.list[1] = 99 params.extra = true", { params });
    expect(params).toEqual({ list: [1] });
  });

  it("passes output, logs and steps on", async () => {
    const logs: unknown[] = [];
    const steps: string[] = [];
    const streams: string[] = [];
    await cast("print('a', 1) io = nil log.warn('careful', { n = 1 }) llm.generate('x')", {
      onOutput: (stream, bytes) => streams.push(stream, new TextDecoder().decode(bytes)),
      onLog: (...line) => logs.push(line),
      onProgress: (step) => steps.push(step),
    });
    expect(streams.filter((part) => part !== "stdout").join("")).toBe("a\t1\n");
    expect(logs).toEqual([["warn", "careful", { n: 1 }]]);
    expect(steps).toEqual(["asking offline:demo"]);
  });

  it("lets it ask the default model and no other", async () => {
    const { models } = scriptedModels("one", "two");
    models.register("other", { type: "custom", create: () => scriptedModels("never").model, defaultModel: "big" });
    expect(await valueOf("return llm.quick_prompt('x')", { models })).toBe("one");
    const refused = await failureOf("return llm.quick_prompt('x', { model = 'other:big' })", { models });
    expect(refused).toMatchObject({ code: "PERMISSION_DENIED", details: { grant: "--allow model=other:big" } });
    expect(await failureOf("return agent.create({ model = 'other:big' })", { models })).toMatchObject({
      code: "PERMISSION_DENIED",
    });
    expect(
      await valueOf("return llm.quick_prompt('x', { model = 'script:two' })", {
        models,
        grants: parseGrant("model=script:*"),
      }),
    ).toBe("two");
  });

  it("says what is missing when the default model is not configured", async () => {
    const models = createModels({ config: { default: "openai:gpt-4" } });
    expect(await valueOf("return 1", { models })).toBe(1);
    expect(await failureOf("llm.generate('x')", { models })).toMatchObject({
      code: "PROVIDER_AUTH",
      message: expect.stringContaining("OPENAI_API_KEY"),
    });
  });

  it("applies limits, and refuses impossible ones before anything runs", async () => {
    expect(await failureOf("while true do end", { limits: { fuel: 10_000 } })).toMatchObject({ code: "LIMIT_FUEL" });
    expect(await failureOf("sleep('1h')", { limits: { timeMs: 20 } })).toMatchObject({ code: "LIMIT_TIME" });
    for (const limits of [{ fuel: -1 }, { memoryBytes: 1 }]) {
      const { result, printed } = await cast("print(1)", { limits });
      expect({ result, printed }).toMatchObject({
        result: { ok: false, error: { code: "INVALID_ARGUMENT" }, metrics: { fuel: 0 } },
        printed: "",
      });
    }
  });
});

describe("interruption", () => {
  it.each([
    ["lua", 'while true do llm.generate("x") end', {}],
    ["javascript", 'for (;;) await llm.generate("x")', inJavaScript()],
  ])("ends a spell in %s whose calls are all answered at once", async (_, source, options) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1);
    const limits = { hostCalls: 1e9, fuel: 1e12, timeMs: 20_000 };
    const { result } = await cast(source, { ...options, signal: controller.signal, limits });
    expect(result).toMatchObject({ ok: false, error: { code: "INTERRUPTED" } });
  });

  it("ends a spell that waits, and the work it waits for", async () => {
    const controller = new AbortController();
    let aborted = false;
    const { models } = scriptedModels(async ({ abortSignal }) => {
      abortSignal?.addEventListener("abort", () => (aborted = true));
      controller.abort();
      return await new Promise<never>(() => {});
    });
    const { result, printed } = await cast("print('before') pcall(llm.generate, 'x') print('after')", {
      models,
      signal: controller.signal,
    });
    expect(result).toMatchObject({ ok: false, error: { code: "INTERRUPTED" } });
    expect(printed).toBe("before\n");
    await expect.poll(() => aborted).toBe(true);
  });

  it("runs nothing when it was interrupted before", async () => {
    const { result, printed } = await cast("print('hi')", { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ ok: false, error: { code: "INTERRUPTED" } });
    expect(printed).toBe("");
  });

  it("leaves no listener behind", async () => {
    const { signal } = new AbortController();
    await cast("return 1", { signal });
    await cast("error('x')", { signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("one run and another", () => {
  it("share no handles, agents, tools or globals", async () => {
    const models = createModels();
    const seen =
      "return { agent.exists('agent-1'), agent.get('agent-1') == nil, tools.exists('mine'), leaked == nil, #agent.list() }";
    expect(
      await valueOf(
        "leaked = 1 agent.create({}) tools.define('mine', 'd', {}, function() end) return { agent.exists('agent-1'), tools.exists('mine') }",
        { models },
      ),
    ).toEqual([true, true]);
    expect(await valueOf(seen, { models })).toEqual([false, true, false, true, 0]);
  });

  it("share none while both are alive", async () => {
    const models = createModels();
    const both = await Promise.all([
      valueOf("local a = agent.create({ name = 'mine' }) sleep(20) return agent.get('agent-1'):get_info().name", {
        models,
      }),
      valueOf("agent.create({ name = 'other' }) sleep(5) return agent.get('agent-1'):get_info().name", { models }),
    ]);
    expect(both).toEqual(["mine", "other"]);
  });

  it("gives its guest back to the pool, also after a failure", async () => {
    await cast("return 1");
    const before = engine.pool;
    await cast("error('x')");
    await cast("return 1");
    expect(engine.pool).toMatchObject({ created: before.created, idle: before.idle, reused: before.reused + 2 });
  });

  it("ends only when every task of the spell has ended", async () => {
    const { printed } = await cast("spawn(function() sleep(10) print('task') end) print('main')");
    expect(printed).toBe("main\ntask\n");
  });

  it("needs nothing but engine, source, file and models", async () => {
    const result = await runSpell({
      engine,
      source: "return spell.context().spell",
      file: "answer.lua",
      models: createModels(),
    });
    expect(result).toMatchObject({ ok: true, value: "answer.lua" });
    expect(DEFAULT_LIMITS.fuel).toBeGreaterThan(result.metrics.fuel);
  });
});
