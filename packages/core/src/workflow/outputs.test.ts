import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allOutputs, NO_OUTPUTS, outputsSince, readOutputs, withOutput, type Outputs } from "./outputs.js";

interface Made {
  outputs: Outputs;
  expected: Map<string, number>;
  base: Outputs;
}

describe("outputs of steps", () => {
  it("never change: every list stays what it was, whoever made others from it, and whenever it is read", () => {
    const id = fc.constantFrom("a", "b", "c", "__proto__", "constructor");
    const change = fc.tuple(fc.nat(), id, fc.integer());
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 90 }), (changes, reads) => {
        const none: Made = { outputs: NO_OUTPUTS, expected: new Map(), base: NO_OUTPUTS };
        const made = [none];
        for (const [at, name, value] of changes) {
          const { outputs, expected } = made[at % made.length] ?? none;
          made.push({
            outputs: withOutput(outputs, name, value),
            expected: new Map(expected).set(name, value),
            base: outputs,
          });
        }
        const kept: { all: object; expected: Made["expected"] }[] = [];
        for (const [index, read] of reads.entries()) {
          const { outputs, expected, base } = made[read % made.length] ?? none;
          expect(Object.entries(readOutputs(outputs))).toEqual([...expected]);
          if (index % 3 === 0) kept.push({ all: allOutputs(outputs), expected });
          expect(outputsSince(outputs, base)).toHaveLength(outputs === base ? 0 : 1);
        }
        for (const { all, expected } of kept) expect(Object.entries(all)).toEqual([...expected]);
      }),
    );
  });

  it("are one object as long as they are the same", () => {
    const one = withOutput(NO_OUTPUTS, "a", 1);
    const object = allOutputs(one);
    expect(allOutputs(one)).toBe(object);
    const two = withOutput(one, "b", 2);
    expect(allOutputs(two)).toEqual({ a: 1, b: 2 });
    expect([object, allOutputs(one)]).toEqual([{ a: 1 }, { a: 1 }]);
    expect(allOutputs(NO_OUTPUTS)).toEqual({});
  });

  it("that are only read are not copied for each list", () => {
    const one = withOutput(NO_OUTPUTS, "a", 1);
    const object = readOutputs(one);
    const two = withOutput(one, "b", 2);
    expect(readOutputs(two)).toBe(object);
    expect([readOutputs(two), readOutputs(one), readOutputs(NO_OUTPUTS)]).toEqual([{ a: 1, b: 2 }, { a: 1 }, {}]);
  });
});
