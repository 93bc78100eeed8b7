import { afterAll, describe, expect, it } from "vitest";
import type { GuestOptions } from "@llmspell/engine";
import { createLuaEngine } from "@llmspell/engine-lua";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

async function lua(source: string, options: GuestOptions = {}): Promise<unknown> {
  const guest = engine.createGuest(options);
  try {
    return await guest.run(source, { name: "spell.lua" }).result();
  } finally {
    guest[Symbol.dispose]();
  }
}

/** Asks for a mode; the answer is the one before it. */
const MODE = 'return collectgarbage("incremental")';
const GARBAGE = "for i = 1, 20000 do local t = { i, { i } } end";

async function fuelOf(options: GuestOptions): Promise<number> {
  const guest = engine.createGuest(options);
  await guest.run(GARBAGE).result();
  const { fuel } = guest.usage;
  guest[Symbol.dispose]();
  return fuel;
}

describe("what a script may say to the collector", () => {
  it("is to collect, to count, to step, and how to work", async () => {
    expect(
      await lua('return { collectgarbage(), collectgarbage("count") > 10, collectgarbage("step", 1) ~= nil }'),
    ).toEqual([0, true, true]);
    expect(
      await lua(
        'return { collectgarbage("generational"), collectgarbage("incremental", 150, 200, 12), collectgarbage("isrunning") }',
      ),
    ).toEqual(["incremental", "generational", true]);
  });

  it.each(["stop", "restart", "setpause", "setstepmul", "stopp", ""])("is not to %s", async (option) => {
    await expect(lua(`collectgarbage("${option}")`)).rejects.toMatchObject({
      code: "SCRIPT_ERROR",
      message: expect.stringContaining(`'${option}' is not available`),
      details: { line: 1 },
    });
  });

  it.each(["{}", "1", "print", "setmetatable({}, { __eq = function() return true end })"])(
    "is no %s",
    async (option) => {
      await expect(lua(`collectgarbage(${option})`)).rejects.toMatchObject({ code: "SCRIPT_ERROR" });
    },
  );

  it.each([
    'collectgarbage("incremental", 0, 0, 0)',
    'collectgarbage("incremental", 1000, 1, 60)',
    'collectgarbage("incremental", -1, -1, -1)',
    'collectgarbage("generational", 0, 0)',
    'collectgarbage("generational", 255, 100000)',
    'collectgarbage("step", math.maxinteger)',
  ])("leaves the limits in force: %s", async (setting) => {
    const limits = { memoryBytes: 4 * 1024 * 1024, fuel: 30_000_000 };
    // Garbage alone never reaches the limit of memory, however late it is collected.
    const ended = await lua(`${setting} for i = 1, 20000 do local s = ("x"):rep(1000) .. i end return "fine"`, {
      limits,
    }).catch((error: { code: string }) => error.code);
    expect(["fine", "LIMIT_FUEL"]).toContain(ended);
    const full = lua(`${setting} local t = {} while true do t[#t + 1] = ("x"):rep(1000) .. #t end`, { limits });
    await expect(full).rejects.toMatchObject({ code: expect.stringMatching(/^LIMIT_(MEMORY|FUEL)$/) });
  });
});

