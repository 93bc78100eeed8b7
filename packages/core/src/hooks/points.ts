import type { JsonSchema } from "../json.js";
import type { Message } from "../messages.js";
import type { LoopResult } from "../agent/agent-loop.js";
import type { ModelAnswer } from "../models/answer.js";
import type { ModelRequest } from "../models/call-model.js";
import type { SpellError } from "@llmspell/errors";
import type {
  AboutAgent,
  AboutCustom,
  AboutMemory,
  AboutModel,
  AboutTool,
  AboutWorkflow,
  AboutWorkflowStep,
} from "../events/system-events.js";
import type { WorkflowResult } from "../workflow/definition.js";

/** What hooks surround, with what goes in, what comes out and what it is about. */
export interface Operations {
  /** One run of an agent, or of the loop alone. */
  agent: { input: { messages: readonly Message[]; schema?: JsonSchema }; output: LoopResult; about: AboutAgent };
  /** One call of a model, with its retries. */
  model: { input: ModelRequest; output: ModelAnswer; about: AboutModel };
  /** One call of a tool; the input is its arguments, checked after the hooks. */
  tool: { input: unknown; output: unknown; about: AboutTool };
  workflow: { input: unknown; output: WorkflowResult; about: AboutWorkflow };
  "workflow.step": { input: unknown; output: unknown; about: AboutWorkflowStep };
  /** What is stored of a memory, and what is read. */
  "memory.save": { input: unknown; output: unknown; about: AboutMemory };
  "memory.load": { input: undefined; output: unknown; about: AboutMemory };
  /** Something of the application's own, by its name. */
  custom: { input: unknown; output: unknown; about: AboutCustom };
}

export type Operation = keyof Operations;
export type InputOf<O extends Operation> = Operations[O]["input"];
export type OutputOf<O extends Operation> = Operations[O]["output"];
export type AboutOf<O extends Operation> = Operations[O]["about"];

export const OPERATIONS = [
  "agent",
  "model",
  "tool",
  "workflow",
  "workflow.step",
  "memory.save",
  "memory.load",
  "custom",
] as const satisfies readonly Operation[];

export type Phase = "before" | "around" | "after" | "error";

/**
 * Where a hook can be: before, around or after an operation or at its error, and at the
 * begin (`agent.init`, before everything) and end (`agent.cleanup`, however it ended) of a run.
 */
export type HookPoint = `${Operation}.${Phase}` | "agent.init" | "agent.cleanup";

export const HOOK_POINTS: readonly HookPoint[] = [
  "agent.init",
  ...OPERATIONS.flatMap((operation) =>
    (["before", "around", "after", "error"] as const).map((phase) => `${operation}.${phase}` as const),
  ),
  "agent.cleanup",
];

/** The operation of a point. */
export type OperationAt<P extends HookPoint> = P extends `${infer O extends Operation}.${Phase}` ? O : "agent";

/** What a hook at this point is given as `data`, and may return another of; at the ends of a run there is none. */
export type DataAt<P extends HookPoint> = P extends `${string}.after`
  ? OutputOf<OperationAt<P>>
  : P extends `${string}.error`
    ? SpellError
    : P extends "agent.init" | "agent.cleanup"
      ? undefined
      : InputOf<OperationAt<P>>;
