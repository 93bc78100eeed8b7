import { describe, expect, it } from "vitest";
import {
  allOf,
  anyOf,
  approximately,
  assertFits,
  contains,
  equals,
  every,
  explainMisfit,
  fit,
  fitMatchers,
  hasLength,
  hasShape,
  isA,
  matches,
  not,
  satisfies,
  type Expected,
} from "./matchers.js";

const fits: readonly [name: string, expected: Expected, good: readonly unknown[], bad: readonly unknown[]][] = [
  ["contains a part of a text", contains("rain"), ["it rains", ["rain"]], ["snow", 7, ["it rains"], undefined]],
  ["contains an item", contains({ id: 1 }), [[{ id: 1, more: 2 }]], [[], [{ id: 2 }], "id"]],
  ["matches an expression", matches(/^a+$/g), ["aaa", "a"], ["b", "", 7, null]],
  ["matches a text that is one", matches(String.raw`^\p{L}+$`), ["abcé"], ["a1", ["a"]]],
  ["approximately", approximately(3.14, 0.01), [3.145, 3.14], [3.2, "3.14", Number.NaN]],
  ["approximately, by a millionth", approximately(1e9), [1e9 + 999], [1e9 + 1001]],
  [
    "approximately zero and infinity",
    anyOf(approximately(0), approximately(Infinity)),
    [0, Infinity],
    [1e-9, -Infinity],
  ],
  ["has a shape", hasShape({ a: { b: 1 } }), [{ a: { b: 1, c: 2 }, d: 3 }], [{ a: { b: 2 } }, { a: 1 }, null, []]],
  ["has the shape of a list", hasShape([1, isA("text")]), [[1, "x"]], [[1], [1, "x", 2], ["x", 1], {}]],
  ["does not take what is inherited", hasShape({ toString: isA("anything") }), [{ toString: 1 }], [{}]],
  [
    "equals",
    equals({ a: [1, { b: Number.NaN }] }),
    [{ a: [1, { b: Number.NaN }] }],
    [{ a: [1, { b: 1 }] }, { a: [1, { b: Number.NaN }], c: 1 }],
  ],
  [
    "equals bytes and dates",
    equals({ at: new Date(5), raw: new Uint8Array([1]) }),
    [{ at: new Date(5), raw: new Uint8Array([1]) }],
    [
      { at: new Date(6), raw: new Uint8Array([1]) },
      { at: new Date(5), raw: new Uint8Array([2]) },
    ],
  ],
  ["any of several", anyOf(1, /x/, { a: 1 }), [1, "axb", { a: 1, b: 2 }], [2, "y", { a: 2 }]],
  ["all of several", allOf(isA("text"), hasLength(3), not("abc")), ["xyz"], ["abc", "xy", 3]],
  ["not", not(contains("secret")), ["fine", 7], ["a secret"]],
  ["every item", every(isA("integer")), [[1, 2], [], { a: 1 }], [[1, 1.5], "12", { a: "x" }]],
  ["a length", hasLength(satisfies("above 1", (n) => Number(n) > 1)), ["ab", [1, 2], { a: 1, b: 2 }], ["a", [], {}, 5]],
  ["kinds", anyOf(isA("null"), isA("boolean"), isA("list")), [null, true, []], [undefined, 0, {}]],
  ["nothing there", { gone: isA("nothing") }, [{}, { gone: undefined }], [{ gone: null }]],
];

