import { SpellError } from "@llmspell/errors";
import { outputsSince, withOutput, type Outputs } from "./outputs.js";

/** What rules, conditions and scripts of a run see. */
export interface WorkflowScope {
  /** Of the workflow. */
  readonly input: unknown;
  /** The output of the step before; in a group the input of the group. */
  readonly previous: unknown;
  readonly vars: Readonly<Record<string, unknown>>;
  /** Outputs of the steps that completed, by id; in a loop those of the latest round. */
  readonly steps: Readonly<Record<string, unknown>>;
  /** Of the step itself, in its rules for `output` and `set`. */
  readonly output?: unknown;
  /** `{code, message}` of the step that a fallback is for. */
  readonly error?: { code: string; message: string };
}

/** The part of a scope that steps change. Parallel branches have a copy each, which makes their order no difference. */
export interface Memory {
  readonly input: unknown;
  vars: Readonly<Record<string, unknown>>;
  steps: Outputs;
}

/** A name that variables can have. */
export const isVariableName = (name: string): boolean => /^[a-zA-Z]\w{0,63}$/.test(name);

/** @throws SpellError `INVALID_ARGUMENT` for a name that no variable can have. */
export function setVariables(memory: Memory, values: Readonly<Record<string, unknown>>): void {
  const wrong = Object.keys(values).find((name) => !isVariableName(name));
  if (wrong !== undefined) {
    const what = `'${wrong.slice(0, 100)}' cannot be a variable: its name is a letter and up to 63 letters, digits and '_'`;
    throw new SpellError("INVALID_ARGUMENT", what);
  }
  if (Object.keys(values).length > 0) memory.vars = { ...memory.vars, ...values };
}

/** Takes over what branches changed since they were copied from `base`, in their order. */
export function mergeBranches(memory: Memory, branches: readonly Memory[], base: Memory): void {
  for (const { vars, steps } of branches) {
    setVariables(memory, Object.fromEntries(Object.entries(vars).filter(([name, value]) => base.vars[name] !== value)));
    for (const [id, output] of outputsSince(steps, base.steps)) memory.steps = withOutput(memory.steps, id, output);
  }
}