describe("the host's choice of a collector", () => {
  it("is the mode the script finds", async () => {
    expect(await lua(MODE)).toBe("incremental");
    expect(await lua(MODE, { gc: "balanced" })).toBe("incremental");
    expect(await lua(MODE, { gc: "low-latency" })).toBe("incremental");
    expect(await lua(MODE, { gc: "high-throughput" })).toBe("generational");
    expect(await lua(MODE, { gc: { mode: "generational", minorMultiplier: 40 } })).toBe("generational");
  });

  it("reaches the collector: an eager one works more than a lazy one", async () => {
    const eager = await fuelOf({ gc: { mode: "incremental", pause: 100, stepMultiplier: 400 } });
    const lazy = await fuelOf({ gc: { mode: "incremental", pause: 1000 } });
    expect(eager).toBeGreaterThan(lazy);
  });

  it("is the same work on every run", async () => {
    for (const gc of ["balanced", "low-latency", "high-throughput"] as const) {
      expect(await fuelOf({ gc })).toBe(await fuelOf({ gc }));
    }
  });

  it("stays with a guest that is restored or forked", async () => {
    const guest = engine.createGuest({ gc: "balanced" });
    await guest.run('collectgarbage("generational")').result();
    const [fork] = guest.fork(1);
    const restored = engine.restore(guest.snapshot(), { gc: "low-latency" });
    for (const each of [fork, restored]) {
      expect(await each?.run(MODE).result()).toBe("generational");
      each?.[Symbol.dispose]();
    }
    guest[Symbol.dispose]();
  });

  it("does not reach the next guest, and neither does the script's", async () => {
    const before = await fuelOf({});
    await fuelOf({ gc: "high-throughput" });
    await lua('collectgarbage("incremental", 100, 1000, 8)');
    await lua('collectgarbage("generational")');
    expect(await lua(MODE)).toBe("incremental");
    expect(await fuelOf({})).toBe(before);
  });

  it.each([
    ["fast", /^gc must be one of balanced, low-latency, high-throughput, adaptive/],
    ["toString", /^gc must be one of/],
    [{ mode: "manual" }, /^gc must be one of/],
    [{ mode: "incremental", pause: 0 }, "gc.pause must be a whole number from 1 to 1000, not 0"],
    [{ mode: "incremental", stepSize: 60 }, "gc.stepSize must be a whole number from 1 to 24, not 60"],
    [{ mode: "generational", majorMultiplier: Number.NaN }, /^gc.majorMultiplier must be/],
    [{ mode: "generational", minorMultiplier: 1.5 }, /^gc.minorMultiplier must be/],
  ])("%j is refused before there is a guest", (gc, message) => {
    const { created, reused } = engine.pool;
    expect(() => engine.createGuest({ gc: gc as never })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringMatching(message) }),
    );
    expect(engine.pool).toMatchObject({ created, reused });
  });
});

describe("the adaptive collector", () => {
  const gc = "adaptive";
  // What follows ends slices outside the collector, where it is adapted.
  const PAUSE = "for i = 1, 1000000 do local n = i end ";
  const GROW = `kept = {} for i = 1, 100000 do kept[i] = { "x" .. i } end ${PAUSE}`;
  const SHRINK = `kept = nil for i = 1, 300000 do local t = { i } end ${PAUSE}`;

  it("is generational while the heap is small, incremental while it is large, and back", async () => {
    expect(await lua(MODE, { gc })).toBe("generational");
    expect(await lua(GROW + MODE, { gc })).toBe("incremental");
    expect(await lua(GROW + SHRINK + MODE, { gc })).toBe("generational");
  });

  it("leaves a script alone that chooses a mode itself", async () => {
    expect(await lua(`collectgarbage("generational") ${GROW} ${MODE}`, { gc })).toBe("generational");
    expect(await lua(GROW + MODE)).toBe("incremental");
    expect(await lua(`collectgarbage("generational") ${GROW} ${MODE}`)).toBe("generational");
  });

  it("does less work than the balanced one on a small heap, and the same on every run", async () => {
    expect(await fuelOf({ gc })).toBeLessThan(await fuelOf({}));
    expect(await fuelOf({ gc })).toBe(await fuelOf({ gc }));
  });

  it("does not reach the next guest", async () => {
    await lua(GROW, { gc });
    await lua("return 1", { gc });
    expect(await lua(GROW + SHRINK + MODE)).toBe("incremental");
  });
});

describe("finalizers", () => {
  it("that fail do not disturb the script", async () => {
    expect(
      await lua(
        'for i = 1, 100 do setmetatable({}, { __gc = function() error("x") end }) end collectgarbage() return "fine"',
      ),
    ).toBe("fine");
  });

  it.each(["incremental", "generational"])("that never end are ended, in %s mode", async (mode) => {
    const source = `collectgarbage("${mode}") setmetatable({}, { __gc = function() while true do end end }) while true do local t = {} end`;
    await expect(lua(source, { limits: { fuel: 2_000_000 } })).rejects.toMatchObject({ code: "LIMIT_FUEL" });
  });
});
