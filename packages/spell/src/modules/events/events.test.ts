import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { both, cast, failureOf, inJavaScript, valueOf } from "../../../../../test/support/spell.js";
import { parseGrant } from "../../door/capabilities.js";

describe("callbacks whose result nobody uses", () => {
  it("may return what cannot leave the guest", async () => {
    const lua = `
      local odd, calls = coroutine.create(print), 0
      local function odd_result() calls = calls + 1 return odd end
      local s = state.create({ n = 1 })
      local a = agent.create({ name = "a" })
      events.on("tick", odd_result) s:watch("n", odd_result) a:events_subscribe("agent.started", odd_result)
      test.it("case", odd_result)
      await(events.emit_async("tick")) s:set("n", 2) a:run("hi") sleep(1)
      errors.try(function() return 1 end, nil, odd_result)
      return { calls, test.run().passed, test.benchmark(odd_result, 1).iterations }`;
    const javascript = `
      let calls = 0;
      const odd = () => { calls++; return new Map([[1, 2]]); };
      const s = state.create({ n: 1 });
      const a = agent.create({ name: "a" });
      events.on("tick", odd); s.watch("n", odd); a.eventsSubscribe("agent.started", odd);
      test.it("case", odd);
      await events.emitAsync("tick"); s.set("n", 2); await a.run("hi"); await sleep(1);
      await errors.try(() => 1, null, odd);
      return [calls, (await test.run()).passed, (await test.benchmark(odd, 1)).iterations]`;
    expect(await both(lua, javascript)).toEqual([4, 1, 1]);
  });
});

describe("priorities", () => {
  it("STD-18: hold for events that handlers emit", async () => {
    const lua = `
      local seen = {}
      events.on("b", function() seen[#seen + 1] = "low b" end, { priority = "low" })
      events.on("**", function(e)
        seen[#seen + 1] = "high " .. e.type
        if e.type == "a" then events.emit("b") end
      end, { priority = "high" })
      await(events.emit_async("a")) sleep(1)
      return seen`;
    const javascript = `
      const seen = [];
      events.on("b", () => { seen.push("low b"); }, { priority: "low" });
      events.on("**", (e) => { seen.push("high " + e.type); if (e.type === "a") events.emit("b"); }, { priority: "high" });
      await events.emitAsync("a"); await sleep(1);
      return seen`;
    expect(await both(lua, javascript)).toEqual(["high a", "high b", "low b"]);
  });
});

