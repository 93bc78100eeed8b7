import { describe, expect, it } from "vitest";
import { scriptedModels } from "../testing/scripted-models.js";
import { createToolRegistry } from "../tools/registry.js";
import { defineTool } from "../tools/tool.js";
import { createAgentTemplates, type AgentOverrides, type AgentTemplate } from "./templates.js";

const tool = (name: string) => defineTool({ name, description: "d", parameters: {}, execute: () => name });

const critic: AgentTemplate = {
  description: "Finds mistakes",
  systemPrompt: "Find mistakes.",
  temperature: 0.5,
  tools: ["search"],
  schema: { type: "object", properties: { ok: { type: "boolean" }, note: { const: null } }, required: ["ok"] },
};

describe("createAgentTemplates", () => {
  it("AGENT-14: makes an agent of a named template, with deep changes", async () => {
    const templates = createAgentTemplates({ critic });
    const { models, model } = scriptedModels('{"ok": true, "score": 1}', "plain");
    const tools = createToolRegistry([tool("search"), tool("math")]);
    const changes: AgentOverrides = {
      name: "strict critic",
      temperature: 0,
      tools: { append: ["math", tool("own")] },
      schema: { properties: { score: { type: "integer" } }, required: { append: ["score"] } },
    };
    const agent = templates.create("critic", changes, { models, tools });
    expect(agent.info()).toMatchObject({ name: "strict critic", description: "Finds mistakes" });
    expect((await agent.run("x")).object).toEqual({ ok: true, score: 1 });
    expect(model.requests[0]).toMatchObject({
      temperature: 0,
      prompt: [{ role: "system", content: "Find mistakes." }, { role: "user" }],
      tools: [{ name: "search" }, { name: "math" }, { name: "own" }],
    });
    expect(templates.describe("critic", changes).schema).toEqual({
      type: "object",
      properties: { ok: { type: "boolean" }, note: { const: null }, score: { type: "integer" } },
      required: ["ok", "score"],
    });
    // Null takes a field away and a list replaces.
    const bare = templates.create("critic", { schema: null, temperature: null, tools: [] }, { models });
    expect(bare.name).toBe("critic");
    expect((await bare.run("x")).content).toBe("plain");
    expect(model.requests[1]?.temperature).toBeUndefined();
    expect(model.requests[1]?.tools ?? []).toEqual([]);
  });

  it("FUT-4: lists and describes templates, and stays as it was whatever is done to what it was given", () => {
    const mine = structuredClone(critic) as { tools: string[]; schema: { required: string[] } };
    const templates = createAgentTemplates({ critic: mine as AgentTemplate });
    templates.register("plain", {});
    mine.tools.push("x");
    (templates.describe("critic").tools as string[]).push("y");
    mine.schema.required.length = 0;
    expect(templates.list()).toEqual([{ name: "critic", description: "Finds mistakes" }, { name: "plain" }]);
    expect(templates.describe("critic")).toEqual({ name: "critic", ...critic });
    expect(templates.describe("plain")).toEqual({ name: "plain" });
    templates.register("plain", { description: "d" }, { override: true });
    expect(templates.list()[1]).toEqual({ name: "plain", description: "d" });
    expect([templates.remove("plain"), templates.remove("plain")]).toEqual([true, false]);
  });

  it("AGENT-14: takes instances as they are, never their fields", () => {
    const own = tool("own");
    const templates = createAgentTemplates({ a: { tools: [own] } });
    expect(templates.describe("a").tools?.[0]).toBe(own);
    const hostile = JSON.parse('{"schema": {"__proto__": {"x": 1}}}') as AgentOverrides;
    expect(({} as { x?: unknown }).x).toBeUndefined();
    expect(Object.keys(templates.describe("a", hostile).schema ?? {})).toEqual(["__proto__"]);
  });

  it("AGENT-14: refuses what is wrong when it is registered or used, by name", () => {
    const templates = createAgentTemplates({ critic });
    expect(() => templates.register("bad", { temprature: 1 } as AgentTemplate)).toThrow(
      "template 'bad': an agent has no field 'temprature', did you mean 'temperature'?",
    );
    expect(() => templates.register("bad", 7 as never)).toThrow("template 'bad': an agent's configuration must be");
    expect(() => templates.register("critic", {})).toThrow("there already is a template named 'critic'");
    expect(() => templates.register(" ", {})).toThrow("a template of agents needs a name");
    expect(() => templates.describe("critik")).toThrow("no template of agents named 'critik', did you mean 'critic'?");
    expect(() => templates.describe("critic", { temperature: 9 })).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        details: { field: "temperature", template: "critic" },
      }),
    );
    expect(() => templates.describe("critic", [] as never)).toThrow("template 'critic':");
    expect(() => templates.create("critic", {}, scriptedModels())).toThrow(
      expect.objectContaining({ code: "NOT_FOUND" }),
    );
  });
});
