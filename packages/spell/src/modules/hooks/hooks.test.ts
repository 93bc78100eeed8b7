import { describe, expect, it } from "vitest";
import { scriptedModels } from "@llmspell/core/testing";
import { both, asked, cast, failureOf, inJavaScript, valueOf } from "../../../../../test/support/spell.js";

const TOOL = `tools.define("double", "Doubles", {}, function(args) return args.n * 2 end)\n`;
const TOOL_JS = `tools.define("double", "Doubles", {}, (args) => args.n * 2);\n`;

describe("hooks around operations", () => {
  it("STD-19: are called in the order before, around, operation, around, after", async () => {
    const value = await both(
      `local seen = {}
      local function see(text) seen[#seen + 1] = text end
      tools.define("t", "d", {}, function() see("op") return 1 end)
      hooks.after("tool", function() see("after") end)
      hooks.around("tool", function(ctx, proceed) see("around") local r = proceed() see("around") return r end)
      hooks.before("tool", function() sleep(1) see("before") end)
      tools.execute("t", {})
      return seen`,
      `const seen = [];
      tools.define("t", "d", {}, () => { seen.push("op"); return 1; });
      hooks.after("tool", () => { seen.push("after"); });
      hooks.around("tool", async (ctx, proceed) => { seen.push("around"); const r = await proceed(); seen.push("around"); return r; });
      hooks.before("tool", async () => { await sleep(1); seen.push("before"); });
      await tools.execute("t", {});
      return seen;`,
    );
    expect(value).toEqual(["before", "around", "op", "around", "after"]);
  });

  it("HOOK-17, BR-9: change data and results, stop with a result or a reason, recover from errors", async () => {
    const value = await both(
      `${TOOL}local out = {}
      local id = hooks.before("tool", function(ctx) ctx.data.n = ctx.data.n + 1 return ctx end)
      out[1] = tools.execute("double", { n = 1 })
      hooks.after("tool", function(ctx) return { result = ctx.data + ctx.input.n } end)
      out[2] = tools.execute("double", { n = 1 })
      hooks.clear_all()
      hooks.before("tool_before_execute", function(ctx) if ctx.about.name == "double" then return { continue = false, result = "no" } end end)
      out[3] = tools.execute("double", { n = 1 })
      hooks.clear("tool")
      hooks.before("tool", function() return { stop = true, reason = "never" } end)
      local ok, e = pcall(tools.execute, "double", { n = 1 })
      out[4] = e.code .. " " .. e.message
      hooks.clear("before")
      tools.define("bad", "d", {}, function() error("broken") end)
      hooks.register("error", function(ctx) return { stop = true, result = ctx.point } end, { operations = { "tool" } })
      out[5] = tools.execute("bad", {})
      hooks.clear_all()
      hooks.register("tool.error", function(ctx) return { data = "other words" } end)
      out[6] = select(2, pcall(tools.execute, "bad", {})).message
      hooks.around("tool", function(ctx, proceed) return proceed({ n = 10 }) + 1 end)
      out[7] = tools.execute("double", { n = 1 })
      hooks.around("tool", function() return "instead" end, { priority = "high" })
      out[8] = tools.execute("double", { n = 1 })
      return out`,
      `${TOOL_JS}const out = [];
      const id = hooks.before("tool", (ctx) => { ctx.data.n++; return ctx; });
      out.push(await tools.execute("double", { n: 1 }));
      hooks.after("tool", (ctx) => ({ result: ctx.data + ctx.input.n }));
      out.push(await tools.execute("double", { n: 1 }));
      hooks.clearAll();
      hooks.before("tool_before_execute", (ctx) => { if (ctx.about.name === "double") return { continue: false, result: "no" }; });
      out.push(await tools.execute("double", { n: 1 }));
      hooks.clear("tool");
      hooks.before("tool", () => ({ stop: true, reason: "never" }));
      await tools.execute("double", { n: 1 }).catch((e) => out.push(e.code + " " + e.message));
      hooks.clear("before");
      tools.define("bad", "d", {}, () => { throw new Error("broken"); });
      hooks.register("error", (ctx) => ({ stop: true, result: ctx.point }), { operations: ["tool"] });
      out.push(await tools.execute("bad", {}));
      hooks.clearAll();
      hooks.register("tool.error", (ctx) => ({ data: "other words" }));
      await tools.execute("bad", {}).catch((e) => out.push(e.message));
      hooks.around("tool", async (ctx, proceed) => (await proceed({ n: 10 })) + 1);
      out.push(await tools.execute("double", { n: 1 }));
      hooks.around("tool", () => "instead", { priority: "high" });
      out.push(await tools.execute("double", { n: 1 }));
      return out;`,
    );
    expect(value).toEqual([
      4,
      6,
      "no",
      "CANCELLED stopped by hook 'before tool.before': never",
      "tool.error",
      "other words",
      21,
      "instead",
    ]);
  });

  it("HOOK-17: see and change what models, agents and workflows do", async () => {
    const models: ReturnType<typeof scriptedModels>[] = [];
    const value = await both(
      `local out = {}
      hooks.before("model", function(ctx) ctx.data.messages[#ctx.data.messages].content = "changed" return ctx end)
      hooks.after("agent", function(ctx) ctx.data.content = ctx.data.content .. "!" return ctx end)
      out[1] = agent.create({ name = "a" }):run("hi").content
      hooks.clear_all()
      hooks.before("model", function() return { stop = true, result = "cached" } end)
      out[2] = agent.create({ name = "a" }):run("hi").content
      hooks.before("agent.before", function() return { stop = true, result = { content = "none" } } end)
      out[3] = agent.create({ name = "a" }):run("hi").content
      hooks.around("workflow.step", function(ctx, proceed) return proceed(ctx.data * 10) end)
      out[4] = workflow.sequential({ function(n) return n + 1 end, function(n) return n + 1 end }):run(1).output
      hooks.after("workflow", function(ctx) ctx.data.output = "out" return ctx end)
      out[5] = workflow.sequential({ function(n) return n end }):run(1).output
      hooks.clear_all()
      hooks.after("model", function(ctx) return { data = ctx.data.text:upper() } end)
      out[6] = llm.generate("x").content
      return out`,
      `const out = [];
      hooks.before("model", (ctx) => { ctx.data.messages.at(-1).content = "changed"; return ctx; });
      hooks.after("agent", (ctx) => { ctx.data.content += "!"; return ctx; });
      out.push((await agent.create({ name: "a" }).run("hi")).content);
      hooks.clearAll();
      hooks.before("model", () => ({ stop: true, result: "cached" }));
      out.push((await agent.create({ name: "a" }).run("hi")).content);
      hooks.before("agent.before", () => ({ stop: true, result: { content: "none" } }));
      out.push((await agent.create({ name: "a" }).run("hi")).content);
      hooks.around("workflow.step", (ctx, proceed) => proceed(ctx.data * 10));
      out.push((await workflow.sequential([(n) => n + 1, (n) => n + 1]).run(1)).output);
      hooks.after("workflow", (ctx) => { ctx.data.output = "out"; return ctx; });
      out.push((await workflow.sequential([(n) => n]).run(1)).output);
      hooks.clearAll();
      hooks.after("model", (ctx) => ({ data: ctx.data.text.toUpperCase() }));
      out.push((await llm.generate("x")).content);
      return out;`,
      () => {
        const made = scriptedModels("one", "two");
        models.push(made);
        return { models: made.models };
      },
    );
    expect(value).toEqual(["one!", "cached", "none", 111, "out", "TWO"]);
    for (const { model } of models) expect(asked(model, 0)).toEqual(["user: changed"]);
  });

  it.each([
    ["model", `ctx.data.messages = "none"`, "data.messages must be a list"],
    ["model", `ctx.data.messages = nil ctx.data = 5`, "data must be a table"],
  ])("refuse what the framework could not go on with (%s, %s)", async (point, change, message) => {
    const source = `hooks.before("${point}", function(ctx) ${change} return { data = ctx.data } end) llm.generate("x")`;
    expect(await failureOf(source)).toMatchObject({ code: "INVALID_ARGUMENT", message });
  });

  it.each([
    [`hooks.before("tool", function() return 5 end)`, "must return nothing"],
    [`hooks.before("tool", function() error("own") end)`, "own"],
    [
      `hooks.register("tool.error", function() return { data = 5 } end) hooks.before("tool", function() error("x") end)`,
      "must be an error or a text",
    ],
    [`hooks.before("model", function() return { stop = true, result = 5 } end)`, "must be text"],
  ])("end the operation when they fail: %s", async (hook, message) => {
    expect(await failureOf(`${TOOL}${hook} tools.execute("double", { n = 1 }) llm.generate("x")`)).toMatchObject({
      message: expect.stringContaining(message),
    });
  });

  it("may fail or run beside without ending it", async () => {
    const value = await both(
      `${TOOL}local seen = 0
      hooks.before("tool", function() error("x") end, { on_error = "ignore" })
      hooks.before("tool", function() sleep(1) seen = seen + 1 return { stop = true } end, { background = true })
      local result = tools.execute("double", { n = 1 })
      sleep(10)
      return { result, seen, hooks.stats().calls, hooks.stats().errors }`,
      `${TOOL_JS}let seen = 0;
      hooks.before("tool", () => { throw new Error("x"); }, { onError: "ignore" });
      hooks.before("tool", async () => { await sleep(1); seen++; return { stop: true }; }, { background: true });
      const result = await tools.execute("double", { n: 1 });
      await sleep(10);
      return [result, seen, hooks.stats().calls, hooks.stats().errors];`,
    );
    expect(value).toEqual([2, 1, 2, 1]);
  });
});

