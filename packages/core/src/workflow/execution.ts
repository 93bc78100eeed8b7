import { SpellError } from "@llmspell/errors";
import { raceAbort } from "../abort.js";
import { breather } from "../breather.js";
import { systemClock, type Clock } from "../clock.js";
import { createBreaker, type Breaker, type BreakerOptions } from "../resilience/breaker.js";
import type { StepResult } from "./definition.js";
import type { StepRecord } from "./run-store.js";
import type { Memory } from "./scope.js";
import type { WorkflowServices } from "./services.js";
import type { NamedStep, NamedWorkflow } from "./workflow.js";

/** A step that may have to be undone. */
interface Undo {
  seq: number;
  path: string;
  step: NamedStep;
  input: unknown;
  output: unknown;
  memory: Memory;
}

/** What all steps of one run share. */
export interface Execution {
  readonly runId: string;
  readonly services: WorkflowServices;
  readonly clock: Clock;
  readonly root: NamedWorkflow;
  readonly included: ReadonlyMap<string, NamedWorkflow>;
  readonly gate: Gate;
  /** Whether outputs must be plain data, because they are stored. */
  readonly stored: boolean;
  /** What earlier processes finished, by path. */
  readonly records: ReadonlyMap<string, StepRecord>;
  readonly undo: Undo[];
  breaker(options: BreakerOptions & { name: string }): Breaker;
  /** Stores it; what is stored is finished. The number it got. */
  commit(record: Omit<StepRecord, "seq">): number;
  /** Lets others have their turn: steps that wait for nothing would follow each other without end. */
  breathe(): Promise<void> | undefined;
  /** Counts a step that begins. @throws SpellError `BUDGET_EXCEEDED`. */
  begin(path: string): void;
  ended(result: StepResult): void;
}

const MAX_STEPS = 10_000;

export interface ExecutionOptions extends Pick<
  Execution,
  "runId" | "services" | "root" | "included" | "gate" | "stored"
> {
  records: readonly StepRecord[];
  store(record: StepRecord): void;
  onEnd(result: StepResult): void;
}

export function createExecution({ records, store, onEnd, ...shared }: ExecutionOptions): Execution {
  const { root, services, gate } = shared;
  const { clock = systemClock, breakers = new Map<string, Breaker>() } = services;
  const limit = root.maxSteps ?? MAX_STEPS;
  let seq = records.reduce((last, record) => Math.max(last, record.seq), 0);
  let begun = records.filter(({ status }) => status !== "mark").length;
  return {
    ...shared,
    clock,
    records: new Map(records.map((record) => [record.path, record])),
    undo: [],
    breathe: breather(),
    breaker(options) {
      const breaker = breakers.get(options.name) ?? createBreaker({ ...options, clock });
      breakers.set(options.name, breaker);
      return breaker;
    },
    commit(record) {
      store({ ...record, seq: ++seq });
      return seq;
    },
    begin(path) {
      if (++begun > limit) {
        const details = { limit: "maxSteps", maxSteps: limit };
        throw new SpellError("BUDGET_EXCEEDED", `the run would take more than ${limit} steps`, { details });
      }
      gate.running.add(path);
    },
    ended(result) {
      gate.running.delete(result.path);
      gate.changed();
      onEnd(result);
    },
  };
}

/** Where a run can be paused: before each step that does something. */
export interface Gate {
  /** Paths of the steps that are doing something. */
  readonly running: Set<string>;
  readonly closed: boolean;
  /** Waits while it is closed. */
  pass(signal: AbortSignal): Promise<void>;
  close(): void;
  open(): void;
  /** Lets one step through a closed gate. */
  letOne(): void;
  /** Resolves when nothing is running. */
  idle(): Promise<void>;
  /** To be called when something stopped running. */
  changed(): void;
}

export function createGate(closed: boolean): Gate {
  let permits = closed ? 0 : Number.POSITIVE_INFINITY;
  let waiting: (() => void)[] = [];
  let idling: (() => void)[] = [];
  const running = new Set<string>();
  const wake = (): void => {
    while (permits > 0) {
      const next = waiting.shift();
      if (next === undefined) return;
      permits--;
      next();
    }
  };
  return {
    running,
    get closed() {
      return permits !== Number.POSITIVE_INFINITY;
    },
    async pass(signal) {
      if (permits > 0) {
        permits--;
        return;
      }
      let enter = (): void => {};
      const entered = new Promise<void>((resolve) => waiting.push((enter = resolve)));
      try {
        await raceAbort(entered, signal);
      } finally {
        waiting = waiting.filter((one) => one !== enter);
      }
    },
    close: () => void (permits = 0),
    open() {
      permits = Number.POSITIVE_INFINITY;
      wake();
    },
    letOne() {
      permits++;
      wake();
    },
    async idle() {
      if (running.size > 0) await new Promise<void>((resolve) => idling.push(resolve));
    },
    changed() {
      if (running.size > 0) return;
      for (const resolve of idling) resolve();
      idling = [];
    },
  };
}
