import { attack, harmless, type AttackClass } from "../../kit/attack.js";

const NO_PATH = "!/node_modules|\\.ts|wasm|\\/work|\\/home/.test";

export const STACKS: AttackClass = {
  title: "Errors and stacks",
  about: "Formatters of stacks, fields of errors that run code, and what an error tells of the machine: nothing.",
  attacks: [
    attack(
      "Error.prepareStackTrace set",
      "Error.prepareStackTrace = (e, frames) => frames; return new Error('x').stack.length",
      "SCRIPT_ERROR",
    ),
    attack(
      "Error.prepareStackTrace defined",
      "Object.defineProperty(Error, 'prepareStackTrace', { value: () => { for (;;); } }); return 1",
      "SCRIPT_ERROR",
    ),
    harmless(
      "prepareStackTrace on a subclass",
      "class E extends Error { static prepareStackTrace() { return 'hacked' } } return new E('x').stack !== 'hacked'",
    ),
    harmless(
      "prepareStackTrace on all objects",
      "Object.prototype.prepareStackTrace = Function.prototype.prepareStackTrace = () => 'hacked'; return typeof new Error('x').stack === 'string' && new Error('x').stack !== 'hacked'",
    ),
    harmless(
      "prepareStackTrace of an Error of one's own",
      "globalThis.Error = { prepareStackTrace: () => 'hacked' }; try { null.x } catch (e) { return e.stack !== 'hacked' }",
    ),
    attack("Error.stackTraceLimit set", "Error.stackTraceLimit = 0; return 1", "SCRIPT_ERROR"),
    attack(
      "Error.stackTraceLimit as a getter",
      "Object.defineProperty(Error, 'stackTraceLimit', { get() { for (;;); } }); return 1",
      "SCRIPT_ERROR",
    ),
    harmless(
      "captureStackTrace on a foreign object",
      "const o = {}; if (Error.captureStackTrace) Error.captureStackTrace(o); return typeof o.stack !== 'object'",
    ),
    harmless(
      "captureStackTrace on a frozen object",
      "const o = Object.freeze({}); try { Error.captureStackTrace(o) } catch {} return o.stack === undefined",
    ),
    harmless(
      "captureStackTrace on a handle and a function of the host",
      "const h = test.open(); for (const o of [h, test.echo, console]) try { Error.captureStackTrace(o) } catch {} return h.stack === undefined && test.echo.stack === undefined && console.stack === undefined",
    ),
    attack(
      "captureStackTrace on a proxy that does not end",
      "Error.captureStackTrace(new Proxy({}, { defineProperty() { for (;;); }, getOwnPropertyDescriptor() { for (;;); } })); for (;;);",
      "LIMIT_FUEL",
    ),
    harmless(
      "the stack of an error shows no path of the host",
      `try { test.crash() } catch (e) { return ${NO_PATH}(e.stack + e.message) && !/secret/.test(e.message) }`,
    ),
    harmless(
      "the stack of an error of the language shows no path",
      `try { null.x } catch (e) { return ${NO_PATH}(e.stack) }`,
    ),
    harmless(
      "the stack of an error in a callback of the host",
      `try { test.apply(() => { throw new Error("x") }) } catch (e) { return ${NO_PATH}(e.stack) }`,
    ),
    harmless(
      "the details of a defect of the host",
      `try { test.crash() } catch (e) { return e.code === "INTERNAL" && !/secret/.test(JSON.stringify(e.details ?? {})) }`,
    ),
    attack("a defect of the host that nothing takes", "test.crash()", "INTERNAL"),
    attack(
      "the cause of an error is an endless chain",
      "const e = new Error('x'); e.cause = e; throw e",
      "SCRIPT_ERROR",
    ),
    attack(
      "a long chain of causes",
      "let e; for (let i = 0; i < 3000; i++) e = new Error('x', { cause: e }); throw e",
      "SCRIPT_ERROR",
    ),
    attack("an aggregate of itself", "const e = new AggregateError([]); e.errors.push(e); throw e", "SCRIPT_ERROR"),
    attack(
      "a getter for the message that does not end",
      "throw Object.defineProperty(new Error(), 'message', { get() { for (;;); } })",
      "LIMIT_FUEL",
    ),
    attack(
      "a getter for the stack that does not end",
      "throw Object.defineProperty(new Error(), 'stack', { get() { for (;;); } })",
      "LIMIT_FUEL",
    ),
    attack(
      "a getter for the name that throws itself",
      "throw Object.defineProperty(new Error('x'), 'name', { get() { throw this } })",
      "SCRIPT_ERROR",
    ),
    attack(
      "a message that is an object whose text does not end",
      "throw Object.assign(new Error(), { message: { toString() { for (;;); } } })",
      "LIMIT_FUEL",
    ),
    attack("a message that is a symbol", "throw Object.assign(new Error(), { message: Symbol('x') })", "SCRIPT_ERROR"),
    attack(
      "a message that is a revoked proxy",
      "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw Object.assign(new Error(), { message: proxy })",
      "SCRIPT_ERROR",
    ),
    attack(
      "a stack that is no text",
      "throw Object.defineProperty(new Error('x'), 'stack', { value: { length: 1e9 } })",
      "SCRIPT_ERROR",
    ),
    attack(
      "a stack of the guest library's",
      "throw Object.defineProperty(new Error('x'), 'stack', { value: '    at f ([llmspell tasks]:1:1)\\n    at g (/etc/passwd:3:1)' })",
      "SCRIPT_ERROR",
    ),
    attack(
      "a huge stack of one line",
      "throw Object.defineProperty(new Error('x'), 'stack', { value: '    at '.padEnd(200000, '(') })",
      "SCRIPT_ERROR",
    ),
    attack(
      "a stack of many lines",
      "throw Object.defineProperty(new Error('x'), 'stack', { value: '    at f (a:1:1)\\n'.repeat(10000) })",
      "SCRIPT_ERROR",
    ),
    attack(
      "a stack of half pairs and zero bytes",
      "throw Object.defineProperty(new Error('\\ud800\\0x'), 'stack', { value: '\\udfff\\0    at f (\\0:1:1)' })",
      "SCRIPT_ERROR",
    ),
    attack("nothing thrown", "throw undefined", "SCRIPT_ERROR"),
    attack("null thrown", "throw null", "SCRIPT_ERROR"),
    attack(
      "null thrown after memory was over",
      "try { 'x'.repeat(1e9) + [] } catch {} try { new Array(1e8).fill(0) } catch {} throw null",
      ["SCRIPT_ERROR", "LIMIT_MEMORY", "LIMIT_FUEL"],
    ),
    attack("a symbol thrown", "throw Symbol('x')", ["SCRIPT_ERROR", "INVALID_ARGUMENT"]),
    attack("a function thrown", "throw () => 1", "SCRIPT_ERROR"),
    attack("a cyclic object thrown", "const o = {}; o.o = o; throw o", ["SCRIPT_ERROR", "INVALID_ARGUMENT"]),
    attack("a Map thrown", "throw new Map()", ["SCRIPT_ERROR", "INVALID_ARGUMENT"]),
    attack("a proxy of an error thrown", "throw new Proxy(new Error('x'), { get() { for (;;); } })", [
      "SCRIPT_ERROR",
      "LIMIT_FUEL",
      "INVALID_ARGUMENT",
    ]),
    attack("a revoked proxy thrown", "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy", [
      "SCRIPT_ERROR",
      "INVALID_ARGUMENT",
    ]),
    attack(
      "a proxy thrown whose prototype does not end",
      "throw new Proxy({}, { getPrototypeOf() { for (;;); } })",
      "LIMIT_FUEL",
    ),
    attack("an error with a huge message", "throw new Error('x'.repeat(1000000))", ["LIMIT_VALUE", "SCRIPT_ERROR"], {
      valueBytes: 100_000,
      fuel: 20_000_000,
    }),
    attack(
      "an error whose name is huge",
      "throw Object.assign(new Error('x'), { name: 'x'.repeat(1000000) })",
      ["LIMIT_VALUE", "SCRIPT_ERROR"],
      { valueBytes: 100_000, fuel: 20_000_000 },
    ),
    harmless(
      "Error.isError fooled by a proxy",
      "return !Error.isError(new Proxy(new Error(), {})) && !Error.isError(Object.create(Error.prototype))",
    ),
    attack(
      "a suppressed error of a disposer",
      "{ using x = { [Symbol.dispose]() { throw new Error('a') } }; throw new Error('b') }",
      ["SCRIPT_ERROR", "SYNTAX_ERROR"],
    ),
  ],
};
