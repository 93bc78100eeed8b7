import type { Engine, GuestOptions } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { afterAll, describe, expect, it } from "vitest";
import { createLuaEngine } from "../index.js";
import { openSession } from "./testing/session.js";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

const SOURCE = "local a = 1\na = a + 1\na = a * 2\nreturn a";
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe("while the guest stands", () => {
  it("host calls that settle and tasks that start wait, in their order", async () => {
    using s = openSession(engine);
    const first = s.run(
      "local p = test.wait_async('a')\nlocal x = 1\nlocal r = p:await()\ntest.report('first ' .. r)\nreturn r",
      2,
    );
    s.host.resolve("a", 7);
    await turn();
    const second = s.guest.run("test.report('second') return 2");
    await turn();
    expect([first.state, second.state, s.host.reports]).toEqual(["pending", "pending", []]);
    s.debug.continue();
    expect([await first.result(), await second.result(), s.host.reports]).toEqual([7, 2, ["first 7", "second"]]);
    // A task that had to wait is measured from where it began.
    expect(second.usage?.fuel).toBeLessThan(first.usage?.fuel ?? 0);
  });

  it("other guests go on", async () => {
    using s = openSession(engine);
    s.run(SOURCE, 2);
    using other = engine.createGuest();
    expect(await other.run("return 42").result()).toBe(42);
  });

  it("its clock stands still", async () => {
    using s = openSession(engine, {}, { limits: { timeMs: 100 } });
    const task = s.run(SOURCE, 2);
    const until = performance.now() + 250;
    while (performance.now() < until) await turn();
    s.debug.continue();
    expect(task.value).toBe(4);
  });

  it("the host can read and set globals", () => {
    using s = openSession(engine);
    const task = s.run("g = 1\ng = g + 1\nreturn g", 2);
    expect(s.guest.getGlobal("g")).toBe(1);
    s.guest.setGlobal("g", 41);
    s.debug.continue();
    expect(task.value).toBe(42);
  });

  it("can be stopped for good", async () => {
    using s = openSession(engine);
    const task = s.run(SOURCE, 2);
    s.guest.stop(new SpellError("CANCELLED", "enough"));
    await expect(task.result()).rejects.toMatchObject({ code: "CANCELLED" });
    expect([s.guest.state, s.debug.stopped]).toEqual(["killed", undefined]);
    expect(() => s.debug.continue()).toThrow(/detached/);
    s.debug.detach();
  });

  it("can be disposed, and its instance serves again without hooks", async () => {
    using own = createLuaEngine({ pool: { max: 1 } });
    const fuel = fuelOf(own);
    for (let i = 0; i < 10; i++) {
      const s = openSession(own);
      const result = s.run(SOURCE, 2).result();
      s.debug.stepOver();
      s.guest[Symbol.dispose]();
      await expect(result).rejects.toMatchObject({ code: "CANCELLED" });
      s.debug.detach();
      expect(fuelOf(own)).toBe(fuel);
    }
  });

  it("can be detached from, and runs to its end", () => {
    using s = openSession(engine);
    const task = s.run(SOURCE, 2, 3);
    s.debug.detach();
    expect([task.value, s.stops.length, s.debug.stopped]).toEqual([4, 1, undefined]);
    expect(() => s.debug.pause()).toThrow(/detached/);
    using again = s.guest.attachDebugger();
    again.setBreakpoints("a.lua", [{ line: 4 }]);
    s.run(SOURCE);
    expect(again.stopped?.line).toBe(4);
    expect(() => s.guest.attachDebugger()).toThrow(expect.objectContaining({ code: "ALREADY_EXISTS" }));
  });
});

