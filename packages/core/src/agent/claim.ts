import { SpellError } from "@llmspell/errors";
import type { Models } from "../models/models.js";
import type { State } from "../state/state.js";

// Of runs that nobody keeps any more; a process that is up for years must not grow for them.
const MOST_CLAIMS = 100_000;

const claimed = new WeakMap<Models, Set<string>>();

/**
 * Notes that a suspended run goes on, which it does once: a suspension may be stored many times over.
 *
 * @throws SpellError `INVALID_STATE` when it has gone on before.
 */
export async function claim(id: string, { models, claims }: { models: Models; claims?: State }): Promise<void> {
  const again = (): SpellError => new SpellError("INVALID_STATE", "this run was resumed before");
  if (claims !== undefined) {
    await claims.update<number>(`agent-run:${id}`, (at) => {
      if (at !== undefined) throw again();
      return Date.now();
    });
    return;
  }
  const known = claimed.get(models) ?? new Set();
  claimed.set(models, known);
  if (known.has(id)) throw again();
  known.add(id);
  const [oldest] = known;
  if (known.size > MOST_CLAIMS && oldest !== undefined) known.delete(oldest);
}
