import { FunctionRef, Handle, type ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { HandleTable } from "./handles.js";
import { describeValue, parseDuration, t, type Type } from "./types.js";

const handles = new HandleTable();
const thing = {};
const thingHandle = handles.add("Thing", thing, "thing-1");
const fn = new FunctionRef(1, () => {});

function check<T>(type: Type<T>, value: ScriptValue): T {
  return type.check(value, ["f: x"], handles);
}

function problem(type: Type<unknown>, value: ScriptValue): string {
  try {
    check(type, value);
  } catch (error) {
    if (error instanceof SpellError) return `${error.code} ${error.message}`;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("what each type takes", () => {
  it.each<[string, Type<unknown>, ScriptValue, unknown]>([
    ["string", t.string, "", ""],
    ["number", t.number, -1.5, -1.5],
    ["integer", t.integer(), -3, -3],
    ["integer at its minimum", t.integer(1), 1, 1],
    ["boolean", t.boolean, false, false],
    ["any", t.any, null, null],
    ["fn", t.fn, fn, fn],
    ["duration as a number", t.duration, 5, 5],
    ["duration as text", t.duration, "2s", 2000],
    ["table", t.table, { a: 1 }, { a: 1 }],
    ["table, empty as a list", t.table, [], {}],
    ["list", t.list(t.number), [1, 2], [1, 2]],
    ["list, empty as a table", t.list(t.number), {}, []],
    ["optional, absent", t.optional(t.string), null, undefined],
    ["optional, there", t.optional(t.string), "x", "x"],
    ["object", t.object({ a: t.string, b: t.optional(t.number) }), { a: "x" }, { a: "x" }],
    ["oneOf", t.oneOf("a", "b"), "b", "b"],
    ["handle", t.handle("Thing"), thingHandle, thing],
    ["handle by id", t.handle("Thing"), "thing-1", thing],
    ["union, first", t.union(t.string, t.list(t.string)), "x", "x"],
    ["union, second", t.union(t.string, t.list(t.string)), ["x"], ["x"]],
  ])("%s", (_, type, value, expected) => {
    expect(check(type, value)).toEqual(expected);
  });

  it("hands out the very object behind a handle", () => {
    expect(check(t.handle("Thing"), thingHandle)).toBe(thing);
  });
});

describe("what each type refuses, and where", () => {
  it.each<[string, Type<unknown>, ScriptValue, string]>([
    ["string", t.string, 1, "f: x must be text, not a number"],
    ["string of bytes", t.string, new Uint8Array(2), "f: x is not valid UTF-8 text"],
    ["number", t.number, "1", "f: x must be a finite number, not text"],
    ["infinity", t.number, Infinity, "f: x must be a finite number, not a number"],
    ["bigint", t.number, 2n ** 60n, "f: x must be a finite number, not an integer"],
    ["fraction", t.integer(), 1.5, "f: x must be an integer, not 1.5"],
    ["below the minimum", t.integer(1), 0, "f: x must be at least 1, not 0"],
    ["boolean", t.boolean, null, "f: x must be a boolean, not nothing"],
    ["fn", t.fn, {}, "f: x must be a function, not a table"],
    ["negative duration", t.duration, -1, 'f: x must be milliseconds or a duration such as "500ms", "5s" or "2m"'],
    ["duration in words", t.duration, "soon", 'f: x must be milliseconds or a duration such as "500ms", "5s" or "2m"'],
    ["table", t.table, [1], "f: x must be a table, not a list"],
    ["handle as a table", t.table, thingHandle, "f: x must be a table, not a Thing"],
    ["list", t.list(t.any), "x", "f: x must be a list, not text"],
    ["element", t.list(t.list(t.string)), [["a"], ["b", 3]], "f: x[2][2] must be text, not a number"],
    ["field", t.object({ a: t.object({ b: t.string }) }), { a: { b: 1 } }, "f: x.a.b must be text, not a number"],
    ["missing field", t.object({ a: t.string }), {}, "f: x.a must be text, not nothing"],
    [
      "unknown field",
      t.object({ a: t.any, b: t.any }),
      { c: 1 },
      "f: x.c is not known here; the known fields are a, b",
    ],
    [
      "inherited field",
      t.object({ a: t.any }),
      { constructor: 1 },
      "f: x.constructor is not known here; the known fields are a",
    ],
    ["oneOf", t.oneOf("a", "b"), "c", "f: x must be one of a, b"],
    ["handle", t.handle("Thing"), 1, "f: x must be a Thing, not a number"],
    ["handle of another kind", t.handle("Other"), thingHandle, "f: x must be an Other, not a Thing"],
    ["union", t.union(t.string, t.fn), 1, "f: x must be string or function, not a number"],
    ["error", t.string, new SpellError("NOT_FOUND", "x"), "f: x must be text, not a table"],
  ])("%s", (_, type, value, message) => {
    expect(problem(type, value)).toBe(`INVALID_ARGUMENT ${message}`);
  });

  it("says so when a handle or an id refers to nothing", () => {
    const gone = new Handle("Thing", 99);
    expect(problem(t.handle("Thing"), gone)).toBe("NOT_FOUND f: x: there is no Thing");
    expect(problem(t.handle("Thing"), "thing-9")).toBe("NOT_FOUND f: x: there is no Thing with the id 'thing-9'");
    expect(problem(t.union(t.fn, t.handle("Thing")), gone)).toBe("NOT_FOUND f: x: there is no Thing");
  });

  it("tells of a union's problem that is deepest inside the value", () => {
    const shallow = t.object({ a: t.string });
    const deep = t.object({ a: t.list(t.integer()) });
    expect(problem(t.union(shallow, deep), { a: [1, "x"] })).toContain("f: x.a[2] must be an integer");
    expect(problem(t.union(deep, shallow), { a: [1, "x"] })).toContain("f: x.a[2] must be an integer");
  });

  it("leaves no trace of a refused branch in the path of a later problem", () => {
    const type = t.object({ a: t.union(t.object({ b: t.string }), t.string), c: t.boolean });
    expect(problem(type, { a: "ok", c: 1 })).toContain("f: x.c must be a boolean");
  });
});

describe("notation and durations", () => {
  it("names itself for the documentation", () => {
    expect(t.list(t.string).notation).toBe("list<string>");
    expect(t.object({ a: t.string, b: t.optional(t.number) }).notation).toBe("{a, b?}");
    expect(t.union(t.string, t.handle("Thing"))).toMatchObject({ notation: "string or Thing", kind: "Thing" });
    expect(t.oneOf("a", "b").notation).toBe('"a" or "b"');
    expect(t.optional(t.fn)).toMatchObject({ notation: "function", optional: true });
  });

  it.each([
    ["500ms", 500],
    ["1.5s", 1500],
    [" 2m ", 120_000],
    ["1h", 3_600_000],
    ["5", undefined],
    ["s", undefined],
    ["-5s", undefined],
    ["5 days", undefined],
  ])("reads the duration '%s'", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each<[ScriptValue | undefined, string]>([
    [undefined, "nothing"],
    [[], "a list"],
    [fn, "a function"],
    [thingHandle, "a Thing"],
    [new Uint8Array(), "bytes"],
    [1n, "an integer"],
    [true, "a boolean"],
  ])("describes %s as %s", (value, words) => {
    expect(describeValue(value)).toBe(words);
  });
});
