import { describe, expect, it } from "vitest";
import { fuzz } from "./fuzz.js";
import { LuaWriter } from "./grammar.js";
import { Random } from "./random.js";

describe("the fuzzer", () => {
  it("makes the same case from the same seed", () => {
    const make = (seed: number): string => new LuaWriter(new Random(seed)).program();
    expect(make(7)).toBe(make(7));
    expect(make(7)).not.toBe(make(8));
  });

  it.each([1, 2, 3])("finds nothing in 400 cases of the seed %i", async (seed) => {
    expect(await fuzz({ seed, cases: 400 })).toEqual({ cases: 400 });
  });
});
