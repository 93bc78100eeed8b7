/**
 * Outputs of steps by id. They never change: one more makes another list, which shares this one, so that
 * ten thousand steps, parallel branches and what is kept to undo a step copy nothing.
 */
export interface Outputs {
  readonly latest?: { readonly id: string; readonly output: unknown; readonly before: Outputs };
  /** @internal As an object, once it was asked for. */
  all?: Readonly<Record<string, unknown>> | undefined;
}

export const NO_OUTPUTS: Outputs = { all: {} };

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

/** As an object, which is made when it is first asked for. */
export function allOutputs(outputs: Outputs): Readonly<Record<string, unknown>> {
  if (outputs.all !== undefined) return outputs.all;
  let known = outputs;
  while (known.all === undefined && known.latest !== undefined) known = known.latest.before;
  outputs.all = { ...known.all, ...Object.fromEntries(outputsSince(outputs, known)) };
  // Objects of many steps, each with one more, would take memory by the square.
  if (known.latest !== undefined) known.all = undefined;
  return outputs.all;
}