describe("hooks that do what they are hooks of", () => {
  it("may, so deep and no deeper, with an error that says so", async () => {
    const value = await both(
      `local depth = 0
      hooks.before("model", function() depth = depth + 1 llm.generate("again") end)
      local ok, e = pcall(llm.generate, "x")
      hooks.clear_all()
      local calls = 0
      hooks.before("model", function(ctx) calls = calls + 1 if calls == 1 then llm.generate("inner") end end)
      return { ok, e.code, e.message, depth, llm.generate("x").content ~= nil, calls }`,
      `let depth = 0;
      hooks.before("model", async () => { depth++; await llm.generate("again"); });
      const e = await llm.generate("x").catch((thrown) => thrown);
      hooks.clearAll();
      let calls = 0;
      hooks.before("model", async (ctx) => { if (++calls === 1) await llm.generate("inner"); });
      return [false, e.code, e.message, depth, (await llm.generate("x")).content != null, calls];`,
    );
    expect(value).toEqual([
      false,
      "INVALID_STATE",
      "hook 'before model.before' is called within 8 others: it does what it is a hook of, without end",
      8,
      true,
      2,
    ]);
  });

  it("are not counted for what they only surround", async () => {
    // Ten agents deep, each with hooks around it, its model and its tool.
    const source = `hooks.use(function(ctx, next) return next() end)
      local function nested(n) return workflow.sequential({ function() return n == 0 and "end" or nested(n - 1).output end }):run(1) end
      return nested(10).output`;
    expect(await valueOf(source)).toBe("end");
  });

  it("never hang a run: one that waits for the spell ends with the time of the run", async () => {
    const lua = `local ch = promise.channel() hooks.before("model", function() ch:receive() end) llm.generate("x") ch:send(1)`;
    const javascript = `hooks.before("model", () => new Promise(() => {})); await llm.generate("x");`;
    const limits = { timeMs: 300 };
    for (const [source, options] of [
      [lua, { limits }],
      [javascript, inJavaScript({ limits })],
    ] as const)
      expect((await failureOf(source, options)).code).toMatch(/^(LIMIT_TIME|DEADLOCK)$/);
  });
});

