import { createModels } from "@llmspell/core";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { SpellRun } from "../run/run.js";
import { scriptedModels } from "@llmspell/core/testing";
import { cast, failureOf, inJavaScript, valueOf } from "../../../../test/support/spell.js";

/** A spell in Lua, the same in JavaScript, and what both give. */
type Row = readonly [what: string, lua: string, javascript: string, expected: unknown];

function inBoth(rows: readonly Row[], options: () => Partial<SpellRun> = () => ({})): void {
  it.each(rows)("%s, in Lua", async (_, lua, __, expected) => {
    expect(await valueOf(lua, options())).toEqual(expected);
  });
  it.each(rows)("%s, in JavaScript", async (_, __, javascript, expected) => {
    expect(await valueOf(javascript, inJavaScript(options()))).toEqual(expected);
  });
}

/** A call that fails, which is spelled the same in both languages but for its callbacks. */
function failing(rows: readonly (readonly [lua: string, javascript: string, expected: object])[]): void {
  it.each(rows)("%s fails", async (lua, javascript, expected) => {
    expect(await failureOf(lua)).toMatchObject(expected);
    expect(await failureOf(javascript, inJavaScript())).toMatchObject(expected);
  });
}

describe("errors", () => {
  inBoth([
    [
      "STD-37: try catches, and finally comes last on every path",
      `local order = {}
       local function note(n) return function() order[#order + 1] = n end end
       local a = errors.try(function() return 1 end, nil, note("f1"))
       local b = errors.try(function() error("no") end, function(e) order[#order + 1] = e.message return 2 end, note("f2"))
       local ok, e = pcall(errors.try, function() error("one") end, function() error("two") end, note("f3"))
       local ok2, e2 = pcall(errors.try, function() sleep(1) error("late") end, nil, note("f4"))
       return { a, b, table.concat(order, " "), e.message, e2.message }`,
      `const order = [];
       const note = (n) => () => { order.push(n) };
       const a = await errors.try(() => 1, null, note("f1"));
       const b = await errors.try(() => { throw new Error("no") }, (e) => { order.push(e.message); return 2 }, note("f2"));
       const e = await errors.try(() => { throw new Error("one") }, () => { throw new Error("two") }, note("f3")).catch((e) => e);
       const e2 = await errors.try(async () => { throw new Error("late") }, null, note("f4")).catch((e) => e);
       return [a, b, order.join(" "), e.message, e2.message]`,
      [1, 2, "f1 no f2 f3 f4", "two", "late"],
    ],
    [
      "STD-37: wraps, unwraps and chains",
      `local inner = errors.new("TIMEOUT", "too late", { ms = 5 })
       local outer = errors.wrap(inner, "asking")
       local more = errors.wrap(outer, { step = 2 })
       local chain = errors.chain({ "a", inner })
       return { outer.message, outer.code, errors.unwrap(outer).message, more.details.step, more.details.ms, errors.unwrap(inner) == nil,
         chain.message, errors.unwrap(chain).code, errors.is_type(chain, "TIMEOUT"), errors.is_type(chain, "timeout"), errors.is_type(chain, "NOT_FOUND"),
         errors.new("MY_CODE", "x").code, errors.is_type(errors.new("MY_CODE", "x"), "MY_CODE") }`,
      `const inner = errors.new("TIMEOUT", "too late", { ms: 5 });
       const outer = errors.wrap(inner, "asking");
       const more = errors.wrap(outer, { step: 2 });
       const chain = errors.chain(["a", inner]);
       return [outer.message, outer.code, errors.unwrap(outer).message, more.details.step, more.details.ms, errors.unwrap(inner) == null,
         chain.message, errors.unwrap(chain).code, errors.isType(chain, "TIMEOUT"), errors.isType(chain, "timeout"), errors.isType(chain, "NOT_FOUND"),
         errors.new("MY_CODE", "x").code, errors.isType(errors.new("MY_CODE", "x"), "MY_CODE")]`,
      ["asking: too late", "TIMEOUT", "too late", 2, 5, true, "a", "TIMEOUT", true, true, false, "SCRIPT_ERROR", true],
    ],
    [
      "STD-39: categorizes and aggregates",
      `local all = errors.aggregate({ errors.new("TIMEOUT", "a"), "b", { message = "c" } })
       local c = errors.categorize(errors.new("NETWORK_ERROR", "x"))
       return { all.code, all.message, all.details.by_category, #all.details.errors, all.details.errors[1].code, c.category, c.retryable, c.severity }`,
      `const all = errors.aggregate([errors.new("TIMEOUT", "a"), "b", { message: "c" }]);
       const c = errors.categorize(errors.new("NETWORK_ERROR", "x"));
       return [all.code, all.message, all.details.by_category, all.details.errors.length, all.details.errors[0].code, c.category, c.retryable, c.severity]`,
      ["AGGREGATE", "3 errors (1: a; 2: b; 3: c)", { timeout: 1, script: 2 }, 3, "TIMEOUT", "network", true, "warning"],
    ],
    [
      "STD-38: retry waits, tells the attempt, and gives up",
      `local seen, started = {}, os.time()
       local v = errors.retry(function(n) seen[#seen + 1] = n if n < 3 then error("busy") end return "done" end, { delay = 1, backoff = "fixed" })
       local ok, e = pcall(errors.retry, function() error("never") end, { attempts = 2, delay = 1 })
       local tries = 0
       local _, e2 = pcall(errors.retry, function() tries = tries + 1 error("stop") end, { retry_if = function(err, n) return err.message ~= "stop" end })
       return { v, seen, e.message, e.details.attempts, tries }`,
      `const seen = [];
       const v = await errors.retry((n) => { seen.push(n); if (n < 3) throw new Error("busy"); return "done" }, { delay: 1, backoff: "fixed" });
       const e = await errors.retry(() => { throw new Error("never") }, { attempts: 2, delay: 1 }).catch((e) => e);
       let tries = 0;
       await errors.retry(() => { tries++; throw new Error("stop") }, { retryIf: (err, n) => err.message !== "stop" }).catch(() => {});
       return [v, seen, e.message, e.details.attempts, tries]`,
      ["done", [1, 2, 3], "never", 2, 1],
    ],
    [
      "STD-38: a circuit breaker of a name is the same one, here and in safety",
      `local calls = 0
       local ask = errors.circuit_breaker(function(a, b) calls = calls + 1 if a == "fail" then error("down") end return a .. b end, { name = "ask", failures = 2, reset = "1h" })
       local first = ask("x", "y")
       pcall(ask, "fail") pcall(ask, "fail")
       local ok, e = pcall(ask, "x", "y")
       local b = safety.circuit_breaker("ask")
       local state = b:state()
       b:reset()
       return { first, e.code, calls, state, ask("u", "v"), b:call(function() sleep(1) return "through" end) }`,
      `let calls = 0;
       const ask = errors.circuitBreaker(async (a, b) => { calls++; if (a === "fail") throw new Error("down"); return a + b }, { name: "ask", failures: 2, reset: "1h" });
       const first = await ask("x", "y");
       await ask("fail").catch(() => {}); await ask("fail").catch(() => {});
       const e = await ask("x", "y").catch((e) => e);
       const b = safety.circuitBreaker("ask");
       const state = b.state();
       b.reset();
       return [first, e.code, calls, state, await ask("u", "v"), await b.call(() => "through")]`,
      ["xy", "CIRCUIT_OPEN", 3, "open", "uv", "through"],
    ],
    [
      "STD-38: fallback to a function or a value",
      `return { errors.fallback(function() return 1 end, 2), errors.fallback(function() error("x") end, 2),
         errors.fallback(function() error("why") end, function(e) return e.message end),
         select(2, pcall(errors.fallback, function() error("x") end, function() error("y") end)).code }`,
      `return [await errors.fallback(() => 1, 2), await errors.fallback(() => { throw new Error("x") }, 2),
         await errors.fallback(() => { throw new Error("why") }, (e) => e.message),
         (await errors.fallback(() => { throw new Error("x") }, () => { throw new Error("y") }).catch((e) => e)).code]`,
      [1, 2, "why", "AGGREGATE"],
    ],
    [
      "STD-40: frames with lines of the script",
      `local _, e = pcall(errors.try, function()\nerror("here") end)
       local frames = errors.get_stack(e)
       return { frames[1].file, frames[1].line, #errors.get_stack(errors.new("TIMEOUT", "never raised")) }`.replace(
        "test.lua",
        "",
      ),
      `const e = await errors.try(() => {\nthrow new Error("here") }).catch((e) => e);
       const frames = errors.getStack(e);
       return [frames[0].file.replace(".js", ".lua"), frames[0].line, errors.getStack(errors.new("TIMEOUT", "x")).length]`,
      ["test.lua", 2, 0],
    ],
  ]);

  failing([
    ['errors.new("low", "x")', 'errors.new("low", "x")', { code: "INVALID_ARGUMENT" }],
    ['errors.new("LIMIT_FUEL", "x")', 'errors.new("LIMIT_FUEL", "x")', { code: "INVALID_ARGUMENT" }],
    ["errors.chain({})", "errors.chain([])", { message: "errors.chain: errors must not be empty" }],
    ["errors.aggregate({})", "errors.aggregate([])", { message: "errors.aggregate: errors must not be empty" }],
    ["errors.wrap(5, 'x')", "errors.wrap(5, 'x')", { message: expect.stringContaining("must be an error") }],
    ["errors.unwrap(5)", "errors.unwrap(5)", { code: "INVALID_ARGUMENT" }],
    ["errors.is_type('a')", "errors.isType('a')", { code: "INVALID_ARGUMENT" }],
    ["errors.get_stack({})", "errors.getStack({})", { code: "INVALID_ARGUMENT" }],
    ["errors.categorize({})", "errors.categorize({})", { code: "INVALID_ARGUMENT" }],
    ["errors.report({})", "errors.report({})", { code: "INVALID_ARGUMENT" }],
    ["errors.try(1)", "await errors.try(1)", { code: "INVALID_ARGUMENT" }],
    [
      "errors.retry(print, { backoff = 'wild' })",
      "await errors.retry(() => 1, { backoff: 'wild' })",
      { code: "INVALID_ARGUMENT" },
    ],
    [
      "errors.circuit_breaker(print, { failures = 0 })",
      "errors.circuitBreaker(() => 1, { failures: 0 })",
      { code: "INVALID_ARGUMENT" },
    ],
    ["errors.fallback(1, 2)", "await errors.fallback(1, 2)", { code: "INVALID_ARGUMENT" }],
  ]);

  it("STD-39: reports to the log, the events and the metrics", async () => {
    const lines: unknown[][] = [];
    const source = `local id = errors.report(errors.new("TIMEOUT", "late"), { city = "Oslo" }) return { id, metrics.export() }`;
    const [id, text] = (await valueOf(source, { onLog: (...line) => lines.push(line) })) as [string, string];
    expect(lines).toEqual([["error", "late", { city: "Oslo", report_id: id, code: "TIMEOUT", category: "timeout" }]]);
    expect(text).toContain('errors_reported_total{category="timeout"} 1');
  });

  it("STD-38: the backoff of a retry really waits", async () => {
    const started = performance.now();
    await valueOf(
      `return errors.retry(function(n) if n < 3 then error("x") end return n end, { delay = 40, backoff = "linear", jitter = false })`,
    );
    expect(performance.now() - started).toBeGreaterThanOrEqual(119);
  });
});

