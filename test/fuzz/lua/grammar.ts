import type { Random } from "../../support/random.js";

const NUMBERS = [
  "0",
  "1",
  "-1",
  "2",
  "3",
  "7",
  "10",
  "100",
  "255",
  "256",
  "0.5",
  "-0.0",
  "1e10",
  "1e308",
  "1/0",
  "0/0",
  "2^53",
  "math.maxinteger",
  "math.mininteger",
  "1 << 31",
  "1 << 32",
  "0x7fffffff",
  "-2147483648",
];
const TEXTS = [
  '""',
  '"a"',
  '"hello world"',
  '"\\0"',
  '"\\xff\\xfe"',
  '"%d"',
  '"%s%5.2f%q"',
  '"(.-)%s+"',
  '"[^%w]*"',
  '"%b()"',
  '"äöü"',
  '"10"',
  '("x"):rep(200)',
  '"i4s2z"',
  '"__index"',
];
const NAMES = ["a", "b", "c", "d", "_G", "t"];
const LIBRARY = [
  "assert",
  "error",
  "getmetatable",
  "ipairs",
  "load",
  "next",
  "pairs",
  "pcall",
  "print",
  "rawequal",
  "rawget",
  "rawlen",
  "rawset",
  "require",
  "select",
  "setmetatable",
  "tonumber",
  "tostring",
  "type",
  "unpack",
  "xpcall",
  "collectgarbage",
  "coroutine.close",
  "coroutine.create",
  "coroutine.isyieldable",
  "coroutine.resume",
  "coroutine.running",
  "coroutine.status",
  "coroutine.wrap",
  "coroutine.yield",
  "debug.traceback",
  "math.floor",
  "math.fmod",
  "math.max",
  "math.modf",
  "math.random",
  "math.tointeger",
  "math.type",
  "math.ult",
  "os.date",
  "os.time",
  "string.byte",
  "string.char",
  "string.find",
  "string.format",
  "string.gmatch",
  "string.gsub",
  "string.len",
  "string.match",
  "string.pack",
  "string.packsize",
  "string.rep",
  "string.reverse",
  "string.sub",
  "string.unpack",
  "string.upper",
  "table.concat",
  "table.insert",
  "table.move",
  "table.pack",
  "table.remove",
  "table.sort",
  "table.unpack",
  "utf8.char",
  "utf8.codepoint",
  "utf8.codes",
  "utf8.len",
  "utf8.offset",
  "test.echo",
  "test.fail",
  "test.open",
  "test.apply",
  "test.describe",
  "test.wait",
  "test.wait_async",
  "test.keep",
  "await",
  "spawn",
  "async",
  "promise.new",
  "promise.all",
  "promise.race",
  "promise.resolve",
  "promise.reject",
  "promise.yield",
  "promise.cancel",
  "promise.and_then",
];
const BINARY = [
  "+",
  "-",
  "*",
  "/",
  "//",
  "%",
  "^",
  "..",
  "==",
  "~=",
  "<",
  "<=",
  "and",
  "or",
  "&",
  "|",
  "~",
  "<<",
  ">>",
];
const UNARY = ["-", "not ", "#", "~"];
const EVENTS = [
  "__index",
  "__newindex",
  "__call",
  "__add",
  "__concat",
  "__eq",
  "__lt",
  "__le",
  "__len",
  "__unm",
  "__gc",
  "__close",
  "__mode",
  "__name",
  "__tostring",
  "__pairs",
  "__metatable",
  "__idiv",
  "__band",
  "__shl",
];

/** Writes Lua programs that compile, mostly, and do everything the language and its library allow. */
export class LuaWriter {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  program(): string {
    return `local a, b, c, d = 1, "two", {}, function(...) return ... end\n${this.#block(4)}\nreturn ${this.#expression(2)}`;
  }