describe("conditions", () => {
  it("BR-9: by point, name, metadata, time, rate and function, together", async () => {
    const value = await both(
      `for _, name in ipairs({ "pay", "ask" }) do tools.define(name, "d", {}, function() return name end) end
      local function both() return tools.execute("pay", {}) .. " " .. tools.execute("ask", {}) end
      local function out(filter, more)
        hooks.after("tool", function(ctx) return { result = ctx.data:upper() } end, { filter = filter, metadata = { team = "a" } })
        local result = both()
        hooks.clear_all()
        return result
      end
      return {
        out({ names = { "pay" } }), out({ names = { "pay" }, op = "not" }), out({ points = { "tool" } }), out({ points = { "tool_before_execute" } }),
        out({ metadata = { team = "a" } }), out({ metadata = { team = "b" } }), out({ time_window = { until_ = nil, from = 0 } }), out({ time_window = { ["until"] = 1 } }),
        out(hooks.filter({ rate = { limit = 1, window = "1h" } })), out(function(ctx) sleep(1) return ctx.about.name == "ask" end),
        out({ names = { "pay" }, predicate = function() return false end }), out({ names = { "pay" }, predicate = function() return true end, op = "or" }),
        out({ names = { "pay" }, predicate = function() return false end, op = "not" }),
      }`,
      `for (const name of ["pay", "ask"]) tools.define(name, "d", {}, () => name);
      const both = async () => (await tools.execute("pay", {})) + " " + (await tools.execute("ask", {}));
      const out = async (filter) => {
        hooks.after("tool", (ctx) => ({ result: ctx.data.toUpperCase() }), { filter, metadata: { team: "a" } });
        const result = await both();
        hooks.clearAll();
        return result;
      };
      return [
        await out({ names: ["pay"] }), await out({ names: ["pay"], op: "not" }), await out({ points: ["tool"] }), await out({ points: ["tool_before_execute"] }),
        await out({ metadata: { team: "a" } }), await out({ metadata: { team: "b" } }), await out({ timeWindow: { from: 0 } }), await out({ timeWindow: { until: 1 } }),
        await out(hooks.filter({ rate: { limit: 1, window: "1h" } })), await out(async (ctx) => { await sleep(1); return ctx.about.name === "ask"; }),
        await out({ names: ["pay"], predicate: () => false }), await out({ names: ["pay"], predicate: () => true, op: "or" }),
        await out({ names: ["pay"], predicate: () => false, op: "not" }),
      ];`,
    );
    expect(value).toEqual([
      "PAY ask",
      "pay ASK",
      "PAY ASK",
      "pay ask",
      "PAY ASK",
      "pay ask",
      "PAY ASK",
      "pay ask",
      "PAY ask",
      "pay ASK",
      "pay ask",
      "PAY ASK",
      "pay ASK",
    ]);
  });
});

