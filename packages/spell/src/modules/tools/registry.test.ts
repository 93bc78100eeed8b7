import { describe, expect, it } from "vitest";
import { scriptedModels } from "@llmspell/core/testing";
import { both, failureOf } from "../../../../../test/support/spell.js";

const LUA = `tools.define({ name = "inc", description = "Adds one", category = "math", tags = { "a", "b" }, version = "1.0.0",
  parameters = { type = "object", properties = { input = { type = "number", description = "A number" } }, required = { "input" } },
  execute = function(args) if args.input < 0 then error("too small") end return args.input + 1 end })\n`;
const JS = `tools.define({ name: "inc", description: "Adds one", category: "math", tags: ["a", "b"], version: "1.0.0",
  parameters: { type: "object", properties: { input: { type: "number", description: "A number" } }, required: ["input"] },
  execute: (args) => { if (args.input < 0) throw new Error("too small"); return args.input + 1; } });\n`;

describe("making tools", () => {
  it("BR-2, STD-25: by a builder", async () => {
    const value = await both(
      `local t = tools.builder("add"):description("Adds"):category("math"):tag("x"):version("1.2.3")
        :parameter("a", "number", "One"):parameter("b", { type = "number", minimum = 0 }, nil, false)
        :execute(function(args) return args.a + (args.b or 10) end):build()
      local info = tools.get_info("add")
      return { t:execute({ a = 1 }), tools.execute("add", { a = 1, b = 2 }), info, #t:get_schema().required }`,
      `const t = tools.builder("add").description("Adds").category("math").tag("x").version("1.2.3")
        .parameter("a", "number", "One").parameter("b", { type: "number", minimum: 0 }, null, false)
        .execute((args) => args.a + (args.b ?? 10)).build();
      return [await t.execute({ a: 1 }), await tools.execute("add", { a: 1, b: 2 }), tools.getInfo("add"), t.getSchema().required.length];`,
    );
    expect(value).toEqual([
      11,
      3,
      {
        name: "add",
        description: "Adds",
        category: "math",
        version: "1.2.3",
        tags: ["x"],
        parameters: {
          type: "object",
          properties: { a: { type: "number", description: "One" }, b: { type: "number", minimum: 0 } },
          required: ["a"],
        },
      },
      1,
    ]);
    expect(await failureOf(`tools.builder("x"):description("X"):build()`)).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await failureOf(`tools.builder("x"):parameter("a", "number"):parameter("a", "text")`)).toMatchObject({
      code: "ALREADY_EXISTS",
    });
  });

  it("STD-25: as a library, of which what is wrong keeps no other from it", async () => {
    const value = await both(
      `local r = tools.register_library({ one = { description = "One", execute = function() return 1 end }, two = { description = "Two" } }, { prefix = "p_" })
      local l = tools.register_library({ { name = "three", description = "Three", execute = function() return 3 end }, 5 })
      return { r.registered, r.failed[1].name, r.failed[1].error.code, tools.execute("p_one", {}), l.registered, l.failed[1].name, l.failed[1].error.code }`,
      `const r = tools.registerLibrary({ one: { description: "One", execute: () => 1 }, two: { description: "Two" } }, { prefix: "p_" });
      const l = tools.registerLibrary([{ name: "three", description: "Three", execute: () => 3 }, 5]);
      return [r.registered, r.failed[0].name, r.failed[0].error.code, await tools.execute("p_one", {}), l.registered, l.failed[0].name, l.failed[0].error.code];`,
    );
    expect(value).toEqual([["p_one"], "two", "INVALID_ARGUMENT", 1, ["three"], "2", "INVALID_ARGUMENT"]);
  });

  it("of agents and workflows", async () => {
    const value = await both(
      `local asks = tools.wrap_agent(agent.create({ name = "helper" }), { name = "ask", description = "Asks" })
      local adds = tools.wrap_workflow(workflow.sequential({ function(n) return n + 1 end }), { name = "plus", input = { type = "number" } })
      local bad = tools.execute_safe("plus", { input = "x" })
      return { asks:execute({ task = "hi" }), adds:execute({ input = 4 }), bad.error.code, tools.get_info("ask").description }`,
      `const asks = tools.wrapAgent(agent.create({ name: "helper" }), { name: "ask", description: "Asks" });
      const adds = tools.wrapWorkflow(workflow.sequential([(n) => n + 1]), { name: "plus", input: { type: "number" } });
      const bad = await tools.executeSafe("plus", { input: "x" });
      return [await asks.execute({ task: "hi" }), await adds.execute({ input: 4 }), bad.error.code, tools.getInfo("ask").description];`,
      () => ({ models: scriptedModels("hello").models }),
    );
    expect(value).toEqual(["hello", 5, "VALIDATION_FAILED", "Asks"]);
    expect(await failureOf(`tools.wrap_agent("agent-9")`)).toMatchObject({ code: "NOT_FOUND" });
    expect(await failureOf(`tools.wrap_workflow("workflow-9")`)).toMatchObject({ code: "NOT_FOUND" });
  });

  it("STD-25: of other tools, in order", async () => {
    const value = await both(
      `${LUA}tools.define("wrap", "Wraps", {}, function(args) return { input = args.input * 10 } end)
      local c = tools.compose({ "inc", "wrap", "inc" })
      local named = tools.compose({ "inc" }, { name = "named" })
      return { c:execute({ input = 1 }), tools.get_info(c).name, tools.execute("named", { input = 1 }), tools.get_info(named).parameters.required }`,
      `${JS}tools.define("wrap", "Wraps", {}, (args) => ({ input: args.input * 10 }));
      const c = tools.compose(["inc", "wrap", "inc"]);
      const named = tools.compose(["inc"], { name: "named" });
      return [await c.execute({ input: 1 }), tools.getInfo(c).name, await tools.execute("named", { input: 1 }), tools.getInfo(named).parameters.required];`,
    );
    expect(value).toEqual([21, "inc_then_wrap_then_inc", 2, ["input"]]);
    expect(await failureOf("tools.compose({})")).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await failureOf("tools.compose({ 'nope' })")).toMatchObject({ code: "NOT_FOUND" });
  });

  it("removes what the spell has made, never what was there", async () => {
    const value = await both(
      `${LUA}tools.compose({ "inc" }, { name = "c" })
      tools.disable("c")
      return { tools.clear_registry(), tools.clear_registry(), tools.exists("inc"), tools.exists("file_operations") }`,
      `${JS}tools.compose(["inc"], { name: "c" });
      tools.disable("c");
      return [tools.clearRegistry(), tools.clearRegistry(), tools.exists("inc"), tools.exists("file_operations")];`,
    );
    expect(value).toEqual([2, 0, false, true]);
  });
});

