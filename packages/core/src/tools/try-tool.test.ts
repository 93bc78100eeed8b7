import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { pipelineTool } from "./compose.js";
import { mcpDefinition, toolMarkdown } from "./tool-text.js";
import { defineTool } from "./tool.js";
import { benchmarkTool, testTool } from "./try-tool.js";

const half = defineTool({
  name: "half",
  description: "Halves",
  parameters: { type: "object", properties: { n: { type: "number" } }, required: ["n"] },
  examples: [{ description: "Of ten", args: { n: 10 }, result: 5 }, { args: { n: 1 } }],
  output: { type: "number" },
  execute({ n }) {
    if (n === 0) throw new Error("nothing to halve");
    return Number(n) / 2;
  },
});
const context = { signal: new AbortController().signal };

describe("testTool", () => {
  it("takes any result without an expectation, and knows errors by code and by words", async () => {
    const results = await testTool(
      half,
      [
        { args: { n: 4 } },
        { args: { n: 4 }, expect: 2 },
        { args: { n: 4 }, expect: 3 },
        { args: { n: 4 }, error: "nothing" },
        { args: { n: 0 } },
        { args: { n: 0 }, error: "to halve" },
        { args: {}, error: "VALIDATION_FAILED" },
      ],
      context,
    );
    expect(results.map(({ passed }) => passed)).toEqual([true, true, false, false, false, true, true]);
    expect(results[4]?.error?.code).toBe("TOOL_FAILED");
  });

  it("ends when nobody waits any more", async () => {
    const reason = new SpellError("CANCELLED", "enough");
    await expect(testTool(half, [{ args: { n: 1 } }], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe("benchmarkTool", () => {
  it("calls as often as it is told, and raises what the tool does", async () => {
    let calls = 0;
    const counting = defineTool({ ...half, execute: () => ++calls });
    const times = await benchmarkTool(counting, { n: 1 }, context, { iterations: 7, warmup: 2 });
    expect(calls).toBe(9);
    expect(times.iterations).toBe(7);
    expect(times.p50).toBeLessThanOrEqual(times.p95);
    expect(times.p95).toBeLessThanOrEqual(times.p99);
    await expect(benchmarkTool(half, { n: 0 }, context)).rejects.toMatchObject({ code: "TOOL_FAILED" });
    for (const options of [{ iterations: 0 }, { iterations: 1e9 }, { warmup: -1 }])
      await expect(benchmarkTool(half, { n: 1 }, context, options)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("a tool in words", () => {
  it("is a page, and what MCP says of it", () => {
    expect(toolMarkdown(half)).toBe(
      '# half\n\nHalves\n\n## Parameters\n\n- `n` (number, required)\n\n## Result\n\n```json\n{\n  "type": "number"\n}\n```\n\n' +
        '## Examples\n\nOf ten\n\n```json\n{\n  "args": {\n    "n": 10\n  },\n  "result": 5\n}\n```\n\n```json\n{\n  "args": {\n    "n": 1\n  }\n}\n```',
    );
    expect(mcpDefinition(half)).toEqual({
      name: "half",
      description: "Halves",
      inputSchema: half.parameters,
      outputSchema: { type: "number" },
    });
  });
});

describe("a pipeline", () => {
  it("tells what each stage gave", async () => {
    const said: unknown[] = [];
    const twice = pipelineTool({
      name: "quarter",
      description: "Quarters",
      parameters: half.parameters,
      stages: [{ tool: half }, { tool: half, args: (previous) => ({ n: previous }) }],
      onStage: ({ name }, result) => void said.push([name, result]),
    });
    expect(await twice.execute({ n: 8 }, context)).toBe(2);
    expect(said).toEqual([
      ["half", 4],
      ["half", 2],
    ]);
  });
});