describe("metrics", () => {
  inBoth([
    [
      "STD-29: counters, gauges, histograms and timers, by tags",
      `local c = metrics.counter("pages_total", { kind = "html" })
       c:inc() c:inc(2)
       metrics.increment("pages_total", 1, { kind = "pdf" })
       metrics.gauge("queue", 3.5) metrics.histogram("size", 10) metrics.timer("load_ms", "1s")
       local stop = metrics.timer("own_ms")
       local ms = stop()
       local all = metrics.get_all("load")
       return { metrics.counter("pages_total", { kind = "html" }):value(), metrics.increment("pages_total", 0, { kind = "pdf" }), metrics.get_all("queue")[1].value,
         all[1].value, all[1].count, #metrics.get_all(), ms >= 0 and stop() == ms, metrics.export("json"):sub(1, 1), metrics.export():find('pages_total{kind="html"} 3', 1, true) ~= nil }`,
      `const c = metrics.counter("pages_total", { kind: "html" });
       c.inc(); c.inc(2);
       metrics.increment("pages_total", 1, { kind: "pdf" });
       metrics.gauge("queue", 3.5); metrics.histogram("size", 10); metrics.timer("load_ms", "1s");
       const stop = metrics.timer("own_ms");
       const ms = stop();
       const all = metrics.getAll("load");
       return [metrics.counter("pages_total", { kind: "html" }).value(), metrics.increment("pages_total", 0, { kind: "pdf" }), metrics.getAll("queue")[0].value,
         all[0].value, all[0].count, metrics.getAll().length, ms >= 0 && stop() === ms, metrics.export("json")[0], metrics.export().includes('pages_total{kind="html"} 3')]`,
      [3, 1, 3.5, 1000, 1, 6, true, "[", true],
    ],
    [
      "STD-29: track keeps results and errors, and counts",
      `local f = metrics.track(function(a, b) sleep(1) if not a then error("no") end return a, b end, "f")
       local a, b = f(1, 2)
       local ok, e = pcall(f)
       return { a, b, ok, metrics.increment("f_calls_total", 0), metrics.increment("f_errors_total", 0), metrics.get_all("f_ms")[1].count }`,
      `const f = metrics.track(async (a, b) => { if (!a) throw new Error("no"); return [a, b] }, "f");
       const [a, b] = await f(1, 2);
       const ok = await f().then(() => true, () => false);
       return [a, b, ok, metrics.increment("f_calls_total", 0), metrics.increment("f_errors_total", 0), metrics.getAll("f_ms")[0].count]`,
      [1, 2, false, 2, 1, 2],
    ],
  ]);

  it("track of a function that does not wait gives its result at once", async () => {
    const source = `const f = metrics.track((n) => n + 1, "f"); return [f(1), [1, 2].map(f)]`;
    expect(await valueOf(source, inJavaScript())).toEqual([2, [2, 3]]);
  });

  failing([
    ["metrics.counter('a b')", "metrics.counter('a b')", { message: "'a b' is no name of a metric" }],
    ["metrics.increment('a', -1)", "metrics.increment('a', -1)", { code: "INVALID_ARGUMENT" }],
    [
      "metrics.gauge('a', 1, { t = {} })",
      "metrics.gauge('a', 1, { t: {} })",
      { message: "metrics.gauge: tags.t must be text, a number or a boolean" },
    ],
    [
      "metrics.gauge('a', 1) metrics.histogram('a', 1)",
      "metrics.gauge('a', 1); metrics.histogram('a', 1)",
      { message: "'a' is a gauge already" },
    ],
    ["metrics.timer('a b')", "metrics.timer('a b')", { code: "INVALID_ARGUMENT" }],
    ["metrics.track(print, 'a b')", "metrics.track(() => 1, 'a b')", { code: "INVALID_ARGUMENT" }],
    ["metrics.get_all(1)", "metrics.getAll(1)", { code: "INVALID_ARGUMENT" }],
    ["metrics.export('xml')", "metrics.export('xml')", { code: "INVALID_ARGUMENT" }],
  ]);
});

