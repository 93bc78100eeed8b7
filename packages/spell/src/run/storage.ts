import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { SpellError } from "@llmspell/errors";
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
 * The state `name` that outlives the run, if `fn` may have it. Each is opened once per run.
 * `scope` is what must be granted: its name, or the part of it that is asked for.
 *
 * @throws SpellError `PERMISSION_DENIED` without the capability `storage` for this name; `IO_ERROR`.
 */
export async function storedState(
  run: RunContext,
  fn: string,
  name: string,
  options?: StateOptions,
  scope = name,
): Promise<State> {
  run.authorize(fn, "storage", scope);
  if (name.startsWith(OWN))
    throw new SpellError("PERMISSION_DENIED", `${fn}: names that begin with '${OWN}' are not for spells`);
  return await openOnce(run, name, async () => options);
}

/** Of states that functions of the script API keep for themselves. */
const OWN = "llmspell.";

/** Such a state; who asks has authorized it. */
export async function ownState(
  run: RunContext,
  name: `llmspell.${string}`,
  options?: () => Promise<StateOptions>,
): Promise<State> {
  return await openOnce(run, name, async () => await options?.());
}

/** Where what outlives the run is kept; in memory when that is nowhere. */
export async function storageFile({ storage = IN_MEMORY }: RunContext): Promise<string> {
  if (storage !== IN_MEMORY) await mkdir(dirname(storage), { recursive: true });
  return storage;
}

const IN_MEMORY = ":memory:";

async function openOnce(
  run: RunContext,
  name: string,
  options: () => Promise<StateOptions | undefined>,
): Promise<State> {
  const { states } = opened(run);
  const known = states.get(name);
  if (known !== undefined) return await known;
  const opening = options().then(async (given) => await openState({ file: await storageFile(run), name }, given));
  states.set(name, opening);
  opening.catch(() => states.delete(name));
  return await opening;
}
