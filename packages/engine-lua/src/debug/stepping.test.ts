import { afterAll, describe, expect, it } from "vitest";
import { createLuaEngine } from "../index.js";
import { openSession, type Session } from "./testing/session.js";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

type Move = "stepIn" | "stepOver" | "stepOut" | "continue";

/** The lines at which the guest stands, the first one included. */
function walk(s: Session, ...moves: Move[]): (number | undefined)[] {
  const lines = [s.debug.stopped?.line];
  for (const move of moves) {
    if (s.debug.stopped === undefined) break;
    s.debug[move]();
    lines.push(s.debug.stopped?.line);
  }
  return lines;
}

const CALLS = `local function leaf(x)
  local y = x + 1
  return y
end
local function middle(x)
  local a = leaf(x)
  local b = leaf(a)
  return a + b
end
local r = middle(1)
return r`;

describe("stepping", () => {
  it("goes into functions, over them and out of them", () => {
    using s = openSession(engine);
    const task = s.run(CALLS, 10);
    expect(walk(s, "stepIn", "stepIn", "stepIn", "stepOut", "stepOver", "stepOver", "stepOver")).toEqual([
      10,
      6,
      2,
      3,
      7,
      8,
      11,
      undefined,
    ]);
    expect(task.value).toBe(5);
  });

  it("ends early at a breakpoint", () => {
    using s = openSession(engine);
    s.run(CALLS, 10, 3);
    expect(walk(s, "stepOver", "stepOut", "stepOver", "stepOver")).toEqual([10, 3, 7, 3, 8]);
    expect(s.stops.map(({ reason }) => reason)).toEqual(["breakpoint", "breakpoint", "step", "breakpoint", "step"]);
  });

  it("over a recursive function stays in its frame", () => {
    using s = openSession(engine);
    s.run(
      "local function f(n)\n  if n == 0 then return 0 end\n  local r = f(n - 1)\n  return r + n\nend\nreturn f(20), 1",
    );
    s.debug.setBreakpoints("a.lua", [{ line: 3, condition: "n == 5" }]);
    const task = s.run(
      "local function f(n)\n  if n == 0 then return 0 end\n  local r = f(n - 1)\n  return r + n\nend\nreturn f(20), 1",
    );
    expect(s.value("n")).toBe("5");
    s.debug.stepOver();
    expect([s.debug.stopped?.line, s.value("n"), s.value("r")]).toEqual([4, "5", "10"]);
    s.debug.stepOut();
    expect([s.debug.stopped?.line, s.value("n"), s.value("r")]).toEqual([4, "6", "15"]);
    s.debug.continue();
    expect(task.state).toBe("fulfilled");
  });

  it("over a tail call does not stop in the function that takes the place", () => {
    using s = openSession(engine);
    s.run(
      "local function g()\n  local x = 1\n  return x\nend\nlocal function f(...)\n  return g(...)\nend\nlocal r = f(1, 2)\nreturn r",
      6,
    );
    expect(walk(s, "stepOver", "stepOver")).toEqual([6, 9, undefined]);
  });

  it("over a call that waits goes on in the same task when the answer is there", async () => {
    using s = openSession(engine);
    const task = s.run(
      `local p = spawn(function()
  local x = 1
  x = x + 1
end)
local a = test.wait("a")
local b = await(p)
return a`,
      5,
    );
    s.debug.stepOver();
    // The other task has run meanwhile; the step is not its own.
    expect([s.debug.stopped, s.guest.state]).toEqual([undefined, "suspended"]);
    s.host.resolve("a", 1);
    await new Promise(setImmediate);
    expect(walk(s, "stepOver", "stepOver")).toEqual([6, 7, undefined]);
    expect(await task.result()).toBe(1);
  });

  it("over a yield goes on where the coroutine was resumed, and into it again", () => {
    using s = openSession(engine);
    const task = s.run(
      `local co = coroutine.create(function()
  local x = coroutine.yield(1)
  return x
end)
local _, one = coroutine.resume(co)
local _, two = coroutine.resume(co, 2)
return one + two`,
      2,
    );
    expect(walk(s, "stepOver", "stepIn", "stepOver", "stepOver", "stepOver")).toEqual([2, 6, 3, 7, undefined]);
    expect(task.value).toBe(3);
  });

  it("out of a coroutine goes to what resumed it", () => {
    using s = openSession(engine);
    s.run("local f = coroutine.wrap(function()\n  local x = 1\n  return x\nend)\nlocal r = f()\nreturn r", 2);
    expect(walk(s, "stepOut", "stepOut")).toEqual([2, 6, undefined]);
  });

  it("into a call of the engine's own library stays in the script", () => {
    using s = openSession(engine);
    s.run(
      "local f = async(function()\n  local x = 1\n  return x\nend)\nlocal p = f()\nlocal r = await(p)\nreturn r",
      5,
    );
    // The started function is another task: it runs, but the step is not its own.
    expect(walk(s, "stepIn", "stepIn", "stepIn")).toEqual([5, 6, 7, undefined]);
    expect(s.stops.every(({ source }) => source === "a.lua")).toBe(true);
  });

  it("an error that unwinds the frame ends in the function that catches it", () => {
    using s = openSession(engine);
    s.run("local function f()\n  error('x')\nend\nlocal ok = pcall(f)\nreturn ok", 2);
    expect(walk(s, "stepOver", "stepOver")).toEqual([2, 5, undefined]);
  });
});

describe("pause", () => {
  it("stops at the first line of what runs next", () => {
    using s = openSession(engine);
    s.debug.pause();
    const task = s.run("local a = 1\nreturn a");
    expect([s.stops[0]?.reason, s.lines()]).toEqual(["pause", [1]]);
    s.debug.continue();
    expect(task.value).toBe(1);
  });

  it("asked for in a call of the host stops at the next line", () => {
    using s = openSession(engine);
    s.host.onCall = () => s.debug.pause();
    s.run("local a = 1\ntest.echo(1)\na = 2\nreturn a");
    expect([s.stops[0]?.reason, s.lines()]).toEqual(["pause", [3]]);
  });

  it("stops an endless loop between two time slices", async () => {
    const pause = (resume: () => void): void => void setImmediate(resume);
    using s = openSession(engine, {}, { host: { pause }, limits: { fuel: 1e12 } });
    s.run("local n = 0\nwhile true do\n  n = n + 1\nend");
    setImmediate(() => s.debug.pause());
    while (s.debug.stopped === undefined) await new Promise(setImmediate);
    expect([s.debug.stopped.reason, Number(s.value("n")) > 0]).toEqual(["pause", true]);
  });
});

describe("an error that nothing catches", () => {
  it("stops before the stack is gone, when asked to", async () => {
    using s = openSession(engine, { breakOnError: "uncaught" });
    const task = s.run(
      "local function f(x)\n  local y = x.field.deep\n  return y\nend\npcall(f)\nlocal z = f({ a = 1 })",
    );
    expect(s.stops).toMatchObject([
      { reason: "error", line: 2, isHeld: true, error: expect.stringContaining("field") },
    ]);
    expect([s.names(), s.variables("Locals"), s.value("x.a")]).toEqual([["f", "main chunk"], ["x={ a = 1 }"], "1"]);
    s.debug.continue();
    await expect(task.result()).rejects.toMatchObject({ code: "SCRIPT_ERROR", details: { line: 2 } });
  });

  it("does not stop when not asked to", () => {
    using s = openSession(engine);
    expect(s.run("error('x')").state).toBe("rejected");
    expect(s.stops).toEqual([]);
  });
});
