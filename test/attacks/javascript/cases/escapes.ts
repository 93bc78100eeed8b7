import { attack, harmless, type AttackClass } from "../../kit/attack.js";

/** A way to a function that makes code from text, by what it is reached through. */
const MAKERS: readonly (readonly [through: string, maker: string])[] = [
  ["the constructor of a function", "(() => {}).constructor"],
  ["the constructor of an async function", "(async () => {}).constructor"],
  ["the constructor of a generator", "(function* () {}).constructor"],
  ["the constructor of an async generator", "(async function* () {}).constructor"],
  ["the constructor of the constructor of an object", "({}).constructor.constructor"],
  ["the constructor of a class", "(class {}).constructor"],
  ["the constructor of a method", "({ m() {} }).m.constructor"],
  ["the constructor of a getter", "Object.getOwnPropertyDescriptor({ get x() { return 1 } }, 'x').get.constructor"],
  ["the constructor of a bound function", "(function () {}).bind(1).constructor"],
  ["the constructor of a proxy of a function", "new Proxy(() => {}, {}).constructor"],
  ["the constructor of a function of the host", "test.sayTwice.constructor"],
  ["the constructor of a method of a handle", "test.open().label.constructor"],
  ["the constructor of a function of the console", "console.log.constructor"],
  ["the constructor of the constructor of an error of the host", "caught(test.fail).constructor.constructor"],
  ["the constructor of a promise's functions", "resolvers().resolve.constructor"],
  ["Function.prototype.constructor", "Function.prototype.constructor"],
  ["the prototype of all functions", "Object.getPrototypeOf(Math.max).constructor"],
  ["__proto__ of a function", "Math.max.__proto__.constructor"],
  ["Reflect.get", "Reflect.get(() => {}, 'constructor')"],
  ["the constructor of the accessor of __proto__", "Object.prototype.__lookupGetter__('__proto__').constructor"],
  ["the constructor of what throws for arguments.callee", "thrower().constructor"],
];

const HELPERS = `
  const caught = (f) => { try { f() } catch (e) { return e } };
  const resolvers = () => { let r; new Promise((resolve, reject) => { r = { resolve, reject } }); return r };
  const thrower = () => Object.getOwnPropertyDescriptor((function () { return arguments })(), "callee").get;
  const refuses = (f) => { try { f() } catch (e) { return e instanceof Error } return false };`;

const refusing = (name: string, expression: string): ReturnType<typeof harmless> =>
  harmless(name, `${HELPERS}\n  return refuses(() => ${expression})`);

