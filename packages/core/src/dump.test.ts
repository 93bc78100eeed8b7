import { describe, expect, it } from "vitest";
import { dump, sameData } from "./dump.js";

describe("dump", () => {
  it("STD-43: shows data, and names what is none", () => {
    const nameOf = (value: object): string | undefined => (value instanceof Date ? "a date" : undefined);
    expect(dump({ b: [1, new Date()], a: undefined }, { nameOf })).toBe("{ a: null, b: [ 1, <a date> ] }");
    expect(dump({ a: { b: 1 } }, { depth: 0 })).toBe("{ a: [Object] }");
    expect(dump("x".repeat(50), { maxLength: 10 })).toHaveLength(11);
    expect(
      dump(
        Array.from({ length: 99 }, (_, i) => i),
        { inLine: true },
      ),
    ).not.toContain("\n");
    expect([sameData({ a: [1] }, { a: [1] }), sameData({ a: 1 }, { a: 2 })]).toEqual([true, false]);
  });
});
