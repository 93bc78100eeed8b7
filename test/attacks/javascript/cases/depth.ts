import { attack, type AttackClass } from "../../kit/attack.js";

const ENDS = ["LIMIT_DEPTH"] as const;
/** Where memory or fuel may be over first. */
const ANY = ["LIMIT_DEPTH", "LIMIT_MEMORY", "LIMIT_FUEL"] as const;

/** Something that calls itself through the library, by what it goes through. */
const THROUGH: readonly (readonly [name: string, source: string])[] = [
  ["a function", "function f() { f() } f()"],
  ["a tail call", "const f = () => f(); f()"],
  ["two functions", "const f = () => g() + 1, g = () => f() + 1; f()"],
  ["a method", "({ m() { this.m() } }).m()"],
  ["a constructor", "class C { constructor() { new C() } } new C()"],
  ["a field", "class C { x = new C() } new C()"],
  ["super", "class A { m() { return this.m() } } class B extends A { m() { return super.m() } } new B().m()"],
  ["a getter", "({ get a() { return this.a } }).a"],
  ["a setter", "({ set a(v) { this.a = v } }).a = 1"],
  ["toString", "const o = { toString() { return `${o}` } }; `${o}`"],
  ["valueOf", "const o = { valueOf() { return +o } }; +o"],
  ["Symbol.toPrimitive", "const o = { [Symbol.toPrimitive]() { return o + 1 } }; o + 1"],
  ["instanceof", "const o = { [Symbol.hasInstance]() { return 1 instanceof o } }; 1 instanceof o"],
  ["an iterator", "const o = { [Symbol.iterator]() { return [...o] } }; [...o]"],
  ["a generator", "function* g() { yield* g() } [...g()]"],
  ["an async function", "async function f() { return f() } await f()"],
  ["a tagged template", "const f = () => f`x`; f()"],
  ["a default argument", "const f = (a = f()) => a; f()"],
  ["apply", "const f = () => f.apply(null, [1]); f()"],
  ["call", "const f = () => f.call(null, 1); f()"],
  ["bind", "const f = () => f.bind(null)(); f()"],
  ["Reflect.apply", "const f = () => Reflect.apply(f, null, []); f()"],
  ["Reflect.construct", "function f() { Reflect.construct(f, []) } f()"],
  ["a proxy's get", "const p = new Proxy({}, { get: () => p.a }); p.a"],
  ["a proxy's apply", "const p = new Proxy(() => {}, { apply: () => p() }); p()"],
  ["a proxy's ownKeys", "const p = new Proxy({}, { ownKeys: () => Object.keys(p) }); Object.keys(p)"],
  [
    "a proxy's getPrototypeOf",
    "const p = new Proxy({}, { getPrototypeOf: () => Object.getPrototypeOf(p) }); Object.getPrototypeOf(p)",
  ],
  ["sort", "const f = () => [1, 2].sort(f); f()"],
  ["map", "const f = () => [1].map(f); f()"],
  ["reduce", "const f = () => [1, 2].reduce(f); f()"],
  ["Array.from", "const f = () => Array.from([1], f); f()"],
  ["replace", "const f = () => 'x'.replace('x', f); f()"],
  ["replace with a pattern", "const f = () => 'x'.replace(/x/g, f); f()"],
  ["JSON.stringify", "const o = { toJSON: () => JSON.stringify(o) }; JSON.stringify(o)"],
  ["JSON.parse", "const f = () => JSON.parse('1', f); f()"],
  ["a Map's forEach", "const f = () => new Map([[1, 1]]).forEach(f); f()"],
  ["an executor of a promise", "const f = () => new Promise(f); f()"],
  ["join", "const a = []; a.push({ toString: () => a.join() }); a.join()"],
  ["Object.groupBy", "const f = () => Object.groupBy([1], f); f()"],
  ["a static block", "const f = () => class { static { f() } }; f()"],
  ["a callback of the host", "const f = () => test.apply(f); f()"],
  ["the console", "const o = new Error('x'); o.toString = () => { console.log(o); return '' }; console.log(o)"],
  ["a value that crosses", "const o = { get a() { return test.echo(o) } }; test.echo(o)"],
];