describe("a debugger", () => {
  it("can go on from inside the call that tells of a stop, any number of times", () => {
    let count = 0;
    using s = openSession(engine, {
      onStop(stop, debug) {
        if (stop.isHeld) debug.continue();
        count++;
      },
    });
    expect(s.run("local n = 0\nfor i = 1, 20000 do\n  n = n + 1\nend\nreturn n", 3).value).toBe(20_000);
    expect(count).toBe(20_000);
  });

  it("that steps from inside it walks through the whole program", () => {
    const lines: number[] = [];
    using s = openSession(engine, {
      onStop(stop, debug) {
        lines.push(stop.line);
        debug.stepIn();
      },
    });
    s.debug.pause();
    expect(s.run("local function f(x)\n  return x + 1\nend\nlocal y = f(1)\nreturn y").value).toBe(2);
    expect(lines).toEqual([3, 4, 2, 5]);
  });

  it("whose host fails ends the guest, not the process", async () => {
    using s = openSession(engine, {
      onStop() {
        throw new Error("a defect");
      },
    });
    await expect(s.run(SOURCE, 2).result()).rejects.toMatchObject({ code: "INTERNAL" });
    using t = openSession(engine, {
      onStop() {
        throw new Error("a defect");
      },
    });
    const task = t.run("table.sort({ 2, 1 }, function(a, b)\n  return a < b\nend)", 2);
    await expect(task.result()).rejects.toMatchObject({ code: "INTERNAL" });
  });

  it("attached to a guest that waits sees what runs then", async () => {
    using s = openSession(engine);
    s.debug.detach();
    const task = s.run(
      "local co = coroutine.wrap(function()\n  local x = test.wait('a')\n  return x + 1\nend)\nreturn co()",
    );
    using debug = s.guest.attachDebugger();
    expect(debug.setBreakpoints("a.lua", [{ line: 3 }])).toMatchObject([{ isVerified: true }]);
    s.host.resolve("a", 41);
    await turn();
    expect(debug.stopped?.line).toBe(3);
    debug.continue();
    expect(await task.result()).toBe(42);
  });
});

/** Fuel of a program with calls, allocation, errors, coroutines and awaits. */
function fuelOf(
  on: Engine,
  prepare: (s: ReturnType<typeof openSession>) => void = () => {},
  options: GuestOptions = {},
) {
  using s = openSession(on, {}, options);
  prepare(s);
  const task = s.run(WORK);
  if (task.state !== "fulfilled") throw task.error ?? new Error("it waits");
  return s.guest.usage.fuel;
}

const WORK = `local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
local t = {}
for i = 1, 3000 do
  t[i] = tostring(i * 7919 % 3001) .. "x"
  pcall(error, t)
end
table.sort(t)
local co = coroutine.wrap(function(...)
  local a, b = ...
  for i = 1, 100 do a, b = coroutine.yield(b, a) end
end)
for i = 1, 100 do co(i, -i) end
return fib(18) .. #t`;

describe("the fuel of a program", () => {
  const plain = fuelOf(engine, (s) => s.debug.detach());

  it("is the same with a debugger attached", () => {
    expect(fuelOf(engine)).toBe(plain);
  });

  it("differs by some units with breakpoints that are never reached", () => {
    const used = fuelOf(engine, (s) => s.debug.setBreakpoints("b.lua", [{ line: 5 }]));
    expect(Math.abs(used - plain)).toBeLessThan(10);
  });

  it("does not pay for conditions", () => {
    const condition = "(function() for i = 1, 1e4 do end end)()";
    const used = fuelOf(engine, (s) => s.debug.setBreakpoints("a.lua", [{ line: 4, condition }]));
    // 3,000 conditions of some 30,000 units each, which is 180 times the program. They share the heap
    // with it: a step of the collector comes elsewhere, and a table of strings that grows earlier has
    // shorter chains.
    expect(Math.abs(used - plain)).toBeLessThan(plain * 0.1);
  });

  it("grows by little for every stop", () => {
    using s = openSession(engine);
    const task = s.run("local n = 0\nfor i = 1, 100 do\n  n = n + i\nend\nreturn n", 3);
    const before = s.guest.usage.fuel;
    for (let i = 0; i < 99; i++) s.debug.continue();
    const each = (s.guest.usage.fuel - before) / 99;
    s.debug.continue();
    expect([task.value, each < 250]).toEqual([5050, true]);
  });
});

describe("limits hold", () => {
  it.each([
    ["fuel", { fuel: 200_000 }, "while true do\n  local x = 1\nend", "LIMIT_FUEL"],
    [
      "memory",
      { memoryBytes: 4e6 },
      "local t = {}\nwhile true do\n  t[#t + 1] = ('x'):rep(1000) .. #t\nend",
      "LIMIT_MEMORY",
    ],
    ["depth", { callDepth: 500 }, "local function f(n)\n  return 1 + f(n + 1)\nend\nreturn f(1)", "LIMIT_DEPTH"],
    ["calls", { hostCalls: 10 }, "while true do\n  test.echo(1)\nend", "LIMIT_CALLS"],
  ])("of %s", async (_, limits, source, code) => {
    using s = openSession(engine, {}, { limits });
    s.debug.setBreakpoints("a.lua", [{ line: 2, condition: "false" }]);
    await expect(s.run(source).result()).rejects.toMatchObject({ code });
    using next = engine.createGuest();
    expect(next.run("return 42").value).toBe(42);
  });
});
