import { describe, expect, it } from "vitest";
import { callsIn } from "./lookup.js";
import { type MeterOptions, meterModule } from "./meter.js";
import { type WasmModule, parseModule } from "./module.js";
import { I32, type ModuleSpec, assemble } from "./testing/assemble.js";
import { END, F, IMPORTS, TYPES, Trapped, get, meter, run, times } from "./testing/metered.js";

describe("the trap", () => {
  it("comes when fuel falls below zero, not before", () => {
    const m = meter(run(times(0, [])));
    m.fuel = 10;
    m.call("run", 10);
    expect(m.fuel).toBe(0);
    expect(() => m.call("run", 1)).toThrow(Trapped);
    expect(m.fuel).toBe(-1);
  });

  it("may refuel and go on", () => {
    let traps = 0;
    const trap = (): void => {
      traps++;
      m.fuel = 9;
    };
    const m = meter(run(times(0, [])), {}, { trap });
    m.fuel = 0;
    m.call("run", 25);
    expect([traps, m.fuel]).toEqual([3, 5]);
  });

  it("gets the first parameter of one function", () => {
    const given: number[] = [];
    const trapWith = (x: number): void => {
      given.push(x);
      m.fuel = 100;
    };
    const loop = [0x41, 3, 0x21, 1, ...times(1, [])];
    const spec: Partial<ModuleSpec> = {
      functions: [0, 1].map(() => ({ type: 1, locals: [I32], code: [...loop, END] })),
      exports: [
        ["special", 0, F],
        ["plain", 0, F + 1],
      ],
    };
    const m = meter(spec, { interpreter: { functionIndex: F, trapWithFirstParam: "trapWith" } }, { trapWith });
    m.fuel = 0;
    m.call("special", 42);
    expect([given, m.fuel]).toEqual([[42], 98]);
    m.fuel = 0;
    expect(() => m.call("plain", 42)).toThrow(Trapped);
  });

  it("may give a result, which is dropped", () => {
    const imports: ModuleSpec["imports"] = [...IMPORTS, ["poll", [0, 3]]];
    const types: ModuleSpec["types"] = [...TYPES, [[], [I32]]];
    const spec = { types, imports, ...run(times(0, [])), exports: [["run", 0, F + 1]] as const };
    const poll = (): number => {
      m.fuel = 9;
      return 1;
    };
    const m = meter(spec, { trap: { import: "poll" } }, { poll });
    m.fuel = 0;
    m.call("run", 15); // the first turn calls, and takes its 1 before
    expect(m.fuel).toBe(5);
  });

  it("refuses a function that assigns its first parameter", () => {
    const options = { interpreter: { functionIndex: F, trapWithFirstParam: "trapWith" } };
    expect(() => meter(run(times(0, [])), options)).toThrow("assigns its first parameter");
  });
});

describe("an interpreter's function", () => {
  /** Calls the host n times, then leaves with 7. */
  const code = [...times(0, [...get(0), 0x10, 0, 0x1a]), 0x41, 7, 0x0c, 0, END];
  const spec: Partial<ModuleSpec> = { functions: [{ type: 2, code }], exports: [["run", 0, F]] };
  const original = parseModule(assemble({ types: TYPES, imports: IMPORTS, ...spec }));
  const calls = callsIn(original, F);
  const [loop] = loopsOf(original);

  it("may give something, and may branch out of its body", () => {
    const m = meter(spec, { interpreter: { functionIndex: F } });
    expect(m.call("run", 5)).toBe(7);
    expect(m.used()).toBe(5);
  });

  it("has its fuel in the counter while another function runs", () => {
    const seen: number[] = [];
    const host = (x: number): number => {
      seen.push(m.used());
      m.fuel -= 10;
      return x;
    };
    const m = meter(spec, { interpreter: { functionIndex: F } }, { host });
    m.call("run", 3);
    expect([seen, m.used()]).toEqual([[1, 12, 23], 33]);
  });

  it("looks behind the calls that it is told, and nowhere else", () => {
    const countOnly = (checkAt: readonly number[]): Partial<MeterOptions> => ({
      interpreter: { functionIndex: F, countOnly: { loopOffset: loop ?? 0, checkAt } },
    });
    const blind = meter(spec, countOnly([]));
    blind.fuel = 3;
    blind.call("run", 10);
    expect(blind.fuel).toBe(-7);
    const m = meter(spec, countOnly(calls.map(({ end }) => end)));
    m.fuel = 3;
    expect(() => m.call("run", 10)).toThrow(Trapped);
    expect(m.fuel).toBe(-1);
  });

  it("has one result at most", () => {
    const types: ModuleSpec["types"] = [...TYPES, [[], [I32, I32]]];
    const two: Partial<ModuleSpec> = { types, functions: [{ type: 3, code: [0x41, 1, 0x41, 2, END] }] };
    expect(() => meter(two, { interpreter: { functionIndex: F } })).toThrow("several results");
  });
});

