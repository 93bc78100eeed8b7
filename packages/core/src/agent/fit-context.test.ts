import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { createContext } from "../context.js";
import { createEmitter } from "../events/emitter.js";
import type { SpellEvent } from "../events/event.js";
import { createMemory } from "../memory/memory.js";
import type { Message } from "../messages.js";
import type { ScriptedStep } from "../models/scripted.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { defineTool } from "../tools/tool.js";
import { createAgent } from "./agent.js";
import { fitContext, type FitOptions } from "./fit-context.js";

// Four for each message, and one for each word.
const countTokens = (text: string): number => text.split(" ").length;
const words = (count: number, word: string): string => Array.from({ length: count }, () => word).join(" ");
const HISTORY: Message[] = [
  { role: "system", content: "rules" },
  { role: "user", content: words(20, "old") },
  { role: "assistant", content: words(20, "older") },
  { role: "user", content: words(20, "middle") },
  { role: "assistant", content: words(20, "answer") },
];

function run(
  fit: FitOptions,
  steps: ScriptedStep[],
): Promise<{ sent: string[]; events: SpellEvent[]; messages: number }> {
  const { models, model } = scriptedModels(...steps);
  const events = createEmitter();
  const seen: SpellEvent[] = [];
  events.on("agent.context.fitted", (event) => void seen.push(event));
  const agent = createAgent(
    { name: "a", fit: { countTokens, ...fit } },
    { models, context: createContext({ events }) },
  );
  return agent.run("latest question", { messages: HISTORY }).then(({ messages }) => ({
    sent: model.requests.map(({ prompt }) => JSON.stringify(prompt)),
    events: seen,
    messages: messages.length,
  }));
}

describe("fitContext", () => {
  it("sends everything while it fits", async () => {
    const { sent, events } = await run({ maxTokens: 1000 }, ["ok"]);
    expect(sent[0]).toContain("old");
    expect(events).toEqual([]);
  });

  it("leaves out the oldest turns; the transcript stays whole", async () => {
    const { sent, events, messages } = await run({ maxTokens: 70 }, ["ok"]);
    expect(sent[0]).not.toContain("old");
    for (const kept of ["rules", "middle", "latest question"]) expect(sent[0]).toContain(kept);
    expect(events.map(({ payload }) => payload)).toEqual([
      { step: 1, tokensBefore: 107, tokensAfter: 59, left: 2, summarized: false },
    ]);
    expect(messages).toBe(7);
  });

  it("keeps instructions and the latest turn even where they are too much", async () => {
    const { sent } = await run({ maxTokens: 1 }, ["ok"]);
    expect(sent[0]).toContain("rules");
    expect(sent[0]).toContain("latest question");
    expect(sent[0]).not.toContain("middle");
  });

  it("lets the model summarize, once for what is old", async () => {
    const { sent, events } = await run({ maxTokens: 80, by: "summarize", keepTurns: 1 }, ["they talked", "ok"]);
    expect(sent[0]).toContain("condense conversations");
    expect(sent[0]).toContain("middle");
    expect(sent[1]).toContain("Summary of the conversation so far:\\nthey talked");
    expect(sent[1]).not.toContain("middle");
    expect(events[0]?.payload).toMatchObject({ summarized: true, left: 4 });
  });

  it("makes a summary once for all runs of a conversation, and another for another one", async () => {
    const { models, model } = scriptedModels("they talked", "one", "two", "others talked", "three");
    const memory = createMemory();
    memory.add(...HISTORY.slice(1));
    const fit = { maxTokens: 80, by: "summarize" as const, keepTurns: 1, countTokens };
    const agent = createAgent({ name: "a", memory, fit }, { models });
    await agent.run("first question");
    await agent.run("second question");
    const sent = model.requests.map(({ prompt }) => JSON.stringify(prompt));
    expect(sent.map((text) => text.includes("condense conversations"))).toEqual([true, false, false]);
    expect(sent[2]).toContain("they talked");
    expect(sent[2]).toContain("first question");
    const other = [{ ...HISTORY[1], content: words(20, "new") } as Message, ...HISTORY.slice(2)];
    await agent.run("third question", { messages: other });
    const latest = model.requests.slice(3).map(({ prompt }) => JSON.stringify(prompt));
    expect(latest[0]).toContain("condense conversations");
    expect(latest[1]).toContain("others talked");
  });

  it("goes on from a summary that is known", async () => {
    const ask = (): Promise<string> => expect.unreachable();
    const known = { count: 2, message: { role: "user" as const, content: "before: things" } };
    const { messages, condensed } = await fitContext(
      HISTORY,
      { maxTokens: 60, by: "summarize", countTokens },
      ask,
      known,
    );
    expect(condensed).toBe(known);
    expect(messages.map(({ content }) => String(content).split(" ")[0])).toEqual([
      "rules",
      "before:",
      "middle",
      "answer",
    ]);
  });

  it("leaves out results of earlier steps when one turn is too long", async () => {
    const { models, model } = scriptedModels(
      { toolCalls: [{ name: "read", args: {} }] },
      { toolCalls: [{ name: "read", args: {} }] },
      "done",
    );
    let reads = 0;
    const read = defineTool({
      name: "read",
      description: "Reads",
      parameters: {},
      execute: () => words(50, `text${++reads}`),
    });
    const agent = createAgent({ name: "a", tools: [read], fit: { maxTokens: 100, countTokens } }, { models });
    const { messages } = await agent.run("go");
    const last = JSON.stringify(model.requests[2]?.prompt);
    expect(last).toContain("this result of 299 characters is left out");
    expect(last).not.toContain("text1");
    expect(last).toContain("text2");
    expect(JSON.stringify(messages)).toContain("text1");
  });

  it("sends less once when the provider says that it is too much", async () => {
    const full = { error: new SpellError("PROVIDER_CONTEXT_LENGTH", "too long") };
    const { sent, events } = await run({ maxTokens: 110 }, [full, "ok"]);
    expect(sent[0]).toContain("old");
    expect(sent[1]).not.toContain("old");
    expect(events).toHaveLength(1);
    await expect(run({ maxTokens: 110 }, [full, full])).rejects.toMatchObject({ code: "PROVIDER_CONTEXT_LENGTH" });
  });

  it("learns from a refusal how much is too much, for the rest of the run", async () => {
    const full = { error: new SpellError("PROVIDER_CONTEXT_LENGTH", "too long") };
    const look = defineTool({ name: "look", description: "L", parameters: { type: "object" }, execute: () => "seen" });
    const { models, model } = scriptedModels(full, { toolCalls: [{ name: "look" }] }, "ok");
    const fit = { maxTokens: 1_000_000, countTokens };
    const agent = createAgent({ name: "a", fit, tools: [look] }, { models });
    expect((await agent.run("latest question", { messages: HISTORY })).content).toBe("ok");
    const sent = model.requests.map(({ prompt }) => JSON.stringify(prompt).includes("older"));
    expect(sent).toEqual([true, false, false]);
  });

  it("counts with a tokenizer by default", async () => {
    const { sent } = await run({ maxTokens: 60 }, ["ok"]);
    expect(sent[0]).not.toContain("older");
  });
});
