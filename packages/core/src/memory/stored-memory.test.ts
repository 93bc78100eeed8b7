import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { createAgent } from "../agent/agent.js";
import { openConversation } from "../agent/stored-conversation.js";
import { createContext } from "../context.js";
import { createEmitter } from "../events/emitter.js";
import { createHooks } from "../hooks/hooks.js";
import { HOOK_POINTS } from "../hooks/points.js";
import type { Hook } from "../hooks/hook.js";
import { createState, openState } from "../state/state.js";
import { createManualClock } from "../testing/manual-clock.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { createMemory } from "./memory.js";
import { loadMemory, saveMemory } from "./stored-memory.js";
import { workingMemory } from "./working-memory.js";

const folder = mkdtempSync(path.join(tmpdir(), "memory-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const core = fileURLToPath(new URL("../../dist/index.js", import.meta.url));

/** Runs `code`, which may use everything of the package, in a process of its own. */
const elsewhere = (code: string): string =>
  execFileSync(
    process.execPath,
    ["--input-type=module", "-e", `import * as core from ${JSON.stringify(core)};\n${code}`],
    {
      encoding: "utf8",
    },
  );

describe("memory that is stored", () => {
  it("MEM-3: is saved in one process and loaded in another", async () => {
    const file = path.join(folder, "memory.db");
    elsewhere(`
      using_(await core.openState({ file: ${JSON.stringify(file)} }));
      async function using_(state) {
        const memory = core.createMemory();
        memory.add({ role: "system", content: "rules" }, { role: "user", content: "I am Ada." });
        await core.saveMemory(memory, state, "ada");
      }`);
    using state = await openState({ file });
    const memory = await loadMemory(state, "ada");
    expect(memory?.messages()).toEqual([
      { role: "system", content: "rules" },
      { role: "user", content: "I am Ada." },
    ]);
    expect(await loadMemory(state, "nobody")).toBeUndefined();
  });

  it("HOOK-1, EVT-7: hooks and events are around saving and loading", async () => {
    const seen: string[] = [];
    const points = HOOK_POINTS.filter((point) => point.startsWith("memory."));
    const hooks = createHooks(
      points.map((point) => {
        const run = async (_: unknown, next?: () => Promise<unknown>): Promise<unknown> => {
          seen.push(point);
          return await next?.();
        };
        return { name: point, point, run } as unknown as Hook;
      }),
    );
    const events = createEmitter();
    const types: string[] = [];
    events.on("memory.**", ({ type }) => void types.push(type));
    const context = createContext({ hooks, events });
    const state = createState();
    const memory = createMemory();
    memory.add({ role: "user", content: "x" });
    await saveMemory(memory, state, "a", context);
    await loadMemory(state, "a", {}, context);
    const refusing = createState(
      {},
      {
        validate() {
          throw new Error("full");
        },
      },
    );
    await expect(saveMemory(memory, refusing, "a", context)).rejects.toThrow("full");
    const broken = {
      ...state,
      get: (): never => {
        throw new Error("broken");
      },
    };
    await expect(loadMemory(broken, "a", {}, context)).rejects.toThrow("broken");
    expect(new Set(seen)).toEqual(new Set(points));
    expect(types).toEqual([
      "memory.save.started",
      "memory.save.completed",
      "memory.load.started",
      "memory.load.completed",
      "memory.save.started",
      "memory.save.failed",
      "memory.load.started",
      "memory.load.failed",
    ]);
    state.set("bad", [{ id: 1 }]);
    await expect(loadMemory(state, "bad")).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });
});

describe("working memory", () => {
  it("MEM-7: a session does not see another one, an agent or what is global", async () => {
    const clock = createManualClock();
    const state = createState({}, { clock });
    const [global, a, b, agent] = [
      workingMemory(state, "global"),
      workingMemory(state, "session", "a"),
      workingMemory(state, "session", 'a":x'),
      workingMemory(state, "agent", "a"),
    ];
    global.set("k", 0);
    a.set("k", 1);
    b.set("k", 2);
    agent.set("k", 3, { ttlMs: 100 });
    expect([global, a, b, agent].map((scope) => [scope.get("k"), scope.keys()])).toEqual([
      [0, ["k"]],
      [1, ["k"]],
      [2, ["k"]],
      [3, ["k"]],
    ]);
    await clock.advance(100);
    expect([agent.get("k"), agent.keys()]).toEqual([undefined, []]);
    a.clear();
    a.clear();
    expect([a.get("k"), a.delete("k"), b.delete("k"), global.get("k")]).toEqual([undefined, false, true, 0]);
    expect(() => workingMemory(state, "session")).toThrow("need an id");
    expect(() => workingMemory(state, "global", "x")).toThrow("'global' has none");
  });
});

describe("a conversation that is stored", () => {
  it("AGENT-15: is continued by a new process, with its turns and tokens", async () => {
    const file = path.join(folder, "talk.db");
    const talk = (answer: string): string => `
      const model = core.createScriptedModel([(request) => ({
        text: ${JSON.stringify(answer)} + request.prompt.length,
        usage: { inputTokens: 10, outputTokens: 1 },
      })]);
      const models = core.createModels({ config: { default: "script:one" } });
      models.register("script", { type: "custom", create: () => model, defaultModel: "one" });
      const agent = core.createAgent({ name: "a", systemPrompt: "Be kind." }, { models });
      const state = await core.openState({ file: ${JSON.stringify(file)} });
      const talk = core.openConversation(agent, { state, id: "ada" });
      await talk.send("Hello");
      console.log(JSON.stringify([talk.info(), talk.history().map(({ content }) => content)]));`;
    expect(JSON.parse(elsewhere(talk("first ")))).toEqual([
      { id: "ada", turns: 1, usage: { inputTokens: 10, outputTokens: 1, totalTokens: 11 } },
      ["Be kind.", "Hello", "first 2"],
    ]);
    expect(JSON.parse(elsewhere(talk("second ")))).toEqual([
      { id: "ada", turns: 2, usage: { inputTokens: 20, outputTokens: 2, totalTokens: 22 } },
      ["Be kind.", "Hello", "first 2", "Hello", "second 4"],
    ]);
  });

  it("AGENT-15: says when it went on elsewhere, and stays as it was when an answer fails", async () => {
    const state = createState();
    const { models } = scriptedModels("one", "two", { error: new Error("down") }, "three");
    const agent = createAgent({ name: "a" }, { models });
    const [here, there] = [openConversation(agent, { state, id: "x" }), openConversation(agent, { state, id: "x" })];
    await here.send("1");
    await expect(there.send("2")).rejects.toMatchObject({ code: "INVALID_STATE", details: { id: "x" } });
    expect(there.history()).toEqual([]);
    await expect(here.send("3")).rejects.toThrow("down");
    await here.send("4");
    const again = openConversation(agent, { state, id: "x" });
    expect(again.history().map(({ content }) => content)).toEqual(["1", "one", "4", "three"]);
    expect(again.info().turns).toBe(2);
  });
});
