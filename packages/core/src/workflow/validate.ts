import { toSpellError } from "@llmspell/errors";
import { examine, invalidWorkflow, type Findings, type WorkflowProblem } from "./check.js";
import type { Workflow } from "./definition.js";
import { compile } from "./languages.js";
import { transformNamed } from "./mapping.js";
import type { WorkflowServices } from "./services.js";
import { nameSteps, type NamedWorkflow } from "./workflow.js";

/** A workflow with all that it includes by name. */
export interface ResolvedWorkflow {
  root: NamedWorkflow;
  included: Map<string, NamedWorkflow>;
}

/**
 * All problems of a workflow and of those it includes: wrong fields, expressions that do not
 * compile, names that nothing has, workflows that include each other. Names are looked up in
 * the `services` that are given.
 *
 * @example
 * const problems = await validateWorkflow({ steps: [{ if: "input.n >", do: [{ delay: 1 }] }] });
 */
export async function validateWorkflow(
  definition: unknown,
  services: WorkflowServices = {},
): Promise<WorkflowProblem[]> {
  const problems: WorkflowProblem[] = [];
  await resolveInto(definition, services, { problems, included: new Map(), stack: [], prefix: "" });
  return problems;
}

/** @throws SpellError `VALIDATION_FAILED` with `problems`. */
export async function resolveWorkflow(definition: Workflow, services: WorkflowServices): Promise<ResolvedWorkflow> {
  const problems: WorkflowProblem[] = [];
  const included = new Map<string, NamedWorkflow>();
  await resolveInto(definition, services, { problems, included, stack: [], prefix: "" });
  if (problems.length > 0) throw invalidWorkflow(definition?.name, problems);
  return { root: nameSteps(definition), included };
}

interface Resolving {
  problems: WorkflowProblem[];
  included: Map<string, NamedWorkflow>;
  /** Names of the workflows that this one is included by. */
  stack: readonly string[];
  prefix: string;
}

async function resolveInto(definition: unknown, services: WorkflowServices, resolving: Resolving): Promise<void> {
  const found = examine(definition);
  const report = (at: string, message: string): void =>
    void resolving.problems.push({ at: [resolving.prefix, at].filter((part) => part !== "").join(": "), message });
  for (const { at, message } of found.problems) report(at, message);
  if (found.problems.length > 0) return;
  await checkSources(found, report);
  checkNames(found, services, report);
  const root = (definition as Workflow).name;
  const stack = resolving.stack.length === 0 && root !== undefined ? [root] : resolving.stack;
  for (const { at, value: name } of found.workflows) {
    const start = stack.indexOf(name);
    if (start >= 0) report(at, `workflows include each other: ${[...stack.slice(start), name].join(" → ")}`);
    else if (services.workflows === undefined) report(at, `there is no repository to look for workflow '${name}' in`);
    else if (!resolving.included.has(name)) {
      try {
        const workflow = await services.workflows.load(name);
        resolving.included.set(name, nameSteps(workflow));
        await resolveInto(workflow, services, { ...resolving, stack: [...stack, name], prefix: `workflow '${name}'` });
      } catch (error) {
        report(at, toSpellError(error).message);
      }
    }
  }
}

type Report = (at: string, message: string) => void;

async function checkSources({ sources }: Findings, report: Report): Promise<void> {
  for (const { at, value } of sources) {
    try {
      await compile(value.language, value.source);
    } catch (error) {
      report(at, toSpellError(error).message);
    }
  }
}

/** Names of one kind that are told of: each error looks for what may have been meant. */
const MOST_UNKNOWN = 100;

function checkNames(found: Findings, services: WorkflowServices, report: Report): void {
  const look = (entries: Findings["agents"], get: (name: string) => unknown): void => {
    let unknown = 0;
    for (const { at, value } of entries) {
      if (unknown >= MOST_UNKNOWN) break;
      try {
        get(value);
      } catch (error) {
        unknown++;
        report(at, toSpellError(error).message);
      }
    }
  };
  look(found.transforms, (name) => transformNamed(name, services.transforms ?? {}));
  const { agents, tools } = services;
  if (agents !== undefined) look(found.agents, (name) => agents.get(name));
  if (tools !== undefined) look(found.tools, (name) => tools.get(name));
}
