import { describe, expect, it } from "vitest";
import type { FormatName } from "../formats/format.js";
import { cleanAnswer, normalizeKeys, normalizeText } from "./clean.js";
import { convertFormat } from "./convert.js";

// The same rows in every format, as each is written here.
const rows: Record<FormatName, string> = {
  json: '[{"name":"Ada","note":"a & b"},{"name":"Grace","note":"c | d"}]',
  yaml: "- name: Ada\n  note: a & b\n- name: Grace\n  note: c | d\n",
  xml: "<root>\n  <item>\n    <name>Ada</name>\n    <note>a &amp; b</note>\n  </item>\n  <item>\n    <name>Grace</name>\n    <note>c | d</note>\n  </item>\n</root>\n",
  csv: "name,note\r\nAda,a & b\r\nGrace,c | d\r\n",
  markdown: "| name | note |\n| --- | --- |\n| Ada | a & b |\n| Grace | c \\| d |\n",
};
const names = Object.keys(rows) as FormatName[];
const pairs = names.flatMap((from) => names.map((to) => [from, to] as const));

describe("convertFormat", () => {
  it.each(pairs)("OUT-5: rows from %s to %s", async (from, to) => {
    expect(await convertFormat(rows[from], from, to)).toBe(rows[to]);
  });

  const types = {
    type: "array",
    items: { type: "object", properties: { n: { type: "integer" }, ok: { type: "boolean" } } },
  };
  it.each(names)("OUT-5: numbers come back from %s with a schema", async (through) => {
    const json = '[{"n":1,"ok":true},{"n":2,"ok":false}]';
    expect(await convertFormat(await convertFormat(json, "json", through), through, "json", { schema: types })).toBe(
      json,
    );
  });

  it.each<[FormatName, FormatName, string, string]>([
    ["json", "yaml", '{"a":{"b":[1,null,true]}}', "a:\n  b:\n    - 1\n    - null\n    - true\n"],
    ["yaml", "json", "a: {b: [1, null]}", '{"a":{"b":[1,null]}}'],
    ["json", "xml", '{"a":{"@id":1,"b":[1,2]}}', '<a id="1">\n  <b>1</b>\n  <b>2</b>\n</a>\n'],
    ["xml", "json", '<a id="1"><b>1</b><b>2</b></a>', '{"a":{"@id":"1","b":["1","2"]}}'],
    ["json", "xml", '{"a":1,"b":2}', "<root>\n  <a>1</a>\n  <b>2</b>\n</root>\n"],
    ["xml", "json", "<root><a>1</a><b>2</b></root>", '{"a":"1","b":"2"}'],
    ["json", "xml", "[1]", "<root>\n  <item>1</item>\n</root>\n"],
    ["xml", "json", "<root><item>1</item></root>", '["1"]'],
    [
      "xml",
      "csv",
      "<people><person><name>Ada</name></person><person><name>Grace</name></person></people>",
      "name\r\nAda\r\nGrace\r\n",
    ],
    ["json", "csv", '{"rows":[{"a":[1],"b":null}]}', "a,b\r\n[1],\r\n"],
    ["json", "csv", '{"a":1,"b":2}', "a,b\r\n1,2\r\n"],
    ["markdown", "json", "# T", '{"blocks":[{"type":"heading","level":1,"text":"T"}]}'],
    ["json", "markdown", '{"blocks":[{"type":"heading","level":1,"text":"T"}]}', "# T\n"],
  ])("OUT-5: %s to %s: %j", async (from, to, text, expected) => {
    expect(await convertFormat(text, from, to)).toBe(expected);
  });

  it("OUT-5: says what cannot be", async () => {
    await expect(convertFormat("{", "json", "yaml")).rejects.toMatchObject({ code: "SYNTAX_ERROR" });
    await expect(convertFormat("1", "json", "csv")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(convertFormat('{"a b":1,"c":2}', "json", "xml")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(
      convertFormat("a\nx", "csv", "json", { schema: { items: { properties: { a: { type: "number" } } } } }),
    ).rejects.toThrow("[0].a: must be number");
    await expect(convertFormat("1", "json", "toml" as FormatName)).rejects.toMatchObject({ code: "UNSUPPORTED" });
    await expect(convertFormat("1", "toString" as FormatName, "json")).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});

describe("normalizing", () => {
  it("OUT-5: text", () => {
    expect(normalizeText("\uFEFFa\u200b\u00a0b \r\nc\r\r\n\n\n\nd\u0065\u0301 ")).toBe("a b\nc\n\ndé");
  });

  it.each([
    ["Sure! Here is the result:\n\nx: 1\n\nLet me know if you need more.", "x: 1"],
    ["<think>a</think>\n<Reasoning>b</Reasoning>x", "x"],
    ["<think>never closed", "<think>never closed"],
    ["Here are two lines.\nOf course.", "Of course."],
    ["Okay:", "Okay:"],
    ["\n\n", ""],
  ])("OUT-5: what is around an answer: %j", (text, expected) => {
    expect(cleanAnswer(text)).toBe(expected);
  });

  it.each([
    ["snake", { first_name: 1, html_page: [{ last_name: 2 }], a1_b: 3, "": 4, имя_два: 5 }],
    ["camel", { firstName: 1, htmlPage: [{ lastName: 2 }], a1B: 3, "": 4, имяДва: 5 }],
    ["kebab", { "first-name": 1, "html-page": [{ "last-name": 2 }], "a1-b": 3, "": 4, "имя-два": 5 }],
  ] as const)("OUT-5: keys in %s", (style, expected) => {
    expect(normalizeKeys({ "First name": 1, HTMLPage: [{ lastName: 2 }], "a1-b": 3, "": 4, имяДва: 5 }, style)).toEqual(
      expected,
    );
  });
});
