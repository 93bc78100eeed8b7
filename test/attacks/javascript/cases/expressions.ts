import { attack, harmless, type AttackClass } from "../../kit/attack.js";

const ENDS = ["LIMIT_FUEL", "LIMIT_MEMORY"] as const;
/** The end of a pattern's stack is an error of its own. */
const STACK = [...ENDS, "SCRIPT_ERROR", "LIMIT_DEPTH"] as const;

export const EXPRESSIONS: AttackClass = {
  title: "Regular expressions",
  about:
    "Patterns that take exponential time, that are huge, or that call the script in the middle. Each step costs fuel.",
  attacks: [
    attack("(a+)+$", "/^(a+)+$/.test('a'.repeat(40) + '!')", ENDS),
    attack("(a|a)*", "/^(a|a)*$/.test('a'.repeat(40) + '!')", ENDS),
    attack("(a|aa)+", "/^(a|aa)+$/.test('a'.repeat(60) + '!')", ENDS),
    attack("(.*)* with a name", "/^(?<x>(.*)*)*b$/.test('a'.repeat(60))", ENDS),
    attack("many lazy quantifiers", "/^(a*?)*?(a*?)*?(a*?)*?b/.test('a'.repeat(60))", ENDS),
    attack("nested counted quantifiers", "/^((a{1,10}){1,10}){1,10}$/.test('a'.repeat(70) + '!')", ENDS),
    attack("backreferences", "/^(a*)\\1*(a*)\\2*(a*)\\3*b/.test('a'.repeat(300))", ENDS),
    attack("a backreference in a lookbehind", "/(?<=\\1(a+)+)b$/.test('a'.repeat(60) + 'b')", [...ENDS, "fine"]),
    attack("a lookbehind that backtracks", "/(?<=^(a+)+)c/.test('a'.repeat(40) + 'bc')", [...ENDS, "fine"]),
    attack("a lookahead that backtracks", "/(?=(a+)+b)c/.test('a'.repeat(60))", ENDS),
    attack("a negative lookahead that backtracks", "/^(?!(a+)+b)c/.test('a'.repeat(60))", ENDS),
    attack(
      "an e-mail address",
      "/^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$/.test('a'.repeat(60) + '!')",
      ENDS,
    ),
    attack("a list of words", "/^(\\w+\\s?)*$/.test('aaa '.repeat(30) + '!!')", ENDS),
    attack("quadratic: .*.*=.*", "/.*.*=.*/.test('x'.repeat(20000))", ENDS),
    attack("quadratic: leading blanks", "/\\s+$/.test(' '.repeat(30000) + 'x')", ENDS),
    attack("case without difference", "/^(\\u0130|\\u0131|i)*$/iu.test('i'.repeat(60) + '!')", [...ENDS, "fine"]),
    attack("sets of text with the flag v", "/^[\\p{L}--[a-c]]*[\\q{abc|d|}]*$/v.test('x'.repeat(500000))", [
      ...ENDS,
      "fine",
    ]),
    attack("properties of all characters", "for (;;) /\\p{L}\\p{Script=Han}\\P{Lu}/u.test('x')", ENDS),
    attack("a huge quantifier", "/(?:a{1,1000}){1,1000}/.test('a'.repeat(500000))", STACK.concat("fine" as never)),
    attack(
      "a quantifier that is an overflow",
      "/a{4294967296}/.test('a') || /a{2147483647,}/.test('a') || /(a{65536}){65536}/.test('a'); for (;;);",
      [...STACK],
    ),
    attack("a quantifier of nothing, very often", "/(?:){4294967295}(?:a?){100000000}/.test('b'); for (;;);", STACK),
    attack("a lookahead, very often", "/(?=a){2147483647}/.test('a'); for (;;);", STACK),
    attack("a pattern that nests", "new RegExp('('.repeat(100000) + ')'.repeat(100000))", [
      "SCRIPT_ERROR",
      "LIMIT_DEPTH",
      "LIMIT_MEMORY",
    ]),
    attack("a pattern that nests lookaheads", "new RegExp('(?='.repeat(20000) + ')'.repeat(20000))", [
      "SCRIPT_ERROR",
      "LIMIT_DEPTH",
      "LIMIT_MEMORY",
    ]),
    attack("a pattern with very many groups", "new RegExp('()'.repeat(300))", "SCRIPT_ERROR"),
    attack(
      "a pattern with very many alternatives",
      "new RegExp(Array.from({ length: 50000 }, (_, i) => 'a' + i).join('|')).test('x'.repeat(1000))",
      [...STACK, "fine"],
    ),
    attack(
      "a huge class",
      "new RegExp('[' + Array.from({ length: 20000 }, (_, i) => String.fromCharCode(1000 + i * 2)).join('') + ']', 'i').test('x')",
      [...STACK, "fine"],
    ),
    attack("a huge pattern", "new RegExp('a'.repeat(3000000))", STACK),
    attack(
      "names of groups without number",
      "new RegExp(Array.from({ length: 200 }, (_, i) => `(?<n${i}>a)?`).join('')).exec('a'.repeat(100)); for (;;);",
      STACK,
    ),
    attack("the stack of a match", "/(?:a|b|c)*?d/.test('abc'.repeat(700000))", [...STACK, "fine"]),
    attack("captures on the stack of a match", "/(?:(a)|(b)|(c))*d/.test('abc'.repeat(300000))", [...STACK, "fine"]),
    attack("a global match of everything", "'x'.repeat(1000000).match(/x/g)", [...ENDS]),
    attack("a global match of nothing", "'x'.repeat(1000000).match(/(?:)/g)", [...ENDS]),
    attack(
      "matchAll without end",
      "for (const m of 'x'.matchAll({ [Symbol.matchAll]: function* () { for (;;) yield 1 } }));",
      ["LIMIT_FUEL", "SCRIPT_ERROR"],
    ),
    attack(
      "exec that always finds",
      "const r = /x/g; r.exec = () => ({ index: 0, length: 1, 0: '' }); 'x'.replace(r, 'y')",
      [...ENDS, "fine"],
    ),
    attack(
      "exec that finds a huge result",
      "const r = /x/; r.exec = () => ({ index: 0, length: 2 ** 53 - 1, 0: '' }); 'x'.replace(r, 'y')",
      [...ENDS, "SCRIPT_ERROR"],
    ),
    attack("a sticky loop", "const r = /a?/y; for (;;) { r.lastIndex = 0; r.test('a') }", "LIMIT_FUEL"),
    harmless(
      "a lastIndex at the ends",
      "const r = /a/g; for (const at of [2 ** 53, Infinity, -1, NaN, { valueOf: () => 2 ** 31 }]) { r.lastIndex = at; r.test('a') } return true",
    ),
    attack(
      "a lastIndex that does not end",
      "const r = /a/g; r.lastIndex = { valueOf() { for (;;); } }; r.test('a')",
      "LIMIT_FUEL",
    ),
    harmless(
      "a lastIndex that compiles the pattern anew",
      "const r = /(?:a|b)+c/g; r.lastIndex = { valueOf() { r.compile('x'.repeat(1000)); return 0 } }; return r.test('ababc') === false",
    ),
    harmless(
      "a replacer that compiles the pattern anew",
      "const r = /a/g; let n = 0; 'aaaa'.replace(r, () => { if (n++ < 9) r.compile('b' + n, 'g'); return '' }); return n <= 4",
    ),
    attack("a replacer that does not end", "'x'.replace(/x/, () => { for (;;); })", "LIMIT_FUEL"),
    attack("a replacer that replaces", "const f = (s) => s.replace(/x/, () => f('x')); f('x')", [
      "LIMIT_DEPTH",
      "LIMIT_FUEL",
      "SCRIPT_ERROR",
    ]),
    attack(
      "a species of patterns that does not end",
      "const r = /x/; r.constructor = { get [Symbol.species]() { for (;;); } }; 'x'.split(r)",
      "LIMIT_FUEL",
    ),
    attack(
      "a split by a pattern that never moves on",
      "const r = /x/; r.constructor = { [Symbol.species]: function () { return { exec: () => ({ length: 1, index: 0, 0: '' }), get lastIndex() { return 0 }, set lastIndex(x) {}, flags: 'y' } } }; 'x'.repeat(5000).split(r)",
      [...ENDS, "fine"],
    ),
    attack(
      "flags that are a getter",
      "Object.defineProperty(RegExp.prototype, 'flags', { get() { for (;;); } }); 'x'.replaceAll(/x/g, 'y')",
      "LIMIT_FUEL",
    ),
    attack("Symbol.match of all text", "String.prototype[Symbol.match] = () => { for (;;); }; 'x'.match('x')", [
      "LIMIT_FUEL",
      "fine",
    ]),
    attack(
      "patterns that are kept",
      "const a = []; for (let i = 0; ; i++) a.push(new RegExp('a{' + (i % 1000) + '}' + i))",
      ENDS,
    ),
    harmless(
      "bytecode of a pattern that was tampered with",
      "try { RegExp.prototype.exec.call({ __proto__: RegExp.prototype, source: 'x' }, 'x'); return false } catch { return true }",
    ),
    attack(
      "the legacy properties hold huge text",
      "/x+/.exec('x'.repeat(1000000)); const a = []; for (;;) a.push(RegExp.input ?? 'x'.repeat(100000))",
      ENDS,
    ),
    attack(
      "RegExp.escape of much",
      "let s = '.'; if (!RegExp.escape) for (;;); for (;;) s = RegExp.escape(s + s)",
      ENDS,
    ),
  ],
};
