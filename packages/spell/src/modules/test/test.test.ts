import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { cast, failureOf, inJavaScript, valueOf } from "../../../../../test/support/spell.js";

const SPELL_LUA = `
local order = {}
local function note(what) order[#order + 1] = what end
local mail = { send = function(to) return "sent to " .. to end }
test.before_each(function() note("be") end)
test.describe("mail", function()
  test.before_all(function() sleep(1) note("ba") end)
  test.after_all(function() note("aa") end)
  test.after_each(function() note("ae") end)
  test.it("is replaced", function()
    local m = test.mock(mail, "send", function(to) return "kept from " .. to end)
    test.assert_equals(mail.send("a"), "kept from a")
    test.assert_equals(m.call_count, 1)
    test.assert(m.called_with("a") and not m.called_with("b"))
    test.assert_equals(m.calls, { { "a" } })
    test.assert_equals(m.original("x"), "sent to x")
  end)
  test.it("is itself again", function() sleep(1) test.assert_equals(mail.send("a"), "sent to a") end)
  test.describe("inner", function()
    test.it("fails", function() test.assert_equals({ a = { 1, 2 } }, { a = { 1, 3 } }, "list") end)
    test.it("is skipped", function() test["skip"]("no network") end)
    test.it("is left out", function() end, { skip = true })
    test.it("takes too long", function() sleep("1h") end, { timeout = 10 })
  end)
end)
local r = test.run()
local out = {}
for _, c in ipairs(r.cases) do out[#out + 1] = table.concat(c.groups, "/") .. "/" .. c.name .. ": " .. c.status end
local filtered = test.run("again")
return { out, r.passed, r.failed, r.skipped, r.cases[3].error.message, r.cases[4].reason, table.concat(order, " "), filtered.total, test.get_results().total,
  test.generate_report("tap"):sub(1, 14), test.run({ reporter = "text", filter = "again" }).report:find("1 passed", 1, true) ~= nil }`;

const SPELL_JS = `
const order = [];
const note = (what) => { order.push(what) };
const mail = { send: (to) => "sent to " + to };
test.beforeEach(() => note("be"));
test.describe("mail", () => {
  test.beforeAll(async () => { await promise.sleep(1); note("ba") });
  test.afterAll(() => note("aa"));
  test.afterEach(() => note("ae"));
  test.it("is replaced", () => {
    const m = test.mock(mail, "send", (to) => "kept from " + to);
    test.assertEquals(mail.send("a"), "kept from a");
    test.assertEquals(m.callCount, 1);
    test.assert(m.calledWith("a") && !m.calledWith("b"));
    test.assertEquals(m.calls, [["a"]]);
    test.assertEquals(m.original("x"), "sent to x");
  });
  test.it("is itself again", async () => { await promise.sleep(1); test.assertEquals(mail.send("a"), "sent to a") });
  test.describe("inner", () => {
    test.it("fails", () => test.assertEquals({ a: [1, 2] }, { a: [1, 3] }, "list"));
    test.it("is skipped", () => test["skip"]("no network"));
    test.it("is left out", () => {}, { skip: true });
    test.it("takes too long", () => promise.sleep("1h"), { timeout: 10 });
  });
});
const r = await test.run();
const filtered = await test.run("again");
return [r.cases.map((c) => c.groups.join("/") + "/" + c.name + ": " + c.status), r.passed, r.failed, r.skipped, r.cases[2].error.message, r.cases[3].reason, order.join(" "), filtered.total, test.getResults().total,
  test.generateReport("tap").slice(0, 14), (await test.run({ reporter: "text", filter: "again" })).report.includes("1 passed")]`;

const EXPECTED = [
  [
    "mail/is replaced: passed",
    "mail/is itself again: passed",
    "mail/inner/fails: failed",
    "mail/inner/is skipped: skipped",
    "mail/inner/is left out: skipped",
    "mail/inner/takes too long: failed",
  ],
  2,
  2,
  2,
  expect.stringMatching(/^list: a\[1\]: expected 3, got 2/),
  "no network",
  "ba be ae be ae be ae be ae be ae aa ba be ae aa",
  1,
  1,
  "TAP version 14",
  true,
];

