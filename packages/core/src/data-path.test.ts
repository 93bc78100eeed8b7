import { describe, expect, expectTypeOf, it } from "vitest";
import { getPath, setPath } from "./data-path.js";
import { parseJson } from "./formats/json.js";

const order = { id: 7, items: [{ name: "tea", tags: ["hot", "green"] }], buyer: { "full.name": "Ada" } };

describe("paths into data", () => {
  it("CORE-10: finds what is there, with its type", () => {
    const name = getPath(order, "items[0].name");
    expectTypeOf(name).toEqualTypeOf<string | undefined>();
    expect(name).toBe("tea");
    const tag = getPath(order, "items[0].tags[-1]");
    expectTypeOf(tag).toEqualTypeOf<string | undefined>();
    expect(tag).toBe("green");
    expectTypeOf(getPath(order, "id")).toEqualTypeOf<number>();
    expectTypeOf(getPath(order, 'buyer["full.name"]')).toEqualTypeOf<unknown>();
    expect(getPath(order, 'buyer["full.name"]')).toBe("Ada");
    expect(getPath(order, "")).toBe(order);
  });

  it.each(["items[1].name", "no.such.thing", "id.toString", "constructor", "__proto__", "items.length"])(
    "CORE-10: there is nothing at %j",
    (path: string) => {
      expect(getPath<unknown, string>(order, path)).toBeUndefined();
    },
  );

  it("CORE-10: sets in a copy and makes what is missing on the way", () => {
    const changed = setPath(order, "items[0].name", "coffee");
    expectTypeOf(changed).toEqualTypeOf<typeof order>();
    expect([changed.items[0]?.name, order.items[0]?.name]).toEqual(["coffee", "tea"]);
    expect(changed.buyer).toBe(order.buyer);
    expect(setPath<unknown, string>({}, "a.b[0].c", 1)).toEqual({ a: { b: [{ c: 1 }] } });
    expect(setPath<unknown, string>([1, 2], "[-1]", 3)).toEqual([1, 3]);
    expect(setPath<unknown, string>([1], "[1]", 2)).toEqual([1, 2]);
    expect(setPath<unknown, string>(1, "", 2)).toBe(2);
  });

  it("CORE-10: no path reaches a prototype", () => {
    const made = setPath<unknown, string>({}, "__proto__.polluted", true) as Record<string, unknown>;
    expect(Object.keys(made)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(setPath<unknown, string>({}, "constructor", 1)).toEqual({ constructor: 1 });
  });

  it.each([
    ["a..b", "cannot be read at character 2"],
    ["items[*].name", "leads to many places"],
    ["id.name", "there is no object at step 2"],
    ["buyer[0]", "there is no list at step 2"],
    ["items[5]", "the list has 1 items at step 2"],
    ["items[-3]", "the list has 1 items at step 2"],
  ])("CORE-10: refuses to set %j, saying why", (path: string, reason) => {
    expect(() => setPath<unknown, string>(order, path, 1)).toThrow(reason);
  });

  it.each([
    ['{"a": 1,\n  "b": tru }', 2, 8, "a value is expected, not 'tru'"],
    ['{"a": [1, 2}', 1, 12, "',' or ']' is expected, not '}'"],
    ["{'a': 1}", 1, 2, "a key in double quotes or '}' is expected"],
    ['["x\ny"]', 1, 4, "a control character must be escaped"],
    ["", 1, 1, "the text ends where a value is expected"],
  ])("CORE-10: JSON that is none is told with the place of the error: %j", (text, line, column, reason) => {
    const parse = (): unknown => parseJson(text);
    expect(parse).toThrow(reason);
    expect(parse).toThrow(
      expect.objectContaining({ code: "SYNTAX_ERROR", details: expect.objectContaining({ line, column }) }),
    );
  });
});
