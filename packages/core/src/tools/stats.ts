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
  for (const [name, counters] of Object.entries(earlier)) {
    if (!areCounters(counters))
      throw new SpellError("INVALID_ARGUMENT", `the statistics of tool '${name}' are malformed`);
    tools.set(name, copy(counters));
  }
  return {
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