describe("trace", () => {
  const SPANS_LUA = `local by_id, out = {}, {}
    local spans = trace.get_trace().spans
    for _, s in ipairs(spans) do by_id[s.span_id] = s.name end
    for _, s in ipairs(spans) do out[s.name] = by_id[s.parent_id or ""] or "none" end`;
  const SPANS_JS = `const spans = trace.getTrace().spans;
    const byId = Object.fromEntries(spans.map((s) => [s.span_id, s.name]));
    const out = Object.fromEntries(spans.map((s) => [s.name, byId[s.parent_id ?? ""] ?? "none"]));`;
  inBoth([
    [
      "STD-30: nested spans have the right parents across waits, beside each other",
      `trace.span("root", function()
         local function work(name, ms) return spawn(function() trace.span(name, function() sleep(ms) trace.span(name .. ".in", function() sleep(ms) end) end) end) end
         local a, b = work("a", 8), work("b", 2)
         await(a) await(b)
         trace.span("after", function() end)
       end)
       ${SPANS_LUA} return out`,
      `const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
       await trace.span("root", async () => {
         const work = (name, ms) => trace.span(name, async () => { await promise.sleep(ms); await trace.span(name + ".in", () => promise.sleep(ms)) });
         await Promise.all([work("a", 8), work("b", 2)]);
         await trace.span("after", () => {});
       });
       ${SPANS_JS} return out`,
      { root: "none", a: "root", b: "root", "a.in": "a", "b.in": "b", after: "root" },
    ],
    [
      "STD-30: events, attributes, status, headers",
      `local r = trace.span("one", function(span) trace.add_event("e", { n = 1 }) trace.set_attribute("k", "v") span:set_attribute("l", 2) trace.set_attribute(span, "m", 3) return trace.context().traceparent end, { z = 1 })
       pcall(trace.span, "two", function() error("no") end)
       local s = trace.start_span("three", { kind = "client" })
       local child = trace.start_span("four", { parent = s })
       child:end_span() s:end_span("error")
       local two = trace.get_trace()
       local t = {}
       for _, span in ipairs(two.spans) do t[#t + 1] = span.name .. ":" .. span.kind .. ":" .. span.status end
       return { #r, t }`,
      `const r = await trace.span("one", (span) => { trace.addEvent("e", { n: 1 }); trace.setAttribute("k", "v"); span.setAttribute("l", 2); trace.setAttribute(span, "m", 3); return trace.context().traceparent }, { z: 1 });
       await trace.span("two", () => { throw new Error("no") }).catch(() => {});
       const s = trace.startSpan("three", { kind: "client" });
       const child = trace.startSpan("four", { parent: s });
       child.endSpan(); s.endSpan("error");
       return [r.length, trace.getTrace().spans.map((span) => span.name + ":" + span.kind + ":" + span.status)]`,
      [55, ["four:internal:unset", "three:client:error"]],
    ],
  ]);

  failing([
    ["trace.add_event('x')", "trace.addEvent('x')", { code: "INVALID_STATE" }],
    ["trace.set_attribute('k', 1)", "trace.setAttribute('k', 1)", { code: "INVALID_STATE" }],
    ["trace.get_trace('none')", "trace.getTrace('none')", { code: "NOT_FOUND" }],
    [
      "local s = trace.start_span('a') s:end_span() s:end_span()",
      "const s = trace.startSpan('a'); s.endSpan(); s.endSpan()",
      { code: "INVALID_STATE" },
    ],
    ["trace.end_span('none')", "trace.endSpan('none')", { code: "NOT_FOUND" }],
    ["trace.start_span(1)", "trace.startSpan(1)", { code: "INVALID_ARGUMENT" }],
    ["trace.span('a', 1)", "await trace.span('a', 1)", { code: "INVALID_ARGUMENT" }],
  ]);
});

