import { describe, expect, it } from "vitest";
import { createAgent, createModels, defineTool, generate, validateJson } from "../index.js";
import { minimalInstance } from "./offline-json.js";
import { chooseTools, fillArguments } from "./offline-tools.js";

const models = createModels();

const tool = (name: string, description: string, properties: Record<string, unknown>, required: string[] = []) =>
  defineTool({ name, description, parameters: { type: "object", properties, required }, execute: (args) => args });

const weather = tool(
  "get_weather",
  "Current weather of a city",
  { city: { type: "string" }, unit: { enum: ["celsius", "fahrenheit"], default: "celsius" } },
  ["city"],
);
const calculator = tool("calculator", "Evaluates an arithmetic expression", { expression: { type: "string" } }, [
  "expression",
]);
const search = tool(
  "web_search",
  "Searches the web for pages",
  { query: { type: "string" }, limit: { type: "integer" } },
  ["query"],
);
const offered = [weather, calculator, search].map(({ name, description, parameters }) => ({
  type: "function" as const,
  name,
  description,
  inputSchema: parameters,
}));

describe("the offline model", () => {
  it("says that it is a stand-in, repeats the question and names a way out", async () => {
    const { content, usage } = await generate(models, { prompt: "What is the meaning of life?" });
    expect(content).toContain("offline stand-in");
    expect(content).toContain("What is the meaning of life?");
    expect(content).toContain("OPENAI_API_KEY");
    expect(usage).toEqual({
      inputTokens: 7,
      outputTokens: Math.ceil(content.length / 4),
      totalTokens: 7 + Math.ceil(content.length / 4),
    });
    expect((await generate(models, { prompt: "What is the meaning of life?" })).content).toBe(content);
  });

  it("streams word by word", async () => {
    const deltas: string[] = [];
    const { content } = await generate(
      models,
      { prompt: "Hi" },
      { onEvent: (event) => event.type === "model.text" && deltas.push(event.payload.text) },
    );
    expect(deltas.join("")).toBe(content);
    expect(deltas.length).toBe(content.split(" ").length);
  });

  it("bounds what it repeats", async () => {
    expect((await generate(models, { prompt: "x".repeat(100_000) })).content.length).toBeLessThan(3000);
  });

  it("takes no time over a question made to be slow to read", async () => {
    const agent = createAgent({ name: "a", tools: [calculator, search] }, { models });
    const hostile = [
      `calculate ${"1".repeat(1_000_000)}`,
      `search ${"A ".repeat(500_000)}`,
      `calculate ${"(1 ".repeat(300_000)}`,
    ];
    for (const question of hostile) expect((await agent.run(question)).steps).toBe(2);
  });

  it("calls a tool once and tells its result", async () => {
    const agent = createAgent({ name: "a", tools: [weather, calculator, search] }, { models });
    const response = await agent.run("What is the weather in Paris?");
    expect(response.toolCalls).toMatchObject([{ name: "get_weather", args: { city: "Paris", unit: "celsius" } }]);
    expect(response.content).toContain('{"city":"Paris","unit":"celsius"}');
    expect(response.content).toContain("offline stand-in");
    expect(response.steps).toBe(2);
  });

  it("answers with JSON that matches the schema", async () => {
    const schema = {
      type: "object",
      properties: { title: { type: "string" }, pages: { type: "integer", minimum: 3 } },
      required: ["title", "pages"],
    };
    const { object } = await generate(models, { prompt: "A book", schema });
    expect(object).toEqual({ title: expect.stringContaining("offline stand-in"), pages: 3 });
  });
});

describe("chooseTools", () => {
  it.each([
    ["What is the weather in New York?", [["get_weather", { city: "New York", unit: "celsius" }]]],
    [
      "weather for 'Rio de Janeiro' in fahrenheit, please",
      [["get_weather", { city: "Rio de Janeiro", unit: "fahrenheit" }]],
    ],
    ["Calculate 12 * (3 + 4)", [["calculator", { expression: "12 * (3 + 4)" }]]],
    ["Search the web for llamas", [["web_search", { query: "llamas" }]]],
    ["Tell me a joke", []],
    ["What is your favourite city?", []],
  ])("%s", (prompt, expected) => {
    expect(chooseTools(prompt, offered).map(({ name, args }) => [name, args])).toEqual(expected);
  });

  it("calls several tools when several are asked for", () => {
    expect(
      chooseTools("Get the weather in Oslo and calculate 2+2", offered)
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(["calculator", "get_weather"]);
  });
});

describe("fillArguments", () => {
  it("takes numbers in order, booleans by name, quoted texts first, and the whole prompt last", () => {
    const schema = {
      properties: {
        a: { type: "number" },
        b: { type: "integer" },
        verbose: { type: "boolean" },
        note: { type: "string" },
        rest: { type: "string" },
      },
      required: ["a", "b", "rest"],
    };
    expect(fillArguments('add 1.5 to "my note" and 7 verbose', schema)).toEqual({
      a: 1.5,
      b: 7,
      verbose: true,
      note: "my note",
      rest: 'add 1.5 to "my note" and 7 verbose',
    });
    expect(fillArguments("hello", schema)).toEqual({ a: 0, b: 0, rest: "hello" });
  });

  it("recognizes a path", () => {
    const schema = {
      properties: { operation: { enum: ["read", "write"] }, path: { type: "string" } },
      required: ["operation", "path"],
    };
    expect(fillArguments("Please read the file notes/todo.txt", schema)).toEqual({
      operation: "read",
      path: "notes/todo.txt",
    });
  });
});

describe("minimalInstance", () => {
  it.each([
    [{ type: "string", maxLength: 5 }],
    [{ type: "string", minLength: 100 }],
    [{ type: "string", format: "date-time" }],
    [{ type: "integer", exclusiveMinimum: 3, maximum: 5 }],
    [{ type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 }],
    [{ type: "number", maximum: -2.5 }],
    [{ type: "integer", multipleOf: 7, minimum: 8 }],
    [{ type: ["null", "string"] }],
    [{ type: "array", items: { type: "integer" }, minItems: 3, uniqueItems: true }],
    [{ type: "array", prefixItems: [{ type: "string" }, { type: "boolean" }], minItems: 2 }],
    [{ enum: ["a", "b"] }],
    [{ const: { fixed: true } }],
    [{ anyOf: [{ type: "object", properties: { kind: { const: "a" } }, required: ["kind"] }, { type: "null" }] }],
    [
      {
        allOf: [
          { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
          { properties: { b: { type: "number" } }, required: ["b"] },
        ],
      },
    ],
    [
      {
        $defs: {
          node: {
            type: "object",
            properties: { name: { type: "string" }, next: { $ref: "#/$defs/node" } },
            required: ["name"],
          },
        },
        $ref: "#/$defs/node",
      },
    ],
    [
      {
        type: "object",
        properties: { list: { type: "array", items: { $ref: "#" } }, mail: { type: "string", format: "email" } },
        required: ["list", "mail"],
      },
    ],
  ])("matches %j", async (schema) => {
    expect(await validateJson(schema, minimalInstance(schema))).toEqual({ valid: true, errors: [] });
  });

  it("ends on a schema that never does", () => {
    const wide = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`p${index}`, { $ref: "#" }]));
    const text = JSON.stringify(minimalInstance({ type: "object", properties: wide, required: Object.keys(wide) }));
    expect(text.length).toBeLessThan(1_000_000);
  });
});
