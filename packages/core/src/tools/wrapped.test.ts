import { describe, expect, it } from "vitest";
import { createAgent } from "../agent/agent.js";
import { createModels } from "../models/models.js";
import { executeTool } from "./execute.js";
import { startTool } from "./start-tool.js";
import type { ToolContext } from "./tool.js";
import { agentTool, workflowTool } from "./wrapped.js";

const context: ToolContext = { signal: new AbortController().signal };

describe("agentTool", () => {
  it("TOOL-17: an agent answers as a tool, word by word before its end", async () => {
    const agent = createAgent({ name: "word smith", model: "offline:demo" }, { models: createModels() });
    const tool = agentTool(agent);
    expect([tool.name, tool.description]).toEqual(["word_smith", "Asks the agent 'word smith'"]);
    const run = startTool(tool, { task: "Say a few words" }, context);
    const parts: unknown[] = [];
    for await (const { partial } of run.updates()) parts.push([partial, run.status]);
    const answer = String(await run.result);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts[0]).toEqual([expect.any(String), "running"]);
    expect(parts.map((part) => (part as string[])[0]).join("")).toBe(answer);
    expect(await executeTool(tool, { task: "Say a few words" }, context)).toBe(answer);
    await expect(executeTool(tool, { task: "" }, context)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("TOOL-17: gives an object when a schema says which, and ends with its timeout", async () => {
    const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
    const agent = createAgent({ name: "a", model: "offline:demo" }, { models: createModels() });
    const result = await executeTool(agentTool(agent, { output: schema, name: "asks" }), { task: "A number" }, context);
    expect(result).toEqual({ n: expect.any(Number) });
    const stuck = agentTool({ info: () => agent.info(), run: () => new Promise(() => {}) }, { timeoutMs: 5 });
    await expect(executeTool(stuck, { task: "x" }, context)).rejects.toMatchObject({ code: "TIMEOUT" });
  });
});

describe("workflowTool", () => {
  it("TOOL-17: a workflow runs as a tool and reports each step", async () => {
    const tool = workflowTool(
      {
        name: "count up",
        pattern: "sequential",
        steps: [{ id: "one", run: (n) => Number(n) + 1 }, { run: (n) => Number(n) + 1 }],
      },
      { input: { type: "number" }, description: "Adds two" },
    );
    const run = startTool(tool, { input: 1 }, context);
    const news: unknown[] = [];
    for await (const progress of run.updates()) news.push(progress);
    expect(news).toEqual([
      { message: "one", fraction: 0.5, partial: 2 },
      { message: "step-2", fraction: 1, partial: 3 },
    ]);
    expect(await run.result).toBe(3);
    await expect(executeTool(tool, { input: "x" }, context)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("TOOL-17: a failed step is a failed call", async () => {
    const failing = workflowTool({ pattern: "sequential", steps: [{ run: () => Promise.reject(new Error("boom")) }] });
    await expect(executeTool(failing, {}, context)).rejects.toMatchObject({ message: expect.stringContaining("boom") });
  });
});
