import type { Random } from "../../support/random.js";

const NUMBERS = [
  "0",
  "1",
  "-1",
  "2",
  "3",
  "10",
  "100",
  "0.5",
  "-0",
  "NaN",
  "Infinity",
  "1e308",
  "5e-324",
  "2 ** 31",
  "2 ** 32 - 1",
  "2 ** 53 - 1",
  "0n",
  "7n",
  "-(2n ** 63n)",
  "2n ** 64n",
];
const TEXTS = [
  '""',
  '"a"',
  '"hello world"',
  '"\\0"',
  '"\\ud800"',
  '"äöü€😀"',
  '"10"',
  '"x".repeat(200)',
  '"__proto__"',
  '"then"',
];
const PATTERNS = [
  "/a/",
  "/(a+)+$/g",
  "/(?<=b)a|[^\\w]*?/iu",
  "/(?<n>.)\\k<n>/dy",
  "/[\\p{L}--a]/v",
  "/^(?!x)(?:.|\\s){0,9}/ms",
];
const NAMES = ["a", "b", "c", "d"];
const GLOBALS = [
  "Array",
  "ArrayBuffer",
  "BigInt",
  "BigInt64Array",
  "Boolean",
  "DataView",
  "Date",
  "Error",
  "FinalizationRegistry",
  "Float64Array",
  "Function",
  "Iterator",
  "JSON",
  "Map",
  "Math",
  "Number",
  "Object",
  "Promise",
  "Proxy",
  "Reflect",
  "RegExp",
  "Set",
  "String",
  "Symbol",
  "Uint8Array",
  "WeakMap",
  "WeakRef",
  "console",
  "globalThis",
  "test",
];
const METHODS = [
  "apply",
  "at",
  "bind",
  "call",
  "catch",
  "concat",
  "construct",
  "copyWithin",
  "create",
  "defineProperty",
  "deref",
  "describe",
  "echo",
  "entries",
  "exec",
  "fail",
  "fill",
  "filter",
  "finally",
  "flat",
  "forEach",
  "freeze",
  "from",
  "get",
  "getOwnPropertyDescriptors",
  "has",
  "indexOf",
  "join",
  "keep",
  "keys",
  "label",
  "lastIndexOf",
  "log",
  "map",
  "next",
  "normalize",
  "of",
  "open",
  "ownKeys",
  "padEnd",
  "parse",
  "push",
  "reduce",
  "register",
  "replace",
  "resize",
  "resolve",
  "return",
  "reverse",
  "sayTwice",
  "set",
  "setPrototypeOf",
  "shift",
  "slice",
  "sort",
  "splice",
  "split",
  "stringify",
  "subarray",
  "then",
  "throw",
  "toString",
  "transfer",
  "unshift",
  "valueOf",
  "wait",
  "waitAsync",
  "with",
];
const KEYS = [
  "a",
  "length",
  "constructor",
  "prototype",
  "__proto__",
  "then",
  "toJSON",
  "valueOf",
  "toString",
  "name",
  "message",
  "stack",
  "code",
  "get",
  "value",
  "$handle",
  "[Symbol.iterator]",
  "[Symbol.asyncIterator]",
  "[Symbol.toPrimitive]",
  "[Symbol.species]",
  "[Symbol.hasInstance]",
  "[Symbol.toStringTag]",
  "0",
  "1",
];
const TRAPS = [
  "get",
  "set",
  "has",
  "ownKeys",
  "getPrototypeOf",
  "getOwnPropertyDescriptor",
  "defineProperty",
  "apply",
  "construct",
];
const BINARY = [
  "+",
  "-",
  "*",
  "/",
  "%",
  "**",
  "==",
  "===",
  "<",
  "in",
  "instanceof",
  "&",
  "|",
  "^",
  "<<",
  ">>>",
  "&&",
  "||",
  "??",
  ",",
];
const UNARY = ["-", "+", "!", "~", "typeof ", "void "];

/** Writes JavaScript programs that compile, mostly, and do everything the language and its library allow. */
export class JavaScriptWriter {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  program(): string {
    return `let a = 1, b = "two", c = [3, {}], d = (...x) => x[0];\n${this.#block(4)}\nreturn ${this.#protect(this.#expression(2))}`;
  }

