import { SpellError } from "@llmspell/errors";
import { throwIfAborted } from "../abort.js";
import { systemClock, type Clock } from "../clock.js";

/** What calls took, in milliseconds. */
export interface Timings {
  iterations: number;
  mean_ms: number;
  p50: number;
  p95: number;
  min_ms: number;
  max_ms: number;
  /** Calls a second, one after the other. */
  ops: number;
}

export interface LoadOptions {
  /** Calls at the same time; 4 by default. */
  concurrency?: number;
  /** Milliseconds in which calls are begun; 1 000 by default. */
  durationMs?: number;
  /** The most calls that are begun in a second; as many as there can be by default. */
  rps?: number;
  clock?: Clock;
}

export interface LoadResult {
  total: number;
  errors: number;
  /** Calls a second that ended. */
  rps: number;
  p50: number;
  p95: number;
}

const MOST_CALLS = 1_000_000;

/** The nearest rank. */
function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
}

/** Times `iterations` calls, one after the other, after one that warms up. What a call throws ends it. */
export async function benchmark(
  call: () => Promise<unknown>,
  iterations = 100,
  signal?: AbortSignal,
): Promise<Timings> {
  if (!(Number.isInteger(iterations) && iterations > 0 && iterations <= MOST_CALLS))
    throw new SpellError("INVALID_ARGUMENT", `'iterations' must be a whole number from 1 to ${MOST_CALLS}`);
  await call();
  const times: number[] = [];
  for (let i = 0; i < iterations; i++) {
    throwIfAborted(signal);
    const started = performance.now();
    await call();
    times.push(performance.now() - started);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const sum = times.reduce((total, each) => total + each, 0);
  return {
    iterations,
    mean_ms: sum / iterations,
    p50: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    min_ms: sorted[0] ?? 0,
    max_ms: sorted.at(-1) ?? 0,
    ops: sum === 0 ? 0 : (1000 * iterations) / sum,
  };
}

/** Calls from several sides at once for a while; a call that fails counts as an error. */
export async function loadTest(
  call: () => Promise<unknown>,
  { concurrency = 4, durationMs = 1000, rps = Number.POSITIVE_INFINITY, clock = systemClock }: LoadOptions = {},
  signal?: AbortSignal,
): Promise<LoadResult> {
  if (!(Number.isInteger(concurrency) && concurrency > 0 && concurrency <= 1000))
    throw new SpellError("INVALID_ARGUMENT", "'concurrency' must be a whole number from 1 to 1000");
  if (!(durationMs > 0) || !(rps > 0))
    throw new SpellError("INVALID_ARGUMENT", "'duration' and 'rps' of a load test must be above 0");
  const times: number[] = [];
  const started = clock.now();
  const left = (): number => started + durationMs - clock.now();
  let errors = 0;
  let begun = 0;
  const caller = async (): Promise<void> => {
    while (left() > 0 && begun < MOST_CALLS) {
      throwIfAborted(signal);
      const due = started + (1000 * begun++) / rps;
      if (due >= started + durationMs) return;
      if (due > clock.now()) await clock.sleep(due - clock.now(), signal);
      const from = performance.now();
      try {
        await call();
      } catch {
        errors++;
      }
      times.push(performance.now() - from);
      // Calls that never wait must leave the others, and the clock, their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  const sorted = times.toSorted((a, b) => a - b);
  const tookMs = Math.max(1, clock.now() - started);
  return {
    total: times.length,
    errors,
    rps: (1000 * times.length) / tookMs,
    p50: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
  };
}
