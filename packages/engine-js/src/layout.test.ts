import { afterAll, describe, expect, it } from "vitest";
import { GuestKilled } from "@llmspell/engine/guest-kit";
import { Building } from "./building.js";
import { checkLayout, type Layout } from "./check-layout.js";
import { buildImage, type JsImage } from "./image.js";
import { JsInstance } from "./instance.js";
import { compileQuickJs } from "./wasm.js";

const wasm = compileQuickJs();
const js = new JsInstance(wasm);
const image: JsImage = buildImage(js, { modules: [], handles: [], globals: {}, roots: [] }, "basic");

class Port extends Building {
  interrupts = 0;
  override interrupt(): void {
    this.interrupts++;
    throw new GuestKilled("out of fuel");
  }
  override rejection(): void {}
}
const port = new Port();
js.port = port;
js.ex.$fuel.value = 0x7fff_ffff;
afterAll(() => {
  js.port = undefined;
});

describe("the layout of QuickJS's values", () => {
  it("is the one that was written down, in the build that is known", () => {
    expect(wasm.isKnown).toBe(true);
    expect(() => checkLayout(js, image)).not.toThrow();
    js.port = port;
  });

  it.each<[string, Partial<Layout>]>([
    ["of names", { atoms: image.atoms + 4 }],
    ["of prototypes", { objectPrototype: image.objectPrototype + 8 }],
    ["of its memory", { heapBytes: image.heapBytes + 4 }],
  ])("is refused when it is another one: %s", (_, other) => {
    expect(() => checkLayout(js, { ...image, ...other })).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
    js.port = port;
  });
});

describe("the interpreter, which counts without looking", () => {
  const FUEL = 20_000;
  /** What a straight piece of a program may take beyond its fuel. */
  const FEW = 60;

  it.each([
    "for (;;);",
    "while (true) {}",
    "do {} while (true)",
    "for (let i = 0; i >= 0; i = 1) { continue }",
    "outer: for (;;) { for (;;) continue outer }",
    "for (;;) { try { continue } finally {} }",
    "for (;;) { try { throw 1 } catch {} }",
    "for (;;) { try { try { throw 1 } finally { 1 } } catch {} }",
    "for (;;) switch (1) { case 1: continue }",
    "let i = 0; for (;;) if (i++ > 5) i = 0",
    "for (;;) for (const k in { a: 1 });",
    "for (;;) for (const k of [1]);",
    "for (const k of (function* () { for (;;) yield 1 })());",
    "const f = () => { for (;;) g() }, g = () => 1; f()",
    "const f = (n) => n > 0 && f(n - 1); for (;;) f(50)",
    "const o = { get x() { return 1 } }; for (;;) o.x",
    "class A { constructor() { this.x = 1 } } for (;;) new A()",
    "const t = (s) => s; for (;;) t`a${1}`",
    "let x; for (;;) x = x?.y ?? 1",
    "for (let a, i = 0; ; i = 1 - i) a = i ? 1 : 2",
    "label: { for (;;) { if (0) break label } }",
    "const it = { [Symbol.iterator]: () => it, next: () => ({ value: 1 }) }; for (const k of it);",
    "for (let i = 0; ; i++) { (() => i)() }",
    "with_: for (;;) { const [a, ...b] = [1, 2]; ({ a }) }",
  ])("notices soon that its fuel is used up: %s", (source) => {
    js.ex.$fuel.value = FUEL;
    const before = port.interrupts;
    expect(() => js.evaluate(`(() => { ${source} })()`, "a.js")).toThrow(GuestKilled);
    expect(port.interrupts).toBe(before + 1);
    expect(js.ex.$fuel.value).toBeLessThan(0);
    expect(js.ex.$fuel.value).toBeGreaterThan(-FEW);
    image.memory.apply(js.ex.memory, js.globals);
    js.pages = image.pages;
  });

  it("notices at the end of a straight piece, however long that is", () => {
    js.ex.$fuel.value = FUEL;
    const body = "x = x + 1;".repeat(5_000);
    expect(() => js.evaluate(`let x = 0; for (;;) { ${body} }`, "a.js")).toThrow(GuestKilled);
    expect(js.ex.$fuel.value).toBeGreaterThan(-50_000);
    image.memory.apply(js.ex.memory, js.globals);
    js.pages = image.pages;
  });

  it("takes a unit at least for each instruction, the same on every run", () => {
    const fuelOf = (source: string): number => {
      js.ex.$fuel.value = 1_000_000_000;
      js.free(js.evaluate(source, "a.js"));
      return 1_000_000_000 - js.ex.$fuel.value;
    };
    const loop = (count: number): string =>
      `(() => { let s = 0; for (let i = 0; i < ${count}; i++) s += i; return s })()`;
    fuelOf(loop(10));
    const [few, many] = [fuelOf(loop(1_000)), fuelOf(loop(2_000))];
    expect(many - few).toBeGreaterThanOrEqual(5 * 1_000);
    expect(fuelOf(loop(1_000))).toBe(few);
  });
});
