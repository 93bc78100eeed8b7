import { describe, expect, it } from "vitest";
import { failureOf, valueOf } from "../../../../test/support/spell.js";

describe("JSON", () => {
  it.each([
    ['{"a":1}', '{"a":1}'],
    ['{"b":[1,2.5,"x",true,false],"a":{}}', '{"a":{},"b":[1,2.5,"x",true,false]}'],
    ["[]", "[]"],
    ["[[],{}]", "[[],{}]"],
    ["[1,null,3]", "[1,null,3]"],
    ['"\\u00e9\\n"', '"é\\n"'],
    ["-0.5", "-0.5"],
    ["9007199254740991", "9007199254740991"],
    ['{"__proto__":1,"constructor":2}', '{"__proto__":1,"constructor":2}'],
  ])("goes round: %s", async (text, expected) => {
    expect(await valueOf("return data.to_json(data.parse_json(params.text))", { params: { text } })).toBe(expected);
  });

  it("is written compactly, prettily or indented", async () => {
    expect(
      await valueOf(
        "local v = { a = 1 } return { data.to_json(v), data.to_json(v, 'pretty'), data.to_json(v, { indent = 1 }), data.prettify_json('{\"b\":1,\"a\":2}', 1) }",
      ),
    ).toEqual(['{"a":1}', '{\n  "a": 1\n}', '{\n "a": 1\n}', '{\n "b": 1,\n "a": 2\n}']);
  });

  it.each([
    ["data.to_json(print)", "the value has no form in JSON"],
    ["data.to_json({ x = print })", "'x' has no form in JSON"],
    ["data.to_json({ x = '\\xff' })", "'x' has no form in JSON"],
    ["data.to_json({ agent.create({}) })", "'[0]' has no form in JSON"],
    ["data.to_json({ n = math.maxinteger })", "'n' is an integer beyond 2^53, which JSON readers would change"],
    ["data.to_json({ n = 1 / 0 })", "'n' is Infinity, which JSON cannot say"],
    ["data.to_json(0 / 0)", "the value is NaN, which JSON cannot say"],
    ["local t = {} t.t = t data.to_json(t)", "contains itself"],
  ])("%s is refused", async (source, message) => {
    expect(await failureOf(source)).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
  });

  it("writes an error without what is behind it in the host", async () => {
    const source = "local ok, e = pcall(data.parse_json, '{') return data.parse_json(data.to_json({ e = e })).e";
    expect(await valueOf(source)).toEqual({
      category: "script",
      code: "SYNTAX_ERROR",
      details: { format: "json", offset: 1, line: 1, column: 2 },
      message: expect.stringContaining("this is not JSON"),
    });
  });

  it("says what is wrong with a text", async () => {
    expect(await failureOf("data.parse_json('{a}')")).toMatchObject({ code: "SYNTAX_ERROR" });
    expect(
      await valueOf(
        "return { data.validate_json('[1]'), data.validate_json('[1').valid, #data.validate_json('').error > 0 }",
      ),
    ).toEqual([{ valid: true }, false, true]);
  });

  it("is checked against a schema", async () => {
    const schema = "{ type = 'object', properties = { n = { type = 'integer' } }, required = { 'n' } }";
    expect(await valueOf(`return data.parse_json('{"n":1}', ${schema}).n`)).toBe(1);
    expect(await failureOf(`data.parse_json('{"n":"x"}', ${schema})`)).toMatchObject({
      code: "VALIDATION_FAILED",
      message: expect.stringContaining("parse_json: n: must be integer"),
    });
  });
});

describe("collections", () => {
  it("map, filter and reduce lists with their keys", async () => {
    const source = `return { data.map({ 5, 6 }, function(v, k) return v * 10 + k end), data.filter({ 1, 2, 3, 4 }, function(v) return v % 2 == 0 end),
      data.reduce({ 1, 2, 3 }, function(sum, v, k) return sum + v * k end, 0) }`;
    expect(await valueOf(source)).toEqual([[51, 62], [2, 4], 14]);
  });

  it("map, filter and reduce tables in sorted order", async () => {
    const source = `local t = { b = 2, a = 1, c = 3 }
      return { data.map(t, function(v, k) return k .. v end), data.filter(t, function(v) return v > 1 end), data.reduce(t, function(text, v, k) return text .. k end, "") }`;
    expect(await valueOf(source)).toEqual([{ a: "a1", b: "b2", c: "c3" }, { b: 2, c: 3 }, "abc"]);
  });

  it("end with the error of the function, in the spell's line", async () => {
    expect(await failureOf("local n = 1\ndata.map({ 1 }, function()\n  error('in the middle')\nend)")).toMatchObject({
      code: "SCRIPT_ERROR",
      message: "in the middle",
      details: { line: 3 },
    });
  });

  it("cannot wait in the middle", async () => {
    expect(await failureOf("data.map({ 1 }, function() sleep(1) end)")).toMatchObject({ code: "INVALID_STATE" });
  });
});
