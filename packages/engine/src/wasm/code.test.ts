import { describe, expect, it } from "vitest";
import { I32, I64, type ModuleSpec } from "./testing/assemble.js";
import {
  END,
  F,
  TYPES,
  Trapped,
  VOID,
  callLess,
  decrement,
  get,
  ifPositive,
  meter,
  run,
  times,
} from "./testing/metered.js";

describe("loops", () => {
  it("cost one fuel each time round", () => {
    const m = meter(run(times(0, [])));
    m.call("run", 10);
    expect(m.used()).toBe(10);
  });

  it("cost fuel at each level of nesting", () => {
    const inner = [0x41, 7, 0x21, 1, ...times(1, [])]; // local 1 = 7
    const m = meter(run(times(0, inner), [I32]));
    m.call("run", 5);
    expect(m.used()).toBe(5 + 5 * 7);
  });

  it("cost fuel when a br_table goes round", () => {
    // loop { block { switch (--n) { 0: leave, else: again } } }
    const m = meter(run([0x02, VOID, 0x03, VOID, ...decrement(0), 0x0e, 1, 1, 0, END, END]));
    m.call("run", 6);
    expect(m.used()).toBe(6);
  });

  it("may have parameters and results", () => {
    const body = [0x03, 2, 0x41, 1, 0x6b, 0x22, 0, ...get(0), 0x0d, 0, END, 0x1a]; // loop (param i32) (result i32)
    const m = meter(run([...get(0), ...body]));
    m.call("run", 4);
    expect(m.used()).toBe(4);
  });

  it("keep their count beside locals of other types, and through try and delegate", () => {
    const guarded = [0x06, VOID, 0x06, VOID, 0x10, 1, 0x18, 0, 0x19, END]; // try { try { trap() } delegate } catch_all
    const m = meter(run(times(0, guarded), [I64, I64]));
    m.call("run", 3);
    expect(m.used()).toBe(3);
  });

  it("can be left out", () => {
    const seen: number[] = [];
    const inner = [0x41, 7, 0x21, 1, ...times(1, [])];
    const skipLoop = (functionIndex: number, offset: number): boolean => functionIndex === F && seen.push(offset) === 1;
    const m = meter(run(times(0, inner), [I32]), { skipLoop });
    m.call("run", 5);
    expect(m.used()).toBe(5 * 7);
    expect(seen).toHaveLength(2);
  });
});

