import { defined, benchmark, loadTest } from "@llmspell/core";
import { FunctionRef } from "@llmspell/engine";
import { toSpellError } from "@llmspell/errors";
import type { RunContext } from "../../run/context.js";
import { awaitable } from "../../door/module.js";
import { t } from "../../door/types.js";

/** What is in use once garbage is gone, as far as the language can be told to collect it. */
async function memoryInUse(run: RunContext): Promise<number> {
  const { guest } = run;
  // QuickJS frees by counting references; at the level `strict` nobody can ask Lua to collect.
  const collect = guest.getGlobal("collectgarbage");
  if (collect instanceof FunctionRef) {
    for (const _ of [1, 2]) await run.tellGuest(collect, ["collect"]).catch(() => null);
    collect.release();
  }
  return guest.usage.memoryBytes;
}

export const measuring = {
  benchmark: awaitable({
    doc: "Times a function that is called `iterations` times (100), one after the other, after one call that warms up. Milliseconds; `ops` is calls a second.",
    params: { fn: t.fn, iterations: t.optional(t.integer(1)) },
    result:
      "{iterations: integer, mean_ms: number, p50: number, p95: number, min_ms: number, max_ms: number, ops: number}",
    example: "return test.benchmark(function() end, 10).iterations",
    call: async (run, { fn, iterations }, signal) => ({
      ...(await benchmark(() => run.tellGuest(fn, [], signal), iterations, signal)),
    }),
  }),
  load_test: awaitable({
    doc: "Calls a function from `concurrency` sides at once (4) for a `duration` (1s), at most `rps` times a second. The calls go on beside each other where the function waits.",
    params: {
      fn: t.fn,
      config: t.optional(
        t.object(
          { concurrency: t.optional(t.integer(1)), duration: t.optional(t.duration), rps: t.optional(t.number) },
          "LoadConfig",
        ),
      ),
    },
    result: "{total: integer, errors: integer, rps: number, p50: number, p95: number}",
    example: "return test.load_test(function() sleep(1) end, { concurrency = 2, duration = 10 }).errors",
    call: async (run, { fn, config: { concurrency, duration, rps } = {} }, signal) => ({
      ...(await loadTest(
        () => run.tellGuest(fn, [], signal),
        defined({ concurrency, durationMs: duration, rps }),
        signal,
      )),
    }),
  }),
  memory_test: awaitable({
    doc: "Whether a function that is called `iterations` times (10) leaves more than `max_growth` bytes (64 KiB) in use, as the engine counts it; garbage is collected before and after.",
    params: {
      fn: t.fn,
      options: t.optional(
        t.object({ iterations: t.optional(t.integer(1)), max_growth: t.optional(t.integer(0)) }, "MemoryTestOptions"),
      ),
    },
    result: "{before: integer, after: integer, growth: integer, leak: boolean}",
    example: "return test.memory_test(function() local t = {} for i = 1, 100 do t[i] = {} end end).leak",
    async call(run, { fn, options: { iterations = 10, max_growth = 65_536 } = {} }, signal) {
      // What the first call makes for good is no leak.
      await run.tellGuest(fn, []);
      const before = await memoryInUse(run);
      for (let i = 0; i < iterations; i++) {
        if (signal.aborted) throw toSpellError(signal.reason, "CANCELLED");
        await run.tellGuest(fn, []);
      }
      const after = await memoryInUse(run);
      return { before, after, growth: after - before, leak: after - before > max_growth };
    },
  }),
};
