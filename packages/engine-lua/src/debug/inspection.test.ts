import { afterAll, describe, expect, it } from "vitest";
import { createLuaEngine } from "../index.js";
import { openSession } from "./testing/session.js";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

const FRAMES = `local factor = 2
local function inner(x)
  local y = x * factor
  return y
end
local function outer(a, ...)
  local b = a + 1
  local c = inner(b)
  return b + c, ...
end
local r, v = outer(1, "v1", "v2")
return { r, v }`;

describe("variables", () => {
  it("of the second frame are read and written, and the program's result changes", () => {
    using s = openSession(engine);
    const task = s.run(FRAMES, 4);
    expect([s.names(), s.variables("Locals", 1)]).toEqual([
      ["inner", "outer", "main chunk"],
      ["a=1", "b=2"],
    ]);
    s.assign("Locals", "b", "b * 100 + a", 1);
    expect(s.variables("Locals", 1)).toEqual(["a=1", "b=201"]);
    s.debug.continue();
    expect(task.value).toEqual([205, "v1"]);
  });

  it("above a function are read and written", () => {
    using s = openSession(engine);
    const task = s.run(FRAMES, 3);
    expect(s.variables("Upvalues")).toEqual(["factor=2"]);
    s.assign("Upvalues", "factor", "10");
    expect(s.value("factor", 2)).toBe("10");
    s.debug.continue();
    expect(task.value).toEqual([22, "v1"]);
  });

  it("of a vararg are read and written", () => {
    using s = openSession(engine);
    const task = s.run(FRAMES, 8);
    expect(s.variables("Varargs")).toEqual(['[1]="v1"', '[2]="v2"']);
    expect(s.value("select('#', ...)")).toBe("2");
    s.assign("Varargs", "[1]", "'changed'");
    s.debug.continue();
    expect(task.value).toEqual([6, "changed"]);
  });

  it("at a line begin where it does: a local is not there before its own line has run", () => {
    using s = openSession(engine);
    s.run("local a = 1\nlocal b = 2\nlocal c = 3\nreturn a + b + c", 3);
    expect(s.variables("Locals")).toEqual(["a=1", "b=2"]);
    s.debug.stepOver();
    expect(s.variables("Locals")).toEqual(["a=1", "b=2", "c=3"]);
  });

  it("of the same name: the inner one counts", () => {
    using s = openSession(engine);
    const task = s.run("local x = 1\ndo\n  local x = 2\n  x = x + 1\n  result = x\nend\nreturn { x, result }", 4);
    expect([s.variables("Locals"), s.value("x")]).toEqual([["x=1", "x=2"], "2"]);
    s.assign("Locals", "x", "40");
    s.debug.continue();
    expect(task.value).toEqual([1, 41]);
  });

  it("of waiting tasks and suspended coroutines can be seen too", () => {
    using s = openSession(engine);
    s.run(
      `local function worker(id)
  local mine = id * 2
  test.wait("w" .. id)
end
spawn(worker, 1)
sleeper = coroutine.create(function(a)
  coroutine.yield(a)
end)
coroutine.resume(sleeper, "deep")
promise.yield()
local done = true
return done`,
      11,
    );
    const [first, second, third, ...rest] = s.debug.threads();
    expect([first?.id, rest]).toEqual([s.debug.stopped?.threadId, []]);
    const locals = (id: number | undefined): string[] => {
      const [frame] = s.debug.stackTrace(id ?? 0).frames;
      const [scope] = s.debug.scopes(frame?.id ?? 0);
      return s.debug.variables(scope?.variablesReference ?? 0).map(({ name, value }) => `${name}=${value}`);
    };
    expect([second?.kind, locals(second?.id)]).toEqual(["task", ["id=1", "mine=2"]]);
    expect([third?.kind, locals(third?.id)]).toEqual(["coroutine", ['a="deep"']]);
  });

  it("are shown as text of bounded length", () => {
    using s = openSession(engine);
    const values = {
      nil: "nil",
      "1 << 62": "4611686018427387904",
      "2^53": "9007199254740992.0",
      "0.5": "0.5",
      "-1/0": "-inf",
      "0/0": "nan",
      "'a\\n\"b'": '"a\\n\\"b"',
      "('x'):rep(1000)": `"${"x".repeat(200)}"… (1000 bytes)`,
      "{ 1, 'two', { 3 }, x = 1.0 }": '{ 1, "two", {…}, x = 1.0 }',
      "{}": "{}",
      "{ 1, 2, 3, 4, 5, 6 }": "{ 1, 2, 3, 4, 5, … }",
      "{ [true] = 1 }": "{ [true] = 1 }",
      print: "function",
      "coroutine.create(print)": "coroutine",
      "llmspell.null": "null",
      "test.open('x')": "error: an expression of the debugger cannot call the host",
    };
    s.run("local x = 1\nreturn x", 2);
    for (const [expression, text] of Object.entries(values))
      expect([expression, s.value(expression)]).toEqual([expression, text]);
  });

  it("expand page by page", () => {
    using s = openSession(engine);
    s.run("local t = { name = 'n' }\nfor i = 1, 2500 do t[i] = i * 2 end\nreturn t", 3);
    const { variablesReference: table } = s.debug.evaluate("t") as { variablesReference: number };
    const page = (start: number, count: number): string[] =>
      s.debug.variables(table, { start, count }).map(({ name, value }) => `${name}=${value}`);
    expect(page(0, 2)).toEqual(["[1]=2", "[2]=4"]);
    expect(page(2499, 5)).toEqual(["[2500]=5000", 'name="n"']);
    expect(page(2501, 5)).toEqual([]);
    expect(s.debug.variables(table).length).toBe(100);
    expect(s.debug.variables(table, { count: 5000 }).length).toBe(1000);
    expect(() => page(-1, 1)).toThrow(/whole numbers/);
  });

  it("inside tables are written, and metatables are shown", () => {
    using s = openSession(engine);
    const task = s.run(
      "local t = setmetatable({ 1, 2, name = 'n' }, { __len = function() return 9 end })\nreturn { t[2], t.name }",
      2,
    );
    const { variablesReference: table } = s.debug.evaluate("t") as { variablesReference: number };
    expect(s.debug.variables(table).map(({ name }) => name)).toEqual(["[1]", "[2]", "name", "(metatable)"]);
    expect(s.debug.setVariable(table, "[2]", "t[1] + 5")).toMatchObject({ ok: true, value: "6" });
    expect(s.debug.setVariable(table, "name", "'m'")).toMatchObject({ ok: true, value: '"m"' });
    expect(() => s.debug.setVariable(table, "nothing", "1")).toThrow(/no variable 'nothing'/);
    s.debug.continue();
    expect(task.value).toEqual([6, "m"]);
  });

  it("and frames of an earlier stop are not found", () => {
    using s = openSession(engine);
    s.run("local t = {}\nt.x = 1\nreturn t", 2);
    const { variablesReference: table } = s.debug.evaluate("t") as { variablesReference: number };
    const [frame] = s.debug.stackTrace(1).frames;
    s.debug.stepOver();
    expect(() => s.debug.variables(table)).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    expect(() => s.debug.scopes(frame?.id ?? 0)).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    expect(() => s.debug.stackTrace(99)).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    s.debug.continue();
    for (const look of [() => s.debug.threads(), () => s.debug.evaluate("1"), () => s.debug.stepIn()]) {
      expect(look).toThrow(expect.objectContaining({ code: "INVALID_STATE" }));
    }
  });
});