describe("safety", () => {
  inBoth([
    [
      "STD-31: rules of every kind, on and off",
      `safety.register_rule({ id = "digits", type = "regex", pattern = "\\\\d+", action = "redact" })
       safety.register_rule({ id = "own", type = "fn", fn = function(text) sleep(1) if text:find("bad") then return "said bad" end end })
       local a = safety.check_content("call 5")
       local b = safety.check_content("bad", { { id = "long", type = "length", max = 2, action = "warn" } })
       safety.disable_rule("own")
       local c = safety.check_content("bad")
       safety.enable_rule("own")
       return { a.allowed, a.redacted, b.allowed, b.violations, c.allowed, safety.check_content("bad").allowed }`,
      `safety.registerRule({ id: "digits", type: "regex", pattern: "\\\\d+", action: "redact" });
       safety.registerRule({ id: "own", type: "fn", fn: async (text) => text.includes("bad") ? "said bad" : null });
       const a = await safety.checkContent("call 5");
       const b = await safety.checkContent("bad", [{ id: "long", type: "length", max: 2, action: "warn" }]);
       safety.disableRule("own");
       const c = await safety.checkContent("bad");
       safety.enableRule("own");
       return [a.allowed, a.redacted, b.allowed, b.violations, c.allowed, (await safety.checkContent("bad")).allowed]`,
      [
        true,
        "call [redacted]",
        false,
        [
          { rule: "own", action: "block", message: "said bad" },
          { rule: "long", action: "warn", message: "it has 3 characters, 2 are allowed" },
        ],
        true,
        false,
      ],
    ],
    [
      "STD-31: rate limits by key",
      `local a, b = safety.rate_limit("k", 1, "1h"), safety.rate_limit("k", 1, "1h")
       return { a.allowed, a.remaining, b.allowed, b.retry_after_ms > 0, safety.rate_limit("other", 1, "1h").allowed }`,
      `const a = safety.rateLimit("k", 1, "1h"), b = safety.rateLimit("k", 1, "1h");
       return [a.allowed, a.remaining, b.allowed, b.retry_after_ms > 0, safety.rateLimit("other", 1, "1h").allowed]`,
      [true, 0, false, true, true],
    ],
  ]);

  it("STD-31: a rule with a scope guards the agents of the run", async () => {
    const { models, model } = scriptedModels({ text: "it is 42" }, { text: "again 42" });
    const source = `safety.register_rule({ id = "digits", type = "regex", pattern = "%d", action = "redact", scope = "output" })
      safety.disable_rule("digits")
      safety.register_rule({ id = "n", type = "regex", pattern = "[0-9]+", action = "redact", scope = "output" })
      safety.register_rule({ id = "secret", type = "keyword", keywords = { "secret" }, scope = "input" })
      local a = agent.create({ model = "script:one" })
      local ok, e = pcall(a.run, a, "tell the secret")
      return { a:run("how much?").content, e.code, e.details.guardrail }`;
    expect(await valueOf(source, { models })).toEqual(["it is [redacted]", "CONTENT_BLOCKED", "secret"]);
    expect(model.requests).toHaveLength(1);
  });

  failing([
    [
      "safety.register_rule({ id = 'a', type = 'regex' })",
      "safety.registerRule({ id: 'a', type: 'regex' })",
      { message: "the rule 'a' cannot be used: it needs 'pattern'" },
    ],
    [
      "safety.register_rule({ id = 'a', type = 'regex', pattern = '(' })",
      "safety.registerRule({ id: 'a', type: 'regex', pattern: '(' })",
      { code: "INVALID_ARGUMENT" },
    ],
    [
      "local r = { id = 'a', type = 'length', max = 1 } safety.register_rule(r) safety.register_rule(r)",
      "const r = { id: 'a', type: 'length', max: 1 }; safety.registerRule(r); safety.registerRule(r)",
      { code: "ALREADY_EXISTS" },
    ],
    ["safety.enable_rule('none')", "safety.enableRule('none')", { code: "NOT_FOUND" }],
    ["safety.disable_rule('none')", "safety.disableRule('none')", { code: "NOT_FOUND" }],
    ["safety.check_content(5)", "await safety.checkContent(5)", { code: "INVALID_ARGUMENT" }],
    ["safety.rate_limit('a', 0, 5)", "safety.rateLimit('a', 0, 5)", { code: "INVALID_ARGUMENT" }],
    [
      "safety.circuit_breaker('a', { failures = 0 })",
      "safety.circuitBreaker('a', { failures: 0 })",
      { code: "INVALID_ARGUMENT" },
    ],
  ]);
});