describe("a body that is put in the place of another", () => {
  it("is taken as it is, and calls as any other", () => {
    const spec: Partial<ModuleSpec> = {
      functions: [
        { type: 2, code: [...get(0), END] },
        { type: 2, code: [...get(0), 0x10, F, END] },
      ],
      exports: [["run", 0, F + 1]],
    };
    const body = Uint8Array.of(0, ...get(0), 0x41, 1, 0x6a, 0x10, 0, END); // host(n + 1)
    const m = meter(spec, { bodies: new Map([[F, body]]) });
    expect([m.call("run", 41), m.used()]).toEqual([42, 0]);
  });
});

/** Where the loops of the one function begin. */
function loopsOf(module: WasmModule): number[] {
  const found: number[] = [];
  const skipLoop = (_: number, offset: number): boolean => found.push(offset) < 0;
  meterModule(module, { trap: { import: "trap" }, skipLoop });
  return found;
}

describe("what stays and what changes", () => {
  it("shifts no index: imports, table, start function, globals", () => {
    const started: number[] = [];
    const spec: Partial<ModuleSpec> = {
      functions: [
        { type: 0, code: [0x41, 11, 0x10, 0, 0x1a, END] }, // start: host(11)
        { type: 2, code: [...times(0, []), 0x23, 0, 0x10, 0, END] }, // loop, then host(global 0)
        { type: 2, code: [...get(0), 0x41, 1, 0x11, 2, 0, END] }, // table[1](n)
      ],
      tableSize: 2,
      globals: [
        [I32, 0, 0x41, 33, END],
        [I32, 1, 0x41, 44, END],
      ],
      exports: [
        ["host", 0, 0],
        ["run", 0, F + 2],
        ["answer", 3, 0],
      ],
      start: F,
      elements: [[0, 0x41, 1, END, 1, F + 1]],
    };
    const host = (x: number): number => started.push(x);
    const m = meter(spec, { exportGlobals: true }, { host });
    expect(m.call("run", 3)).toBe(2);
    expect(m.call("host", 5)).toBe(3);
    expect([started, m.used()]).toEqual([[11, 33, 5], 3]);
    expect((m.exports["$g1"] as WebAssembly.Global).value).toBe(44);
    expect(Object.keys(m.exports)).toEqual(["host", "run", "answer", "$g1", "$fuel"]);
  });

  it("puts a host function into the table without a shim module", () => {
    const spec: Partial<ModuleSpec> = {
      functions: [{ type: 2, code: [...get(0), 0x41, 0, 0x11, 2, 0, END] }],
      tableSize: 1,
      exports: [
        ["run", 0, F],
        ["table", 1, 0],
      ],
    };
    const m = meter(spec, { exportImports: { $host: "host" } }, { host: (x: number) => x * 2 });
    (m.exports["table"] as WebAssembly.Table).set(0, m.exports["$host"]);
    expect(m.call("run", 21)).toBe(42);
  });

  it("patches the limits of an own memory", () => {
    const m = meter(
      { ...run([]), memory: [0, 2], exports: [["memory", 2, 0]] },
      { memory: { minPages: 3, maxPages: 4 } },
    );
    const memory = m.exports["memory"] as WebAssembly.Memory;
    expect(memory.buffer.byteLength).toBe(3 * 65_536);
    memory.grow(1);
    expect(() => memory.grow(1)).toThrow(RangeError);
  });

  it("patches the limits of an imported memory", () => {
    const imports: NonNullable<ModuleSpec["imports"]> = [...IMPORTS, ["memory", [2, 1, 2, 8]], ["after", [0, 0]]];
    const spec = { ...run([]), imports, exports: [] };
    const memory = new WebAssembly.Memory({ initial: 5, maximum: 6 });
    expect(() => meter(spec, { memory: { maxPages: 5 } }, { memory, after: () => {} })).toThrow(WebAssembly.LinkError);
    expect(() => meter(spec, { memory: { minPages: 6 } }, { memory, after: () => {} })).toThrow(WebAssembly.LinkError);
    meter(spec, { memory: { minPages: 5, maxPages: 6 } }, { memory, after: () => {} });
  });

  it("keeps a shared memory shared and drops custom sections", () => {
    const shared = assemble({ types: TYPES, imports: IMPORTS, ...run([]), memory: [3, 1, 2] });
    const custom = Uint8Array.from([...shared, 0, 3, 1, 0x78, 0xff]);
    const out = meterModule(custom, { trap: { import: "trap" }, memory: { maxPages: 9 } });
    expect(WebAssembly.Module.customSections(new WebAssembly.Module(out), "x")).toEqual([]);
    expect(parseModule(out).memory).toMatchObject({ shared: true, minPages: 1, maxPages: 9 });
  });

  it("gives the same bytes for the same input, and leaves the input alone", () => {
    const original = assemble({ types: TYPES, imports: IMPORTS, ...run(times(0, [])) });
    const copy = original.slice();
    const out = meterModule(original, { trap: { import: "trap" } });
    expect(meterModule(parseModule(original), { trap: { import: "trap" } })).toEqual(out);
    expect(original).toEqual(copy);
  });
});

