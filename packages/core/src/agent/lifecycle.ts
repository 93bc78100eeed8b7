import { SpellError } from "@llmspell/errors";
import { deadline, type Deadline } from "../abort.js";
import { addUsage, NO_USAGE, subtractUsage, type Usage } from "../models/model-ref.js";
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

const IDLE: readonly never[] = [];

/** What the runs of one agent have in common: status, counters, and an end. */
export class Lifecycle {
  readonly #name: string;
  #running: readonly RunUnderWay[] = IDLE;
  #metrics = NONE;
  #ended: AgentStatus = "idle";
  /** Whether runs may overlap, from the next one on. */
  reentrant: boolean;

  constructor(name: string, reentrant: boolean) {
    this.#name = name;
    this.reentrant = reentrant;
  }

  metrics(): AgentMetrics {
    return { ...this.#metrics, usage: { ...this.#metrics.usage } };
  }

  /** What of it is shown of an agent. */
  info(): { status: AgentStatus } & Pick<AgentMetrics, "usage" | "runs" | "toolCalls"> {
    const { usage, runs, toolCalls } = this.#metrics;
    return { status: this.#running.length > 0 ? "running" : this.#ended, usage: { ...usage }, runs, toolCalls };
  }

  restore(metrics: AgentMetrics): void {
    this.#metrics = metrics;
  }

  /**
   * Begins a run within `limits`; `before` is what was counted of it already. The end of the agent ends it, too.
   *
   * @throws SpellError `INVALID_STATE` when the agent is disposed of, or is running and not reentrant.
   */
  begin({ timeoutMs, signals }: RunLimits, before: Spent = NOTHING): RunUnderWay {
    if (this.#ended === "disposed") throw new SpellError("INVALID_STATE", `agent '${this.#name}' is disposed of`);
    if (!this.reentrant && this.#running.length > 0)
      throw new SpellError("INVALID_STATE", `agent '${this.#name}' is running, and does one run at a time`);
    const run = new RunUnderWay(this, deadline("the run", timeoutMs, ...signals), before);
    this.#running = this.#running.concat(run);
    this.#count({ runs: 1 });
    return run;
  }

  /** @internal Counts a run that is over. */
  end(run: RunUnderWay, durationMs: number, result: LoopResult | undefined, { usage, toolCalls }: Spent): void {
    this.#running = this.#running.filter((other) => other !== run);
    if (this.#ended !== "disposed") this.#ended = result?.status ?? "error";
    if (result === undefined) {
      this.#count({ errors: 1, totalMs: durationMs });
      return;
    }
    const calls = result.toolCalls.slice(toolCalls.length);
    this.#count({
      totalMs: durationMs,
      suspended: result.status === "suspended" ? 1 : 0,
      toolCalls: calls.length,
      failedToolCalls: calls.filter(({ error }) => error !== undefined).length,
    });
    this.#metrics.usage = subtractUsage(addUsage(this.#metrics.usage, result.usage), usage);
  }

  /** @throws SpellError `INVALID_STATE` while a run is under way. */
  whileIdle<T>(what: string, change: () => T): T {
    if (this.#running.length === 0) return change();
    throw new SpellError("INVALID_STATE", `agent '${this.#name}' is running: ${what} must wait`);
  }

  /** Aborts what is under way and waits for it. No run begins any more. */
  async dispose(): Promise<void> {
    this.#ended = "disposed";
    const reason = new SpellError("CANCELLED", `agent '${this.#name}' was disposed of`);
    for (const { limit } of this.#running) limit.abort(reason);
    await Promise.all(this.#running.map((run) => run.over()));
  }

  #count(more: Partial<Omit<AgentMetrics, "usage">>): void {
    const counted = { ...this.#metrics };
    for (const [name, by] of Object.entries(more)) counted[name as keyof typeof more] += by;
    this.#metrics = counted;
  }
}

/** A run that has begun. Whoever began it says how it ended: {@link completed} or {@link failed}. */
export class RunUnderWay {
  readonly limit: Deadline;
  readonly #life: Lifecycle;
  readonly #before: Spent;
  readonly #started = performance.now();
  #over: Promise<void> | undefined;
  #onEnd: (() => void) | undefined;

  constructor(life: Lifecycle, limit: Deadline, before: Spent) {
    this.#life = life;
    this.limit = limit;
    this.#before = before;
  }

  completed<T extends LoopResult>(result: T): T {
    this.#end(result);
    return result;
  }

  /** The error, to be thrown on. */
  failed(error: unknown): unknown {
    this.#end(undefined);
    return error;
  }

  /** Once it is. */
  over(): Promise<void> {
    return (this.#over ??= new Promise((resolve) => (this.#onEnd = resolve)));
  }

  #end(result: LoopResult | undefined): void {
    this.limit[Symbol.dispose]();
    this.#life.end(this, performance.now() - this.#started, result, this.#before);
    this.#onEnd?.();
  }
}
