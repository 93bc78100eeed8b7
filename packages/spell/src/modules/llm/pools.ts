import type { ModelPool } from "@llmspell/core";
import type { ScriptObject } from "@llmspell/engine";
import { awaitable, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { addPool, poolConfigType, strategies, strategyName } from "../provider/pool.js";
import { messageType, scriptResponse } from "../shapes.js";
import { ask, askStreaming, options } from "./ask.js";

const POOL = 'llm.pool_create("main", { "offline" }, "failover")\n';

function describe({ name, config }: ModelPool): ScriptObject {
  return {
    name,
    strategy: strategyName(config.strategy ?? "failover"),
    providers: config.members.map((member) => (typeof member === "string" ? member : member.model)),
  };
}

/** The pool that a function changes, if the run may configure it. */
function owned(run: RunContext, fn: string, name: string): ModelPool {
  const pool = run.models.pools.get(name);
  run.authorize(fn, "provider", name);
  return pool;
}

function pooled(run: RunContext, name: string, opts: ReturnType<typeof options.check> = {}) {
  const pool = run.models.pools.get(name);
  const { provider: _, ...rest } = opts;
  return { ...rest, model: `pool:${pool.name}` };
}

const pool = { name: t.name };

export const poolFunctions = {
  pool_create: sync({
    doc: "Several providers or models as one, which is asked as `pool:name` or by its name. A call is answered by the first that can, in the order of the strategy; fastest_first asks all and takes the first answer, consensus the most frequent one.",
    needs: { provider: "the pool" },
    mayNeed: { model: "each model in it" },
    params: {
      ...pool,
      providers: poolConfigType.providers,
      strategy: t.optional(strategies),
      config: t.optional(poolConfigType.config),
    },
    result: "PoolInfo",
    example: `${POOL}return llm.pool_get("main").strategy`,
    call: (run, { name, providers, strategy = "failover", config }) =>
      describe(addPool(run, "llm.pool_create", { name, providers, strategy, config })),
  }),
  pool_get: sync({
    doc: "A pool.",
    params: pool,
    result: "PoolInfo",
    example: `${POOL}return llm.pool_get("main").providers[1]`,
    call: (run, { name }) => describe(run.models.pools.get(name)),
  }),
  pool_list: sync({
    doc: "Every pool.",
    result: "list<PoolInfo>",
    example: `${POOL}return #llm.pool_list()`,
    call: (run) => run.models.pools.list().map(describe),
  }),
  pool_remove: sync({
    doc: "Removes a pool.",
    needs: { provider: "the pool" },
    params: pool,
    result: "boolean",
    example: `${POOL}return llm.pool_remove("main")`,
    call: (run, { name }) => run.models.pools.remove(owned(run, "llm.pool_remove", name).name),
  }),
  pool_generate: awaitable({
    doc: "One completion by a pool.",
    needs: { model: "pool:NAME, or each of its models" },
    params: { ...pool, prompt: t.string, opts: t.optional(options) },
    result: "Response",
    example: `${POOL}return llm.pool_generate("main", "Say hello").content`,
    call: async (run, { name, prompt, opts }, signal) =>
      scriptResponse(
        await ask(run, { fn: "llm.pool_generate", question: prompt, opts: pooled(run, name, opts), signal }),
      ),
  }),
  pool_generate_message: awaitable({
    doc: "A completion of a conversation by a pool.",
    needs: { model: "pool:NAME, or each of its models" },
    params: { ...pool, messages: t.list(messageType), opts: t.optional(options) },
    result: "Response",
    example: `${POOL}return llm.pool_generate_message("main", { { role = "user", content = "Say hello" } }).content`,
    call: async (run, { name, messages, opts }, signal) =>
      scriptResponse(
        await ask(run, { fn: "llm.pool_generate_message", question: messages, opts: pooled(run, name, opts), signal }),
      ),
  }),
  pool_stream: awaitable({
    doc: "A completion by a pool whose pieces are passed to the callback; when that returns false, what it has had is the answer.",
    needs: { model: "pool:NAME, or each of its models" },
    params: { ...pool, prompt: t.string, callback: t.fn, opts: t.optional(options) },
    result: "Response",
    example: `${POOL}local n = 0\nllm.pool_stream("main", "Say hello", function(chunk) n = n + #chunk end)\nreturn n > 0`,
    call: async (run, { name, prompt, callback, opts }, signal) =>
      scriptResponse(
        await askStreaming(
          run,
          { fn: "llm.pool_stream", question: prompt, opts: pooled(run, name, opts), signal },
          callback,
        ),
      ),
  }),
  pool_get_health: sync({
    doc: "Whether the members of a pool can be asked: `status` is healthy, degraded (some cannot) or down.",
    params: pool,
    result: '{status: "healthy" or "degraded" or "down", providers: list<string>}',
    example: `${POOL}return llm.pool_get_health("main").status`,
    call(run, { name }) {
      const { status, members } = run.models.pools.get(name).health();
      return { status, providers: members.filter(({ healthy }) => healthy).map(({ model }) => model) };
    },
  }),
  pool_get_provider_health: sync({
    doc: "The health of each member of a pool by its model, as {healthy, state, failures, last_error?}; `failures` are those in a row.",
    params: pool,
    result: "table",
    example: `${POOL}return llm.pool_get_provider_health("main").offline.healthy`,
    call(run, { name }) {
      const { members } = run.models.pools.get(name).health();
      return Object.fromEntries(
        members.map(({ model, healthy, state, failures, lastError }) => [
          model,
          { healthy, state, failures, ...(lastError === undefined ? {} : { last_error: { ...lastError } }) },
        ]),
      );
    },
  }),
  pool_get_metrics: sync({
    doc: "What a pool did since the start or the last reset; each member by its model, as {requests, failures, active, avg_ms?}.",
    params: pool,
    result: "{requests: integer, failures: integer, by_provider: table}",
    example: `${POOL}return llm.pool_get_metrics("main").requests`,
    call(run, { name }) {
      const { calls, failures, members } = run.models.pools.get(name).metrics();
      const each = members.map(({ model, calls: requests, failures: failed, active, averageMs }) => [
        model,
        { requests, failures: failed, active, ...(averageMs === undefined ? {} : { avg_ms: averageMs }) },
      ]);
      return { requests: calls, failures, by_provider: Object.fromEntries(each) as ScriptObject };
    },
  }),
  pool_reset_metrics: sync({
    doc: "Sets the counters of a pool to zero.",
    needs: { provider: "the pool" },
    params: pool,
    example: `${POOL}llm.pool_reset_metrics("main")\nreturn llm.pool_get_metrics("main").requests`,
    call(run, { name }) {
      owned(run, "llm.pool_reset_metrics", name).resetMetrics();
      return undefined;
    },
  }),
};