describe("growth", () => {
  const grow = [0x3f, 0, 0x10, 0, 0x1a, ...get(0), 0x40, 0, 0x10, 0, 0x1a]; // host(memory.size), host(memory.grow(n))
  const seen: number[] = [];
  const host = (x: number): number => seen.push(x);

  it("is the memory's own without the option", () => {
    const m = meter({ ...run(grow), memory: [0, 2] }, {}, { host });
    seen.length = 0;
    m.call("run", 3);
    expect(seen).toEqual([2, 2]);
  });

  it("is answered by an import, which is asked for the size as a growth by 0", () => {
    const asked: number[] = [];
    const imports: ModuleSpec["imports"] = [...IMPORTS, ["grow", [0, 2]]];
    const answer = (pages: number): number => asked.push(pages) + 100;
    const spec = { imports, ...run(grow), exports: [["run", 0, F + 1]] as const, memory: [0, 2] };
    const m = meter(spec, { growth: { import: "grow" } }, { host, grow: answer });
    seen.length = 0;
    m.call("run", 3);
    expect([asked, seen]).toEqual([
      [0, 3],
      [101, 102],
    ]);
  });
});

describe("options that do not fit", () => {
  it.each<[string, Partial<MeterOptions>]>([
    ['0 function imports are named "absent"', { trap: { import: "absent" } }],
    ['"host" is of type (i32) -> (i32)', { trap: { import: "host" } }],
    ['"trap" is of type () -> ()', { interpreter: { functionIndex: F, trapWithFirstParam: "trap" } }],
    ["function 0, which", { interpreter: { functionIndex: 0, trapWithFirstParam: "trapWith" } }],
    ['"trap" is of type () -> (), not of 1 i32 to 1 i32', { growth: { import: "trap" } }],
    ["bulkShift 0", { bulkShift: 0 }],
    ["bulkShift 32", { bulkShift: 32 }],
    ["no memory", { memory: { minPages: 1 } }],
    ['already has an export "run"', { exportImports: { run: "host" } }],
    ['0 function imports are named "invoke_vii"', { longjmp: "exceptions" }],
  ])("give a clear error: %s", (message, options) => {
    const bytes = assemble({ types: TYPES, imports: IMPORTS, ...run(times(0, [])) });
    const attempt = (): unknown => meterModule(bytes, { trap: { import: "trap" }, ...options });
    expect(attempt).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED", message: expect.stringContaining(message) as string }),
    );
  });

  it.each([{ minPages: 5, maxPages: 4 }, { maxPages: 65_537 }, { minPages: -1 }, { minPages: 1.5 }])(
    "refuse memory limits %j",
    (memory) => {
      const bytes = assemble({ types: TYPES, imports: IMPORTS, ...run([]), memory: [0, 1] });
      expect(() => meterModule(bytes, { trap: { import: "trap" }, memory })).toThrow("memory limits");
    },
  );

  it("refuse a mutable global that a snapshot would miss", () => {
    const globals = [[0x7b, 1, 0xfd, 12, ...Array<number>(16).fill(0), END]];
    const bytes = assemble({ types: TYPES, imports: IMPORTS, ...run([]), globals });
    expect(() => meterModule(bytes, { trap: { import: "trap" }, exportGlobals: true })).toThrow("mutable global 0");
  });
});
