import { attack, harmless, type AttackClass } from "../../kit/attack.js";

const ENDS = ["LIMIT_FUEL", "LIMIT_MEMORY"] as const;
const fuel = (name: string, source: string): ReturnType<typeof attack> => attack(name, source, "LIMIT_FUEL");

export const LOOPS: AttackClass = {
  title: "Loops and swallowed limits",
  about: "Code that does not end, and code that catches, retries or defers the error that ends it. `LIMIT_FUEL` it is.",
  attacks: [
    fuel("for (;;)", "for (;;);"),
    fuel("while with a label", "a: while (true) { b: do { continue a } while (true) }"),
    fuel("catch in a loop", "for (;;) { try { for (;;); } catch {} }"),
    fuel("finally in a loop", "for (;;) { try { for (;;); } finally { continue } }"),
    fuel("finally that returns", "function f() { try { for (;;); } finally { return 1 } } f(); return 'survived'"),
    fuel("finally that breaks out", "a: { try { for (;;); } finally { break a } } return 'survived'"),
    fuel("catch that recurs", "function f() { try { for (;;); } catch { f() } finally { f() } } f()"),
    fuel(
      "a hundred nested catches",
      `${"try { ".repeat(100)} for (;;); ${"} catch { for (;;); }".repeat(100)} return 'survived'`,
    ),
    fuel(
      "a catch in an async function, and a result",
      "async function f() { try { for (;;); } catch {} } await f(); return 'survived'",
    ),
    fuel(
      "a promise's catch, and a result",
      "await new Promise(() => { for (;;); }).catch(() => {}); return 'survived'",
    ),
    fuel("the host's callback that catches", "for (;;) test.apply(() => { try { for (;;); } catch {} })"),
    fuel(
      "a callback of the host that does not end, caught",
      "try { test.apply(() => { for (;;); }) } catch {} return 'survived'",
    ),
    attack(
      "a generator that swallows return",
      "function* g() { for (;;) try { yield 1 } finally { continue } } for (const x of g()) break",
      "fine",
    ),
    fuel(
      "a generator that swallows throw",
      "function* g() { for (;;) try { yield 1 } catch {} } const i = g(); i.next(); for (;;) i.throw(1)",
    ),
    fuel(
      "yield* of a generator that swallows return",
      "function* g() { for (;;) try { yield 1 } finally { continue } } function* h() { yield* g() } const i = h(); i.next(); for (;;) i.return(1)",
    ),
    attack("yield* of itself", "function* g() { yield* g() } g().next()", ["LIMIT_DEPTH"]),
    attack("a generator that runs already", "let i; function* g() { i.next() } i = g(); i.next()", "SCRIPT_ERROR"),
    fuel(
      "an iterator without end in a destructuring",
      "const [...a] = { [Symbol.iterator]: () => ({ next: () => ({ done: false, get value() { for (;;); } }) }) }",
    ),
    attack("an iterator without end in a spread", "[...{ [Symbol.iterator]: () => ({ next: () => ({}) }) }]", ENDS),
    fuel(
      "an iterator whose return does not end",
      "for (const x of { [Symbol.iterator]: () => ({ next: () => ({}), return() { for (;;); } }) }) break",
    ),
    fuel("a getter that does not end when it is read", "({ get a() { for (;;); } }).a"),
    fuel("a setter that does not end", "({ set a(v) { for (;;); } }).a = 1"),
    fuel("for in over a proxy without end", "for (const k in new Proxy({}, { ownKeys: () => { for (;;); } }));"),
    fuel(
      "for in over prototypes that are proxies",
      "const p = new Proxy({}, { getPrototypeOf: () => p, ownKeys: () => [] }); for (const k in p);",
    ),
    fuel(
      "instanceof with a proxy that is its own prototype",
      "const p = new Proxy({}, { getPrototypeOf: () => p }); p instanceof Object",
    ),
    fuel("Symbol.hasInstance that does not end", "1 instanceof { [Symbol.hasInstance]() { for (;;); } }"),
    fuel(
      "isPrototypeOf on a proxy that is its own prototype",
      "const p = new Proxy({}, { getPrototypeOf: () => p }); Object.prototype.isPrototypeOf.call({}, p)",
    ),
    fuel("Symbol.toPrimitive that does not end", "+{ [Symbol.toPrimitive]() { for (;;); } }"),
    fuel("toString that does not end, in a template", "`${{ toString() { for (;;); } }}`"),
    fuel("toString that does not end, as a key", "({})[{ toString() { for (;;); } }]"),
    fuel("a computed class that does not end", "class C { static { for (;;); } }"),
    fuel("a field initializer that does not end", "new (class { x = (() => { for (;;); })() })()"),
    fuel("a default argument that does not end", "((a = (() => { for (;;); })()) => a)()"),
    fuel("a decorator of a setter, by defineProperty", "Object.defineProperty({}, 'x', { get value() { for (;;); } })"),
    attack(
      "sort with a comparator that never agrees",
      "for (;;) Array.from({ length: 100 }, (_, i) => i).sort(() => Math.random() - 0.5)",
      ENDS,
    ),
    fuel("sort with a comparator that does not end", "[1, 2].sort(() => { for (;;); })"),
    fuel(
      "sort with a comparator that always says less",
      "for (;;) Array.from({ length: 100 }, (_, i) => i).sort(() => -1)",
    ),
    attack(
      "sort with a comparator that grows the array",
      "const a = [3, 2, 1]; a.sort((x, y) => { a.push(1, 2, 3); return x - y }); return a.length",
      [...ENDS, "fine"],
    ),
    attack(
      "sort with a comparator that empties the array",
      "const a = Array.from({ length: 1000 }, (_, i) => 1000 - i); a.sort((x, y) => { a.length = 0; return x - y }); return a.length",
      "fine",
    ),
    attack(
      "sort with a comparator that freezes the array",
      "const a = [3, 2, 1]; a.sort((x, y) => { Object.freeze(a); return x - y })",
      "SCRIPT_ERROR",
    ),
    attack(
      "sort with a comparator that sorts",
      "const a = [3, 2, 1]; const c = (x, y) => { a.sort(c); return x - y }; a.sort(c)",
      ["LIMIT_DEPTH", "LIMIT_FUEL"],
    ),
    harmless(
      "sort with a comparator that returns junk",
      "const a = [3, 1, 2]; for (const r of [NaN, 'x', {}, null, undefined, Infinity, -Infinity]) a.sort(() => r); return a.length === 3",
    ),
    attack("sort with a comparator that returns an integer", "[1, 2].sort(() => 1n)", "SCRIPT_ERROR"),
    attack(
      "sort of text that is made anew each time",
      "const o = { toString: () => 'x'.repeat(1000) + Math.random() }; new Array(2000).fill(o).sort()",
      [...ENDS, "fine"],
    ),
    attack(
      "a Map that grows while it is walked",
      "const m = new Map([[1, 1]]); for (const [k] of m) m.set(k + 1, 1)",
      ENDS,
    ),
    fuel(
      "a Map that is deleted from and filled while it is walked",
      "const m = new Map([[1, 1]]); for (const [k] of m) { m.delete(k); m.set(k + 1, 1) }",
    ),
    fuel(
      "a Set's forEach that adds what it deletes",
      "const s = new Set([1]); s.forEach((x) => { s.delete(x); s.add(x) })",
    ),
    attack(
      "a Map whose iterator outlives its entries",
      "const m = new Map(); for (let i = 0; i < 1000; i++) m.set(i, i); const it = m.entries(); it.next(); m.clear(); for (let i = 0; i < 10; i++) m.set({}, 1); return [...it].length",
      "fine",
    ),
    attack("an array that grows while it is walked", "const a = [1]; for (const x of a) a.push(x)", ENDS),
    attack(
      "an object that grows while for in walks it",
      "const o = { a: 1 }; let i = 0; for (const k in o) { o['k' + i++] = 1 } return i",
      "fine",
    ),
    fuel("a clock that is waited for", "const t = Date.now(); while (Date.now() < t + 1000);"),
    fuel(
      "a finalizer that is waited for",
      "let over = false; new FinalizationRegistry(() => { over = true }).register({}, 1); while (!over);",
    ),
    fuel("a weak reference that is waited for", "const w = new WeakRef({}); while (w.deref() !== null);"),
    fuel("a switch that computes its cases", "switch (1) { case (() => { for (;;); })(): }"),
    fuel("optional chains and nullish loops", "let x; for (;;) x ??= x?.y?.[x]?.()"),
    fuel(
      "exceptions as control flow",
      "for (;;) { try { throw 1 } catch (e) { try { throw e } finally { } } }".replace("finally { }", "catch { }"),
    ),
    fuel("errors with stacks", "for (;;) { try { null.x } catch {} }"),
    attack("promises with stacks", "for (;;) Promise.reject(1).catch(() => {})", ENDS),
    fuel("a loop of calls into the console", "for (;;) console.log"),
    fuel(
      "arguments that refer to each other",
      "function f(a, b) { arguments[0] = arguments[1]; for (;;) arguments[0]++ } f(1, 2)",
    ),
    fuel(
      "a class that extends itself again and again",
      "let C = class {}; for (;;) C = class extends C {}".replace(
        "for (;;)",
        "for (let i = 0; ; i = (i + 1) % 2) if (i) C = class {}; else",
      ),
    ),
    fuel(
      "a lookup along a chain of prototypes",
      "let o = {}; for (let i = 0; i < 5000; i++) o = Object.create(o); for (;;) o.missing",
    ),
    fuel("a private name that is looked for", "class C { #x; static has(o) { return #x in o } } for (;;) C.has({})"),
    fuel(
      "delete and add of keys",
      "const o = {}; for (let i = 0; ; i++) { o['k' + (i % 50)] = 1; delete o['k' + ((i + 25) % 50)] }",
    ),
    fuel("keys that collide", "const o = {}; for (let i = 0; ; i++) { o[(i % 1000) * 2 ** 20] = 1 }"),
    fuel("Object.freeze of a proxy without end", "Object.freeze(new Proxy({}, { ownKeys() { for (;;); } }))"),
    fuel(
      "structured loops with using",
      "const d = { [Symbol.dispose ?? 'x']() { for (;;); } }; if (Symbol.dispose) new DisposableStack().use(d)[Symbol.dispose](); for (;;);",
    ),
  ],
};
