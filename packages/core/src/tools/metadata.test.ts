import { afterEach, describe, expect, it } from "vitest";
import { callModel } from "../models/call-model.js";
import { createModels } from "../models/models.js";
import { buildTool } from "./build-tool.js";
import { checkTool } from "./check-tool.js";
import { executeTool } from "./execute.js";
import { defineTool, toolInfo, type Tool, type ToolContext } from "./tool.js";
import { serve, type Loopback } from "../testing/loopback.js";

const context: ToolContext = { signal: new AbortController().signal };

const double: Tool = {
  name: "double",
  description: "Doubles a number",
  version: "1.2.3",
  category: "math",
  tags: ["number"],
  features: ["cancellable"],
  permissions: ["math.use"],
  timeoutMs: 1000,
  parameters: { type: "object", properties: { n: { type: "number" } }, required: ["n"] },
  output: { type: "number" },
  examples: [{ description: "four", args: { n: 2 }, result: 4 }],
  execute: ({ n }) => Number(n) * 2,
};

let server: Loopback | undefined;
afterEach(() => server?.[Symbol.asyncDispose]());

describe("metadata", () => {
  it("TOOL-1: what is told of a tool is what a model is sent", async () => {
    const { execute: _, ...data } = double;
    expect(toolInfo(defineTool(double))).toEqual(data);
    expect(JSON.parse(JSON.stringify(toolInfo(double)))).toEqual(data);
    const bodies: unknown[] = [];
    server = await serve(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += String(chunk);
      bodies.push(JSON.parse(text));
      response.writeHead(400).end();
    });
    const models = createModels({ config: { providers: { local: { baseURL: `${server.url}/v1`, apiKey: "none" } } } });
    const model = await models.load(models.resolve("local:m"));
    await callModel(
      model,
      { messages: [{ role: "user", content: "x" }], tools: [double] },
      { retry: { maxAttempts: 1 } },
    ).catch(() => {});
    expect(bodies.at(-1)).toMatchObject({
      tools: [
        {
          function: { name: data.name, description: data.description, parameters: data.parameters },
        },
      ],
    });
  });

  it.each([
    [{ version: "1" }, "'version'"],
    [{ tags: "a" }, "'tags'"],
    [{ permissions: [1] }, "'permissions'"],
    [{ features: {} }, "'features'"],
    [{ category: 1 }, "'category'"],
    [{ output: [] }, "'output'"],
    [{ examples: [{}] }, "'examples'"],
    [{ timeoutMs: 0 }, "'timeoutMs'"],
  ])("refuses %j", (wrong, field) => {
    expect(() => defineTool({ ...double, ...(wrong as object) })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(field) }),
    );
  });

  it("keeps the methods of a class", async () => {
    class Secret {
      name = "secret";
      description = "Needs a power";
      parameters = {};
      word = "s";
      capabilities(): { capability: string }[] {
        return [{ capability: this.word }];
      }
      execute(): string {
        return this.word;
      }
    }
    const asked: string[] = [];
    const authorize = ({ capability }: { capability: string }): void => void asked.push(capability);
    expect(await executeTool(defineTool(new Secret()), {}, { ...context, authorize })).toBe("s");
    expect(asked).toEqual(["s"]);
  });
});

describe("buildTool", () => {
  it("TOOL-3: gives the tool that the same fields at once give", () => {
    const { name, execute } = double;
    const built = buildTool(name)
      .description("Doubles a number")
      .version("1.2.3")
      .category("math")
      .tags(["number"])
      .features(["cancellable"])
      .permissions(["math.use"])
      .timeoutMs(1000)
      .parameters(double.parameters)
      .output({ type: "number" })
      .examples(double.examples ?? [])
      .execute(execute);
    expect(built).toEqual(defineTool(double));
    const base = buildTool("base").parameters({});
    expect([
      base.description("a").execute(execute).description,
      base.description("b").execute(execute).description,
    ]).toEqual(["a", "b"]);
    expect(() => buildTool("x").execute(execute)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});

describe("checkTool", () => {
  it("TOOL-6: refuses a bad schema at 'strict', tells it at 'lenient'", async () => {
    const bad = { ...double, parameters: { type: "object", properties: { n: { type: "nombre" } } } };
    await expect(checkTool(bad)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: { problems: [{ field: "parameters" }] },
    });
    expect(await checkTool(bad, { level: "lenient" })).toMatchObject([
      { field: "parameters", message: expect.stringContaining("cannot be used") },
    ]);
    expect(await checkTool(double)).toEqual([]);
    await expect(checkTool({ ...bad, name: "" }, { level: "lenient" })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("TOOL-6: tries the examples", async () => {
    const { version: _, ...plain } = double;
    const odd: Tool = {
      ...plain,
      output: { type: "nombre" },
      examples: [{ args: { n: "2" } }, { args: { n: 1 } }],
      capabilities: () => [{ capability: "other" }],
    };
    expect((await checkTool(odd, { level: "lenient" })).map(({ field, message }) => `${field} ${message}`)).toEqual([
      "version there is no version",
      expect.stringContaining("output the JSON Schema"),
      "examples example 1: the arguments are invalid: n: must be number",
      "permissions example 2 needs 'other', which is not declared",
    ]);
    const wrong = {
      ...double,
      examples: [
        { args: { n: 1 }, result: 3 },
        { args: { n: 2 }, result: 4 },
      ],
    };
    expect(await checkTool(wrong, { level: "lenient", run: context })).toEqual([
      { field: "examples", message: "example 1: the result is another one" },
    ]);
    const failing = { ...double, execute: () => "four" };
    expect(await checkTool(failing, { level: "lenient", run: context })).toMatchObject([
      { message: expect.stringContaining("returned what it must not") },
    ]);
  });
});
