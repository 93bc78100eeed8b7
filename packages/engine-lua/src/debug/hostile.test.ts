import { afterAll, describe, expect, it } from "vitest";
import { createLuaEngine } from "../index.js";
import { openSession } from "./testing/session.js";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

const HOSTILE = `local function boom() while true do end end
local mt = {}
for _, event in ipairs({ "__index", "__newindex", "__tostring", "__len", "__eq", "__call", "__pairs", "__name" }) do mt[event] = boom end
local t = setmetatable({}, mt)`;

describe("a hostile script", () => {
  it("cannot make looking at its values run its code", () => {
    using s = openSession(engine);
    const task = s.run(`${HOSTILE}\nrawset(t, "x", t)\nreturn 1`, 6);
    expect(s.variables("Locals")).toContain("t={ x = {…} }");
    const { variablesReference } = s.debug.evaluate("t") as { variablesReference: number };
    expect(s.debug.variables(variablesReference).map(({ name }) => name)).toEqual(["x", "(metatable)"]);
    s.debug.continue();
    expect(task.value).toBe(1);
  });

  it("has its metamethods bounded in expressions", () => {
    using s = openSession(engine, { evaluateFuel: 20_000 });
    const task = s.run(`${HOSTILE}\nreturn 1`, 5);
    for (const expression of ["t.x", "t.x.y", "#t", "t()", "tostring(t)", "t == setmetatable({}, getmetatable(t))"]) {
      expect([expression, s.value(expression)]).toEqual([
        expression,
        expect.stringMatching(/did not end within 20000/),
      ]);
    }
    s.debug.continue();
    expect(task.value).toBe(1);
  });

  it("does not come back to life in a coroutine of an expression", () => {
    using s = openSession(engine, { evaluateFuel: 20_000 });
    const task = s.run("x = 1\nreturn x", 2);
    expect(
      s.value("coroutine.wrap(function() while true do pcall(function() while true do end end) end end)()"),
    ).toMatch(/did not end within/);
    s.debug.continue();
    expect(task.value).toBe(1);
  });

  it("is ended when an expression loops in the library", async () => {
    using s = openSession(engine, { evaluateFuel: 20_000 });
    const task = s.run("local s = ('a'):rep(40)\nreturn s", 2);
    expect(() => s.debug.evaluate("s:find(('a?'):rep(40) .. s)")).toThrow(
      expect.objectContaining({ code: "LIMIT_FUEL" }),
    );
    await expect(task.result()).rejects.toMatchObject({ code: "LIMIT_FUEL" });
    expect(s.guest.state).toBe("killed");
  });

  it("with a finalizer that does not end, run while its memory is looked at, does not hang the debugger", () => {
    using s = openSession(engine, { evaluateFuel: 20_000 });
    s.run("for i = 1, 10 do setmetatable({}, { __gc = function() while true do end end }) end\nreturn 1", 2);
    expect(() => s.debug.evaluate("collectgarbage()")).toThrow(expect.objectContaining({ code: "LIMIT_FUEL" }));
    expect(s.guest.state).toBe("killed");
  });

  it("raising an object stops with its text, not its code", async () => {
    using s = openSession(engine, { breakOnError: "uncaught" });
    const task = s.run(`${HOSTILE}\nerror(t)`);
    expect(s.stops).toMatchObject([{ reason: "error", error: "{}", line: 5 }]);
    s.debug.continue();
    await expect(task.result()).rejects.toMatchObject({ code: "SCRIPT_ERROR" });
  });

  it("with 10,000 frames is paged", () => {
    using s = openSession(engine);
    const task = s.run(
      "local function f(n)\n  if n == 0 then\n    return 0\n  end\n  return 1 + f(n - 1)\nend\nlocal r = f(9998)\nreturn r",
      3,
    );
    const { frames, totalFrames } = s.debug.stackTrace(1, { count: 1_000_000 });
    expect([frames.length, totalFrames]).toEqual([1_000, 10_000]);
    const [last] = s.debug.stackTrace(1, { start: 9_998, count: 5 }).frames;
    expect([last?.line, s.debug.evaluate("n", last?.id)]).toMatchObject([5, { value: "9998" }]);
    s.debug.stepOut();
    expect(s.debug.stopped?.line).toBe(8);
    s.debug.continue();
    expect(task.value).toBe(9998);
  });

  it("with 200 locals and 100,000 varargs is shown in bounded lists", () => {
    using s = openSession(engine);
    const names = Array.from({ length: 200 }, (_, i) => `v${i}`);
    s.run(`local function f(...)\nlocal ${names.join()} = ...\nreturn v0\nend\nlocal r = f(1)`, 3);
    expect(s.variables("Locals").length).toBe(100);
    using many = openSession(engine);
    many.run(
      "local t = {} for i = 1, 100000 do t[i] = i end\nlocal function f(...)\n  return (...)\nend\nlocal r = f(table.unpack(t))\nreturn r",
      3,
    );
    expect([many.variables("Varargs").length, many.value("(...)")]).toEqual([100, "1"]);
  });

  it("never gets the debug library, a hook, or the debugger's coroutine", () => {
    using s = openSession(engine);
    const task = s.run(
      "local x = 1\nreturn debug.sethook == nil and debug.getlocal == nil and next(debug) == 'traceback'",
      2,
    );
    expect([s.value("debug.getlocal"), s.value("coroutine.close(coroutine.running())")]).toEqual([
      "nil",
      expect.stringMatching(/^error/),
    ]);
    s.debug.continue();
    expect(task.value).toBe(true);
  });

  it("that keeps the environment of an expression can do nothing with it later", () => {
    using s = openSession(engine);
    const task = s.run("local x = 1\nlocal y = kept and kept().x\nreturn { y, x }", 2);
    s.value("rawset(_G, 'kept', function() return _ENV end)");
    s.value("kept = function() return _ENV end");
    s.debug.continue();
    expect(task.value).toEqual([null, 1]);
  });

  it("that runs out of memory while it stands says so", () => {
    using s = openSession(engine, {}, { limits: { memoryBytes: 3e6 } });
    const task = s.run("local x = 1\nreturn x", 2);
    expect(s.value("(function() local t = {} while true do t[#t + 1] = ('x'):rep(5000) .. #t end end)()")).toMatch(
      /^error: (not enough memory|the expression did not end)/,
    );
    expect(s.value("x")).toBe("1");
    s.debug.continue();
    expect(task.value).toBe(1);
  });
});