describe("running several", () => {
  it("STD-26, STD-11: pipeline runs now, and says what each step gave", async () => {
    const value = await both(
      `${LUA}local p = tools.pipeline({ "inc", "inc" }, 5)
      local q = tools.pipeline({ "inc", "inc" }, -5, { stop_on_error = false })
      local ok, e = pcall(agent.tool_chain, { "inc", "inc" }, -1.5)
      return { p, q.steps[1].tool, q.steps[1].ok, q.steps[1].error.message, ok, e.details.stage }`,
      `${JS}const p = await tools.pipeline(["inc", "inc"], 5);
      const q = await tools.pipeline(["inc", "inc"], -5, { stopOnError: false });
      let e;
      try { await agent.toolChain(["inc", "inc"], -1.5); } catch (error) { e = error; }
      return [p, q.steps[0].tool, q.steps[0].ok, q.steps[0].error.message, e === undefined, e.details.stage];`,
    );
    expect(value).toEqual([
      {
        output: 7,
        steps: [
          { tool: "inc", ok: true, value: 6 },
          { tool: "inc", ok: true, value: 7 },
        ],
      },
      "inc",
      false,
      expect.stringContaining("too small"),
      false,
      1,
    ]);
    expect(await failureOf("tools.pipeline({ 'nope' }, 1)")).toMatchObject({ code: "NOT_FOUND" });
  });

  it("STD-26, STD-28: parallel_execute keeps order, limit and failures", async () => {
    const value = await both(
      `local running, most = 0, 0
      tools.define("slow", "Slow", {}, function(args) running = running + 1 most = math.max(most, running) sleep(5) running = running - 1 if args.n == 2 then error("two") end return args.n end)
      local r = tools.parallel_execute({ "slow", "slow", "slow" }, { { n = 1 }, { n = 2 }, { n = 3 } }, { concurrency = 2 })
      local same = tools.parallel_execute({ "slow" }, { n = 7 })
      return { r[1], r[2].ok, r[2].error.message, r[3], most, same[1].value }`,
      `let running = 0, most = 0;
      tools.define("slow", "Slow", {}, async (args) => { most = Math.max(most, ++running); await sleep(5); running--; if (args.n === 2) throw new Error("two"); return args.n; });
      const r = await tools.parallelExecute(["slow", "slow", "slow"], [{ n: 1 }, { n: 2 }, { n: 3 }], { concurrency: 2 });
      const same = await tools.parallelExecute(["slow"], { n: 7 });
      return [r[0], r[1].ok, r[1].error.message, r[2], most, same[0].value];`,
    );
    expect(value).toEqual([
      { ok: true, value: 1 },
      false,
      expect.stringContaining("two"),
      { ok: true, value: 3 },
      2,
      7,
    ]);
    expect(await failureOf(`${LUA}tools.parallel_execute({ "inc" }, { { input = 1 }, { input = 2 } })`)).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("1 tools, but parameters for 2"),
    });
  });

  it("STD-27: test_tool compares results and errors; benchmark_tool measures", async () => {
    const value = await both(
      `${LUA}local r = tools.test_tool("inc", { { params = { input = 1 }, expect = 2 }, { params = { input = 1 }, expect = 3 },
        { params = { input = -1 }, error = "too small" }, { params = {}, error = "VALIDATION_FAILED" }, { params = { input = -1 } } })
      local b = tools.benchmark_tool("inc", { input = 1 }, { iterations = 5, warmup = 1 })
      local passed = {}
      for i, each in ipairs(r.results) do passed[i] = each.passed end
      return { r.passed, r.failed, passed, b.iterations, b.p50 <= b.p99, b.mean_ms >= 0, tools.get_metrics("inc").calls }`,
      `${JS}const r = await tools.testTool("inc", [{ params: { input: 1 }, expect: 2 }, { params: { input: 1 }, expect: 3 },
        { params: { input: -1 }, error: "too small" }, { params: {}, error: "VALIDATION_FAILED" }, { params: { input: -1 } }]);
      const b = await tools.benchmarkTool("inc", { input: 1 }, { iterations: 5, warmup: 1 });
      return [r.passed, r.failed, r.results.map((each) => each.passed), b.iterations, b.p50 <= b.p99, b.mean_ms >= 0, tools.getMetrics("inc").calls];`,
    );
    expect(value).toEqual([3, 2, [true, false, true, true, false], 5, true, true, 11]);
    expect(await failureOf(`${LUA}tools.benchmark_tool("inc", { input = 1 }, { iterations = 1000000 })`)).toMatchObject(
      {
        code: "INVALID_ARGUMENT",
      },
    );
    expect(await failureOf("tools.test_tool('nope', {})")).toMatchObject({ code: "NOT_FOUND" });
  });

  it("says what is wrong with a definition", async () => {
    const value = await both(
      `return { tools.validate_definition({ name = "a b", description = "x", execute = print }),
        tools.validate_definition({ name = "a", description = "x", execute = print }),
        tools.validate_definition({ name = 5 }).valid }`,
      `return [tools.validateDefinition({ name: "a b", description: "x", execute() {} }),
        tools.validateDefinition({ name: "a", description: "x", execute() {} }),
        tools.validateDefinition({ name: 5 }).then((r) => r.valid)].reduce(async (all, each) => [...(await all), await each], []);`,
    );
    expect(value).toEqual([
      { valid: false, errors: [expect.stringContaining("1 to 64 letters")], warnings: [] },
      { valid: true, errors: [], warnings: ["version: there is no version"] },
      false,
    ]);
  });
});

