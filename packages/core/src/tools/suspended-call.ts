import type { ApprovalDecision, ApprovalRequest, WaitingCall } from "../agent/approval.js";
import type { Tool } from "./tool.js";

/**
 * What a tool returns when it cannot go on before calls inside it are decided on. Whoever called
 * it keeps this, asks, and calls the tool again with `state` in its context: so nothing that was
 * done is done again. Only for a caller that gives the tool `context.nested`.
 */
export class SuspendedCall {
  /** What the tool goes on from; plain JSON. */
  readonly state: unknown;
  readonly pending: readonly ApprovalRequest[];

  constructor(state: unknown, pending: readonly ApprovalRequest[]) {
    this.state = state;
    this.pending = pending;
  }
}

/** A call of a tool that another tool makes. */
export interface NestedCall {
  /** Has to be another one for each call inside the same one, and the same again when that goes on. */
  id: string;
  name: string;
  args: unknown;
  signal?: AbortSignal | undefined;
  /** What the call waited for, when it did. */
  waiting?: WaitingCall | undefined;
}

/** How a nested call ended: with `edited` arguments a person has changed them. */
export type NestedOutcome =
  | { result: unknown; edited?: { args: unknown }; waiting?: undefined }
  | { waiting: WaitingCall };

/** How a tool calls tools, as a part of the run that called itself. */
export interface NestedCalls {
  /** What the tool goes on from: that of the {@link SuspendedCall} that it returned before. */
  readonly state?: unknown;
  /** By id of the question: those that were made since. */
  readonly decisions: Readonly<Record<string, ApprovalDecision>>;
  /**
   * A call with everything that belongs to one of the model's own: hooks, events, approval,
   * powers, checks of its arguments. One that waits for a decision makes the tool return a
   * {@link SuspendedCall}.
   *
   * @throws SpellError what went wrong with it, `PERMISSION_DENIED` when it was declined.
   */
  call(call: NestedCall, tool: Tool): Promise<NestedOutcome>;
}
