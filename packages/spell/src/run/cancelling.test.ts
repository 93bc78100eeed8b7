import { describe, expect, it } from "vitest";
import { scriptedModels } from "@llmspell/core/testing";
import { both, valueOf } from "../../../../test/support/spell.js";

// What has begun says so by `began`; what runs on after it was given up says so by `ended`; what cleans up, by `cleaned`.
const LUA = `began, ended, cleaned = false, false, false
local function slow()
  began = true
  local guard <close> = setmetatable({}, { __close = function() cleaned = true end })
  for i = 1, 60 do sleep(1000) end
  ended = true
end
`;
const JS = `globalThis.began = false; globalThis.ended = false; globalThis.cleaned = false;
const slow = async () => { began = true; try { for (let i = 0; i < 60; i++) await sleep(1000); ended = true } finally { cleaned = true } };
`;

describe("a function of the spell that nobody waits for any more is cancelled", () => {
  it("when its tool takes too long", async () => {
    const value = await both(
      `${LUA}tools.define({ name = "slow", description = "Slow", timeout = 5, execute = slow })
      local ok, e = pcall(tools.execute, "slow", {})
      return { ok, e.code, ended, cleaned, llmspell.metrics ~= nil }`,
      `${JS}tools.define({ name: "slow", description: "Slow", timeout: 5, execute: slow });
      const e = await tools.execute("slow", {}).catch((e) => e);
      await sleep(1);
      return [false, e.code, ended, cleaned, llmspell.metrics !== undefined];`,
    );
    expect(value).toEqual([false, "TIMEOUT", false, true, true]);
  });

  it("when it is a step of a workflow that is cancelled", async () => {
    const value = await both(
      `${LUA}local w = workflow.sequential({ slow })
      local running = w:run_async(1)
      sleep(5)
      w:cancel()
      local ok, e = pcall(await, running)
      return { ended, cleaned, ok and e.status or e.code }`,
      `${JS}const w = workflow.sequential([slow]);
      const running = w.run(1);
      await sleep(5);
      await w.cancel();
      const e = await running.catch((e) => e);
      return [ended, cleaned, e.code ?? e.status];`,
    );
    expect(value).toEqual([false, true, expect.stringMatching(/cancelled/i)]);
  });

  it("when it is a tool of an agent that is stopped", async () => {
    const models = () => ({ models: scriptedModels({ toolCalls: [{ name: "slow" }] }, "done").models });
    const value = await both(
      `${LUA}local a = agent.create({ tools = { { name = "slow", description = "Slow", execute = slow } } })
      local ok, e = pcall(a.run, a, "x", { timeout = 5 })
      return { ok, e.code, ended, cleaned }`,
      `${JS}const a = agent.create({ tools: [{ name: "slow", description: "Slow", execute: slow }] });
      const e = await a.run("x", { timeout: 5 }).catch((e) => e);
      await sleep(1);
      return [false, e.code, ended, cleaned];`,
      models,
    );
    expect(value).toEqual([false, "TIMEOUT", false, true]);
  });

  it.each([
    [
      "a condition of a workflow",
      `workflow.sequential({ { ["if"] = slow, ["then"] = { function() end } } }):run_async(1)`,
      `workflow.sequential([{ if: slow, then: [() => {}] }]).run(1, {}, { signal })`,
    ],
    [
      "told of the steps of a workflow",
      `workflow.sequential({ function() end, function() sleep(60000) end }):run_async(1, { on_step = slow })`,
      `workflow.sequential([() => {}, () => sleep(60000)]).run(1, { onStep: slow }, { signal })`,
    ],
    [
      "a hook",
      `hooks.before("model", slow) and agent.create({}):run_async("x")`,
      `hooks.before("model", slow) && agent.create({}).run("x", {}, { signal })`,
    ],
    [
      "the filter of a hook",
      `hooks.before("model", function() end, { filter = slow }) and agent.create({}):run_async("x")`,
      `hooks.before("model", () => {}, { filter: slow }) && agent.create({}).run("x", {}, { signal })`,
    ],
    [
      "an interceptor of a hook",
      `hooks.intercept(hooks.before("model", function() end), "before", slow) and agent.create({}):run_async("x")`,
      `hooks.intercept(hooks.before("model", () => {}), "before", slow) && agent.create({}).run("x", {}, { signal })`,
    ],
    [
      "asked to approve a call of a tool",
      `agent.create({ tools = { { name = "t", description = "T", needs_approval = true, execute = print } } }):run_async("x", { approve = slow })`,
      `agent.create({ tools: [{ name: "t", description: "T", needsApproval: true, execute: () => {} }] }).run("x", { approve: slow }, { signal })`,
    ],
    [
      "asked whether a call of a tool needs approval",
      `agent.create({ tools = { { name = "t", description = "T", needs_approval = slow, execute = print } } }):run_async("x")`,
      `agent.create({ tools: [{ name: "t", description: "T", needsApproval: slow, execute: () => {} }] }).run("x", {}, { signal })`,
    ],
    [
      "told of the pieces of an answer",
      `agent.create({}):run_async("x", { on_chunk = slow })`,
      `agent.create({}).run("x", { onChunk: slow }, { signal })`,
    ],
    [
      "a validator of a schema",
      `(schema.add_custom("slow", slow) or true) and schema.validate_async(1, { ["x-validator"] = "slow" })`,
      `schema.addCustom("slow", slow) ?? schema.validate(1, { "x-validator": "slow" }, { signal })`,
    ],
    ["inside a span", `trace.span_async("s", slow, {})`, `trace.span("s", slow, {}, { signal })`],
  ])("when it is %s, and who asked is gone", async (_, lua, javascript) => {
    const models = () => ({ models: scriptedModels({ text: "words", toolCalls: [{ name: "t" }] }, "done").models });
    const value = await both(
      `${LUA}local p = ${lua}
      while not began do sleep(1) end
      p:cancel()
      local ok, e = pcall(await, p)
      while not cleaned do sleep(1) end
      return { ok, e.code, ended }`,
      `${JS}const stop = new AbortController();
      const { signal } = stop;
      const p = ${javascript};
      while (!began) await sleep(1);
      stop.abort();
      const e = await p.catch((e) => e);
      while (!cleaned) await sleep(1);
      return [false, e === signal.reason ? "CANCELLED" : e.code, ended];`,
      models,
    );
    expect(value).toEqual([false, "CANCELLED", false]);
  });

  it("when it is told of the steps of a workflow that is cancelled, or takes too long", async () => {
    const value = await both(
      `${LUA}local function add(n) return n + 1 end
      local w = workflow.sequential({ add, function() sleep(60000) end })
      local running = w:run_async(1, { on_step = slow })
      while not began do sleep(1) end
      w:cancel()
      local first = await(running)
      while not cleaned do sleep(1) end
      cleaned = false
      local short = workflow.create({ timeout = 5, pattern = "sequential", steps = { add, function() sleep(60000) end } })
      local second = short:run(1, { on_step = slow })
      while not cleaned do sleep(1) end
      return { first.status, second.status, second.error.code, ended }`,
      `${JS}const add = (n) => n + 1;
      const w = workflow.sequential([add, () => sleep(60000)]);
      const running = w.run(1, { onStep: slow });
      while (!began) await sleep(1);
      await w.cancel();
      const first = await running;
      while (!cleaned) await sleep(1);
      cleaned = false;
      const short = workflow.create({ timeout: 5, pattern: "sequential", steps: [add, () => sleep(60000)] });
      const second = await short.run(1, { onStep: slow });
      while (!cleaned) await sleep(1);
      return [first.status, second.status, second.error.code, ended];`,
    );
    expect(value).toEqual(["cancelled", "failed", "TIMEOUT", false]);
  });

  it("while what comes after the end still has its say", async () => {
    const models = () => ({ models: scriptedModels("one").models });
    const value = await both(
      `local seen = {}
      hooks.before("model", function() sleep(60000) end)
      hooks.register("agent.error", function() sleep(1) seen[#seen + 1] = "error" end)
      hooks.register("agent.cleanup", function() sleep(1) seen[#seen + 1] = "cleanup" end)
      local ok, e = pcall(agent.run, agent.create({}), "x", { timeout = 5 })
      local w = workflow.create({ timeout = 5, pattern = "sequential", steps = { function() sleep(60000) end } })
      w:run(1, { on_step = function(step) sleep(1) seen[#seen + 1] = step.status end })
      return { e.code, seen }`,
      `const seen = [];
      hooks.before("model", () => sleep(60000));
      hooks.register("agent.error", async () => { await sleep(1); seen.push("error"); });
      hooks.register("agent.cleanup", async () => { await sleep(1); seen.push("cleanup"); });
      const e = await agent.create({}).run("x", { timeout: 5 }).catch((e) => e);
      const w = workflow.create({ timeout: 5, pattern: "sequential", steps: [() => sleep(60000)] });
      await w.run(1, { onStep: async (step) => { await sleep(1); seen.push(step.status); } });
      return [e.code, seen];`,
      models,
    );
    expect(value).toEqual(["TIMEOUT", ["error", "cleanup", "cancelled"]]);
  });

  it("though it only computes, in a language that takes turns", async () => {
    const source = `turns = 0
      tools.define({ name = "busy", description = "Busy", timeout = 5, execute = function() while true do turns = turns + 1 end end })
      local ok, e = pcall(tools.execute, "busy", {})
      local before = turns
      for i = 1, 5 do sleep(1) end
      return { ok, e.code, turns == before }`;
    expect(await valueOf(source, { limits: { fuel: 2_000_000_000, timeMs: 50_000 } })).toEqual([
      false,
      "TIMEOUT",
      true,
    ]);
  });
});
