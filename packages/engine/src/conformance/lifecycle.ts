import assert from "node:assert/strict";
import { SpellError, isSpellError } from "@llmspell/errors";
import {
  ALLOWED,
  FunctionRef,
  TRANSITIONS,
  type Engine,
  type Guest,
  type GuestAction,
  type GuestState,
  type Snapshot,
} from "../index.js";
import { caseMaker, failure, type ConformanceCase, type ConformanceKit, type Stage } from "./kit.js";
import type { Programs } from "./programs.js";

const REASON = new SpellError("INTERRUPTED", "enough");
const NO_SNAPSHOT: Snapshot = { engineHash: "", byteLength: 0, pending: [], encode: () => new Uint8Array() };
const FOREIGN = new FunctionRef(1_000_000, () => {});

/** Does each action once; what it gives does not matter, only whether the state allows it. */
const ACTIONS: Readonly<Record<GuestAction, (guest: Guest, programs: Programs) => unknown>> = {
  run: (guest, { returnInteger }) => guest.run(returnInteger).result(),
  call: (guest) => guest.call(FOREIGN).result(),
  reload: (guest) => guest.reload("no such module", "").result(),
  callSync: (guest) => guest.callSync(FOREIGN),
  getGlobal: (guest) => guest.getGlobal("input"),
  setGlobal: (guest) => guest.setGlobal("input", 1),
  updateLimits: (guest) => guest.updateLimits({ hostCalls: 10 }),
  charge: (guest) => guest.charge({ fuel: 1 }),
  stop: (guest) => guest.stop(REASON),
  snapshot: (guest) => guest.snapshot(),
  rollback: (guest) => guest.rollback(NO_SNAPSHOT),
  functionRef: (guest) => guest.functionRef(1_000_000),
  sameFunction: (guest) => guest.sameFunction(FOREIGN, FOREIGN),
  weakRef: (guest) => guest.weakRef(FOREIGN),
  expireHandles: (guest) => guest.expireHandles().result(),
  fork: (guest) => guest.fork(1).forEach((fork) => fork[Symbol.dispose]()),
  attachDebugger: (guest) => guest.attachDebugger().detach(),
  startProfiler: (guest) => guest.startProfiler().stop(),
  startCoverage: (guest) => guest.startCoverage().stop(),
  dispose: (guest) => guest[Symbol.dispose](),
};

/** Brings a guest into a state and does `act` there. */
const STATES: Readonly<Record<GuestState, (stage: Stage, act: (guest: Guest) => Promise<void>) => Promise<void>>> = {
  async ready({ another }, act) {
    await act(another().guest);
  },
  async running({ another, programs }, act) {
    const { guest, host } = another();
    let acting: Promise<void> | undefined;
    host.onCall = () => (acting ??= act(guest));
    await guest
      .run(programs.returnState)
      .result()
      .catch(() => {});
    assert.ok(acting !== undefined, "the guest does not call its host");
    await acting;
  },
  async suspended({ another, programs, quiet }, act) {
    const { guest, host } = another();
    const task = guest.run(programs.awaitOne);
    void task.result().catch(() => {});
    await quiet(guest);
    const acting = act(guest);
    await quiet(guest);
    if (host.waiting.includes("a") && guest.state === "suspended") host.resolve("a", 1);
    await acting;
  },
  async finished({ another, programs }, act) {
    const { guest } = another();
    await guest.run(programs.returnInteger).result();
    await act(guest);
  },
  async failed({ another, programs }, act) {
    const { guest } = another();
    await failure(guest.run(programs.throwOnLine7), "SCRIPT_ERROR");
    await act(guest);
  },
  async killed({ another }, act) {
    const { guest } = another();
    guest.stop(REASON);
    await act(guest);
  },
  async disposed({ another }, act) {
    const { guest } = another();
    guest[Symbol.dispose]();
    await act(guest);
  },
};

/** What the lifecycle says that an action in a state ends with; nothing when it is allowed. */
function refusal(
  { features }: Engine,
  action: GuestAction,
  state: GuestState,
): "UNSUPPORTED" | "INTERRUPTED" | "INVALID_STATE" | undefined {
  if (action === "snapshot" && !features.snapshots) return "UNSUPPORTED";
  if (action === "fork" && !features.forks) return "UNSUPPORTED";
  if (action === "weakRef" && !features.weakFunctions) return "UNSUPPORTED";
  if (action === "attachDebugger" && !features.debugging) return "UNSUPPORTED";
  if (action === "startProfiler" && !features.profiling) return "UNSUPPORTED";
  if (action === "startCoverage" && !features.coverage) return "UNSUPPORTED";
  if (ALLOWED[action].includes(state)) return undefined;
  return state === "killed" ? "INTERRUPTED" : "INVALID_STATE";
}

async function outcomeOf(action: () => unknown): Promise<SpellError | undefined> {
  try {
    await action();
    return undefined;
  } catch (thrown) {
    assert.ok(isSpellError(thrown), `expected a SpellError, got ${String(thrown)}`);
    return thrown;
  }
}

export function lifecycleCases(kit: ConformanceKit): ConformanceCase[] {
  const make = caseMaker(kit, "lifecycle");
  const states = Object.keys(TRANSITIONS) as GuestState[];
  const actions = Object.keys(ACTIONS) as GuestAction[];
  return states.map((state) =>
    make(
      `in the state ${state} a guest does what it may, and names state and action of what it may not`,
      async (stage) => {
        if (state === "suspended" && !stage.engine.features.async) return;
        for (const action of actions) {
          const expected = refusal(stage.engine, action, state);
          await STATES[state](stage, async (guest) => {
            assert.equal(guest.state, state);
            const error = await outcomeOf(() => ACTIONS[action](guest, stage.programs));
            const what = `${action} of a guest that is ${state}`;
            if (expected === undefined) {
              assert.ok(error?.details["action"] === undefined, `${what} is refused: ${error?.message}`);
              return;
            }
            assert.equal(error?.code, expected, `${what} gave ${String(error?.message)}`);
            if (expected !== "INVALID_STATE") return;
            assert.deepEqual([error.details["state"], error.details["action"]], [state, action]);
            assert.ok(error.message.includes(state) && error.message.includes(action), error.message);
          });
        }
      },
    ),
  );
}
