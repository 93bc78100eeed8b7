import { attack, harmless, type AttackClass } from "../../kit/attack.js";

export const PROMISES: AttackClass = {
  title: "Promises and thenables",
  about:
    "Thenables, species and hijacked methods of promises, storms of jobs and waits without end: the host sees one end of a task, within its limits.",
  attacks: [
    attack("a thenable returned that never calls back", "return { then() {} }", "DEADLOCK"),
    attack("a thenable returned that does not end", "return { then() { for (;;); } }", "LIMIT_FUEL"),
    attack("a thenable that gives itself", "const t = { then(f) { f(t) } }; return t", ["LIMIT_FUEL", "LIMIT_MEMORY"]),
    harmless(
      "a thenable that calls back many times",
      "return { then(f, r) { f(true); f(1); r(2); for (let i = 0; i < 1000; i++) f(i) } }",
    ),
    attack(
      "a thenable that throws after it called back",
      "return { then(f) { f('ok'); throw new Error('late') } }",
      "fine",
    ),
    attack("a getter for then that throws", "return { get then() { throw new Error('x') } }", "SCRIPT_ERROR"),
    attack("a getter for then that does not end", "return { get then() { for (;;); } }", "LIMIT_FUEL"),
    harmless(
      "a getter for then that answers differently",
      "let n = 0; return { get then() { return n++ === 0 ? (f) => f(true) : 1 } }",
    ),
    attack(
      "a thenable that comes back from the host",
      "Object.prototype.then = function (f) { f(this) }; await test.wait('x')",
      "fine",
    ),
    attack(
      "then on all objects, and a result",
      "Object.prototype.then = function (f) { for (;;); }; return {}",
      "LIMIT_FUEL",
    ),
    harmless(
      "Promise.prototype.then replaced, and a result",
      "Promise.prototype.then = () => { throw 1 }; return true",
    ),
    harmless(
      "Promise.prototype.then replaced by one that takes all",
      "const kept = []; Promise.prototype.then = function (...a) { kept.push(a); return this }; await test.wait('x'); return kept.length === 0",
    ),
    attack(
      "await of a promise whose constructor does not end",
      "const p = Promise.resolve(1); Object.defineProperty(p, 'constructor', { get() { for (;;); } }); await p",
      "LIMIT_FUEL",
    ),
    harmless(
      "a species that steals resolve",
      "let stolen = 0; class P extends Promise { static get [Symbol.species]() { return function (x) { stolen++; x(() => {}, () => {}) } } } const p = P.resolve(1); try { p.then(() => {}) } catch {} return stolen === 1 && await test.wait('x') === 'answer'",
    ),
    attack(
      "a species that is no constructor",
      "class P extends Promise { static get [Symbol.species]() { return 1 } } P.resolve(1).then(() => {})",
      "SCRIPT_ERROR",
    ),
    attack(
      "a promise resolved with itself",
      "let r; const p = new Promise((f) => { r = f }); r(p); await p",
      "SCRIPT_ERROR",
    ),
    harmless(
      "an executor that calls both many times",
      "return await new Promise((f, r) => { for (let i = 0; i < 1000; i++) { f(true); r(1) } })",
    ),
    attack("a storm of jobs", "const go = () => Promise.resolve().then(go); await go()", [
      "LIMIT_FUEL",
      "LIMIT_MEMORY",
    ]),
    attack(
      "a storm of jobs that doubles",
      "const go = () => { Promise.resolve().then(go); Promise.resolve().then(go) }; go(); await new Promise(() => {})",
      ["LIMIT_FUEL", "LIMIT_MEMORY"],
    ),
    attack(
      "queueMicrotask for ever",
      "if (typeof queueMicrotask === 'undefined') for (;;); const go = () => queueMicrotask(go); go()",
      "LIMIT_FUEL",
    ),
    attack("an await loop", "for (;;) await null", "LIMIT_FUEL"),
    attack(
      "an await loop that catches everything",
      "for (;;) { try { await null; for (;;); } catch {} finally { continue } }",
      "LIMIT_FUEL",
    ),
    attack("a loop of host waits", "for (;;) await test.wait('x')", ["LIMIT_CALLS"], { hostCalls: 50 }),
    attack("async recursion", "const f = async () => { await f() }; await f()", [
      "LIMIT_DEPTH",
      "LIMIT_MEMORY",
      "LIMIT_FUEL",
    ]),
    attack("async recursion that waits first", "const f = async () => { await null; await f() }; await f()", [
      "LIMIT_FUEL",
      "LIMIT_MEMORY",
    ]),
    attack(
      "an async generator that never ends",
      "async function* g() { for (;;) yield 1 } for await (const x of g());",
      "LIMIT_FUEL",
    ),
    attack("for await over thenables that never settle", "for await (const x of [{ then() {} }]);", "DEADLOCK"),
    attack(
      "an async iterator that answers with junk",
      "for await (const x of { [Symbol.asyncIterator]: () => ({ next: () => 1 }) });",
      "SCRIPT_ERROR",
    ),
    attack(
      "an async generator that swallows its return",
      "async function* g() { for (;;) try { yield 1 } finally { continue } } for await (const x of g()) break",
      ["fine", "LIMIT_FUEL", "LIMIT_MEMORY", "DEADLOCK"],
    ),
    attack("a promise that nothing settles", "await new Promise(() => {})", "DEADLOCK"),
    attack(
      "promises that wait for each other",
      "let a, b; a = (async () => { await null; await b })(); b = (async () => { await null; await a })(); await a",
      "DEADLOCK",
    ),
    attack("a rejection that nobody takes", "Promise.reject(new Error('lost')); return 1", "SCRIPT_ERROR"),
    attack("many rejections that nobody takes", "for (let i = 0; i < 5000; i++) Promise.reject(i); return 1", [
      "SCRIPT_ERROR",
    ]),
    harmless(
      "a rejection that is taken late in the turn",
      "const p = Promise.reject(1); await null; await null; p.catch(() => {}); return true",
    ),
    attack("a rejection with what cannot leave", "Promise.reject(Symbol('x'))", "SCRIPT_ERROR"),
    attack(
      "a rejection whose message does not end",
      "Promise.reject(Object.defineProperty(new Error(), 'message', { get() { for (;;); } }))",
      "LIMIT_FUEL",
    ),
    attack("Promise.all of an endless iterator", "await Promise.all((function* () { for (;;) yield 1 })())", [
      "LIMIT_FUEL",
      "LIMIT_MEMORY",
    ]),
    attack(
      "Promise.all whose resolve does not end",
      "Promise.resolve = () => { for (;;); }; await Promise.all([1])",
      "LIMIT_FUEL",
    ),
    harmless(
      "Promise.all of values whose then calls twice",
      "return (await Promise.all([{ then(f) { f(true); f(1) } }]))[0]",
    ),
    attack(
      "Promise.any of a great many rejections",
      "await Promise.any(Array.from({ length: 500 }, (_, i) => Promise.reject(i)))",
      "SCRIPT_ERROR",
    ),
    attack(
      "Promise.race that leaves many behind",
      "for (;;) await Promise.race([null, test.wait('x'), test.wait('y')])",
      ["LIMIT_CALLS", "LIMIT_PENDING"],
    ),
    harmless(
      "Promise.withResolvers called on something else",
      "try { Promise.withResolvers?.call(function (x) { x(1, 2) }); return false } catch { return true }",
    ),
    harmless(
      "a promise capability whose functions are replaced",
      "let n = 0; function C(x) { x((v) => { n++ }, () => {}); } C.resolve = Promise.resolve; Promise.all.call(C, []); return n === 1",
    ),
    attack(
      "a task settled from inside a callback of the host",
      "let r; const p = new Promise((f) => { r = f }); test.apply(() => { r(1) }); return await p",
      "fine",
    ),
    attack("await inside a callback of the host", "test.apply(async () => { await null; return 1 })", [
      "INVALID_STATE",
      "SCRIPT_ERROR",
    ]),
    attack(
      "a callback that returns a promise of itself",
      "test.apply(async () => { throw new Error('x') })",
      "SCRIPT_ERROR",
    ),
    attack("a callback that returns a thenable that does not end", "test.apply(() => ({ then() { for (;;); } }))", [
      "SCRIPT_ERROR",
      "fine",
      "INVALID_ARGUMENT",
    ]),
    attack(
      "await in the way of a limit: catch",
      "(async () => { for (;;) { try { for (;;); } catch { } } })().catch(() => {}); return 'survived'",
      "LIMIT_FUEL",
    ),
    attack(
      "a limit in a job, and a result before it",
      "Promise.resolve().then(() => { for (;;); }); return 'survived'",
      "LIMIT_FUEL",
    ),
    attack("a disposer that does not end", "{ await using x = { async [Symbol.asyncDispose]() { for (;;); } } }", [
      "LIMIT_FUEL",
      "SYNTAX_ERROR",
    ]),
  ],
};
