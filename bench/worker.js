import { createLuaEngine } from "@llmspell/engine-lua";
import { Pending } from "@llmspell/engine";
import { time } from "./measure.js";
import { OBJECT } from "./programs.js";

const NAMES = ["add", "take", "give", "wait"];
const BINDINGS = {
  modules: [
    {
      name: "bench",
      aliases: [],
      functions: NAMES.map((name, i) => ({ name, aliases: [], id: i + 1, awaitable: name === "wait" })),
    },
  ],
  handles: [],
  globals: {},
  roots: [],
};
const OPTIONS = {
  bindings: BINDINGS,
  limits: { fuel: 1e12, hostCalls: 1e9 },
  host: {
    call(id, args) {
      if (id === 4) return new Pending(Promise.resolve(args[0]));
      return id === 1 ? args[0] + 1 : id === 3 ? OBJECT : null;
    },
  },
};

/** Microseconds of what a guest costs in a thread of its own and in this thread, by what it is. */
export async function createWorkerBench() {
  const engines = { worker: createLuaEngine({ isolation: "worker" }), inline: createLuaEngine() };
  const results = {};
  for (const [kind, engine] of Object.entries(engines)) {
    const rounds = { rounds: 7, warmup: 2 };
    const acquire = await time(
      async () => {
        const guest = engine.createGuest(OPTIONS);
        await guest.run("return 42").result();
        guest[Symbol.dispose]();
      },
      { count: 200, ...rounds },
    );
    const guest = engine.createGuest(OPTIONS);
    guest.setGlobal("object", OBJECT);
    const each = async (body, count) =>
      (await time(() => guest.run(`local x for i = 1, ${count} do ${body} end`).result(), rounds)) / count;
    results[kind] = {
      "acquire, run, give back": acquire,
      "a call of the host, a number": await each("x = bench.add(i)", 1000),
      "a call that waits": await each("x = bench.wait(i)", 500),
      "a call with 20 fields to the host": await each("bench.take(object)", 500),
      "a call with 20 fields from the host": await each("x = bench.give()", 500),
      "a global, read by the host": await time(() => guest.getGlobal("x"), { count: 500, ...rounds }),
    };
    guest[Symbol.dispose]();
    engine[Symbol.dispose]();
  }
  return results;
}
