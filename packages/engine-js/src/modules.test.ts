import { describe, expect, it } from "vitest";
import type { Denial, GuestOptions, ScriptValue } from "@llmspell/engine";
import type { SpellError } from "@llmspell/errors";
import { open } from "./testing/run.js";

type Files = Readonly<Record<string, string>>;

/** Runs `main.js` of some files, which import each other by their names. */
async function cast(files: Files, options: GuestOptions = {}): Promise<ScriptValue> {
  using stage = open(options);
  for (const [name, text] of Object.entries(files)) stage.host.modules.set(name, text);
  return await stage.guest.run(files["main.js"] ?? "", { name: "main.js" }).result();
}

const failing = (files: Files, options?: GuestOptions): Promise<SpellError> =>
  cast(files, options).then(
    (value) => Promise.reject(new Error(`it ended well with ${JSON.stringify(value)}`)),
    (error: SpellError) => error,
  );

describe("a source with import or export", () => {
  it.each<[string, string, ScriptValue]>([
    ["is a module whose result is its default export", "export default 6 * 7", 42],
    ["may wait for it", 'export default test.wait_async("x").catch(() => 1) && Promise.resolve(7)', 7],
    ["may wait at its top", "const n = await Promise.resolve(3);\nexport default n", 3],
    ["may export nothing as default", "export const a = 1", null],
    ["may begin with #! and a byte order mark", "\uFEFF#!/usr/bin/env llmspell\nexport default 1", 1],
    ["is strict, and has no this", "export default this === undefined", true],
    ["knows no path of its host", "export default Object.keys(import.meta).join()", ""],
  ])("%s", async (_, source, value) => {
    expect(await cast({ "main.js": source })).toEqual(value);
  });

  it.each([
    ["is a body when it only mentions them", "// import and export\nreturn 'import'", "import"],
    ["is a body when it only imports when it runs", "const { n } = await import('a'); return n", 1],
  ])("%s", async (_, source, value) => {
    expect(await cast({ "main.js": source, a: "export const n = 1" })).toBe(value);
  });

  it("is another module each time it runs", async () => {
    using stage = open();
    const source = "let n = 0; export const up = () => ++n; export default up()";
    for (let i = 0; i < 3; i++) expect(await stage.guest.run(source, { name: "main.js" }).result()).toBe(1);
    const failed = stage.guest.run("export {};\nthrow new Error('x')", { name: "main.js" }).result();
    await expect(failed).rejects.toMatchObject({ details: { file: "main.js", line: 2 } });
  });
});

