import { attack, harmless, type AttackClass } from "../../kit/attack.js";

const ANY = ["LIMIT_FUEL", "LIMIT_MEMORY", "LIMIT_DEPTH", "SCRIPT_ERROR", "fine"] as const;

/** From the public record of QuickJS and QuickJS-ng, by what was reported. */
export const QUICKJS_HISTORY: AttackClass = {
  title: "The history of QuickJS",
  about:
    "Holes in the memory safety of QuickJS that were made public, written anew. Most are mended in the build that is used; what a future one allows would corrupt the guest's own memory and no other.",
  attacks: [
    attack(
      "CVE-2020-22876: the compiler's own stack on long jumps",
      `${"if (0) {".repeat(2_000)}${"}".repeat(2_000)} return 1`,
      [...ANY, "SYNTAX_ERROR"],
    ),
    attack(
      "CVE-2023-31922: isArray on proxies without end",
      "let p = new Proxy([], {}); for (let i = 0; i < 100000; i++) p = new Proxy(p, {}); Array.isArray(p); JSON.stringify([p])",
      ANY,
    ),
    attack(
      "CVE-2023-48183: this in a for-in of an arrow in a class",
      "class C { static m() { for (const x in { a: (() => this)() }) { (() => { for (const y in this); })() } } } C.m(); return 1",
      "fine",
    ),
    harmless(
      "CVE-2023-48184: async functions and closures in a cycle",
      "for (let i = 0; i < 300; i++) { let f; f = async () => { const g = () => f; await new Promise(() => {}); return g }; f() } const fill = []; for (let i = 0; i < 5000; i++) fill.push([{}]); return true",
    ),
    attack(
      "CVE-2024-33263: objects that outlive their function",
      "const w = new WeakRef({}); const f = new FinalizationRegistry(() => {}); f.register(f, f); (function g() { f.register(g, w) })(); return 1",
      "fine",
    ),
    harmless(
      "CVE-2025-46687: an own property of text behind its end",
      "const s = Object('abc'); return [3, 4, -1, 2 ** 31, 2 ** 32 - 2, 2 ** 53].every((i) => Object.getOwnPropertyDescriptor(s, i) === undefined && s[i] === undefined && Reflect.get(s, i) === undefined && !Object.hasOwn(s, String(i)))",
    ),
    harmless(
      "CVE-2025-46688: integers from bytes, which no script can read",
      "return typeof bjson === 'undefined' && BigInt('0x' + 'f'.repeat(64)) === 2n ** 256n - 1n",
    ),
    attack(
      "CVE-2025-62490: printing an array that shrinks",
      "const a = Array.from({ length: 50 }, (_, i) => i); Object.defineProperty(a, 5, { get() { a.length = 0; return 1 } }); const e = new Error('x'); e.toString = () => { a.length = 1; return 'x' }; a[2] = e; console.log(a, [a])",
      "fine",
    ),
    harmless(
      "CVE-2025-62491: rejections that change while they are told",
      "const ps = []; for (let i = 0; i < 50; i++) ps.push(Promise.reject(i)); for (const p of ps) p.catch(() => { Promise.reject(1).catch(() => {}) }); await null; return true",
    ),
    harmless(
      "CVE-2025-62492: TypedArray indexOf of a fraction below zero",
      "const u = new Uint8Array(16); for (const at of [-1e-10, -0.5, -16.5, -(2 ** 52) - 0.5, -1e308, -Number.MIN_VALUE]) { if (u.indexOf(255, at) !== -1 || u.lastIndexOf(255, at) !== -1 || u.includes(255, at)) return false } return true",
    ),
    harmless(
      "CVE-2025-62493: digits of integers in every base",
      "for (let base = 2; base <= 36; base++) for (const x of [2n ** 64n - 1n, 2n ** 128n, -(2n ** 127n) - 1n, 36n ** 40n - 1n]) if (x < 0n !== x.toString(base).startsWith('-') || /[^0-9a-z-]/.test(x.toString(base))) return false; return (2n ** 1024n).toString(32).length === 205",
    ),
    harmless(
      "CVE-2025-62494: text += what replaces the text",
      "let s = 'abc'.repeat(50); const o = { toString() { s = 1; return 'x' } }; s += o; let t = 'x'; t += { valueOf() { t = { a: 1 }; return 2n } }; let u = 'q'.repeat(100); u = u + { [Symbol.toPrimitive]() { u = null; return 'z' } }; return s === 'abc'.repeat(50) + 'x' && t === 'x2' && u.length === 101",
    ),
    attack(
      "CVE-2025-62495: a pattern with a huge program",
      "new RegExp('(?:' + 'a'.repeat(1000) + '){1000}'.repeat(3) + 'x'.repeat(1000)); let s = 'a'; for (let i = 0; i < 40; i++) { s = '(?:' + s + '){2}'; new RegExp(s) }",
      ANY,
    ),
    attack(
      "CVE-2025-62496: an integer from text with very many digits",
      "BigInt('1'.repeat(5000000)); BigInt('0b' + '1'.repeat(3000000))",
      [...ANY],
    ),
    harmless(
      "CVE-2025-69653: generators that hold themselves",
      "for (let i = 0; i < 300; i++) { let g; g = (function* () { try { yield g } finally { g = null } })(); g.next(); if (i % 2) g = null } for (let i = 0; i < 20000; i++) [[i]]; return true",
    ),
    attack(
      "CVE-2025-69654: memory over in the middle of an object literal",
      "const a = []; for (;;) { try { for (;;) a.push({ a: { b: { c: [a] } }, get x() { return 1 }, ['k' + a.length]: () => a }) } catch { if (a.length > 0) return 1 } }",
      ["fine", "LIMIT_MEMORY", "LIMIT_FUEL"],
      { fuel: 20_000_000 },
    ),
    harmless(
      "CVE-2026-0821: a typed array whose new.target resizes the source",
      "const b = new ArrayBuffer(64, { maxByteLength: 4096 }); const from = new Uint8Array(b); const T = function () {}.bind(); Object.defineProperty(T, 'prototype', { get() { b.resize(4096); return Uint16Array.prototype } }); try { const r = Reflect.construct(Uint16Array, [from], T); return r.length === 64 || r.length === 4096 } catch { return true }",
    ),
    harmless(
      "CVE-2026-0821: an array whose new.target makes it longer",
      "const a = [1, 2, 3]; const T = function () {}.bind(); Object.defineProperty(T, 'prototype', { get() { a.length = 0; for (let i = 0; i < 5000; i++) a.push(i); return Uint8Array.prototype } }); const r = Reflect.construct(Uint8Array, [a], T); return r.length === 3 || r.length === 5000",
    ),
    harmless(
      "CVE-2026-0822: sort of bytes that are taken away late",
      "for (const trigger of [10, 300, 1000, 1500, 1700, 1734, 1800]) { const b = new ArrayBuffer(256, { maxByteLength: 2560 }); const u = new Uint8Array(b); for (let i = 0; i < 256; i++) u[i] = i; u[255] = 0; let n = 0; u.sort((x, y) => { if (++n === trigger) b.resize(10); return x - y }); for (const x of u) if (x > 255) return false } return true",
    ),
    harmless(
      "CVE-2026-1144: Atomics on bytes that are freed, which needs Atomics",
      "return typeof Atomics === 'undefined'",
    ),
    harmless(
      "CVE-2026-1145: a typed array of one that shrinks meanwhile",
      "const b = new ArrayBuffer(4096, { maxByteLength: 8192 }); const from = new Float64Array(b); const T = new Proxy(Uint8Array, { get(t, k, r) { if (k === 'prototype') b.resize(16); return Reflect.get(t, k) } }); try { return Reflect.construct(Uint8Array, [from], T).every((x) => x === 0) } catch { return from.length === 2 }",
    ),
    harmless(
      "bellard/quickjs 1168c21: += on a local that its operand replaces",
      "let x = 1; x += { valueOf() { x = 'abc'.repeat(100); return 1 } }; let y = {}; y += { toString() { y = null; return 'z' } }; return x === 2 && y === '[object Object]z'",
    ),
    harmless(
      "an iterator that is closed while it runs",
      "function* g() { try { i.return(1) } catch (e) { yield e instanceof TypeError } } const i = g(); return i.next().value",
    ),
    harmless(
      "an array literal whose spread empties it",
      "const a = [1, 2, 3]; a[Symbol.iterator] = function* () { a.length = 0; yield 7 }; return [...a, ...a].join() === '7,7'",
    ),
    harmless(
      "concat of an array that a getter shrinks",
      "const a = new Array(100).fill(1); Object.defineProperty(a, 0, { get() { a.length = 1; return 5 } }); return [].concat(a).length === 100",
    ),
    harmless(
      "splice and slice of an array that valueOf shrinks",
      "const a = new Array(1000).fill(1); const r = a.slice(0, { valueOf() { a.length = 1; return 1000 } }); const b = new Array(1000).fill(2); b.splice({ valueOf() { b.length = 2; return 500 } }, 100, 9); return r.length === 1000 && b.length >= 2",
    ),
    harmless(
      "fill, copyWithin and lastIndexOf of an array that valueOf shrinks",
      "const a = new Array(1000).fill(1); a.fill(7, { valueOf() { a.length = 3; return 900 } }); const b = new Array(1000).fill(1); b.copyWithin(0, { valueOf() { b.length = 3; return 900 } }); const c = new Array(1000).fill(1); return c.lastIndexOf(2, { valueOf() { c.length = 3; return 999 } }) === -1",
    ),
    harmless(
      "pop, shift and reverse of an array whose prototype interferes",
      "const a = [, , 3]; Object.defineProperty(Array.prototype, 1, { get() { a.length = 0; return 1 }, set() { a.length = 5 }, configurable: true }); a.reverse(); a.shift(); a.pop(); delete Array.prototype[1]; return true",
    ),
    harmless(
      "join of an array that toString empties",
      "const a = Array.from({ length: 500 }, (_, i) => i); a[3] = { toString() { a.length = 0; return 'x' } }; return a.join().startsWith('0,1,2,x,')",
    ),
    harmless(
      "arguments that are made shorter",
      "function f() { arguments.length = 1000; try { Math.max.apply(null, arguments) } catch {} Array.prototype.splice.call(arguments, 0, 1); return true } return f(1, 2, 3)",
    ),
    harmless(
      "a Map whose key's hash changes nothing",
      "const m = new Map(); for (const k of [NaN, -0, 0, '', 'a', 1n, 10n ** 30n, Symbol.iterator, null, undefined, {}, 1.5, 2 ** 31, -(2 ** 31)]) m.set(k, k); return m.size === 13 && m.get(NaN) !== 1 && m.get(10n ** 30n) === 10n ** 30n",
    ),
    harmless(
      "Map.groupBy and forEach that delete what is walked",
      "const m = new Map(Array.from({ length: 100 }, (_, i) => [i, i])); let n = 0; m.forEach((v, k) => { n++; m.clear(); if (n < 5) m.set(n, n) }); const s = new Set([1, 2, 3]); for (const x of s) s.clear(); return n === 5 && s.size === 0",
    ),
    harmless(
      "a WeakMap whose key is its value",
      "for (let i = 0; i < 2000; i++) { const k = {}; const m = new WeakMap([[k, { k }]]); k.m = m } for (let i = 0; i < 20000; i++) [[i]]; return true",
    ),
    harmless(
      "a FinalizationRegistry that holds itself",
      "const f = new FinalizationRegistry(() => {}); for (let i = 0; i < 1000; i++) { const o = { f }; f.register(o, o.f, o); f.unregister(o) } return true",
    ),
    harmless(
      "a proxy that is revoked in its own trap",
      "const r = Proxy.revocable({ a: 1 }, { get(t, k) { r.revoke(); return t[k] }, ownKeys(t) { return Reflect.ownKeys(t) } }); try { r.proxy.a; r.proxy.b; return false } catch { return true }",
    ),
    harmless(
      "a proxy whose trap breaks its invariants",
      "const t = Object.freeze({ a: 1 }); const p = new Proxy(t, { get: () => 2, ownKeys: () => ['a', 'a'], getOwnPropertyDescriptor: () => undefined, getPrototypeOf: () => Array.prototype }); for (const f of [() => p.a, () => Object.keys(p), () => Object.getOwnPropertyDescriptor(p, 'a'), () => Object.getPrototypeOf(Object.preventExtensions(p))]) try { f(); return false } catch {} return true",
    ),
    harmless(
      "a date whose fields are objects that change it",
      "const d = new Date(0); d.setFullYear({ valueOf() { d.setTime(NaN); return 2000 } }, { valueOf() { d.setTime(8.64e15); return 1 } }); return typeof d.getTime() === 'number'",
    ),
    harmless(
      "lookbehind at the start and behind the end",
      "return /(?<=^.{0,5})x/.test('x') && /(?<!a)$/.test('') && !/(?<=\\udc00)x/u.test('\\ud800\\udc00y') && 'abc'.replace(/(?<=(.))./gu, '[$1]') === 'a[a][b]'",
    ),
    harmless(
      "a pattern with a pair at its end",
      "return /[\\ud800-\\udbff]$/.test('\\ud800') && !/^.$/.test('\\ud83d\\ude00') && /^.$/u.test('\\ud83d\\ude00') && /\\udf06/.test('\\ud834\\udf06')",
    ),
  ],
};
