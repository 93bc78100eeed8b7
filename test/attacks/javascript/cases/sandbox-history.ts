import { attack, harmless, type AttackClass } from "../../kit/attack.js";

/** Looks for something of the host by way of a value: none is found. */
const REACH = `
  const reach = (o) => {
    try { return typeof o.constructor.constructor("return process")() } catch {}
    try { return typeof o.constructor("return process")() } catch {}
    try { return typeof Object.getPrototypeOf(o).constructor.constructor("return process")() } catch {}
    return "nothing";
  };`;

const nothing = (name: string, source: string): ReturnType<typeof harmless> =>
  harmless(name, `${REACH}\n${source}`, "nothing");

/** From the public records of vm2, isolated-vm, safe-eval, SandboxJS, realms-shim and others. */
export const SANDBOX_HISTORY: AttackClass = {
  title: "The history of other sandboxes",
  about: "Ways out of JavaScript sandboxes that share objects with their host, written anew. Here no object is shared.",
  attacks: [
    nothing("the first of all: this.constructor.constructor", "return reach(globalThis)"),
    nothing("CVE-2016-10532 (node-bunyan-like): a value's constructor", "return reach(test.echo({}))"),
    nothing("CVE-2017-16088 (safe-eval): a function's constructor", "return reach(reach)"),
    nothing("CVE-2017-16226 (static-eval): the constructor of a method of text", "return reach(''.sub)"),
    nothing(
      "CVE-2019-10761 (vm2): an error of the host at the end of the stack",
      "let e; const f = () => { try { f() } catch (x) { e = x } try { test.echo(1) } catch (x) { e = x } }; f(); return reach(e ?? {})",
    ),
    nothing(
      "vm2 184: __lookupGetter__ of __proto__",
      "const get = test.sayTwice.__lookupGetter__('__proto__'); return reach(get.call(test.sayTwice))",
    ),
    nothing(
      "vm2 199: the end of the stack inside of a call of the host",
      "let best; const f = (n) => { try { return f(n + 1) } catch (e) { return e } }; for (let i = 0; i < 20; i++) { const g = (n) => n === 0 ? test.apply(() => f(0)) : g(n - 1); try { best = g(i * 10) } catch (e) { best = e } } return reach(best ?? {})",
    ),
    nothing(
      "CVE-2020-10684-like: an error of a conversion of the host",
      "let e; try { test.apply({ valueOf() { throw 1 } }) } catch (x) { e = x } return reach(e)",
    ),
    nothing(
      "CVE-2021-21413 (isolated-vm): a reference and its prototype",
      "const h = test.open(); let o = h; const seen = []; while (o) { seen.push(o); o = Object.getPrototypeOf(o) } return seen.map(reach).every((x) => x === 'nothing') ? 'nothing' : 'something'",
    ),
    nothing(
      "CVE-2021-23449 (vm2): the promise of an import()",
      "let p; try { p = import('x') } catch (e) { return reach(e) } p.catch(() => {}); return reach(p)",
    ),
    nothing(
      "CVE-2021-23555 (vm2): an own property of an error of the host",
      "let e; try { test.crash() } catch (x) { e = x } return reach(e) === 'nothing' ? reach(e.details ?? {}) : 'something'",
    ),
    nothing(
      "CVE-2021-23543 (realms-shim): an error thrown while spread",
      "let e; try { test.echo(...{ [Symbol.iterator]() { throw new Error('x') } }) } catch (x) { e = x } return reach(e)",
    ),
    nothing(
      "CVE-2021-23594 (realms-shim): a proxy in the place of a function",
      "let r; try { r = test.apply(new Proxy(function () {}, { apply: (t, self, args) => reach(self ?? {}) + reach(args) }), 1) } catch { return 'nothing' } return r === 'nothingnothing' ? 'nothing' : r",
    ),
    nothing(
      "CVE-2021-23771 (notevil): __proto__ in the arguments of a callback",
      "return test.apply((x) => reach(x ?? {}), { ['__proto__']: 1 })",
    ),
    nothing(
      "CVE-2022-25893 (vm2): lookups on what the host wraps",
      "const w = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(test.open()), 'label'); return reach(w.value)",
    ),
    nothing(
      "CVE-2022-36067 (vm2): a new Error with prepareStackTrace",
      "globalThis.Error = {}; globalThis.Error.prepareStackTrace = (e, frames) => { globalThis.leak = frames }; try { null.x } catch (e) { e.stack } return globalThis.leak ? 'something' : reach({})",
    ),
    nothing(
      "CVE-2022-39266 (isolated-vm): cached code",
      "return ['cachedData', 'Script', 'compile'].some((n) => n in globalThis) ? 'something' : 'nothing'",
    ),
    nothing(
      "CVE-2022-25904 (safe-eval): __defineGetter__ on all objects",
      "Object.prototype.__defineGetter__('polluted', () => 1); return reach(test.echo({ a: 1 }))",
    ),
    nothing(
      "CVE-2023-26121 (safe-eval): the prototype of what is evaluated",
      "(() => {}).constructor.prototype.polluted = 1; return reach(test.echo(() => 1))",
    ),
    nothing(
      "CVE-2023-26122 (safe-eval): the stack's own functions",
      "let e; try { test.apply(() => { throw { toString() { throw new Error('x') } } }) } catch (x) { e = x } return reach(e)",
    ),
    nothing(
      "CVE-2023-29017 (vm2): an async error with a formatter of stacks",
      "try { Object.defineProperty(Error, 'prepareStackTrace', { value: (e, f) => { globalThis.leak = f } }) } catch {} await (async () => { ({}).x.y })().catch((e) => e.stack); return globalThis.leak ? 'something' : 'nothing'",
    ),
    nothing(
      "CVE-2023-29199 (vm2): a catch that the transformer misses",
      "let e; const o = { get ['x']() { throw new Error('y') } }; try { o.x } catch ({ ...all }) { e = all } return reach(e)",
    ),
    nothing(
      "CVE-2023-30547 (vm2): a proxy whose getPrototypeOf throws",
      "const p = new Proxy({}, { getPrototypeOf() { throw Object.assign(new Error('y'), { name: Symbol() }) } }); let e; try { test.apply(() => { throw p }) } catch (x) { e = x } return reach(e === p ? {} : e)",
    ),
    nothing(
      "CVE-2023-32313 (vm2): the inspection of what is printed",
      "const o = { [Symbol.for('nodejs.util.inspect.custom')]: (d, opt, inspect) => { globalThis.leak = inspect } }; console.log('%o', o); return globalThis.leak ? 'something' : 'nothing'",
    ),
    nothing(
      "CVE-2023-32314 (vm2): an object of the host by a proxy of Function",
      "let leak; const p = new Proxy(Function, { construct(t, a, n) { leak = a; return {} }, apply(t, s, a) { leak = a; return {} } }); try { test.apply(p, 1) } catch {} return reach(leak ?? {})",
    ),
    nothing(
      "CVE-2023-37466 (vm2): the species of an async function's promise",
      "const p = (async () => {})(); let leak; p.constructor = { [Symbol.species]: class { constructor(f) { f(() => {}, (e) => { leak = e }) } } }; try { p.then(() => { throw new Error('x') }) } catch {} await null; await null; return reach(leak ?? {})",
    ),
    nothing(
      "CVE-2023-37903 (vm2): a custom inspection by WebAssembly",
      "return typeof WebAssembly === 'undefined' ? 'nothing' : reach(WebAssembly)",
    ),
    nothing(
      "vm2 533: a symbol of the host by a changed Reflect.get",
      "let real; const get = Reflect.get; Reflect.get = (t, k, r) => { real = t; return get(t, k, r) }; Symbol.for; test.open().kind; return real === undefined ? reach({}) : 'something'",
    ),
    nothing(
      "vm2 533: a symbol of the host by a changed iterator",
      "const old = Array.prototype[Symbol.iterator]; let leak; Array.prototype[Symbol.iterator] = function () { leak = this; Array.prototype[Symbol.iterator] = old; return this[Symbol.iterator]() }; test.echo('x'); console.log('y'); return leak === undefined ? 'nothing' : reach(leak)",
    ),
    nothing(
      "vm2 562: the species of an array of the host",
      "const a = test.echo([1, 2, 3]); let leak; a.constructor = { [Symbol.species]: function () { leak = this; return [] } }; test.echo(a); return reach(leak ?? a)",
    ),
    nothing(
      "vm2 562: a name of an error that is a symbol",
      "let e; try { const x = new Error('y'); x.name = Symbol(); x.stack; throw x } catch (x) { e = x } try { test.apply(() => { throw e }) } catch (x) { e = x } return reach(e)",
    ),
    nothing(
      "CVE-2026-22709 (vm2): the promise of an async function, with a changed then",
      "const then = Promise.prototype.then; let leak; Promise.prototype.then = function (f, r) { return then.call(this, f, (e) => { leak = e; return r?.(e) }) }; const e = new Error(); e.name = Symbol(); await (async () => { e.stack; throw e })().catch(() => {}); return reach(leak ?? {})",
    ),
    nothing(
      "CVE-2026-22686 (enclave): the prototypes of an error of the host",
      "let e; try { test.crash() } catch (x) { e = x } for (let o = e; o; o = Object.getPrototypeOf(o)) if (reach(o) !== 'nothing') return 'something'; return 'nothing'",
    ),
    nothing(
      "CVE-2026-23830 (SandboxJS): constructors of async code",
      "return [async () => {}, function* () {}, async function* () {}].map((f) => reach(f)).every((x) => x === 'nothing') ? 'nothing' : 'something'",
    ),
    nothing(
      "CVE-2025-12735 (expr-eval): a function among the variables",
      "return test.apply((f) => reach(f), test.sayTwice)",
    ),
    nothing(
      "CVE-2025-68613 (n8n): this in a callback",
      "let self; test.apply(function () { self = this }); return self === undefined ? 'nothing' : reach(self)",
    ),
    nothing(
      "CVE-2024-21534 (jsonpath-plus): a constructor by a computed name",
      "const k = ['con', 'structor'].join(''); return reach(test.echo({})[k])",
    ),
    nothing(
      "vm2 GHSA-r4fx: a callback for the end of an object, after the time",
      "const f = new FinalizationRegistry(() => { globalThis.late = 1 }); for (let i = 0; i < 100; i++) f.register({}, i); return reach(f)",
    ),
    attack(
      "vm2 GHSA-r4fx: a callback for the end of an object that does not end",
      "const f = new FinalizationRegistry(() => { for (;;); }); for (let i = 0; i < 100; i++) f.register({}, i); await null; for (let i = 0; i < 1000; i++) [[i]]; return 1",
      ["LIMIT_FUEL", "fine"],
    ),
    nothing(
      "isolated-vm: a promise that the host resolves, hijacked",
      "let leak; Object.defineProperty(Object.prototype, 'then', { configurable: true, get() { leak = this; return undefined } }); await test.wait('x'); delete Object.prototype.then; return leak === undefined ? 'nothing' : reach(leak)",
    ),
    nothing(
      "quickjs-emscripten: globals that the host reads by name",
      "Object.defineProperty(globalThis, 'x', { get() { return test } }); return reach(globalThis.x)",
    ),
    nothing(
      "the realm of Figma's first plugins: an object of another realm",
      "return reach(test.echo([{}])[0]) === 'nothing' ? reach(test.apply((x) => x, { a: {} })) : 'something'",
    ),
    nothing(
      "Google Caja: a frozen prototype and a setter",
      "Object.freeze(Object.prototype); return reach(test.echo({ toString: 1, constructor: 2 }))",
    ),
    nothing(
      "AngularJS: text whose charAt lies",
      "String.prototype.charAt = [].join; String.prototype.constructor.fromCharCode = [].join; try { return reach(test.sayTwice('x')) } finally { }",
    ),
    nothing(
      "Handlebars CVE-2019-19919: __lookupGetter__ on a value of the host",
      "try { return reach(test.echo({}).__lookupGetter__('__proto__')) } catch { return 'nothing' }",
    ),
    nothing(
      "jsrsasign-like gadgets: NODE_OPTIONS and shell on all objects",
      "Object.prototype.shell = '/bin/sh'; Object.prototype.NODE_OPTIONS = '--require /proc/self/environ'; Object.prototype.env = { A: 1 }; test.echo({}); return reach(test.echo({}))",
    ),
  ],
};
