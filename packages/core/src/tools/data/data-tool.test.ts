import { describe, expect, it } from "vitest";
import { checkTool } from "../check-tool.js";
import { executeTool } from "../execute.js";
import { createDataTool } from "./data-tool.js";

const tool = createDataTool({ maxLength: 100_000, maxDepth: 50, maxValues: 10_000 });
const context = { signal: new AbortController().signal };
const call = (operation: string, args: object): Promise<Record<string, unknown>> =>
  executeTool(tool, { operation, ...args }, context) as Promise<Record<string, unknown>>;
const value = async (operation: string, args: object): Promise<unknown> => (await call(operation, args))["value"];

const stock = [
  { name: "tea", price: 2, tags: ["hot", "leaf"], from: { land: "IN" } },
  { name: "gold", price: 900, tags: [], from: { land: "ZA" } },
  { name: "salt", price: null, tags: ["white"] },
];

describe("data", () => {
  it("TOOL-12: its examples are right", async () => {
    expect(await checkTool(tool, { run: context })).toEqual([]);
  });

  it.each([
    ["json", { a: [1, 2.5, "x", true, null, { "b c": "é\n" }], "": {} }],
    ["yaml", { a: [1, 2.5, "1", "true", "", null, { "b: c": "é\n- x" }], "#": {} }],
    [
      "xml",
      { order: { "@id": "7", item: ["tea & <salt>", "  a b  "], note: { "@lang": "en", "#text": "x" }, none: "" } },
    ],
    [
      "csv",
      [
        { a: "1", "b,c": 'say "x"' },
        { a: "", "b,c": "two\nlines" },
      ],
    ],
  ])("TOOL-12: %s round-trips", async (format, data) => {
    const { content } = await call("stringify", { value: data, to: format });
    expect(typeof content).toBe("string");
    expect(await value("parse", { content, format })).toEqual(data);
    const { content: again } = await call("convert", { content, format, to: format });
    expect(again).toBe(content);
  });

  it("TOOL-13: reads and writes CSV by RFC 4180", async () => {
    const rows = (content: string, more: object = {}): Promise<unknown> =>
      value("parse", { content, format: "csv", header: false, ...more });
    expect(await rows("aaa,bbb\r\nccc,ddd\r\n")).toEqual([
      ["aaa", "bbb"],
      ["ccc", "ddd"],
    ]);
    expect(await rows("aaa,bbb\nccc,ddd")).toEqual([
      ["aaa", "bbb"],
      ["ccc", "ddd"],
    ]);
    expect(await rows('"a","b ""quoted"" c","line\r\nbreak"\r\n"x,y",,""')).toEqual([
      ["a", 'b "quoted" c', "line\r\nbreak"],
      ["x,y", "", ""],
    ]);
    expect(await rows(" a , b ")).toEqual([[" a ", " b "]]);
    expect(await rows("a;b", { delimiter: ";" })).toEqual([["a", "b"]]);
    await expect(rows('"a')).rejects.toMatchObject({ code: "SYNTAX_ERROR" });
    await expect(rows("a,b\nc")).rejects.toMatchObject({ code: "SYNTAX_ERROR" });
    const { content } = await call("stringify", { value: [{ a: 'x"y', b: "1,2\n3" }], to: "csv" });
    expect(content).toBe('a,b\r\n"x""y","1,2\n3"\r\n');
  });

  it("TOOL-13: converts between CSV and JSON, with types when that is wanted", async () => {
    const content = "id,ok,zip,big\r\n1,true,007,12345678901234567890\r\n-2.5,false,,x\r\n";
    expect((await call("convert", { content, format: "csv", to: "json" }))["content"]).toBe(
      '[{"id":"1","ok":"true","zip":"007","big":"12345678901234567890"},{"id":"-2.5","ok":"false","zip":"","big":"x"}]',
    );
    const { content: typed } = await call("convert", { content, format: "csv", to: "json", typed: true });
    expect(JSON.parse(String(typed))).toEqual([
      { id: 1, ok: true, zip: "007", big: "12345678901234567890" },
      { id: -2.5, ok: false, zip: "", big: "x" },
    ]);
    expect((await call("convert", { content: typed, to: "csv" }))["content"]).toBe(content);
  });

  it.each([
    ["", stock.length, (found: unknown) => (found as unknown[]).length],
    ["[0].name", "tea"],
    ["[-1].name", "salt"],
    ["[*].name", ["tea", "gold", "salt"]],
    ["[*].tags[*]", ["hot", "leaf", "white"]],
    ["*.from.land", ["IN", "ZA"]],
    ['[0]["from"].land', "IN"],
    ["[0].from.*", ["IN"]],
    ["[9].name", null],
    ["name", null],
    ["[0].constructor", null],
    ["[0].__proto__", null],
  ])("TOOL-12: extracts %j", async (path, expected, view: (found: unknown) => unknown = (found) => found) => {
    expect(view(await value("extract", { value: stock, path }))).toEqual(expected);
  });

  it.each([".", "a..b", "a[", "a[x]", "[0]a", 'a["b]', ".a", "a.", '["\\x"]'])("refuses the path %s", async (path) => {
    await expect(value("extract", { value: stock, path })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it.each([
    [{ path: "name", is: "eq", value: "tea" }, ["tea"]],
    [{ path: "from", is: "eq", value: { land: "ZA" } }, ["gold"]],
    [{ path: "name", is: "ne", value: "tea" }, ["gold", "salt"]],
    [{ path: "price", is: "lt", value: 900 }, ["tea"]],
    [{ path: "price", is: "lte", value: 900 }, ["tea", "gold"]],
    [{ path: "price", is: "gt", value: 2 }, ["gold"]],
    [{ path: "price", is: "gte", value: 2 }, ["tea", "gold"]],
    [{ path: "name", is: "gt", value: "gold" }, ["tea", "salt"]],
    [{ path: "price", is: "gt", value: "1" }, []],
    [{ path: "name", is: "in", value: ["tea", "salt"] }, ["tea", "salt"]],
    [{ path: "tags", is: "contains", value: "leaf" }, ["tea"]],
    [{ path: "name", is: "contains", value: "al" }, ["salt"]],
    [{ path: "name", is: "starts_with", value: "g" }, ["gold"]],
    [{ path: "name", is: "ends_with", value: "t" }, ["salt"]],
    [{ path: "from.land", is: "exists" }, ["tea", "gold"]],
    [{ path: "from.land", is: "exists", value: false }, ["salt"]],
    [{ path: "price", is: "type", value: "null" }, ["salt"]],
    [{ path: "tags", is: "type", value: "array" }, ["tea", "gold", "salt"]],
    [{ path: "from", is: "type", value: "object" }, ["tea", "gold"]],
    [{ path: "tags[*]", is: "eq", value: "hot" }, ["tea"]],
  ])("TOOL-12: filters by %j", async (condition, names) => {
    const found = (await value("filter", { value: stock, where: [condition] })) as { name: string }[];
    expect(found.map(({ name }) => name)).toEqual(names);
  });

  it("TOOL-12: filters by all or any of several, and queries", async () => {
    const where = [
      { path: "price", is: "gt", value: 1 },
      { path: "tags", is: "contains", value: "white" },
    ];
    expect(await value("filter", { value: stock, where })).toEqual([]);
    expect(await value("filter", { value: stock, where, any: true })).toHaveLength(3);
    expect(
      await call("query", {
        value: stock,
        where: [{ path: "price", is: "type", value: "number" }],
        by: [{ path: "price", order: "descending" }],
        offset: 1,
        limit: 5,
        transform: { pick: ["name"], from: { land: "from.land", tag: "tags[*]" } },
        to: "json",
      }),
    ).toEqual({ content: '[{"name":"tea","land":"IN","tag":["hot","leaf"]}]', total: 2 });
    expect(await call("query", { value: [1, 2], limit: 1 })).toEqual({ value: [1], total: 2 });
  });

  it("TOOL-12: sorts what is alike and what is not", async () => {
    const names = async (by: object[]): Promise<unknown> =>
      ((await value("sort", { value: stock, by })) as { name: string }[]).map(({ name }) => name);
    expect(await names([{ path: "price" }])).toEqual(["tea", "gold", "salt"]);
    expect(await names([{ path: "price", order: "descending" }])).toEqual(["gold", "tea", "salt"]);
    expect(await names([{ path: "from.land", order: "descending" }, { path: "name" }])).toEqual([
      "gold",
      "tea",
      "salt",
    ]);
    expect(await value("sort", { value: [10, "b", null, 9, true, "a", { x: 1 }] })).toEqual([
      9,
      10,
      "a",
      "b",
      true,
      { x: 1 },
      null,
    ]);
  });

  it("TOOL-12: transforms and merges", async () => {
    const change = { pick: ["name", "price"], rename: { name: "title" }, set: { new: true } };
    expect(await value("transform", { value: stock[0], transform: change })).toEqual({
      title: "tea",
      price: 2,
      new: true,
    });
    expect(await value("transform", { value: [{ a: 1, b: 2 }], transform: { omit: ["a"] } })).toEqual([{ b: 2 }]);
    const [left, right] = [
      { a: { x: 1, y: [1, 2] }, b: 1 },
      { a: { y: [2, 3], z: 3 }, b: null },
    ];
    expect(await value("merge", { value: left, other: right })).toEqual({ a: { x: 1, y: [2, 3], z: 3 }, b: null });
    const lists = async (arrays: string): Promise<unknown> =>
      ((await value("merge", { value: left, other: right, arrays })) as typeof left).a.y;
    expect([await lists("concat"), await lists("union")]).toEqual([
      [1, 2, 2, 3],
      [1, 2, 3],
    ]);
  });

  it("TOOL-12: validates against a schema", async () => {
    const schema = {
      type: "array",
      items: { type: "object", required: ["price"], properties: { price: { type: "number" } } },
    };
    expect(await call("validate", { value: stock.slice(0, 2), schema })).toEqual({ valid: true, errors: [] });
    expect(await call("validate", { content: "- price: x\n", format: "yaml", schema })).toMatchObject({
      valid: false,
      errors: [{ path: "[0].price" }],
    });
  });

  it("takes long lists in one go", async () => {
    const large = createDataTool();
    const numbers = Array.from({ length: 100_000 }, (_, index) => index);
    const on = (args: object): Promise<unknown> => executeTool(large, args, context);
    expect(await on({ operation: "merge", value: numbers, other: numbers, arrays: "union" })).toMatchObject({
      value: { length: 100_000 },
    });
    const where = [{ path: "", is: "in", value: numbers }];
    expect(await on({ operation: "query", value: numbers, where, limit: 1 })).toEqual({ value: [0], total: 100_000 });
  });

  it("keeps odd keys as keys", async () => {
    const content = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    for (const [operation, more] of [
      ["parse", {}],
      ["merge", { other: { a: 1 } }],
      ["transform", { transform: { set: { x: 1 } } }],
      ["transform", { transform: { rename: { constructor: "__proto__" } } }],
    ] as const)
      expect(Object.keys((await value(operation, { content, ...more })) as object)).toContain("__proto__");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(await value("extract", { content, path: "__proto__.polluted" })).toBe(1);
  });

  it("TOOL-12: ends hostile documents with an error", async () => {
    const bomb = `a: &a [${"x,".repeat(50)}]\n${Array.from({ length: 9 }, (_, i) => `b${i}: &b${i} [${`*${i === 0 ? "a" : `b${i - 1}`},`.repeat(50)}]`).join("\n")}`;
    for (const [format, content] of [
      ["yaml", bomb],
      ["xml", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
      ["xml", "<a>".repeat(20_000)],
      ["json", `${"[".repeat(30_000)}`],
      ["json", `[${"1,".repeat(20_000)}1]`],
      ["csv", "a,b\n1"],
      ["json", "x".repeat(100_001)],
    ] as const)
      await expect(call("parse", { format, content }), `${format} ${content.slice(0, 20)}`).rejects.toMatchObject({
        code: expect.stringMatching(/^(SYNTAX_ERROR|VALIDATION_FAILED)$/),
      });
  });

  it.each([
    ["parse", {}, "VALIDATION_FAILED"],
    ["parse", { value: 1, content: "1" }, "VALIDATION_FAILED"],
    ["parse", { content: "{", format: "json" }, "SYNTAX_ERROR"],
    ["stringify", { value: 1 }, "INVALID_ARGUMENT"],
    ["convert", { content: "1" }, "INVALID_ARGUMENT"],
    ["stringify", { value: 1, to: "csv" }, "INVALID_ARGUMENT"],
    ["filter", { value: [] }, "INVALID_ARGUMENT"],
    ["filter", { value: {}, where: [] }, "INVALID_ARGUMENT"],
    ["merge", { value: {} }, "INVALID_ARGUMENT"],
    ["extract", { value: {} }, "INVALID_ARGUMENT"],
    ["transform", { value: 1, transform: {} }, "INVALID_ARGUMENT"],
    ["transform", { value: {} }, "INVALID_ARGUMENT"],
    ["validate", { value: {} }, "INVALID_ARGUMENT"],
    ["validate", { value: {}, schema: {}, to: "json" }, "INVALID_ARGUMENT"],
  ])("TOOL-20: refuses %s of %j", async (operation, args, code) => {
    await expect(call(operation, args)).rejects.toMatchObject({ code });
  });
});
