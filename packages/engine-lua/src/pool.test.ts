import { afterAll, describe, expect, it } from "vitest";
import { EMPTY_BINDINGS, withGuest } from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";
import { withFirstInstance } from "./testing/white-box.js";

const engine = createLuaEngine({ pool: { max: 4 } });
afterAll(() => engine[Symbol.dispose]());

const CHECK = `
  local t = {}
  for i = 1, 200 do t[i] = (i * 7919) % 211 end
  table.sort(t)
  local s = table.concat(t, ","):gsub("%d+", function(d) return d + 1 end)
  return { #s, s:sub(1, 12), math.random(1 << 30), test.say_twice("x") }`;

function check(): Promise<unknown> {
  const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host: new TestHost() });
  return guest
    .run(CHECK)
    .result()
    .finally(() => guest[Symbol.dispose]());
}

/** Each leaves the interpreter in the middle of something else. */
const KILLS = [
  "while true do pcall(function() while true do end end) end",
  'while true do pcall(string.find, ("a"):rep(30), ("a?"):rep(30) .. ("a"):rep(30)) end',
  "table.sort({ 2, 1 }, function() while true do pcall(function() while true do end end) end end)",
  "setmetatable({}, { __gc = function() while true do end end }) while true do pcall(collectgarbage) end",
  "table.move({}, 1, math.maxinteger - 1, 2)",
  "local function f() while true do pcall(coroutine.wrap(f)) end end f()",
  "while true do pcall(function() local c <close> = setmetatable({}, { __close = function() while true do end end }) while true do end end) end",
  "while true do pcall(load, function() while true do end end) end",
];

describe("the pool", () => {
  it("gives right results after each of 300 kills", async () => {
    const expected = await check();
    const before = engine.pool.created;
    for (let i = 0; i < 300; i++) {
      const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, limits: { fuel: 20_000 + i * 37 } });
      const error: unknown = await guest
        .run(KILLS[i % KILLS.length] ?? "")
        .result()
        .catch((e: unknown) => e);
      expect(error).toMatchObject({ code: "LIMIT_FUEL" });
      guest[Symbol.dispose]();
      expect(await check()).toEqual(expected);
    }
    expect(engine.pool.created - before).toBeLessThanOrEqual(30);
  }, 30_000);

  it("stays flat over 2,000 guests that succeed, fail, wait and are killed", async () => {
    const ends = ["return 1", 'error("x")', "return (", 'return test.wait("a")', "while true do end"];
    await check();
    const { created, discarded } = engine.pool;
    const memory = process.memoryUsage();
    for (let i = 0; i < 2_000; i++) {
      const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host: new TestHost(), limits: { fuel: 10_000 } });
      const task = guest.run(ends[i % ends.length] ?? "");
      void task.result().catch(() => {});
      guest[Symbol.dispose]();
    }
    expect(engine.pool.created - created).toBeLessThanOrEqual(1);
    expect(engine.pool.discarded - discarded).toBeLessThanOrEqual(1);
    expect(engine.pool.idle).toBeLessThanOrEqual(4);
    // An instance takes 1.75 MB: a leak of 1 % of the guests would be 30 MB.
    expect(process.memoryUsage().external - memory.external).toBeLessThan(30 * 1024 * 1024);
  });

  it("never hands one instance to two guests", async () => {
    const guests = Array.from({ length: 10 }, () => engine.createGuest());
    for (const [i, guest] of guests.entries()) guest.setGlobal("id", i);
    expect(guests.map((guest) => guest.getGlobal("id"))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const guest of guests) {
      guest[Symbol.dispose]();
      guest[Symbol.dispose]();
    }
    expect(engine.pool.idle).toBeLessThanOrEqual(8); // 4 for each of two sets of bindings
    const [a, b] = [engine.createGuest(), engine.createGuest()];
    a.setGlobal("id", "a");
    expect(b.getGlobal("id")).toBeNull();
    a[Symbol.dispose]();
    b[Symbol.dispose]();
  });

  it("does not keep an instance whose memory has grown", async () => {
    const guest = engine.createGuest();
    await guest.run('big = ("x"):rep(4 << 20) return 1').result();
    const { discarded } = engine.pool;
    guest[Symbol.dispose]();
    expect(engine.pool.discarded).toBe(discarded + 1);
  });

  it("keeps nothing when its size is 0, and guests work all the same", async () => {
    const bare = createLuaEngine({ pool: { max: 0 } });
    for (let i = 0; i < 3; i++) {
      const guest = bare.createGuest();
      expect(await guest.run("return 1").result()).toBe(1);
      guest[Symbol.dispose]();
      expect(bare.pool.idle).toBe(0);
    }
    bare[Symbol.dispose]();
  });

  it("keeps guests of different bindings apart", async () => {
    const plain = engine.createGuest();
    expect(await plain.run("return test == nil").result()).toBe(true);
    plain[Symbol.dispose]();
    const bound = engine.createGuest({ bindings: PROMISE_BINDINGS });
    expect(await bound.run("return test ~= nil").result()).toBe(true);
    bound[Symbol.dispose]();
  });

  it("takes back the guests that are still out when its engine is disposed", async () => {
    const short = createLuaEngine();
    const guest = short.createGuest();
    short[Symbol.dispose]();
    expect(await guest.run("return 1").result()).toBe(1);
    guest[Symbol.dispose]();
    expect(short.pool.idle).toBe(0);
  });
});

