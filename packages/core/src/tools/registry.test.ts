import { describe, expect, it } from "vitest";
import { createAgent } from "../agent/agent.js";
import { createModels } from "../models/models.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { executeTool } from "./execute.js";
import { createToolRegistry } from "./registry.js";
import { defineTool, type Tool } from "./tool.js";

const tool = (name: string, extra: Partial<Tool> = {}): Tool =>
  defineTool({ name, description: `Does ${name}`, parameters: {}, execute: () => name, ...extra });

describe("createToolRegistry", () => {
  it("TOOL-4: a name is taken once unless 'override' is given", () => {
    const registry = createToolRegistry([tool("a")]);
    expect(() => registry.add(tool("a"))).toThrow(expect.objectContaining({ code: "ALREADY_EXISTS" }));
    const second = registry.add(tool("a"), { override: true });
    expect(registry.list()).toEqual([second]);
  });

  const forecast = tool("forecast", {
    description: "The weather",
    parameters: {
      type: "object",
      properties: { city: { type: "string" }, days: { type: "integer", maximum: 7 }, key: { type: "string" } },
      required: ["city", "days", "key"],
    },
    timeoutMs: 1000,
    capabilities: ({ city }) => [{ capability: "net", scope: String(city) }],
    execute: (args) => args,
  });
  const run = async (given: Tool, args: object): Promise<unknown> =>
    await executeTool(given, args, { signal: new AbortController().signal, authorize: () => {} });

  it("TOOL-4: a tool behaves as it is configured, for models and for calls", async () => {
    const registry = createToolRegistry([forecast]);
    const settings = { description: "Weather of France", timeoutMs: 5000, defaults: { days: 3 }, fixed: { key: "k" } };
    registry.configure("forecast", settings);
    const { models, model } = scriptedModels({ toolCalls: [{ name: "forecast", args: { city: "Paris" } }] }, "done");
    const agent = createAgent({ name: "a", tools: ["forecast"] }, { models, tools: registry });
    const { toolCalls } = await agent.run("go");
    expect(model.requests[0]?.tools).toMatchObject([
      {
        description: "Weather of France",
        inputSchema: { properties: { city: {}, days: { default: 3 } }, required: ["city"] },
      },
    ]);
    expect(JSON.stringify(model.requests[0]?.tools)).not.toContain("key");
    expect(toolCalls[0]?.result).toEqual({ city: "Paris", days: 3, key: "k" });
    const configured = registry.get("forecast");
    // Never longer than the tool itself allows.
    expect(configured.timeoutMs).toBe(1000);
    expect(await run(configured, { city: "Nice", days: 5, key: "other" })).toEqual({ city: "Nice", days: 5, key: "k" });
    expect(configured.capabilities?.({ city: "Nice" })).toEqual([{ capability: "net", scope: "Nice" }]);
  });

  it("TOOL-4: settings are replaced and taken away; those that cannot be are told", async () => {
    const registry = createToolRegistry([forecast]);
    registry.configure("forecast", { fixed: { key: "k" } });
    registry.configure("forecast", { timeoutMs: 5 });
    expect(registry.get("forecast")).toMatchObject({ timeoutMs: 5, parameters: forecast.parameters });
    expect(registry.configure("forecast")).toBe(forecast);
    for (const [settings, reason] of [
      [{ defaults: { citi: 1 } }, "it has no argument 'citi', did you mean 'city'?"],
      [{ timeout_ms: 1 }, "there is no setting 'timeout_ms', did you mean 'timeoutMs'?"],
    ] as const)
      expect(() => registry.configure("forecast", settings as object)).toThrow(reason);
    expect(() => registry.configure("none", {})).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    const wrong = registry.configure("forecast", { defaults: { days: 30 }, fixed: { key: "k" } });
    await expect(run(wrong, { city: "Paris" })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      message: expect.stringContaining("as it is configured: days: must be <= 7"),
    });
  });

  it("TOOL-4: a disabled tool is invisible to agents until it is enabled", () => {
    const registry = createToolRegistry([tool("a"), tool("b")]);
    const agent = (): string[] =>
      createAgent({ name: "x", model: "offline:demo", tools: ["a"] }, { models: createModels(), tools: registry })
        .tools()
        .map(({ name }) => name);
    registry.disable("a");
    expect(agent).toThrow(expect.objectContaining({ code: "NOT_FOUND", details: { name: "a", known: ["b"] } }));
    expect([registry.has("a"), registry.list().length, registry.list({ disabled: true }).length]).toEqual([
      false,
      1,
      2,
    ]);
    registry.enable("a");
    expect(agent()).toEqual(["a"]);
    registry.disable("a");
    expect([registry.remove("a"), registry.remove("a")]).toEqual([true, false]);
    registry.add(tool("a"));
    expect(registry.has("a")).toBe(true);
    for (const change of [registry.enable, registry.disable])
      expect(() => change("c")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  });

  it("TOOL-4: finds by pattern, words, category, tags, features and powers", () => {
    const registry = createToolRegistry([
      tool("file_read", { category: "files", tags: ["io", "text"], permissions: ["file.read"] }),
      tool("file_write", { category: "files", tags: ["io"], permissions: ["file.read", "file.write"] }),
      tool("Ask", { description: "Asks an expert for TEXT", features: ["streaming"] }),
    ]);
    const names = (filter: Parameters<typeof registry.list>[0]): string[] =>
      registry.list(filter).map(({ name }) => name);
    expect(names({ search: "file_*" })).toEqual(["file_read", "file_write"]);
    expect(names({ search: "*_re*d" })).toEqual(["file_read"]);
    expect(names({ search: "*rea*rea*" })).toEqual([]);
    expect(names({ search: "file_read*read" })).toEqual([]);
    expect(names({ search: "text" })).toEqual(["file_read", "Ask"]);
    expect(names({ search: "expert text" })).toEqual(["Ask"]);
    expect(names({ category: "files", tags: ["io", "text"] })).toEqual(["file_read"]);
    expect(names({ features: ["streaming"] })).toEqual(["Ask"]);
    // What a tool does not declare is not known to be harmless.
    expect(names({ permissions: ["file.read"] })).toEqual(["file_read"]);
    // A pattern that would keep a backtracking matcher busy for ever.
    expect(names({ search: `${"*a".repeat(2000)}*b` })).toEqual([]);
  });
});
