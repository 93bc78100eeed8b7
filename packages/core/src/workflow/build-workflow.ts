import type { Mapping, Step, Workflow } from "./definition.js";
import { createWorkflow, type NamedWorkflow } from "./workflow.js";

/** Steps as they come with code; what it makes is the same data as written by hand. */
export interface WorkflowBuilder {
  /** Adds a step, named `id` when that is given. */
  step(step: Step): this;
  step(id: string, step: Step): this;
  variable(name: string, value: unknown): this;
  /** The output of the whole workflow. */
  output(mapping: Mapping): this;
  /** @throws SpellError `VALIDATION_FAILED`. */
  build(): NamedWorkflow;
}

/**
 * @example
 * const workflow = buildWorkflow({ name: "report" }).step("search", { tool: "search" }).step({ agent: "writer" }).build();
 */
export function buildWorkflow(options: Omit<Workflow, "steps"> = {}): WorkflowBuilder {
  const steps: Step[] = [];
  const variables: Record<string, unknown> = { ...options.variables };
  return {
    step(first: string | Step, second?: Step) {
      if (typeof first !== "string") steps.push(first);
      else if (second !== undefined) steps.push({ ...second, id: first });
      return this;
    },
    variable(name, value) {
      variables[name] = value;
      return this;
    },
    output(mapping) {
      steps.push({ id: "output", transform: mapping });
      return this;
    },
    build: () => createWorkflow({ ...options, steps, ...(Object.keys(variables).length === 0 ? {} : { variables }) }),
  };
}
