import { sha256 } from "../hash.js";
import { stringifyJson } from "../formats/json.js";
import { checkForm, placeId } from "./check.js";
import type { Step, Workflow } from "./definition.js";

/** A step that has its id, as those inside it. */
export type NamedStep = Step & { id: string };

/** A workflow whose steps all have ids. */
export type NamedWorkflow = Omit<Workflow, "steps"> & { steps: readonly NamedStep[] };

/**
 * Checks the form of a workflow and names its steps. What depends on other things (expressions,
 * names of agents, other workflows) `validateWorkflow` and every run check.
 *
 * @example
 * const workflow = createWorkflow({ steps: [{ agent: "researcher" }, { id: "write", agent: "writer" }] });
 * @throws SpellError `VALIDATION_FAILED` with `problems`, each with its place.
 */
export function createWorkflow(definition: Workflow): NamedWorkflow {
  checkForm(definition);
  return nameSteps(definition);
}

/** The workflow with ids for all steps; its form has been checked. */
export function nameSteps(definition: Workflow): NamedWorkflow {
  return { ...definition, steps: definition.steps.map((step, index) => withIds(step, placeId("", index))) };
}

/** The code of functions that are bound, which they do not tell themselves. */
const sources = new WeakMap<object, string>();
const sourceOf = (fn: object): string => sources.get(fn) ?? String(fn);

function withIds(step: Step, place: string): NamedStep {
  const id = step.id ?? place;
  const named: Record<string, unknown> = { ...step, id };
  const all = (steps: readonly Step[], prefix: string): NamedStep[] =>
    steps.map((inner, index) => withIds(inner, placeId(prefix, index)));
  for (const field of ["do", "parallel", "sequential"])
    if (field in step) named[field] = all(named[field] as readonly Step[], id);
  if ("else" in step && step.else !== undefined) named["else"] = all(step.else, `${id}.else`);
  for (const field of ["fallback", "compensate"] as const) {
    const inner = step[field];
    if (inner !== undefined) named[field] = withIds(inner, `${id}.${field}`);
  }
  if ("workflow" in step && typeof step.workflow !== "string") named["workflow"] = nameSteps(step.workflow);
  // A method of a class would lose its object.
  if ("run" in step) {
    const run = step.run.bind(step);
    sources.set(run, sourceOf(step.run));
    named["run"] = run;
  }
  return named as unknown as NamedStep;
}

/** The names of steps inside `step` are there since {@link nameSteps}. */
export const named = (steps: readonly Step[]): readonly NamedStep[] => steps as readonly NamedStep[];

/**
 * A text that changes whenever a workflow or one that it includes does. Of functions that are part
 * of it their code counts, not what it refers to; of agents and tools their names.
 */
export async function workflowHash(root: NamedWorkflow, included: ReadonlyMap<string, NamedWorkflow>): Promise<string> {
  return await sha256(stringifyJson(asData({ root, included: Object.fromEntries(included) }), { sortKeys: true }));
}

function asData(value: unknown, key = ""): unknown {
  if (typeof value === "function") return `[function ${sourceOf(value)}]`;
  if (typeof value !== "object" || value === null) return value;
  if ((key === "agent" || key === "tool") && !Array.isArray(value))
    return `[${String((value as { name?: unknown }).name)}]`;
  if (Array.isArray(value)) return value.map((item) => asData(item));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, asData(inner, name)]));
}
