import { describe, expect, it } from "vitest";
import type { Denial } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { fail, open, run } from "./testing/run.js";

const FUEL = { limits: { fuel: 3_000_000 } };

describe("fuel ends", () => {
  it.each([
    ["a loop", "for (;;);"],
    ["a loop that catches and has a finally", "for (;;) { try { for (;;); } catch {} finally { continue } }"],
    ["a regular expression that goes back and forth", 'return /^(a+)+$/.test("a".repeat(40) + "b")'],
    ["jobs that make jobs", "const f = () => Promise.resolve().then(f); await f()"],
    ["a generator", "const g = function* () { for (;;) yield 1 }; for (const n of g());"],
    ["a sort whose order changes", "const a = Array.from({ length: 1e5 }, (_, i) => i); for (;;) a.sort(() => -1)"],
    ["text that is copied", 'let s = "x".repeat(1e5); for (;;) s = s.slice(1) + "y"'],
    ["bytes that are filled", "const u = new Uint8Array(1e6); for (;;) u.fill(1)"],
    ["one large integer", "let n = 3n; for (;;) n = (n * n) % 10n ** 5000n"],
    ["a getter that is called by JSON", "JSON.stringify({ get x() { for (;;); } })"],
    ["a proxy under a result", "return new Proxy({}, { ownKeys() { for (;;); } })"],
    ["an accessor of a global", 'Object.defineProperty(globalThis, "g", { get() { for (;;); } }); g'],
    ["an await in a loop", "for (;;) await null"],
    ["a parser", 'for (;;) new RegExp("a|".repeat(1000))'],
    ["JSON", 'const s = JSON.stringify(Array(1e4).fill("x")); for (;;) JSON.parse(s)'],
  ])("%s", async (_, source) => {
    using stage = open(FUEL);
    const { guest } = stage;
    await expect(guest.run(source).result()).rejects.toMatchObject({ code: "LIMIT_FUEL" });
    expect([guest.state, guest.usage.fuel]).toEqual(["killed", 3_000_000]);
  });

  it("in a getter that the host reads", () => {
    using stage = open(FUEL);
    const { guest } = stage;
    guest.run('Object.defineProperty(globalThis, "g", { get() { for (;;); } })');
    expect(() => guest.getGlobal("g")).toThrow(expect.objectContaining({ code: "LIMIT_FUEL" }));
    expect(guest.state).toBe("killed");
  });
});

describe("nested calls end", () => {
  const DEPTH = { limits: { fuel: 50_000_000 } };

  it.each([
    ["a function", "const f = () => f() + 1; f()"],
    ["a callback", "const f = () => [1].map(f); f()"],
    ["a sort", "const f = () => [1, 2].sort(f); f()"],
    ["a getter", "const o = { get x() { return this.x } }; o.x"],
    ["a conversion", "const o = { toString() { return `${o}` } }; `${o}`"],
    ["JSON", "const o = { toJSON() { return JSON.stringify(o) } }; JSON.stringify(o)"],
    ["a proxy", "const p = new Proxy({}, { get: (_, k, r) => r[k] }); p.x"],
    ["a constructor", "class A { constructor() { new A() } } new A()"],
    ["a replacement", 'const f = () => "a".replace(/a/, f); f()'],
    ["an iterator", "const f = function* () { yield* f() }; [...f()]"],
  ])("with an error that can be caught: %s", async (_, source) => {
    const error = await fail(source, DEPTH);
    expect([error.code, error.details["file"]]).toEqual(["LIMIT_DEPTH", "a.js"]);
    expect(await run(`try { ${source} } catch (e) { return e.name }`, DEPTH)).toBe("RangeError");
  });

  it.each([
    ["in JSON", 'let s = "["; for (let i = 0; i < 20; i++) s += s; JSON.parse(s)'],
    ["in lists", "let a = []; for (let i = 0; i < 200000; i++) a = [a]; return a.flat(Infinity)"],
    ["in a source", "(".repeat(100_000)],
  ])("the guest where only the stack below it knows: %s", async (_, source) => {
    expect((await fail(source, DEPTH)).code).toBe("LIMIT_DEPTH");
    expect(await run("return 42")).toBe(42);
  });

  it("at fewer when the limit is lower", async () => {
    const source = "let n = 0; const f = () => { n++; f() }; try { f() } catch {} return n";
    const [few, many] = [await run(source, { limits: { callDepth: 100 } }), await run(source)] as [number, number];
    expect(few).toBeGreaterThan(20);
    expect(few).toBeLessThanOrEqual(140);
    expect(many).toBeGreaterThan(800);
  });
});

describe("memory", () => {
  const SMALL = { limits: { memoryBytes: 4 * 1024 * 1024 } };

  it("ends with an error that can be caught, and the guest goes on", async () => {
    const source =
      "const a = []; try { for (;;) a.push(new Uint8Array(1e5)) } catch (e) { a.length = 0; return String(e) }";
    expect(await run(source, SMALL)).toBe("InternalError: out of memory");
  });

  it("ends with LIMIT_MEMORY where nobody catches", async () => {
    for (const source of ['"x".repeat(1e9)', "new Uint8Array(1e9)", "Array.from({ length: 1e7 }, () => ({}))"]) {
      expect((await fail(source, SMALL)).code).toBe("LIMIT_MEMORY");
    }
  });

  it("is given back, but for what the guest still has", async () => {
    using stage = open();
    const { guest } = stage;
    await guest
      .run("for (let i = 0; i < 1000; i++) { test.echo({ a: [1, 5n] }); try { test.fail() } catch {} }")
      .result();
    const { memoryBytes } = guest.usage;
    await guest
      .run("for (let i = 0; i < 9000; i++) { test.echo({ a: [1, 5n] }); try { test.fail() } catch {} }")
      .result();
    expect(guest.usage.memoryBytes - memoryBytes).toBeLessThan(20_000);
  });

  it("too small to begin with is refused", () => {
    expect(() => open({ limits: { memoryBytes: 1_000_000 } })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });
});

describe("a limit", () => {
  it("that the host finds in an answer ends the guest, whatever catches it", async () => {
    using stage = open();
    const { guest, host } = stage;
    const task = guest.run('for (;;) try { await test.wait("a") } catch {}');
    host.reject("a", new SpellError("LIMIT_CALLS", "no more"));
    await expect(task.result()).rejects.toMatchObject({ code: "LIMIT_CALLS" });
    expect(guest.state).toBe("killed");
  });

  it("is told with the source that reached it, and in a call of the host with its line", async () => {
    const denials: Denial[] = [];
    const onDenied = (denial: Denial): void => void denials.push(denial);
    await fail("let n = 0\nfor (;;) {\n  n = Math.max(n, 1)\n}", { ...FUEL, onDenied });
    expect(denials).toMatchObject([{ what: "limit", code: "LIMIT_FUEL", file: "a.js" }]);
    denials.length = 0;
    await fail("let n = 0\nfor (;;) {\n  test.echo(n)\n}", { limits: { hostCalls: 3 }, onDenied });
    expect(denials).toMatchObject([{ what: "limit", code: "LIMIT_CALLS", file: "a.js", line: 3 }]);
  });
});