describe("imports", () => {
  it.each<[string, string, Files, ScriptValue]>([
    ["by name", 'import { a, b as c } from "m"; export default a + c', { m: "export const a = 1, b = 2" }, 3],
    ["of all", 'import * as m from "m"; export default Object.keys(m)', { m: "export const a = 1, b = 2" }, ["a", "b"]],
    ["of the default", 'import f from "m"; export default f()', { m: "export default () => 5" }, 5],
    ["for what they do", 'import "m"; export default globalThis.did', { m: "globalThis.did = 1" }, 1],
    [
      "again",
      'export { a } from "m"; export * from "n"; import * as me from "main.js"; const { a, b } = me; export default a + b',
      { m: "export const a = 1", n: "export const b = 2" },
      3,
    ],
    [
      "see what changes",
      'import { n, up } from "m"; const before = n; up(); export default [before, n]',
      { m: "export let n = 0; export const up = () => { n++ }" },
      [0, 1],
    ],
    [
      "in a circle",
      'import { g } from "m"; export const f = (n) => (n > 0 ? g(n - 1) : "end"); export default f(5)',
      { m: 'import { f } from "main.js"; export const g = (n) => f(n - 1)' },
      null,
    ],
    [
      "in the order they are written, each once",
      'import "a"; import "b"; import "a"; export default globalThis.log.join()',
      {
        a: 'import "c"; (globalThis.log ??= []).push("a")',
        b: 'import "c"; log.push("b")',
        c: 'globalThis.log = ["c"]',
      },
      "c,a,b",
    ],
    [
      "of modules that wait",
      'import { n } from "m"; export default n',
      { m: "export const n = await new Promise((resolve) => queueMicrotask(() => resolve(4)))" },
      4,
    ],
  ])("%s", async (name, main, files, value) => {
    const result = await cast({ ...files, "main.js": main });
    expect(result).toEqual(name === "in a circle" ? "end" : value);
  });

  it("while it runs give the same modules", async () => {
    const main = `
      const [a, b] = await Promise.all([import("m"), import("m")]);
      const name = "m";
      return [a === b, a === (await import(name)), (await import("n")).same(a)]`;
    const files = { m: "export let n = 1", n: 'import * as m from "m"; export const same = (other) => other === m' };
    expect(await cast({ "main.js": main, ...files })).toEqual([true, true, true]);
  });

  it("give the modules of the script API, by every name", async () => {
    const main = `
      import test, { sayTwice, say_twice, wait_async } from "llmspell/test";
      import { echo } from "llmspell/testing";
      import llmspell, { test as again } from "llmspell";
      const later = await import("llmspell/test");
      export default [sayTwice("a"), say_twice === sayTwice, typeof wait_async, echo(1), test === globalThis.test,
        llmspell.test === test, again === test, later.default === test, llmspell === globalThis.llmspell]`;
    const all = ["a a", true, "function", 1, true, true, true, true, true];
    for (const sandbox of ["none", "basic", "strict"] as const) {
      expect(await cast({ "main.js": main }, { sandbox })).toEqual(all);
    }
  });

  it("of a chain of a thousand, and of a circle of a hundred, work", async () => {
    const chain = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, i) => [
        `m${i}`,
        `import { n as next } from "m${i + 1}"; export const n = next + 1`,
      ]),
    );
    const main = 'import { n } from "m0"; export default n';
    const limits = { hostCalls: 10_000, timeMs: 60_000, fuel: 1e10 };
    expect(await cast({ ...chain, m1000: "export const n = 0", "main.js": main }, { limits })).toBe(1_000);
    const circle = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [
        `m${i}`,
        `import { f as next } from "m${(i + 1) % 100}"; export const f = (n) => (n === 0 ? "end" : next(n - 1))`,
      ]),
    );
    expect(await cast({ ...circle, "main.js": 'import { f } from "m0"; export default f(250)' }, { limits })).toBe(
      "end",
    );
  });

  it("of a circle of thousands end the guest, whatever happens, within its limits", async () => {
    const circle = Object.fromEntries(
      Array.from({ length: 3_000 }, (_, i) => [`m${i}`, `import "m${(i + 1) % 3_000}"`]),
    );
    const limits = { hostCalls: 10_000, timeMs: 60_000, fuel: 1e10 };
    const error = await failing({ ...circle, "main.js": 'import "m0"' }, { limits });
    expect(error.code).toMatch(/^LIMIT_/);
  });

  it("hold no memory that is not counted", async () => {
    using stage = open();
    const source = (i: number): string => `export const text = ${JSON.stringify(`${i}`.repeat(50_000))}`;
    for (let i = 10; i < 30; i++) stage.host.modules.set(`m${i}`, source(i));
    await stage.guest.run("return 1").result();
    const before = stage.guest.usage.memoryBytes;
    await stage.guest.run("for (let i = 10; i < 30; i++) await import(`m${i}`)").result();
    const grown = stage.guest.usage.memoryBytes - before;
    expect(grown).toBeGreaterThan(20 * 100_000);
    expect(grown).toBeLessThan(3 * 20 * 100_000);
  });
});

