import {
  openRuns,
  startWorkflow,
  withGrace,
  type RunStore,
  type StepResult,
  type WorkflowRun,
  type WorkflowRunOptions,
} from "@llmspell/core";
import type { FunctionRef, ScriptValue } from "@llmspell/engine";
import { toSpellError } from "@llmspell/errors";
import { awaitable, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { coreContext } from "../../run/core-context.js";
import { perRun } from "../../run/per-run.js";
import { storageFile } from "../../run/storage.js";
import { toScript } from "../shapes.js";
import {
  ended,
  isRunning,
  resting,
  running,
  scriptResult,
  scriptStepResult,
  servicesOf,
  type HeldWorkflow,
} from "./held.js";
import { keepDefinition } from "./stored.js";

const workflow = t.handle<HeldWorkflow>("Workflow");

const RESULT =
  "{status: string, output: any, steps: list<WorkflowStepResult>, error: error or nil, compensated: list<string>, run_id: string, duration_ms: number}";

const stores = perRun(() => {
  let opened: Promise<RunStore> | undefined;
  return {
    open: (file: string): Promise<RunStore> => (opened ??= openRuns(file)),
    async [Symbol.asyncDispose](): Promise<void> {
      (await opened?.catch(() => undefined))?.[Symbol.dispose]();
    },
  };
});

/** Where durable runs are kept. */
export async function runsOf(run: RunContext): Promise<RunStore> {
  return await stores(run).open(await storageFile(run));
}

export function runOptions(run: RunContext, fn: string): WorkflowRunOptions {
  return { services: servicesOf(run, fn), context: coreContext(run) };
}

async function start(
  run: RunContext,
  held: HeldWorkflow,
  input: ScriptValue,
  options: WorkflowRunOptions,
  durable: boolean,
): Promise<WorkflowRun> {
  resting(held, "another run");
  held.starting = begin(run, held, input, options, durable);
  try {
    held.run = await held.starting;
    delete held.result;
    return held.run;
  } finally {
    delete held.starting;
  }
}

async function begin(
  run: RunContext,
  { definition }: HeldWorkflow,
  input: ScriptValue,
  options: WorkflowRunOptions,
  durable: boolean,
): Promise<WorkflowRun> {
  if (durable) run.authorize("workflow.run", "storage", "workflows");
  const store = durable ? await runsOf(run) : undefined;
  // What nobody waits for is interrupted at the end of the spell: a durable run can be restored.
  const stop = new AbortController();
  const forget = run.onEnd(() => stop.abort());
  const started = await startWorkflow(definition, input, {
    ...runOptions(run, "workflow.run"),
    ...options,
    signal: options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]),
    ...(store === undefined ? {} : { store }),
  }).catch((error: unknown) => {
    forget();
    throw error;
  });
  void started.result.then(forget, forget);
  if (durable) await keepDefinition(run, started.id, definition);
  return started;
}

const TWO = "local w = workflow.sequential({ function(n) return n + 1 end, function(n) return n * 2 end })\n";

