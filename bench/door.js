import { createModels } from "@llmspell/core";
import { runSpell } from "@llmspell/spell";

/** Microseconds of one call of a function of the script API, from Lua through the door and back. */
export async function createDoorBench(engine) {
  const models = createModels();
  const limits = { hostCalls: 1e9, fuel: 1e12 };
  const measure = async (body, count) => {
    let best = Infinity;
    for (let round = 0; round < 7; round++) {
      const started = performance.now();
      const source = `local f, x = agent.exists, nil for i = 1, ${count} do ${body} end`;
      const result = await runSpell({ engine, source, file: "bench.lua", models, limits });
      if (!result.ok) throw result.error;
      best = Math.min(best, performance.now() - started);
    }
    return best;
  };
  const count = 50_000;
  const empty = await measure("x = i", count);
  return (((await measure('x = f("agent-1")', count)) - empty) * 1000) / count;
}
