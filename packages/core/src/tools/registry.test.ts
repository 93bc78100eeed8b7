import { describe, expect, it } from "vitest";
import { createAgent } from "../agent/agent.js";
import { createModels } from "../models/models.js";
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
