import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Message } from "../messages.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { createMemory, type Memory } from "./memory.js";
import { summarizeMemory } from "./summarize.js";
import { estimateTokens, loadExactCounter, loadTokenCounter, messageTokens } from "./tokens.js";

const system = (content: string): Message => ({ role: "system", content });
const user = (content: string): Message => ({ role: "user", content });
const assistant = (content: string): Message => ({ role: "assistant", content });
const toolTurn: Message[] = [
  user("weather?"),
  { role: "assistant", content: "", toolCalls: [{ id: "c1", name: "weather", args: { city: "Paris" } }] },
  { role: "tool", toolCallId: "c1", name: "weather", content: "rain" },
  assistant("It rains."),
];
const texts = (messages: readonly Message[]): unknown[] => messages.map(({ content }) => content);
const words = (text: string): number => text.split(" ").length;

function filled(...messages: Message[]): Memory {
  const memory = createMemory();
  memory.add(...messages);
  return memory;
}

describe("a memory", () => {
  it("MEM-1: at its limit the oldest message goes, never a system message", () => {
    const memory = createMemory({ maxMessages: 3 });
    memory.add(system("rules"));
    for (const text of ["1", "2", "3", "4", "5"]) memory.add(user(text));
    expect(texts(memory.messages())).toEqual(["rules", "3", "4", "5"]);
  });

  it("MEM-1: whole turns go, so that no result of a tool loses its call", () => {
    const memory = createMemory({ maxMessages: 5 });
    memory.add(...toolTurn, user("and now?"));
    expect(memory.messages()).toHaveLength(5);
    memory.add(assistant("Still."));
    expect(texts(memory.messages())).toEqual(["and now?", "Still."]);
  });

  it("MEM-1: is bounded by tokens as well; the latest turn stays in any case", () => {
    const memory = createMemory({ maxTokens: 20, countTokens: words });
    memory.add(system("a b"), user("one two"), assistant("three"), user("four five"));
    expect(texts(memory.messages())).toEqual(["a b", "four five"]);
    memory.add(assistant("six ".repeat(50)));
    expect(texts(memory.messages())[1]).toBe("four five");
  });

  it("MEM-2: what is selected never has more tokens than the window", async () => {
    const count = await loadTokenCounter();
    const message = fc.record({
      role: fc.constantFrom("user" as const, "assistant" as const, "system" as const),
      content: fc.lorem({ maxCount: 30 }),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 20 }), fc.integer({ min: 1, max: 400 }), (messages, maxTokens) => {
        const memory = createMemory({ countTokens: count });
        memory.add(...messages);
        const selected = memory.window({ maxTokens });
        const tokens = (all: readonly Message[]): number =>
          all.reduce((sum, each) => sum + messageTokens(each, count), 0);
        const systems = messages.filter(({ role }) => role === "system");
        expect(tokens(selected)).toBeLessThanOrEqual(Math.max(maxTokens, tokens(systems)));
        const rest = selected.filter(({ role }) => role !== "system");
        const all = messages.filter(({ role }) => role !== "system");
        expect(rest).toEqual(all.slice(all.length - rest.length));
        expect(rest[0]?.role ?? "user").toBe("user");
      }),
      { numRuns: 50 },
    );
    const memory = filled(...toolTurn);
    expect(memory.window({ maxMessages: 3 })).toEqual([]);
    expect(memory.window({ maxMessages: 4 })).toEqual(toolTurn);
  });

  it("MEM-2: tokens are those of the tokenizer, in time that does not explode", async () => {
    const count = await loadTokenCounter();
    // Known counts of o200k_base.
    expect([count("Hello world"), count(""), count("tiktoken is great!")]).toEqual([2, 0, 6]);
    expect(count("<|endoftext|>")).toBeGreaterThan(1);
    // Each of these takes many seconds in one piece.
    expect(count("a".repeat(100_000)) / 12_500).toBeCloseTo(1, 1);
    expect(count(" ".repeat(100_000))).toBeGreaterThan(100);
    expect(count("😀".repeat(5000))).toBeGreaterThan(4000);
    const text = "The quick brown fox jumps over the lazy dog. ".repeat(200).trim();
    const { countTokens } = await import("gpt-tokenizer/encoding/o200k_base");
    expect(count(text)).toBe(countTokens(text));
  });

  it("MEM-2: what is beyond 250 000 tokens, or a million characters, counts as the beginning does", async () => {
    const [count, exact] = [await loadTokenCounter(), await loadExactCounter()];
    const dense = "\u{1F40B}\u{2F81A}".repeat(100_000);
    const sparse = "a b c d ".repeat(150_000);
    for (const text of [dense, sparse]) expect(count(text) / exact(text)).toBeCloseTo(1, 2);
    expect(count(`${dense.slice(0, 280_000)}${"x".repeat(1_000_000)}`)).toBeGreaterThan(500_000);
    expect(count(`${sparse.slice(0, 1_000_000)}${"\n".repeat(1_000_000)}`)).toBeGreaterThan(990_000);
    expect(count(dense, 1000)).toBeLessThan(10_000);
  });

  it("counts calls of tools and reasoning", () => {
    const plain = messageTokens(assistant("a b"), words);
    const called: Message = { ...assistant("a b"), toolCalls: [{ id: "1", name: "t", args: { x: "y z" } }] };
    expect(messageTokens(called, words)).toBeGreaterThan(plain);
    const thought: Message = {
      role: "assistant",
      content: [
        { type: "reasoning", text: "c d e" },
        { type: "text", text: "a b" },
      ],
    };
    expect(messageTokens(thought, words)).toBe(plain + 3);
  });

  it("MEM-3: has statistics", () => {
    const memory = createMemory({ countTokens: words });
    memory.add(system("a"), user("b c"), assistant("d"));
    expect(memory.stats()).toEqual({
      messages: 3,
      byRole: { system: 1, user: 1, assistant: 1 },
      characters: 5,
      tokens: 4 + 3 * 4,
    });
    expect(filled(user("x")).stats().tokens).toBeUndefined();
  });

  it("MEM-4: finds messages by their words, the best first", () => {
    const memory = filled(
      user("My cat is called Minka."),
      assistant("Minka is a lovely name for a cat, and the cat will like it."),
      user("What is the weather?"),
    );
    expect(texts(memory.search("CAT minka").map(({ message }) => message))).toHaveLength(2);
    expect(memory.search("weather")[0]?.message).toEqual(user("What is the weather?"));
    expect(memory.search("weather is", 1)).toHaveLength(1);
    expect([memory.search("dragon"), memory.search("")]).toEqual([[], []]);
  });

  it("MEM-4: forks are independent; merging takes each message once, in order of time", () => {
    let now = 0;
    const memory = createMemory({ clock: { now: () => ++now } });
    memory.add(user("1"), assistant("2"));
    const fork = memory.fork();
    memory.add(user("3"));
    fork.add(user("4"));
    memory.add(user("5"));
    expect([texts(memory.messages()), texts(fork.messages())]).toEqual([
      ["1", "2", "3", "5"],
      ["1", "2", "4"],
    ]);
    memory.merge(fork);
    memory.merge(fork);
    expect(texts(memory.messages())).toEqual(["1", "2", "3", "4", "5"]);
  });

  it("MEM-4: restores a snapshot, and hands out nothing that could change it", () => {
    const memory = filled(system("s"), ...toolTurn);
    const snapshot = memory.snapshot();
    memory.clear();
    expect(texts(memory.messages())).toEqual(["s"]);
    memory.restore(snapshot);
    expect(memory.messages()).toEqual([system("s"), ...toolTurn]);
    const [first] = memory.messages();
    if (first !== undefined) first.content = "changed";
    expect(memory.messages()[0]).toEqual(system("s"));
  });

  it("MEM-4: JSON keeps everything", () => {
    const memory = filled(system("s"), ...toolTurn);
    const copy = createMemory();
    expect(copy.import(memory.export())).toBe(5);
    expect(copy.snapshot()).toEqual(memory.snapshot());
  });

  it("MEM-4: text and Markdown keep roles and texts, whatever these look like", () => {
    const content = fc.oneof(
      fc
        .array(fc.constantFrom("## user", "\\## user", "user: x", "  indented", "", "# a", "plain", "\\# b"))
        .map((lines) => lines.join("\n")),
      fc.string(),
    );
    const message = fc.record({
      role: fc.constantFrom("user" as const, "assistant" as const, "system" as const),
      content,
    });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), (messages) => {
        const memory = filled(...messages);
        for (const format of ["text", "markdown"] as const) {
          const copy = createMemory();
          copy.import(memory.export(format), format);
          expect(copy.messages()).toEqual(messages);
        }
      }),
    );
    const tools = createMemory();
    expect(tools.import(filled(...toolTurn).export("markdown"), "markdown")).toBe(3);
    expect(filled(user("a\nb"), assistant("c")).export("text")).toBe("user: a\n  b\nassistant: c\n");
  });

  it.each([
    ["json", "{}", "not in the format llmspell-memory-1"],
    ["json", '{"format":"llmspell-memory-1","entries":[{"id":1}]}', "message 0 of the memory is malformed"],
    [
      "json",
      '{"format":"llmspell-memory-1","entries":[{"id":"1","at":0,"message":{"role":"x","content":""}}]}',
      "malformed",
    ],
    ["text", "user: a\nnonsense", "line 2 of the conversation"],
    ["markdown", "nonsense", "line 1 of the conversation"],
  ] as const)("says what is wrong with %s %j, and adds nothing", (format, text, message) => {
    const memory = filled(user("x"));
    expect(() => memory.import(text, format)).toThrow(message);
    expect(memory.messages()).toHaveLength(1);
  });

  it("refuses limits and messages that are none", () => {
    expect(() => createMemory({ maxMessages: 0 })).toThrow("'maxMessages'");
    expect(() => createMemory({ maxTokens: 5 })).toThrow("'maxTokens' needs 'countTokens'");
    const memory = filled(user("x"));
    expect(() => memory.add({ role: "tool", content: "x" })).toThrow("a tool message needs 'toolCallId'");
    expect(() => memory.restore("x" as never)).toThrow("must be a list");
    expect(memory.messages()).toHaveLength(1);
  });

  it("MEM-5: a model summarizes all but the last turns, and its summary takes their place", async () => {
    const { models, model } = scriptedModels("Ada likes cats.");
    const memory = filled(
      system("rules"),
      user("I am Ada."),
      assistant("Hello."),
      ...toolTurn,
      user("last"),
      assistant("yes"),
    );
    expect(await summarizeMemory(memory, models, { keep: 1 })).toBe("Ada likes cats.");
    expect(texts(memory.messages())).toEqual([
      "rules",
      "Summary of the conversation so far:\nAda likes cats.",
      "last",
      "yes",
    ]);
    const asked = JSON.stringify(model.requests[0]?.prompt);
    expect(asked).toContain("I am Ada.");
    expect(asked).not.toContain("last");
    expect(model.requests[0]?.maxOutputTokens).toBe(500);
  });

  it("MEM-5: keeps what is said while the model works, and everything when it fails", async () => {
    const memory = filled(user("1"), assistant("2"), user("3"));
    const { models } = scriptedModels(
      () => {
        memory.add(assistant("4"), user("5"));
        return "S";
      },
      { error: new Error("down") },
      " ",
    );
    await summarizeMemory(memory, models, { keep: 1 });
    expect(texts(memory.messages()).slice(1)).toEqual(["3", "4", "5"]);
    await expect(summarizeMemory(memory, models, { keep: 0 })).rejects.toThrow("down");
    for (const keep of [-1, 0.5, Number.NaN])
      await expect(summarizeMemory(memory, models, { keep })).rejects.toThrow("'keep' must be a whole number");
    await expect(summarizeMemory(memory, models, { keep: 0 })).rejects.toThrow("empty summary");
    expect(memory.messages()).toHaveLength(4);
    expect(await summarizeMemory(filled(user("only")), models, { keep: 1 })).toBeUndefined();
  });
});

