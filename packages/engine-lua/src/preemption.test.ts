import { afterAll, describe, expect, it } from "vitest";
import type { Guest } from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

async function withGuest<T>(body: (guest: Guest) => Promise<T>): Promise<T> {
  const host = new TestHost();
  const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host, limits: { fuel: 20_000_000, timeMs: 20_000 } });
  try {
    return await body(guest);
  } finally {
    guest[Symbol.dispose]();
  }
}

const lua = (source: string): Promise<unknown> =>
  withGuest((guest) => guest.run(source, { name: "spell.lua" }).result());

describe("preemption", () => {
  it("a task that spins does not stop another one", async () => {
    expect(
      await lua(`
      local stop, spins = false, 0
      spawn(function() while not stop do spins = spins + 1 end end)
      local other = spawn(function() for i = 1, 3 do promise.yield() end stop = true return "done" end)
      local result = await(other)
      return { result, spins > 0 }`),
    ).toEqual(["done", true]);
  });

  it("a coroutine of the script that spins, however deep, does not stop another task", async () => {
    expect(
      await lua(`
      local stop, spins = false, 0
      local function nest(depth)
        if depth == 0 then while not stop do spins = spins + 1 end return "spun" end
        return coroutine.wrap(nest)(depth - 1)
      end
      local spinner = spawn(nest, 4)
      local other = spawn(function() for i = 1, 3 do promise.yield() end stop = true return "done" end)
      return { await(other), await(spinner), spins > 0 }`),
    ).toEqual(["done", "spun", true]);
  });

  it("the end of a time slice is never seen by the script", async () => {
    expect(
      await lua(`
      local seen = 0
      local co = coroutine.wrap(function() for i = 1, 2e6 do end coroutine.yield("value") for i = 1, 2e6 do end return "end" end)
      local t = { 3, 1, 2 }
      table.sort(t, function(a, b)
        local inner = coroutine.wrap(function() for i = 1, 1e6 do end return a < b end)
        return inner()
      end)
      return { co(), co(), table.concat(t, ",") }`),
    ).toEqual(["value", "end", "1,2,3"]);
  });

  it("takes no event from a hook that the script sets afterwards", async () => {
    using guest = engine.createGuest({ sandbox: "none", limits: { fuel: 20_000_000, timeMs: 20_000 } });
    const source = `
      local lines = 0
      for i = 1, 2e6 do end
      debug.sethook(function() lines = lines + 1 end, "l")
      local a = 0
      a = 1
      debug.sethook()
      return lines`;
    expect(await guest.run(source).result()).toBe(3);
  });

  it("no other task sees what the library does halfway", async () => {
    expect(
      await lua(`
      local function work(n) for i = 1, n do await(spawn(function() return i end)) end return n end
      local all = {}
      for i = 1, 4 do all[i] = spawn(work, 1500) end
      return await(promise.all(all))`),
    ).toEqual([1500, 1500, 1500, 1500]);
  });

  it("a script cannot pass its code off as the library's", async () => {
    expect(await lua('return select(2, pcall(load, "return 1", "@[llmspell wait]"))')).toContain("the engine's own");
  });

  it("two tasks that spin both make progress, inside pcall and metamethods too", async () => {
    expect(
      await lua(`
      local a, b = 0, 0
      local t = setmetatable({}, { __index = function() while b < 1000 do a = a + 1 end return a end })
      local p = spawn(function() return pcall(function() return t.x end) end)
      local q = spawn(function() while a < 1000 do b = b + 1 end b = b + 1000 return b end)
      return { await(p), await(q) >= 1000 }`),
    ).toEqual([true, true]);
  });

  it("endless tasks end together at the limit", async () => {
    const host = new TestHost();
    const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host, limits: { fuel: 6_000_000 } });
    const task = guest.run(`
      local function spin(name) return function() local n = 0 while true do n = n + 1 if n % 10000 == 0 then test.report(name) end end end end
      spawn(spin("a")) spawn(spin("b"))`);
    await expect(task.result()).rejects.toMatchObject({ code: "LIMIT_FUEL" });
    expect(new Set(host.reports)).toEqual(new Set(["a", "b"]));
    guest[Symbol.dispose]();
  });
});
