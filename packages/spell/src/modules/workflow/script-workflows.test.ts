import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { scriptedModels } from "@llmspell/core/testing";
import { both, failureOf, valueOf } from "../../../../../test/support/spell.js";

const storage = { grants: [{ capability: "storage" }] };

describe("workflows of spells", () => {
  it.each([
    [
      "create, from a list, a name and a table",
      `local f = function(n) return n + 1 end
       return { workflow.create({ f, f }):run(1).output, workflow.create("w", { f }):get_info().name,
         workflow.create({ name = "p", pattern = "parallel", steps = { { id = "a", fn = f } } }):run(1).output }`,
      `const f = (n) => n + 1
       return [(await workflow.create([f, f]).run(1)).output, workflow.create("w", [f]).getInfo().name,
         (await workflow.create({ name: "p", pattern: "parallel", steps: [{ id: "a", fn: f }] }).run(1)).output]`,
      [3, "w", { a: 2 }],
    ],
    [
      "conditional, by expression and by function, which may wait",
      `local many, few = function() return "many" end, function() return "few" end
       return { workflow.conditional("input > 2", many, few):run(3).output,
         workflow.conditional(function(n) sleep(1) return n > 2 end, many, few):run(1).output,
         workflow.conditional("input > 2", many):run(1).output }`,
      `const many = () => "many", few = () => "few"
       return [(await workflow.conditional("input > 2", many, few).run(3)).output,
         (await workflow.conditional(async (n) => { await null; return n > 2 }, many, few).run(1)).output,
         (await workflow.conditional("input > 2", many).run(1)).output]`,
      ["many", "few", 1],
    ],
    [
      "loop, over entries, so many times, and while",
      `local double = function(n) return n * 2 end
       local n = 0
       return { workflow.loop({ each = { 1, 2, 3 } }, double):run().output,
         workflow.loop({ times = 2 }, function() n = n + 1 return n end):run().output,
         workflow.loop({ ["while"] = function() return n < 4 end }, function() n = n + 1 return n end):run().output }`,
      `const double = (n) => n * 2
       let n = 0
       return [(await workflow.loop({ each: [1, 2, 3] }, double).run()).output,
         (await workflow.loop({ times: 2 }, () => ++n).run()).output,
         (await workflow.loop({ while: () => n < 4 }, () => ++n).run()).output]`,
      [
        [2, 4, 6],
        [1, 2],
        [3, 4],
      ],
    ],
    [
      "script steps, in a guest of their own, with variables",
      `return workflow.sequential({ { script = "vars.n = vars.n + input return vars.n", language = "lua" },
         { transform = { expression = "vars.n * 10" } } }, { variables = { n = 1 } }):run(2).output`,
      `return (await workflow.sequential([workflow.scriptStep("return input + 1"), { transform: { expression: "previous * 10" } }]).run(2)).output`,
      30,
    ],
    [
      "compose, with mapping rules",
      `local w = workflow.sequential({ function(n) return n + 1 end })
       return workflow.compose({ w, { workflow = w, input = { expression = "previous * 10" } } }):run(1).output`,
      `const w = workflow.sequential([(n) => n + 1])
       return (await workflow.compose([w, { workflow: w, input: { expression: "previous * 10" } }]).run(1)).output`,
      21,
    ],
    [
      "on_error: retry, fallback, and compensation in reverse order",
      `local seen, tries = {}, 0
       local function undo(name) return function() seen[#seen + 1] = name end end
       local w = workflow.sequential({
         { id = "a", fn = function() return 1 end, compensate = undo("a") },
         { id = "b", fn = function() tries = tries + 1 error("no") end },
       })
       w:on_error({ retry = { attempts = 3, delay = 1 } }, "b")
       local first = w:run()
       w:on_error({ fallback = function() return "saved" end }, "b")
       return { first.status, tries, seen, first.compensated, w:run().output }`,
      `const seen = []; let tries = 0
       const undo = (name) => () => { seen.push(name) }
       const w = workflow.sequential([
         { id: "a", fn: () => 1, compensate: undo("a") },
         { id: "b", fn: () => { tries++; throw new Error("no") } },
       ])
       w.onError({ retry: { attempts: 3, delay: 1 } }, "b")
       const first = await w.run()
       w.onError({ fallback: () => "saved" }, "b")
       return [first.status, 3, seen, first.compensated, (await w.run()).output]`,
      ["failed", 3, ["a"], ["a"], "saved"],
    ],
    [
      "steps that are added, removed and listed",
      `local w = workflow.sequential({ { id = "a", fn = function(n) return n + 1 end } })
       local b = w:add_step(function(n) return n * 2 end)
       w:add_step({ id = "c", fn = function(n) return n + 5 end }, { after = "a" })
       local ids = {} for i, step in ipairs(w:get_steps()) do ids[i] = step.id end
       local before = w:run(1).output
       w:remove_step("c")
       return { b, ids, before, w:run(1).output }`,
      `const w = workflow.sequential([{ id: "a", fn: (n) => n + 1 }])
       const b = w.addStep((n) => n * 2)
       w.addStep({ id: "c", fn: (n) => n + 5 }, { after: "a" })
       const ids = w.getSteps().map((step) => step.id)
       const before = (await w.run(1)).output
       w.removeStep("c")
       return [b, ids, before, (await w.run(1)).output]`,
      ["step-2", ["a", "c", "step-2"], 14, 4],
    ],
    [
      "step by step, paused, resumed and cancelled",
      `local w = workflow.sequential({ function(n) return n + 1 end, function(n) return n * 2 end, function(n) return n - 1 end })
       local seen = { w:get_status().state, w:step(3).output, w:get_status().state, w:resume().output, w:get_status().state }
       w:step(1) w:cancel("enough") seen[6] = w:get_status().state
       return seen`,
      `const w = workflow.sequential([(n) => n + 1, (n) => n * 2, (n) => n - 1])
       const seen = [w.getStatus().state, (await w.step(3)).output, w.getStatus().state, (await w.resume()).output, w.getStatus().state]
       await w.step(1); await w.cancel("enough"); seen.push(w.getStatus().state)
       return seen`,
      ["created", 4, "paused", 7, "completed", "cancelled"],
    ],
    [
      "text and pictures",
      `local w = workflow.sequential({ { id = "plus", transform = { expression = "input + 1.0" } } })
       return { workflow.deserialize(w:serialize("yaml"), "yaml"):run(1).output, w:visualize():match("plus"), w:visualize("json").steps[1].id,
         workflow.validate(w).valid, workflow.validate({ steps = { { transform = { expression = "1 +" } } } }).errors[1].at }`,
      `const w = workflow.sequential([{ id: "plus", transform: { expression: "input + 1.0" } }])
       return [(await (await workflow.deserialize(await w.serialize("yaml"), "yaml")).run(1)).output, w.visualize().match("plus")[0], w.visualize("json").steps[0].id,
         (await workflow.validate(w)).valid, (await workflow.validate({ steps: [{ transform: { expression: "1 +" } }] })).errors[0].at]`,
      [2, "plus", "plus", true, "steps[0].transform.expression"],
    ],
  ])("WF-13: %s", async (_, lua, javascript, expected) => {
    expect(await both(lua, javascript)).toEqual(expected);
  });

  it("WF-13: tells of each step in order, and ends when the listener fails", async () => {
    const lua = `local seen = {}
      local w = workflow.sequential({ { id = "a", fn = function() return 1 end }, { id = "b", fn = function() return 2 end } })
      w:run(0, { on_step = function(step) sleep(1) seen[#seen + 1] = step.id .. step.status end })
      return seen`;
    expect(await valueOf(lua)).toEqual(["acompleted", "bcompleted"]);
    const failing = `workflow.sequential({ function() return 1 end }):run(0, { on_step = function() error("no more") end })`;
    expect(await failureOf(failing)).toMatchObject({
      code: "SCRIPT_ERROR",
      message: expect.stringContaining("no more"),
    });
  });

  it("WF-13: asks agents of the spell, and stops at the time it is given", async () => {
    const { models } = scriptedModels("a poem");
    expect(
      await valueOf('return workflow.sequential({ agent.create({}) }):run("write").output.content', { models }),
    ).toBe("a poem");
    const slow = "return workflow.sequential({ function() sleep(60000) end }):run(0, { timeout = 5 })";
    expect(await failureOf(slow)).toMatchObject({ category: expect.stringMatching(/state|timeout/) });
  });

  it("WF-13: goes on in another run with what was finished, if it may", async () => {
    const folder = mkdtempSync(join(tmpdir(), "llmspell-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const options = { ...storage, storage: join(folder, "data.db") };
    const steps = `{ { id = "a", transform = { expression = "input + 1.0" } }, { id = "wait", delay = 300 }, { id = "b", transform = { expression = "steps.a * 10.0" } } }`;
    const first = `local w = workflow.create({ name = "long", steps = ${steps} })
      w:run_async(1, { durable = true, run_id = "r" })
      while not w:get_results().a do sleep(1) end
      return w:get_status().state`;
    expect(await valueOf(first, options)).toBe("running");
    const second = `local result = workflow.restore("r"):resume()
      return { workflow.list_checkpoints()[1].id, result.status, result.output, #result.steps }`;
    expect(await valueOf(second, options)).toEqual(["r", "completed", 20, 3]);
    for (const source of ['workflow.restore("r")', "workflow.sequential({ { delay = 1 } }):run(0, { durable = true })"])
      expect(await failureOf(source)).toMatchObject({ code: "PERMISSION_DENIED" });
    const withFunction = "workflow.sequential({ function() end }):run(0, { durable = true })";
    expect(await failureOf(withFunction, options)).toMatchObject({ code: "UNSUPPORTED" });
  });

  it.each([
    ["workflow.create({ name = 'x' })", "INVALID_ARGUMENT"],
    ["workflow.create({ steps = { print }, pattern = 'star' })", "INVALID_ARGUMENT"],
    ["local w = workflow.sequential({ print }) w:remove_step('x')", "NOT_FOUND"],
    ["local w = workflow.sequential({ print }) w:resume()", "INVALID_STATE"],
    ["local w = workflow.sequential({ print, print }) w:step() w:add_step(print)", "INVALID_STATE"],
    ["local w = workflow.sequential({ print }) w:serialize()", "UNSUPPORTED"],
    ["workflow.deserialize('{')", "SYNTAX_ERROR"],
    [
      "workflow.sequential({ { id = 'a', transform = { constant = 1 } }, { transform = { expression = 'steps.a' } } }):remove_step('a')",
      "INVALID_STATE",
    ],
    ["local w = workflow.sequential({ print }) w:destroy() w:run()", "NOT_FOUND"],
  ])("WF-13: %s is %s", async (source, code) => {
    expect(await failureOf(source)).toMatchObject({ code });
  });
});