describe("matchers", () => {
  it.each(fits)("TK-3: %s", (_, expected, good, bad) => {
    expect([good.map((value) => fit(value, expected)), bad.map((value) => fit(value, expected).length > 0)]).toEqual([
      good.map(() => []),
      bad.map(() => true),
    ]);
    expect(good.map((value) => explainMisfit(value, expected))).toEqual(good.map(() => undefined));
  });

  it("TK-3: are predicates", () => {
    expect(["rain", "snow", "raindrop"].filter(contains("rain"))).toEqual(["rain", "raindrop"]);
  });

  it("TK-3: name the path of every mismatch", () => {
    const value = { items: [{ name: "tea", price: 3 }, { name: "cake" }], total: 3 };
    const expected = { items: [{ price: approximately(4) }, { name: /^c/, price: isA("number") }], total: anyOf(4, 5) };
    expect(fit(value, expected)).toEqual([
      { path: "items[0].price", expected: "about 4 (± 0.000004)", actual: "3" },
      { path: "items[1].price", expected: "a number", actual: "nothing" },
      { path: "total", expected: "4 or 5", actual: "3" },
    ]);
    expect(fit([1, 2, 3], [1, 2])).toEqual([{ path: "[2]", expected: "nothing more", actual: "3" }]);
    expect(fit([1], [1, "x"])).toEqual([{ path: "[1]", expected: '"x"', actual: "nothing" }]);
  });

  it("TK-3: a failure shows the difference", () => {
    const value = { city: "Rome", days: [{ rain: true }, { rain: false }], note: "It snows." };
    const wanted = { city: "Paris", days: [{ rain: true }, { rain: true }], note: contains("rain") };
    expect(() => assertFits(value, wanted, "the forecast")).toThrow(
      [
        "the forecast is not as expected",
        'city: expected "Paris", got "Rome"',
        "days[1].rain: expected true, got false",
        'note: expected a text or list that contains "rain", got "It snows."',
        "",
        "- expected",
        "+ actual",
        "",
        " {",
        "-  city: 'Paris',",
        "+  city: 'Rome',",
        "   days: [",
        "     {",
        "       rain: true",
        "     },",
        "     {",
        "-      rain: true",
        "+      rain: false",
        "     }",
        "   ],",
        '-  note: ‹a text or list that contains "rain"›',
        "+  note: 'It snows.'",
        " }",
      ].join("\n"),
    );
  });

  it("TK-3: a difference leaves out what is the same, and what is too much", () => {
    const long = Array.from({ length: 30 }, (_, i) => i);
    const reason = explainMisfit({ long, end: 1 }, equals({ long: long.with(3, -1), end: 1 })) ?? "";
    expect(reason).toContain("-    -1,\n+    3,");
    expect(reason.split("\n").filter((line) => line === "…")).toHaveLength(2);
    const many =
      explainMisfit(
        Array.from({ length: 5000 }, () => 0),
        every(1),
      ) ?? "";
    expect(many.split("\n")).toHaveLength(21);
    expect(many).toContain("and 4980 more");
    const half =
      explainMisfit(
        Array.from({ length: 300 }, (_, i) => i % 2),
        every(1),
      ) ?? "";
    expect(half.split("\n")).toHaveLength(21 + 4 + 201);
    expect(explainMisfit("x".repeat(10_000), "y")?.length).toBeLessThan(600);
  });

  it("TK-3: what is too much or missing in an equal value is drawn too", () => {
    expect(explainMisfit({ a: 1, b: 2 }, equals({ a: 1, c: 3 }))).toBe(
      [
        "c: expected 3, got nothing",
        "b: expected nothing, got 2",
        "",
        "- expected",
        "+ actual",
        "",
        " {",
        "   a: 1,",
        "-  c: 3",
        "+  b: 2",
        " }",
      ].join("\n"),
    );
    expect(fit(JSON.parse('{"__proto__": 1}'), equals({}))).toEqual([
      { path: "__proto__", expected: "nothing", actual: "1" },
    ]);
  });

  it("TK-3: extend expect of a test runner", () => {
    expect(fitMatchers.toFit({ a: 1 }, { a: 1 }).pass).toBe(true);
    expect(fitMatchers.toFit({ a: 1 }, { a: 1 }).message()).toBe("expected not an object like { a: 1 }, got { a: 1 }");
    expect(fitMatchers.toFit({ a: 1 }, { a: 2 })).toMatchObject({ pass: false });
    expect.extend(fitMatchers);
    type Extended = { toFit(expected: Expected): void; not: Extended };
    const check = expect as unknown as (value: unknown) => Extended;
    const rain = (): Extended => check({ a: "rain" });
    rain().toFit({ a: contains("ai") });
    rain().not.toFit({ a: contains("x") });
    expect(() => rain().toFit({ a: "snow" })).toThrow('a: expected "snow", got "rain"');
  });

  it("TK-3: the error of an assertion is one that programs can read", () => {
    expect(() => assertFits(1, 2)).toThrow(
      expect.objectContaining({
        code: "ASSERTION_FAILED",
        details: { mismatches: [{ path: "", expected: "2", actual: "1" }] },
      }),
    );
    expect(() => isA("thing" as "text")).toThrow("there is no kind 'thing'");
  });

  it("tells of any number of mismatches with one copy of the value", () => {
    const wanted = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, i]));
    expect(explainMisfit({}, equals(wanted))).toMatch(/^k0: expected 0, got nothing\n[^]*\nand 19980 more$/);
    const value = { rows: Array.from({ length: 20_000 }, () => ({ n: 1 })) };
    expect(explainMisfit(value, { rows: every({ n: 2 }) })).toContain("rows[0].n: expected 2, got 1");
    expect(value.rows.every(({ n }) => n === 1)).toBe(true);
  });
});
