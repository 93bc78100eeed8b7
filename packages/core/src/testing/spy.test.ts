import { describe, expect, it } from "vitest";
import { createAgent } from "../agent/agent.js";
import { createScriptedModel } from "../models/scripted.js";
import { createScriptedTool, spy } from "./spy.js";
import { scriptedModels } from "./scripted-models.js";

describe("spies and scripted parts", () => {
  it("TK-2: a spy records calls, results and errors, and changes nothing", async () => {
    const divide = spy((a: number, b: number) => {
      if (b === 0) throw new RangeError("by zero");
      return a / b;
    });
    expect(divide(6, 3)).toBe(2);
    expect(() => divide(1, 0)).toThrow(RangeError);
    expect(divide.calls).toMatchObject([
      { args: [6, 3], result: 2 },
      { args: [1, 0], error: { message: "by zero" } },
    ]);
    const slow = spy(async (fail: boolean) => {
      if (fail) throw new Error("no");
      return "yes";
    });
    expect(await slow(false)).toBe("yes");
    await expect(slow(true)).rejects.toThrow("no");
    expect(slow.calls).toMatchObject([{ result: "yes" }, { error: { message: "no" } }]);
  });

  it("TK-2: what a caller changes later is not recorded", () => {
    const note = spy((list: number[], done: () => void) => [list, done].length);
    const plain = spy((list: number[]) => list.length);
    const list = [1];
    note(list, () => {});
    plain(list);
    list.push(2);
    expect(plain.calls[0]?.args).toEqual([[1]]);
    // With a function in it nothing can be copied in depth.
    expect(note.calls[0]?.args[0]).toBe(list);
  });

  it("TK-2: a scripted tool plays its steps and records its calls", async () => {
    const tool = createScriptedTool({ name: "dice" }, [
      { result: [6] },
      { error: new Error("lost") },
      ({ n }) => Number(n) * 2,
    ]);
    const call = (n: number) => ({ toolCalls: [{ name: "dice", args: { n } }] });
    const { models, model } = scriptedModels(call(1), call(2), call(3), call(4), "done");
    const { toolCalls } = await createAgent({ name: "a", tools: [tool] }, { models }).run("roll");
    expect(toolCalls.map(({ result, error }) => result ?? error)).toEqual([
      [6],
      { code: "TOOL_FAILED", message: "tool 'dice' failed: lost" },
      6,
      { code: "INVALID_STATE", message: "the scripted tool 'dice' has 3 steps and was called 4 times" },
    ]);
    expect(tool.calls.map(({ args: [args] }) => args["n"])).toEqual([1, 2, 3, 4]);
    expect(model.requests).toHaveLength(5);
  });

  it("TK-2: a tool can do the same at each call", async () => {
    const tool = createScriptedTool({ name: "echo" }, { every: { result: { list: [] } } });
    const context = { signal: new AbortController().signal };
    const first = (await tool.execute({}, context)) as { list: number[] };
    first.list.push(1);
    expect(await tool.execute({}, context)).toEqual({ list: [] });
  });

  it("TK-2: a scripted model answers in turn, fails as it is told, and ends", async () => {
    const model = createScriptedModel(["one", { error: new Error("down") }]);
    const ask = async () => await model.doGenerate({ prompt: [] });
    expect((await ask()).content).toEqual([{ type: "text", text: "one" }]);
    await expect(ask()).rejects.toThrow("down");
    await expect(ask()).rejects.toMatchObject({ code: "INVALID_STATE" });
    expect(model.requests).toHaveLength(3);
  });
});
