import { attack, harmless, type AttackClass } from "../../kit/attack.js";

const ANY = ["LIMIT_FUEL", "LIMIT_MEMORY", "SCRIPT_ERROR"] as const;
/** Loops in C over an object that claims to be endlessly long. */
const METHODS = [
  ["forEach", "() => {}"],
  ["map", "(x) => x"],
  ["filter", "() => true"],
  ["some", "() => false"],
  ["find", "() => false"],
  ["findLast", "() => false"],
  ["reduce", "() => 0, 0"],
  ["reduceRight", "() => 0, 0"],
  ["indexOf", "1"],
  ["lastIndexOf", "1"],
  ["includes", "1"],
  ["join", ""],
  ["reverse", ""],
  ["shift", ""],
  ["unshift", "1"],
  ["splice", "0, 1"],
  ["slice", ""],
  ["fill", "0"],
  ["copyWithin", "0, 1"],
  ["sort", ""],
  ["flat", ""],
  ["concat", ""],
  ["toSorted", ""],
  ["toReversed", ""],
  ["toSpliced", "0, 1"],
  ["with", "0, 1"],
  ["toLocaleString", ""],
] as const;

export const LENGTHS: AttackClass = {
  title: "Huge lengths",
  about:
    "Loops in C whose number of turns a script chooses. Each turn costs fuel, what is too large is refused, and nothing overflows.",
  attacks: [
    ...METHODS.map(([method, args]) =>
      attack(
        `Array.prototype.${method} on a length of 2^53 - 1`,
        `return Array.prototype.${method}.call({ length: 2 ** 53 - 1${method === "concat" ? ", [Symbol.isConcatSpreadable]: true" : ""} }${args === "" ? "" : `, ${args}`})`,
        [...ANY, "fine"],
      ),
    ),
    ...["forEach", "sort", "join", "indexOf", "fill", "reverse"].map((method) =>
      attack(
        `${method} of an array of 2^32 - 1 holes`,
        `const a = []; a.length = 2 ** 32 - 1; return String(a.${method}(() => 1)).length`,
        [...ANY, "fine"],
      ),
    ),
    attack("the text of an array of a thousand million holes", "return (new Array(1e9) + '').length", [...ANY]),
    attack("an array of arrays of holes as text", "return String(Array(1e5).fill(Array(1e5))).length", [...ANY]),
    attack(
      "push at the end of lengths",
      "return Array.prototype.push.call({ length: 2 ** 53 - 1 }, 1)",
      "SCRIPT_ERROR",
    ),
    attack("push at the end of an array", "const a = []; a.length = 2 ** 32 - 1; a.push(1, 2)", "SCRIPT_ERROR"),
    attack("lengths that are no lengths", "[].length = 2 ** 32", "SCRIPT_ERROR"),
    harmless(
      "lengths that are objects",
      "let n = 0; Array.prototype.forEach.call({ length: { valueOf() { n++; return 3 } }, 0: 1 }, () => {}); return n === 1",
    ),
    attack("Array.from of a huge length", "Array.from({ length: 2 ** 53 - 1 })", [...ANY]),
    attack("Array.from of a huge length with a function", "Array.from({ length: 2 ** 32 }, () => 1)", [...ANY]),
    attack(
      "Array.of on a constructor that lies",
      "Array.of.call(function () { return new Proxy({}, { set() { for (;;); } , defineProperty() { for (;;); } }) }, 1)",
      "LIMIT_FUEL",
    ),
    attack(
      "Array.fromAsync of an endless iterator",
      "if (!Array.fromAsync) for (;;); await Array.fromAsync((async function* () { for (;;) yield 1 })())",
      ["LIMIT_FUEL", "LIMIT_MEMORY"],
    ),
    attack("apply of a huge length", "Math.max.apply(null, { length: 2 ** 32 - 1 })", [...ANY, "LIMIT_DEPTH"]),
    attack(
      "apply of as much as an argument list takes",
      "Math.max.apply(null, { length: 65535 }); Math.max.apply(null, { length: 500000 })",
      [...ANY, "LIMIT_DEPTH"],
    ),
    attack("spread of a large array", "const a = new Array(300000).fill(1); return Math.max(...a)", [
      ...ANY,
      "LIMIT_DEPTH",
      "fine",
    ]),
    attack("Reflect.construct of a huge length", "Reflect.construct(Array, { length: 2 ** 32 })", [
      ...ANY,
      "LIMIT_DEPTH",
      "fine",
    ]),
    attack(
      "a bound function with ever more arguments",
      "let f = (...a) => a.length; for (let i = 0; i < 100000; i++) f = f.bind(null, 1, 2, 3); return f()",
      [...ANY, "LIMIT_DEPTH"],
    ),
    attack("repeat of more than there is", "return 'x'.repeat(2 ** 30)", [...ANY]),
    attack("repeat of an infinity", "return 'x'.repeat(Infinity)", "SCRIPT_ERROR"),
    harmless("repeat of nothing, very often", "return ''.repeat(2 ** 31 - 1) === ''"),
    attack("repeat on repeat", "let s = 'x'; for (;;) s = s.repeat(10)", [...ANY]),
    attack("padEnd of more than there is", "return 'x'.padEnd(2 ** 30 - 1, 'ab').length", [...ANY]),
    attack("padStart of more than text may have", "return 'x'.padStart(2 ** 40)", "SCRIPT_ERROR"),
    attack("padStart with an endless filler", "return 'x'.padStart(1e7, 'y'.repeat(1e6)).length", [...ANY]),
    attack("String.raw of a huge length", "String.raw({ raw: { length: 2 ** 53 - 1, 0: 'x' } })", [...ANY]),
    attack("String.fromCharCode of very many", "String.fromCharCode.apply(null, new Array(400000).fill(120))", [
      ...ANY,
      "LIMIT_DEPTH",
      "fine",
    ]),
    attack("concat of text without end", "let s = 'x'.repeat(1000); for (;;) s = s.concat(s, s)", [...ANY]),
    attack(
      "normalize of much that unfolds",
      "'\\ufdfa'.repeat(100000).normalize('NFKD').length; 'a\\u0323\\u0307'.repeat(400000).normalize('NFC')",
      [...ANY],
    ),
    attack("combining marks that sort", "('a' + '\\u0301\\u0323'.repeat(200000)).normalize('NFD')", [...ANY, "fine"]),
    attack("upper case that grows", "'\\u0390'.repeat(500000).toUpperCase().length", [...ANY, "fine"]),
    attack("split to single characters", "return 'x'.repeat(2000000).split('').length", [...ANY]),
    attack("split with a limit that is huge", "return 'x,'.repeat(500000).split(',', 2 ** 32 - 1).length", [
      ...ANY,
      "fine",
    ]),
    attack("replaceAll that grows", "return 'x'.repeat(10000).replaceAll('x', 'y'.repeat(10000)).length", [...ANY]),
    attack(
      "replace with a pattern that repeats the text",
      "let s = 'ab'; for (let i = 0; i < 40; i++) s = s.replace(/b/, \"$`$'$&$`$&b\"); return s.length",
      [...ANY, "fine"],
    ),
    attack("localeCompare of huge text", "const s = 'x'.repeat(2000000); for (;;) s.localeCompare(s + 'y')", [...ANY]),
    attack(
      "comparison of huge text",
      "const s = 'x'.repeat(1000000); const t = s + 'y'; const u = s + 'z'; for (;;) if (t > u) break",
      [...ANY],
    ),
    attack(
      "search of text in text",
      "const s = 'a'.repeat(100000); return (s + 'b').indexOf('a'.repeat(50000) + 'b', 0) + s.lastIndexOf('b' + 'a'.repeat(50000))",
      [...ANY, "fine"],
    ),
    attack(
      "lengths of Maps from an endless iterator",
      "new Map({ [Symbol.iterator]: () => ({ next: () => ({ value: [{}, 1], done: false }) }) })",
      [...ANY],
    ),
    attack(
      "a Set and one that claims a huge size",
      "new Set([1]).union({ size: 2 ** 53, has: () => true, keys: () => ({ next: () => ({ value: {}, done: false }) }) })",
      [...ANY],
    ),
    attack(
      "a Set whose other one changes it meanwhile",
      "const s = new Set([1, 2, 3]); s.isSubsetOf({ size: 9, has(x) { s.add({}); return true }, keys() {} })",
      [...ANY, "fine"],
    ),
    attack("Object.groupBy of an endless iterator", "Object.groupBy((function* () { for (;;) yield 1 })(), (x) => x)", [
      ...ANY,
    ]),
    attack(
      "Object.fromEntries of an endless iterator",
      "let i = 0; Object.fromEntries({ [Symbol.iterator]: () => ({ next: () => ({ value: ['k' + i++, 1], done: false }) }) })",
      [...ANY],
    ),
    attack("Object.assign of a huge string", "Object.assign({}, 'x'.repeat(500000))", [...ANY]),
    attack(
      "Object.entries of what grows",
      "const o = new Proxy({}, { ownKeys: () => Array.from({ length: 1e6 }, (_, i) => 'k' + i) }); Object.entries(o)",
      [...ANY, "fine"],
    ),
    attack("flat of what is endlessly deep", "const a = []; a.push(a); a.flat(Infinity)", [...ANY, "LIMIT_DEPTH"]),
    attack("flat of a tree", "let a = [1]; for (let i = 0; i < 40; i++) a = [a, a]; a.flat(Infinity)", [...ANY]),
    attack("flatMap that grows", "let a = [1]; for (;;) a = a.flatMap((x) => [x, x])", [...ANY]),
    attack(
      "concat of what claims to be spreadable",
      "[].concat({ length: 2 ** 53 - 1, [Symbol.isConcatSpreadable]: true })",
      [...ANY],
    ),
    attack(
      "concat with a species that does not end",
      "const a = []; a.constructor = { get [Symbol.species]() { for (;;); } }; a.concat(1)",
      "LIMIT_FUEL",
    ),
    attack(
      "splice with a species that is a typed array",
      "const a = [1, 2, 3]; a.constructor = { [Symbol.species]: function () { return new Uint8Array(0) } }; a.splice(0, 3)",
      [...ANY, "fine"],
    ),
    attack(
      "an iterator helper without end",
      "Iterator.from({ next: () => ({ value: 1, done: false }) }).map((x) => x).filter(() => false).next()",
      "LIMIT_FUEL",
    ),
    attack(
      "iterator helpers: toArray without end",
      "Iterator.from({ next: () => ({ value: 1, done: false }) }).toArray()",
      [...ANY],
    ),
    attack(
      "iterator helpers: drop of an infinity",
      "Iterator.from({ next: () => ({ value: 1, done: false }) }).drop(Infinity).next()",
      "LIMIT_FUEL",
    ),
    attack("iterator helpers: flatMap of itself", "const f = () => [1].values().flatMap(f); f().next()", [
      ...ANY,
      "LIMIT_DEPTH",
    ]),
    attack(
      "fill and moves over a huge array",
      "const u = new Uint8Array(1e6); for (;;) u.fill(1).reverse().copyWithin(1, 0)",
      [...ANY],
    ),
    attack("decodeURIComponent of much", "for (;;) decodeURIComponent('%41'.repeat(200000))", [...ANY]),
    attack("encodeURIComponent that grows", "let s = '%'; for (;;) s = encodeURIComponent(s)", [...ANY]),
    attack("escape that grows", "let s = '\\u1234'; for (;;) s = escape(s + s)", [...ANY]),
    attack(
      "parseInt and Number of huge text",
      "const s = '9'.repeat(1000000); for (;;) Number(s) + parseInt(s, 7) + parseFloat(s)",
      [...ANY],
    ),
    harmless(
      "numbers as text at the ends",
      "return (1e21).toFixed(2) === '1e+21' && (0.1).toFixed(100).length === 102 && (-(2 ** 53)).toString(2).length === 55 && (1e-300).toString(36).length > 10 && (5e-324).toPrecision(100).length > 90",
    ),
    harmless(
      "formats of numbers out of range",
      "for (const f of [() => (1).toFixed(101), () => (1).toPrecision(0), () => (1).toExponential(-1), () => (1).toString(37), () => (1).toString(1)]) try { f(); return false } catch {} return true",
    ),
    harmless(
      "dates at the ends",
      "for (const t of [8.64e15 + 1, NaN, Infinity]) { try { new Date(t).toISOString(); return false } catch {} } return new Date(8.64e15).toISOString() === '+275760-09-13T00:00:00.000Z' && Number.isNaN(Date.UTC(2 ** 53, 2 ** 53)) && Number.isNaN(Date.parse('9'.repeat(1000)))",
    ),
    attack("Date.parse of very much text", "const s = '1'.repeat(500000); for (;;) Date.parse('Jan ' + s)", [...ANY]),
    attack("toLocaleString of much", "for (;;) new Date(0).toLocaleString() + (1e300).toLocaleString()", [...ANY]),
    attack(
      "Math.sumPrecise without end",
      "if (!Math.sumPrecise) for (;;); Math.sumPrecise((function* () { for (;;) yield 1e308 })())",
      "LIMIT_FUEL",
    ),
  ],
};
