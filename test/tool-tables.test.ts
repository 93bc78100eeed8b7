import {
  createDataTool,
  createFeedTool,
  createFileTool,
  createHttpTool,
  createMathTool,
  createProcessTool,
  createSystemTool,
  executeTool,
  validateJson,
  type Tool,
} from "@llmspell/core";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";

const root = tmpdir();
const { signal } = new AbortController();
/** Nothing may be asked for before the arguments are right. */
const authorize = (): never => {
  throw new Error("asked for a power");
};

/** Each built-in tool, with arguments that it must refuse and ones that fit. */
const TOOLS: readonly [name: string, tool: Tool, bad: object[], good: object][] = [
  [
    "math",
    createMathTool(),
    [{}, { operation: "add", a: "1", b: 2 }, { operation: "none", a: 1 }],
    { operation: "add", a: 1, b: 2 },
  ],
  [
    "data",
    createDataTool(),
    [{}, { operation: "parse", content: 5 }, { operation: "none" }],
    { operation: "parse", content: "1", format: "json" },
  ],
  [
    "file",
    createFileTool({ root }),
    [{}, { operation: "read" }, { operation: "read", path: 5 }],
    { operation: "exists", path: "none" },
  ],
  ["http", createHttpTool(), [{}, { url: 5 }, { url: "http://a", method: "STEAL" }], { url: "https://example.org" }],
  [
    "process",
    createProcessTool({ root, commands: ["true"] }),
    [{}, { operation: "execute", command: 5 }, { operation: "none" }],
    { operation: "execute", command: "true" },
  ],
  ["system", createSystemTool(), [{ operation: "none" }, { operation: 5 }], { operation: "os" }],
  [
    "feed",
    createFeedTool(),
    [{}, { operation: "none" }, { operation: "parse", content: 5 }],
    { operation: "parse", content: "<rss/>" },
  ],
];

describe("arguments of the built-in tools", () => {
  it.each(TOOLS)("TOOL-20: %s refuses what does not fit before anything else, naming it", async (_, tool, bad) => {
    for (const args of bad)
      await expect(executeTool(tool, args, { signal, authorize })).rejects.toMatchObject({
        code: "VALIDATION_FAILED",
        message: expect.stringContaining(`invalid arguments for tool '${tool.name}'`),
      });
  });

  it.each(TOOLS)("TOOL-20: %s takes what fits", async (_, tool, __, good) => {
    expect(await validateJson(tool.parameters, good)).toEqual({ valid: true, errors: [] });
  });

  it("TOOL-20: calls of tools are measured", async () => {
    const bench = new URL("../bench/tools.js", import.meta.url).href;
    const { measureTools } = (await import(bench)) as {
      measureTools(options: object): Promise<Record<string, [ours: number, bare: number]>>;
    };
    const measured = Object.entries(await measureTools({ count: 2, rounds: 1 }));
    expect(measured.map(([what]) => what)).toEqual(expect.arrayContaining(["math: a product", "file: 1 KB read"]));
    expect(measured.flatMap(([, times]) => times).every((micros) => micros > 0)).toBe(true);
  });
});
