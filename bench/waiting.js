import { createModels } from "@llmspell/core";
import { runSpell } from "@llmspell/spell";
import { compare } from "./measure.js";

const SPELL = `
  local naps = {}
  for i = 1, 100 do naps[i] = spawn(function() sleep(50) return i end) end
  local sum = 0
  for _, n in ipairs(await(promise.all(naps))) do sum = sum + n end
  return sum`;

/** Microseconds of 100 coroutines that sleep for 50 ms, and of 100 timers of Node. */
export async function benchSleepers(engine) {
  const models = createModels();
  return await compare(
    async () => {
      const result = await runSpell({ engine, source: SPELL, file: "bench.lua", models });
      if (result.value !== 5050) throw new Error(`the sleepers gave ${String(result.value)}`);
    },
    () => Promise.all(Array.from({ length: 100 }, () => new Promise((resolve) => void setTimeout(resolve, 50)))),
  );
}
