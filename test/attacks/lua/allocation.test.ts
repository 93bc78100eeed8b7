import { afterAll, describe, expect, it } from "vitest";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";
import { failAllocations } from "./allocator.js";
import { endOf, fingerprint, type End } from "./harness.js";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

/** The memory of a new guest: no limit can be lower. */
const FIRST_HEAP = 28 * 65_536;
const FOREVER = 0x7fff_ffff;
/** More allocations than any of the scripts makes. */
const MANY = 5_000;

const SCRIPTS: Readonly<Record<string, { source: string; value: unknown }>> = {
  "values of every kind": {
    source: `
      local t = { 1, "two", x = { y = ("z"):rep(50) } }
      for i = 1, 20 do t[i] = function() return t, i end end
      local s = table.concat({ "a", "b", tostring(1.5), ("%d %s"):format(7, "x") }, ",")
      local f, problem = load("return ...")
      if not f then error(problem, 0) end
      local out = ("hello world"):gsub("%w+", function(w) return w:upper() end)
      table.sort(t, function(a, b) return tostring(a) < tostring(b) end)
      return { s, f(3), out }`,
    value: ["a,b,1.5,7 x", 3, "HELLO WORLD"],
  },
  "coroutines, closers and caught errors": {
    source: `
      local log = {}
      local co = coroutine.wrap(function(...)
        local c <close> = setmetatable({}, { __close = function() log[#log + 1] = "closed" end })
        for i = 1, 3 do coroutine.yield({ i, ... }) end
        error({ "failed" })
      end)
      for i = 1, 3 do log[#log + 1] = co("x")[1] end
      local ok, e = pcall(co)
      if e ~= "not enough memory" then log[#log + 1] = e[1] end
      setmetatable({}, { __gc = function() log.collected = {} end })
      collectgarbage()
      return #log`,
    value: 5,
  },
  "host calls, handles, promises and waits": {
    source: `
      local box = test.open()
      local label = box:label()
      local values = test.echo({ 1, { a = "b" }, box, ("x"):rep(100) })
      local p = promise.all({ spawn(function() return test.wait("a") end), test.wait_async("b") })
      local both = await(p)
      local _, e = pcall(test.fail)
      return { label, values[2].a, both[1], both[2], e.code }`,
    value: ["box 1", "b", "answer", "answer", "TOOL_FAILED"],
  },
};

describe.each(Object.entries(SCRIPTS))("every allocation refused in turn: %s", (_, { source, value }) => {
  it.each([
    ["once, with the attempt after the emergency collection", 2],
    ["and every later one too", FOREVER],
  ])("%s", async (_name, refusals) => {
    const clean = await fingerprint(engine, "basic");
    const { ends, looks } = await sweep(source, refusals);
    expect(new Set([...looks, await fingerprint(engine, "basic")])).toEqual(new Set([clean]));
    expect(ends.at(-1)).toEqual({ code: "fine", value });
    expect(ends.length).toBeGreaterThan(50);
    expect(ends.length).toBeLessThan(MANY);
    expect(ends.filter(({ code }) => code !== "fine" && code !== "LIMIT_MEMORY")).toEqual([]);
    expect(ends.filter(({ code }) => code === "LIMIT_MEMORY").length).toBeGreaterThan(ends.length / 2);
  });
});

/** Refuses the first allocation, then the second, … until none is left to refuse; every fifth time looks at the next guest. */
async function sweep(source: string, refusals: number): Promise<{ ends: End[]; looks: string[] }> {
  const ends: End[] = [];
  const looks: string[] = [];
  for (let granted = 0; granted < MANY; granted++) {
    const host = new TestHost();
    const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host });
    const allocator = failAllocations(guest, granted, refusals);
    ends.push(await endOf(guest, host, source));
    const left = allocator.left();
    guest[Symbol.dispose]();
    if (granted % 5 === 0) looks.push(await fingerprint(engine, "basic"));
    if (left >= 0) break;
  }
  return { ends, looks };
}

it("the memory limit in steps of 2 KiB: every guest ends well or with LIMIT_MEMORY", async () => {
  const clean = await fingerprint(engine, "basic");
  const source = `
    local t = {}
    for i = 1, 6000 do t[i] = { ("x"):rep(i % 97) .. i } end
    return #table.concat({ #t, test.say_twice("a"), await(spawn(function() return test.wait("k") end)) }, ",")`;
  const ends: string[] = [];
  for (let memoryBytes = FIRST_HEAP; ends.at(-1) !== "fine"; memoryBytes += 2_048) {
    const host = new TestHost();
    const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host, limits: { memoryBytes } });
    ends.push((await endOf(guest, host, source)).code);
    guest[Symbol.dispose]();
  }
  expect(await fingerprint(engine, "basic")).toBe(clean);
  expect(new Set(ends)).toEqual(new Set(["LIMIT_MEMORY", "fine"]));
  expect(ends.length).toBeGreaterThan(20);
});
