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
  /** Waits until a step may begin, and counts it. @throws SpellError `BUDGET_EXCEEDED`. */
  begin(path: string, signal: AbortSignal): Promise<void>;
  ended(result: StepResult): void;
}

const MAX_STEPS = 10_000;

export interface ExecutionOptions extends Pick<
  Execution,
  "runId" | "services" | "root" | "included" | "gate" | "stored"
> {
  records: readonly StepRecord[];
  store(record: StepRecord): void;
  /** `didWork`: it is no group, and neither taken from a record nor made good by a fallback. */
  onEnd(result: StepResult, didWork: boolean): void;
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
    async begin(path, signal) {
      await gate.enter(path, signal);
      if (++begun > limit) {
        const details = { limit: "maxSteps", maxSteps: limit };
        throw new SpellError("BUDGET_EXCEEDED", `the run would take more than ${limit} steps`, { details });
      }
    },
    ended: (result) => onEnd(result, gate.leave(result.path)),
  };
}

/** Where a run can be paused: before each step and condition that does something. */
export interface Gate {
  /** Paths of what is doing something. */
  running(): string[];
  readonly closed: boolean;
  /** Waits while it is closed; then the path is running. */
  enter(path: string, signal: AbortSignal): Promise<void>;
  /** What ran at a path has ended. Whether anything did. */
  leave(path: string): boolean;
  /** The same, when what comes next belongs to it: if it was let through alone, so is that. */
  handOn(path: string): void;
  close(): void;
  open(): void;
  /** Lets one through a closed gate. */
  letOne(): void;
  /** Resolves when nothing is running. */
  idle(): Promise<void>;
}

export function createGate(closed: boolean): Gate {
  let permits = closed ? 0 : Number.POSITIVE_INFINITY;
  let waiting: (() => void)[] = [];
  let idling: (() => void)[] = [];
  /** With whether it was let through alone. */
  const running = new Map<string, boolean>();
  const isClosed = (): boolean => permits !== Number.POSITIVE_INFINITY;
  const wake = (): void => {
    while (permits > 0) {
      const next = waiting.shift();
      if (next === undefined) return;
      permits--;
      next();
    }
  };
  const letOne = (): void => {
    permits++;
    wake();
  };
  const leave = (path: string): boolean => {
    const ran = running.delete(path);
    if (running.size > 0) return ran;
    for (const resolve of idling) resolve();
    idling = [];
    return ran;
  };
  return {
    running: () => [...running.keys()],
    get closed() {
      return isClosed();
    },
    async enter(path, signal) {
      const alone = isClosed();
      if (permits > 0) permits--;
      else {
        let enter = (): void => {};
        const entered = new Promise<void>((resolve) => waiting.push((enter = resolve)));
        try {
          await raceAbort(entered, signal);
        } finally {
          waiting = waiting.filter((one) => one !== enter);
        }
      }
      running.set(path, alone && isClosed());
    },
    leave,
    handOn(path) {
      const alone = running.get(path) === true;
      leave(path);
      if (alone && isClosed()) letOne();
    },
    close: () => void (permits = 0),
    open() {
      permits = Number.POSITIVE_INFINITY;
      wake();
    },
    letOne,
    async idle() {
      if (running.size > 0) await new Promise<void>((resolve) => idling.push(resolve));
    },
  };
}