export const runningFunctions = {
  run: awaitable({
    doc: "Runs a workflow to its end. A failed step is in the result, not an error. `opts.on_step` is told of each step; with `opts.durable` a new process can go on with the run (needs `storage=workflows`).",
    mayNeed: {
      tools: "what the tool asks for",
      storage: "workflows, to keep checkpoints",
      model: "the model of a step that is an agent",
    },
    params: {
      workflow,
      input: t.optional(t.any),
      opts: t.optional(
        t.object(
          {
            timeout: t.optional(t.duration),
            on_step: t.optional(t.fn),
            durable: t.optional(t.boolean),
            run_id: t.optional(t.string),
          },
          "WorkflowRunOptions",
        ),
      ),
    },
    result: RESULT,
    aliases: ["execute", "agent.workflow_execute"],
    example: `${TWO}return w:run(3).output`,
    async call(run, { workflow: held, input = null, opts = {} }, signal) {
      const { timeout, on_step, durable = false, run_id } = opts;
      let told = Promise.resolve();
      let failure: unknown;
      let isDeaf = false;
      let begun: WorkflowRun | undefined;
      // One at a time, in order; what it raises ends the run.
      const tell = async (fn: FunctionRef, step: StepResult, over: AbortSignal): Promise<void> => {
        if (failure !== undefined || isDeaf) return;
        try {
          await withGrace("on_step", over, (signal) => run.tellGuest(fn, [scriptStepResult(step)], signal));
        } catch (error) {
          // One that does not keep up with a run that was cut short hears no more of it.
          isDeaf = over.aborted;
          if (isDeaf) return;
          failure = error;
          begun?.cancel(toSpellError(error).message);
        }
      };
      const limit = timeout === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
      begun = await start(
        run,
        held,
        input,
        {
          signal: limit,
          ...(run_id === undefined ? {} : { runId: run_id }),
          ...(on_step === undefined
            ? {}
            : {
                onStep(step, { signal: over }) {
                  told = told.then(() => tell(on_step, step, over));
                },
              }),
        },
        durable,
      );
      if (failure !== undefined) begun.cancel(toSpellError(failure).message);
      const result = await ended(held, begun);
      await told;
      if (failure !== undefined) throw failure;
      return scriptResult(begun.id, result);
    },
  }),
  step: awaitable({
    doc: "Does the next step only, then pauses; nothing when there was none. The first one starts the workflow with `input`.",
    params: { workflow, input: t.optional(t.any) },
    result: "WorkflowStepResult or nil",
    example: `${TWO}return w:step(3).output`,
    async call(run, { workflow: held, input = null }) {
      const current = isRunning(held) ? await running(held) : await start(run, held, input, { paused: true }, false);
      const step = await current.step();
      if (step === undefined) await ended(held, current);
      return step === undefined ? null : scriptStepResult(step);
    },
  }),
  pause: awaitable({
    doc: "Starts no more steps; waits for those under way.",
    params: { workflow },
    example: `${TWO}w:step(3)\nw:pause()\nreturn w:get_status().state`,
    async call(_, { workflow: held }) {
      await (await running(held)).pause();
      return undefined;
    },
  }),
  resume: awaitable({
    doc: "Goes on with a paused workflow to its end.",
    params: { workflow },
    result: RESULT,
    example: `${TWO}w:step(3)\nreturn w:resume().output`,
    async call(_, { workflow: held }) {
      const current = await running(held);
      current.resume();
      return scriptResult(current.id, await ended(held, current));
    },
  }),
  cancel: awaitable({
    doc: "Aborts the steps under way, undoes what is finished, and waits for the end.",
    params: { workflow, reason: t.optional(t.string) },
    example: `${TWO}w:step(3)\nw:cancel("enough")\nreturn w:get_status().state`,
    async call(_, { workflow: held, reason }) {
      const current = await running(held);
      current.cancel(reason);
      await ended(held, current);
      return undefined;
    },
  }),
  get_status: sync({
    doc: 'How far a workflow is: "created", "running", "paused", "completed", "failed" or "cancelled".',
    params: { workflow },
    result:
      "{state: string, current_steps: list<string>, progress: number, errors: list<{path: string, error: error}>}",
    example: `${TWO}w:run(3)\nreturn w:get_status().progress`,
    call(_, { workflow: held }) {
      if (held.run === undefined) return { state: "created", current_steps: [], progress: 0, errors: [] };
      const { status, running: current, progress, errors } = held.run.status();
      return { state: status, current_steps: current, progress, errors: toScript(errors) };
    },
  }),
  get_results: sync({
    doc: "What the steps gave so far, by their path.",
    params: { workflow },
    result: "table",
    aliases: ["get_result"],
    example: `${TWO}w:run(3)\nreturn w:get_results()["step-1"]`,
    call: (_, { workflow: held }) =>
      Object.fromEntries(
        Object.entries(held.run?.results() ?? {}).map(([path, { output }]): [string, ScriptValue] => [
          path,
          toScript(output),
        ]),
      ),
  }),
};
