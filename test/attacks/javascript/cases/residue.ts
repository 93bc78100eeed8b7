import { harmless, type AttackClass } from "../../kit/attack.js";

export const RESIDUE: AttackClass = {
  title: "Residue",
  about:
    "What a guest leaves behind: after each of these the next guest on the same instance is byte for byte in the state of a new one.",
  attacks: [
    harmless("globals", "for (let i = 0; i < 100; i++) globalThis['secret' + i] = i; return true"),
    harmless(
      "globals that are getters",
      "Object.defineProperty(globalThis, 'console', { get() { return 'secret' }, configurable: false }); return true",
    ),
    harmless(
      "a frozen global object",
      "Object.freeze(globalThis); Object.setPrototypeOf(Object.prototype.valueOf, null); return true",
    ),
    harmless(
      "a changed prototype of the globals",
      "try { Object.setPrototypeOf(globalThis, { secret: 1 }) } catch {} return true",
    ),
    harmless(
      "replaced functions",
      "Array.prototype.map = JSON.parse = Object.keys = Promise.prototype.then = () => 'secret'; return true",
    ),
    harmless(
      "fields on every prototype",
      "for (const C of [Object, Array, String, Number, Function, Error, Promise, Map, Set, RegExp, Date, Uint8Array]) C.prototype.secret = 1; return ({}).secret === 1",
    ),
    harmless("the state of the random numbers", "for (let i = 0; i < 1000; i++) Math.random(); return true"),
    harmless(
      "the registry of symbols",
      "for (let i = 0; i < 100; i++) Symbol.for('secret' + i); return Symbol.keyFor(Symbol.for('secret1')) === 'secret1'",
    ),
    harmless("the cache of templates", "const f = () => ((s) => s)`secret`; return f() === f()"),
    harmless("the text of the last match", "/secret/.exec('a secret'); return true"),
    harmless("jobs that have not run", "Promise.resolve().then(() => { globalThis.secret = 1 }); return true"),
    harmless("a wait that is not over", "test.wait('secret').then(() => { globalThis.secret = 1 }); return true"),
    harmless(
      "a generator that waits",
      "globalThis.g = (function* () { try { yield 1 } finally { globalThis.secret = 1 } })(); g.next(); return true",
    ),
    harmless(
      "an async generator that waits",
      "globalThis.g = (async function* () { try { yield 1 } finally { globalThis.secret = 1 } })(); await g.next(); return true",
    ),
    harmless(
      "callbacks for the end of objects",
      "globalThis.f = new FinalizationRegistry(() => { globalThis.secret = 1 }); for (let i = 0; i < 100; i++) f.register({}, i); return true",
    ),
    harmless("weak references", "globalThis.w = Array.from({ length: 100 }, () => new WeakRef({})); return true"),
    harmless(
      "rejections that nobody takes, later",
      "globalThis.p = new Promise((_, r) => { globalThis.r = r }); return true",
    ),
    harmless(
      "errors of the host that are kept",
      "globalThis.kept = []; for (let i = 0; i < 50; i++) try { test.fail() } catch (e) { kept.push(e) } return true",
    ),
    harmless("handles that are kept", "globalThis.kept = Array.from({ length: 50 }, () => test.open()); return true"),
    harmless("functions the host was given", "test.keep(() => 'secret'); return true"),
    harmless(
      "functions the host was given, by the hundred",
      "for (let i = 0; i < 300; i++) test.echo(() => i); return true",
    ),
    harmless("shapes of objects", "for (let i = 0; i < 500; i++) ({ ['secret' + i]: 1 }); return true"),
    harmless(
      "names that were interned",
      "for (let i = 0; i < 500; i++) globalThis['secret' + i] = delete globalThis['secret' + (i - 1)]; return true",
    ),
    harmless(
      "a heap in pieces",
      "globalThis.a = Array.from({ length: 3000 }, (_, i) => 'x'.repeat(i % 90) + i); for (let i = 0; i < 3000; i += 2) a[i] = null; return true",
    ),
    harmless(
      "memory full of a secret",
      "globalThis.a = Array.from({ length: 300 }, (_, i) => 'secret'.repeat(100) + i); return true",
    ),
    harmless("memory that has grown", "globalThis.a = new Uint8Array(3000000).fill(7); return true"),
    harmless("a stack that was deep", "function f(n) { return n === 0 ? 0 : 1 + f(n - 1) } return f(500) === 500"),
    harmless(
      "patterns that were compiled",
      "globalThis.r = Array.from({ length: 100 }, (_, i) => new RegExp('secret' + i, 'giu')); return true",
    ),
    harmless("time zones and formats", "new Date(2020, 1, 1).toString(); (1.5).toLocaleString(); return true"),
    harmless(
      "private names",
      "globalThis.C = class { #secret = 1; static get(o) { return o.#secret } }; return C.get(new C()) === 1",
    ),
    harmless(
      "everything at the level none",
      "globalThis.secret = Function('return 1')(); (0, eval)('var secret2 = 1'); Object.prototype.secret = 1; globalThis.SharedArrayBuffer && (globalThis.s = new SharedArrayBuffer(8)); return true",
      true,
      "none",
    ),
  ],
};
