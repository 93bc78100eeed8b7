import { attack, harmless, type AttackClass } from "../../kit/attack.js";

/** So much that memory is over before the fuel is. */
const MUCH = { fuel: 20_000_000, memoryBytes: 2.5 * 1024 * 1024 };
const memory = (name: string, source: string): ReturnType<typeof attack> => attack(name, source, "LIMIT_MEMORY", MUCH);

export const MEMORY: AttackClass = {
  title: "Memory",
  about:
    "Every kind of value until memory is over, in the places where code deals badly with it: in a handler, a finalizer, a conversion, a job. `LIMIT_MEMORY`, or the script's own error where it caught it.",
  attacks: [
    memory("arrays", "const a = []; for (;;) a.push([1, 2, 3])"),
    memory("one array", "const a = []; for (;;) a.push(a.length)"),
    memory("text", "const a = []; for (;;) a.push('x'.repeat(100000) + a.length)"),
    attack("text that is joined", "let s = 'x'; for (;;) s += s", ["LIMIT_MEMORY", "SCRIPT_ERROR"]),
    memory(
      "text of joined texts that is never read",
      "let s = 'x'.repeat(1000); const a = []; for (;;) { s += 'y'; a.push(s) }",
    ),
    memory("wide text", "const a = []; for (;;) a.push('\\u1234'.repeat(50000))"),
    memory("objects", "const a = []; for (;;) a.push({ a: 1, b: 2, c: { d: 3 } })"),
    memory("keys of one object", "const o = {}; for (let i = 0; ; i++) o['key' + i] = i"),
    memory("symbols as keys", "const o = {}; for (;;) o[Symbol()] = 1"),
    attack(
      "symbols of the registry",
      "for (let i = 0; ; i++) Symbol.for('x'.repeat(5000) + i)",
      ["LIMIT_MEMORY", "LIMIT_FUEL"],
      MUCH,
    ),
    memory("objects of ever new shapes", "const a = []; for (let i = 0; ; i++) a.push({ ['k' + i]: 1 })"),
    memory("a Map", "const m = new Map(); for (let i = 0; ; i++) m.set(i, {})"),
    memory("a Set", "const s = new Set(); for (let i = 0; ; i++) s.add('s' + i)"),
    memory(
      "a WeakMap with keys that live",
      "const m = new WeakMap(); const a = []; for (;;) { const k = {}; a.push(k); m.set(k, [k]) }",
    ),
    memory("closures", "const a = []; for (let i = 0; ; i++) { const x = [i]; a.push(() => x) }"),
    memory("classes", "const a = []; for (;;) a.push(class { m() {} static s = 1 })"),
    memory("bound functions", "const a = []; for (;;) a.push((() => {}).bind(1, 2, 3))"),
    memory("proxies", "const a = []; for (;;) a.push(new Proxy({}, {}))"),
    memory(
      "generators that wait",
      "function* g() { yield 1 } const a = []; for (;;) { const i = g(); i.next(); a.push(i) }",
    ),
    memory(
      "async functions that wait",
      "async function f() { await new Promise(() => {}) } const a = []; for (;;) a.push(f())",
    ),
    memory("promises", "const a = []; for (;;) a.push(new Promise(() => {}))"),
    attack("jobs", "for (;;) Promise.resolve().then(() => {})", ["LIMIT_MEMORY", "LIMIT_FUEL"], MUCH),
    memory("reactions on one promise", "const p = new Promise(() => {}); for (;;) p.then(() => {})"),
    memory("typed arrays", "const a = []; for (;;) a.push(new Uint8Array(10000))"),
    memory(
      "buffers that grow",
      "const b = new ArrayBuffer(1, { maxByteLength: 2 ** 30 }); for (let n = 2; ; n *= 2) b.resize(n)",
    ),
    memory("views on one buffer", "const b = new ArrayBuffer(8); const a = []; for (;;) a.push(new DataView(b))"),
    memory("integers", "const a = []; for (let i = 1n; ; i++) a.push(2n ** 20000n + i)"),
    memory("dates", "const a = []; for (;;) a.push(new Date())"),
    memory("errors", "const a = []; for (;;) a.push(new Error('x'.repeat(50)))"),
    memory(
      "errors of the host",
      "const a = []; for (let i = 0; i < 900; i++) try { test.fail() } catch (e) { a.push(e) } for (;;) a.push('x'.repeat(5000) + a.length)",
    ),
    memory(
      "handles",
      "const a = []; for (let i = 0; i < 900; i++) a.push(test.open()); for (;;) a.push('x'.repeat(5000) + a.length)",
    ),
    memory("patterns", "const a = []; for (let i = 0; ; i++) a.push(new RegExp('(a|b){' + (i % 50) + '}'))"),
    memory("results of a pattern", "const a = []; for (;;) a.push(/(a)(b)?(?<c>c)/d.exec('xxabcyy'))"),
    memory("a linked list", "let l = null; for (;;) l = { l }"),
    memory("a chain of prototypes", "let o = {}; for (;;) o = Object.create(o)"),
    memory("a chain of closures", "let f = () => 1; for (;;) { const g = f; f = () => g() }"),
    memory("weak references that are kept", "const a = []; for (;;) { const o = {}; a.push(o, new WeakRef(o)) }"),
    memory(
      "registrations for the end of objects",
      "const f = new FinalizationRegistry(() => {}); const a = []; for (;;) { const o = {}; a.push(o); f.register(o, [o]) }".replace(
        "[o]",
        "[1]",
      ),
    ),
    memory("cells of arguments", "const a = []; function f() { a.push(arguments) } for (;;) f(1, 2, 3)"),
    memory("new globals", "for (let i = 0; ; i++) globalThis['g' + i] = [i]"),
    memory(
      "garbage in cycles that is not collected soon enough",
      "const keep = []; for (;;) { const a = [], b = [a]; a.push(b); keep.push(b) }",
    ),
    harmless(
      "garbage that is collected",
      "for (let i = 0; i < 5000; i++) { const a = [], b = [a]; a.push(b) } return true",
    ),
    attack(
      "garbage of half the memory, again and again",
      "for (let i = 0; i < 50; i++) { let a = new Uint8Array(1000000); a = null } return true",
      "fine",
      MUCH,
    ),
    memory(
      "in a handler",
      "const a = []; for (;;) try { for (;;) a.push('x'.repeat(10000) + a.length) } catch { try { for (;;) a.push('x'.repeat(5000) + a.length) } catch { a.push({}) } }",
    ),
    attack(
      "caught, and the spell goes on",
      "let a = []; try { for (;;) a.push('x'.repeat(10000) + a.length) } catch (e) { a = null; return e instanceof InternalError || e === null || e.message } return false",
      "fine",
      MUCH,
    ),
    attack(
      "caught, and all is given back",
      "for (let i = 0; i < 5; i++) { let a = []; try { for (;;) a.push(new Uint8Array(50000)) } catch {} a = null } return test.sayTwice('x')",
      "fine",
      MUCH,
    ),
    attack(
      "caught, and the error has no memory for its stack",
      "const a = []; let n = 0; for (;;) try { for (;;) a.push({ a: [n] }) } catch (e) { if (n++ > 50) return 'over' }",
      ["fine", "LIMIT_MEMORY", "LIMIT_FUEL"],
      MUCH,
    ),
    attack(
      "in a finally that returns",
      "function f() { const a = []; try { for (;;) a.push('x'.repeat(5000) + a.length) } finally { return 1 } } return f()",
      ["fine", "LIMIT_MEMORY"],
      MUCH,
    ),
    attack(
      "in a getter while a value crosses",
      "const a = []; return { get x() { for (;;) a.push('x'.repeat(5000) + a.length) } }",
      "LIMIT_MEMORY",
      MUCH,
    ),
    attack(
      "in a toString of an error",
      "throw Object.defineProperty(new Error(), 'message', { get() { const a = []; for (;;) a.push('x'.repeat(5000) + a.length) } })",
      ["LIMIT_MEMORY", "SCRIPT_ERROR"],
      MUCH,
    ),
    attack(
      "in a job, after the result",
      "Promise.resolve().then(() => { const a = []; for (;;) a.push('x'.repeat(5000) + a.length) }); return 1",
      ["LIMIT_MEMORY"],
      MUCH,
    ),
    attack(
      "in a job whose error is caught",
      "return await Promise.resolve().then(() => { const a = []; for (;;) a.push('x'.repeat(5000) + a.length) }).catch(() => 'caught')",
      ["fine", "LIMIT_MEMORY", "DEADLOCK"],
      MUCH,
    ),
    attack(
      "in a callback of the host",
      "try { test.apply(() => { const a = []; for (;;) a.push('x'.repeat(5000) + a.length) }) } catch (e) { return e.code ?? e.name }",
      ["fine", "LIMIT_MEMORY", "LIMIT_FUEL"],
      MUCH,
    ),
    attack(
      "while the answer of the host comes in",
      "const a = []; try { for (;;) a.push('x'.repeat(1000) + a.length) } catch {} try { return test.echo('y'.repeat(100000)).length } catch { return 'refused' }",
      ["fine", "LIMIT_MEMORY"],
      MUCH,
    ),
    attack(
      "while an awaited answer comes in",
      "globalThis.a = []; try { for (;;) a.push('x'.repeat(1000) + a.length) } catch {} try { for (;;) a.push([]) } catch {} return await test.wait('k')",
      ["fine", "LIMIT_MEMORY", "DEADLOCK"],
      MUCH,
    ),
    attack(
      "while it is collected: a finalizer that takes memory",
      "const f = new FinalizationRegistry(() => { const a = []; for (;;) a.push('x'.repeat(5000) + a.length) }); for (let i = 0; i < 1000; i++) f.register({}, i); await null; return 1",
      ["fine", "LIMIT_MEMORY", "SCRIPT_ERROR", "LIMIT_FUEL"],
      MUCH,
    ),
    attack(
      "while a generator is closed",
      "function* g() { try { yield 1 } finally { const a = []; for (;;) a.push('x'.repeat(5000) + a.length) } } for (const x of g()) break",
      "LIMIT_MEMORY",
      MUCH,
    ),
    attack(
      "while a class is made",
      "const a = []; for (;;) a.push(class { [a.length] = a; static { a.push([a]) } })",
      "LIMIT_MEMORY",
      MUCH,
    ),
    attack(
      "while a source is compiled",
      `const a = []; try { for (;;) a.push('x'.repeat(5000) + a.length) } catch {} return [${"[".repeat(200)}${"]".repeat(200)}].length`,
      ["fine", "LIMIT_MEMORY"],
      MUCH,
    ),
    attack(
      "while text is sorted",
      "return Array.from({ length: 30000 }, (_, i) => ({ toString: () => 'x'.repeat(1000) + i })).sort().length",
      ["LIMIT_MEMORY", "LIMIT_FUEL"],
      MUCH,
    ),
    attack(
      "while text is split and joined",
      "let s = 'ab'; for (;;) s = s.split('').join('ab')",
      ["LIMIT_MEMORY", "LIMIT_FUEL"],
      MUCH,
    ),
    attack("a capture of the largest text", "'x'.repeat(700000) + '\\u1234'.repeat(700000)", ["LIMIT_MEMORY"], MUCH),
    attack(
      "a structure that was built from the host",
      "const a = []; for (let i = 0; i < 900; i++) a.push(test.echo(Array.from({ length: 2000 }, (_, j) => j)))",
      ["LIMIT_MEMORY", "LIMIT_FUEL"],
      MUCH,
    ),
    attack(
      "bytes from the host",
      "const a = []; for (let i = 0; i < 900; i++) a.push(test.echo(new Uint8Array(50000)))",
      ["LIMIT_MEMORY"],
      MUCH,
    ),
    attack(
      "functions of the host's memory of the guest's functions",
      "for (let i = 0; i < 200; i++) test.echo([() => i, () => i]); const a = []; for (;;) a.push('x'.repeat(5000) + a.length)",
      "LIMIT_MEMORY",
      MUCH,
    ),
  ],
};
