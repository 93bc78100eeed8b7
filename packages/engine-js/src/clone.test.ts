import { describe, expect, it } from "vitest";
import { run } from "./testing/run.js";

describe("structuredClone", () => {
  it.each([
    [
      "values",
      "[1, -0, 'a', true, null, undefined, 2n].map((v) => Object.is(structuredClone(v), v)).join()",
      "true,true,true,true,true,true,true",
    ],
    ["lists and objects", "structuredClone({ a: [1, { b: 2 }], c: null })", { a: [1, { b: 2 }], c: null }],
    ["holes", "(([, b]) => 0 in structuredClone([, 1]))([])", false],
    ["copies, not the same", "((o) => structuredClone(o).a !== o.a)({ a: {} })", true],
    [
      "what is there twice, and cycles",
      "((o) => { o.me = o; o.twin = o.list; const c = structuredClone(o); return c.me === c && c.list === c.twin })({ list: [] })",
      true,
    ],
    [
      "maps and sets",
      "((m) => structuredClone(m).get('k').has(1) && structuredClone(m) !== m)(new Map([['k', new Set([1])]]))",
      true,
    ],
    ["dates", "structuredClone(new Date(5)).getTime()", 5],
    ["bytes", "structuredClone(Uint8Array.of(1, 2).subarray(1))", Uint8Array.of(2)],
    ["other arrays of numbers", "structuredClone(Float64Array.of(0.5)) instanceof Float64Array", true],
    ["buffers", "structuredClone(new ArrayBuffer(3)).byteLength", 3],
    [
      "errors",
      "((e) => `${structuredClone(e)}${structuredClone(e).cause}`)(new RangeError('r', { cause: 1 }))",
      "RangeError: r1",
    ],
    [
      "instances as plain objects",
      "Object.getPrototypeOf(structuredClone(new (class { a = 1 })())) === Object.prototype",
      true,
    ],
  ])("copies %s", async (_, source, expected) => {
    expect(await run(`return ${source}`)).toEqual(expected);
  });

  it.each([
    ["a function", "() => 1"],
    ["a symbol", "[Symbol()]"],
    ["an object of the host", "test.open()"],
    ["what nests that deeply", "(() => { let t = {}; for (let i = 0; i < 300; i++) t = { t }; return t })()"],
  ])("refuses %s", async (what, source) => {
    const message = `try { structuredClone(${source}) } catch (e) { return [e.name, e.message] }`;
    expect(await run(message)).toEqual(["DataCloneError", `${what} could not be cloned`]);
  });
});