  #block(depth: number): string {
    return Array.from({ length: 1 + this.#random.below(5) }, () => this.#statement(depth)).join("\n");
  }

  #statement(depth: number): string {
    const r = this.#random;
    const e = (): string => this.#expression(depth - 1);
    const block = (): string => this.#block(depth - 1);
    if (depth <= 0) return `${this.#name()} = ${this.#protect(e())};`;
    switch (r.below(19)) {
      case 0:
        return `{ const ${this.#name()} = ${e()}; ${block()} }`;
      case 1:
        return `if (${e()}) { ${block()} } else { ${block()} }`;
      case 2:
        return `for (let i = 0; i < ${r.pick(["3", "10", "1000"])}; i++) { ${block()} ${r.pick(["", "if (a === i) break;", "continue;"])} }`;
      case 3:
        return `try { for (const x of ${e()}) { ${block()} ${r.pick(["", "break;"])} } } catch {}`;
      case 4:
        return `try { for (const k in ${e()}) { ${block()} } } catch {}`;
      case 5:
        return `try { for await (const x of ${e()}) { ${block()} } } catch {}`;
      case 6:
        return `l${depth}: do { ${block()} ${r.pick(["", `continue l${depth};`, `break l${depth};`])} } while (${e()} && a++ < 5);`;
      case 7:
        return `try { ${block()} ${r.pick(["", `throw ${e()};`])} } catch (${r.pick(["a", "{ message: b }", "[c]"])}) { ${block()} } finally { ${block()} }`;
      case 8:
        return `try { ${this.#name()} = ${this.#class(depth - 1)} } catch {}`;
      case 9:
        return `try { ${r.pick([`[${this.#name()}, ...${this.#name()}] = ${e()}`, `({ a: ${this.#name()}, ...${this.#name()} } = ${e()})`])} } catch {}`;
      case 10:
        return `try { ${this.#name()}[${this.#key()}] = ${e()} } catch {}`;
      case 11:
        return `try { ${r.pick(GLOBALS)}.prototype.${r.pick(METHODS)} = ${this.#function(depth - 1)} } catch {}`;
      case 12:
        return `try { Object.defineProperty(${e()}, ${this.#key()}, { ${r.pick(["get", "value", "set"])}: ${this.#function(depth - 1)}, configurable: true }) } catch {}`;
      case 13:
        return `${this.#name()} = await ${this.#protect(e())};`;
      case 14:
        return `switch (${this.#protect(e())}) { case ${this.#protect(e())}: ${block()} default: ${block()} }`;
      default:
        return `${this.#name()} = ${this.#protect(this.#call(depth - 1))};`;
    }
  }

  #expression(depth: number): string {
    const r = this.#random;
    if (depth <= 0) {
      return r.pick([
        this.#name(),
        r.pick(NUMBERS),
        r.pick(TEXTS),
        r.pick(PATTERNS),
        "null",
        "undefined",
        "[]",
        "({})",
      ]);
    }
    const e = (): string => this.#expression(depth - 1);
    switch (r.below(15)) {
      case 0:
        return `[${r.many(4, () => r.pick([e(), `...[${e()}]`, ""])).join(", ")}]`;
      case 1:
        return this.#object(depth - 1);
      case 2:
        return this.#function(depth - 1);
      case 3:
        return `(${r.pick(UNARY)}(${e()}))`;
      case 4:
      case 5:
        return `((${e()}) ${r.pick(BINARY)} (${e()}))`;
      case 6:
        return `(${e()} ? ${e()} : ${e()})`;
      case 7:
        return `${r.pick(["", "d"])}\`x\${${e()}}y\``;
      case 8:
        return `new Proxy(${r.pick(["{}", "[]", "() => {}"])}, { ${r.pick(TRAPS)}: ${this.#function(depth - 1)} })`;
      case 9:
        return `new ${r.pick(GLOBALS)}(${r.many(3, e).join(", ")})`;
      case 10:
        return `(${e()})?.[${this.#key()}]`;
      case 11:
        return r.oneIn(2) ? r.pick(GLOBALS) : `delete (${e()})[${this.#key()}]`;
      default:
        return this.#call(depth - 1);
    }
  }

  #call(depth: number): string {
    const r = this.#random;
    const self = r.oneIn(2) ? r.pick(GLOBALS) : `(${this.#expression(depth)})`;
    const args = r.many(3, () => this.#expression(depth)).join(", ");
    const path = r.oneIn(5) ? ".prototype" : "";
    return `${self}${path}.${r.pick(METHODS)}(${args})`;
  }

  /** Most calls fail; the program is to go on. */
  #protect(expression: string): string {
    return `await (async () => ${expression.startsWith("{") ? `(${expression})` : expression})().catch((e) => e)`;
  }

  #function(depth: number): string {
    const r = this.#random;
    if (depth <= 0)
      return r.pick(["d", "() => {}", "function* () { yield a }", "async () => b", "(x) => x", "console.log"]);
    const parameters = r.pick(["", "a", "a, b", "...c", "{ a } = {}", "[a] = b"]);
    const body = `${r.oneIn(2) ? this.#plainBlock(depth - 1) : ""} return ${this.#expression(depth - 1)}`;
    return r.pick([
      `((${parameters}) => { ${body} })`,
      `(function (${parameters}) { ${body} })`,
      `(function* (${parameters}) { try { yield ${this.#expression(depth - 1)} } finally { ${body} } })`,
      `(async (${parameters}) => { ${body} })`,
      `(async function* (${parameters}) { yield* [${this.#expression(depth - 1)}]; ${body} })`,
    ]);
  }

  /** Statements without `await`, for functions that may not have it. */
  #plainBlock(depth: number): string {
    return `try { ${this.#name()} = ${this.#expression(depth)}; ${this.#name()}[${this.#key()}] = ${this.#expression(depth)} } catch {}`;
  }

  #object(depth: number): string {
    const r = this.#random;
    const field = (): string => {
      const key = r.pick(KEYS);
      return r.pick([
        `${key}: ${this.#expression(depth)}`,
        `${key}() { return ${this.#expression(depth)} }`,
        `get ${key}() { return ${this.#expression(depth)} }`,
        `set ${key}(v) { a = v }`,
        `...${this.#name()}`,
      ]);
    };
    return `({ ${r.many(3, field).join(", ")} })`;
  }

  #class(depth: number): string {
    const r = this.#random;
    const base = r.oneIn(2) ? ` extends ${r.pick([...GLOBALS, "d", "null"])}` : "";
    return `class${base} { #p = ${this.#expression(depth)}; static s = ${this.#expression(depth)}; get p() { return this.#p } ${r.pick(KEYS.slice(5))}() { return ${this.#expression(depth)} } }`;
  }

  #key(): string {
    const key = this.#random.pick(KEYS);
    return key.startsWith("[") ? key.slice(1, -1) : JSON.stringify(key);
  }

  #name(): string {
    return this.#random.pick(NAMES);
  }
}
