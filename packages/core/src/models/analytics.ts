import type { Emitter, Subscription } from "../events/emitter.js";
import type { SystemEvents } from "../events/system-events.js";
import type { AnsweredBy } from "./answered-by.js";
import type { Catalog } from "./catalog/catalog.js";
import type { Cost, TokenUsage } from "./catalog/cost.js";

/** How a model did here. Milliseconds, tokens and costs are those of calls that were answered. */
export interface ModelPerformance {
  /** `provider:model`. */
  model: string;
  /** Calls that ended, those that failed included. */
  calls: number;
  errors: number;
  /** `errors` of `calls`, 0 to 1. */
  errorRate: number;
  /** How often each error code came. */
  errorCodes: Record<string, number>;
  /** Milliseconds of a call, its retries included: half of the calls, and 19 of 20, took at most so long. */
  p50Ms?: number;
  p95Ms?: number;
  inputTokens: number;
  outputTokens: number;
  /** USD; undefined when the price of the model is not known. */
  cost?: number;
}

/** How the models of an application do. `using` it, or `off()`, ends it. */
export interface ModelAnalytics extends Disposable {
  /** Of all models by id, or of one; with `windowMs` of the calls that ended within the last so many milliseconds. */
  list(options?: { model?: string; windowMs?: number }): ModelPerformance[];
  reset(): void;
  off(): void;
}

interface Call {
  model: string;
  at: number;
  error?: string;
  durationMs?: number;
  inputTokens: number;
  outputTokens: number;
  cost?: number | undefined;
}

/**
 * Learns from the events `model.completed` and `model.failed` how models do. What a pool answers
 * counts for the member that answered, without a duration for the members that failed before.
 *
 * @example
 * const analytics = createModelAnalytics(events, { catalog: models.catalog });
 * analytics.list().map(({ model, p95Ms, cost }) => `${model}: ${p95Ms} ms, $${cost}`);
 */
export function createModelAnalytics(
  events: Emitter,
  {
    catalog,
    maxCalls = 10_000,
    now = Date.now,
  }: {
    /** Where prices are; without it there are no costs. */
    catalog?: Catalog;
    /** Calls that are remembered, the latest; 10 000 by default. */
    maxCalls?: number;
    now?: () => number;
  } = {},
): ModelAnalytics {
  let calls: Call[] = [];
  const add = (call: Call): void => {
    calls.push(call);
    // Not one by one: that would move all of them each time.
    if (calls.length >= 2 * maxCalls) calls = calls.slice(-maxCalls);
  };
  const failed = (model: string, at: number, error: string, durationMs?: number): void =>
    add({ model, at, error, inputTokens: 0, outputTokens: 0, ...(durationMs === undefined ? {} : { durationMs }) });

  const listeners: Subscription[] = [
    events.on("model.completed", ({ payload, timestamp }) => {
      const { provider, model, usage, durationMs, answeredBy } = payload as SystemEvents["model.completed"];
      for (const failure of answeredBy?.failures ?? []) failed(failure.model, timestamp, failure.code);
      const id = answeredBy?.model ?? `${provider}:${model}`;
      // Each of a consensus was asked; how long the others took is not known.
      for (const part of sharesOf(usage, id, answeredBy)) {
        const { inputTokens, outputTokens } = part.usage;
        const cost = catalog?.costOf(part.usage, part.model)?.total;
        const took = part.model === id ? { durationMs } : {};
        add({ model: part.model, at: timestamp, inputTokens, outputTokens, cost, ...took });
      }
    }),
    events.on("model.failed", ({ payload, timestamp }) => {
      const { provider, model, error, durationMs } = payload as SystemEvents["model.failed"];
      failed(`${provider}:${model}`, timestamp, error.code, durationMs);
    }),
  ];
  const off = (): void => listeners.forEach((listener) => listener.off());
  return {
    list({ model, windowMs = Number.POSITIVE_INFINITY } = {}) {
      const since = now() - windowMs;
      const byModel = new Map<string, Call[]>();
      for (const call of calls.slice(-maxCalls)) {
        if (call.at < since || (model !== undefined && call.model !== model)) continue;
        const others = byModel.get(call.model);
        if (others === undefined) byModel.set(call.model, [call]);
        else others.push(call);
      }
      return [...byModel].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([id, each]) => performanceOf(id, each));
    },
    reset: () => void (calls = []),
    off,
    [Symbol.dispose]: off,
  };
}

/** What each model used for an answer: all that were asked for a consensus, else the one that gave it. */
const sharesOf = (
  usage: TokenUsage,
  model: string,
  answeredBy: AnsweredBy | undefined,
): readonly { model: string; usage: TokenUsage }[] => answeredBy?.agreement?.usages ?? [{ model, usage }];

/** What an answer costs, a consensus that of all its models together; undefined when a price is not known. */
export function costOfAnswer(
  usage: TokenUsage,
  model: string,
  { catalog, answeredBy }: { catalog: Catalog; answeredBy: AnsweredBy | undefined },
): Cost | undefined {
  let sum: Cost = { input: 0, output: 0, total: 0 };
  for (const part of sharesOf(usage, model, answeredBy)) {
    const cost = catalog.costOf(part.usage, part.model);
    if (cost === undefined) return undefined;
    sum = { input: sum.input + cost.input, output: sum.output + cost.output, total: sum.total + cost.total };
  }
  return sum;
}

function performanceOf(model: string, calls: readonly Call[]): ModelPerformance {
  const answered = calls.filter(({ error }) => error === undefined);
  const times = answered.flatMap(({ durationMs }) => (durationMs === undefined ? [] : [durationMs]));
  const sorted = times.toSorted((a, b) => a - b);
  const errorCodes: Record<string, number> = {};
  for (const { error } of calls) if (error !== undefined) errorCodes[error] = (errorCodes[error] ?? 0) + 1;
  const errors = calls.length - answered.length;
  const sum = (read: (call: Call) => number): number => answered.reduce((total, call) => total + read(call), 0);
  const priced = answered.length > 0 && answered.every(({ cost }) => cost !== undefined);
  return {
    model,
    calls: calls.length,
    errors,
    errorRate: errors / calls.length,
    errorCodes,
    ...(sorted.length === 0 ? {} : { p50Ms: percentile(sorted, 0.5), p95Ms: percentile(sorted, 0.95) }),
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    ...(priced ? { cost: sum(({ cost = 0 }) => cost) } : {}),
  };
}

/** The smallest value that at least so large a share of the values is not above (nearest rank). */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
