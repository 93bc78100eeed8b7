import {
  createAgent,
  createContext,
  createEmitter,
  createHooks,
  createMemory,
  createMetrics,
  createModels,
  createScriptedModel,
  metricHooks,
  runWorkflow,
} from "@llmspell/core";
import { createScriptedTool, withoutLeaks } from "@llmspell/core/testing";
import { createJavaScriptEngine } from "@llmspell/engine-js";
import { runSpell } from "@llmspell/spell";
import { afterAll, describe, expect, it } from "vitest";
import { collectAll } from "./support/collect.js";
import { engine as lua } from "./support/spell.js";

const javascript = createJavaScriptEngine();
afterAll(() => javascript[Symbol.dispose]());

/** Bytes in use after a full collection; what is freed by finalizers goes in the next one. */
async function inUse(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 4; i++) {
    await collectAll(1);
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    least = Math.min(least, heapUsed + external + arrayBuffers);
  }
  return least;
}

/** Bytes that a call may seem to leave: what Node keeps of code that it has compiled, not of what was run. */
const MOST_LEFT = 512;

/**
 * Bytes that one call of `work` leaves behind, by the smallest slope of several stretches: a leak is in
 * each of them, while code is compiled, and counted for coverage, in some.
 */
async function growth(work: () => Promise<unknown>, runs = 150): Promise<number> {
  const stretch = async (): Promise<void> => {
    for (let i = 0; i < runs; i++) await work();
  };
  await stretch();
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 12 && least >= MOST_LEFT; i++) {
    const before = await inUse();
    await stretch();
    least = Math.min(least, ((await inUse()) - before) / runs);
  }
  return least;
}

const events = createEmitter();
const metrics = createMetrics();
const context = createContext({ events, hooks: createHooks(metricHooks(metrics)) });
events.on("**", () => {});

/** Everything that an application keeps is made once; each run plays the same two steps. */
function agentRun(): () => Promise<unknown> {
  const models = createModels({ config: { default: "s:m" } });
  const create = () => createScriptedModel([]);
  const steps = [{ toolCalls: [{ name: "echo", args: { text: "x" } }] }, "done"];
  let call = 0;
  // A scripted model remembers its requests; one for each call forgets them.
  const endless = {
    ...create(),
    doGenerate: async (request: Parameters<ReturnType<typeof create>["doGenerate"]>[0]) =>
      await createScriptedModel([steps[call++ % 2] ?? ""]).doGenerate(request),
  };
  models.register("s", { type: "custom", create: () => endless, defaultModel: "m" });
  return async () => {
    const tool = createScriptedTool({ name: "echo" }, { every: ({ text }) => text });
    const agent = createAgent({ name: "a", tools: [tool] }, { models, context });
    await agent.run("go");
  };
}

const WORK: readonly [name: string, work: () => Promise<unknown>][] = [
  ["an agent with a tool, hooks and events", agentRun()],
  [
    "a workflow",
    () => runWorkflow({ pattern: "sequential", steps: [{ run: () => 1 }, { run: (n) => n }] }, null, { context }),
  ],
  [
    "a memory",
    async () => {
      const memory = createMemory({ maxMessages: 5 });
      for (let i = 0; i < 20; i++) memory.add({ role: "user", content: `message ${i}` });
    },
  ],
  [
    "a spell in Lua that opens handles and fails",
    async () => {
      const source = 'local a = agent.create({ name = "a" }) local s = llm.chat_session("x") error("no")';
      await runSpell({ engine: lua, source, file: "s.lua", models: createModels() });
    },
  ],
  [
    "a spell in JavaScript that ends with a value",
    async () => {
      const source = 'const a = agent.create({ name: "a" }); return new Array(100).fill("x");';
      await runSpell({ engine: javascript, source, file: "s.js", models: createModels() });
    },
  ],
];

describe("memory and handles", () => {
  it.each(WORK)("QA-4: %s leaves no memory behind", async (_, work) => {
    expect(await growth(work)).toBeLessThan(MOST_LEFT);
  });

  it.each(WORK)("QA-4: %s leaves no handle, timer or listener behind", async (_, work) => {
    await expect(
      withoutLeaks(async () => {
        for (let i = 0; i < 20; i++) await work();
      }),
    ).resolves.toBeUndefined();
  });

  it("QA-4: what keeps a kilobyte a run is found", async () => {
    const kept: unknown[] = [];
    expect(await growth(async () => void kept.push(new Uint8Array(1024)))).toBeGreaterThan(1000);
    expect(kept.length).toBeGreaterThan(100);
  });
});
