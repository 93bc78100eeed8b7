import { describe, expect, it } from "vitest";
import { findDispatch, findDispatches } from "./dispatch.js";
import { parseModule, readLocals, typeOfFunction } from "./module.js";
import { ByteReader } from "./reader.js";
import { I32, I64, assemble } from "./testing/assemble.js";
import { glueBytes } from "./testing/lua.js";

const END = 0x0b;
const VOID = 0x40;

describe("parseModule", () => {
  it("reads Lua's module as V8 does", () => {
    const parsed = parseModule(glueBytes);
    const compiled = new WebAssembly.Module(glueBytes);
    const kinds = ["function", "table", "memory", "global", "tag"];
    const shown = ({ name, kind }: { name: string; kind: number }) => ({ name, kind: kinds[kind] });
    expect(parsed.imports.map((entry) => ({ module: entry.module, ...shown(entry) }))).toEqual(
      WebAssembly.Module.imports(compiled),
    );
    expect(parsed.exports.map(shown)).toEqual(WebAssembly.Module.exports(compiled));
    expect(parsed.bodies).toHaveLength(658);
    expect(parsed.memory).toMatchObject({ imported: false, minPages: 256, maxPages: 32_768 });
  });

  it("numbers imports by kind, in front of the module's own", () => {
    const module = parseModule(
      assemble({
        types: [
          [[I32, I64], [I32]],
          [[], []],
        ],
        imports: [
          ["f", [0, 1]],
          ["t", [1, 0x70, 1, 2, 3]],
          ["g", [3, I64, 1]],
          ["m", [2, 3, 1, 2]],
          ["tag", [4, 0, 1]],
          ["h", [0, 0]],
        ],
        functions: [{ type: 1, locals: [I32], code: [END] }],
        globals: [[I32, 0, 0x23, 0, END]],
        tagTypes: [1],
      }),
    );
    expect(module.imports.map(({ name, index }) => [name, index])).toEqual([
      ["f", 0],
      ["t", 0],
      ["g", 0],
      ["m", 0],
      ["tag", 0],
      ["h", 1],
    ]);
    expect(module).toMatchObject({
      importedFunctions: 2,
      importedGlobals: 1,
      importedTags: 1,
      functionTypes: [1, 0, 1],
    });
    expect(module.globals).toEqual([
      { type: I64, mutable: true },
      { type: I32, mutable: false },
    ]);
    expect(module.memory).toMatchObject({ imported: true, shared: true, minPages: 1, maxPages: 2 });
    expect(typeOfFunction(module, 1)).toEqual({ params: [I32, I64], results: [I32] });
  });

  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  it.each<[string, string, number[]]>([
    ["nothing", "INTERNAL", []],
    ["a component", "INTERNAL", [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]],
    ["a section past the end", "INTERNAL", [...header, 1, 5, 0]],
    ["a section twice", "INTERNAL", [...header, 1, 1, 0, 1, 1, 0]],
    ["a section of the future", "UNSUPPORTED", [...header, 14, 0]],
    ["garbage behind a vector", "INTERNAL", [...header, 1, 2, 0, 0]],
    ["an unknown type index", "INTERNAL", [...header, 3, 2, 1, 0]],
    ["a GC type", "UNSUPPORTED", [...header, 1, 3, 1, 0x5f, 0]],
    ["a typed reference", "UNSUPPORTED", [...header, 1, 6, 1, 0x60, 1, 0x64, 0, 0]],
    ["functions without code", "INTERNAL", [...header, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0]],
    ["two memories", "UNSUPPORTED", [...header, 5, 5, 2, 0, 1, 0, 1]],
    ["a 64-bit memory", "UNSUPPORTED", [...header, 5, 3, 1, 4, 1]],
    ["an import of no kind", "INTERNAL", [...header, 2, 5, 1, 0, 0, 9, 0]],
  ])("refuses %s", (_, code, bytes) => {
    expect(() => parseModule(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ name: "SpellError", code }));
  });

  it("bounds the number of locals", () => {
    const locals = new ByteReader(Uint8Array.of(2, 0xff, 0xff, 0x03, I32, 1, I32));
    expect(() => readLocals(locals)).toThrow("more than 50000 locals");
  });
});

describe("findDispatch", () => {
  /** A br_table with `labels` targets inside two loops, or in none. */
  const interpreter = (labels: number, inLoop: boolean): number[] => {
    const table = [0x02, VOID, 0x41, 0, 0x0e, labels - 1, ...Array<number>(labels).fill(0), END];
    return inLoop ? [0x03, VOID, 0x03, VOID, ...table, END, END, END] : [...table, END];
  };
  const module = parseModule(
    assemble({
      types: [
        [[], []],
        [[I32, I32], []],
      ],
      functions: [
        { type: 0, code: interpreter(20, true) },
        { type: 1, code: interpreter(20, true) },
        { type: 1, code: interpreter(20, false) },
        { type: 1, code: interpreter(9, true) },
      ],
    }),
  );

  it("finds tables of the wanted size inside loops", () => {
    expect(findDispatches(module, { minTargets: 20 }).map((found) => found.functionIndex)).toEqual([0, 1]);
    expect(findDispatches(module, { minTargets: 5, maxTargets: 19 })).toMatchObject([{ functionIndex: 3, targets: 9 }]);
  });

  it("gives the innermost loop's offset", () => {
    const found = findDispatch(module, { minTargets: 20, params: 2 });
    const bodyStart = module.bodies[1]?.start ?? 0;
    expect(found).toEqual({ functionIndex: 1, loopOffset: bodyStart + 3, outerLoops: expect.any(Array), targets: 20 });
  });

  it("wants exactly one", () => {
    expect(() => findDispatch(module, { minTargets: 20 })).toThrow("expected one interpreter dispatch, found 2");
    expect(() => findDispatch(module, { minTargets: 21 })).toThrow("found 0");
  });

  it("finds Lua's interpreter", () => {
    const lua = parseModule(glueBytes);
    const vm = findDispatch(lua, { minTargets: 83, maxTargets: 84, params: 2 });
    expect(typeOfFunction(lua, vm.functionIndex)).toEqual({ params: [I32, I32], results: [] });
  });
});
