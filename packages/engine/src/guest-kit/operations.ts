import { Pending, hostFailure, limitError, type Limits, type PendingCall, type ScriptValue } from "../index.js";
import { SpellError } from "@llmspell/errors";

/** How a host call that the guest waited for ended. */
export type Outcome =
  | { readonly ok: true; readonly value: ScriptValue | undefined }
  | { readonly ok: false; readonly error: SpellError };

/** What a guest waits for, to go on from. */
export interface SavedOperations {
  readonly pending: readonly PendingCall[];
  readonly outcomes: readonly (readonly [operation: number, outcome: Outcome])[];
}

/** A host call that has begun and has no answer yet. */
export class StartedCall {
  readonly pending: Pending;
  readonly functionId: number;
  readonly args: readonly ScriptValue[];

  constructor(pending: Pending, functionId: number, args: readonly ScriptValue[]) {
    this.pending = pending;
    this.functionId = functionId;
    this.args = args;
  }
}

interface Waiting {
  readonly call: PendingCall;
  pending: Pending;
}

/** The host calls a guest waits for, and the outcomes it has not fetched yet. */
export class Operations {
  readonly #limits: Limits;
  readonly #settled: (id: number) => void;
  readonly #sized: (size: number) => void;
  readonly #pending = new Map<number, Waiting>();
  readonly #outcomes = new Map<number, Outcome>();

  /**
   * @param settled is called when the outcome of an operation has come in.
   * @param sized is told how many are pending when that changes.
   */
  constructor(limits: Limits, settled: (id: number) => void, sized: (size: number) => void = () => {}) {
    this.#limits = limits;
    this.#sized = sized;
    this.#settled = settled;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** @throws SpellError `LIMIT_PENDING`; the call is then aborted. */
  add(call: PendingCall, pending: Pending): void {
    if (this.#pending.size >= this.#limits.pendingCalls) {
      const error = limitError("pendingCalls", this.#limits);
      drop(pending, error);
      throw error;
    }
    const waiting = { call, pending };
    this.#pending.set(call.operation, waiting);
    this.#sized(this.#pending.size);
    pending.promise.then(
      (value) => this.#settle(waiting, { ok: true, value }),
      (reason: unknown) => this.#settle(waiting, { ok: false, error: hostFailure(reason) }),
    );
  }

  #settle(waiting: Waiting, outcome: Outcome): void {
    const id = waiting.call.operation;
    if (this.#pending.get(id) !== waiting) return;
    this.#pending.delete(id);
    this.#sized(this.#pending.size);
    this.#outcomes.set(id, outcome);
    this.#settled(id);
  }

  /** @throws SpellError `INVALID_STATE` when there is no outcome (yet). */
  take(id: number): Outcome {
    const outcome = this.#outcomes.get(id);
    this.#outcomes.delete(id);
    if (outcome !== undefined) return outcome;
    throw new SpellError("INVALID_STATE", "a coroutine that waits for the host was resumed by the script");
  }

  /** The guest no longer waits for this one; its waiting code, if it goes on, takes `outcome`. */
  abort(id: number, outcome?: SpellError): void {
    const waiting = this.#pending.get(id);
    this.#pending.delete(id);
    if (outcome === undefined) this.#outcomes.delete(id);
    else this.#outcomes.set(id, { ok: false, error: outcome });
    waiting?.pending.abort(outcome ?? new SpellError("CANCELLED", "the spell no longer waits for this"));
  }

  abortAll(reason: SpellError): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const waiting of pending) {
      try {
        waiting.pending.abort(reason);
      } catch {
        // A host that fails to clean up must not keep the other operations from ending.
      }
    }
  }

  save(): SavedOperations {
    return { pending: [...this.#pending.values()].map(({ call }) => call), outcomes: [...this.#outcomes] };
  }

  /**
   * Goes back to what was waited for then: what began since is aborted, what
   * still goes on is kept.
   *
   * @returns the calls that nobody works on any more.
   */
  load({ pending, outcomes }: SavedOperations): PendingCall[] {
    const wanted = new Set(pending.map(({ operation }) => operation));
    for (const id of this.#pending.keys()) if (!wanted.has(id)) this.abort(id);
    this.#outcomes.clear();
    for (const [id, outcome] of outcomes) this.#outcomes.set(id, outcome);
    return pending.filter(({ operation }) => !this.#pending.has(operation));
  }

  /** Lets another guest wait for the same answer; the work is aborted when both have given it up. */
  share(id: number): Pending | undefined {
    const waiting = this.#pending.get(id);
    if (waiting === undefined) return undefined;
    const [mine, theirs] = splitPending(waiting.pending);
    waiting.pending = mine;
    return theirs;
  }
}

/** Aborts a call that nobody will wait for. */
export function drop(pending: Pending, reason: SpellError): void {
  pending.promise.catch(() => {});
  pending.abort(reason);
}

/** Two that wait for the same answer: the work ends when both were aborted. */
function splitPending(pending: Pending): [Pending, Pending] {
  let holders = 2;
  const half = (): Pending => {
    let holds = true;
    return new Pending(pending.promise, (reason) => {
      if (!holds) return;
      holds = false;
      if (--holders === 0) pending.abort(reason);
    });
  };
  return [half(), half()];
}
