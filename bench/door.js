import { createModels, generate } from "@llmspell/core";
import { runSpell } from "@llmspell/spell";
import { compare, row, show } from "./measure.js";

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

const ASKED = 1_000;

const ANSWER = {
  content: [{ type: "text", text: "done" }],
  finishReason: { unified: "stop", raw: "stop" },
  usage: { inputTokens: { total: 1 }, outputTokens: { total: 1 } },
  warnings: [],
};

/** Computes for a millisecond, and makes next to no garbage that somebody would have to collect. */
function work() {
  const until = performance.now() + 1;
  let x = 1;
  while (performance.now() < until) for (let i = 0; i < 2_000; i++) x = (Math.imul(x, 31) + i) | 0;
  return x;
}

/** A model that answers after a millisecond of work. */
function busyModels() {
  const models = createModels();
  const doGenerate = async () => {
    work();
    return ANSWER;
  };
  const create = () => ({ specificationVersion: "v3", provider: "busy", modelId: "m", supportedUrls: {}, doGenerate });
  models.register("busy", { type: "custom", defaultModel: "m", create });
  return models;
}

/** Prints what an operation of a millisecond takes from a spell beside the same call of core. */
export async function benchOperation(engines) {
  for (const engine of engines) {
    const models = busyModels();
    const source =
      engine.name === "lua"
        ? `for i = 1, ${ASKED} do llm.generate("x", { model = "busy:m" }) end`
        : `for (let i = 0; i < ${ASKED}; i++) await llm.generate("x", { model: "busy:m" })`;
    const grants = [{ capability: "model" }];
    const [spell, core] = await compare(
      async () => {
        const result = await runSpell({ engine, source, file: "bench", models, grants });
        if (!result.ok) throw result.error;
      },
      async () => {
        for (let i = 0; i < ASKED; i++) await generate(models, { prompt: "x", model: "busy:m" });
      },
      { rounds: 7, warmup: 5 },
    );
    const each = (micros) => show(micros / ASKED);
    const ratio = `${(spell / core).toFixed(3)} ×`;
    row(`a model that takes 1 ms, ${engine.name}`, each(spell), `core ${each(core)}`, ratio, "≤ 1.05 ×");
  }
}