describe("test", () => {
  it.each([
    ["Lua", SPELL_LUA, {}],
    ["JavaScript", SPELL_JS, inJavaScript()],
  ])("STD-45, STD-46: groups, hooks, doubles that are restored, reports (%s)", async (_, source, options) => {
    expect(await valueOf(source, options)).toEqual(EXPECTED);
  });

  const ASSERTIONS: readonly (readonly [holds: string, fails: string, message: string])[] = [
    ["test.assert(1)", "test.assert(false, 'm')", "m: expected something that holds, got false"],
    ["test.assert_true(true)", "test.assert_true(1)", "expected true, got 1"],
    ["test.assert_false(false)", "test.assert_false(0)", "expected false, got 0"],
    ["test.assert_not_nil(0)", "test.assert_nil(0)", "expected nothing, got 0"],
    ["test.assert_equals('a', 'a')", "test.assert_equals('a', 'b')", "expected 'b', got 'a'"],
    ["test.assert_not_equals(1, 2)", "test.assert_not_equals(1, 1)", "expected anything but 1"],
    ["test.assert_contains('cat', 'a')", "test.assert_contains('cat', 'x')", "expected 'cat' to contain 'x'"],
    ["test.spy()", "test.fail('no')", "no"],
    ["test.assert_eq(1, 1)", `test["skip"]('why')`, "why"],
  ];
  it.each(ASSERTIONS)("%s holds, %s does not", async (holds, fails, message) => {
    for (const options of [{}, inJavaScript()]) {
      await valueOf(holds, options);
      const error = await failureOf(fails, options);
      expect(error.message).toContain(message.replaceAll("'", error.message.includes('"') ? '"' : "'"));
    }
  });

  it.each([
    [
      "Lua",
      `test.assert_nil(nil) test.assert_not_equals({ 1 }, { 2 }) test.assert_contains({ 1, { a = 1 } }, { a = 1 }) test.assert_contains({ a = 1 }, "a")
       local e = test.assert_error(function() sleep(1) error("no such city") end, "city")
       test.assert_error(function() error({ code = "MINE", message = "m" }) end, "MINE")
       local none = select(2, pcall(test.assert_error, function() end)).message
       local other = select(2, pcall(test.assert_error, function() error("x") end, "y")).message
       return { e.message, none, other, test.assert_no_error(function() return 7 end), select(2, pcall(test.assert_no_error, function() error("x") end)).message }`,
      {},
    ],
    [
      "JavaScript",
      `test.assertNil(null); test.assertNotEquals([1], [2]); test.assertContains([1, { a: 1 }], { a: 1 }); test.assertContains({ a: 1 }, "a");
       const e = await test.assertError(async () => { throw new Error("no such city") }, "city");
       await test.assertError(() => { throw errors.new("MINE", "m") }, "MINE");
       const none = (await test.assertError(() => {}).catch((e) => e)).message;
       const other = (await test.assertError(() => { throw new Error("x") }, "y").catch((e) => e)).message;
       return [e.message, none, other, await test.assertNoError(() => 7), (await test.assertNoError(() => { throw new Error("x") }).catch((e) => e)).message]`,
      inJavaScript(),
    ],
  ])("STD-45: expects errors (%s)", async (_, source, options) => {
    expect(await valueOf(source, options)).toEqual([
      "no such city",
      "expected an error, there was none",
      "expected an error with 'y', got SCRIPT_ERROR: x",
      7,
      "expected no error, got SCRIPT_ERROR: x",
    ]);
  });

  it.each([
    [
      "Lua",
      `local s = test.spy(function(a, b) return a + b, "second" end)
       local a, b = s(1, 2)
       local stub = test.stub(print, 5)
       return { a, b, s.call_count, s.called_with(1, 2), s:called_with(2, 1), stub("x"), stub.call_count, #test.stub(nil, "v")(), s.fn(3, 4), s.call_count }`,
      {},
      [3, "second", 1, true, false, 5, 1, 1, 7, 2],
    ],
    [
      "JavaScript",
      `const s = test.spy((a, b) => a + b);
       const a = s(1, 2);
       const stub = test.stub(null, 5);
       return [a, [1, 2].map((n) => s(n, n)), s.callCount, s.calledWith(1, 2), s.calledWith(2, 1), stub("x"), stub.call_count, test.stub(null, "v")().length]`,
      inJavaScript(),
      [3, [2, 4], 3, true, false, 5, 1, 1],
    ],
  ])("STD-46: spies and stubs (%s)", async (_, source, options, expected) => {
    expect(await valueOf(source, options)).toEqual(expected);
  });

  it.each([
    [
      "Lua",
      `local b = test.benchmark(function() end, 5)
       local at, most = 0, 0
       local l = test.load_test(function() at = at + 1 most = math.max(most, at) sleep(5) at = at - 1 end, { concurrency = 3, duration = 40 })
       kept = {}
       local leak = test.memory_test(function() for i = 1, 2000 do kept[#kept + 1] = { i } end end)
       local none = test.memory_test(function() local t = {} for i = 1, 2000 do t[i] = { i } end end)
       return { b.iterations, most, l.errors, l.total >= 3, leak.leak, none.leak, leak.growth == leak.after - leak.before }`,
      {},
    ],
    [
      "JavaScript",
      `const b = await test.benchmark(() => {}, 5);
       let at = 0, most = 0;
       const l = await test.loadTest(async () => { most = Math.max(most, ++at); await promise.sleep(5); at-- }, { concurrency: 3, duration: 40 });
       const kept = [];
       const leak = await test.memoryTest(() => { for (let i = 0; i < 2000; i++) kept.push({ i }) });
       const none = await test.memoryTest(() => { const t = []; for (let i = 0; i < 2000; i++) t.push({ i }) });
       return [b.iterations, most, l.errors, l.total >= 3, leak.leak, none.leak, leak.growth === leak.after - leak.before]`,
      inJavaScript(),
    ],
  ])("STD-47: benchmarks, load that is concurrent, memory (%s)", async (_, source, options) => {
    expect(await valueOf(source, options)).toEqual([5, 3, 0, true, true, false, true]);
  });

  it.each([
    [
      "Lua",
      `local s = test.create_scenario({ name = "rain", given = { model = { "It rains." } }, when = "And today?", ["then"] = { content = { ["$contains"] = "sun" } } })
       local r = test.run_scenario(s)
       return { r.name, r.passed, #r.mismatches, test.setup_fixture({ a = 1 }).a, test.setup_fixture("order").id }`,
      {},
    ],
    [
      "JavaScript",
      `const s = await test.createScenario({ name: "rain", given: { model: ["It rains."] }, when: "And today?", then: { content: { $contains: "sun" } } });
       const r = await test.runScenario(s);
       return [r.name, r.passed, r.mismatches.length, (await test.setupFixture({ a: 1 })).a, (await test.setupFixture("order")).id]`,
      inJavaScript(),
    ],
  ])("BR-6: scenarios and fixtures (%s)", async (_, source, options) => {
    const root = await mkdtemp(path.join(tmpdir(), "fixtures-"));
    try {
      await mkdir(path.join(root, "fixtures"));
      await writeFile(path.join(root, "fixtures", "order.json"), '{"id": 7}');
      expect(await failureOf(source, { ...options, root })).toMatchObject({ code: "PERMISSION_DENIED" });
      const grants = [{ capability: "file.read", scope: "fixtures" }];
      expect(await valueOf(source, { ...options, root, grants })).toEqual(["rain", false, 1, 1, 7]);
    } finally {
      await rm(root, { recursive: true });
    }
  });

  it.each([
    ["test.describe('a', 1)", "test.describe('a', 1)", "INVALID_ARGUMENT"],
    [
      "test.describe('a', function() sleep(1) end)",
      "test.describe('a', () => { throw new Error('x') })",
      /INVALID_STATE|SCRIPT_ERROR/,
    ],
    ["test.it('a')", "test.it('a')", "INVALID_ARGUMENT"],
    ["test.before_all()", "test.beforeAll()", "INVALID_ARGUMENT"],
    ["test.after_all()", "test.afterAll()", "INVALID_ARGUMENT"],
    ["test.before_each()", "test.beforeEach()", "INVALID_ARGUMENT"],
    ["test.after_each()", "test.afterEach()", "INVALID_ARGUMENT"],
    ["test.cleanup()", "test.cleanup()", "INVALID_ARGUMENT"],
    ["test.run(1)", "await test.run(1)", "INVALID_ARGUMENT"],
    ["test.get_results()", "test.getResults()", "INVALID_STATE"],
    ["test.generate_report('tap')", "test.generateReport('tap')", "INVALID_STATE"],
    ["test.get_coverage()", "test.getCoverage()", "INVALID_STATE"],
    ["test.benchmark(print, 0)", "await test.benchmark(() => 1, 0)", "INVALID_ARGUMENT"],
    ["test.load_test(print, { rps = 0 })", "await test.loadTest(() => 1, { rps: 0 })", "INVALID_ARGUMENT"],
    ["test.memory_test()", "await test.memoryTest()", "INVALID_ARGUMENT"],
    [
      "test.create_scenario({ given = {}, when = 'x' })",
      "await test.createScenario({ given: {}, when: 'x' })",
      "VALIDATION_FAILED",
    ],
    ["test.run_scenario('none')", "await test.runScenario('none')", "NOT_FOUND"],
    ["test.mock({}, 'none', print)", "test.mock({}, 'none', () => 1)", /INVALID_ARGUMENT|SCRIPT_ERROR/],
    ["test.spy(1)", "test.spy(1)", /INVALID_ARGUMENT|SCRIPT_ERROR/],
    ["test.stub(1)", "test.stub(1)", /INVALID_ARGUMENT|SCRIPT_ERROR/],
  ])("%s fails", async (lua, javascript, code) => {
    expect((await failureOf(lua)).code).toMatch(code);
    expect((await failureOf(javascript, inJavaScript())).code).toMatch(code);
  });

  it("the host runs what is registered, and counts lines", async () => {
    for (const [source, options] of [
      [
        "local function f(x)\nif x then\nreturn 1\nend\nreturn 2\nend\ntest.it('a', function() test.assert_equals(f(true), 1) end)",
        {},
      ],
      [
        "function f(x) {\nif (x)\nreturn 1;\nreturn 2;\n}\ntest.it('a', () => test.assertEquals(f(true), 1))",
        inJavaScript(),
      ],
    ] as const) {
      const { result } = await cast(source, { ...options, tests: {}, coverage: true });
      expect(result).toMatchObject({ ok: true, tests: { total: 1, passed: 1 } });
      expect(result.coverage?.ratio).toBeLessThan(1);
      expect(result.coverage?.ratio).toBeGreaterThan(0.4);
    }
    const source = "local a = 1\nreturn test.get_coverage()";
    expect(await valueOf(source, { coverage: true })).toMatchObject({
      lines: 2,
      percent: 100,
      by_file: [{ file: "test.lua", missed: [] }],
    });
  });
});
