import { afterEach, describe, expect, it } from "vitest";
import type { Coverage, Guest, GuestOptions } from "@llmspell/engine";
import { TEST_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { run, sharedEngine } from "../testing/run.js";
import { instrument } from "./instrument.js";

const engine = sharedEngine();
const guests: Guest[] = [];
afterEach(() => {
  for (const guest of guests.splice(0)) guest[Symbol.dispose]();
});

function create(options: GuestOptions = {}): Guest {
  const guest = engine.createGuest({ host: new TestHost(), bindings: TEST_BINDINGS, ...options });
  guests.push(guest);
  return guest;
}

const linesOf = (coverage: Coverage, source = "c.js"): Record<number, number> =>
  Object.fromEntries(coverage.sources.find((each) => each.source === source)?.lines ?? []);

async function coverageOf(source: string): Promise<Record<number, number>> {
  const guest = create();
  const recorder = guest.startCoverage();
  await guest
    .run(source, { name: "c.js" })
    .result()
    .catch(() => {});
  return linesOf(recorder.stop());
}

describe("line coverage of a JavaScript guest", () => {
  it.each<[string, string, Record<number, number>]>([
    [
      "statements and those that never run",
      "let a = 1\nif (a > 1) {\n  a = 2\n}\nreturn a",
      { 1: 1, 2: 1, 3: 0, 5: 1 },
    ],
    [
      "bodies without braces",
      "let n = 0\nfor (let i = 0; i < 3; i++)\n  n++\nif (n)\n  n = 7\nelse\n  n = 8\nwhile (n > 5)\n  n--\ndo\n  n++\nwhile (n < 8)",
      { 1: 1, 2: 1, 3: 3, 4: 1, 5: 1, 7: 0, 8: 1, 9: 2, 10: 1, 11: 3 },
    ],
    [
      "else if",
      "const f = (n) => {\n  if (n === 1)\n    return 1\n  else if (n === 2)\n    return 2\n  else\n    return 3\n}\nf(2); f(3); f(3)",
      { 1: 1, 2: 3, 3: 0, 4: 3, 5: 1, 7: 2, 9: 1 },
    ],
    [
      "functions that are called, and not",
      "function used() {\n  return 1\n}\nfunction unused() {\n  return 2\n}\nused(); used()",
      { 2: 2, 5: 0, 7: 1 },
    ],
    [
      "expressions of arrow functions",
      "const f = (n) =>\n  n * 2\nconst g = () => ({\n  a: 1 })\nconst h = (x) => (y) =>\n  [x, y]\nreturn [f(1), f(2), h(1)(2)]",
      { 1: 1, 2: 2, 3: 1, 5: 1, 6: 1, 7: 1 },
    ],
    [
      "switches",
      "const f = (n) => {\n  switch (n) {\n    case 1:\n      return 1\n    case 2: {\n      return 2\n    }\n    default:\n      n++\n  }\n  return n\n}\nf(1); f(2); f(2); f(9)",
      { 1: 1, 2: 4, 4: 1, 6: 2, 9: 1, 11: 1, 13: 1 },
    ],
    [
      "errors",
      "try {\n  null.x\n  test.echo(1)\n} catch {\n  test.echo(2)\n} finally {\n  test.echo(3)\n}",
      { 1: 1, 2: 1, 3: 0, 5: 1, 7: 1 },
    ],
    [
      "classes, generators and awaits",
      "class A {\n  static {\n    test.echo(1)\n  }\n  m() {\n    return 1\n  }\n}\nfunction* g() {\n  yield new A().m()\n  yield 2\n}\nfor (const x of g())\n  await x",
      { 1: 1, 3: 1, 6: 1, 10: 1, 11: 1, 13: 1, 14: 2 },
    ],
    [
      "labels",
      "outer:\nfor (const a of [1, 2]) {\n  for (const b of [1, 2]) {\n    if (b === 2) continue outer\n    test.echo(b)\n  }\n}",
      { 1: 1, 3: 2, 4: 4, 5: 2 },
    ],
    [
      "lines that rely on a missing semicolon",
      "let a = 1\nlet b = a\n++b\nconst c = [1]\n;[a, b] = [b, a]\nreturn\na = 5",
      { 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1, 7: 0 },
    ],
    [
      "a source with a BOM and a line for a shell",
      "\uFEFF#!/usr/bin/env llmspell\nlet a = 1\nreturn a",
      { 2: 1, 3: 1 },
    ],
    ["resources", "{\n  using r = { [Symbol.dispose]() {\n    test.echo(1)\n  } }\n}", { 2: 1, 3: 1 }],
  ])("counts %s", async (_, source, expected) => {
    expect(await coverageOf(source)).toEqual(expected);
  });

  it("changes no result, no line of an error and no name", async () => {
    const source = `"use strict"
const named = () => {}
const make = () => function () {}
let s = named.name + make().name + [1, 2].map((n) => ({ n })).length
if (s) { s += "!" } else s = ""
const o = { f: async () => await 1, get g() { return 2 } }
s += await o.f() + o.g + (() => [...arguments_(1, 2)])().join()
function arguments_(...a) { return a }
switch (s.length) { case 0: default: s += "?" }
label: { if (s) break label; s = "" }
return s + (() => { try { null.x } catch (e) { return e.stack.match(/c.js:(\\d+)/)[1] } })()`;
    const plain = await run(source.replaceAll("c.js", "a.js"));
    const guest = create();
    guest.startCoverage();
    expect(await guest.run(source, { name: "c.js" }).result()).toEqual(plain);
    await expect(guest.run("\nlet x = 1\nx.y.z()", { name: "d.js" }).result()).rejects.toMatchObject({
      details: { line: 3, sourceLine: "x.y.z()" },
    });
    await expect(guest.run("\nlet = 1", { name: "e.js" }).result()).rejects.toMatchObject({
      code: "SYNTAX_ERROR",
      details: { line: 2 },
    });
  });

  it("adds up runs of one source, and keeps those of different ones apart", async () => {
    const guest = create();
    const recorder = guest.startCoverage();
    for (let i = 0; i < 3; i++) await guest.run("return 1", { name: "c.js" }).result();
    await guest.run("\nreturn 2", { name: "d.js" }).result();
    const coverage = recorder.stop();
    expect(recorder.stop()).toBe(coverage);
    expect([linesOf(coverage), linesOf(coverage, "d.js"), coverage.ratio]).toEqual([{ 1: 3 }, { 2: 1 }, 1]);
    expect(coverage.lcov("t")).toContain("SF:d.js\nDA:2,1");
  });

  it("counts what runs later: callbacks of the host, what waited, until it is stopped", async () => {
    const host = new TestHost();
    const guest = create({ host });
    const recorder = guest.startCoverage();
    const task = guest.run("test.keep(() => {\n  return 1\n})\nawait test.wait('a')\nreturn 2", { name: "c.js" });
    const [fn] = host.kept;
    if (fn !== undefined) for (let i = 0; i < 2; i++) await guest.call(fn).result();
    host.resolve("a");
    await task.result();
    const coverage = recorder.stop();
    if (fn !== undefined) await guest.call(fn).result();
    expect(linesOf(coverage)).toEqual({ 1: 1, 2: 2, 4: 1, 5: 1 });
    using again = guest.startCoverage();
    expect(again.stop().sources).toEqual([]);
  });

  it("is there when the guest was ended, disposed or put back", async () => {
    for (const end of ["ended", "disposed", "put back"] as const) {
      const guest = create({ limits: { fuel: 300_000 } });
      const recorder = guest.startCoverage();
      await guest.run("globalThis.n = 1\nreturn n", { name: "c.js" }).result();
      const snapshot = guest.snapshot();
      await guest.run("n++\nreturn n", { name: "d.js" }).result();
      if (end === "ended")
        await guest
          .run("while (true) {}")
          .result()
          .catch(() => {});
      if (end === "disposed") guest[Symbol.dispose]();
      if (end === "put back") guest.rollback(snapshot);
      const coverage = recorder.stop();
      expect([linesOf(coverage), linesOf(coverage, "d.js")]).toEqual([
        { 1: 1, 2: 1 },
        { 1: 1, 2: 1 },
      ]);
    }
  });

  it("costs the same fuel on every run", async () => {
    const used = new Set<number>();
    for (let i = 0; i < 12; i++) {
      const guest = create();
      guest.startCoverage();
      await guest.run("let n = 0\nfor (let i = 0; i < 100; i++)\n  n += i\nreturn n").result();
      used.add(guest.usage.fuel);
    }
    expect(used.size).toBe(1);
  });

  it("is recorded once at a time", () => {
    const guest = create();
    guest.startCoverage();
    expect(() => guest.startCoverage()).toThrow(expect.objectContaining({ code: "ALREADY_EXISTS" }));
  });
});

describe("a source that the parser cannot read", () => {
  it.each(["let = 1", "(".repeat(50_000), "class {"])("is left to the guest", (source) => {
    expect(instrument(source, "$c")).toBeUndefined();
  });
});