describe("what is known of hooks, and done with them", () => {
  it("BR-9: list, get, enable, disable, move, metadata, stats, unregister", async () => {
    const value = await both(
      `${TOOL}local a = hooks.before("tool", function(ctx) return { data = { n = ctx.data.n + 1 } } end, { name = "a", metadata = { x = 1 } })
      local b = hooks.before("tool", function(ctx) return { data = { n = ctx.data.n * 10 } } end, { name = "b" })
      local out = { tools.execute("double", { n = 1 }) }
      hooks.set_priority(b, "highest")
      out[2] = tools.execute("double", { n = 1 })
      hooks.disable(b)
      out[3] = tools.execute("double", { n = 1 })
      out[4] = #hooks.list({ enabled = true })
      hooks.enable(b)
      local names = {}
      for i, info in ipairs(hooks.list("tool.before")) do names[i] = info.name end
      hooks.set_metadata(b, { y = 2 })
      out[5] = names
      out[6] = hooks.get_metadata(a).x + hooks.get_metadata(b).y
      out[7] = hooks.get(a)
      out[8] = hooks.stats(b).calls
      out[9] = { hooks.unregister(a), hooks.unregister(a), #hooks.list(), hooks.clear("model"), hooks.clear_all(), hooks.clear_all() }
      out[10] = tools.execute("double", { n = 1 })
      out[11] = #hooks.get_types() > 30
      return out`,
      `${TOOL_JS}const a = hooks.before("tool", (ctx) => ({ data: { n: ctx.data.n + 1 } }), { name: "a", metadata: { x: 1 } });
      const b = hooks.before("tool", (ctx) => ({ data: { n: ctx.data.n * 10 } }), { name: "b" });
      const out = [await tools.execute("double", { n: 1 })];
      hooks.setPriority(b, "highest");
      out.push(await tools.execute("double", { n: 1 }));
      hooks.disable(b);
      out.push(await tools.execute("double", { n: 1 }));
      out.push(hooks.list({ enabled: true }).length);
      hooks.enable(b);
      const names = hooks.list("tool.before").map((info) => info.name);
      hooks.setMetadata(b, { y: 2 });
      out.push(names, hooks.getMetadata(a).x + hooks.getMetadata(b).y, hooks.get(a), hooks.stats(b).calls);
      out.push([hooks.unregister(a), hooks.unregister(a), hooks.list().length, hooks.clear("model"), hooks.clearAll(), hooks.clearAll()]);
      out.push(await tools.execute("double", { n: 1 }), hooks.getTypes().length > 30);
      return out;`,
    );
    expect(value).toEqual([
      40,
      22,
      4,
      1,
      ["b", "a"],
      3,
      {
        id: "hook-1",
        name: "a",
        type: "before",
        points: ["tool.before"],
        priority: 0,
        enabled: true,
        metadata: { x: 1 },
        calls: 3,
        errors: 0,
      },
      2,
      [true, false, 1, 0, 1, 0],
      2,
      true,
    ]);
  });

  it("HOOK-17: trigger by hand, compose, chain and intercept", async () => {
    const value = await both(
      `local function adds(text) return function(ctx) return { data = ctx.data .. text } end end
      local a, b = hooks.before("deploy", adds("a")), hooks.before("deploy", adds("b"))
      hooks.around("deploy", function(ctx, proceed) return "(" .. proceed() .. ")" end)
      hooks.after("deploy", adds("z"))
      hooks.before("other", adds("never"))
      local out = { hooks.trigger("deploy", "x") }
      local i = hooks.intercept(b, "after", function(data) return data:upper() end)
      out[2] = hooks.trigger("custom.before", "x").data
      hooks.disable(i)
      out[3] = hooks.trigger("deploy", "x").data
      hooks.unregister(i)
      local parallel = hooks.compose({ a, b }, "parallel")
      out[4] = hooks.trigger("deploy", "x").data
      hooks.unregister(parallel)
      local chain = hooks.chain({ b, a })
      out[5] = hooks.trigger("deploy", "x").data
      hooks.intercept("deploy", "replace", function(data) return data .. "!" end)
      out[6] = hooks.trigger("deploy", "x").data
      hooks.clear("deploy")
      hooks.before("deploy", function() return { stop = true, result = "halt" } end)
      out[7] = hooks.trigger("deploy", "x")
      return out`,
      `const adds = (text) => (ctx) => ({ data: ctx.data + text });
      const a = hooks.before("deploy", adds("a")), b = hooks.before("deploy", adds("b"));
      hooks.around("deploy", async (ctx, proceed) => "(" + (await proceed()) + ")");
      hooks.after("deploy", adds("z"));
      hooks.before("other", adds("never"));
      const out = [await hooks.trigger("deploy", "x")];
      const i = hooks.intercept(b, "after", (data) => data.toUpperCase());
      out.push((await hooks.trigger("custom.before", "x")).data);
      hooks.disable(i);
      out.push((await hooks.trigger("deploy", "x")).data);
      hooks.unregister(i);
      const parallel = hooks.compose([a, b], "parallel");
      out.push((await hooks.trigger("deploy", "x")).data);
      hooks.unregister(parallel);
      const chain = hooks.chain([b, a]);
      out.push((await hooks.trigger("deploy", "x")).data);
      hooks.intercept("deploy", "replace", (data) => data + "!");
      out.push((await hooks.trigger("deploy", "x")).data);
      hooks.clear("deploy");
      hooks.before("deploy", () => ({ stop: true, result: "halt" }));
      out.push(await hooks.trigger("deploy", "x"));
      return out;`,
    );
    expect(value).toMatchObject([
      { data: "(xab)z", stopped: false },
      "x",
      "(xab)z",
      "(xb)z",
      "(xba)z",
      expect.any(String),
      { data: "halt", stopped: true },
    ]);
  });

  it("leave nothing behind: functions are let go of, and the number is bounded", async () => {
    const source = `for i = 1, 3000 do hooks.unregister(hooks.before("tool", function() end)) end
      for i = 1, 1000 do hooks.before("tool", print) end
      return select(2, pcall(hooks.before, "tool", print)).code`;
    expect(await valueOf(source)).toBe("BUDGET_EXCEEDED");
  });
});

