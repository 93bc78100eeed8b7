import type { SpellError } from "@llmspell/errors";
import type { Runner } from "../agent/agent.js";
import type { Context } from "../context.js";
import type { JsonSchema } from "../json.js";
import type { BackoffOptions } from "../resilience/backoff.js";
import type { BreakerOptions } from "../resilience/breaker.js";
import type { Tool } from "../tools/tool.js";
import type { WorkflowScope } from "./scope.js";

/**
 * How a value is made of what a run has so far (see {@link WorkflowScope}):
 * - `direct`: a name: `input`, `previous`, a variable, or the output of the step with that id
 * - `path`: JSONPath (RFC 9535), e.g. `$.steps.search.items[*].url`; a list when it can lead to many places
 * - `template`: text with Liquid, e.g. `About {{ input.topic }}`
 * - `transform`: a function by name applied to `of` (the output before by default)
 * - `constant`: the value itself
 * - `expression`: CEL (cel.dev), e.g. `input.n + size(vars.found)`
 */
export type Rule =
  | { direct: string }
  | { path: string }
  | { template: string }
  | { transform: string; of?: Mapping }
  | { constant: unknown }
  | { expression: string };

/** One value, or an object with a mapping for each field. */
export type Mapping = Rule | { fields: Readonly<Record<string, Mapping>> };

/**
 * A decision: a CEL expression that is true or false; a JSONPath that finds something other
 * than null and false; a script that returns something other than those; or, in TypeScript, a function.
 */
export type Condition =
  | string
  | { path: string }
  | { script: string; language: string }
  | ((scope: WorkflowScope, options: { signal: AbortSignal }) => boolean | Promise<boolean>);

/** Errors by code (`PROVIDER_RATE_LIMIT`) or category (`io`). */
export type ErrorFilter = readonly string[];

/** Tries in total and the waits between them. Every error is worth a try unless `on` says which are. */
interface StepRetry extends Omit<BackoffOptions, "random"> {
  maxAttempts?: number;
  on?: ErrorFilter;
}

/** Stops calling what keeps failing; steps with the same `name` (their id by default) share one. */
interface StepBreaker extends Pick<BreakerOptions, "failures" | "resetMs" | "trials"> {
  name?: string;
  on?: ErrorFilter;
}

interface AnyStep {
  /** Letters, digits, `_`, `-` and `.`; unique in the workflow. `step-1`, `step-2`, … by place when left out. */
  id?: string;
  /** What the step is given; by default the output of the step before, or the input of the group around it. */
  input?: Mapping;
  /** What its output becomes; rules find it as `output`. */
  output?: Mapping;
  /** Variables that are set from its output. */
  set?: Readonly<Record<string, Mapping>>;
  /** Milliseconds for the step with all its tries. */
  timeoutMs?: number;
  /** Runs when the step has failed; what it gives is the output of the step. Rules find `error`. */
  fallback?: Step;
  /** The errors that `fallback` is for; all by default. */
  fallbackOn?: ErrorFilter;
  /** Undoes the step when the run fails or is cancelled later. It is given `{input, output}` of the step. */
  compensate?: Step;
}

interface WorkStep extends AnyStep {
  retry?: StepRetry;
  breaker?: StepBreaker;
}

/** Asks an agent, by name or the agent itself. The output is its text, or an object by `schema`. */
export interface AgentStep extends WorkStep {
  agent: string | Pick<Runner, "run" | "name">;
  schema?: JsonSchema;
}

/** Calls a tool, by name or the tool itself, with the step's input as arguments. */
export interface ToolStep extends WorkStep {
  tool: string | Tool;
}

/** Runs a script, which sees `input` and the variables and may change those. */
export interface ScriptStep extends WorkStep {
  script: string;
  language: string;
}

/** What a function step is told besides its input. */
export interface StepContext {
  signal: AbortSignal;
  /** The run that an agent of this step belongs inside. */
  run: Context;
  /**
   * `runId/path`, the same in every try and in every process that continues the run: hand it
   * on as the idempotency key, for a step in flight when a process dies runs again.
   */
  key: string;
  /** Counts from 1. */
  attempt: number;
  scope: WorkflowScope;
}

/** Calls a function of the program. A workflow with one cannot be written as text. */
export interface FunctionStep extends WorkStep {
  run(input: unknown, context: StepContext): unknown;
}

/** Waits; its output is its input. */
export interface DelayStep extends AnyStep {
  /** Milliseconds. */
  delay: number;
}

/** Makes a value of what is there. */
export interface TransformStep extends AnyStep {
  transform: Mapping;
}

/** One of two ways; without the way that is taken its output is its input. */
export interface ConditionStep extends AnyStep {
  if: Condition;
  do: readonly Step[];
  else?: readonly Step[];
}

