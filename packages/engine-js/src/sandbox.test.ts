import { describe, expect, it } from "vitest";
import type { SandboxLevel } from "@llmspell/engine";
import { EMPTY_BINDINGS } from "@llmspell/engine";
import { run } from "./testing/run.js";

/** All that a script finds in the global object at the level `basic`. */
const GLOBALS = `
  AbortController AbortSignal AggregateError Array ArrayBuffer AsyncDisposableStack BigInt BigInt64Array BigUint64Array Boolean DOMException
  DataView Date DisposableStack Error EvalError FinalizationRegistry Float16Array Float32Array Float64Array Function
  Infinity Int16Array Int32Array Int8Array InternalError Iterator JSON Map Math NaN Number Object Promise Proxy
  RangeError ReferenceError Reflect RegExp Set String SuppressedError Symbol SyntaxError TypeError URIError
  Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet atob btoa clearInterval clearTimeout console decodeURI
  decodeURIComponent encodeURI encodeURIComponent escape globalThis isFinite isNaN parseFloat parseInt queueMicrotask
  setInterval setTimeout structuredClone undefined unescape`
  .trim()
  .split(/\s+/);

const MAKERS = [
  "Function('return 1')",
  "new Function('return 1')",
  "(() => {}).constructor('return 1')",
  "(async () => {}).constructor('return 1')",
  "(function* () {}).constructor('yield 1')",
  "(async function* () {}).constructor('yield 1')",
  "Reflect.construct(Object.getPrototypeOf(async () => {}).constructor, ['return 1'])",
  "console.log.constructor('return 1')",
  "(0, eval)('1')",
  "setTimeout('1')",
];

const attempt = (code: string): string => `try { return ["made", String(${code})] } catch (e) { return [e.name] }`;
const level = (sandbox: SandboxLevel): { sandbox: SandboxLevel } => ({ sandbox });

describe("the global object", () => {
  it.each(["basic", "strict"] as const)("is the list, and nothing of the host, at the level %s", async (sandbox) => {
    const names = await run("return Reflect.ownKeys(globalThis).filter((key) => typeof key === 'string').sort()", {
      sandbox,
      bindings: EMPTY_BINDINGS,
    });
    expect(names).toEqual(GLOBALS.toSorted());
  });

  it("leads to no function of the library", async () => {
    const walk = `
      const seen = new Set(), found = [], queue = [globalThis, (function* () {})(), (async () => {})()];
      for (const value of queue) {
        if (value === null || (typeof value !== "object" && typeof value !== "function") || seen.has(value)) continue;
        seen.add(value);
        queue.push(Object.getPrototypeOf(value));
        for (const key of Reflect.ownKeys(value)) {
          const { value: inner, get, set } = Object.getOwnPropertyDescriptor(value, key);
          queue.push(inner, get, set);
          if (["host", "op", "exports", "intrinsics", "held"].includes(key)) found.push(key);
        }
      }
      return [found, seen.size > 500]`;
    expect(await run(walk)).toEqual([[], true]);
  });
});

describe("code from text", () => {
  it.each(MAKERS)("cannot be made by %s", async (code) => {
    for (const sandbox of ["basic", "strict"] as const) {
      expect(await run(attempt(code), { sandbox })).toEqual([expect.stringMatching(/^(Eval|Reference|Type)Error$/)]);
    }
  });

  it("can be made at the level none", async () => {
    expect(await run(attempt("Function('return 7')()"), level("none"))).toEqual(["made", "7"]);
  });

  it("is not loaded from anywhere", async () => {
    expect(await run("try { await import('fs') } catch (e) { return e.name }")).toBe("ReferenceError");
  });
});

describe("the level strict", () => {
  it.each([
    "Array.prototype.push = 1",
    "Object.prototype.toString = 1",
    "String.prototype.extra = 1",
    "Math.floor = 1",
    "Array = 1",
    "delete Promise.prototype.then",
    "Object.getPrototypeOf((function* () {})()).next = 1",
    "test.echo = 1",
    "globalThis.JSON = 1",
    "console.log = 1",
    "neverAssigned",
  ])("refuses %s", async (code) => {
    const caught = `try { ${code} } catch (e) { return e.name }`;
    expect(await run(caught, level("strict"))).toMatch(/^(Type|Reference)Error$/);
  });

  it("lets scripts have names of their own, on their own objects", async () => {
    const source = `
      class Point { constructor(x) { this.x = x } toString() { return "Point " + this.x } }
      const plain = {}; plain.toString = () => "plain"; plain.constructor = null
      const error = new Error("a"); error.name = "Mine"; error.message = "b"
      globalThis.mine = 1; mine += 1
      return [String(new Point(3)), String(plain), String(error), mine, [3, 1, 2].sort().join()]`;
    expect(await run(source, level("strict"))).toEqual(["Point 3", "plain", "Mine: b", 2, "1,2,3"]);
  });
});

describe("time and chance", () => {
  it("come from the host: a guest without its clock has none", async () => {
    expect(await run("return [Date.now(), new Date().toISOString()]", { host: {} })).toEqual([
      0,
      "1970-01-01T00:00:00.000Z",
    ]);
    const host = { now: () => Date.UTC(2030, 0, 2, 3, 4, 5, 6) };
    const source = "const d = new Date(); return [Date.now(), d.getTimezoneOffset(), d.getHours(), d.toISOString()]";
    expect(await run(source, { host })).toEqual([host.now(), 0, 3, "2030-01-02T03:04:05.006Z"]);
  });

  it("are the same in every guest", async () => {
    const source = "return [Math.random(), Math.random(), [...new Set([3, 1, 2])].sort(() => Math.random() - 0.5)]";
    expect(await run(source)).toEqual(await run(source));
  });
});
