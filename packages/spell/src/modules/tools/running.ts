import {
  benchmarkTool,
  checkTool,
  executeTool,
  pipelineTool,
  runTools,
  testTool,
  validateJson,
  type Tool,
  type ToolContext,
} from "@llmspell/core";
import type { ScriptObject, ScriptValue } from "@llmspell/engine";
import { SpellError, isSpellError, toSpellError } from "@llmspell/errors";
import { awaitable } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { coreContext } from "../../run/core-context.js";
import { toScript } from "../shapes.js";
import { knownTool, resolveTool, scriptTool, toolDefinition } from "./definition.js";
import { EXAMPLE_TOOL } from "./example.js";

/** What a call by the spell is given. */
function callContext(run: RunContext, fn: string, signal: AbortSignal): ToolContext {
  return { signal, authorize: run.authorizer(fn), run: coreContext(run) };
}

async function execute(
  run: RunContext,
  fn: string,
  tool: string | Tool,
  params: ScriptObject,
  timeout: number | undefined,
  signal: AbortSignal,
): Promise<ScriptValue> {
  const found = resolveTool(run, tool);
  run.progress(`tool ${found.name}`);
  const context = callContext(run, fn, signal);
  return toScript(await executeTool(found, params, context, timeout === undefined ? {} : { timeoutMs: timeout }));
}

const executeParams = {
  tool: knownTool,
  params: t.optional(t.table),
  opts: t.optional(t.object({ timeout: t.optional(t.duration) })),
};

const benchmarkOptions = t.object(
  { iterations: t.optional(t.integer(1)), warmup: t.optional(t.integer(0)) },
  "ToolBenchmarkOptions",
);