  #block(depth: number): string {
    return Array.from({ length: 1 + this.#random.below(5) }, () => this.#statement(depth)).join("\n");
  }

  #statement(depth: number): string {
    const r = this.#random;
    const e = (): string => this.#expression(depth - 1);
    const block = (): string => this.#block(depth - 1);
    if (depth <= 0) return `${this.#name()} = ${e()}`;
    switch (r.below(18)) {
      case 0:
        return `local ${this.#name()} = ${e()}`;
      case 1:
        return `local ${this.#name()} <${r.pick(["const", "close"])}> = ${r.oneIn(2) ? e() : `setmetatable({}, { __close = ${this.#function(depth - 1)} })`}`;
      case 2:
        return `if ${e()} then ${block()} else ${block()} end`;
      case 3:
        return `for i = ${r.pick(NUMBERS)}, ${r.pick(NUMBERS)}${r.oneIn(2) ? `, ${r.pick(NUMBERS)}` : ""} do ${block()} if i ~= i or a == i then break end end`;
      case 4:
        return `for k, v in ${r.oneIn(2) ? `pairs(${this.#table(depth - 1)})` : e()} do ${block()} end`;
      case 5:
        return `while ${e()} do ${block()} ${r.oneIn(2) ? "break" : ""} end`;
      case 6:
        return `repeat ${block()} until ${e()}`;
      case 7:
        return `do ${block()} goto l${depth} end ::l${depth}::`;
      case 8:
        return `local function ${this.#name()}(${r.pick(["", "a", "a, b", "...", "a, ..."])}) ${block()} return ${e()} end`;
      case 9:
        return `pcall(${this.#function(depth - 1)}, ${e()})`;
      case 10:
        return `${this.#name()} = select(2, pcall(coroutine.wrap(${this.#function(depth - 1)}), ${e()}))`;
      case 11:
        return `pcall(setmetatable, ${e()}, { ${r.pick(EVENTS)} = ${r.oneIn(3) ? e() : this.#function(depth - 1)} })`;
      case 12:
        return `pcall(function() ${this.#name()}[${e()}] = ${e()} end)`;
      case 13:
        return `${this.#name()}, ${this.#name()} = ${e()}, ${e()}`;
      default:
        return `${this.#name()} = ${this.#protectedCall(depth - 1)}`;
    }
  }

  #expression(depth: number): string {
    const r = this.#random;
    if (depth <= 0) return r.pick([this.#name(), r.pick(NUMBERS), r.pick(TEXTS), "nil", "true", "false", "{}"]);
    switch (r.below(9)) {
      case 0:
        return this.#table(depth - 1);
      case 1:
        return this.#function(depth - 1);
      case 2:
        return `(${r.pick(UNARY)}(${this.#expression(depth - 1)}))`;
      case 3:
      case 4:
        return `(${this.#expression(depth - 1)} ${r.pick(BINARY)} ${this.#expression(depth - 1)})`;
      case 5:
        return `(${this.#expression(depth - 1)})`;
      case 6:
        return r.pick(LIBRARY);
      default:
        return this.#protectedCall(depth - 1);
    }
  }

  /** Most calls fail; the program is to go on. */
  #protectedCall(depth: number): string {
    const args = this.#random.many(4, () => this.#expression(depth));
    return `(select(2, pcall(${[this.#random.pick(LIBRARY), ...args].join(", ")})))`;
  }

  #function(depth: number): string {
    if (depth <= 0)
      return this.#random.pick(["print", "error", "function(...) return ... end", "d", "coroutine.yield"]);
    return `function(${this.#random.pick(["", "a", "a, b", "..."])}) ${this.#block(Math.min(depth, 2))} return ${this.#expression(depth - 1)} end`;
  }

  #table(depth: number): string {
    const r = this.#random;
    const fields = r.many(4, () =>
      r.oneIn(2) ? this.#expression(depth) : `[${r.pick([...NUMBERS, ...TEXTS])} or 1] = ${this.#expression(depth)}`,
    );
    return `{ ${fields.join(", ").replaceAll("[0/0 or 1]", "[1]")} }`;
  }

  #name(): string {
    return this.#random.pick(NAMES.slice(0, 4));
  }
}
