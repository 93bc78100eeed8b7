import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import {
  Float,
  type Guest,
  type NullMode,
  type NullRules,
  type ScriptValue,
  type ValueOptions,
} from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";

const engine = createLuaEngine();
const guests: Guest[] = [];
afterAll(() => {
  for (const guest of guests) guest[Symbol.dispose]();
  engine[Symbol.dispose]();
});

function newGuest(values: ValueOptions = {}): Guest {
  const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host: new TestHost(), values });
  guests.push(guest);
  return guest;
}

describe("null", () => {
  const CUSTOM: NullRules = { fields: "drop", alone: "keep", holes: "refuse" };
  const SEEN =
    "local n = llmspell.null return { alone == nil, alone == n, object.a == nil, object.a == n, list[2] == n, #list, #list == 3 }";

  it.each<[NullMode | NullRules, boolean, boolean, boolean, boolean]>([
    ["lenient", true, false, true, false],
    ["strict", true, false, false, true],
    ["js", false, true, false, true],
    [CUSTOM, false, true, true, false],
  ])("enters in mode %j as that mode says, and always stays in arrays", async (nulls, ...expected) => {
    const guest = newGuest({ nulls });
    guest.setGlobal("alone", null);
    guest.setGlobal("object", { a: null });
    guest.setGlobal("list", [1, null, 3]);
    expect(await guest.run(SEEN).result()).toEqual([...expected, true, 3, true]);
  });

  it.each<[NullMode | NullRules]>([["lenient"], ["strict"], ["js"], [CUSTOM]])(
    "undefined is nothing in mode %j",
    async (nulls) => {
      const guest = newGuest({ nulls });
      guest.setGlobal("object", { a: undefined });
      expect(await guest.run("return object.a == nil").result()).toBe(true);
    },
  );

  it.each<[NullMode | NullRules]>([["strict"], ["js"]])("in fields survives both ways in mode %j", (nulls) => {
    const guest = newGuest({ nulls });
    const value = { a: null, b: { c: null, d: [null] } };
    guest.setGlobal("v", value);
    expect(guest.getGlobal("v")).toEqual(value);
  });

  it("leaves as null from holes, or is refused with its place", async () => {
    expect(await newGuest().run("return { a = { 1, nil, 3 } }").result()).toEqual({ a: [1, null, 3] });
    for (const nulls of ["strict", CUSTOM] as const) {
      const guest = newGuest({ nulls });
      await expect(guest.run("return { a = { 1, nil, 3 } }").result()).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: "the result.a[2] is nil, a hole in an array",
      });
      expect(await guest.run("return { 1, llmspell.null, 3 }").result()).toEqual([1, null, 3]);
    }
  });
});

describe("floats", () => {
  const exact = newGuest({ floats: "exact" });

  it.each([
    ["3", 3],
    ["3.0", new Float(3)],
    ["-0.0", new Float(-0)],
    ["1e15", new Float(1e15)],
    ["2.0^60", new Float(2 ** 60)],
    ["0.5", 0.5],
    ["1/0", Infinity],
    ["(1 << 53) + 1", 2n ** 53n + 1n],
    ["{ 1.0, 2 }", [new Float(1), 2]],
    ["{ [1.5] = 1.0 }", { "1.5": new Float(1) }],
  ])("exact: %s comes out as it is", async (source, expected) => {
    expect(await exact.run(`return ${source}`).result()).toEqual(expected);
  });

  it("exact: every number of Lua survives Lua → host → Lua", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.maxSafeInteger()), async (n) => {
        const source = `local function same(a) local b = test.echo(a) return math.type(a) == math.type(b) and a == b and 1/a == 1/b end
          local n = string.unpack("d", string.pack("d", ${Object.is(n, -0) ? "-0.0" : Number.isFinite(n) ? n.toPrecision(17) : n > 0 ? "1/0" : "-1/0"}))
          return same(n) and (math.tointeger(n) == nil or same(math.tointeger(n)))`;
        expect(await exact.run(source).result()).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("by default a whole float comes out as a number, and goes in as an integer", async () => {
    const guest = newGuest();
    expect(await guest.run("return { 3.0, math.type(test.echo(3.0)), math.type(test.echo(3.5)) }").result()).toEqual([
      3,
      "integer",
      "float",
    ]);
  });

  it.each([[{}], [{ floats: "exact" as const }]])("a Float goes in as a float with %j", async (options) => {
    const guest = newGuest(options);
    guest.setGlobal("v", { x: new Float(3), y: [new Float(-1)] });
    expect(await guest.run("return math.type(v.x) .. math.type(v.y[1]) .. v.x").result()).toBe("floatfloat3.0");
  });

  it("a Float counts and writes as its number", () => {
    expect(Number(new Float(3)) + 1).toBe(4);
    expect(JSON.stringify({ n: new Float(3) })).toBe('{"n":3}');
  });
});

describe("empty tables", () => {
  it.each<[ValueOptions["emptyTables"], string, ScriptValue]>([
    ["object", "{}", {}],
    ["object", "llmspell.array()", []],
    ["array", "{}", []],
    ["array", "{ a = {} }", { a: [] }],
    ["array", "{ { {} } }", [[[]]]],
    ["object", "llmspell.array({ x = 1 })", { x: 1 }],
  ])("as %s: %s", async (emptyTables, table, expected) => {
    expect(
      await newGuest(emptyTables === undefined ? {} : { emptyTables })
        .run(`return ${table}`)
        .result(),
    ).toEqual(expected);
  });
});

describe("large tables", () => {
  it("of 100,000 entries cross both ways, within a bound of fuel", async () => {
    const guest = newGuest();
    const list = Array.from({ length: 100_000 }, (_, i) => i);
    const object = Object.fromEntries(list.map((n) => [`key${n}`, n]));
    guest.setGlobal("list", list);
    guest.setGlobal("object", object);
    expect(await guest.run("return { #list, list[100000], object.key99999 }").result()).toEqual([
      100_000, 99_999, 99_999,
    ]);
    expect(guest.getGlobal("list")).toEqual(list);
    expect(guest.getGlobal("object")).toEqual(object);
    // About what the guest's own code would cost: under 40 units an entry and way.
    expect(guest.usage.fuel).toBeLessThan(40 * 4 * 100_000);
  });

  it("the length of an array of the host is right, nulls at its end included", async () => {
    const guest = newGuest();
    for (const list of [[], [1], [null], [1, null], [null, null, null], Array.from({ length: 1_000 }, () => null)]) {
      guest.setGlobal("list", list);
      expect(await guest.run("return #list").result()).toBe(list.length);
    }
  });
});