/** Running tools, and trying them. */
export const running = {
  execute: awaitable({
    doc: "Checks the parameters against the tool's schema, asks for the powers it needs and runs it.",
    mayNeed: { tools: "what the tool asks for" },
    params: executeParams,
    result: "any",
    aliases: ["execute_tool", "async_execute"],
    example: `${EXAMPLE_TOOL}return tools.execute("double", { n = 4 })`,
    call: (run, { tool, params = {}, opts }, signal) =>
      execute(run, "tools.execute", tool, params, opts?.timeout, signal),
  }),
  execute_safe: awaitable({
    doc: "As execute, but a failure is a result: {success, result?, error?, duration_ms}.",
    mayNeed: { tools: "what the tool asks for" },
    params: executeParams,
    result: "{success: boolean, result?: any, error?: error, duration_ms: number}",
    example: 'return tools.execute_safe("missing", {}).success',
    async call(run, { tool, params = {}, opts }, signal) {
      const started = performance.now();
      const done = (outcome: ScriptObject): ScriptObject => ({ ...outcome, duration_ms: performance.now() - started });
      try {
        return done({
          success: true,
          result: await execute(run, "tools.execute_safe", tool, params, opts?.timeout, signal),
        });
      } catch (error) {
        if (signal.aborted) throw error;
        return done({ success: false, error: toSpellError(error) });
      }
    },
  }),
  pipeline: awaitable({
    doc: "Runs tools one after the other now, each with the result before; what is no table is given as {input=…}. A failed step ends it, and is raised unless opts.stop_on_error is false.",
    mayNeed: { tools: "what the tool asks for" },
    params: {
      tools: t.list(knownTool),
      data: t.any,
      opts: t.optional(t.object({ stop_on_error: t.optional(t.boolean) }, "PipelineOptions")),
    },
    result: "{output: any, steps: list<{tool: string, ok: boolean, value?: any, error?: error}>}",
    aliases: ["agent.tool_chain"],
    example: `tools.define("inc", "Adds one", {}, function(args) return args.input + 1 end)
return tools.pipeline({ "inc", "inc" }, 5).output`,
    async call(run, { tools, data, opts: { stop_on_error = true } = {} }, signal) {
      const found = tools.map((tool) => resolveTool(run, tool));
      const steps: ScriptObject[] = [];
      const whole = pipelineTool({
        name: "pipeline",
        description: "A pipeline",
        parameters: {},
        stages: found.map((tool) => ({ tool })),
        onStage: ({ name }, result) => void steps.push({ tool: name, ok: true, value: toScript(result) }),
      });
      const input = typeof data === "object" && data !== null && !Array.isArray(data) ? data : { input: data };
      try {
        const context = callContext(run, "tools.pipeline", signal);
        return { output: toScript(await whole.execute(input as ScriptObject, context)), steps };
      } catch (thrown) {
        if (stop_on_error || signal.aborted) throw thrown;
        const error = toSpellError(thrown);
        return { output: null, steps: [...steps, { tool: String(error.details["tool"]), ok: false, error }] };
      }
    },
  }),
  parallel_execute: awaitable({
    doc: "Runs tools at the same time, at most opts.concurrency (4): all with the same parameters, or each with its own in a list; results in order.",
    mayNeed: { tools: "what the tool asks for" },
    params: {
      tools: t.list(knownTool),
      params: t.union(t.list(t.table), t.table),
      opts: t.optional(t.object({ concurrency: t.optional(t.integer(1)) }, "ParallelToolsOptions")),
    },
    result: "list<{ok: boolean, value?: any, error?: error}>",
    example: `${EXAMPLE_TOOL}return tools.parallel_execute({ "double", "double" }, { { n = 1 }, { n = 2 } })[2].value`,
    async call(run, { tools, params, opts: { concurrency } = {} }, signal) {
      // An empty table is no list of parameters, whatever it looks like.
      const own = Array.isArray(params) && params.length > 0 ? params : undefined;
      if (own !== undefined && own.length !== tools.length)
        throw new SpellError("INVALID_ARGUMENT", `there are ${tools.length} tools, but parameters for ${own.length}`);
      const same = Array.isArray(params) ? {} : params;
      const calls = tools.map((tool, i) => ({ tool: resolveTool(run, tool), args: own?.[i] ?? same }));
      const context = callContext(run, "tools.parallel_execute", signal);
      const outcomes = await runTools(calls, context, concurrency === undefined ? {} : { concurrency });
      return outcomes.map((outcome): ScriptObject =>
        outcome.status === "completed"
          ? { ok: true, value: toScript(outcome.result) }
          : { ok: false, error: outcome.error },
      );
    },
  }),
  validate_params: awaitable({
    doc: "Checks parameters against a tool's schema.",
    params: { tool: knownTool, params: t.table },
    result: "{valid: boolean, errors: list<{path: string, message: string}>}",
    aliases: ["validate", "validate_tool_input"],
    example: `${EXAMPLE_TOOL}return tools.validate_params("double", { n = "x" }).valid`,
    async call(run, { tool, params }) {
      return toScript(await validateJson(resolveTool(run, tool).parameters, params));
    },
  }),
  validate_definition: awaitable({
    doc: "Looks closely at the definition of a tool without registering it: what is wrong with it, and what could be better.",
    params: { def: t.table },
    result: "{valid: boolean, errors: list<string>, warnings: list<string>}",
    example: 'return tools.validate_definition({ name = "no spaces", description = "x" }).valid',
    async call(run, { def }) {
      try {
        const tool = scriptTool(run, toolDefinition.check(def, ["def"], run.handles));
        const problems = await checkTool(tool, { level: "lenient" });
        const told = (isError: boolean): string[] =>
          problems
            // What has no version works all the same.
            .filter(({ field }) => (field !== "version") === isError)
            .map(({ field, message }) => `${field}: ${message}`);
        return { valid: told(true).length === 0, errors: told(true), warnings: told(false) };
      } catch (error) {
        if (!isSpellError(error) || error.code !== "INVALID_ARGUMENT") throw error;
        return { valid: false, errors: [error.message], warnings: [] };
      }
    },
  }),
  test_tool: awaitable({
    doc: "Runs a tool once for each case: {params=, expect=} for a result, {params=, error=} for an error with this code or these words.",
    mayNeed: { tools: "what the tool asks for" },
    params: {
      tool: knownTool,
      cases: t.list(
        t.object({ params: t.optional(t.table), expect: t.optional(t.any), error: t.optional(t.string) }, "ToolCase"),
      ),
    },
    result: "{passed: integer, failed: integer, results: list<{passed: boolean, result?: any, error?: error}>}",
    example: `${EXAMPLE_TOOL}return tools.test_tool("double", { { params = { n = 2 }, expect = 4 } }).passed`,
    async call(run, { tool, cases }, signal) {
      const wanted = cases.map(({ params = {}, expect, error }) => ({
        args: params,
        ...(expect === undefined || expect === null ? {} : { expect }),
        ...(error === undefined ? {} : { error }),
      }));
      const results = await testTool(resolveTool(run, tool), wanted, callContext(run, "tools.test_tool", signal));
      const passed = results.filter((result) => result.passed).length;
      return { passed, failed: results.length - passed, results: toScript(results) };
    },
  }),
  benchmark_tool: awaitable({
    doc: "Measures calls of a tool: opts.iterations (100) after opts.warmup (5), in milliseconds, and calls per second.",
    mayNeed: { tools: "what the tool asks for" },
    params: { tool: knownTool, params: t.optional(t.table), opts: t.optional(benchmarkOptions) },
    result: "{iterations: integer, mean_ms: number, p50: number, p95: number, p99: number, ops: number}",
    example: `${EXAMPLE_TOOL}return tools.benchmark_tool("double", { n = 1 }, { iterations = 10 }).iterations`,
    async call(run, { tool, params = {}, opts: { iterations, warmup } = {} }, signal) {
      const { meanMs, ...rest } = await benchmarkTool(
        resolveTool(run, tool),
        params,
        callContext(run, "tools.benchmark_tool", signal),
        { ...(iterations === undefined ? {} : { iterations }), ...(warmup === undefined ? {} : { warmup }) },
      );
      return { ...rest, mean_ms: meanMs };
    },
  }),
};
