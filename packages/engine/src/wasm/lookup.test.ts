import { describe, expect, it } from "vitest";
import { callerOf, callsIn, storesIn } from "./lookup.js";
import { parseModule } from "./module.js";
import { type ModuleSpec, assemble } from "./testing/assemble.js";
import { END, F, IMPORTS, TYPES, get, ifPositive } from "./testing/metered.js";

const FUNCTIONS: ModuleSpec["functions"] = [
  { type: 2, code: [...get(0), 0x10, 0, END] }, // host
  { type: 1, code: [...ifPositive([0x10, 1]), ...get(0), 0x10, F, 0x1a, END] }, // trap, the first
  { type: 1, code: [...get(0), ...get(0), 0x36, 2, 0xa4, 0x02, ...get(0), ...get(0), 0x36, 2, 8, END] },
];
const module = parseModule(assemble({ types: TYPES, imports: IMPORTS, functions: FUNCTIONS, memory: [0, 1] }));
const [, toNothing, toI32] = module.types;

describe("looking through a module", () => {
  it("finds calls, with where they end", () => {
    const calls = callsIn(module, F + 1);
    expect(calls.map(({ callee }) => callee)).toEqual([1, F]);
    for (const { callee, end } of calls) expect([...module.bytes.subarray(end - 2, end)]).toEqual([0x10, callee]);
    expect(callsIn(module, F + 2)).toEqual([]);
  });

  it("finds what stores add to their address", () => {
    expect(storesIn(module, F + 2)).toEqual([292, 8]);
    expect(storesIn(module, F)).toEqual([]);
  });

  it("finds the one function of a type that calls an import", () => {
    expect(callerOf(module, "host", toI32 ?? { params: [], results: [] })).toBe(F);
    expect(callerOf(module, "trap", toNothing ?? { params: [], results: [] })).toBe(F + 1);
    expect(() => callerOf(module, "host", { params: [], results: [] })).toThrow(
      '0 functions of type () -> () call "host"',
    );
  });
});
