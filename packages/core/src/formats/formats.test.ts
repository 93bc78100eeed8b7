import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formats } from "./formats.js";
import type { FormatName } from "./format.js";

const names = Object.keys(formats) as FormatName[];
const syntax = (line?: number, column?: number): object =>
  expect.objectContaining({
    code: "SYNTAX_ERROR",
    details: expect.objectContaining(line === undefined ? {} : { line, column }),
  });

describe("every format", () => {
  const samples: Record<FormatName, string> = {
    json: '{"a":[{"b":1}]}',
    yaml: "a:\n- b: 1",
    xml: "<a><b>1</b></a>",
    csv: "a,b\n1,2",
    markdown: "- a\n- b",
  };

  it.each(names)("%s: length and number of values have limits", async (name) => {
    const parse = formats[name].parse;
    const limit = (of: string): object => ({ code: "VALIDATION_FAILED", details: { format: name, limit: of } });
    await expect(parse(samples[name], { maxLength: 4 })).rejects.toMatchObject(limit("maxLength"));
    await expect(parse(samples[name], { maxValues: 2 })).rejects.toMatchObject(limit("maxValues"));
    await expect(parse(`\uFEFF${samples[name]}`)).resolves.toEqual(await parse(samples[name]));
  });

  it.each(names.filter((name) => name !== "csv"))("%s: depth has a limit", async (name) => {
    const limited = formats[name].parse(samples[name], { maxDepth: 1 });
    await expect(limited).rejects.toMatchObject({ code: "VALIDATION_FAILED", details: { limit: "maxDepth" } });
  });

  it.each(names)("%s: a value that contains itself, and one with functions, are refused", async (name) => {
    const loop: unknown[] = [];
    loop.push(loop);
    await expect(formats[name].stringify(loop)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await expect(formats[name].stringify([{ f: () => 1 }])).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("[0].f"),
    });
    await expect(formats[name].stringify([{ n: 2n ** 60n }])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(formats[name].stringify([{ d: new Date() }])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  const rows = [
    { name: "Ada", note: 'says "hi", & <leaves>' },
    { name: "Grace | Hopper", note: "naïve: # yes - 日本" },
  ];
  it.each(["json", "yaml", "csv"] as const)("%s: rows of text come back as they were", async (name) => {
    expect(await formats[name].parse(await formats[name].stringify(rows))).toEqual(rows);
  });

  it.each(["json", "yaml", "csv", "markdown"] as const)("%s: no key changes a prototype", async (name) => {
    const hostile: Record<Exclude<FormatName, "xml">, string> = {
      json: '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
      yaml: "__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}",
      csv: "__proto__,constructor\npolluted,1",
      markdown: "---\n__proto__: {polluted: 1}\n---\n",
    };
    const value = (await formats[name].parse(hostile[name])) as object;
    expect(JSON.stringify(value)).toContain("polluted");
    const inner =
      name === "csv"
        ? (value as object[])[0]
        : name === "markdown"
          ? (value as { frontMatter: object }).frontMatter
          : value;
    expect(Object.getPrototypeOf(inner)).toBe(Object.prototype);
    expect("polluted" in {}).toBe(false);
    expect(Reflect.get(inner ?? {}, "polluted")).toBeUndefined();
    expect(Object.keys(inner ?? {})).toContain("__proto__");
  });

  it.each(["__proto__", "constructor"])("xml: an element named %s is refused", async (name) => {
    await expect(formats.xml.parse(`<a><${name}><polluted>1</polluted></${name}></a>`)).rejects.toEqual(syntax());
  });
});

describe("json", () => {
  it.each([
    ["", 1, 1, "the text ends where a value is expected"],
    ["{", 1, 2, "a key in double quotes or '}'"],
    ["{a: 1}", 1, 2, "not 'a'"],
    ['{"a" 1}', 1, 6, "':' is expected, not '1'"],
    ['{"a": 1,}', 1, 9, "a key in double quotes is expected, not '}'"],
    ["[1 2]", 1, 4, "',' or ']' is expected, not '2'"],
    ["[1,]", 1, 4, "a value is expected, not ']'"],
    ["[1\n, x]", 2, 3, "a value is expected, not 'x'"],
    ['{"a":\n "b', 2, 4, "the text ends inside a string"],
    ['"a\nb"', 1, 3, "a control character must be escaped"],
    [String.raw`"\x"`, 1, 2, String.raw`'\x' is no escape`],
    ["1 2", 1, 3, "the end of the text is expected, not '2'"],
    ["01", 1, 2, "the end of the text"],
    ["[1}", 1, 3, "',' or ']' is expected, not '}'"],
    ["'a'", 1, 1, "a value is expected"],
    ["NaN", 1, 1, "a value is expected, not 'NaN'"],
  ])("%j: the error names line %d, column %d", async (text, line, column, reason) => {
    const error = await formats.json.parse(text).catch((thrown: unknown) => thrown);
    expect(error).toEqual(syntax(line, column));
    expect((error as Error).message).toContain(reason);
  });

  it("finds a problem exactly where JSON.parse does", () => {
    const pieces = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      "1",
      "-0.5e3",
      "true",
      "null",
      " ",
      "x",
      '"',
      "01",
    );
    return fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 12 }), async (parts) => {
        const text = parts.join("");
        let ok = true;
        try {
          JSON.parse(text);
        } catch {
          ok = false;
        }
        const outcome = await formats.json.parse(text).then(
          () => "read",
          ({ message, details: { line } }) => (message.includes("cannot be read") ? "unexplained" : typeof line),
        );
        expect(outcome).toBe(ok ? "read" : "number");
      }),
      { numRuns: 2000 },
    );
  });

  it("writes sorted keys and indentation; survives hundred thousand levels", async () => {
    expect(await formats.json.stringify({ b: 1, a: { d: undefined, c: null } }, { sortKeys: true, indent: 1 })).toBe(
      '{\n "a": {\n  "c": null\n },\n "b": 1\n}',
    );
    await expect(formats.json.parse("[".repeat(100_000) + "]".repeat(100_000))).rejects.toMatchObject({
      details: { limit: "maxDepth" },
    });
    await expect(formats.json.stringify({ a: [Number.NaN] })).rejects.toMatchObject({
      message: "'a[0]' is NaN, which JSON cannot say",
    });
  });
});