describe("events.emit and on", () => {
  it("BR-5, STD-18: calls handlers by pattern after the call, in order of priority, with the event", async () => {
    const value = await both(
      `local seen = {}
      events.on("order.*", function(e) seen[#seen + 1] = "second " .. e.data.n end)
      events.on("**", function(e) seen[#seen + 1] = "first " .. e.type end, { priority = "high" })
      events.emit("order.paid", { n = 1 })
      local before = #seen
      await(events.emit_async("order.sent", { n = 2 }))
      return { before, seen }`,
      `const seen = [];
      events.on("order.*", (e) => { seen.push("second " + e.data.n); });
      events.on("**", (e) => { seen.push("first " + e.type); }, { priority: "high" });
      events.emit("order.paid", { n: 1 });
      const before = seen.length;
      await events.emitAsync("order.sent", { n: 2 });
      return [before, seen];`,
    );
    expect(value).toEqual([0, ["first order.paid", "second 1", "first order.sent", "second 2"]]);
  });

  it("STD-20: removes once before its handler runs, and a failing handler stops no other and is told", async () => {
    const logged: string[] = [];
    const value = await both(
      `local seen = {}
      local id
      events.once("x", function() seen[#seen + 1] = "once" events.emit("x") end)
      local bad = events.on("x", function() error("broken handler") end)
      events.on("x", function(e) seen[#seen + 1] = "other" end)
      await(events.emit_async("x"))
      local stats = events.get_handler_stats(bad)
      return { seen, stats.calls, stats.errors, stats.last_error ~= nil, stats.avg_ms >= 0, #events.list_subscriptions() }`,
      `const seen = [];
      events.once("x", () => { seen.push("once"); events.emit("x"); });
      const bad = events.on("x", () => { throw new Error("broken handler"); });
      events.on("x", () => { seen.push("other"); });
      await events.emitAsync("x");
      const stats = events.getHandlerStats(bad);
      return [seen, stats.calls, stats.errors, stats.last_error != null, stats.avg_ms >= 0, events.listSubscriptions().length];`,
      { onLog: (_, message) => logged.push(message) },
    );
    expect(value).toEqual([["once", "other", "other"], 2, 2, true, true, 2]);
    expect(logged).toHaveLength(4);
    expect(logged[0]).toContain("a listener of x: broken handler");
  });

  it("ends, pauses and moves subscriptions", async () => {
    const value = await both(
      `local seen = {}
      local a = events.on("x", function() seen[#seen + 1] = "a" end)
      local b = events.on("x", function() seen[#seen + 1] = "b" end)
      events.set_priority(a, 9)
      await(events.emit_async("x"))
      events.pause_handler(a)
      await(events.emit_async("x"))
      events.resume_handler(a)
      local list = events.list_subscriptions()
      local counts = { events.off(b), events.off(b), events.off("x"), events.off("x") }
      await(events.emit_async("x"))
      return { table.concat(seen), list[1], counts }`,
      `const seen = [];
      const a = events.on("x", () => { seen.push("a"); });
      const b = events.on("x", () => { seen.push("b"); });
      events.setPriority(a, 9);
      await events.emitAsync("x");
      events.pauseHandler(a);
      await events.emitAsync("x");
      events.resumeHandler(a);
      const list = events.listSubscriptions();
      const counts = [events.off(b), events.off(b), events.off("x"), events.off("x")];
      await events.emitAsync("x");
      return [seen.join(""), list[0], counts];`,
    );
    expect(value).toEqual(["bab", { id: "sub-1", pattern: "x", priority: 9, paused: false, count: 1 }, [1, 0, 1, 0]]);
  });

  it("ends the subscriptions of one function", async () => {
    const value = await both(
      `local seen = {}
      local function hear(name) return function() seen[#seen + 1] = name end end
      local a, b = hear("a"), hear("b")
      local first = events.on("x", a)
      events.on("x", a)
      events.on("y", a)
      events.on("x", b)
      local counts = {
        events.off("x", hear("a")), events.off("z", a), events.off(first, b), events.off(first, a),
        events.off("x", a), events.off("x", a),
      }
      await(events.emit_async("x"))
      await(events.emit_async("y"))
      return { seen, counts, #events.list_subscriptions() }`,
      `const seen = [];
      const hear = (name) => () => { seen.push(name); };
      const [a, b] = [hear("a"), hear("b")];
      const first = events.on("x", a);
      events.on("x", a);
      events.on("y", a);
      events.on("x", b);
      const counts = [
        events.off("x", hear("a")), events.off("z", a), events.off(first, b), events.off(first, a),
        events.off("x", a), events.off("x", a),
      ];
      await events.emitAsync("x");
      await events.emitAsync("y");
      return [seen, counts, events.listSubscriptions().length];`,
    );
    expect(value).toEqual([["b", "a"], [0, 0, 0, 1, 1, 0], 2]);
  });

  it("can be ended by the handler itself, by its function", async () => {
    const value = await both(
      `local n = 0
      local function hear() n = n + 1 events.off("x", hear) end
      events.on("x", hear)
      for _ = 1, 3 do events.emit("x") end
      await(events.emit_async("y"))
      return n`,
      `let n = 0;
      const hear = () => { n++; events.off("x", hear); };
      events.on("x", hear);
      for (let i = 0; i < 3; i++) events.emit("x");
      await events.emitAsync("y");
      return n;`,
    );
    expect(value).toBe(1);
  });

  it("hears what the framework tells of agents, models and tools of the run", async () => {
    const value = await both(
      `local types = {}
      events.on("**", function(e) types[#types + 1] = e.type end)
      agent.create({ name = "a" }):run("hi")
      tools.define("t", "d", {}, function() return 1 end)
      tools.execute("t", {})
      workflow.sequential({ function(n) return n end }):run(1)
      llm.generate("x")
      await(events.emit_async("end.done"))
      return types`,
      `const types = [];
      events.on("**", (e) => { types.push(e.type); });
      await agent.create({ name: "a" }).run("hi");
      tools.define("t", "d", {}, () => 1);
      await tools.execute("t", {});
      await workflow.sequential([(n) => n]).run(1);
      await llm.generate("x");
      await events.emitAsync("end.done");
      return types;`,
    );
    expect(value).toEqual(
      expect.arrayContaining([
        "agent.started",
        "model.completed",
        "tool.completed",
        "workflow.step.completed",
        "end.done",
      ]),
    );
    expect((value as string[]).filter((type) => type === "model.started")).toHaveLength(2);
  });

  it("runs handlers that are still due when the spell has come to its end", async () => {
    for (const [source, options] of [
      [`events.on("x", function() sleep(1) print("heard") end) events.emit("x") return 1`, {}],
      [
        `events.on("x", async () => { await sleep(1); console.log("heard"); }); events.emit("x"); return 1;`,
        inJavaScript(),
      ],
    ] as const) {
      expect(await cast(source, options)).toMatchObject({ result: { ok: true, value: 1 }, printed: "heard\n" });
    }
  });

  it("ends a spell whose handlers go on for ever by its limits", async () => {
    const lua = `events.on("x", function() events.emit("x") end) events.emit("x") return 1`;
    const javascript = `events.on("x", () => { events.emit("x"); }); events.emit("x"); return 1;`;
    const limits = { hostCalls: 200 };
    expect(await failureOf(lua, { limits })).toMatchObject({ code: "LIMIT_CALLS" });
    expect(await failureOf(javascript, inJavaScript({ limits }))).toMatchObject({ code: "LIMIT_CALLS" });
  });

  it("keeps no more than so much for handlers that do not keep up", async () => {
    const lua = `events.on("x", function() end) local big = ("x"):rep(900000) for i = 1, 100 do events.emit("x", big) end`;
    const javascript = `events.on("x", () => {}); const big = "x".repeat(900000); for (let i = 0; i < 100; i++) events.emit("x", big);`;
    const limits = { fuel: 10_000_000_000 };
    expect(await failureOf(lua, { limits })).toMatchObject({ code: "BUDGET_EXCEEDED" });
    expect(await failureOf(javascript, inJavaScript({ limits }))).toMatchObject({ code: "BUDGET_EXCEEDED" });
    const calm = `events.on("x", function() end) local big = ("x"):rep(900000) for i = 1, 40 do await(events.emit_async("x", big)) end return 1`;
    expect(await valueOf(calm, { limits })).toBe(1);
    const many = "for i = 1, 1001 do events.on('x', print) end";
    expect(await failureOf(many)).toMatchObject({
      code: "BUDGET_EXCEEDED",
      message: "a run has at most 1000 subscriptions at a time",
    });
  });
});