describe("recursion", () => {
  const functions = (...codes: number[][]): Partial<ModuleSpec> => ({
    functions: codes.map((code) => ({ type: 1, code: [...code, END] })),
    exports: codes.map((_, i) => [`f${i}`, 0, F + i]),
  });

  it("costs one fuel for each activation", () => {
    const m = meter(functions(ifPositive([...callLess(F), ...callLess(F)])));
    m.call("f0", 9);
    expect(m.used()).toBe(2 ** 10 - 1);
  });

  it("costs fuel when it is mutual, and plain calls cost nothing", () => {
    const m = meter(functions(ifPositive([...callLess(F + 1), ...get(0), 0x10, F + 2]), ifPositive(callLess(F)), []));
    m.call("f0", 9);
    expect(m.used()).toBe(10);
    m.call("f2", 1);
    expect(m.used()).toBe(10);
  });

  it("inside a loop is paid by the loop's header", () => {
    const m = meter(functions(ifPositive([0x03, VOID, ...callLess(F), END])));
    m.call("f0", 9);
    expect(m.used()).toBe(9);
  });

  it("before a loop is not free because the function has one", () => {
    const m = meter(functions([...ifPositive(callLess(F)), 0x03, VOID, END]));
    m.call("f0", 9);
    expect(m.used()).toBe(10 + 10);
    const free = meter(functions([...ifPositive(callLess(F)), 0x0f, 0x03, VOID, END])); // the loop is never reached
    free.call("f0", 9);
    expect(free.used()).toBe(10);
  });

  it("inside a loop that is left out costs fuel at entry", () => {
    const m = meter(functions(ifPositive([0x03, VOID, ...callLess(F), END])), { skipLoop: () => true });
    m.call("f0", 9);
    expect(m.used()).toBe(10);
  });

  it("of a function that is left out costs nothing", () => {
    const m = meter(functions(ifPositive(callLess(F))), { freeEntry: [F] });
    m.call("f0", 9);
    expect(m.used()).toBe(0);
  });

  it("by tail calls costs fuel, direct and indirect", () => {
    const direct = meter(functions(ifPositive([...get(0), 0x41, 1, 0x6b, 0x12, F])));
    direct.call("f0", 100_000);
    expect(direct.used()).toBe(100_001);
    const indirect = meter({
      ...functions(ifPositive([...get(0), 0x41, 1, 0x6b, 0x41, 0, 0x13, 1, 0])),
      tableSize: 1,
      elements: [[0, 0x41, 0, END, 1, F]],
    });
    indirect.call("f0", 100_000);
    expect(indirect.used()).toBe(100_001);
  });

  describe("through the table", () => {
    const viaTable = [...get(0), 0x41, 1, 0x6b, 0x41, 0, 0x11, 1, 0];
    const elementForms: Record<string, number[]> = {
      "active, indexes": [0, 0x41, 0, END, 1, F],
      "active, table given": [2, 0, 0x41, 0, END, 0, 1, F],
      "active, expressions": [4, 0x41, 0, END, 1, 0xd2, F, END],
      "active, table and type given": [6, 0, 0x41, 0, END, 0x70, 1, 0xd2, F, END],
    };
    it.each(Object.entries(elementForms))("costs fuel if asked for (%s)", (_, segment) => {
      const spec = { ...functions(ifPositive([...viaTable, ...viaTable])), tableSize: 1, elements: [segment] };
      const byDefault = meter(spec);
      byDefault.call("f0", 5);
      expect(byDefault.used()).toBe(0);
      const asked = meter(spec, { recursion: "indirect" });
      asked.call("f0", 5);
      expect(asked.used()).toBe(2 ** 6 - 1);
    });

    it("is found through ref.func, and through an equal type with another index", () => {
      const m = meter(
        {
          types: [...TYPES, [[I32], []]],
          functions: [
            { type: 3, code: [...ifPositive(viaTable), END] },
            { type: 1, code: [0x41, 0, 0xd2, F, 0x26, 0, ...get(0), 0x10, F, END] }, // table[0] = f0; f0(n)
          ],
          exports: [["run", 0, F + 1]],
          tableSize: 1,
          elements: [[3, 0, 1, F]],
        },
        { recursion: "indirect" },
      );
      m.call("run", 5);
      expect(m.used()).toBe(6);
    });
  });
});

describe("bulk memory", () => {
  const fill = [0x41, 0, 0x41, 0, ...get(0), 0xfc, 11, 0];
  const copy = [0x41, 0, 0x41, 0, ...get(0), 0xfc, 10, 0, 0];
  const withMemory = (code: number[]): Partial<ModuleSpec> => ({ ...run(code), memory: [0, 1] });

  it.each([
    ["fill", fill],
    ["copy", copy],
  ])("%s costs one fuel for each 64 bytes", (_, code) => {
    const m = meter(withMemory(code));
    m.call("run", 63);
    expect(m.used()).toBe(0);
    m.call("run", 6400);
    expect(m.used()).toBe(100);
  });

  it("takes another rate", () => {
    const m = meter(withMemory(fill), { bulkShift: 10 });
    m.call("run", 65_536);
    expect(m.used()).toBe(64);
  });

  it("cannot turn the counter round, even with the greatest length and no fuel", () => {
    const m = meter(withMemory(fill), { bulkShift: 1 });
    m.fuel = 0;
    expect(() => m.call("run", -1)).toThrow(Trapped);
    expect(m.fuel).toBe(-0x7fff_ffff);
  });

  it("charges passive segments and tables too", () => {
    const m = meter(
      {
        ...run(
          [
            [0x41, 0, 0x41, 0, ...get(0), 0xfc, 8, 0, 0], // memory.init
            [0x41, 0, 0x41, 0, ...get(0), 0xfc, 12, 0, 0], // table.init
            [0x41, 0, 0x41, 0, ...get(0), 0xfc, 14, 0, 0], // table.copy
            [0x41, 0, 0xd0, 0x70, ...get(0), 0xfc, 17, 0], // table.fill
            [0xd0, 0x70, ...get(0), 0xfc, 15, 0, 0x1a], // table.grow
            [0xfc, 9, 0, 0xfc, 13, 0, 0xfc, 16, 0, 0x1a], // data.drop, elem.drop, table.size: free
          ].flat(),
        ),
        memory: [0, 1],
        tableSize: 4,
        elements: [[1, 0, 4, F, F, F, F]],
        dataCount: 1,
        data: [[1, 4, 1, 2, 3, 4]],
      },
      { bulkShift: 2 },
    );
    m.call("run", 4);
    expect(m.used()).toBe(5);
  });
});