describe("debug", () => {
  inBoth([
    [
      "STD-43: records calls, and what they cost",
      `local f, calls = debug.trace_calls(function(n) if n == 0 then error("zero") end return n * 2 end)
       f(21) pcall(f, 0)
       local c = calls()
       local p = debug.performance_profile(function(a, b) local s = 0 for i = 1, 1000 do s = s + i end return a + b end, { 1, 2 })
       debug.profile("s", "start")
       local s = debug.profile("s", "stop")
       local m = debug.memory_usage()
       return { c[1].event, c[1].depth, c[1].values[1], c[2].event, c[2].values[1], c[4].event, p.result, p.profile.fuel > 0, #p.profile.functions > 0, s.fuel >= 0,
         m.used_bytes > 0 and m.used_bytes <= m.peak_bytes and m.peak_bytes <= m.limit_bytes }`,
      `const [f, calls] = debug.traceCalls((n) => { if (n === 0) throw new Error("zero"); return n * 2 });
       f(21); try { f(0) } catch {}
       const c = calls();
       const p = await debug.performanceProfile((a, b) => { let s = 0; for (let i = 0; i < 1000; i++) s += i; return a + b }, [1, 2]);
       debug.profile("s", "start");
       const s = debug.profile("s", "stop");
       const m = debug.memoryUsage();
       return [c[0].event, c[0].depth, c[0].values[0], c[1].event, c[1].values[0], c[3].event, p.result, p.profile.fuel > 0, p.profile.functions.length > 0, s.fuel >= 0,
         m.used_bytes > 0 && m.used_bytes <= m.peak_bytes && m.peak_bytes <= m.limit_bytes]`,
      ["enter", 1, "21", "leave", "42", "error", 3, true, true, true, true],
    ],
    [
      "STD-43: shows values and the stack, asserts, and goes on at a breakpoint that nobody watches",
      `debug.breakpoint()
       return { debug.dump({ a = { 1, "x" }, b = true }), debug.dump("x"), debug.assert(5), debug.trace("here"):sub(1, 4), debug.dump({ a = { b = { c = 1 } } }, { depth = 0 }), debug.trace("here", 1):find("\\n.*\\n.*\\n") == nil }`,
      `await debug.breakpoint();
       return [debug.dump({ a: [1, "x"], b: true }), debug.dump("x"), debug.assert(5), debug.trace("here").slice(0, 4), debug.dump({ a: { b: { c: 1 } } }, { depth: 0 }), debug.trace("here", 1).split("\\n").length === 2]`,
      ["{ a: [ 1, 'x' ], b: true }", "'x'", 5, "here", "{ a: [Object] }", true],
    ],
  ]);

  it("keeps the traceback of the standard library, and is there in strict mode", async () => {
    expect(
      await valueOf(`return { debug.traceback("x"):sub(1, 1), debug.getinfo == nil, require("debug").dump(1) }`),
    ).toEqual(["x", true, "1"]);
    expect(await valueOf(`return debug.dump(1)`, { sandbox: "strict" })).toBe("1");
    expect(await valueOf(`return debug.getinfo ~= nil and debug.dump(1)`, { sandbox: "none" })).toBe("1");
  });

  failing([
    ["debug.assert(false, 'no')", "debug.assert(false, 'no')", { code: "ASSERTION_FAILED", message: "no" }],
    ["debug.assert(nil)", "debug.assert(null)", { code: "ASSERTION_FAILED" }],
    ["debug.profile('a', 'stop')", "debug.profile('a', 'stop')", { code: "INVALID_STATE" }],
    [
      "debug.profile('a', 'start') debug.profile('a', 'start')",
      "debug.profile('a', 'start'); debug.profile('a', 'start')",
      { code: "INVALID_STATE" },
    ],
    ["debug.dump(1, { deep = 1 })", "debug.dump(1, { deep: 1 })", { code: "INVALID_ARGUMENT" }],
    ["debug.performance_profile(1)", "await debug.performanceProfile(1)", { code: "INVALID_ARGUMENT" }],
    ["debug.memory_usage(1)", "debug.memoryUsage(1)", { code: "INVALID_ARGUMENT" }],
  ]);
});

