import { SpellError } from "@llmspell/errors";
import type { Guest, GuestState } from "./engine.js";

/**
 * Which state may follow which. `running` goes back to `ready` after the host
 * has only read or written a global.
 */
export const TRANSITIONS: Readonly<Record<GuestState, readonly GuestState[]>> = {
  ready: ["running", "killed", "disposed"],
  running: ["ready", "suspended", "finished", "failed", "killed"],
  suspended: ["running", "killed", "disposed"],
  finished: ["running", "killed", "disposed"],
  failed: ["running", "killed", "disposed"],
  killed: ["disposed"],
  disposed: [],
};

/** What may be done with a guest, beside looking at `state`, `limits`, `usage` and `position`. */
export type GuestAction =
  | {
      [K in keyof Guest]: Guest[K] extends (...args: never[]) => unknown ? K : never;
    }[Exclude<keyof Guest, symbol>]
  | "dispose";

const AT_REST = ["ready", "suspended", "finished", "failed"] as const;

/**
 * In which states each action is allowed; in the others it raises
 * `INVALID_STATE`, and in `killed` the reason why the guest was killed. An action
 * with a feature flag that is off is `UNSUPPORTED` in every state.
 */
export const ALLOWED: Readonly<Record<GuestAction, readonly GuestState[]>> = {
  run: AT_REST,
  call: AT_REST,
  reload: AT_REST,
  getGlobal: AT_REST,
  setGlobal: AT_REST,
  snapshot: AT_REST,
  rollback: AT_REST,
  functionRef: [...AT_REST, "running"],
  sameFunction: [...AT_REST, "running"],
  weakRef: [...AT_REST, "running"],
  expireHandles: AT_REST,
  fork: AT_REST,
  attachDebugger: [...AT_REST, "running"],
  startProfiler: [...AT_REST, "running"],
  startCoverage: [...AT_REST, "running"],
  /** In `running` only from inside a host call. */
  callSync: ["running"],
  updateLimits: [...AT_REST, "running"],
  charge: [...AT_REST, "running"],
  /** Without effect in the last two. */
  stop: [...AT_REST, "running", "killed", "disposed"],
  dispose: [...AT_REST, "killed", "disposed"],
};

/** The state of one guest, which changes only as {@link TRANSITIONS} says. */
export class Lifecycle {
  #state: GuestState = "ready";
  /** Why the guest was killed. */
  #reason: SpellError | undefined;

  get state(): GuestState {
    return this.#state;
  }

  /** @throws SpellError `INTERNAL` when an engine does what {@link TRANSITIONS} does not have. */
  to(next: GuestState): void {
    const state = this.#state;
    if (state === next) return;
    if (!TRANSITIONS[state].includes(next)) {
      throw new SpellError("INTERNAL", `a guest cannot go from '${state}' to '${next}'`);
    }
    this.#state = next;
  }

  /** Takes over the state that a snapshot was made in. */
  restore(state: GuestState): void {
    this.#state = state;
  }

  kill(reason: SpellError): void {
    this.to("killed");
    this.#reason ??= reason;
  }

  /** @throws SpellError `INVALID_STATE` naming state and action; in `killed` the reason of that. */
  check(action: GuestAction): void {
    const state = this.#state;
    if (ALLOWED[action].includes(state)) return;
    if (state === "killed" && this.#reason !== undefined) throw this.#reason;
    throw stateError(action, state, HINTS[action]?.[state]);
  }
}

const WHILE_RUNNING = "from inside a host call, use callSync";
const OUTSIDE = "it works only while the guest calls the host";

const HINTS: { readonly [A in GuestAction]?: { readonly [S in GuestState]?: string } } = {
  run: { running: WHILE_RUNNING },
  call: { running: WHILE_RUNNING },
  expireHandles: { running: "tell it when the guest is at rest" },
  reload: { running: "reload from outside the guest's calls" },
  callSync: { ready: OUTSIDE, suspended: OUTSIDE, finished: OUTSIDE, failed: OUTSIDE },
};

/** An action that the guest's state does not allow. */
export function stateError(action: GuestAction, state: GuestState, hint?: string): SpellError {
  const message = `${action} is not possible: the guest is ${state}`;
  return new SpellError("INVALID_STATE", hint === undefined ? message : `${message}; ${hint}`, {
    details: { state, action },
  });
}