describe("yaml", () => {
  it.each<[string, unknown]>([
    ["a: 1\nb: [x, true, null, 1.5, 0x1f]\n", { a: 1, b: ["x", true, null, 1.5, 31] }],
    ["a: &x [1]\nb: *x", { a: [1], b: [1] }],
    ["a: |\n  one\n  two\nb: >\n  one\n  two\n", { a: "one\ntwo\n", b: "one two\n" }],
    ["a: yes\nb: 2001-01-01\nc: 012", { a: "yes", b: "2001-01-01", c: 12 }],
    ["%YAML 1.1\n---\na: yes", { a: "yes" }],
    ["1: a\ntrue: b", { "1": "a", true: "b" }],
    ["", null],
    ["# nothing", null],
  ])("%j", async (text, value) => {
    expect(await formats.yaml.parse(text)).toEqual(value);
  });

  it("aliases become copies", async () => {
    const { a, b } = (await formats.yaml.parse("a: &x {n: 1}\nb: *x")) as { a: object; b: object };
    expect(a).not.toBe(b);
  });

  it.each([
    ["a: [1", 1, 6],
    ["a: b: c", 1, 4],
    ["a: 1\n\tb: 2", 2, 1],
    ["a: !!js/function 'x'", 1, 4],
    ["a: !!binary aGk=", 1, 4],
    ["a: !custom x", 1, 4],
    ["a: 1\nb: 2\na: 3", 3, 1],
    ["--- 1\n--- 2", 2, 1],
  ])("%j is refused at line %d, column %d", async (text, line, column) => {
    await expect(formats.yaml.parse(text)).rejects.toEqual(syntax(line, column));
  });

  it("an alias of nothing is refused", async () => {
    await expect(formats.yaml.parse("a: *nope")).rejects.toEqual(syntax());
  });

  it.each<[string, string]>([
    [
      "aliases of aliases",
      `a: &a [1,1,1,1,1,1,1,1,1]\n${Array.from({ length: 9 }, (_, i) => `b${i}: &b${i} [${Array.from({ length: 9 }, () => (i === 0 ? "*a" : `*b${i - 1}`)).join()}]`).join("\n")}`,
    ],
    ["an alias of itself", "&a [*a]"],
    ["flow lists", "[".repeat(100_000)],
    ["flow objects", "{a: ".repeat(50_000)],
    ["mixed flow", "{a: [".repeat(50_000)],
    ["lists", `${"- ".repeat(50_000)}\n- x`],
    ["keys", "? ".repeat(50_000)],
    ["empty keys", ": ".repeat(50_000)],
    ["flow under lists", `${"- ".repeat(30)}${"[".repeat(90)}`],
    ["indentation", Array.from({ length: 3000 }, (_, i) => `${" ".repeat(i + 1)}a:`).join("\n")],
    ["keys on one line", "a: ".repeat(50_000)],
    [
      "indentation by tabs",
      Array.from({ length: 3000 }, (_, i) => `${i % 2 === 0 ? "\t" : " ".repeat(i)}'a: a:`).join("\n"),
    ],
    ["indented lists", Array.from({ length: 1000 }, (_, i) => `${" ".repeat(i)}-`).join("\n")],
    ["anchors", "&a ".repeat(50_000)],
  ])("hostile %s end in an error and leave the process alone", async (_name, text) => {
    await expect(formats.yaml.parse(text)).rejects.toMatchObject({
      code: expect.stringMatching(/^(VALIDATION_FAILED|SYNTAX_ERROR)$/),
    });
  });

  it.each([
    ["lists", (levels: number) => `${"- ".repeat(levels)}x`],
    ["flow lists", (levels: number) => "[".repeat(levels) + "]".repeat(levels)],
    ["flow objects", (levels: number) => `${"{a: ".repeat(levels)}1${"}".repeat(levels)}`],
  ])("the limit of depth is exact for %s", async (_name, nested) => {
    expect(await formats.yaml.parse(nested(10), { maxDepth: 10 })).toBeTypeOf("object");
    await expect(formats.yaml.parse(nested(10), { maxDepth: 9 })).rejects.toMatchObject({
      details: { limit: "maxDepth" },
    });
    await expect(formats.yaml.parse(nested(400), { maxDepth: 1000 })).rejects.toMatchObject({
      details: { limit: "maxDepth" },
    });
  });

  it("reads 60 levels of each kind", async () => {
    for (const text of [
      "- ".repeat(60),
      `${"[".repeat(60)}${"]".repeat(60)}`,
      Array.from({ length: 60 }, (_, i) => `${"  ".repeat(i)}a:`).join("\n"),
    ])
      expect(JSON.stringify(await formats.yaml.parse(text))).toMatch(/^(\{"a":|\[){59}/);
  });

  it("any plain data comes back as it was", () =>
    fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(await formats.yaml.parse(await formats.yaml.stringify(plain))).toEqual(plain);
      }),
      { numRuns: 300 },
    ));
});

