import { createModels, createScriptedModel } from "@llmspell/core";
import { contains, eventually, trackLeaks } from "@llmspell/core/testing";
import { runSpell, type SpellRun } from "@llmspell/spell";
import { describe, expect, it } from "vitest";
import { engine, handleTablesOf } from "../../../../test/support/spell.js";

const OPENS = `
  local a = agent.create({ name = "a" })
  local session = llm.chat_session("be brief")
`;
const WAITS = `${OPENS}
  spawn(function() sleep(60000) end)
  spawn(function() a:run("hello") end)
`;
const never = createScriptedModel([
  ({ abortSignal }) =>
    new Promise((_, reject) => abortSignal?.addEventListener("abort", () => reject(abortSignal.reason as Error))),
]);

describe("the scope of a run", () => {
  it.each([
    ["ends well", `${OPENS} return 1`, {}],
    ["fails with work under way", `${WAITS} error("no")`, {}],
    ["computes for ever", `${WAITS} while true do end`, { limits: { fuel: 100_000 } }],
    ["is interrupted while it waits", `${WAITS} sleep(60000)`, { interrupted: true }],
  ] as const)("CORE-9: leaves no handle, listener, timer or guest when the spell %s", async (_, source, options) => {
    const models = createModels({ config: { default: "never:m" } });
    models.register("never", { type: "custom", create: () => never, defaultModel: "m" });
    const stop = new AbortController();
    const { interrupted, ...more } = options as { interrupted?: boolean } & Partial<SpellRun>;
    const run = async (): Promise<void> => {
      await using leaks = trackLeaks({
        listeners: { signal: stop.signal },
        counts: { guests: () => engine.pool.live },
      });
      const running = runSpell({ engine, source, file: "s.lua", models, signal: stop.signal, ...more });
      if (interrupted === true) {
        // The spell has begun: its guest is there, its timers run.
        await eventually(() => leaks.leaks(), contains({ kind: "timer" }));
        stop.abort();
      }
      await running;
    };
    const tables = await handleTablesOf(run);
    expect(tables.map(({ size, weak }) => [size, weak.live])).toEqual([[0, 0]]);
  });
});