describe("filters", () => {
  it("BR-5: by data, by a function, and composed", async () => {
    const value = await both(
      `local seen = { a = {}, b = {}, c = {}, d = {} }
      local function into(name) return function(e) table.insert(seen[name], e.data.n) end end
      local large = events.filters_create({ pattern = "n.*", where = { { field = "data.n", op = "gte", value = 3 }, { field = "type", op = "matches", value = "^n" } } })
      local odd = events.filters_create({ predicate = function(e) sleep(1) return e.data.n % 2 == 1 end })
      events.on("n.*", into("a"), { filter = events.filters_create_composite({ large, odd }, "and") })
      events.on(events.filters_create_composite({ large, odd }, "or"), into("b"))
      events.on("n.x", into("c"), { filter = function(e) return e.data.n == 2 end })
      large:on(into("d"), { filter = { source = "me" } })
      for n = 1, 4 do events.emit("n.x", { n = n }, { source = n == 4 and "me" or "you" }) end
      await(events.emit_async("end"))
      return seen`,
      `const seen = { a: [], b: [], c: [], d: [] };
      const into = (name) => (e) => { seen[name].push(e.data.n); };
      const large = await events.filtersCreate({ pattern: "n.*", where: [{ field: "data.n", op: "gte", value: 3 }, { field: "type", op: "matches", value: "^n" }] });
      const odd = await events.filtersCreate({ predicate: async (e) => { await sleep(1); return e.data.n % 2 === 1; } });
      events.on("n.*", into("a"), { filter: events.filtersCreateComposite([large, odd], "and") });
      events.on(events.filtersCreateComposite([large, odd], "or"), into("b"));
      events.on("n.x", into("c"), { filter: (e) => e.data.n === 2 });
      large.on(into("d"), { filter: { source: "me" } });
      for (let n = 1; n <= 4; n++) events.emit("n.x", { n }, { source: n === 4 ? "me" : "you" });
      await events.emitAsync("end");
      return seen;`,
    );
    // `end` has no number: what fails there is told, and no event for the handler.
    expect(value).toEqual({ a: [3], b: [1, 3, 4], c: [2], d: [4] });
  });
});