describe("an expression", () => {
  it("sees locals, upvalues and globals of its frame, and assigns to them", () => {
    using s = openSession(engine);
    const task = s.run(FRAMES, 4);
    expect([s.value("x + y + factor"), s.value("b", 1), s.value("math.max(a, b)", 1)]).toEqual(["8", "2", "2"]);
    expect([s.value("y = 1000"), s.value("new_global = y")]).toEqual(["nil", "nil"]);
    s.debug.continue();
    expect([task.value, s.guest.getGlobal("new_global")]).toEqual([[1002, "v1"], 1000]);
  });

  it("uses the environment of its function", () => {
    using s = openSession(engine);
    s.run("local f = load('local a = 1\\nreturn a + b', '@b.lua', 't', { b = 41 })\nreturn f()");
    s.debug.setBreakpoints("b.lua", [{ line: 2 }]);
    s.run("return load('local a = 1\\nreturn a + b', '@b.lua', 't', { b = 41 })()");
    expect([s.value("a + b"), s.value("print")]).toEqual(["42", "nil"]);
  });

  it("gives its error as a value", () => {
    using s = openSession(engine);
    s.run("local x = 1\nreturn x", 2);
    expect(s.value("x.y.z")).toMatch(/^error: attempt to index/);
    expect(s.value("error({ message = 'made' })")).toBe("error: made");
    expect(s.value("error(setmetatable({}, { __tostring = function() error('again') end }))")).toBe("error: {}");
    expect(s.value("1 +")).toMatch(/^error: unexpected symbol|^error: .*<eof>/);
    expect(s.value("coroutine.yield(1)")).toMatch(/^error: attempt to yield/);
    expect(s.value("x".repeat(10_001))).toMatch(/longer than/);
    expect(s.value("x")).toBe("1");
  });
});