/** Chains that one operation of the language walks down. */
const CHAINS: readonly (readonly [name: string, source: string])[] = [
  ["a chain of proxies, read", "let p = {}; for (let i = 0; i < 20000; i++) p = new Proxy(p, {}); p.x"],
  ["a chain of proxies, keys", "let p = {}; for (let i = 0; i < 20000; i++) p = new Proxy(p, {}); Object.keys(p)"],
  ["a chain of proxies, isArray", "let p = []; for (let i = 0; i < 50000; i++) p = new Proxy(p, {}); Array.isArray(p)"],
  ["a chain of proxies, called", "let p = () => {}; for (let i = 0; i < 20000; i++) p = new Proxy(p, {}); p()"],
  [
    "a chain of proxies, constructed",
    "let p = class {}; for (let i = 0; i < 20000; i++) p = new Proxy(p, {}); new p()",
  ],
  ["a chain of proxies that crosses", "let p = {}; for (let i = 0; i < 20000; i++) p = new Proxy(p, {}); test.echo(p)"],
  [
    "a chain of proxies in a chain of prototypes",
    "let p = {}; for (let i = 0; i < 10000; i++) p = new Proxy(Object.create(p), {}); p.x",
  ],
  ["a chain of bound functions", "let f = () => {}; for (let i = 0; i < 50000; i++) f = f.bind(null); f()"],
  [
    "a chain of bound functions, instanceof",
    "let f = class {}; for (let i = 0; i < 50000; i++) f = f.bind(null); ({}) instanceof f",
  ],
  ["a chain of classes", "let C = class {}; for (let i = 0; i < 5000; i++) C = class extends C {}; new C()"],
  ["a nested array as text", "let a = []; for (let i = 0; i < 20000; i++) a = [a]; String(a)"],
  ["a nested array, flat", "let a = []; for (let i = 0; i < 20000; i++) a = [a]; a.flat(Infinity)"],
  [
    "a nested promise",
    "let p = Promise.resolve(1); for (let i = 0; i < 20000; i++) { const q = p; p = (async () => await q)() } await p",
  ],
  [
    "a rope of text",
    "let s = ''; for (let i = 0; i < 60000; i++) s = s + 'x'; let t = ''; for (let i = 0; i < 60000; i++) t = 'x' + t; s === t && /x$/.test(s + t)",
  ],
  [
    "a chain of iterator helpers",
    "let i = [1].values(); for (let n = 0; n < 20000; n++) i = i.map((x) => x); i.next()",
  ],
  ["a linked list that is freed", "let l = null; for (let i = 0; i < 60000; i++) l = { l }; l = null"],
  [
    "a chain of closures that is freed",
    "let f = null; for (let i = 0; i < 40000; i++) { const g = f; f = () => g } f = null",
  ],
  [
    "a nested generator, closed",
    "function* g(n) { try { if (n > 0) yield* g(n - 1); else yield 1 } finally { } } const i = g(5000); i.next(); i.return()",
  ],
];

export const DEPTH: AttackClass = {
  title: "Nesting",
  about:
    "Calls that nest through every part of the library, and chains that the library itself walks by recursion. V8's stack never ends first without the guest ending cleanly.",
  attacks: [
    ...THROUGH.map(([name, source]) =>
      attack(
        `recursion through ${name}`,
        source,
        name === "an async function" ? ANY : [...ENDS, "LIMIT_CALLS", "SCRIPT_ERROR", "LIMIT_FUEL"],
      ),
    ),
    ...THROUGH.slice(0, 4).map(([name, source]) =>
      attack(`recursion through ${name}, caught again and again`, `for (;;) try { ${source} } catch {}`, "LIMIT_FUEL"),
    ),
    ...THROUGH.slice(0, 2).map(([name, source]) =>
      attack(`recursion through ${name} at a low limit`, source, ENDS, { callDepth: 50 }),
    ),
    attack("recursion that catches at every level", "function f() { try { f() } catch { f() } } f()", ["LIMIT_FUEL"]),
    attack(
      "recursion that calls the host at its end",
      "function f() { try { f() } catch { test.echo(1) } } f(); return 1",
      ["fine", "LIMIT_DEPTH", "SCRIPT_ERROR"],
    ),
    attack(
      "recursion with many variables",
      `function f() { let ${Array.from({ length: 200 }, (_, i) => `v${i} = 1`).join()}; f() } f()`,
      ENDS,
    ),
    attack("recursion with many arguments", "const a = new Array(1000).fill(1); const f = (...x) => f(...a); f()", [
      ...ENDS,
      "LIMIT_MEMORY",
      "LIMIT_FUEL",
    ]),
    ...CHAINS.map(([name, source]) => attack(name, source, [...ANY, "fine", "SCRIPT_ERROR"])),
  ],
};
