import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { ALLOWED, Lifecycle, TRANSITIONS, type GuestAction, type GuestState } from "./index.js";

const STATES = Object.keys(TRANSITIONS) as GuestState[];

/** A lifecycle in each state, by the shortest legal way. */
const WAYS: Readonly<Record<GuestState, readonly GuestState[]>> = {
  ready: [],
  running: ["running"],
  suspended: ["running", "suspended"],
  finished: ["running", "finished"],
  failed: ["running", "failed"],
  killed: ["killed"],
  disposed: ["disposed"],
};

function lifecycleIn(state: GuestState): Lifecycle {
  const life = new Lifecycle();
  for (const step of WAYS[state]) life.to(step);
  return life;
}

describe("the states of a guest", () => {
  it.each(STATES.flatMap((from) => STATES.map((to) => [from, to] as const)))("%s to %s", (from, to) => {
    const life = lifecycleIn(from);
    const problem = from === to || TRANSITIONS[from].includes(to) ? "" : `a guest cannot go from '${from}' to '${to}'`;
    let message = "";
    try {
      life.to(to);
    } catch (error) {
      ({ message } = error as Error);
    }
    expect([message, life.state]).toEqual([problem, problem === "" ? to : from]);
  });

  it("can all be reached, and all end disposed", () => {
    const reached = new Set<GuestState>(["ready"]);
    for (const state of reached) for (const next of TRANSITIONS[state]) reached.add(next);
    expect(reached.size).toBe(STATES.length);
    const ends = STATES.filter((state) => TRANSITIONS[state].length === 0);
    expect(ends).toEqual(["disposed"]);
  });
});

describe("an action", () => {
  it.each(Object.keys(ALLOWED) as GuestAction[])("%s is refused by name where it is not allowed", (action) => {
    for (const state of STATES.filter((s) => !ALLOWED[action].includes(s))) {
      const life = lifecycleIn(state);
      expect(() => life.check(action)).toThrow(
        expect.objectContaining({ code: "INVALID_STATE", details: { state, action } }),
      );
    }
  });

  it("of a killed guest is refused with the reason, the first one", () => {
    const life = new Lifecycle();
    const reason = new SpellError("LIMIT_FUEL", "too much");
    life.kill(reason);
    life.kill(new SpellError("CANCELLED", "later"));
    expect(() => life.check("run")).toThrow(reason);
    life.to("disposed");
    expect(() => life.check("run")).toThrow("run is not possible: the guest is disposed");
  });
});