describe("log", () => {
  it.each([
    [
      "Lua",
      `log.set_level("warn", "mail") log.create_logger("mail"):info("no") log.create_logger("mail"):error("yes", { n = 1 })
       local l = log.with_context({ request = 7 }) l:info("in") l:with_context({ user = "u" }):warn("nested", { n = 2 })
       log.create_logger("web", "error"):warn("no") log.set_level("info") log.debug("no") log.info("last")`,
      {},
    ],
    [
      "JavaScript",
      `log.setLevel("warn", "mail"); log.createLogger("mail").info("no"); log.createLogger("mail").error("yes", { n: 1 });
       const l = log.withContext({ request: 7 }); l.info("in"); l.withContext({ user: "u" }).warn("nested", { n: 2 });
       log.createLogger("web", "error").warn("no"); log.setLevel("info"); log.debug("no"); log.info("last")`,
      inJavaScript(),
    ],
  ])("STD-44: levels by component, contexts nested (%s)", async (_, source, options) => {
    const lines: unknown[] = [];
    await valueOf(source, { ...options, onLog: (...line) => lines.push(line) });
    expect(lines).toEqual([
      ["error", "yes", { component: "mail", n: 1 }],
      ["info", "in", { request: 7 }],
      ["warn", "nested", { request: 7, user: "u", n: 2 }],
      ["info", "last", undefined],
    ]);
  });

  it.each([
    [
      "Lua",
      `log.set_formatter(function(r) return r.level .. "/" .. r.message .. "/" .. (r.context.n or "") end) log.info("a", { n = 1 })
       log.set_formatter(function(r) error("broken") end) log.warn("b") log.set_formatter("text") log.error("c") log.set_formatter() log.info("d")`,
      {},
    ],
    [
      "JavaScript",
      `log.setFormatter((r) => r.level + "/" + r.message + "/" + (r.context.n ?? "")); log.info("a", { n: 1 });
       log.setFormatter((r) => { throw new Error("broken") }); log.warn("b"); log.setFormatter("text"); log.error("c"); log.setFormatter(); log.info("d")`,
      inJavaScript(),
    ],
  ])("STD-42: formatters, and JSON when one fails (%s)", async (_, source, options) => {
    const lines: string[] = [];
    await valueOf(source, { ...options, onLog: (_level, message) => lines.push(message) });
    expect(lines[0]).toBe("info/a/1");
    expect(JSON.parse(lines[1] ?? "")).toMatchObject({ message: "b", level: "warn", formatter_error: "broken" });
    expect(lines[2]).toMatch(/ERROR c$/);
    expect(lines[3]).toBe("d");
  });

  it.each([
    [
      "Lua",
      `log.configure({ file = "app.log", max_bytes = 200, max_files = 2, sinks = { "file" } }) for i = 1, 9 do log.info("line " .. i, { password = "p" }) end`,
      {},
    ],
    [
      "JavaScript",
      `await log.configure({ file: "app.log", maxBytes: 200, maxFiles: 2, sinks: ["file"] }); for (let i = 1; i <= 9; i++) log.info("line " + i, { password: "p" })`,
      inJavaScript(),
    ],
  ])("STD-44: a file that is turned over, if it may be written (%s)", async (_, source, options) => {
    const root = await mkdtemp(path.join(tmpdir(), "log-"));
    try {
      expect(await failureOf(source, { ...options, root })).toMatchObject({ code: "PERMISSION_DENIED" });
      const narrow = [{ capability: "file.write", scope: "app.log" }];
      expect(await failureOf(source, { ...options, root, grants: narrow })).toMatchObject({
        code: "PERMISSION_DENIED",
      });
      const lines: unknown[] = [];
      const grants = [{ capability: "file.write", scope: "." }];
      await valueOf(source, { ...options, root, grants, onLog: (...line) => lines.push(line) });
      expect(lines).toEqual([]);
      const text = await Promise.all(
        ["app.log.2", "app.log.1", "app.log"].map((name) => readFile(path.join(root, name), "utf8")),
      );
      const written = text
        .join("")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as { message: string; password: string });
      expect(written.at(-1)).toMatchObject({ message: "line 9", password: "[hidden]" });
      expect(written.length).toBeLessThan(9);
    } finally {
      await rm(root, { recursive: true });
    }
  });

  failing([
    ["log.set_level('loud')", "log.setLevel('loud')", { code: "INVALID_ARGUMENT" }],
    ["log.create_logger('')", "log.createLogger('')", { code: "INVALID_ARGUMENT" }],
    ["log.create_logger('a', 'loud')", "log.createLogger('a', 'loud')", { code: "INVALID_ARGUMENT" }],
    ["log.set_formatter('xml')", "log.setFormatter('xml')", { code: "INVALID_ARGUMENT" }],
    ["log.with_context(1)", "log.withContext(1)", { code: "INVALID_ARGUMENT" }],
    ["log.configure({ sinks = { 'file' } })", "await log.configure({ sinks: ['file'] })", { code: "INVALID_ARGUMENT" }],
    [
      "log.configure({ file = 'a', max_files = 1000 })",
      "await log.configure({ file: 'a', maxFiles: 1000 })",
      { code: "INVALID_ARGUMENT" },
    ],
  ]);

  it("writes lines of tasks beside each other whole", async () => {
    const lines: string[] = [];
    const source = `local tasks = {} for i = 1, 20 do tasks[i] = spawn(function() sleep(i % 3) log.info("task " .. i) end) end await(all(tasks))`;
    await cast(source, { models: createModels(), onLog: (_, message) => lines.push(message) });
    expect(new Set(lines).size).toBe(20);
  });
});
