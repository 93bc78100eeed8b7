import { afterAll, describe, expect, it } from "vitest";
import { createLuaEngine } from "../index.js";
import { openSession } from "./testing/session.js";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

const SUM = `local sum = 0
for i = 1, 10 do
  sum = sum + i
end
return sum`;

describe("a breakpoint stops", () => {
  it("in a nested function, where the locals and the stack can be seen", () => {
    using s = openSession(engine);
    const task = s.run(
      `local function outer(a)
  local function inner(b)
    local c = a + b
    return c
  end
  return inner(a * 2)
end
local r = outer(7)
return r`,
      4,
    );
    expect([task.state, s.guest.state]).toEqual(["pending", "suspended"]);
    expect(s.stops).toEqual([
      { reason: "breakpoint", breakpointId: 1, source: "a.lua", line: 4, threadId: 1, isHeld: true },
    ]);
    // `return inner(…)` is a tail call: its frame is gone.
    expect(s.lines()).toEqual([4, 8]);
    expect(s.variables("Locals")).toEqual(["b=14", "c=21"]);
    expect(s.variables("Upvalues")).toEqual(["a=7"]);
    s.debug.continue();
    expect([task.value, s.guest.state, s.debug.stopped]).toEqual([21, "finished", undefined]);
  });

  it("every time its line is reached, also the only line of a loop", () => {
    using s = openSession(engine);
    const task = s.run("local n = 0\nfor i = 1, 3 do n = n + i end\nreturn n", 2);
    const seen = [];
    while (task.state === "pending") {
      seen.push(s.value("n"));
      s.debug.continue();
    }
    expect([task.value, seen]).toEqual([6, ["0", "1", "3"]]);
  });

  it("in a task, while the others stand still", async () => {
    using s = openSession(engine);
    const task = s.run(
      `local log = {}
local function worker(name)
  log[#log + 1] = name
  local answer = test.wait(name)
  log[#log + 1] = answer
end
local a, b = spawn(worker, "a"), spawn(worker, "b")
await(a) await(b)
return table.concat(log, " ")`,
      3,
    );
    expect(s.value("name")).toBe('"a"');
    expect(s.debug.threads().map(({ kind }) => kind)).toEqual(["task", "task", "task"]);
    expect(s.host.waiting).toEqual([]);
    s.debug.continue();
    expect(s.value("name")).toBe('"b"');
    expect(s.stops[0]?.threadId).not.toBe(s.stops[1]?.threadId);
    s.host.resolve("a", 1);
    await new Promise(setImmediate);
    expect([task.state, s.value("#log")]).toEqual(["pending", "1"]);
    s.debug.continue();
    s.host.resolve("b", 2);
    expect(await task.result()).toBe("a b 1 2");
  });

  it("inside the script's own coroutines, with the stack of what resumed them", () => {
    using s = openSession(engine);
    const task = s.run(
      `local function numbers()
  for i = 1, 3 do
    coroutine.yield(i)
  end
end
local sum = 0
for n in coroutine.wrap(numbers) do
  sum = sum + n
end
local co = coroutine.create(function(x)
  return x * 2
end)
local _, double = coroutine.resume(co, sum)
return double`,
      3,
      11,
    );
    expect([s.lines(), s.names().slice(-1)]).toEqual([[3, 7], ["main chunk"]]);
    expect([s.value("i"), s.value("sum", 1)]).toEqual(["1", "0"]);
    for (let i = 0; i < 3; i++) s.debug.continue();
    expect([s.lines(), s.value("x")]).toEqual([[11, 13], "6"]);
    s.debug.continue();
    expect(task.value).toBe(12);
  });

  it("in a function that the host calls as a task", () => {
    using s = openSession(engine);
    s.run("local n = 0\ntest.keep(function(by)\n  n = n + by\n  return n\nend)");
    s.debug.setBreakpoints("a.lua", [{ line: 4 }]);
    const [keep] = s.host.kept;
    const call = s.guest.call(keep as NonNullable<typeof keep>, [5]);
    expect([call.state, s.value("by"), s.variables("Upvalues")]).toEqual(["pending", "5", ["n=5"]]);
    s.debug.continue();
    expect(call.value).toBe(5);
  });

  it("in a metamethod and under pcall", () => {
    using s = openSession(engine);
    const task = s.run(
      `local mt = { __add = function(a, b)
  return a.n + b
end }
local v = setmetatable({ n = 1 }, mt)
return select(2, pcall(function()
  return v + 41
end))`,
      2,
    );
    expect([s.stops[0]?.isHeld, s.lines()]).toEqual([true, [2, 6, 5]]);
    s.debug.continue();
    expect(task.value).toBe(42);
  });

  it("in a chunk that the script loads", () => {
    using s = openSession(engine);
    s.debug.setBreakpoints("b.lua", [{ line: 2 }]);
    const task = s.run("return load('local x = 20\\nreturn x + 1', '@b.lua')() * 2");
    expect([s.stops[0]?.source, s.value("x")]).toEqual(["b.lua", "20"]);
    s.debug.continue();
    expect(task.value).toBe(42);
  });
});

