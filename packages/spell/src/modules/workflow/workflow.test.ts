import { describe, expect, it } from "vitest";
import { scriptedModels } from "@llmspell/core/testing";
import { asked, failureOf, valueOf } from "../../../../../test/support/spell.js";

describe("workflow.sequential", () => {
  it("gives each step what the one before returned", async () => {
    const source = `local w = workflow.sequential({ function(n) sleep(1) return n + 1 end, { id = "times", fn = function(n) return n * 2 end } }, { name = "calc" })
      local r = w:run(3)
      return { r.status, r.output, r.steps[1].id, r.steps[2].id, r.steps[2].output, r.duration_ms >= 0 }`;
    expect(await valueOf(source)).toEqual(["completed", 8, "step-1", "times", 8, true]);
  });

  it("stops at a failed step and says which and why", async () => {
    const source = `local ran = false
      local r = workflow.serial({ function() error("step went wrong") end, function() ran = true end }):execute()
      return { r.status, r.steps[1].status, r.steps[1].error.code, r.steps[1].error.message, r.steps[2].status, ran }`;
    expect(await valueOf(source)).toEqual(["failed", "failed", "SCRIPT_ERROR", "step went wrong", "cancelled", false]);
  });

  it("takes agents and tools as steps", async () => {
    const { model, models } = scriptedModels("research", "article");
    const source = `tools.define("count", "Counts", { type = "object" }, function(args) return #args.content end)
      local w = workflow.sequential({ agent.create({ name = "a" }), { id = "write", agent = agent.create({ name = "b" }) }, { tool = "count" } })
      return w:run("topic").output`;
    expect(await valueOf(source, { models })).toBe(7);
    expect([asked(model, 0), asked(model, 1)]).toEqual([["user: topic"], ["user: research"]]);
  });
});

describe("workflow.parallel", () => {
  it("gives every step the same input, and outputs by id", async () => {
    const source = `local r = workflow.parallel({ { id = "a", fn = function(n) sleep(5) return n + 1 end }, { id = "b", fn = function(n) return n * 2 end } }):run(3)
      return { r.status, r.output.a, r.output.b, r.steps[1].id }`;
    expect(await valueOf(source)).toEqual(["completed", 4, 6, "a"]);
  });

  it("lets the others end when one fails, unless fail_fast says otherwise", async () => {
    const steps =
      "{ { id = 'bad', fn = function() error('x') end }, { id = 'good', fn = function() sleep(20) return 'ok' end } }";
    const source = (options: string): string =>
      `local r = workflow.parallel(${steps}, ${options}):run() return { r.status, r.steps[2].status, r.output.good or "-" }`;
    expect(await valueOf(source("{}"))).toEqual(["failed", "completed", "ok"]);
    expect(await valueOf(source("{ fail_fast = true }"))).toEqual(["failed", "cancelled", "-"]);
  });

  it("runs no more than max_concurrency at a time", async () => {
    const source = `local now, most = 0, 0
      local function step() now = now + 1 most = math.max(most, now) sleep(2) now = now - 1 end
      workflow.parallel({ step, step, step, step }, { max_concurrency = 2 }):run()
      return most`;
    expect(await valueOf(source)).toBe(2);
  });
});

describe("a workflow that cannot work", () => {
  it.each([
    ["workflow.sequential({})", "VALIDATION_FAILED", "a workflow needs at least one step"],
    ["workflow.sequential({ {} })", "VALIDATION_FAILED", "steps[0]"],
    ["workflow.sequential({ 5 })", "INVALID_ARGUMENT", "workflow.sequential: steps[1] must be"],
    ["workflow.sequential({ { tool = 'missing' } })", "NOT_FOUND", "missing"],
    [
      "local f = function() end workflow.parallel({ { id = 'a', fn = f }, { id = 'a', fn = f } })",
      "VALIDATION_FAILED",
      "two steps are named 'a'",
    ],
    [
      "local a = agent.create({}) a:remove() workflow.parallel({ a })",
      "NOT_FOUND",
      "workflow.parallel: steps[1]: there is no Agent",
    ],
    [
      "workflow.parallel({ print }, { max_concurrency = 0 })",
      "INVALID_ARGUMENT",
      "workflow.parallel: opts.max_concurrency must be at least 1",
    ],
  ])("%s is refused", async (source, code, message) => {
    expect(await failureOf(source)).toMatchObject({ code, message: expect.stringContaining(message) });
  });
});
