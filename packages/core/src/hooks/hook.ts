import type { SpellError } from "@llmspell/errors";
import type { Context } from "../context.js";
import type { AboutOf, DataAt, HookPoint, InputOf, Operation, OperationAt, OutputOf } from "./points.js";

/** What a hook is given. */
export interface HookContext<P extends HookPoint = HookPoint> {
  readonly point: P;
  readonly operation: OperationAt<P>;
  /** The input (before, around), the output (after) or the error (error), as the hooks before left it. */
  readonly data: DataAt<P>;
  /** The input of the operation, as it was done. */
  readonly input: InputOf<OperationAt<P>>;
  /** What the operation is about: names and ids, never changed. */
  readonly about: AboutOf<OperationAt<P>>;
  /** The run, with its ids, services and events. */
  readonly run: Context;
  /** Aborts when nobody waits for the hook any more: with the run, or a while after it for a hook that comes after its end. */
  readonly signal?: AbortSignal | undefined;
  /** The operation that this one is part of: the agent of a model call, the tool of a sub-agent. */
  readonly parent: OperationFrame | undefined;
  /** For the hooks of this one operation, to hand things on; keyed by them. */
  readonly values: Map<unknown, unknown>;
}

/** One operation under way, as seen from those inside it. */
export interface OperationFrame {
  readonly operation: Operation;
  readonly about: AboutOf<Operation>;
  readonly values: Map<unknown, unknown>;
  readonly parent: OperationFrame | undefined;
}

/**
 * What a hook decides: nothing to go on; `data` to go on with other data; `stop` to do
 * neither the hooks after it nor the operation, with `result` as its output or,
 * without one, an error. At an error, `stop` with a result recovers from it. At
 * `agent.cleanup` it only passes over the hooks after it.
 */
export type HookDecision<P extends HookPoint> =
  | undefined
  | void
  | { data: DataAt<P> }
  | (P extends "agent.cleanup" ? { stop: true } : { stop: true; result?: OutputOf<OperationAt<P>>; reason?: string });

/** Runs the hooks inside of this one and the operation; with another input if given. It may be called again. */
export type Next<O extends Operation> = (input?: InputOf<O>) => Promise<OutputOf<O>>;

interface HookBase<P extends HookPoint> {
  /** Says who it is in the log of changes, statistics and errors. */
  name: string;
  point: P;
  /** Lower ones come first (around: outermost), 0 by default; ties go by registration. */
  priority?: number;
  /** Only where it is true; see `hooks/filters`. One that throws counts as the hook that throws. */
  filter?: (context: HookContext) => boolean;
  /** `throw` (default) ends the operation with what the hook threw; `ignore` notes it in `run.hookErrors`. */
  onError?: "throw" | "ignore";
  /** Not waited for; its decision does not count and what it throws is noted. Not for `around`. */
  background?: boolean;
}

/** A function at one point, as an object. */
export type HookAt<P extends HookPoint> = HookBase<P> &
  (P extends `${string}.around`
    ? {
        run(
          context: HookContext<P>,
          next: Next<OperationAt<P>>,
        ): OutputOf<OperationAt<P>> | Promise<OutputOf<OperationAt<P>>>;
      }
    : { run(context: HookContext<P>): HookDecision<P> | Promise<HookDecision<P>> });

export type Hook = { [P in HookPoint]: HookAt<P> }[HookPoint];

/** Somebody changed what an operation works on. */
export interface HookChange {
  hook: string;
  point: HookPoint;
  before: unknown;
  after: unknown;
}

/** An error of a hook that did not end its operation. */
export interface HookFailure {
  hook: string;
  point: HookPoint;
  error: SpellError;
}