describe("history, types and logging", () => {
  it("BR-5: keeps what happened, and forgets it", async () => {
    const value = await both(
      `events.clear_history()
      for _, type in ipairs({ "a.x", "b.x", "a.y" }) do events.emit(type, { n = 1 }, { severity = "warning", correlation_id = type }) end
      local types = {}
      for i, e in ipairs(events.get_history({ pattern = "a.*" })) do types[i] = e.type .. " " .. e.severity .. " " .. e.category end
      return { types, #events.get_history({ limit = 2 }), #events.get_history({ correlation_id = "b.x" }), #events.get_history({ since = 0, ["until"] = 1 }),
        events.clear_history("a.*"), #events.get_history(), #events.get_types() > 30 }`,
      `events.clearHistory();
      for (const type of ["a.x", "b.x", "a.y"]) events.emit({ type, data: { n: 1 }, severity: "warning", correlationId: type });
      const types = events.getHistory({ pattern: "a.*" }).map((e) => e.type + " " + e.severity + " " + e.category);
      return [types, events.getHistory({ limit: 2 }).length, events.getHistory({ correlationId: "b.x" }).length, events.getHistory({ since: 0, until: 1 }).length,
        events.clearHistory("a.*"), events.getHistory().length, events.getTypes().length > 30];`,
    );
    expect(value).toEqual([["a.x warning a", "a.y warning a"], 2, 1, 0, 2, 1, true]);
  });

  it("logs every event while it is on", async () => {
    for (const [source, options] of [
      [
        `events.enable_logging("warn") events.emit("a", 1) events.disable_logging() events.emit("b") events.enable_logging() events.emit("c")`,
        {},
      ],
      [
        `events.enableLogging("warn"); events.emit("a", 1); events.disableLogging(); events.emit("b"); events.enableLogging(); events.emit("c");`,
        inJavaScript(),
      ],
    ] as const) {
      const lines: unknown[] = [];
      await valueOf(source, { ...options, onLog: (...line) => lines.push(line) });
      expect(lines).toMatchObject([
        ["warn", "event a", { data: 1 }],
        ["info", "event c", { data: null }],
      ]);
    }
  });
});

