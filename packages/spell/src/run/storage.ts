import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { openState, type State, type StateOptions } from "@llmspell/core";
import type { RunContext } from "./context.js";
import { perRun } from "./per-run.js";

const opened = perRun(() => {
  const states = new Map<string, Promise<State>>();
  return {
    states,
    async [Symbol.asyncDispose](): Promise<void> {
      const all = await Promise.allSettled(states.values());
      for (const result of all) if (result.status === "fulfilled") result.value[Symbol.dispose]();
    },
  };
});

/**
 * The state `name` that outlives the run. Each is opened once per run; whoever asks may have what it asks for in it.
 *
 * @throws SpellError `IO_ERROR`.
 */
export async function storedState(
  run: RunContext,
  name: string,
  options: () => Promise<StateOptions | undefined> = async () => undefined,
): Promise<State> {
  const { states } = opened(run);
  const known = states.get(name);
  if (known !== undefined) return await known;
  const opening = options().then(async (given) => await openState({ file: await storageFile(run), name }, given));
  states.set(name, opening);
  opening.catch(() => states.delete(name));
  return await opening;
}

/** Where what outlives the run is kept; in memory when that is nowhere. */
export async function storageFile({ storage = IN_MEMORY }: RunContext): Promise<string> {
  if (storage !== IN_MEMORY) await mkdir(dirname(storage), { recursive: true });
  return storage;
}

const IN_MEMORY = ":memory:";
