import { SpellError, toSpellError } from "@llmspell/errors";
import { executeTool, type ExecuteOptions } from "./execute.js";
import type { Tool, ToolContext } from "./tool.js";

/** A call, and how it shall end: with this result, or with an error of this code or with these words; else well. */
export interface ToolCase {
  args: Record<string, unknown>;
  expect?: unknown;
  error?: string;
}

/** How a case ended. */
export interface ToolCaseResult {
  passed: boolean;
  result?: unknown;
  error?: SpellError;
}

/**
 * Runs a tool once for each case, in order. A case that does not end as it shall is in the result.
 *
 * @throws SpellError only for what ends the whole: the reason of the context's signal.
 */
export async function testTool(
  tool: Tool,
  cases: readonly ToolCase[],
  context: ToolContext,
): Promise<ToolCaseResult[]> {
  const results: ToolCaseResult[] = [];
  for (const wanted of cases) results.push(await tryCase(tool, wanted, context));
  return results;
}

async function tryCase(tool: Tool, wanted: ToolCase, context: ToolContext): Promise<ToolCaseResult> {
  try {
    const [result, { isDeepStrictEqual }] = [await executeTool(tool, wanted.args, context), await import("node:util")];
    const fits = wanted.expect === undefined || isDeepStrictEqual(result, wanted.expect);
    return { passed: wanted.error === undefined && fits, result };
  } catch (thrown) {
    context.signal.throwIfAborted();
    const error = toSpellError(thrown);
    const { error: said } = wanted;
    return { passed: said !== undefined && (error.code === said || error.message.includes(said)), error };
  }
}

/** Milliseconds of the calls of a tool; percentiles by nearest rank. */
export interface ToolTimes {
  iterations: number;
  meanMs: number;
  p50: number;
  p95: number;
  p99: number;
  /** Calls in a second. */
  ops: number;
}

const MOST_ITERATIONS = 100_000;

/**
 * Measures calls of a tool, one after the other.
 *
 * @throws SpellError `INVALID_ARGUMENT`; what the tool throws.
 */
export async function benchmarkTool(
  tool: Tool,
  args: Record<string, unknown>,
  context: ToolContext,
  { iterations = 100, warmup = 5, ...options }: ExecuteOptions & { iterations?: number; warmup?: number } = {},
): Promise<ToolTimes> {
  for (const [name, value, least] of [
    ["iterations", iterations, 1],
    ["warmup", warmup, 0],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < least || value > MOST_ITERATIONS)
      throw new SpellError("INVALID_ARGUMENT", `'${name}' must be a whole number from ${least} to ${MOST_ITERATIONS}`);
  }
  const times: number[] = [];
  for (let call = -warmup; call < iterations; call++) {
    const started = performance.now();
    await executeTool(tool, args, context, options);
    if (call >= 0) times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  const total = times.reduce((sum, ms) => sum + ms, 0);
  const rank = (share: number): number => times[Math.ceil(share * iterations) - 1] ?? 0;
  return {
    iterations,
    meanMs: total / iterations,
    p50: rank(0.5),
    p95: rank(0.95),
    p99: rank(0.99),
    // A clock that has not moved has measured nothing.
    ops: total === 0 ? 0 : (iterations / total) * 1000,
  };
}