describe("recordings and replays", () => {
  it("BR-5: records, replays in order, pauses and stops", async () => {
    const value = await both(
      `local before = events.recording_is_recording()
      local id = events.recording_start({ pattern = "a.*", max = 2 })
      for n = 1, 3 do events.emit("a.x", { n = n }) events.emit("b.x") end
      local during = events.recording_is_recording()
      local stopped = events.recording_stop()
      local seen = {}
      events.on("a.*", function(e) seen[#seen + 1] = { e.data.n, e.replay } end)
      local replay = events.replay_start(id, { speed = 0, wait = true })
      local held = events.replay_start({ pattern = "b.*" })
      events.replay_pause(held)
      sleep(1)
      events.replay_resume()
      sleep(5)
      return { before, during, stopped, seen, events.replay_stop(replay), events.replay_stop(held), events.recording_is_recording() }`,
      `const before = events.recordingIsRecording();
      const id = await events.recordingStart({ pattern: "a.*", max: 2 });
      for (let n = 1; n <= 3; n++) { events.emit("a.x", { n }); events.emit("b.x"); }
      const during = events.recordingIsRecording();
      const stopped = await events.recordingStop();
      const seen = [];
      events.on("a.*", (e) => { seen.push([e.data.n, e.replay]); });
      const replay = await events.replayStart(id, { speed: 0, wait: true });
      const held = await events.replayStart({ pattern: "b.*" });
      events.replayPause(held);
      await sleep(1);
      events.replayResume();
      await sleep(5);
      return [before, during, stopped, seen, events.replayStop(replay), events.replayStop(held), events.recordingIsRecording()];`,
    );
    expect(value).toEqual([
      false,
      true,
      { id: "recording-1", count: 2, dropped: 1 },
      [
        [2, true],
        [3, true],
      ],
      { replayed: 2 },
      { replayed: 3 },
      false,
    ]);
  });

  it("BR-5: to a file with the power to write it, and from one", async () => {
    const root = await mkdtemp(join(tmpdir(), "llmspell-events-"));
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    const lua = `local id = events.recording_start({ file = "run.jsonl", duration = "1h" })
      events.emit("a.x", { n = 1 }) events.emit("a.y")
      local stopped = events.recording_stop(id)
      local filter = events.filters_create({ pattern = "a.x" })
      local n = 0
      events.on("a.*", function(e) n = n + 1 end)
      events.replay_start({ file = "run.jsonl" }, { speed = 0, filter = filter, wait = true })
      return { stopped.count, stopped.file, n }`;
    const javascript = `const id = await events.recordingStart({ file: "run.jsonl", duration: "1h" });
      events.emit("a.x", { n: 1 }); events.emit("a.y");
      const stopped = await events.recordingStop(id);
      const filter = await events.filtersCreate({ pattern: "a.x" });
      let n = 0;
      events.on("a.*", () => { n++; });
      await events.replayStart({ file: "run.jsonl" }, { speed: 0, filter, wait: true });
      return [stopped.count, stopped.file, n];`;
    for (const [source, options] of [
      [lua, {}],
      [javascript, inJavaScript()],
    ] as const) {
      expect(await valueOf(source, { ...options, root, grants: parseGrant("file=run.jsonl") })).toEqual([
        2,
        "run.jsonl",
        1,
      ]);
      expect((await readFile(join(root, "run.jsonl"), "utf8")).trim().split("\n")).toHaveLength(2);
      await writeFile(join(root, "run.jsonl"), "kept");
      expect(await failureOf(source, { ...options, root })).toMatchObject({
        code: "PERMISSION_DENIED",
        details: { grant: "--allow file.write=run.jsonl" },
      });
      expect(await readFile(join(root, "run.jsonl"), "utf8")).toBe("kept");
    }
    const read = `events.replay_start({ file = "run.jsonl" })`;
    expect(await failureOf(read, { root })).toMatchObject({ code: "PERMISSION_DENIED" });
    expect(await failureOf(read, { root, grants: parseGrant("file.read") })).toMatchObject({
      code: "VALIDATION_FAILED",
    });
  });

  it("forgets the oldest recordings and leaves nothing at the end", async () => {
    const source = `local first = events.recording_start() events.recording_stop(first)
      for i = 1, 25 do events.recording_stop(events.recording_start()) events.replay_start({ limit = 0 }) end
      local ok, e = pcall(events.recording_stop, first)
      for i = 1, 20 do events.recording_start({ duration = "1h" }) end
      return { ok, e.code, select(2, pcall(events.recording_start)).code }`;
    expect(await valueOf(source)).toEqual([false, "NOT_FOUND", "BUDGET_EXCEEDED"]);
  });
});

describe("figures", () => {
  it("BR-5: of each type", async () => {
    const value = await both(
      `local ids, out = {}, {}
      local types = { "count", "sum", "average", "min", "max", "rate" }
      for i, type in ipairs(types) do ids[i] = events.aggregation_create(type, { pattern = "n.*", field = "data.n", window = "1h" }) end
      for n = 1, 4 do events.emit("n.x", { n = n }) end
      for i = 1, 5 do out[i] = events.aggregation_get_data(ids[i]).value end
      local rate = events.aggregation_get_data(ids[6])
      return { out, rate.value > 0, rate.type, #rate.buckets, rate.buckets[1].sum }`,
      `const types = ["count", "sum", "average", "min", "max", "rate"];
      const ids = types.map((type) => events.aggregationCreate(type, { pattern: "n.*", field: "data.n", window: "1h" }));
      for (let n = 1; n <= 4; n++) events.emit("n.x", { n });
      const rate = events.aggregationGetData(ids[5]);
      return [ids.slice(0, 5).map((id) => events.aggregationGetData(id).value), rate.value > 0, rate.type, rate.buckets.length, rate.buckets[0].sum];`,
    );
    expect(value).toEqual([[4, 10, 2.5, 1, 4], true, "rate", 1, 10]);
  });
});

