import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { executeTool } from "./execute.js";
import { createToolRegistry } from "./registry.js";
import { defineTool, type CapabilityRequest, type Tool, type ToolContext } from "./tool.js";

const context: ToolContext = { signal: new AbortController().signal };

function tool(execute: Tool["execute"], extra: Partial<Tool> = {}): Tool {
  return defineTool({
    name: "t",
    description: "A tool",
    parameters: { type: "object", properties: { n: { type: "number" } } },
    execute,
    ...extra,
  });
}

describe("defineTool", () => {
  it.each([
    [{ name: "a b" }, "'name'"],
    [{ name: "" }, "'name'"],
    [{ description: " " }, "'description'"],
    [{ parameters: { type: "array" } }, "'parameters'"],
    [{ parameters: null }, "'parameters'"],
    [{ execute: "x" }, "'execute'"],
    [{ capabilities: [] }, "'capabilities'"],
  ])("refuses %j", (extra, field) => {
    const wrong = { code: "INVALID_ARGUMENT", message: expect.stringContaining(field) };
    expect(() => tool(() => 1, extra as never)).toThrow(expect.objectContaining(wrong));
  });

  it("supplies the type of the parameters", () => {
    expect(tool(() => 1, { parameters: {} }).parameters).toEqual({ type: "object" });
  });
});

describe("createToolRegistry", () => {
  it("adds, finds, lists, replaces and removes", () => {
    const first = tool(() => 1);
    const registry = createToolRegistry([first]);
    expect(registry.get("t")).toBe(first);
    expect(() => registry.add(tool(() => 2))).toThrow(expect.objectContaining({ code: "ALREADY_EXISTS" }));
    const second = registry.add(
      tool(() => 2),
      { override: true },
    );
    expect(registry.list()).toEqual([second]);
    expect([registry.has("t"), registry.remove("t"), registry.remove("t"), registry.has("t")]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("suggests a name", () => {
    const registry = createToolRegistry([tool(() => 1, { name: "get_weather" })]);
    expect(() => registry.get("getWether")).toThrow(
      expect.objectContaining({ code: "NOT_FOUND", message: expect.stringContaining("did you mean 'get_weather'") }),
    );
  });
});

describe("executeTool", () => {
  it("gives a tool its arguments and returns what it returns", async () => {
    expect(
      await executeTool(
        tool(async ({ n }) => Number(n) + 1),
        { n: 1 },
        context,
      ),
    ).toBe(2);
  });

  it("checks the arguments before anything else", async () => {
    let ran = false;
    const strict = tool(() => (ran = true), { capabilities: () => [{ capability: "never" }] });
    const denied = { ...context, authorize: () => Promise.reject(new Error("asked too early")) };
    await expect(executeTool(strict, { n: "x" }, denied)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      message: "invalid arguments for tool 't': n: must be number",
      details: { errors: [{ path: "n" }] },
    });
    await expect(executeTool(strict, [], denied)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(ran).toBe(false);
  });

  it("refuses a tool whose schema is invalid", async () => {
    await expect(
      executeTool(
        tool(() => 1, { parameters: { type: "object", properties: { a: { type: "txt" } } } }),
        {},
        context,
      ),
    ).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("asks for every power, in order, and stops at the first denial", async () => {
    const asked: CapabilityRequest[] = [];
    let ran = false;
    const powerful = tool(() => (ran = true), {
      capabilities: ({ n }) => [{ capability: "net", scope: String(n) }, { capability: "fs" }, { capability: "exec" }],
    });
    const authorize = async (request: CapabilityRequest): Promise<void> => {
      asked.push(request);
      if (request.capability === "fs") throw new SpellError("PERMISSION_DENIED", "no files");
    };
    await expect(executeTool(powerful, { n: 4 }, { ...context, authorize })).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
    });
    expect(asked).toEqual([{ capability: "net", scope: "4" }, { capability: "fs" }]);
    expect(ran).toBe(false);
  });

  it("wraps what a tool throws, but keeps a SpellError", async () => {
    const cause = new Error("boom");
    const broken = tool(() => {
      throw cause;
    });
    await expect(executeTool(broken, {}, context)).rejects.toMatchObject({
      code: "TOOL_FAILED",
      message: "tool 't' failed: boom",
      cause,
    });
    const mute = tool(() => {
      throw Object.create(null);
    });
    await expect(executeTool(mute, {}, context)).rejects.toMatchObject({ code: "TOOL_FAILED" });
    await expect(
      executeTool(
        tool(() => Promise.reject(new SpellError("NOT_FOUND", "gone"))),
        {},
        context,
      ),
    ).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("ends a tool that ignores its signal after the timeout", async () => {
    let signal: AbortSignal | undefined;
    const endless = tool((_args, given) => {
      signal = given.signal;
      return new Promise(() => {});
    });
    await expect(executeTool(endless, {}, context, { timeoutMs: 5 })).rejects.toMatchObject({
      code: "TIMEOUT",
      message: "tool 't' did not finish within 5 ms",
    });
    expect(signal?.aborted).toBe(true);
  });

  it("is cancelled by its signal, before and while it runs", async () => {
    const controller = new AbortController();
    const endless = tool(() => {
      controller.abort();
      return new Promise(() => {});
    });
    await expect(executeTool(endless, {}, { signal: controller.signal })).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(
      executeTool(
        tool(() => 1),
        {},
        { signal: controller.signal },
      ),
    ).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
