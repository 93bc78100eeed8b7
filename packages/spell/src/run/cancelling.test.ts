import { describe, expect, it } from "vitest";
import { scriptedModels } from "@llmspell/core/testing";
import { both, valueOf } from "../../../../test/support/spell.js";

// What runs on after it was given up says so by `ended`; what cleans up, by `cleaned`.
const LUA = `ended, cleaned = false, false
local function slow()
  local guard <close> = setmetatable({}, { __close = function() cleaned = true end })
  for i = 1, 60 do sleep(1000) end
  ended = true
end
`;
const JS = `globalThis.ended = false; globalThis.cleaned = false;
const slow = async () => { try { for (let i = 0; i < 60; i++) await sleep(1000); ended = true } finally { cleaned = true } };
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
