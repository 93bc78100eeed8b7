import { describe, expect, it } from "vitest";
import { fuzz, LANGUAGES, type LanguageName } from "./fuzz.js";
import { Random } from "../support/random.js";

describe.each(Object.keys(LANGUAGES) as LanguageName[])("the fuzzer of %s", (language) => {
  it("makes the same case from the same seed", () => {
    const make = (seed: number): string => LANGUAGES[language].program(new Random(seed));
    expect(make(7)).toBe(make(7));
    expect(make(7)).not.toBe(make(8));
  });

  it.each([1, 2, 3])("finds nothing in 400 cases of the seed %i", async (seed) => {
    expect(await fuzz({ language, seed, cases: 400 })).toEqual({ cases: 400 });
  });
});
