import { afterAll, describe, expect, it } from "vitest";
import type { GuestOptions } from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

async function lua(source: string, options: GuestOptions = {}): Promise<unknown> {
  const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host: new TestHost(), ...options });
  try {
    return await guest.run(source, { name: "spell.lua" }).result();
  } finally {
    guest[Symbol.dispose]();
  }
}

describe("error values survive", () => {
  it.each(["pcall(error, v)", "pcall(function() error(v, 0) end)", "pcall(function() error(v) end)"])(
    "%s gives back the very value, whatever it is",
    async (call) => {
      const source = `
        local kinds = {}
        for _, v in ipairs({ {}, print, coroutine.create(print), 1, 1.5, true, test.open("x"), setmetatable({}, { __tostring = error }) }) do
          local ok, e = ${call}
          kinds[#kinds + 1] = not ok and rawequal(e, v)
        end
        return kinds`;
      expect(await lua(source)).toEqual([true, true, true, true, true, true, true, true]);
    },
  );

  it("through coroutines, promises, xpcall handlers and closes", async () => {
    const source = `
      local v = setmetatable({}, { __tostring = function() error("never asked") end })
      local function fail() local c <close> = setmetatable({}, { __close = function() end }) error(v) end
      local _, wrapped = pcall(coroutine.wrap(fail))
      local _, resumed = coroutine.resume(coroutine.create(fail))
      local _, awaited = pcall(await, spawn(fail))
      local _, handled = xpcall(fail, function(e) return e end)
      return { rawequal(wrapped, v), rawequal(resumed, v), rawequal(awaited, v), rawequal(handled, v) }`;
    expect(await lua(source)).toEqual([true, true, true, true]);
  });

  it("and a handler sees the stack of the error", async () => {
    const source = `
      local function inner() error("x") end
      local ok, trace = xpcall(function() inner() end, debug.traceback)
      local _, method = xpcall(("x").rep, function(e) return "handled: " .. e end, "x", -1, {}, 1)
      return { trace, (select(2, xpcall(error, function(e) return e .. "!" end, "y"))) }`;
    const [trace, text] = (await lua(source)) as string[];
    expect(trace).toMatch(/^spell\.lua:2: x\nstack traceback:[^]*spell\.lua:2: in (upvalue|local) 'inner'/);
    expect(text).toBe("y!");
  });

  it("that fail to print themselves end the spell with an error that can be shown", async () => {
    for (const method of ["error('again')", "return 1", "while true do end", "return nil"]) {
      const source = `error(setmetatable({ message = "told" }, { __tostring = function() ${method} end, __name = "x" }))`;
      await expect(lua(source, { limits: { fuel: 1_000_000 } })).rejects.toMatchObject({
        code: "SCRIPT_ERROR",
        message: "told",
      });
    }
  });

  it("that fail to print themselves do so for the script as well, within its limits", async () => {
    const hostile = "setmetatable({}, { __tostring = function() while true do end end })";
    expect(
      await lua("return (select(2, pcall(tostring, setmetatable({}, { __tostring = function() return {} end }))))"),
    ).toBe("'__tostring' must return a string");
    await expect(lua(`print(${hostile})`, { limits: { fuel: 100_000 } })).rejects.toMatchObject({ code: "LIMIT_FUEL" });
    await expect(lua(`error(tostring(${hostile}))`, { limits: { fuel: 100_000 } })).rejects.toMatchObject({
      code: "LIMIT_FUEL",
    });
  });

  it("and a handler that fails again and again ends", async () => {
    expect(await lua('return (xpcall(error, function(e) error(e) end, "x"))')).toBe(false);
    const limits = { fuel: 200_000 };
    await expect(lua('xpcall(error, function() while true do end end, "x")', { limits })).rejects.toMatchObject({
      code: "LIMIT_FUEL",
    });
  });
});

describe("load is metered", () => {
  const limits = { fuel: 3_000_000, memoryBytes: 8 * 1024 * 1024 };

  it.each([
    ["a source that never ends", 'load(function() return "x = 1 " end)'],
    ["a source of spaces that never ends", 'load(function() return (" "):rep(1000) end)'],
    [
      "a comment that never ends",
      'local first = true load(function() if first then first = false return "--[[" end return "x" end)',
    ],
    ["a name that never ends", 'load(function() return "a" end)'],
    [
      "a text that never ends",
      'local first = true load(function() if first then first = false return "return [[" end return ("x"):rep(1000) end)',
    ],
    ["a reader that never returns", "load(function() while true do end end)"],
    ["a huge source", 'load("return " .. ("1 + "):rep(1000000) .. "1")'],
    ["many sources", 'while true do load("return " .. ("1, "):rep(100) .. "1") end'],
  ])("%s ends at a limit", async (_, source) => {
    await expect(lua(source, { limits })).rejects.toMatchObject({
      code: expect.stringMatching(/^LIMIT_(FUEL|MEMORY)$/),
    });
  });

  it("costs in proportion to the source", async () => {
    const fuel = async (n: number): Promise<number> => {
      const guest = engine.createGuest();
      await guest.run(`local s = ("x = 1 "):rep(${n}) return load(s) ~= nil`).result();
      const used = guest.usage.fuel;
      guest[Symbol.dispose]();
      return used;
    };
    const [small, large] = [await fuel(100), await fuel(10_000)];
    expect(large).toBeGreaterThan(30 * small);
    expect(large).toBeGreaterThan(10_000 * 6);
  });

  it.each([
    ["(", ")", "1"],
    ["{", "}", ""],
    ["f(", ")", ""],
    ["function() return ", " end", "1"],
    ["- ", "", "1"],
    ["not ", "", "1"],
    ["1 .. ", "", "1"],
    ["2 ^ ", "", "1"],
  ])("nesting %j too deeply is an error that can be caught", async (open, close, middle) => {
    const source = `local f, e = load("return " .. ("${open}"):rep(50000) .. "${middle}" .. ("${close}"):rep(50000)) return { f == nil, e }`;
    expect(await lua(source)).toEqual([true, expect.stringMatching(/C stack overflow|too many C levels|overflow/)]);
  });

  it("names a loaded chunk as the script did, and quotes only what the host gave", async () => {
    const failing = (name: string): string => `\nload("\\n\\nerror('x')", "${name}")()`;
    await expect(lua(failing("=inner.lua"))).rejects.toMatchObject({
      details: {
        file: "inner.lua",
        line: 3,
        stack: [
          { file: "inner.lua", line: 3 },
          { file: "spell.lua", line: 2 },
        ],
      },
    });
    const error = await lua(failing("=inner.lua")).catch((thrown: { details: object }) => thrown);
    expect((error as { details: object }).details).not.toHaveProperty("sourceLine");
  });
});

