import { describe, expect, it } from "vitest";
import type { GuestOptions, GuestUsage, ScriptValue } from "@llmspell/engine";
import { createLuaEngine, type LuaEngine } from "@llmspell/engine-lua";

const CACHE = { chunkCacheBytes: 1024 * 1024 };

/** A program that is long enough to be kept, makes garbage and looks at addresses. */
const PROGRAM = `
local function step(t, i) t[i] = { name = "n" .. i, { i } } return #t end
${"local function unused() return { 1, 2, 'three', x = function() return 4.5 end } end\n".repeat(60)}
local t = {}
for i = 1, 3000 do step(t, i) end
local order = {}
for k in pairs({ [{}] = 1, [{}] = 2, [t] = 3, a = 4, b = 5 }) do order[#order + 1] = tostring(k) end
return { #t, order, tostring(t), collectgarbage("count") }`;

interface Ran {
  readonly value: ScriptValue | undefined;
  readonly error: unknown;
  readonly usage: GuestUsage;
}

function run(engine: LuaEngine, source: string, name = "spell.lua", options: GuestOptions = {}): Ran {
  const guest = engine.createGuest(options);
  const task = guest.run(source, { name });
  const { value, error } = task;
  const usage = guest.usage;
  guest[Symbol.dispose]();
  return { value, error, usage };
}

describe("a source that runs again", () => {
  it("is not parsed again, and gives the same result, fuel and memory", () => {
    const engine = createLuaEngine(CACHE);
    const first = run(engine, PROGRAM);
    expect(first.error).toBeUndefined();
    expect(engine.chunkCache).toMatchObject({ hits: 0, misses: 1, entries: 1 });
    for (let hits = 1; hits <= 3; hits++) {
      expect(run(engine, PROGRAM)).toEqual(first);
      expect(engine.chunkCache).toMatchObject({ hits, misses: 1, entries: 1 });
    }
    // In another engine it is the first run again.
    expect(run(createLuaEngine(CACHE), PROGRAM)).toEqual(first);
  });

  it("is found by its content, whoever holds the text", () => {
    const engine = createLuaEngine(CACHE);
    run(engine, PROGRAM);
    run(engine, [...PROGRAM].join(""));
    run(engine, `\uFEFF${PROGRAM}`);
    expect(engine.chunkCache).toMatchObject({ hits: 2, misses: 1 });
    run(engine, `${PROGRAM} `);
    expect(engine.chunkCache).toMatchObject({ hits: 2, misses: 2 });
  });

  it("under another name is another one, as errors must name it right", () => {
    const engine = createLuaEngine(CACHE);
    const failing = `${"local x = 1 do end\n".repeat(150)}error("here")`;
    for (const name of ["a.lua", "b.lua", "b.lua", "a.lua"]) {
      expect(run(engine, failing, name).error).toMatchObject({
        message: "here",
        details: { file: name, line: 151, sourceLine: 'error("here")', stack: [{ file: name, line: 151 }] },
      });
    }
    expect(engine.chunkCache).toMatchObject({ hits: 1, misses: 3, entries: 1 });
  });

  it("costs about the fuel that it costs without a cache", () => {
    const plain = run(createLuaEngine(), PROGRAM).usage.fuel;
    const { fuel } = run(createLuaEngine(CACHE), PROGRAM).usage;
    expect(Math.abs(fuel / plain - 1)).toBeLessThan(0.05);
  });

  it("shares nothing between guests but its code", () => {
    const engine = createLuaEngine(CACHE);
    const source = `${"local a = 'text'\n".repeat(150)} count = (count or 0) + 1 local up = 0 return { count, (function() up = up + 1 return up end)() }`;
    for (let i = 0; i < 3; i++) expect(run(engine, source).value).toEqual([1, 1]);
  });
});

describe("what is not kept", () => {
  it("is a short source, a very long one, and one that does not compile", () => {
    const engine = createLuaEngine(CACHE);
    expect(run(engine, "return 1").value).toBe(1);
    expect(run(engine, `return 1 --${"x".repeat(300_000)}`).value).toBe(1);
    expect(engine.chunkCache).toEqual({ hits: 0, misses: 0, entries: 0, bytes: 0 });
    const broken = `${"local x = 1\n".repeat(190)}\nlocal =${" ".repeat(1_000)}`;
    for (let i = 0; i < 2; i++) {
      expect(run(engine, broken).error).toMatchObject({ code: "SYNTAX_ERROR", details: { line: 192 } });
    }
    expect(engine.chunkCache).toMatchObject({ entries: 0 });
    expect(run(engine, `\x1bLua${"x".repeat(5_000)}`).error).toMatchObject({ code: "SYNTAX_ERROR" });
    expect(run(engine, `return ${"(".repeat(100_000)}`).error).toMatchObject({ code: "SYNTAX_ERROR" });
    expect(run(engine, PROGRAM).error).toBeUndefined();
  });

  it("is more than fits: the source used longest ago goes first", () => {
    const source = (i: number): string => `return ${i} --${"x".repeat(3_000)}`;
    const engine = createLuaEngine({ chunkCacheBytes: 20_000 });
    for (let i = 0; i < 10; i++) {
      run(engine, source(i));
      run(engine, source(0));
      expect(engine.chunkCache?.bytes).toBeLessThanOrEqual(20_000);
    }
    expect(engine.chunkCache).toMatchObject({ hits: 10, misses: 10 });
    expect(engine.chunkCache?.entries).toBeLessThan(4);
    const tiny = createLuaEngine({ chunkCacheBytes: 1 });
    for (let i = 0; i < 2; i++) expect(run(tiny, PROGRAM).error).toBeUndefined();
    expect(tiny.chunkCache).toMatchObject({ hits: 0, misses: 2, entries: 0, bytes: 0 });
  });

  it("is anything without the option", () => {
    const engine = createLuaEngine();
    run(engine, PROGRAM);
    expect(engine.chunkCache).toBeUndefined();
  });
});

describe("a guest that cannot afford to parse a source", () => {
  it("ends at its limit, whether the source is kept or not", () => {
    const large = `local t = { ${"{ 'text', 1.5 }, ".repeat(12_000)} } return #t`;
    for (const limits of [{ fuel: 10_000 }, { memoryBytes: 1_850_000 }]) {
      const engine = createLuaEngine(CACHE);
      const first = run(engine, large, "spell.lua", { limits });
      expect(first.error).toMatchObject({ code: expect.stringMatching(/^LIMIT_(FUEL|MEMORY)$/) });
      expect(run(engine, large).value).toBe(12_000);
      expect(run(engine, large, "spell.lua", { limits })).toEqual(first);
    }
  });
});

it("Lua's own compiler folds constants: what is known when it compiles costs nothing when it runs", () => {
  const perThousand = (expression: string): number => {
    const engine = createLuaEngine();
    const fuel = (n: number): number => run(engine, `for i = 1, ${n} do local x = ${expression} end`).usage.fuel;
    return fuel(2_000) - fuel(1_000);
  };
  expect(perThousand("2 * 3 + 1 << 4")).toBe(perThousand("112"));
  expect(perThousand("i * 3 + 1 << 4")).toBeGreaterThan(perThousand("112"));
});

it("compiled code is still not taken from a guest", async () => {
  const engine = createLuaEngine(CACHE);
  const { value } = run(
    engine,
    `${PROGRAM.replace(/return \{ #t[^]*$/, "")} return { string.dump == nil, (load("\\27Lua")) }`,
  );
  expect(value).toEqual([true]);
});
