import {
  createMemoryWorkflows,
  defined,
  type StepResult,
  type Workflow,
  type WorkflowResult,
  type WorkflowRepository,
  type WorkflowRun,
  type WorkflowServices,
} from "@llmspell/core";
import type { ScriptObject } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import type { RunContext } from "../../run/context.js";
import { scriptEnginesOf } from "../../run/engines.js";
import { perRun } from "../../run/per-run.js";
import { scriptSteps } from "../../run/script-steps.js";
import { toScript } from "../shapes.js";

/** A workflow that a spell has a handle of: its definition, and its latest run. */
export interface HeldWorkflow {
  definition: Workflow;
  /** While a run is being started. */
  starting?: Promise<WorkflowRun>;
  run?: WorkflowRun;
  result?: WorkflowResult;
}

const held = new WeakSet<object>();

/** The workflow behind a value, if it is one. */
export const workflowOf = (value: object): HeldWorkflow | undefined =>
  held.has(value) ? (value as HeldWorkflow) : undefined;

export function hold(run: RunContext, workflow: HeldWorkflow): ReturnType<RunContext["handles"]["add"]> {
  held.add(workflow);
  return run.handles.add("Workflow", workflow);
}

const workflowsOf = perRun<WorkflowRepository>(() => createMemoryWorkflows());
const breakersOf = perRun<NonNullable<WorkflowServices["breakers"]>>(() => new Map());

/** What steps of a run find by name. */
export function servicesOf(run: RunContext, fn: string): WorkflowServices {
  return {
    tools: run.tools,
    workflows: workflowsOf(run),
    script: scriptSteps(scriptEnginesOf(run), { payer: run.account, ...defined({ tenant: run.tenant }) }),
    authorize: run.authorizer(fn),
    breakers: breakersOf(run),
  };
}

export const isRunning = ({ run, result }: HeldWorkflow): boolean => run !== undefined && result === undefined;

/** @throws SpellError `INVALID_STATE` when it is not running. */
export async function running(workflow: HeldWorkflow): Promise<WorkflowRun> {
  await workflow.starting?.catch(() => {});
  if (workflow.run !== undefined && isRunning(workflow)) return workflow.run;
  throw new SpellError("INVALID_STATE", "this workflow is not running");
}

/** @throws SpellError `INVALID_STATE` when it is running. */
export function resting(workflow: HeldWorkflow, what: string): void {
  if (workflow.starting !== undefined || isRunning(workflow))
    throw new SpellError("INVALID_STATE", `this workflow is running: ${what} must wait`);
}

/** Notes the end of a run. */
export async function ended(workflow: HeldWorkflow, run: WorkflowRun): Promise<WorkflowResult> {
  const result = await run.result;
  if (workflow.run === run) workflow.result = result;
  return result;
}

export const scriptStepResult = ({ id, path, status, output, error, durationMs }: StepResult): ScriptObject => ({
  id,
  path,
  status,
  output: toScript(output),
  error: error ?? null,
  duration_ms: durationMs,
});

export function scriptResult(runId: string, result: WorkflowResult): ScriptObject {
  const { status, output, steps, error, compensations = [], durationMs } = result;
  return {
    status,
    output: toScript(output),
    steps: steps.map(scriptStepResult),
    error: error ?? null,
    compensated: compensations.flatMap(({ of, status: end }) => (end === "completed" ? [of] : [])),
    run_id: runId,
    duration_ms: durationMs,
  };
}
