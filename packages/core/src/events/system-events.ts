import type { ToolFailure } from "../agent/errors-in-words.js";
import type { FinishReason } from "../models/answer.js";
import type { AnsweredBy } from "../models/answered-by.js";
import type { Usage } from "../models/model-ref.js";
import type { SpellEvent } from "./event.js";

interface Ended {
  durationMs: number;
}

interface Failed extends Ended {
  error: ToolFailure;
}

/** Whose run it is; of the loop alone only the run is known. */
export interface AboutAgent {
  runId: string;
  /** The run whose tool, step or script started this one. */
  parentRunId?: string;
  agentId?: string;
  name?: string;
}

/** A task that one agent gives to another; `runId` is the parent of the run that does it. */
interface Delegated {
  runId: string;
  fromId: string;
  toId: string;
  task: string;
}

/** Which model is asked; `step` counts the model calls of a run from 1, and is 0 for one outside of an agent. */
export interface AboutModel {
  step: number;
  provider: string;
  model: string;
}

/** A tool call; `id` is the model's. `step` is 0 and `id` may be empty for one that no model asked for. */
export interface AboutTool {
  step: number;
  id: string;
  name: string;
  args: unknown;
}

export interface AboutWorkflow {
  runId: string;
  name?: string;
}

/** `path` says where in the run: `fan/a`, `pages[2]/read`. */
export interface AboutWorkflowStep {
  id: string;
  path: string;
}

/** What a save or load of memory concerns. */
export interface AboutMemory {
  key: string;
}

/** An operation of the application's own. */
export interface AboutCustom {
  name: string;
}

/**
 * The events that the framework emits itself, by type, with their payload.
 * Of every operation there is a `started` and then a `completed` or a `failed`; or `tool.suspended`.
 */
export interface SystemEvents {
  "agent.started": AboutAgent;
  "agent.completed": AboutAgent &
    Ended & {
      status: "completed" | "suspended";
      steps: number;
      usage: Usage;
      finishReason: FinishReason;
      content: string;
    };
  "agent.failed": AboutAgent & Failed;
  "agent.step.started": { step: number };
  "agent.step.completed": { step: number; usage: Usage; finishReason: FinishReason };
  /** Tool calls wait for a decision; the run ends here and can be resumed. */
  "agent.suspended": { step: number; pending: { id: string; tool: string }[] };
  /** Not all messages were sent; `left` of them were left out, by a summary in their place or without. */
  "agent.context.fitted": {
    step: number;
    tokensBefore: number;
    tokensAfter: number;
    left: number;
    summarized: boolean;
  };
  "agent.delegated": Delegated;
  "model.started": AboutModel;
  /** A piece of the answer; only in runs that stream. */
  "model.text": { step: number; text: string };
  "model.reasoning": { step: number; text: string };
  "model.completed": AboutModel & Ended & { usage: Usage; finishReason: FinishReason; answeredBy?: AnsweredBy };
  "model.failed": AboutModel & Failed;
  "tool.started": AboutTool;
  "tool.completed": AboutTool & Ended & { result: unknown };
  "tool.failed": AboutTool & Failed;
  /** Calls that it makes wait for a decision; it is started again when it goes on. */
  "tool.suspended": AboutTool & Ended & { pending: { id: string; tool: string }[] };
  "workflow.started": AboutWorkflow;
  "workflow.completed": AboutWorkflow & Ended & { status: "completed" | "failed" | "cancelled" };
  "workflow.failed": AboutWorkflow & Failed;
  "workflow.step.started": AboutWorkflowStep;
  "workflow.step.completed": AboutWorkflowStep & Ended;
  "workflow.step.failed": AboutWorkflowStep & Failed;
  /** Something that the run had opened could not be released at its end. */
  "run.release.failed": { kind: string; error: ToolFailure };
  "memory.save.started": AboutMemory;
  "memory.save.completed": AboutMemory & Ended;
  "memory.save.failed": AboutMemory & Failed;
  "memory.load.started": AboutMemory;
  "memory.load.completed": AboutMemory & Ended;
  "memory.load.failed": AboutMemory & Failed;
  "custom.started": AboutCustom;
  "custom.completed": AboutCustom & Ended;
  "custom.failed": AboutCustom & Failed;
}

export type SystemEventType = keyof SystemEvents;

/** One of the {@link SystemEvents}; `type` tells the payload apart. */
export type SystemEvent = { [Type in SystemEventType]: SpellEvent<Type, SystemEvents[Type]> }[SystemEventType];

/** Their types, in the order of the table. */
export const SYSTEM_EVENT_TYPES = Object.keys({
  "agent.started": true,
  "agent.completed": true,
  "agent.failed": true,
  "agent.step.started": true,
  "agent.step.completed": true,
  "agent.suspended": true,
  "agent.context.fitted": true,
  "agent.delegated": true,
  "model.started": true,
  "model.text": true,
  "model.reasoning": true,
  "model.completed": true,
  "model.failed": true,
  "tool.started": true,
  "tool.completed": true,
  "tool.failed": true,
  "tool.suspended": true,
  "workflow.started": true,
  "workflow.completed": true,
  "workflow.failed": true,
  "workflow.step.started": true,
  "workflow.step.completed": true,
  "workflow.step.failed": true,
  "run.release.failed": true,
  "memory.save.started": true,
  "memory.save.completed": true,
  "memory.save.failed": true,
  "memory.load.started": true,
  "memory.load.completed": true,
  "memory.load.failed": true,
  "custom.started": true,
  "custom.completed": true,
  "custom.failed": true,
} satisfies Record<SystemEventType, true>) as readonly SystemEventType[];