describe("where a function cannot be suspended", () => {
  it.each([
    ["a comparator", "local t = { 3, 1 }\ntable.sort(t, function(a, b)\n  return a < b\nend)\nreturn t[1]"],
    ["a callback of gsub", "local n = 0\nlocal _ = ('x'):gsub('x', function(a)\n  n = n + 1\nend)\nreturn n"],
    ["a callback of the host", "local n\ntest.apply(function(a)\n  n = a\nend, 1)\nreturn n"],
    [
      "a coroutine in a comparator",
      "local t = { 3, 1 }\ntable.sort(t, coroutine.wrap(function(a, b) while true do\n  a, b = coroutine.yield(a < b)\nend end))\nreturn t[1]",
    ],
  ])("%s is looked at while the host is told, and goes on", (_, source) => {
    const seen: unknown[] = [];
    using s = openSession(engine, {
      onStop(stop, debug) {
        const { frames } = debug.stackTrace(stop.threadId);
        const value = debug.evaluate("a", frames[0]?.id);
        seen.push([stop.isHeld, frames.map(({ line }) => line), value.ok && value.type !== "nil"]);
      },
    });
    s.run(source, 3);
    expect([s.guest.state, s.debug.stopped]).toEqual(["finished", undefined]);
    expect(seen.length).toBeGreaterThan(0);
    for (const entry of seen) expect(entry).toEqual([false, [3, 2], true]);
  });
});

describe("a breakpoint", () => {
  it("on a line without code moves to the next one that has some, once the source is known", () => {
    using s = openSession(engine);
    const source = "local a = 1\n\n-- nothing\nlocal b = 2\nreturn a + b\n\n";
    expect(s.debug.setBreakpoints("a.lua", [{ line: 2 }, { line: 7 }])).toEqual([
      { id: 1, source: "a.lua", line: 2, isVerified: false, message: "the source is not loaded yet" },
      { id: 2, source: "a.lua", line: 7, isVerified: false, message: "the source is not loaded yet" },
    ]);
    s.run(source);
    expect(s.verified).toEqual([
      { id: 1, source: "a.lua", line: 4, isVerified: true, message: "line 2 has no code; moved to line 4" },
      { id: 2, source: "a.lua", line: 7, isVerified: false, message: "there is no code at or after line 7" },
    ]);
    expect(s.stops.map(({ line }) => line)).toEqual([4]);
    expect(s.debug.setBreakpoints("a.lua", [{ line: 5 }])).toEqual([
      { id: 3, source: "a.lua", line: 5, isVerified: true },
    ]);
  });

  it("can be set and cleared while the guest stands or waits", async () => {
    using s = openSession(engine);
    const task = s.run("local a = test.wait('a')\nlocal b = a + 1\nlocal c = b + 1\nreturn c");
    s.debug.setBreakpoints("a.lua", [{ line: 2 }]);
    s.host.resolve("a", 1);
    await new Promise(setImmediate);
    expect(s.lines()).toEqual([2]);
    s.debug.setBreakpoints("a.lua", [{ line: 3 }]);
    s.debug.continue();
    expect(s.lines()).toEqual([3]);
    s.debug.setBreakpoints("a.lua", []);
    s.debug.continue();
    expect([task.value, s.stops.length]).toEqual([3, 2]);
  });

  it("stops only where its condition is true", () => {
    using s = openSession(engine);
    s.debug.setBreakpoints("a.lua", [{ line: 3, condition: "i > 8 and sum % 2 == 0" }]);
    const task = s.run(SUM);
    expect([s.stops.length, s.value("i")]).toEqual([1, "9"]);
    s.debug.continue();
    expect([task.value, s.stops.length]).toEqual([55, 1]);
  });

  it("whose condition fails or does not end is logged and does not stop", () => {
    using s = openSession(engine, { evaluateFuel: 10_000 });
    s.debug.setBreakpoints("a.lua", [
      { line: 3, condition: "i.x.y" },
      { line: 3, condition: "(function() while true do pcall(function() while true do end end) end end)()" },
      { line: 3, condition: "syntax error" },
      { line: 3, condition: "await(promise.new(print))" },
      { line: 3, condition: "test.echo(1)" },
    ]);
    const task = s.run(SUM);
    expect([task.value, s.stops.length, s.logs.length]).toEqual([55, 0, 50]);
    expect(s.logs.slice(0, 5).map(({ kind, text, line }) => [kind, text.replace(/^.*?': /, ""), line])).toEqual([
      ["error", "attempt to index a number value (global 'i')", 3],
      ["error", "the expression did not end within 10000 units of fuel", 3],
      ["error", "syntax error near 'error'", 3],
      ["error", expect.stringContaining("await cannot wait here"), 3],
      ["error", expect.stringContaining("an expression of the debugger cannot call the host"), 3],
    ]);
  });

  it("stops from its hit count on", () => {
    using s = openSession(engine);
    s.debug.setBreakpoints("a.lua", [{ line: 3, hitCount: 9 }]);
    const task = s.run(SUM);
    const seen = [];
    while (task.state === "pending") {
      seen.push(s.value("i"));
      s.debug.continue();
    }
    expect(seen).toEqual(["9", "10"]);
  });

  it("with a message logs and does not stop", () => {
    using s = openSession(engine);
    s.debug.setBreakpoints("a.lua", [
      { line: 3, condition: "i < 3", logMessage: "i is {i}, {missing.x} {'a' .. sum}" },
    ]);
    expect(s.run(SUM).value).toBe(55);
    expect(s.logs.map(({ kind, text }) => [kind, text])).toEqual([
      ["log", "i is 1, <attempt to index a nil value (global 'missing')> \"a0\""],
      ["log", "i is 2, <attempt to index a nil value (global 'missing')> \"a1\""],
    ]);
  });

  it("with nonsense is refused", () => {
    using s = openSession(engine);
    const set = (line: number, hitCount?: number) => () =>
      s.debug.setBreakpoints("a.lua", [{ line, ...(hitCount === undefined ? {} : { hitCount }) }]);
    for (const wrong of [set(0), set(1.5), set(1, 0), set(Number.NaN)]) expect(wrong).toThrow(/count from 1/);
    expect(() =>
      s.debug.setBreakpoints(
        "a.lua",
        Array.from({ length: 1001 }, () => ({ line: 1 })),
      ),
    ).toThrow(/1000/);
  });
});
