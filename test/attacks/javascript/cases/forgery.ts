import { attack, harmless, type AttackClass } from "../../kit/attack.js";

const CODES = [
  "LIMIT_FUEL",
  "LIMIT_MEMORY",
  "LIMIT_DEPTH",
  "PERMISSION_DENIED",
  "INTERRUPTED",
  "CANCELLED",
  "INTERNAL",
];
const FAILED = "let e; try { test.fail() } catch (x) { e = x }";

export const FORGERY: AttackClass = {
  title: "Forged errors, handles and functions",
  about:
    "A script cannot claim a code that is the host's to give, make a handle or a function of the host, or have the host take one object for another.",
  attacks: [
    ...CODES.flatMap((code) => [
      attack(
        `an object that claims ${code}`,
        `throw { code: "${code}", category: "limit", message: "forged" }`,
        "SCRIPT_ERROR",
      ),
      attack(
        `an error that claims ${code}`,
        `throw Object.assign(new Error("forged"), { code: "${code}", category: "limit", name: "SpellError" })`,
        "SCRIPT_ERROR",
      ),
      attack(
        `an error of the host changed to ${code}`,
        `${FAILED} e.code = "${code}"; e.category = "limit"; throw e`,
        "TOOL_FAILED",
      ),
      attack(
        `an error below one of the host with ${code}`,
        `${FAILED} throw Object.assign(Object.create(e), { code: "${code}" })`,
        ["SCRIPT_ERROR", "INVALID_ARGUMENT"],
      ),
      attack(
        `a rejection that claims ${code}`,
        `await Promise.reject({ code: "${code}", message: "forged" })`,
        "SCRIPT_ERROR",
      ),
    ]),
    attack(
      "the class of the errors of the host, called again",
      `${FAILED} throw new (Object.getPrototypeOf(e).constructor)({ id: 1, code: "LIMIT_FUEL", message: "forged" })`,
      "SCRIPT_ERROR",
    ),
    attack(
      "the class of the errors of the host by another way",
      `${FAILED} const C = class extends e.constructor { constructor() { super("forged"); this.code = "LIMIT_FUEL" } }; throw new C()`,
      "SCRIPT_ERROR",
    ),
    attack(
      "the prototype of the errors of the host",
      `${FAILED} const x = new Error("forged"); Object.setPrototypeOf(x, Object.getPrototypeOf(e)); x.code = "LIMIT_FUEL"; throw x`,
      "SCRIPT_ERROR",
    ),
    attack(
      "an error of the host without its prototype",
      `${FAILED} Object.setPrototypeOf(e, null); throw e`,
      "TOOL_FAILED",
    ),
    attack("an error of the host, frozen and thrown again", `${FAILED} throw Object.freeze(e)`, "TOOL_FAILED"),
    attack(
      "an error of the host as the cause of another",
      `${FAILED} throw new Error("outer", { cause: e })`,
      "SCRIPT_ERROR",
    ),
    attack("an error of the host in an aggregate", `${FAILED} throw new AggregateError([e], "outer")`, "SCRIPT_ERROR"),
    attack("an error of the host that comes back through a value", `${FAILED} throw test.echo([e])[0]`, "TOOL_FAILED"),
    attack("an error of the host through a callback", "test.apply(() => test.fail())", "TOOL_FAILED"),
    attack(
      "a private name of the guest library's",
      `${FAILED} class Thief extends (function (o) { return o }) { #id = 7; static steal(o) { new Thief(o) } } Thief.steal(e); throw e`,
      "TOOL_FAILED",
    ),
    attack("a text that says memory is over", "throw new Error('out of memory')", "SCRIPT_ERROR"),
    attack(
      "an InternalError that says memory is over",
      "throw new (globalThis.InternalError ?? Error)('out of memory')",
      "SCRIPT_ERROR",
    ),
    attack(
      "an error that says memory is over, when it once was",
      "try { new ArrayBuffer(2 ** 30) } catch {} throw new RangeError('out of memory')",
      ["SCRIPT_ERROR", "LIMIT_MEMORY"],
    ),
    attack(
      "an error that says the stack is over",
      "throw new RangeError('Maximum call stack size exceeded')",
      "SCRIPT_ERROR",
    ),
    attack(
      "an error that says the stack is over, when it once was",
      "function f() { f() } try { f() } catch {} throw new RangeError('Maximum call stack size exceeded')",
      ["SCRIPT_ERROR", "LIMIT_DEPTH"],
    ),
    attack(
      "an error that says interrupted",
      "throw new (globalThis.InternalError ?? Error)('interrupted')",
      "SCRIPT_ERROR",
    ),
    attack("null, as QuickJS throws without memory", "throw null", "SCRIPT_ERROR"),
    attack(
      "an error with a newline and a stack of its own",
      "throw new Error('x\\n    at forged (/etc/passwd:1:1)')",
      "SCRIPT_ERROR",
    ),
    attack(
      "an error whose file is the guest library's",
      "throw Object.defineProperty(new Error('x'), 'stack', { value: '    at run ([llmspell tasks]:70:1)\\n' })",
      "SCRIPT_ERROR",
    ),
    harmless(
      "a handle by its constructor",
      "const h = test.open(); return h.constructor === Object && Object.getPrototypeOf(h).constructor === Object",
    ),
    harmless(
      "a handle by its prototype",
      "const h = test.open(); const fake = Object.create(Object.getPrototypeOf(h)); try { return test.describe(fake) === 'other' } catch { return true }",
    ),
    harmless(
      "a handle by a changed prototype",
      "const fake = {}; Object.setPrototypeOf(fake, Object.getPrototypeOf(test.open())); try { return test.describe(fake) === 'other' } catch { return true }",
    ),
    harmless(
      "a handle with another prototype is the same handle",
      "const h = test.open(); try { Object.setPrototypeOf(h, null) } catch {} return test.describe(h) === 'handle'",
    ),
    harmless(
      "a handle's class, made again by Reflect.construct",
      "const h = test.open(); try { Reflect.construct(Object, [1, 'box'], h.constructor) } catch {} try { new h.constructor(1); return test.describe(new h.constructor(1)) === 'other' } catch { return true }",
    ),
    harmless(
      "a handle that is changed",
      "const h = test.open(); for (const f of [() => { h.x = 1 }, () => { h.kind = 'y' }, () => { h.label = () => 'z' }, () => { Object.getPrototypeOf(h).label = () => 'z' }]) try { f(); return false } catch {} return h.label().startsWith('box ')",
    ),
    harmless(
      "a method of a handle on something else",
      "const { label } = test.open(); for (const o of [{}, null, undefined, 1, { kind: 'box', id: 1 }, [1, 'box']]) { let r; try { r = label.call(o) } catch { continue } if (r !== 'no handle') return false } return true",
    ),
    harmless(
      "a handle of a number that is not the guest's",
      "return [1, 2, 7, -1, 2 ** 31, NaN].every((n) => test.describe({ $handle: [n, 'box'] }) === 'other')",
    ),
    harmless(
      "a WeakRef of a handle",
      "const h = test.open(); const w = new WeakRef(h); return test.describe(w.deref()) === 'handle'",
    ),
    harmless(
      "a private name of handles",
      "const h = test.open(); class T extends (function (o) { return o }) { #number = 99; } try { new T(h) } catch {} return h.label().startsWith('box ')",
    ),
    harmless(
      "a function that claims to be the host's",
      "const f = Object.assign(() => 1, { id: 1, number: 1 }); return test.echo(f) === f && test.apply(f, 1) === 1",
    ),
    harmless(
      "a function that comes back is the same",
      "const f = () => 1; return test.echo(f) === f && test.echo([f])[0] === f",
    ),
    harmless(
      "a function of the host through a bound one",
      "return test.sayTwice.bind(null, 'x')() === 'x x' && typeof test.echo(test.sayTwice.bind(null)) === 'function'",
    ),
    harmless(
      "numbers of functions that nobody gave",
      "return [1, 2, 99, -1].every((n) => typeof test.echo({ $function: n }) === 'object' && typeof test.echo({ $host: n }) === 'object')",
    ),
    harmless(
      "a symbol that claims to mark errors",
      "const e = new Error('x'); for (const s of ['llmspell.error', '@llmspell/errors', 'SpellError', 'llmspell']) e[Symbol.for(s)] = true; try { throw e } catch (x) { return test.echo(x).code === undefined || test.echo(x).code === 'SCRIPT_ERROR' }",
    ),
    attack(
      "an answer to a call that is not one's own",
      "await Promise.race([test.wait('a'), { then() {} }]); return 'fine'",
      "fine",
    ),
  ],
};
