import { SpellError } from "@llmspell/errors";
import { deadline, type Deadline } from "../abort.js";
import { addUsage, NO_USAGE, subtractUsage, type Usage } from "../models/model-ref.js";
import type { Context } from "../context.js";
import type { AgentRunOptions } from "./agent.js";
import type { LoopResult } from "./agent-loop.js";

/** `running` while any run is on, else how the last one ended. */
export type AgentStatus = "idle" | "running" | "completed" | "suspended" | "error" | "disposed";

/** Counted since the agent was made, or since what it was restored from. */
export interface AgentMetrics {
  /** Runs that were started, resumed ones included. */
  runs: number;
  errors: number;
  suspended: number;
  /** Milliseconds of all runs that have ended. */
  totalMs: number;
  /** Of the runs that did not fail. */
  usage: Usage;
  toolCalls: number;
  /** Those that failed, were denied or declined. */
  failedToolCalls: number;
}

const NONE: AgentMetrics = {
  runs: 0,
  errors: 0,
  suspended: 0,
  totalMs: 0,
  usage: NO_USAGE,
  toolCalls: 0,
  failedToolCalls: 0,
};

/** What a run has used. */
type Spent = Pick<LoopResult, "usage" | "toolCalls">;

const NOTHING: Spent = { usage: NO_USAGE, toolCalls: [] };

/** What ends a run. */
export interface RunLimits {
  timeoutMs: number | undefined;
  signals: readonly (AbortSignal | undefined)[];
}

/** What the runs of one agent have in common: status, counters, and an end. */
export interface Lifecycle {
  metrics(): AgentMetrics;
  /** What of it is shown of an agent. */
  info(): { status: AgentStatus } & Pick<AgentMetrics, "usage" | "runs" | "toolCalls">;
  restore(metrics: AgentMetrics): void;
  /**
   * Does one run within `limits`; `before` is what was counted of it already. The end of the agent ends it, too.
   *
   * @throws SpellError `INVALID_STATE` when the agent is disposed of, or is running and not reentrant.
   */
  run<T extends LoopResult>(limits: RunLimits, work: (limit: Deadline) => Promise<T>, before?: Spent): Promise<T>;
  /** Whether runs may overlap, from the next one on. */
  reentrant: boolean;
  /** @throws SpellError `INVALID_STATE` while a run is under way. */
  whileIdle<T>(what: string, change: () => T): T;
  /** Aborts what is under way and waits for it. No run begins any more. */
  dispose(): Promise<void>;
}

/** A run ends with the one it is part of. */
export function limitsOf(
  { signal, timeoutMs, context }: Pick<AgentRunOptions, "signal" | "timeoutMs" | "context">,
  own: Context | undefined,
): RunLimits {
  return { timeoutMs, signals: [signal, (context ?? own)?.signal] };
}

export function createLifecycle(name: string, reentrant: boolean): Lifecycle {
  const running = new Map<Promise<unknown>, Deadline>();
  let disposed = false;
  let metrics = NONE;
  let ended: AgentStatus = "idle";

  const count = (result: LoopResult, before: Spent): void => {
    const calls = result.toolCalls.slice(before.toolCalls.length);
    ended = result.status;
    metrics = {
      ...metrics,
      suspended: metrics.suspended + (result.status === "suspended" ? 1 : 0),
      usage: subtractUsage(addUsage(metrics.usage, result.usage), before.usage),
      toolCalls: metrics.toolCalls + calls.length,
      failedToolCalls: metrics.failedToolCalls + calls.filter(({ error }) => error !== undefined).length,
    };
  };

  const status = (): AgentStatus => {
    if (running.size > 0) return "running";
    return disposed ? "disposed" : ended;
  };

  return {
    metrics: () => ({ ...metrics, usage: { ...metrics.usage } }),
    info: () => ({ status: status(), usage: { ...metrics.usage }, runs: metrics.runs, toolCalls: metrics.toolCalls }),
    restore(to) {
      metrics = to;
    },
    get reentrant() {
      return reentrant;
    },
    set reentrant(may) {
      reentrant = may;
    },
    async run({ timeoutMs, signals }, work, before = NOTHING) {
      if (disposed) throw new SpellError("INVALID_STATE", `agent '${name}' is disposed of`);
      if (!reentrant && running.size > 0)
        throw new SpellError("INVALID_STATE", `agent '${name}' is running, and does one run at a time`);
      using limit = deadline("the run", timeoutMs, ...signals);
      metrics = { ...metrics, runs: metrics.runs + 1 };
      const started = performance.now();
      const done = work(limit);
      running.set(done, limit);
      try {
        const result = await done;
        count(result, before);
        return result;
      } catch (error) {
        ended = "error";
        metrics = { ...metrics, errors: metrics.errors + 1 };
        throw error;
      } finally {
        running.delete(done);
        metrics = { ...metrics, totalMs: metrics.totalMs + performance.now() - started };
      }
    },
    whileIdle(what, change) {
      if (running.size === 0) return change();
      throw new SpellError("INVALID_STATE", `agent '${name}' is running: ${what} must wait`);
    },
    async dispose() {
      disposed = true;
      const reason = new SpellError("CANCELLED", `agent '${name}' was disposed of`);
      for (const limit of running.values()) limit.abort(reason);
      await Promise.allSettled(running.keys());
    },
  };
}