describe("xml", () => {
  it.each<[string, unknown]>([
    ['<?xml version="1.0"?>\n<a/>', { a: "" }],
    ["<a>1</a>", { a: "1" }],
    ["<a x=\"1 &lt; 2\" y='q'>hi &amp; <b>1</b></a>", { a: { "@x": "1 < 2", "@y": "q", b: "1", "#text": "hi &" } }],
    ["<r><i>1</i><i>2</i><j/></r>", { r: { i: ["1", "2"], j: "" } }],
    ["<a><![CDATA[<b> &amp;]]> &#65;&#x42;</a>", { a: "<b> &amp; AB" }],
    ["<a>&unknown; &#0;</a>", { a: "&unknown; &#0;" }],
    ["<!-- <!DOCTYPE a> --><n:a n:x='1'/>", { "n:a": { "@n:x": "1" } }],
    ["<a><b/><?pi x?><!-- c --></a>", { a: { b: "" } }],
  ])("%j", async (text, value) => {
    expect(await formats.xml.parse(text)).toEqual(value);
  });

  it.each([
    ["<a><b></a>", 1, 7],
    ["<a>\n<b x=1/></a>", 2, 4],
    ["text", 1, 1],
  ])("%j is refused at line %d, column %d", async (text, line, column) => {
    await expect(formats.xml.parse(text)).rejects.toEqual(syntax(line, column));
  });

  it.each(["", "<a", "<a/>junk", "<a>1</a>junk", "<a/><b/>", "<a>a & b < c</a>"])("%j is refused", async (text) => {
    await expect(formats.xml.parse(text)).rejects.toEqual(syntax());
  });

  it.each([
    ['<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'],
    ['<!DOCTYPE a [<!ENTITY e "x"><!ENTITY f "&e;&e;">]><a>&f;</a>'],
    ['<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>'],
    ["<!-- x --><!DOCTYPE a><a/>"],
  ])("%s: a document type is refused", async (text) => {
    await expect(formats.xml.parse(text)).rejects.toThrow("document type declarations are not read");
  });

  it.each([
    "<a>".repeat(200_000),
    "<".repeat(100_000),
    `<a ${"x='".repeat(100_000)}>`,
    "<!--".repeat(100_000),
    "<![CDATA[".repeat(50_000),
  ])("hostile text ends in an error (%#)", async (text) => {
    await expect(formats.xml.parse(text)).rejects.toMatchObject({ details: { format: "xml" } });
  });

  it("writes what it reads", async () => {
    const page = {
      page: { "@id": 'a"b', title: "x < y & z", item: [{ "@n": "1", "#text": "one" }, "two"], none: null },
    };
    const text = await formats.xml.stringify(page);
    expect(text).toContain('<page id="a&quot;b">');
    expect(await formats.xml.parse(text)).toEqual({ page: { ...page.page, none: "" } });
    expect(await formats.xml.stringify([1, [2, 3]])).toBe(
      "<root>\n  <item>1</item>\n  <item>\n    <item>2</item>\n    <item>3</item>\n  </item>\n</root>\n",
    );
    expect(await formats.xml.stringify("x", { root: "r" })).toBe("<r>x</r>\n");
  });

  it.each<[string, unknown]>([
    ["a name that is none", { "a b": 1, c: 2 }],
    ["an attribute that is none", { a: { "@x y": 1 } }],
    ["an attribute that is a list", { a: { "@x": [1] } }],
    ["a control character", { a: "\u0001" }],
  ])("refuses to write %s", async (_name, value) => {
    await expect(formats.xml.stringify(value)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("csv", () => {
  it.each<[string, string, unknown]>([
    ["rows end in CRLF", "a,b\r\n1,2\r\n", [{ a: "1", b: "2" }]],
    ["the last row may lack its end", "a,b\n1,2", [{ a: "1", b: "2" }]],
    ["spaces belong to a cell", "a,b\n 1 ,2", [{ a: " 1 ", b: "2" }]],
    ["quoted cells may hold commas, quotes and lines", 'a,b\n"x, ""y""","1\n2"', [{ a: 'x, "y"', b: "1\n2" }]],
    ["empty cells", "a,b,c\n,,\n1,,3", [{ a: "1", b: "", c: "3" }]],
    ["empty lines are passed over", "a,b\n\n1,2\n\n", [{ a: "1", b: "2" }]],
    ["a header alone", "a,b\n", []],
    ["nothing", "", []],
  ])("RFC 4180: %s", async (_name, text, rows) => {
    expect(await formats.csv.parse(text)).toEqual(rows);
  });

  it.each([
    ["an open quote", 'a,b\n1,"2'],
    ["text after a quote", 'a,b\n"1"x,2'],
    ["a short row", "a,b\n1"],
    ["a long row", "a,b\n1,2,3"],
    ["equal columns", "a,a\n1,2"],
  ])("%s is refused", async (_name, text) => {
    await expect(formats.csv.parse(text)).rejects.toEqual(syntax());
  });

  it("other delimiters, no header, other shapes", async () => {
    expect(await formats.csv.parse("a;b\n1;2", { delimiter: ";" })).toEqual([{ a: "1", b: "2" }]);
    expect(await formats.csv.parse("a\tb\n1\t2", { delimiter: "auto" })).toEqual([{ a: "1", b: "2" }]);
    expect(await formats.csv.parse("1,2\n3,4", { header: false })).toEqual([
      ["1", "2"],
      ["3", "4"],
    ]);
    expect(await formats.csv.stringify([{ a: 1 }, { b: [2], a: null }])).toBe("a,b\r\n1,\r\n,[2]\r\n");
    expect(
      await formats.csv.stringify([
        ["x", "y"],
        [1, true],
      ]),
    ).toBe("x,y\r\n1,true\r\n");
    expect(await formats.csv.stringify({ a: 1 }, { header: false })).toBe("1\r\n");
    expect(await formats.csv.stringify([])).toBe("");
    await expect(formats.csv.stringify([1])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(formats.csv.parse("a", { delimiter: '"' })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("markdown", () => {
  const page = `---
title: A page
---

# One *thing*

Some text
over two lines.

- a
  - b
    \`\`\`
    inside
    \`\`\`
- [x] done

2. two
3. three

| a | b \\| c |
|---|:-:|
| 1 | **2** |

\`\`\`\`js run
const x = \`\`\`1\`\`\`;
\`\`\`\`

> quoted
>
> - list

---

<div>raw</div>
`;

  it("reads front matter and blocks", async () => {
    expect(await formats.markdown.parse(page)).toEqual({
      frontMatter: { title: "A page" },
      blocks: [
        { type: "heading", level: 1, text: "One *thing*" },
        { type: "paragraph", text: "Some text\nover two lines." },
        {
          type: "list",
          ordered: false,
          items: [
            {
              text: "a",
              blocks: [
                { type: "list", ordered: false, items: [{ text: "b", blocks: [{ type: "code", code: "inside" }] }] },
              ],
            },
            { text: "done", checked: true },
          ],
        },
        { type: "list", ordered: true, items: [{ text: "two" }, { text: "three" }] },
        { type: "table", headers: ["a", "b | c"], rows: [["1", "**2**"]] },
        { type: "code", language: "js", code: "const x = ```1```;" },
        {
          type: "quote",
          blocks: [
            { type: "paragraph", text: "quoted" },
            { type: "list", ordered: false, items: [{ text: "list" }] },
          ],
        },
        { type: "rule" },
        { type: "html", text: "<div>raw</div>" },
      ],
    });
  });

  it("writes what it reads", async () => {
    const first = await formats.markdown.parse(page);
    expect(await formats.markdown.parse(await formats.markdown.stringify(first))).toEqual(first);
  });

  it("rows become a table", async () => {
    const text = await formats.markdown.stringify([{ a: 1, b: "x|y\nz" }]);
    expect(text).toBe("| a | b |\n| --- | --- |\n| 1 | x\\|y z |\n");
    expect(await formats.markdown.stringify([["h"], [1]])).toBe("| h |\n| --- |\n| 1 |\n");
    await expect(formats.markdown.stringify({ blocks: [{ type: "nope" }] })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    await expect(formats.markdown.stringify("x")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("broken front matter is refused where it is broken", async () => {
    await expect(formats.markdown.parse("---\na: 1\nb: [\n---\n# x")).rejects.toEqual(syntax(4, 1));
    expect(await formats.markdown.parse("---\n---\nx")).toEqual({
      frontMatter: null,
      blocks: [{ type: "paragraph", text: "x" }],
    });
  });

  it.each([
    ">".repeat(20_000),
    `${"- ".repeat(5000)}x`,
    `${"1. ".repeat(5000)}x`,
    Array.from({ length: 1000 }, (_, i) => `${"  ".repeat(i)}- a`).join("\n"),
  ])("hostile nesting ends in an error (%#)", async (text) => {
    await expect(formats.markdown.parse(text)).rejects.toMatchObject({ details: { limit: "maxDepth" } });
  });
});
