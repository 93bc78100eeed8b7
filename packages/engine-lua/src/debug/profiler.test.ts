import type { Profile, ProfilerOptions } from "@llmspell/engine";
import { afterAll, describe, expect, it } from "vitest";
import { createLuaEngine } from "../index.js";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

function profileOf(source: string, options?: ProfilerOptions): { profile: Profile; value: unknown; fuel: number } {
  using guest = engine.createGuest();
  const profiler = guest.startProfiler(options);
  const task = guest.run(source, { name: "p.lua" });
  if (task.state !== "fulfilled") throw task.error ?? new Error("it waits");
  return { profile: profiler.stop(), value: task.value, fuel: guest.usage.fuel };
}

const named = (profile: Profile, name: string) => profile.functions().find((cost) => cost.name === name);

const HOT = `local function cheap() local x = 0 for i = 1, 10 do x = x + i end return x end
local function hot() local x = 0 for i = 1, 1000 do x = x + i * i % 7 end return x end
local function both() cheap() local r = hot() return r end
local sum = 0
for i = 1, 300 do sum = sum + both() end
return sum`;

describe.each(["sampled", "exact"] as const)("a %s profile", (kind) => {
  const run = (source: string) => profileOf(source, { kind, everyFuel: 1_000 });

  it("finds the hot function and the path to it", () => {
    const { profile, fuel } = run(HOT);
    const [first] = profile.functions();
    expect(first).toMatchObject({ name: "hot", source: "p.lua", line: 2 });
    expect((first?.self ?? 0) / fuel).toBeGreaterThan(0.9);
    expect(named(profile, "both")?.total).toBeGreaterThan(first?.self ?? 0);
    expect(profile.hotPaths(1)).toMatchObject([
      { functions: ["main chunk (p.lua:0)", "both (p.lua:3)", "hot (p.lua:2)"] },
    ]);
    expect(profile.functions("total")[0]?.name).toBe("main chunk");
  });

  it("adds up to the fuel that was used, within a sample", () => {
    const { profile, fuel } = run(HOT);
    expect(profile.fuel).toBeGreaterThan(fuel * 0.95);
    expect(profile.fuel).toBeLessThanOrEqual(fuel);
  });

  it("is the same on every run, and changes neither result nor, much, fuel", () => {
    using guest = engine.createGuest();
    const plain = guest.run(HOT, { name: "p.lua" });
    const { used } = { used: guest.usage.fuel };
    const [a, b] = [run(HOT), run(HOT)];
    expect([a.value, a.profile.folded()]).toEqual([plain.value, b.profile.folded()]);
    expect(Math.abs(a.fuel - used)).toBeLessThan(10);
  });

  it("counts recursion once in totals", () => {
    const { profile, fuel } = run(
      "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end\nlocal r = fib(18)\nreturn r",
    );
    const fib = named(profile, "fib");
    expect(fib?.total).toBeLessThanOrEqual(fuel);
    expect(fib?.total).toBe(fib?.self);
  });

  it("is written as folded stacks and for speedscope", () => {
    const { profile } = run(HOT);
    const lines = profile.folded().trim().split("\n");
    expect(lines.every((line) => /^[^;]+(;[^;]+)* \d+$/.test(line))).toBe(true);
    expect(lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0)).toBe(profile.fuel);
    const { shared, profiles } = JSON.parse(profile.speedscope());
    expect(profiles[0].samples.length).toBe(profiles[0].weights.length);
    expect(Math.max(...profiles[0].samples.flat())).toBe(shared.frames.length - 1);
    expect(profiles[0].endValue).toBe(profile.fuel);
  });

  it("says where memory is taken", () => {
    const { profile } = run(`local kept = {}
local function hoard() for i = 1, 200 do kept[#kept + 1] = ("x"):rep(100) .. #kept end end
local function frugal() local x = 0 for i = 1, 2000 do x = x + i end return x end
for i = 1, 50 do hoard() frugal() end
return #kept`);
    const allocated = profile.functions().toSorted((a, b) => b.allocated - a.allocated);
    expect(allocated.find(({ source }) => source !== "")?.name).toBe("hoard");
  });

  it("names nothing of the engine's own library", () => {
    const { profile } = run("local f = coroutine.wrap(function() for i = 1, 1e4 do end end) f() return 1");
    expect(profile.folded()).not.toMatch(/llmspell|async\.lua/);
  });

  it("can be stopped early, twice, and after the guest is gone", () => {
    const guest = engine.createGuest();
    const profiler = guest.startProfiler({ kind });
    guest.run(HOT);
    guest[Symbol.dispose]();
    using other = engine.createGuest();
    other.run("return 1");
    expect(profiler.stop()).toBe(profiler.stop());
    expect(other.run("return 42").value).toBe(42);
  });
});

describe("an exact profile", () => {
  const exact = (source: string) => profileOf(source, { kind: "exact" }).profile;

  it("counts every call", () => {
    const profile = exact(HOT);
    expect(["cheap", "hot", "both", "main chunk"].map((name) => named(profile, name)?.count)).toEqual([
      300, 300, 300, 1,
    ]);
    expect(named(exact("for i = 1, 7 do pcall(tostring, i) end return 1"), "pcall")?.count).toBe(7);
  });

  it("is right with tail calls", () => {
    const profile = exact(`local function last() local x = 0 for i = 1, 500 do x = x + i end return x end
local function middle(...) return last(...) end
local function first() local r = middle(1, 2, 3) return r end
first()
local function loop(n) if n > 0 then return loop(n - 1) end end
loop(1000)
return 1`);
    expect(profile.folded()).toMatch(/first \(p\.lua:3\);function <1> \(p\.lua:1\) \d+/);
    expect(named(profile, "loop")?.count).toBe(1001);
    // A thousand tail calls are no deeper than one.
    expect(profile.folded()).not.toMatch(/loop.*;loop/);
  });

  it("is right after errors that unwind calls", () => {
    const profile = exact(`local function deep(n) if n == 0 then error("x") end local r = deep(n - 1) return r end
for i = 1, 20 do pcall(deep, 10) end
local function after() for i = 1, 1000 do end end
after()
return 1`);
    expect(profile.folded()).toMatch(/^main chunk \(p\.lua:0\);after \(p\.lua:3\) \d+$/m);
    expect(named(profile, "deep")?.count).toBe(220);
  });

  it("gives the work of a coroutine to what resumes it", () => {
    const profile = exact(`local function work() local x = 0 for i = 1, 100 do x = x + i end return x end
local co = coroutine.wrap(function() while true do work() coroutine.yield() end end)
local function driver() for i = 1, 50 do co() end end
driver()
return 1`);
    expect(profile.folded()).toMatch(/driver \(p\.lua:3\);[^\n]*work \(p\.lua:1\) \d+/);
    expect(named(profile, "driver")?.total).toBeGreaterThan(named(profile, "work")?.self ?? 0);
    expect(named(profile, "work")?.count).toBe(50);
  });

  it("stays bounded in deep recursion and with many paths", () => {
    const profile = exact("local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end return f(20000)");
    expect(named(profile, "f")?.count).toBe(20_001);
    expect(
      Math.max(
        ...profile
          .folded()
          .split("\n")
          .map((line) => line.split(";").length),
      ),
    ).toBeLessThanOrEqual(501);
  });
});

it("wrong options are refused", () => {
  using guest = engine.createGuest();
  expect(() => guest.startProfiler({ everyFuel: 10 })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  using _ = guest.startProfiler();
  expect(() => guest.startProfiler()).toThrow(expect.objectContaining({ code: "ALREADY_EXISTS" }));
});
