import { SpellError } from "@llmspell/errors";
import { isRecord } from "../json.js";
import type { Message } from "../messages.js";
import type { ModelAnswer } from "../models/answer.js";
import { NO_USAGE, type Usage } from "../models/model-ref.js";
import type { ApprovalRequest, WaitingCall } from "./approval.js";
import type { Condensed } from "./fit-context.js";
import type { FinishedCall, ToolCallRecord } from "./run-tool.js";

/** A step whose tool calls have not all an answer. */
export interface OpenStep {
  answer: ModelAnswer;
  /** By id of the call. */
  finished: Record<string, FinishedCall>;
  waiting: WaitingCall[];
}

/** All that a run knows between two of its moves; plain JSON. */
export interface RunState {
  messages: Message[];
  step: number;
  usage: Usage;
  toolCalls: ToolCallRecord[];
  /** How often the model was asked to answer again: by the schema, by guardrails. */
  repairs: { schema: number; guardrails: number };
  open?: OpenStep;
  condensed?: Condensed;
}

export function newRunState(messages: readonly Message[]): RunState {
  return { messages: [...messages], step: 0, usage: NO_USAGE, toolCalls: [], repairs: { schema: 0, guardrails: 0 } };
}

const FORMAT = "llmspell-agent-run-1";

/**
 * A run that waits for decisions on tool calls; plain JSON, to be stored and
 * continued by `agent.resume`, in this process or another one.
 */
export interface Suspension {
  /** Names the shape of `state`. What it means never changes: another shape gets another name. */
  format: typeof FORMAT;
  /** Of this suspension: each is resumed once. */
  id: string;
  /** The name of the agent. */
  agent?: string;
  pending: ApprovalRequest[];
  /** Messages at the begin that a memory has already. */
  known?: number;
  state: RunState & { open: OpenStep };
}

export function suspend(state: RunState & { open: OpenStep }, agent: string | undefined): Suspension {
  return {
    format: FORMAT,
    id: globalThis.crypto.randomUUID(),
    ...(agent === undefined ? {} : { agent }),
    pending: state.open.waiting.map(({ request }) => request),
    state,
  };
}

/** @throws SpellError `VALIDATION_FAILED` for what `suspend` did not make. */
export function checkSuspension(suspension: unknown): asserts suspension is Suspension {
  const given = isRecord(suspension) ? suspension : {};
  const state = isRecord(given["state"]) ? given["state"] : {};
  const open = isRecord(state["open"]) ? state["open"] : {};
  const answer = isRecord(open["answer"]) ? open["answer"] : {};
  const whole =
    typeof given["id"] === "string" &&
    [state["messages"], state["toolCalls"], open["waiting"], answer["toolCalls"]].every(Array.isArray) &&
    [open["finished"], state["usage"], state["repairs"], answer["usage"]].every(isRecord) &&
    Number.isSafeInteger(state["step"]);
  if (given["format"] !== FORMAT || !whole)
    throw new SpellError("VALIDATION_FAILED", `this is no suspended run in the format ${FORMAT}`);
}