describe("the source line of an error", () => {
  it("is the line itself, at most 200 characters of it", async () => {
    const long = `local x = "${"y".repeat(500)}" error("z")`;
    await expect(lua(`\n${long}`)).rejects.toMatchObject({ details: { line: 2, sourceLine: long.slice(0, 200) } });
    await expect(lua("\r\nerror('x')  \r\n")).rejects.toMatchObject({ details: { sourceLine: "error('x')" } });
  });

  it("is left out when two sources had the same name, or the line is none of them", async () => {
    const guest = engine.createGuest();
    const failure = async (source: string, name: string): Promise<object> =>
      await guest
        .run(source, { name })
        .result()
        .then(
          () => ({}),
          ({ details }: { details: object }) => details,
        );
    expect(await failure("error('a')", "a.lua")).toMatchObject({ sourceLine: "error('a')" });
    expect(await failure("error('a')", "a.lua")).toMatchObject({ sourceLine: "error('a')" });
    expect(await failure("error('other')", "a.lua")).not.toHaveProperty("sourceLine");
    expect(await failure("error('forged.lua:1: x', 0)", "forged.lua")).toMatchObject({ line: 1 });
    for (const line of [0, 99, 1e300]) {
      expect(await failure(`error('b.lua:${line}: x', 0)`, "b.lua")).not.toHaveProperty("sourceLine");
    }
    guest[Symbol.dispose]();
  });

  it("is found for any of many sources of a guest, and forgotten for the oldest", async () => {
    const guest = engine.createGuest();
    for (let i = 0; i < 300; i++) await guest.run(`function f${i}() error("${i}") end`, { name: `s${i}.lua` }).result();
    await expect(guest.run("f299()").result()).rejects.toMatchObject({
      details: { file: "s299.lua", sourceLine: 'function f299() error("299") end' },
    });
    const { details } = (await guest
      .run("f0()")
      .result()
      .catch((error: { details: object }) => error)) as { details: object };
    expect(details).toMatchObject({ file: "s0.lua", line: 1 });
    expect(details).not.toHaveProperty("sourceLine");
    guest[Symbol.dispose]();
  });
});

describe("what a task used", () => {
  it("is known when it has ended, well or not", async () => {
    const guest = engine.createGuest();
    const small = guest.run("return 1");
    const large = guest.run('kept = {} for i = 1, 10000 do kept[i] = "x" .. i end');
    const failed = guest.run("for i = 1, 1000 do end error('x')");
    await failed.result().catch(() => {});
    for (const { usage } of [small, large, failed]) {
      expect(usage?.durationMs).toBeGreaterThanOrEqual(0);
      expect(usage?.fuel).toBeGreaterThan(0);
    }
    expect(large.usage?.fuel).toBeGreaterThan(small.usage?.fuel ?? Infinity);
    expect(large.usage?.memoryDelta).toBeGreaterThan(100_000);
    // The rest is the scheduler's own between tasks.
    const sum = [small, large, failed].reduce((fuel, { usage }) => fuel + (usage?.fuel ?? 0), 0);
    expect(sum).toBeLessThanOrEqual(guest.usage.fuel);
    expect(sum).toBeGreaterThan(guest.usage.fuel - 1_000);
    guest[Symbol.dispose]();
  });

  it("is absent while it waits, and includes the wait", async () => {
    const host = new TestHost();
    const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host });
    const task = guest.run('test.wait("x")');
    expect(task.usage).toBeUndefined();
    await new Promise((resolve) => setTimeout(resolve, 20));
    host.resolve("x");
    await task.result();
    expect(task.usage?.durationMs).toBeGreaterThan(10);
    guest[Symbol.dispose]();
  });

  it("is known of a task that was ended", async () => {
    const guest = engine.createGuest({ limits: { fuel: 100_000 } });
    const task = guest.run("while true do end");
    await expect(task.result()).rejects.toMatchObject({ code: "LIMIT_FUEL" });
    expect(task.usage?.fuel).toBe(100_000);
    guest[Symbol.dispose]();
  });
});
