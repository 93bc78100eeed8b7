import { SpellError } from "@llmspell/errors";
import type { Models } from "../models/models.js";
import type { State } from "../state/state.js";
import type { RunState } from "./run-state.js";

// Of runs that nobody keeps any more; a process that is up for years must not grow for them.
const MOST_CLAIMS = 100_000;
/** Each has the messages of its run. */
const MOST_GIVEN_BACK = 1000;

interface Claims {
  readonly taken: Set<string>;
  readonly givenBack: Map<string, RunState>;
}

const inProcess = new WeakMap<Models, Claims>();

interface ClaimServices {
  models: Models;
  claims?: State;
}

const keyOf = (id: string): string => `agent-run:${id}`;

/**
 * Notes that a suspended run goes on, which it does once: a suspension may be stored many times over.
 * Gives where it stood when it had to be given back.
 *
 * @throws SpellError `INVALID_STATE` when it has gone on before.
 */
export async function claim(id: string, { models, claims }: ClaimServices): Promise<RunState | undefined> {
  const again = (): SpellError => new SpellError("INVALID_STATE", "this run was resumed before");
  if (claims !== undefined) {
    let stood: RunState | undefined;
    await claims.update<number | { stood: RunState }>(keyOf(id), (found) => {
      if (typeof found === "number") throw again();
      stood = structuredClone(found?.stood);
      return Date.now();
    });
    return stood;
  }
  const { taken, givenBack } = ownClaims(models);
  const stood = givenBack.get(id);
  if (!givenBack.delete(id) && taken.has(id)) throw again();
  taken.add(id);
  forgetOldest(taken, MOST_CLAIMS);
  return stood;
}

/**
 * Lets a run that has failed go on once more, from where it stood: all that its tools have done is in there.
 * Without effect for one that stood in the middle of its tools, which must not run twice, or that has an answer.
 */
export async function giveBack(id: string, state: RunState, { models, claims }: ClaimServices): Promise<void> {
  if (state.open !== undefined || state.messages.at(-1)?.role === "assistant") return;
  // The step that failed is asked for again.
  const stood = JSON.parse(JSON.stringify({ ...state, step: state.step - 1 })) as RunState;
  if (claims !== undefined) {
    await claims.update(keyOf(id), () => ({ stood }));
    return;
  }
  const { givenBack } = ownClaims(models);
  givenBack.set(id, stood);
  forgetOldest(givenBack, MOST_GIVEN_BACK);
}

function ownClaims(models: Models): Claims {
  const known = inProcess.get(models) ?? { taken: new Set(), givenBack: new Map() };
  inProcess.set(models, known);
  return known;
}

function forgetOldest(kept: Set<string> | Map<string, unknown>, most: number): void {
  const [oldest] = kept.keys();
  if (kept.size > most && oldest !== undefined) kept.delete(oldest);
}
