import { describe, expect, it } from "vitest";
import { createAgent, createConversation, defineTool } from "../index.js";
import { scriptedModels } from "../testing/scripted-models.js";

const weather = defineTool({ name: "weather", description: "Weather", parameters: {}, execute: () => "rain" });

describe("createConversation", () => {
  it("remembers what was said, with an agent and its tools", async () => {
    const { models, model } = scriptedModels({ toolCalls: [{ name: "weather" }] }, "It rains.", "As I said.");
    const talk = createConversation(createAgent({ name: "a", tools: [weather] }, { models }), {
      systemPrompt: "Be brief.",
    });
    await talk.send("How is it?");
    expect((await talk.send("Again?")).content).toBe("As I said.");
    expect(talk.history().map(({ role }) => role)).toEqual([
      "system",
      "user",
      "assistant",
      "tool",
      "assistant",
      "user",
      "assistant",
    ]);
    expect(model.requests[2]?.prompt).toHaveLength(6);
  });

  it("talks to a bare model, streamed", async () => {
    const { models } = scriptedModels("one two", "three");
    const talk = createConversation({ models });
    const heard: string[] = [];
    await talk.send("x", { onEvent: (event) => event.type === "model.text" && heard.push(event.payload.text) });
    expect(heard).toEqual(["one ", "two"]);
    talk.add({ role: "user", content: "By the way" });
    await talk.send("y");
    expect(talk.history().map(({ content }) => content)).toEqual(["x", "one two", "By the way", "y", "three"]);
    talk.clear();
    expect(talk.history()).toEqual([]);
  });

  it("keeps its history when a send fails", async () => {
    const { models } = scriptedModels("hi", { error: new Error("broken") }, "again");
    const talk = createConversation({ models });
    await talk.send("one");
    await expect(talk.send("two")).rejects.toMatchObject({ code: "PROVIDER_SERVER" });
    expect(talk.history()).toHaveLength(2);
    await talk.send("three");
    expect(talk.history()).toHaveLength(4);
  });

  it("sends one at a time", async () => {
    const talk = createConversation({ models: scriptedModels("hi").models });
    const first = talk.send("one");
    await expect(talk.send("two")).rejects.toMatchObject({ code: "INVALID_STATE" });
    expect(() => talk.clear()).toThrow(expect.objectContaining({ code: "INVALID_STATE" }));
    expect((await first).content).toBe("hi");
  });

  it("forgets whole turns, never the system prompt", async () => {
    const { models } = scriptedModels({ toolCalls: [{ name: "weather" }] }, "It rains.", "two", "three");
    const talk = createConversation(createAgent({ name: "a", tools: [weather] }, { models }), {
      systemPrompt: "Be brief.",
      maxMessages: 4,
    });
    await talk.send("one");
    await talk.send("two?");
    expect(talk.history().map(({ role }) => role)).toEqual(["system", "user", "assistant"]);
    await talk.send("three?");
    expect(talk.history().map(({ content }) => content)).toEqual(["Be brief.", "two?", "two", "three?", "three"]);
  });

  it("hands out copies", async () => {
    const talk = createConversation({ models: scriptedModels("hi").models });
    await talk.send("one");
    talk.history().length = 0;
    Object.assign(talk.history()[0] ?? {}, { content: "changed" });
    expect(talk.history()[0]?.content).toBe("one");
  });
});