const FAILURES: [call: string, code: string][] = [
  [`events.emit("not a type")`, "INVALID_ARGUMENT"],
  [`events.emit({ type = "x", other = 1 })`, "INVALID_ARGUMENT"],
  [`events.emit("x", { f = print })`, "INVALID_ARGUMENT"],
  [`events.emit("x", ("x"):rep(1100000))`, "TOO_LARGE"],
  [`events.emit_async("a..b")`, "INVALID_ARGUMENT"],
  [`events.on("a*", print)`, "INVALID_ARGUMENT"],
  [
    `events.on("a", print, { filter = { where = { { field = "type", op = "matches", value = "x" } } } })`,
    "INVALID_ARGUMENT",
  ],
  [`events.once("", print)`, "INVALID_ARGUMENT"],
  [`events.off()`, "INVALID_ARGUMENT"],
  [`events.off("x", "no function")`, "INVALID_ARGUMENT"],
  [`events.list_subscriptions(1)`, "INVALID_ARGUMENT"],
  [`events.pause_handler("sub-9")`, "NOT_FOUND"],
  [`events.resume_handler("sub-9")`, "NOT_FOUND"],
  [`events.get_handler_stats("sub-9")`, "NOT_FOUND"],
  [`events.set_priority("sub-9", 1)`, "NOT_FOUND"],
  [`events.enable_logging("loud")`, "INVALID_ARGUMENT"],
  [`events.disable_logging(1)`, "INVALID_ARGUMENT"],
  [`events.get_types(1)`, "INVALID_ARGUMENT"],
  [`events.get_history({ limit = -1 })`, "INVALID_ARGUMENT"],
  [`events.clear_history("a b")`, "INVALID_ARGUMENT"],
  [`events.filters_create({ where = { { field = "type", op = "like" } } })`, "INVALID_ARGUMENT"],
  [`events.filters_create_composite({}, "and")`, "INVALID_ARGUMENT"],
  [`events.recording_start({ pattern = "a b" })`, "INVALID_ARGUMENT"],
  [`events.recording_stop()`, "INVALID_STATE"],
  [`events.recording_is_recording(1)`, "INVALID_ARGUMENT"],
  [`events.replay_start("recording-9")`, "NOT_FOUND"],
  [`events.replay_pause()`, "INVALID_STATE"],
  [`events.replay_resume("replay-9")`, "NOT_FOUND"],
  [`events.replay_stop()`, "INVALID_STATE"],
  [`events.aggregation_create("sum")`, "INVALID_ARGUMENT"],
  [`events.aggregation_get_data("agg-9")`, "NOT_FOUND"],
];

/** The same call in JavaScript: what differs is how tables, texts and the absent are written. */
const inJs = (lua: string): string =>
  `await ${lua}`
    .replaceAll(/\{ ((?:\{ [^{}]*\}(?:, )?)+) \}/g, "[ $1 ]")
    .replaceAll(/(\w+) = /g, "$1: ")
    .replaceAll(/\("x"\):rep\((\d+)\)/g, '"x".repeat($1)')
    .replaceAll("print", "() => {}")
    .replaceAll("composite({}", "composite([]");

describe("what cannot be done", () => {
  it.each(FAILURES)("%s is %s", async (call, code) => {
    expect(await failureOf(call)).toMatchObject({ code });
    expect(await failureOf(inJs(call), inJavaScript())).toMatchObject({ code });
  });
});

describe("an older name that is a function with others inside", () => {
  it("is both", async () => {
    const value = await both(
      `local id = events.record()
      events.emit("x")
      events.recording.stop(id)
      return { type(events.replay(id)), events.replay.stop().replayed >= 0, type(event.subscribe("x", print)), events.PRIORITY_HIGH, events.TYPE_AGENT_STARTED }`,
      `const id = await events.record();
      events.emit("x");
      await events.recording.stop(id);
      return [typeof await events.replay(id), events.replay.stop().replayed >= 0, typeof event.subscribe("x", () => {}), events.PRIORITY_HIGH, events.TYPE_AGENT_STARTED];`,
    );
    expect(value).toEqual(["string", true, "string", -500, "agent.started"]);
  });
});