describe("middleware of the framework", () => {
  it.each([
    [`hooks.use("error_handling", { fallback = "safe", operations = { "tool" } })`, `tools.execute("bad", {})`, "safe"],
    [
      `hooks.use("transformation", { input = function(d) return { n = d.n + 1 } end, output = function(d) return d * 100 end, operations = { "tool" } })`,
      `tools.execute("double", { n = 1 })`,
      400,
    ],
    [
      `hooks.use("validation", { operation = "tool", output = { type = "string" } })`,
      `select(2, pcall(tools.execute, "double", { n = 1 })).code`,
      "VALIDATION_FAILED",
    ],
    [
      `hooks.use("rate_limit", { limit = 1, window = "1h", operations = { "tool" } }) tools.execute("double", { n = 1 })`,
      `select(2, pcall(tools.execute, "double", { n = 1 })).code`,
      "RATE_LIMITED",
    ],
    [
      `hooks.use("caching", { ttl = "1h" }) llm.generate("x")`,
      `llm.generate("x").content == llm.generate("x").content`,
      true,
    ],
    [`hooks.use("metrics")`, `tools.execute("double", { n = 1 })`, 2],
    [`hooks.use("tracing")`, `tools.execute("double", { n = 1 })`, 2],
  ])("%s", async (use, then, expected) => {
    const bad = `tools.define("bad", "d", {}, function() error("broken") end)\n`;
    expect(await valueOf(`${TOOL}${bad}${use} return ${then}`)).toBe(expected);
  });

  it("writes to the log of the run", async () => {
    const lines: string[] = [];
    await valueOf(
      `${TOOL}hooks.use("logging", { level = "warn", operations = { "tool" } }) tools.execute("double", { n = 1 })`,
      {
        onLog: (level, message) => lines.push(`${level} ${message}`),
      },
    );
    expect(lines).toEqual(["debug tool double begins", "warn tool double ended"]);
  });
});