describe("a guest for a while", () => {
  it("comes back at the end of its block, and of withGuest, on every path", async () => {
    using lua = createLuaEngine({ pool: { maxGuests: 1 } });
    {
      using guest = lua.createGuest();
      expect(await guest.run("return 1").result()).toBe(1);
    }
    expect(await withGuest(lua, {}, (guest) => guest.run("return 2").result())).toBe(2);
    await expect(withGuest(lua, {}, (guest) => guest.run("error('x')").result())).rejects.toThrow("x");
    await expect(
      withGuest(lua, {}, () => {
        throw new Error("y");
      }),
    ).rejects.toThrow("y");
    expect(lua.pool).toMatchObject({ live: 0, idle: 1, served: 4, created: 1, reused: 3 });
  });

  it("is waited for when too many live", async () => {
    using lua = createLuaEngine({ pool: { maxGuests: 2 } });
    let peak = 0;
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        withGuest(lua, {}, async (guest) => {
          peak = Math.max(peak, lua.pool.live);
          await new Promise<void>((resolve) => void setImmediate(resolve));
          return await guest.run(`return ${i}`).result();
        }),
      ),
    );
    expect(results).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(peak).toBe(2);
    expect(lua.pool).toMatchObject({ live: 0, peakLive: 2, created: 2, waits: 18 });
  });

  it("does not exist beyond the cap of its engine", () => {
    using lua = createLuaEngine({ pool: { maxGuests: 1 } });
    using guest = lua.createGuest();
    expect(guest.state).toBe("ready");
    expect(() => lua.createGuest()).toThrow(expect.objectContaining({ code: "LIMIT_GUESTS" }));
  });
});

describe("the health check of a Lua instance", () => {
  it("keeps instances after guests of all kinds, and they stay right", async () => {
    using lua = createLuaEngine({ pool: { checkEvery: 1 } });
    for (const source of ["return 1", 'error("x")', "while true do end", "t = {} for i = 1, 5000 do t[i] = {} end"]) {
      using guest = lua.createGuest({ limits: { fuel: 1_000_000 } });
      await guest
        .run(source)
        .result()
        .catch(() => {});
    }
    expect(lua.pool).toMatchObject({ created: 1, reused: 3, discarded: 0 });
  });

  it("discards one that holds a byte that no reset has seen", () => {
    using lua = createLuaEngine({ pool: { checkEvery: 1 } });
    withFirstInstance((instance) => {
      using guest = lua.createGuest();
      expect(guest.state).toBe("ready");
      instance().u8[1_400_000] = 1;
    });
    expect(lua.pool).toMatchObject({ idle: 0, discardedBy: { unhealthy: 1 } });
  });
});

describe("bindings of every run's own", () => {
  it("do not keep instances for ever", () => {
    using lua = createLuaEngine({ pool: { maxBindings: 2 } });
    for (let i = 0; i < 6; i++) lua.createGuest({ bindings: { ...EMPTY_BINDINGS } })[Symbol.dispose]();
    expect(lua.pool).toMatchObject({ idle: 2, discardedBy: { evicted: 4 } });
  });

  it("can be made ready ahead", () => {
    using lua = createLuaEngine();
    lua.warmUp({ bindings: PROMISE_BINDINGS }, 3);
    expect(lua.pool).toMatchObject({ idle: 3, created: 3, served: 0 });
    using guest = lua.createGuest({ bindings: PROMISE_BINDINGS });
    expect(guest.state).toBe("ready");
    expect(lua.pool).toMatchObject({ idle: 2, created: 3, hitRatio: 1 });
  });
});
