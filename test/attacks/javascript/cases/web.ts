import { attack, harmless, type AttackClass } from "../../kit/attack.js";

const ENDS = ["LIMIT_FUEL", "LIMIT_MEMORY"] as const;

export const WEB: AttackClass = {
  title: "Timers, signals and clones",
  about: "What browsers and Node have and the language has not: its calls are the host's, its limits the guest's.",
  attacks: [
    attack("a flood of timers", "for (;;) setTimeout(() => {}, 1000)", "LIMIT_PENDING"),
    attack(
      "a flood of timers in a catch, and the spell returns",
      "for (let i = 0; i < 500; i++) try { setTimeout(() => {}, 1000) } catch {} return 'survived'",
      "LIMIT_PENDING",
    ),
    attack("an interval without end", "setInterval(() => {}, 0); await new Promise(() => {})", "LIMIT_CALLS", {
      hostCalls: 30,
    }),
    attack(
      "an interval that does not end",
      "setInterval(() => { for (;;); }, 0); await new Promise(() => {})",
      "LIMIT_FUEL",
    ),
    attack(
      "a timer that sets the next",
      "const go = () => setTimeout(go, 0); go(); await new Promise(() => {})",
      "LIMIT_CALLS",
      { hostCalls: 5 },
    ),
    attack(
      "a timer whose function throws",
      "setTimeout(() => { throw new Error('x') }, 0); await new Promise((f) => setTimeout(f, 50))",
      "SCRIPT_ERROR",
    ),
    attack("a timer whose time does not end", "setTimeout(() => {}, { valueOf() { for (;;); } })", "LIMIT_FUEL"),
    harmless(
      "a timer whose time is none",
      "let n = 0; await Promise.all([NaN, -1, 'x', undefined, null, [], {}, -Infinity].map((ms) => new Promise((f) => setTimeout(() => { n++; f() }, ms)))); return n === 8",
    ),
    harmless(
      "timers that are not there",
      "for (const id of [0, -1, 1e9, NaN, 'x', null, undefined, {}, 2 ** 53]) { clearTimeout(id); clearInterval(id) } return true",
    ),
    harmless(
      "a timer that is cleared in its own function",
      "let n = 0; await new Promise((f) => { const t = setInterval(() => { n++; clearInterval(t); clearInterval(t); f() }, 0) }); return n === 1",
    ),
    harmless("a timer after the result", "setTimeout(() => { globalThis.secret = 1 }, 1000); return true"),
    attack(
      "a timer through a changed Promise",
      "Promise.prototype.then = () => { for (;;); }; await new Promise((f) => setTimeout(f, 0))",
      "fine",
    ),
    attack(
      "a signal whose listener does not end",
      "const c = new AbortController(); c.signal.addEventListener('abort', () => { for (;;); }); c.abort()",
      "LIMIT_FUEL",
    ),
    attack(
      "a signal whose listener aborts again",
      "const c = new AbortController(); let n = 0; c.signal.addEventListener('abort', () => { n++; c.abort() }); c.abort(); return n",
      "fine",
    ),
    attack(
      "a signal whose listeners add listeners",
      "const c = new AbortController(); const f = () => c.signal.addEventListener('abort', () => f()); f(); c.abort(); return 1",
      "fine",
    ),
    attack(
      "a flood of listeners",
      "const c = new AbortController(); for (;;) c.signal.addEventListener('abort', () => {})",
      ENDS,
    ),
    attack("a chain of signals", "let s = new AbortController().signal; for (;;) s = AbortSignal.any([s])", ENDS),
    attack(
      "a signal that is aborted with what cannot leave",
      "throw AbortSignal.abort(Symbol('x')).reason",
      "SCRIPT_ERROR",
    ),
    attack(
      "a signal that claims a code",
      "const c = new AbortController(); c.abort({ code: 'LIMIT_FUEL' }); c.signal.throwIfAborted()",
      "SCRIPT_ERROR",
    ),
    harmless(
      "a signal that was not made by a controller",
      "try { new AbortSignal(); return false } catch {} const fake = Object.create(AbortSignal.prototype); try { fake.throwIfAborted(); return false } catch { return true }",
    ),
    attack("a clone of a cycle", "const o = {}; o.o = [o]; return structuredClone(o).o[0].o.length", "fine"),
    attack("a clone of what nests", "let o = 1; for (let i = 0; i < 100000; i++) o = [o]; structuredClone(o)", [
      ...ENDS,
      "LIMIT_DEPTH",
      "SCRIPT_ERROR",
    ]),
    attack(
      "a clone of what unfolds",
      "let o = [1]; for (let i = 0; i < 60; i++) o = [o, o]; return structuredClone(o).length",
      ["fine", ...ENDS],
    ),
    attack("a clone of a huge length", "const a = []; a.length = 2 ** 32 - 1; structuredClone(a)", [...ENDS, "fine"]),
    attack("a clone whose getter does not end", "structuredClone({ get a() { for (;;); } })", "LIMIT_FUEL"),
    attack("a clone of a proxy that does not end", "structuredClone(new Proxy({}, { ownKeys() { for (;;); } }))", [
      "LIMIT_FUEL",
      "SCRIPT_ERROR",
    ]),
    attack("a clone of a function", "structuredClone(() => 1)", "SCRIPT_ERROR"),
    attack("a clone of a handle", "structuredClone(test.open())", ["SCRIPT_ERROR", "fine"]),
    harmless(
      "a clone of a handle is none",
      "let c; try { c = structuredClone(test.open()) } catch { return true } try { return test.describe(c) === 'other' } catch { return true }",
    ),
    harmless(
      "a clone of an error of the host is the script's own",
      "let e; try { test.fail() } catch (x) { e = x } let c; try { c = structuredClone(e) } catch { return true } try { return test.echo(c).code !== 'TOOL_FAILED' || test.echo(c).id === undefined } catch { return true }",
    ),
    harmless(
      "a clone of a buffer that shrinks meanwhile",
      "const b = new ArrayBuffer(100, { maxByteLength: 200 }); const u = new Uint8Array(b); const c = structuredClone([{ get a() { b.resize(10); return 1 } }, u]); return c[1].length <= 100 && c[1].every((x) => x === 0)",
    ),
    harmless(
      "a clone of what has fields called __proto__",
      'const c = structuredClone(JSON.parse(\'{"__proto__":{"polluted":1}}\')); return ({}).polluted === undefined && c.polluted === undefined',
    ),
    attack(
      "a Map that grows while it is cloned",
      "const m = new Map(); m.set(1, { get a() { for (let i = 0; i < 10; i++) m.set({}, { get b() { m.set({}, 1); return 1 } }); return 1 } }); return structuredClone(m).size > 0",
      ["fine", ...ENDS],
    ),
    attack("base64 that grows", "let s = 'x'; for (;;) s = btoa(s + s)", [...ENDS, "SCRIPT_ERROR"]),
    harmless(
      "base64 that is none",
      "for (const s of ['a', 'a===', '====', '\\u1234', 'a b=', '\\0']) try { atob(s) } catch (e) { if (!(e instanceof Error || e instanceof DOMException)) return false } try { btoa('\\u1234'); return false } catch { return true }",
    ),
    attack("queueMicrotask of what is no function", "queueMicrotask(1)", "SCRIPT_ERROR"),
  ],
};
