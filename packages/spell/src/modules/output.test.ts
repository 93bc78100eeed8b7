import type { ScriptValue } from "@llmspell/engine";
import { describe, expect, it } from "vitest";
import { failureOf, inBoth, inJavaScript, valueOf } from "../../../../test/support/spell.js";

const AGE = { type: "object", properties: { age: { type: "integer" } }, required: ["age"] };
const CODE = "```lua\nreturn 1\n```\n```js\nx\n```";

describe("output, in both languages", () => {
  it.each<[string, ScriptValue[], ScriptValue]>([
    ["parse", ['Sure: {"a": [1]}'], { a: [1] }],
    ["parse", ["a: 1", "yaml"], { a: 1 }],
    ["parse_json", ["{a: 1,}"], { value: { a: 1 }, repaired: true }],
    ["parse_json", ['{"a": 1}'], { value: { a: 1 }, repaired: false }],
    ["extract_json", ['[1] and {"b": 2}'], [{ b: 2 }, [1]]],
    ["extract_json", ['[1] and {"b": 2}', { type: "object" }], [{ b: 2 }]],
    ["extract_structured", ["She is called Ann, age: 42 years.", AGE], { age: 42 }],
    ["extract_code_blocks", [CODE, "lua"], [{ lang: "lua", code: "return 1" }]],
    ["extract_tables", ["| a |\n|---|\n| 1 |"], [{ headers: ["a"], rows: [["1"]] }]],
    ["extract_lists", ["- a\n- b"], [["a", "b"]]],
    ["extract_key_value", ["name: Ann\nage: 42"], { name: "Ann", age: "42" }],
    ["parse_yaml", ["a: [1, 2]"], { a: [1, 2] }],
    ["parse_xml", ["<a><b>1</b></a>"], { a: { b: "1" } }],
    ["parse_csv", ["a,b\n1,2"], [{ a: "1", b: "2" }]],
    ["validate", ["nothing", "json"], { valid: false, errors: [expect.any(String)] } as never],
    ["validate", [1, { type: "string" }], { valid: false, errors: ["must be string"] }],
    ["repair", ["{a: 1"], '{"a":1}'],
    ["repair", ['{"a": 1}'], '{"a": 1}'],
    ["clean", ["<think>hm</think>\n42"], "42"],
    ["template", [{ name: "{{ x }}" }, "Dear {{ name }}"], "Dear {{ x }}"],
    ["split", ["a, b", ", "], ["a", "b"]],
    ["merge", [["a", "b"], { separator: "-" }], "a-b"],
    ["merge", [[[1], [2, 3]]], [1, 2, 3]],
    ["merge", [[{ a: 1 }, { b: 2 }]], { a: 1, b: 2 }],
    ["format", [{ a: 1 }, "yaml"], "a: 1\n"],
    ["get_schema", ["plain"], { type: "string" }],
  ])("%s(%j) is %j", async (fn, args, expected) => {
    expect(await inBoth(`output.${fn}`, args)).toEqual([expected, expected]);
  });

  it("knows parsers of the spell", async () => {
    const lua = `output.register_parser("shout", {
        can_parse = function(s) return s:find("!!") and 0.9 or 0 end, parse = function(s) sleep(1) return s:upper() end })
      return { output.parse("hey!!"), output.detect_format("hey!!").format, output.parse("x", "shout") }`;
    const javascript = `output.registerParser("shout", {
        can_parse: (s) => s.includes("!!") ? 0.9 : 0, parse: async (s) => { await null; return s.toUpperCase() } })
      return [await output.parse("hey!!"), (await output.detectFormat("hey!!")).format, await output.parse("x", "shout")]`;
    const expected = ["HEY!!", "shout", "X"];
    expect(await valueOf(lua)).toEqual(expected);
    expect(await valueOf(javascript, inJavaScript())).toEqual(expected);
  });

  it.each([
    ["output.parse('x', 'strange')", "NOT_FOUND"],
    ["output.parse_json('no json here')", "SYNTAX_ERROR"],
    ["output.parse_json('{a: 1}', { repair = false })", "SYNTAX_ERROR"],
    ["output.parse_json('{\"a\": 1}', { schema = { required = { 'b' } } })", "VALIDATION_FAILED"],
    [
      "output.extract_structured('nothing', { type = 'object', required = { 'a' }, properties = { a = { type = 'number' } } })",
      "VALIDATION_FAILED",
    ],
    ["output.template({}, '{{ name }}')", "INVALID_ARGUMENT"],
    ["output.split('a', '')", "INVALID_ARGUMENT"],
    ["output.merge({ 'a', {} })", "INVALID_ARGUMENT"],
    ["output.get_schema('strange')", "NOT_FOUND"],
    ["local p = { can_parse = print, parse = print } output.register_parser('json', p)", "ALREADY_EXISTS"],
    [
      "output.register_parser('bad', { can_parse = function() return 1 end, parse = function() error('no') end }) output.parse('x', 'bad')",
      "SCRIPT_ERROR",
    ],
  ])("%s is %s", async (source, code) => {
    expect(await failureOf(source)).toMatchObject({ code });
  });
});

describe("data", () => {
  it.each<[string, ScriptValue[], ScriptValue]>([
    ["convert_format", ["a,b\n1,2", "csv", "json"], '[{"a":"1","b":"2"}]'],
    ["convert_format", [{ a: [1] }, "json", "yaml"], "a:\n  - 1\n"],
    [
      "validate_json",
      ['{"a": }'],
      { valid: false, error: expect.any(String), position: { line: 1, column: 7 } } as never,
    ],
    ["to_json", [{ b: 1, a: 2 }], '{"a":2,"b":1}'],
  ])("%s(%j) is %j in both languages", async (fn, args, expected) => {
    expect(await inBoth(`data.${fn}`, args)).toEqual([expected, expected]);
  });
});