export const ESCAPES: AttackClass = {
  title: "Code from text",
  about:
    "Ways to compile text at run time, and so out of other JavaScript sandboxes. None is there, and what is reached is no more than the guest had.",
  attacks: [
    ...MAKERS.map(([through, maker]) => refusing(`code from text by ${through}`, `${maker}("return 1")()`)),
    ...MAKERS.slice(0, 5).map(([through, maker]) =>
      refusing(`code from text by Reflect.construct of ${through}`, `Reflect.construct(${maker}, ["return 1"])()`),
    ),
    refusing("new.target that is a constructor of code", `Reflect.construct(Object, [], Function)("return 1")`),
    refusing("a subclass of Function", `new (class extends Function {})("return 1")()`),
    refusing(
      "a subclass of the constructor of async functions",
      `new (class extends (async () => {}).constructor {})("return 1")`,
    ),
    refusing("Function called with another this", `Function.call({}, "return 1")()`),
    refusing("Function.bind", `Function.bind(null, "return 1")()()`),
    refusing("Function as a callback", `["return 1"].map(Function)[0]()`),
    refusing("Function as a replacer of text", `"x".replace("x", Function)`),
    refusing("Function as a tag of a template", "Function`return 1`()"),
    refusing(
      "Function after its constructor was replaced",
      `(() => {
        const { prototype } = Function;
        try { Object.defineProperty(prototype, "constructor", { value: undefined }) } catch {}
        return prototype.constructor("return 1")();
      })()`,
    ),
    harmless(
      "the constructor of code cannot be given back",
      `let refused = 0;
       for (const f of [() => {}, async () => {}, function* () {}, async function* () {}]) {
         try { Object.getPrototypeOf(f).constructor = 1 } catch { refused++ }
         try { delete Object.getPrototypeOf(f).constructor } catch { refused++ }
       }
       return refused === 8`,
    ),
    harmless("eval", "return typeof eval === 'undefined' && globalThis.eval === undefined"),
    harmless("an eval of one's own compiles nothing", "globalThis.eval = (x) => x; return eval('1 + 1') === '1 + 1'"),
    refusing("indirect eval", `(0, eval)("1")`),
    harmless(
      "setTimeout with text",
      "for (const set of [globalThis.setTimeout, globalThis.setInterval]) try { set?.('globalThis.hacked = 1', 0) } catch {} await test.wait('x'); return globalThis.hacked === undefined",
    ),
    attack("with", "with ({}) {}", "SYNTAX_ERROR"),
    attack("arguments.callee", "(function () { return arguments.callee })()", "SCRIPT_ERROR"),
    attack("a function's caller", "(function f() { return f.caller })()", "SCRIPT_ERROR"),
    harmless(
      "the global object through this",
      "return (function () { return this })() === undefined && [1].map(function () { return this })[0] === undefined",
    ),
    harmless(
      "modules, bytecode and the shell of QuickJS",
      `return ["std", "os", "bjson", "qjs", "scriptArgs", "print", "gc", "require", "process", "Worker", "WebAssembly",
        "ShadowRealm", "module", "global", "Deno", "Bun", "fetch", "Intl", "Java", "load", "__loadScript", "navigator"]
        .every((name) => !(name in globalThis))`,
    ),
    attack("import.meta", "return import.meta.url", ["SYNTAX_ERROR", "fine"]),
    attack("an import statement", "import fs from 'fs'", ["SYNTAX_ERROR", "NOT_FOUND"]),
    ...[
      "node:fs",
      "fs",
      "std",
      "os",
      "file:///etc/passwd",
      "data:text/javascript,export default 1",
      "http://localhost/x.js",
      "/etc/passwd",
      "../../../etc/passwd",
      "",
      "\\0",
    ].map((name) =>
      harmless(
        `import() of ${name === "" ? "nothing" : `'${name}'`}`,
        `try { await import("${name}"); return false } catch (e) { return !/\\/etc|node_modules|\\.ts/.test(e.stack) }`,
      ),
    ),
    harmless(
      "import() with attributes",
      "for (const type of ['json', 'bytes', 'text', 'bytecode']) { try { await import('x', { with: { type } }); return false } catch {} } return true",
    ),
    harmless(
      "import() of an object that changes its text",
      "let n = 0; try { await import({ toString: () => n++ ? 'std' : 'os' }); return false } catch { return n <= 1 }",
    ),
    harmless(
      "the end of the function that a source is wrapped in",
      "return (function () { return typeof lib === 'undefined' && typeof host === 'undefined' })()",
    ),
    attack("closing the function around a source", "}); globalThis.out = [typeof lib, typeof host]; (async () => {", [
      "SYNTAX_ERROR",
      "fine",
    ]),
    attack("closing the function around a source, and calling it", "})(), (() => {", ["SYNTAX_ERROR", "SCRIPT_ERROR"]),
    attack("closing the function around a source, and a loop", "}); for (;;); (async () => {", [
      "SYNTAX_ERROR",
      "LIMIT_FUEL",
    ]),
    attack("closing the function around a source, and an error", "}); throw new Error('x'); (async () => {", [
      "SYNTAX_ERROR",
      "SCRIPT_ERROR",
    ]),
    attack(
      "closing the function around a source, and an error whose text does not end",
      "}); throw { toString() { for (;;); } }; (async () => {",
      ["SYNTAX_ERROR", "SCRIPT_ERROR", "LIMIT_FUEL"],
    ),
    attack(
      "closing the function around a source, and memory",
      "}); const a = []; for (;;) a.push([a]); (async () => {",
      ["SYNTAX_ERROR", "LIMIT_MEMORY", "LIMIT_FUEL"],
    ),
    attack(
      "closing the function around a source, and a thenable in its place",
      "})(), ({ then() { for (;;); } }), (() => {",
      ["SYNTAX_ERROR", "SCRIPT_ERROR"],
    ),
    attack("a comment that hides the end of the wrapper", "return 1 /*", "SYNTAX_ERROR"),
    harmless("a comment to the end of the source", "return true //"),
    attack("a template that hides the end of the wrapper", "return `", "SYNTAX_ERROR"),
    attack("HTML comments", "return 1 <!-- x", ["SYNTAX_ERROR", "fine"]),
    harmless(
      "what the guest library keeps, by walking from everything",
      `const seen = new Set(); const found = [];
       const walk = (v) => {
         if ((typeof v !== "object" && typeof v !== "function") || v === null || seen.has(v)) return;
         seen.add(v);
         walk(Object.getPrototypeOf(v));
         for (const k of Reflect.ownKeys(v)) {
           if (["encode", "decode", "held", "op", "settle", "newHandle", "intrinsics", "exports"].includes(k)) found.push(String(k));
           const d = Object.getOwnPropertyDescriptor(v, k);
           walk(d.value); walk(d.get); walk(d.set);
         }
       };
       walk(globalThis);
       try { test.fail() } catch (e) { walk(e) }
       walk(test.open()); walk(test.waitAsync("x"));
       return found.length === 0 ? true : found.join()`,
    ),
    harmless(
      "the host through the text of functions",
      "return [test.sayTwice, console.log, test.open().label, Error].every((f) => !/\\/|require|process/.test(Function.prototype.toString.call(f).replace(/\\/\\/.*/g, '')))",
    ),
  ],
};
