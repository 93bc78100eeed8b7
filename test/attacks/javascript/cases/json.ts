import { attack, harmless, type AttackClass } from "../../kit/attack.js";

const ENDS = ["LIMIT_FUEL", "LIMIT_MEMORY"] as const;
const DEEP = [...ENDS, "SCRIPT_ERROR", "LIMIT_DEPTH"] as const;

export const JSON_CASES: AttackClass = {
  title: "JSON",
  about: "Texts and values that nest, grow or run code on their way through `JSON`.",
  attacks: [
    attack("text that nests, arrays", "JSON.parse('['.repeat(100000) + ']'.repeat(100000))", DEEP),
    attack("text that nests, objects", "JSON.parse('{\"a\":'.repeat(100000) + '1' + '}'.repeat(100000))", DEEP),
    attack("text that nests and does not end", "JSON.parse('['.repeat(2000000))", DEEP),
    attack("a value that nests", "let o = 1; for (let i = 0; i < 100000; i++) o = [o]; JSON.stringify(o)", DEEP),
    attack(
      "a value that nests, indented",
      "let o = 1; for (let i = 0; i < 3000; i++) o = { o }; for (;;) JSON.stringify(o, null, 10).length",
      DEEP,
    ),
    attack("a cycle", "const o = {}; o.o = o; JSON.stringify(o)", "SCRIPT_ERROR"),
    attack(
      "a cycle through toJSON",
      "const o = { toJSON() { return { o: { toJSON: o.toJSON } } } }; JSON.stringify(o)",
      DEEP,
    ),
    attack("toJSON that does not end", "JSON.stringify({ toJSON() { for (;;); } })", "LIMIT_FUEL"),
    attack("a replacer of JSON that does not end", "JSON.stringify({ a: 1 }, () => { for (;;); })", "LIMIT_FUEL"),
    attack("a replacer that nests for ever", "JSON.stringify({ a: 1 }, (k, v) => ({ a: 1 }))", DEEP),
    attack("a replacer that grows an array", "const a = [1]; JSON.stringify(a, (k, v) => { a.push(1); return v })", [
      ...DEEP,
      "fine",
    ]),
    attack(
      "a replacer that is an endless list",
      "JSON.stringify({}, new Proxy([], { get: (t, k) => k === 'length' ? 2 ** 53 - 1 : 'k' }))",
      DEEP,
    ),
    attack("a reviver that does not end", "JSON.parse('[1]', () => { for (;;); })", "LIMIT_FUEL"),
    attack(
      "a reviver that grows the array",
      "JSON.parse('[1]', function (k, v) { if (Array.isArray(this)) this.push(1); return [v, v] })",
      [...DEEP, "fine"],
    ),
    attack(
      "a reviver that puts a proxy in the way",
      "JSON.parse('[0,0]', function (k, v) { if (k === '0') this[1] = new Proxy([], { get: (t, k) => k === 'length' ? 2 ** 53 - 1 : 0 }); return v })",
      DEEP,
    ),
    attack(
      "a reviver that makes a cycle",
      "JSON.parse('[0,[0]]', function (k, v) { if (k === '0') this[1] = this; return v })",
      DEEP,
    ),
    attack(
      "shared values that unfold",
      "let o = [1]; for (let i = 0; i < 60; i++) o = [o, o]; JSON.stringify(o)",
      ENDS,
    ),
    attack("an array of holes", "JSON.stringify(new Array(1e9))", ENDS),
    attack("text that grows by escapes", "let s = '\\\\'; for (;;) s = JSON.stringify(s)", ENDS),
    attack("control characters, very many", "JSON.stringify('\\u0001'.repeat(2000000))", ENDS),
    attack("very long numbers", "for (;;) JSON.parse('1' + '0'.repeat(500000))", ENDS),
    attack(
      "very many keys",
      "JSON.parse('{' + Array.from({ length: 60000 }, (_, i) => '\"k' + i + '\":1').join() + '}')",
      [...ENDS, "fine"],
    ),
    attack("the same key, very often", "JSON.parse('{' + '\"k\":[1,2,3],'.repeat(100000) + '\"k\":1}')", [
      ...ENDS,
      "fine",
    ]),
    harmless(
      "indices as keys at the ends",
      'const o = JSON.parse(\'{"4294967295":1,"4294967294":2,"-1":3,"1e3":4}\'); return o[4294967295] === 1 && Object.keys(o)[0] === \'4294967294\'',
    ),
    harmless(
      "text that is no JSON",
      "for (const s of ['', '[1,]', '{a:1}', '01', '1.', '+1', 'NaN', '\"\\n\"', '\"\\\\u12\"', '[1]x', '\\u00a01', \"'a'\"]) try { JSON.parse(s); return s } catch (e) { if (!(e instanceof SyntaxError)) return s } return true",
    ),
    attack("an error with much of the text", "JSON.parse('x'.repeat(100000))", "SCRIPT_ERROR"),
    harmless(
      "rawJSON that is no JSON",
      "if (!JSON.rawJSON) return true; for (const s of ['{}', '[1]', '1,2', '\\n1', 'x']) try { JSON.rawJSON(s); return false } catch {} return test.echo({ a: 1 }).a === 1",
    ),
    attack(
      "rawJSON of a tag, that crosses",
      "if (!JSON.rawJSON) throw new Error('none'); return test.describe(test.echo(JSON.rawJSON('1'))) === 'other'",
      ["fine", "SCRIPT_ERROR", "INVALID_ARGUMENT"],
    ),
    attack(
      "a getter on a proxy of a proxy, stringified",
      "let p = { a: 1 }; for (let i = 0; i < 5000; i++) p = new Proxy(p, {}); JSON.stringify(p)",
      DEEP,
    ),
    attack(
      "boxed values whose text does not end",
      "const s = new String('x'); s.toString = () => { for (;;); }; JSON.stringify({ s })",
      "LIMIT_FUEL",
    ),
  ],
};