describe("finding tools", () => {
  it("STD-28: by words, category, tags, powers and use", async () => {
    const value = await both(
      `${LUA}local function names(list) local r = llmspell.array{} for i, each in ipairs(list) do r[i] = each.name end return r end
      tools.execute("inc", { input = 1 })
      tools.execute_safe("inc", { input = -1 })
      return { names(tools.search("adds ONE")), names(tools.search("file_*")), tools.get_categories(), names(tools.list_by_category("math")),
        names(tools.list_by_tags({ "a", "b" })), names(tools.list_by_tags({ "a", "c" })), names(tools.list_by_permission("file.read")),
        names(tools.list_by_resource_usage({ min_calls = 2 })), names(tools.list_by_resource_usage({ min_calls = 1, max_error_rate = 0.4 })),
        names(tools.list({ builtin = false })), names(tools.list({ builtin = true, search = "inc" })), tools.get_schema("inc").required }`,
      `${JS}const names = (list) => list.map((each) => each.name);
      await tools.execute("inc", { input: 1 });
      await tools.executeSafe("inc", { input: -1 });
      return [names(tools.search("adds ONE")), names(tools.search("file_*")), tools.getCategories(), names(tools.listByCategory("math")),
        names(tools.listByTags(["a", "b"])), names(tools.listByTags(["a", "c"])), names(tools.listByPermission("file.read")),
        names(tools.listByResourceUsage({ minCalls: 2 })), names(tools.listByResourceUsage({ minCalls: 1, maxErrorRate: 0.4 })),
        names(tools.list({ builtin: false })), names(tools.list({ builtin: true, search: "inc" })), tools.getSchema("inc").required];`,
    );
    expect(value).toEqual([
      ["inc"],
      ["file_operations"],
      expect.arrayContaining(["math"]),
      ["math", "inc"],
      ["inc"],
      [],
      ["file_operations"],
      ["inc"],
      [],
      ["inc"],
      [],
      ["input"],
    ]);
  });

  it("hides and shows tools, also from agents", async () => {
    const value = await both(
      `${LUA}tools.disable("inc")
      local ok, e = pcall(agent.create, { tools = { "inc" } })
      local hidden = { tools.exists("inc"), tools.get("inc") == nil, ok, e.code, #tools.list({ enabled = false }), tools.get_registry_stats() }
      tools.enable_tool("inc")
      return { hidden, tools.exists("inc"), #tools.list({ enabled = false }) }`,
      `${JS}tools.disable("inc");
      let e;
      try { agent.create({ tools: ["inc"] }); } catch (error) { e = error; }
      const hidden = [tools.exists("inc"), tools.get("inc") == null, e === undefined, e.code, tools.list({ enabled: false }).length, tools.getRegistryStats()];
      tools.enableTool("inc");
      return [hidden, tools.exists("inc"), tools.list({ enabled: false }).length];`,
    );
    expect(value).toMatchObject([
      [false, true, false, "NOT_FOUND", 1, { total: 8, enabled: 7, disabled: 1, builtin: 7, calls: 0, errors: 0 }],
      true,
      0,
    ]);
    for (const fn of ["enable", "disable"])
      expect(await failureOf(`tools.${fn}("nope")`)).toMatchObject({ code: "NOT_FOUND" });
  });

  it("counts calls by the spell and by agents", async () => {
    const value = await both(
      `${LUA}agent.create({ tools = { "inc" } }):run("hi")
      tools.execute_safe("inc", { input = -1 })
      tools.execute_safe("inc", {})
      local m = tools.get_metrics("inc")
      return { m.calls, m.errors, m.failures, m.avg_ms <= m.max_ms, tools.get_metrics().inc.calls, tools.get_metrics("nope").calls, tools.get_registry_stats().errors }`,
      `${JS}await agent.create({ tools: ["inc"] }).run("hi");
      await tools.executeSafe("inc", { input: -1 });
      await tools.executeSafe("inc", {});
      const m = tools.getMetrics("inc");
      return [m.calls, m.errors, m.failures, m.avg_ms <= m.max_ms, tools.getMetrics().inc.calls, tools.getMetrics("nope").calls, tools.getRegistryStats().errors];`,
      () => ({ models: scriptedModels({ toolCalls: [{ name: "inc", args: { input: 1 } }] }, "done").models }),
    );
    expect(value).toEqual([3, 2, { SCRIPT_ERROR: 1, VALIDATION_FAILED: 1 }, true, 3, 0, 2]);
  });

  it("explains a tool, and exports it", async () => {
    const value = await both(
      `${LUA}return { tools.get_documentation("inc"), tools.export_mcp("inc"), #tools.export_mcp() }`,
      `${JS}return [tools.getDocumentation("inc"), tools.exportMcp("inc"), tools.exportMcp().length];`,
    );
    const [page, mcp, all] = value as [string, unknown, number];
    expect(page).toBe(
      "# inc\n\nAdds one\n\n- Version: 1.0.0\n- Category: math\n- Tags: a, b\n\n## Parameters\n\n- `input` (number, required): A number",
    );
    expect(mcp).toMatchObject({ name: "inc", description: "Adds one", inputSchema: { required: ["input"] } });
    expect(all).toBe(8);
    for (const fn of ["get_documentation", "export_mcp", "get_info", "get_schema"])
      expect(await failureOf(`tools.${fn}("nope")`)).toMatchObject({ code: "NOT_FOUND" });
  });
});
