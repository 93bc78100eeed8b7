import { describe, expect, it } from "vitest";
import type { Hook } from "../hooks/hook.js";
import { createMemory } from "../memory/memory.js";
import { messageText, type Message } from "../messages.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { createAgent } from "./agent.js";

const before = (run: (messages: readonly Message[]) => Message[]): Hook => ({
  name: "changes",
  point: "agent.before",
  run: ({ data }) => ({ data: { ...data, messages: run(data.messages) } }),
});

describe("hooks that put other messages in the place of the conversation", () => {
  it.each<[string, Hook, string[]]>([
    [
      "add one in front",
      before((given) => [{ role: "user", content: "by the way" }, ...given]),
      ["one", "1", "two", "2"],
    ],
    ["leave out the history", before((given) => given.slice(-1)), ["two", "2"]],
    ["replace all", before(() => [{ role: "user", content: "other" }]), ["other", "2"]],
  ])("%s: the memory has a conversation that can go on", async (_, hook, expected) => {
    const memory = createMemory();
    const { models } = scriptedModels("1", "2", "3");
    const agent = createAgent({ name: "a", memory }, { models });
    await agent.run("one");
    agent.configure({ hooks: [hook] });
    await agent.run("two");
    expect(memory.messages().map(messageText)).toEqual(expected);
    agent.configure({ hooks: [] });
    await agent.run("three");
    expect(memory.messages().at(-1)?.content).toBe("3");
  });

  it("end a run with an answer of their own, which is counted and remembered", async () => {
    const memory = createMemory();
    const { models, model } = scriptedModels();
    const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
    const cached: Hook = {
      name: "cached",
      point: "agent.before",
      run: ({ data }) => ({
        stop: true,
        result: {
          status: "completed",
          content: "known",
          usage,
          toolCalls: [],
          finishReason: "stop",
          steps: 0,
          messages: [...data.messages, { role: "assistant", content: "known" }],
        },
      }),
    };
    const agent = createAgent({ name: "a", memory, hooks: [cached] }, { models });
    expect((await agent.run("go")).content).toBe("known");
    expect(memory.messages().map(messageText)).toEqual(["go", "known"]);
    expect([model.requests.length, agent.metrics().runs]).toEqual([0, 1]);
  });
});