const FAILURES: [call: string, code: string][] = [
  [`hooks.before("tool.after", print)`, "INVALID_ARGUMENT"],
  [`hooks.before("tool.befor", print)`, "INVALID_ARGUMENT"],
  [`hooks.after("no such name!", print)`, "INVALID_ARGUMENT"],
  [`hooks.around("agent.init", print)`, "INVALID_ARGUMENT"],
  [`hooks.around("tool", print, { background = true })`, "INVALID_ARGUMENT"],
  [`hooks.register("pre", print, { operations = { "tool.befor" } })`, "INVALID_ARGUMENT"],
  [`hooks.use("magic")`, "INVALID_ARGUMENT"],
  [`hooks.use("rate_limit", { limit = 0, window = 1 })`, "INVALID_ARGUMENT"],
  [`hooks.use("logging", { operations = { "tools" } })`, "INVALID_ARGUMENT"],
  [`hooks.filter({ op = "and" })`, "INVALID_ARGUMENT"],
  [`hooks.unregister()`, "INVALID_ARGUMENT"],
  [`hooks.enable("hook-9")`, "NOT_FOUND"],
  [`hooks.disable("hook-9")`, "NOT_FOUND"],
  [`hooks.list(5)`, "INVALID_ARGUMENT"],
  [`hooks.get("hook-9")`, "NOT_FOUND"],
  [`hooks.set_priority("hook-9", 1)`, "NOT_FOUND"],
  [`hooks.set_metadata("hook-9", { a = 1 })`, "NOT_FOUND"],
  [`hooks.get_metadata("hook-9")`, "NOT_FOUND"],
  [`hooks.trigger("tool.befor")`, "INVALID_ARGUMENT"],
  [`hooks.chain({ "hook-9" })`, "NOT_FOUND"],
  [`hooks.compose({ "hook-9" }, "first")`, "NOT_FOUND"],
  [`hooks.intercept("nothing", "before", print)`, "NOT_FOUND"],
  [`hooks.stats("hook-9")`, "NOT_FOUND"],
  [`hooks.clear()`, "INVALID_ARGUMENT"],
  [`hooks.clear_all(1)`, "INVALID_ARGUMENT"],
  [`hooks.get_types(1)`, "INVALID_ARGUMENT"],
];

/** The same call in JavaScript. */
const inJs = (lua: string): string =>
  `await ${lua}`
    .replaceAll(/\{ ("[^"]*") \}/g, "[ $1 ]")
    .replaceAll(/(\w+) = /g, "$1: ")
    .replaceAll("print", "() => {}");

describe("what cannot be done with hooks", () => {
  it.each(FAILURES)("%s is %s", async (call, code) => {
    expect(await failureOf(call)).toMatchObject({ code });
    expect(await failureOf(inJs(call), inJavaScript())).toMatchObject({ code });
  });

  it("leaves a run without hooks as it was", async () => {
    const { result } = await cast(`${TOOL}return tools.execute("double", { n = 2 })`);
    expect(result).toMatchObject({ ok: true, value: 4 });
  });
});