describe("modules that fail", () => {
  it.each<[string, Files, object]>([
    [
      "one that is not there, statically",
      { "main.js": '\nimport a from "missing"' },
      { code: "NOT_FOUND", message: "import: there is no module 'missing'", details: { file: "main.js", line: 2 } },
    ],
    [
      "one that is not there, when it runs",
      { "main.js": '\n\nawait import("missing")' },
      { code: "NOT_FOUND", details: { file: "main.js", line: 3, sourceLine: 'await import("missing")' } },
    ],
    [
      "one of the script API that is not there",
      { "main.js": 'import a from "llmspell/nothing"' },
      { code: "NOT_FOUND", message: "import: there is no module 'llmspell/nothing'; there are llmspell/test" },
    ],
    [
      "one that does not compile",
      { "main.js": 'import "m"', m: "let a = 1\nlet = 2" },
      { code: "SYNTAX_ERROR", details: { file: "m", line: 2, sourceLine: "let = 2" } },
    ],
    [
      "one that ends too early",
      { "main.js": 'import "m"', m: "let a = (1" },
      { code: "SYNTAX_ERROR", details: { file: "m", line: 1 } },
    ],
    [
      "a name that is not exported",
      { "main.js": 'import { b } from "m"', m: "export const a = 1" },
      { code: "SYNTAX_ERROR", message: "import: 'm' has no export 'b'", details: { file: "main.js", line: 1 } },
    ],
    [
      "a name that a module further down does not export",
      {
        "main.js": 'import "m"',
        m: 'import { sayTwice } from "llmspell/test";\nimport { sayThrice } from "llmspell/test";',
      },
      { message: "import: 'llmspell/test' has no export 'sayThrice'", details: { file: "m", line: 2 } },
    ],
    [
      "one that throws",
      { "main.js": '\nimport "m"', m: "\n\nthrow new Error('boom')" },
      { code: "SCRIPT_ERROR", message: "boom", details: { file: "m", line: 3, sourceLine: "throw new Error('boom')" } },
    ],
    [
      "a module that returns",
      { "main.js": "import 'm'\nreturn 1", m: "" },
      { code: "SYNTAX_ERROR", message: expect.stringContaining("its default export"), details: { line: 2 } },
    ],
    [
      "a body with a mistake that also speaks of imports",
      { "main.js": "const a = 1 // import it\nconst = 2\nreturn a" },
      { code: "SYNTAX_ERROR", details: { line: 2 } },
    ],
    [
      "with attributes",
      { "main.js": 'import a from "m" with { type: "json" }', m: "1" },
      { code: "SYNTAX_ERROR", message: "imports with attributes are not supported", details: { line: 1 } },
    ],
    ["the library's own", { "main.js": 'import { load } from "[llmspell modules]"' }, { code: "NOT_FOUND" }],
    [
      "one that is called like the library's own",
      { "main.js": 'import "[llmspell x]"', "[llmspell x]": 'import { load } from "[llmspell modules]"' },
      { code: "NOT_FOUND" },
    ],
    [
      "what stands behind a name of the library's own",
      { "main.js": 'import "[llmspell end]"; import { a } from "m"', m: "export const a = 1" },
      { code: "NOT_FOUND" },
    ],
    [
      "one with an endless name",
      { "main.js": `await import("x".repeat(1e5))` },
      { code: "NOT_FOUND", message: `import: there is no module '${"x".repeat(200)}'` },
    ],
  ])("%s", async (_, files, expected) => {
    expect(await failing(files)).toMatchObject(expected);
  });

  it("are told of, with their place", async () => {
    const denials: Denial[] = [];
    await failing({ "main.js": '\nimport "missing"' }, { onDenied: (denial) => denials.push(denial) });
    expect(denials).toEqual([
      { what: "require", code: "NOT_FOUND", message: "import: there is no module 'missing'", file: "main.js", line: 2 },
    ]);
  });

  it("can be caught, and asked for again once they are there", async () => {
    using stage = open();
    const source = "try { return (await import('m')).n } catch (e) { return e.code }";
    expect(await stage.guest.run(source).result()).toBe("NOT_FOUND");
    stage.host.modules.set("m", "export const n = 7");
    expect(await stage.guest.run(source).result()).toBe(7);
  });

  it("run nothing of a graph that is not whole", async () => {
    using stage = open();
    stage.host.modules.set("a", "globalThis.ran = true");
    await expect(stage.guest.run('import "a"; import "missing"').result()).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await stage.guest.run("return globalThis.ran ?? null").result()).toBe(null);
  });

  it("end with a limit like any other code", async () => {
    expect(await failing({ "main.js": 'import "m"', m: "while (true) {}" }, { limits: { fuel: 1e6 } })).toMatchObject({
      code: "LIMIT_FUEL",
    });
    expect(
      await failing({ "main.js": "for (;;) await import('m')", m: "" }, { limits: { hostCalls: 10, fuel: 1e8 } }),
    ).toMatchObject({ code: "LIMIT_FUEL" });
  });
});

describe("modules and snapshots", () => {
  it("keep their state, in a copy and in what is restored", async () => {
    using stage = open();
    stage.host.modules.set("m", "let n = 0; export const up = () => ++n");
    const up = 'import { up } from "m"; export default up()';
    expect(await stage.guest.run(up).result()).toBe(1);
    const saved = stage.guest.snapshot().encode();
    const [fork] = stage.guest.fork(1);
    expect(await fork?.run(up).result()).toBe(2);
    fork?.[Symbol.dispose]();
    expect(await stage.guest.run(up).result()).toBe(2);
    const { engine } = stage.guest;
    using restored = engine.restore(saved, { host: stage.host, bindings: stage.bindings });
    expect(await restored.run(up).result()).toBe(2);
    stage.guest.rollback(stage.guest.snapshot());
    expect(await stage.guest.run(up).result()).toBe(3);
  });

  it("go on while a module is loaded", async () => {
    using stage = open();
    let answer: ((source: string) => void) | undefined;
    const host = {
      loadModule: (name: string) =>
        new Promise<{ name: string; source: string }>((resolve) => {
          answer = (source) => resolve({ name, source });
        }),
    };
    using guest = stage.guest.engine.createGuest({ host });
    const task = guest.run('import { n } from "m"; import { k } from "k"; export default n + k').result();
    task.catch(() => {});
    const saved = guest.snapshot().encode();
    using restored = guest.engine.restore(saved, { host });
    const [again] = restored.tasks.values();
    answer?.("export const n = 40");
    await new Promise((resolve) => setImmediate(resolve));
    answer?.("export const k = 2");
    expect(await again?.result()).toBe(42);
  });
});
