import { forEachParallel } from "@llmspell/core";
import type { ScriptObject, ScriptValue } from "@llmspell/engine";
import { SpellError, toSpellError } from "@llmspell/errors";
import { helpText } from "../declarations/help.js";
import type { CallCount } from "../door/door.js";
import { awaitable, defineModule, sync, type Module } from "../door/module.js";
import { t } from "../door/types.js";
import type { RunContext } from "../run/context.js";

/** The version of the script API: grows when a function changes what it means. */
const API_VERSION = "1.0";
const VERSION = "0.1.0";
const MAX_BATCH = 1000;

const call = t.object({ fn: t.string, args: t.optional(t.list(t.any)) }, "BatchCall");
type BatchCall = ReturnType<typeof call.check>;

async function callEach(
  run: RunContext,
  calls: readonly BatchCall[],
  concurrency: number,
  signal: AbortSignal,
): Promise<ScriptObject[]> {
  const results: ScriptObject[] = [];
  await forEachParallel(calls, concurrency, async ({ fn, args = [] }, index) => {
    try {
      const found = run.door.find(fn);
      if (found.name === "llmspell.batch") throw new SpellError("UNSUPPORTED", "a batch cannot be part of a batch");
      const answer = run.door.pass(found, args, signal);
      results[index] = { ok: true, value: (answer instanceof Promise ? await answer : answer) ?? null };
    } catch (error) {
      results[index] = { ok: false, error: toSpellError(error) };
    }
  });
  return results;
}

/** Thousandths of a millisecond are what the clock is good for. */
const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;

function profile(counts: ReadonlyMap<string, CallCount>): ScriptObject {
  const all = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const sum = (of: (count: CallCount) => number): number => all.reduce((total, [, count]) => total + of(count), 0);
  const calls = sum((count) => count.calls);
  return {
    call_count: calls,
    error_count: sum(({ errors }) => errors),
    avg_ms: rounded(sum(({ totalMs }) => totalMs) / Math.max(1, calls)),
    by_function: Object.fromEntries(
      all.map(([name, { calls: count, errors, memoized, totalMs, maxMs }]): [string, ScriptValue] => [
        name,
        {
          calls: count,
          errors,
          memoized,
          total_ms: rounded(totalMs),
          avg_ms: rounded(totalMs / count),
          max_ms: rounded(maxMs),
        },
      ]),
    ),
  };
}

/** The module behind the global `llmspell`, which holds all others. `modules` gives every module, it included. */
export const rootModule = (modules: () => readonly Module[]): Module =>
  defineModule({
    name: "llmspell",
    doc: "The script API itself: what there is, how often it was called, and many calls at once.",
    functions: {
      info: sync({
        doc: "What runs the spell.",
        result: "{name: string, version: string, api_version: string, engine: string, engine_version: string}",
        depends: "arguments",
        example: "return llmspell.info().engine",
        call: ({ guest: { engine } }) => ({
          name: "llmspell",
          version: VERSION,
          api_version: API_VERSION,
          engine: engine.name,
          engine_version: engine.language,
        }),
      }),
      features: sync({
        doc: "What the engine can do.",
        result:
          "{async: boolean, coroutines: boolean, debugging: boolean, profiling: boolean, sandboxing: boolean, hot_reload: boolean, native_json: boolean, native_regex: boolean, snapshots: boolean, forks: boolean, bytecode: boolean, jit: boolean, workers: boolean}",
        depends: "arguments",
        example: "return llmspell.features().coroutines",
        call({ guest: { engine } }) {
          const { features } = engine;
          const { async, coroutines, debugging, profiling, sandboxing, snapshots, forks, bytecode, jit, workers } =
            features;
          return {
            async,
            coroutines,
            debugging,
            profiling,
            sandboxing,
            snapshots,
            forks,
            bytecode,
            jit,
            workers,
            hot_reload: features.hotReload,
            native_json: features.nativeJson,
            native_regex: features.nativeRegex,
          };
        },
      }),
      modules: sync({
        doc: "The names of the modules, in order.",
        result: "list<string>",
        depends: "arguments",
        example: "return #llmspell.modules()",
        call: () =>
          modules()
            .map(({ name }) => name)
            .filter((name) => name !== "llmspell")
            .toSorted(),
      }),
      help: sync({
        doc: 'The documentation of a module or a function such as "agent.run"; without a name, of what there is.',
        params: { name: t.optional(t.string) },
        result: "string",
        depends: "arguments",
        example: 'return llmspell.help("agent.run")',
        call: (_, { name }) => helpText(modules(), name),
      }),
      metrics: sync({
        doc: "How often each function of the host was called in this run, and how long that took.",
        result: "{call_count: integer, error_count: integer, avg_ms: number, by_function: table}",
        example: "return llmspell.metrics().call_count",
        call: ({ door }) => profile(door.counts),
      }),
      batch: awaitable({
        doc: "Calls several functions at one crossing of the door, at most `concurrency` (16) at a time; each by its name and as if called by itself. Results in the order of the calls, errors among them.",
        params: {
          calls: t.list(call),
          opts: t.optional(t.object({ concurrency: t.optional(t.integer(1)) }, "CallBatchOptions")),
        },
        result: "list<{ok: boolean, value?: any, error?: error}>",
        example:
          'return llmspell.batch({ { fn = "data.parse_json", args = { "[1]" } }, { fn = "spell.context" } })[1].value',
        async call(run, { calls, opts = {} }, signal) {
          if (calls.length > MAX_BATCH)
            throw new SpellError("INVALID_ARGUMENT", `llmspell.batch: takes ${MAX_BATCH} calls, not ${calls.length}`);
          run.account.chargeCalls(calls.length);
          return await callEach(run, calls, opts.concurrency ?? 16, signal);
        },
      }),
      memoize: sync({
        doc: "Keeps the results of a function without effects, at most `max` (1000) for `ttl` milliseconds. What depends on the run is forgotten whenever something may have changed. Gives whether it was not kept before.",
        params: {
          fn_name: t.string,
          opts: t.optional(t.object({ ttl: t.optional(t.duration), max: t.optional(t.integer(1)) }, "MemoizeOptions")),
        },
        result: "boolean",
        example: 'return llmspell.memoize("data.prettify_json", { ttl = "5m", max = 100 })',
        call: ({ door }, { fn_name, opts: { ttl, max } = {} }) =>
          door.memos.enable(door.find(fn_name), {
            maxEntries: Math.min(max ?? 1000, 10_000),
            ...(ttl === undefined ? {} : { ttlMs: ttl }),
          }),
      }),
    },
  });