describe("what is kept of a memory", () => {
  const talk = (n: number): Message[] => [
    { role: "user", content: `q${n}` },
    { role: "assistant", content: `a${n}` },
  ];

  it("changes with its limits, is cut once, and copied with them", () => {
    const memory = createMemory({ countTokens: estimateTokens });
    memory.add({ role: "system", content: "s" }, ...talk(1), ...talk(2), ...talk(3));
    expect(memory.truncate({ maxMessages: 4 })).toBe(2);
    memory.add(...talk(4));
    expect(memory.stats().messages).toBe(7);
    memory.setLimits({ maxMessages: 2 });
    expect(memory.messages().map(({ content }) => content)).toEqual(["s", "q4", "a4"]);
    const copy = memory.fork();
    copy.add(...talk(5));
    expect(copy.stats().messages).toBe(3);
    memory.setLimits({});
    memory.add(...talk(5));
    expect(memory.stats().messages).toBe(5);
    expect(() => memory.setLimits({ maxMessages: 0 })).toThrow("'maxMessages'");
  });

  it("is compacted: no empty messages, none twice in a row", () => {
    const memory = createMemory();
    memory.add(...talk(1), { role: "assistant", content: "a1" }, { role: "user", content: " " }, ...talk(1));
    expect([memory.compact(), memory.messages().map(({ content }) => content)]).toEqual([2, ["q1", "a1", "q1", "a1"]]);
  });
});
