import { afterAll, describe, expect, it } from "vitest";
import { createLuaEngine } from "../index.js";
import { openSession } from "./testing/session.js";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

const SOURCE = `local function never()
  return "never"
end

local function odd(n)
  if n % 2 == 1 then
    return true
  end
  return false
end

local count = 0
for i = 1, 5 do
  if odd(i) then count = count + 1 end
end
return count
`;

describe("line coverage", () => {
  it("says which lines with code ran, and how often", () => {
    using guest = engine.createGuest();
    const recorder = guest.startCoverage();
    expect(guest.run(SOURCE, { name: "c.lua" }).value).toBe(3);
    const { sources, ratio } = recorder.stop();
    expect(sources.map(({ source, lines }) => [source, Object.fromEntries(lines)])).toEqual([
      ["c.lua", { 2: 0, 3: 1, 6: 5, 7: 3, 9: 2, 10: 1, 12: 1, 13: 6, 14: 5, 16: 1 }],
    ]);
    expect(ratio).toBeCloseTo(9 / 10);
  });

  it("is written as LCOV", () => {
    using guest = engine.createGuest();
    const recorder = guest.startCoverage();
    guest.run("local x = 1\nif x > 1 then\n  x = 2\nend", { name: "d.lua" });
    expect(recorder.stop().lcov("t")).toBe(
      "TN:t\nSF:d.lua\nDA:1,1\nDA:2,1\nDA:3,0\nDA:4,1\nLF:4\nLH:3\nend_of_record\n",
    );
  });

  it("counts functions that run in tasks, coroutines and callbacks", async () => {
    using s = openSession(engine);
    s.debug.detach();
    const recorder = s.guest.startCoverage();
    const task = s.run(`spawn(function()
  local a = test.wait("a")
  return a
end)
local co = coroutine.wrap(function()
  return 1
end)
co()
test.apply(function()
  return 2
end, 1)`);
    s.host.resolve("a", 1);
    await task.result();
    const lines = recorder.stop().sources[0]?.lines;
    expect([2, 3, 6, 10].map((line) => lines?.get(line))).toEqual([1, 1, 1, 1]);
  });

  it("adds up runs of the same source, and works beside a debugger and a profiler", () => {
    using s = openSession(engine);
    const recorder = s.guest.startCoverage();
    const profiler = s.guest.startProfiler({ kind: "exact" });
    s.run("local x = 1\nreturn x", 2);
    s.debug.continue();
    s.run("local x = 1\nreturn x");
    s.debug.continue();
    expect(Object.fromEntries(recorder.stop().sources[0]?.lines ?? [])).toEqual({ 1: 2, 2: 2 });
    expect(profiler.stop().functions()).toMatchObject([{ count: 1 }, { count: 1 }]);
  });

  it("can be read when the guest is gone", async () => {
    const guest = engine.createGuest({ limits: { fuel: 100_000 } });
    const recorder = guest.startCoverage();
    await expect(
      guest.run("local n = 0\nwhile true do\n  n = n + 1\nend", { name: "e.lua" }).result(),
    ).rejects.toMatchObject({
      code: "LIMIT_FUEL",
    });
    guest[Symbol.dispose]();
    const coverage = recorder.stop();
    expect(coverage.sources[0]?.lines.get(3)).toBeGreaterThan(100);
    expect(recorder.stop()).toBe(coverage);
  });
});
