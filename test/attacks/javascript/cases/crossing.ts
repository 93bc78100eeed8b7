import { attack, harmless, type AttackClass } from "../../kit/attack.js";

/** What happens to a value that a script made to fool the walk over it, each for a result and for an argument. */
const both = (name: string, value: string, ends: Parameters<typeof attack>[2]): ReturnType<typeof attack>[] => [
  attack(`${name}, as a result`, `return ${value}`, ends),
  attack(`${name}, as an argument`, `return test.echo(${value})`, ends),
];

const ENDLESS = ["get", "ownKeys", "getPrototypeOf", "getOwnPropertyDescriptor"];

export const CROSSING: AttackClass = {
  title: "Values that run code while they cross",
  about:
    "Proxies, getters and conversions that do not end, throw, or answer differently each time they are asked. What crosses is plain data that was read once, or nothing.",
  attacks: [
    ...ENDLESS.flatMap((trap) =>
      both(`a proxy whose ${trap} does not end`, `new Proxy({ a: 1 }, { ${trap}() { for (;;); } })`, ["LIMIT_FUEL"]),
    ),
    ...ENDLESS.map((trap) =>
      attack(
        `a proxy whose ${trap} throws`,
        `test.echo(new Proxy({ a: 1 }, { ${trap}() { throw new Error("trap") } }))`,
        "SCRIPT_ERROR",
      ),
    ),
    ...both(
      "a revoked proxy",
      "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy })()",
      ["SCRIPT_ERROR", "INVALID_ARGUMENT"],
    ),
    ...both(
      "a revoked proxy in an array",
      "(() => { const { proxy, revoke } = Proxy.revocable([], {}); revoke(); return [proxy] })()",
      ["SCRIPT_ERROR", "INVALID_ARGUMENT"],
    ),
    attack(
      "a proxy that is revoked by a getter",
      "const r = Proxy.revocable([1, 2], {}); return { get a() { r.revoke(); return 1 }, b: r.proxy }",
      ["SCRIPT_ERROR", "INVALID_ARGUMENT"],
    ),
    attack(
      "a proxy with ever more keys",
      "let n = 0; test.echo(new Proxy({}, { ownKeys: () => ['k' + n++], getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }) }))",
      ["fine", "SCRIPT_ERROR"],
    ),
    attack(
      "a proxy with an endless list of keys",
      "test.echo(new Proxy({}, { ownKeys: () => ({ length: 2 ** 53 - 1 }) }))",
      ["SCRIPT_ERROR", "LIMIT_FUEL", "LIMIT_MEMORY"],
    ),
    attack(
      "a proxy of an array with an endless length",
      "test.echo(new Proxy([], { get: (t, k) => k === 'length' ? 2 ** 53 - 1 : 0 }))",
      ["LIMIT_FUEL", "LIMIT_MEMORY", "LIMIT_VALUE"],
    ),
    attack(
      "a proxy of an array with a length that is an object",
      "test.echo(new Proxy([], { get: (t, k) => k === 'length' ? { valueOf() { for (;;); } } : 0 }))",
      ["LIMIT_FUEL", "SCRIPT_ERROR"],
    ),
    attack(
      "a proxy that nests for ever",
      "const p = () => new Proxy({}, { ownKeys: () => ['a'], getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }), get: (t, k) => k === 'a' ? p() : undefined }); test.echo(p())",
      "INVALID_ARGUMENT",
    ),
    harmless(
      "a proxy that has another prototype at the second look",
      "let n = 0; const p = new Proxy({ a: 1 }, { getPrototypeOf: () => n++ === 0 ? Object.prototype : Map.prototype }); try { const v = test.echo(p); return Object.getPrototypeOf(v) === Object.prototype && Object.keys(v).length <= 1 } catch { return true }",
    ),
    harmless(
      "a proxy of a handle is no handle",
      "try { return test.describe(new Proxy(test.open(), {})) !== 'handle' } catch { return true }",
    ),
    harmless(
      "a proxy of a function of the host is a function of the script",
      "return typeof test.echo(new Proxy(test.sayTwice, {})) === 'function'",
    ),
    harmless(
      "a proxy of an error of the host is no error of the host",
      "let e; try { test.fail() } catch (x) { e = x } try { throw new Proxy(e, {}) } catch (p) { try { return test.echo(p).code !== 'TOOL_FAILED' } catch { return true } }",
    ),
    harmless(
      "a getter that answers a tag at the second look",
      "let n = 0; const v = test.echo({ get a() { return n++ ? { $handle: [1, 'box'] } : 1 } }); return test.describe(v.a) === 'other'",
    ),
    harmless(
      "a getter that makes the value a marked one",
      "const o = { get a() { o.$handle = [1, 'box']; delete o.b; return 1 }, b: 2 }; return test.describe(test.echo(o)) === 'other'",
    ),
    harmless(
      "fields that look like tags",
      "return ['$handle', '$weak', '$function', '$host', '$error', '$bytes', '$number', '$bigint', '$object', '$text', '$'].every((tag) => { const v = test.echo({ [tag]: [1, 'box'] }); return Object.keys(v).join() === tag && test.describe(v) === 'other' })",
    ),
    harmless(
      "fields that look like tags, below others",
      'const v = test.echo([{ a: { $handle: [1, \'box\'] } }, { $object: { $error: { id: 1 } } }]); return JSON.stringify(v) === \'[{"a":{"$handle":[1,"box"]}},{"$object":{"$error":{"id":1}}}]\'',
    ),
    harmless(
      "text that looks like a tagged value",
      "return ['$', '$[1]', '!', '!{\"$error\":1}', '${\"$handle\":[1,\"box\"]}'].every((s) => test.echo(s) === s)",
    ),
    harmless(
      "toJSON that gives a tag",
      "const v = test.echo({ toJSON: undefined, a: 1 }); Object.prototype.toJSON = () => ({ $handle: 1, toJSON: undefined }); return test.describe(test.echo({ a: 1 })) === 'other'",
    ),
    harmless(
      "toJSON that gives text with a tag",
      "Object.prototype.toJSON = () => '${\"$handle\":[1,\"box\"]}'; return test.describe(test.echo({ a: 1 })) === 'other'",
    ),
    attack(
      "toJSON of all objects that does not end",
      "Object.prototype.toJSON = () => { for (;;); }; test.echo({ a: 1 })",
      ["LIMIT_FUEL", "fine"],
    ),
    attack(
      "toJSON that returns nothing",
      "Object.prototype.toJSON = () => undefined; return test.echo({ a: 1 })",
      "fine",
    ),
    attack(
      "toJSON that nests for ever",
      "Object.prototype.toJSON = function () { return { a: { a: 1 } } }; return test.echo({ a: { b: 1 } })",
      ["LIMIT_FUEL", "LIMIT_MEMORY", "LIMIT_DEPTH", "fine", "SCRIPT_ERROR"],
    ),
    harmless(
      "valueOf and toPrimitive are not asked",
      "let asked = 0; const o = { valueOf() { asked++ }, toString() { asked++ }, [Symbol.toPrimitive]() { asked++ } }; try { test.echo([new Number(1), o]) } catch {} return asked === 0",
    ),
    attack("a getter that does not end", "return { get a() { for (;;); } }", "LIMIT_FUEL"),
    attack("a getter that throws what cannot leave", "return { get a() { throw Symbol('x') } }", [
      "SCRIPT_ERROR",
      "INVALID_ARGUMENT",
    ]),
    attack(
      "a getter that calls the host with the same value",
      "const o = { get a() { return test.echo(o) } }; return test.echo(o)",
      ["LIMIT_DEPTH", "LIMIT_CALLS", "LIMIT_FUEL", "SCRIPT_ERROR"],
    ),
    harmless(
      "a getter that crosses another value meanwhile",
      "const v = test.echo({ a: [1, { get b() { return test.echo({ c: { d: [1n, 2n] } }) } }], z: -0 }); return v.a[1].b.c.d.length === 2 && Object.is(v.z, -0)",
    ),
    harmless(
      "a getter that fails while another value crosses",
      "const v = test.echo({ a: { get b() { try { test.echo({ s: Symbol('x') }) } catch {} return 7n } }, z: 1 }); return v.a.b === 7n && v.z === 1",
    ),
    harmless(
      "a getter that waits meanwhile",
      "const v = test.echo({ get a() { test.waitAsync('x'); return 1 }, b: -0 }); return v.a === 1",
    ),
    harmless(
      "an array that grows while it is read",
      "const a = [1, 2, 3]; Object.defineProperty(a, 0, { get() { if (a.length < 100) a.push(4n); return 1n } }); const v = test.echo(a); return v.length <= 100",
    ),
    harmless(
      "an array that shrinks while it is read",
      "const a = [1, 2, 3, 4, 5n]; Object.defineProperty(a, 0, { get() { a.length = 1; return 1n } }); const v = test.echo(a); return v.length <= 5 && (v[4] ?? null) === null",
    ),
    attack(
      "an array with a hole and a getter below it",
      "Object.defineProperty(Array.prototype, 1, { get() { for (;;); } }); return [1, , 3]",
      "LIMIT_FUEL",
    ),
    attack("an array that is endlessly long", "const a = []; a.length = 2 ** 32 - 1; return a", [
      "LIMIT_FUEL",
      "LIMIT_MEMORY",
      "LIMIT_VALUE",
    ]),
    attack("an array that is endlessly long, with an integer", "const a = [1n]; a.length = 2 ** 32 - 1; return a", [
      "LIMIT_FUEL",
      "LIMIT_MEMORY",
      "LIMIT_VALUE",
    ]),
    harmless(
      "an object whose keys change while it is read",
      "const o = { get a() { delete o.b; o.c = 1; return 1n }, b: 2 }; const v = test.echo(o); return v.a === 1n && v.b === undefined",
    ),
    attack("a subclass of Array", "return class extends Array { get [0]() { for (;;); } }.from([1, 2])", [
      "fine",
      "INVALID_ARGUMENT",
      "SCRIPT_ERROR",
      "LIMIT_FUEL",
    ]),
    ...[
      "new Map()",
      "new Set([1])",
      "new WeakMap()",
      "new Date(0)",
      "/x/",
      "Symbol.iterator",
      "2n ** 64n",
      "new Float64Array(1)",
      "new ArrayBuffer(8)",
      "new (class X {})()",
      "(function* () {})()",
      "new WeakRef({})",
    ].flatMap((value) => both(`what does not cross: ${value}`, value, "INVALID_ARGUMENT")),
    harmless(
      "the global object, which has no fields to list",
      "return Object.keys(test.echo(globalThis)).length === 0",
    ),
    ...both("a promise that is no result", "[Promise.resolve(1)]", "INVALID_ARGUMENT"),
    attack(
      "an object whose constructor's name does not end",
      "const C = class { static get name() { for (;;); } }; return new C()",
      "LIMIT_FUEL",
    ),
    attack(
      "an object whose constructor is a trap",
      "return Object.create({ get constructor() { throw new Error('x') } })",
      ["SCRIPT_ERROR", "INVALID_ARGUMENT"],
    ),
    attack(
      "an object whose constructor's name is huge",
      "const C = class { static name = 'x'.repeat(300000) }; return new C()",
      ["INVALID_ARGUMENT", "LIMIT_VALUE"],
    ),
    attack("a key that is huge, to a value that cannot cross", "return { ['k'.repeat(300000)]: Symbol() }", [
      "INVALID_ARGUMENT",
      "LIMIT_VALUE",
    ]),
    ...both("a cycle", "(() => { const o = { a: [] }; o.a.push(o); return o })()", "INVALID_ARGUMENT"),
    ...both(
      "a value that nests 101 levels",
      "(() => { let o = 1; for (let i = 0; i < 101; i++) o = [o]; return o })()",
      "INVALID_ARGUMENT",
    ),
    ...both(
      "a value that nests 100,000 levels",
      "(() => { let o = 1; for (let i = 0; i < 100000; i++) o = [o]; return o })()",
      ["INVALID_ARGUMENT", "LIMIT_FUEL", "LIMIT_MEMORY"],
    ),
    attack("half a pair", "return test.echo('\\ud800')", ["fine", "INVALID_ARGUMENT"]),
    harmless(
      "a key that is half a pair",
      "const v = test.echo({ ['\\ud800']: 1 }); return Object.keys(v).length === 1",
    ),
    harmless("zero bytes in keys and text", "return test.echo({ ['a\\0b']: '\\0' })['a\\0b'] === '\\0'"),
    harmless(
      "many shared values that unfold",
      "let o = { a: 1 }; for (let i = 0; i < 8; i++) o = [o, o]; return test.echo(o).length === 2",
    ),
    attack(
      "shared values that unfold without end",
      "let o = { a: 1 }; for (let i = 0; i < 60; i++) o = [o, o]; return test.echo(o)",
      ["LIMIT_FUEL", "LIMIT_MEMORY", "LIMIT_VALUE", "INVALID_ARGUMENT"],
    ),
    attack(
      "a global that is a getter, read by the host's name for it",
      "Object.defineProperty(globalThis, 'test', { get() { for (;;); } }); test.echo(1)",
      "LIMIT_FUEL",
    ),
  ],
};
