import { isErrorCode, SpellError, type ErrorCode } from "@llmspell/errors";
import { isRecord } from "../json.js";

/** What is known of the calls of one tool. */
export interface ToolCounters {
  calls: number;
  /** Failed calls by the code of their error. */
  failures: Partial<Record<ErrorCode, number>>;
  /** Milliseconds of all calls together, and of the longest. */
  totalMs: number;
  maxMs: number;
}

/** Counts calls of tools by name. */
export interface ToolStats {
  /** One call that took `ms` milliseconds; `failure` is the code of its error. */
  record(name: string, ms: number, failure?: ErrorCode): void;
  /** Zeros for a tool that was never called. */
  get(name: string): ToolCounters;
  /** Adds what was counted elsewhere. @throws SpellError as {@link createToolStats}. */
  add(others: Readonly<Record<string, ToolCounters>>): void;
  /** Plain data, as {@link createToolStats} takes it. */
  all(): Record<string, ToolCounters>;
}

/**
 * Statistics, continued from `earlier` ones.
 *
 * @throws SpellError `INVALID_ARGUMENT` when `earlier` is not what {@link ToolStats.all} gave.
 */
export function createToolStats(earlier: Readonly<Record<string, ToolCounters>> = {}): ToolStats {
  const tools = new Map<string, ToolCounters>();
  const add = (name: string, counters: ToolCounters): void => {
    if (!areCounters(counters))
      throw new SpellError("INVALID_ARGUMENT", `the statistics of tool '${name}' are malformed`);
    const { calls, failures, totalMs, maxMs } = tools.get(name) ?? zeros();
    const codes = new Set([...Object.keys(failures), ...Object.keys(counters.failures)] as ErrorCode[]);
    tools.set(name, {
      calls: calls + counters.calls,
      failures: Object.fromEntries(
        [...codes].map((code) => [code, (failures[code] ?? 0) + (counters.failures[code] ?? 0)]),
      ),
      totalMs: totalMs + counters.totalMs,
      maxMs: Math.max(maxMs, counters.maxMs),
    });
  };
  const addAll = (others: Readonly<Record<string, ToolCounters>>): void => {
    for (const [name, counters] of Object.entries(others)) add(name, counters);
  };
  addAll(earlier);
  return {
    add: addAll,
    record(name, ms, failure) {
      const counters = tools.get(name) ?? zeros();
      tools.set(name, counters);
      counters.calls++;
      counters.totalMs += ms;
      counters.maxMs = Math.max(counters.maxMs, ms);
      if (failure !== undefined) counters.failures[failure] = (counters.failures[failure] ?? 0) + 1;
    },
    get: (name) => copy(tools.get(name) ?? zeros()),
    all: () => Object.fromEntries([...tools].map(([name, counters]) => [name, copy(counters)])),
  };
}

const zeros = (): ToolCounters => ({ calls: 0, failures: {}, totalMs: 0, maxMs: 0 });
const copy = (counters: ToolCounters): ToolCounters => ({ ...counters, failures: { ...counters.failures } });
const isCount = (value: unknown): boolean => typeof value === "number" && value >= 0 && Number.isFinite(value);

function areCounters(value: unknown): value is ToolCounters {
  return (
    isRecord(value) &&
    [value["calls"], value["totalMs"], value["maxMs"]].every(isCount) &&
    isRecord(value["failures"]) &&
    Object.entries(value["failures"]).every(([code, count]) => isErrorCode(code) && isCount(count))
  );
}