interface AnyLoop extends AnyStep {
  do: readonly Step[];
  /** Rounds after which another one is `BUDGET_EXCEEDED`; 1000 by default. */
  maxIterations?: number;
  /** Asked after each round; ends the loop when true. */
  break?: Condition;
}

/** Rounds with steps in order. The output is what each gave (null for nothing). The variable `index` counts from 0. */
export type LoopStep =
  | (AnyLoop & { while: Condition })
  | (AnyLoop & { for: ForRange })
  | (AnyLoop & {
      /** A list. */
      foreach: Mapping;
      /** The variable that has the entry; `item` by default. */
      as?: string;
    });

/** Whole numbers from `from` to `to`, both included. */
export interface ForRange {
  from: number | Mapping;
  to: number | Mapping;
  /** 1 by default. */
  by?: number;
  /** The variable that has the number; `item` by default. */
  as?: string;
}

/** Steps at the same time, each with the same input and its own copy of the variables. */
export interface ParallelStep extends AnyStep {
  parallel: readonly Step[];
  /** At most 1000, which is the default. */
  maxConcurrency?: number;
  /** Whether the first failure stops the others; false by default. */
  failFast?: boolean;
}

/** Steps in order, each given the output of the one before. */
export interface SequentialStep extends AnyStep {
  sequential: readonly Step[];
  /** Whether the first failure ends it; true by default. */
  failFast?: boolean;
}

/** Another workflow, by its name in the repository or itself, with variables of its own. */
export interface WorkflowStep extends AnyStep {
  workflow: string | Workflow;
}

/** One step; which kind it is shows in the field that is named after it. */
export type Step =
  | AgentStep
  | ToolStep
  | ScriptStep
  | FunctionStep
  | DelayStep
  | TransformStep
  | ConditionStep
  | LoopStep
  | ParallelStep
  | SequentialStep
  | WorkflowStep;

export interface Workflow {
  name?: string;
  description?: string;
  /** `sequential` (by default) gives each step the output of the one before; `parallel` gives all the same input. */
  pattern?: "sequential" | "parallel";
  steps: readonly Step[];
  /** Parallel steps at the same time: at most 1000, which is the default. */
  maxConcurrency?: number;
  /** Whether the first failure stops the rest; true by default for sequential, false for parallel. */
  failFast?: boolean;
  /** JSON Schema of the input. */
  inputSchema?: JsonSchema;
  /** Variables with the values they have at first. */
  variables?: Readonly<Record<string, unknown>>;
  /** Milliseconds for a run in one process. */
  timeoutMs?: number;
  /** Steps that one run may take, rounds of loops included; 10 000 by default. */
  maxSteps?: number;
  /** For each agent, tool, script and function step that does not say its own. */
  defaults?: Pick<WorkStep, "retry" | "breaker" | "timeoutMs">;
}

const KINDS = [
  ["agent", "agent"],
  ["tool", "tool"],
  ["if", "condition"],
  ["while", "loop"],
  ["for", "loop"],
  ["foreach", "loop"],
  ["parallel", "parallel"],
  ["sequential", "sequential"],
  ["script", "script"],
  ["delay", "delay"],
  ["transform", "transform"],
  ["workflow", "workflow"],
  ["run", "function"],
] as const;

/** The fields that name a kind of step. */
export const KIND_FIELDS = KINDS.map(([field]) => field);
export type KindField = (typeof KINDS)[number][0];
export type StepKind = (typeof KINDS)[number][1];

/** The kinds that a step has by its fields: one, if it is well-formed. */
export const kindFields = (step: object): KindField[] => KIND_FIELDS.filter((field) => field in step);

export function stepKind(step: Step): StepKind {
  return KINDS.find(([field]) => field in step)?.[1] ?? "function";
}

/** How a step ended. `cancelled`: it was stopped, or never started because another one failed. */
export interface StepResult {
  id: string;
  /** Where in the run: `fan/a`, `pages[2]/read`. */
  path: string;
  kind: StepKind;
  status: "completed" | "failed" | "cancelled";
  output?: unknown;
  error?: SpellError;
  /** The error that `fallback` made good. */
  recovered?: SpellError;
  durationMs: number;
}

/** How a step ended that undid another one. */
export interface Compensation extends StepResult {
  /** The path of the step that it undid. */
  of: string;
}

/** `output` is the last step's (sequential) or every completed step's by id (parallel). */
export interface WorkflowResult {
  status: "completed" | "failed" | "cancelled";
  output: unknown;
  /** Why it failed or was cancelled. */
  error?: SpellError;
  /** The steps of the workflow itself; `WorkflowRun.results` has those inside them too. */
  steps: StepResult[];
  /** The steps that undid others, in the order they ran. */
  compensations?: Compensation[];
  durationMs: number;
}
