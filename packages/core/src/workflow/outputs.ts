import { setOwn } from "../json.js";

/**
 * Outputs of steps by id. They never change: one more makes another list, which shares this one, so that
 * ten thousand steps, parallel branches and what is kept to undo a step copy nothing.
 */
export interface Outputs {
  readonly latest?: { readonly id: string; readonly output: unknown; readonly before: Outputs };
  /** @internal As an object, once it was asked for, until a longer list takes it over. */
  all?: Record<string, unknown> | undefined;
  /** @internal Whether somebody may keep `all`, so that a longer list must copy it. */
  kept?: boolean;
}

export const NO_OUTPUTS: Outputs = { all: {}, kept: true };

export const withOutput = (before: Outputs, id: string, output: unknown): Outputs => ({
  latest: { id, output, before },
});

/** What `outputs` have that `base`, from which they were made, has not; in the order in which it was added. */
export function outputsSince(outputs: Outputs, base: Outputs): [id: string, output: unknown][] {
  const added: [string, unknown][] = [];
  for (let at = outputs; at !== base && at.latest !== undefined; at = at.latest.before)
    added.push([at.latest.id, at.latest.output]);
  return added.toReversed();
}

/** As an object, for somebody who may keep it. */
export function allOutputs(outputs: Outputs): Readonly<Record<string, unknown>> {
  const all = readOutputs(outputs);
  outputs.kept = true;
  return all;
}

/**
 * As an object to be read at once: it grows when a longer list is read. A copy for each of ten thousand
 * steps that read what those before gave would take time by the square.
 */
export function readOutputs(outputs: Outputs): Readonly<Record<string, unknown>> {
  if (outputs.all !== undefined) return outputs.all;
  let known = outputs;
  while (known.all === undefined && known.latest !== undefined) known = known.latest.before;
  const all = known.kept === true ? { ...known.all } : (known.all ?? {});
  for (const [id, value] of outputsSince(outputs, known)) setOwn(all, id, value);
  // Objects of many steps, each with one more, would take memory by the square, too.
  if (known.latest !== undefined) known.all = undefined;
  outputs.all = all;
  return all;
}
