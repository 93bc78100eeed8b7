import { SpellError } from "@llmspell/errors";
import { uuid } from "../crypto.js";
import { defined, isRecord, type JsonSchema } from "../json.js";
import { toPrompt, type Message } from "../messages.js";
import type { ModelAnswer } from "../models/answer.js";
import { NO_USAGE, type Usage } from "../models/model-ref.js";
import { checkDecision, questionsOf, type ApprovalRequest, type WaitingCall } from "./approval.js";
import type { Condensed } from "./fit-context.js";
import type { FinishedCall, ToolCallRecord } from "./run-tool.js";

/** A step whose tool calls have not all an answer. */
export interface OpenStep {
  answer: ModelAnswer;
  /** The calls that have one. */
  finished: FinishedCall[];
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
  /** Milliseconds that it ran before it was suspended. */
  elapsedMs: number;
  open?: OpenStep;
  condensed?: Condensed;
  /** Tokens that the messages may have since the provider refused more. */
  window?: number;
}

export function newRunState(messages: readonly Message[]): RunState {
  return {
    messages: [...messages],
    step: 0,
    usage: NO_USAGE,
    toolCalls: [],
    repairs: { schema: 0, guardrails: 0 },
    elapsedMs: 0,
  };
}

/** Of a run that goes on, what it has not used up before. */
export function timeLeft(timeoutMs: number | undefined, from: RunState | undefined): number | undefined {
  if (timeoutMs === undefined || from === undefined || !(timeoutMs > 0)) return timeoutMs;
  const left = timeoutMs - from.elapsedMs;
  if (left > 0) return left;
  throw new SpellError("TIMEOUT", `the run did not finish within ${timeoutMs} ms`, { details: { timeoutMs } });
}

const FORMAT = "llmspell-agent-run-2";

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
  /** Changes with the model, the instructions and the schema of the agent. */
  binding?: string;
  /** What the answer must match. */
  schema?: JsonSchema;
  pending: ApprovalRequest[];
  /** Messages at the begin that a memory has already. */
  known?: number;
  state: RunState & { open: OpenStep };
}

/** @throws SpellError `VALIDATION_FAILED` when something in the run is not JSON. */
export function suspend(
  state: RunState & { open: OpenStep },
  about: { agent: string | undefined; schema: JsonSchema | undefined },
): Suspension {
  const suspension: Suspension = {
    format: FORMAT,
    id: uuid(),
    ...defined(about),
    pending: questionsOf(state.open.waiting),
    state,
  };
  // What goes on in another process is what goes on here, and shares nothing with the response.
  return JSON.parse(JSON.stringify(suspension)) as Suspension;
}

/** @throws SpellError `VALIDATION_FAILED` for what `suspend` did not make. */
export function checkSuspension(suspension: unknown): asserts suspension is Suspension {
  const given = fields(suspension);
  const state = fields(given["state"]);
  const open = fields(state["open"]);
  const answer = fields(open["answer"]);
  const whole =
    typeof given["id"] === "string" &&
    (given["known"] === undefined || isCount(given["known"])) &&
    (given["schema"] === undefined || isRecord(given["schema"])) &&
    isCount(state["step"]) &&
    Number.isFinite(state["elapsedMs"]) &&
    (state["window"] === undefined || isCount(state["window"])) &&
    (state["condensed"] === undefined ||
      (isCount(fields(state["condensed"])["count"]) && isMessage(fields(state["condensed"])["message"]))) &&
    [state["usage"], answer["usage"]].every((usage) => USAGE.every((field) => Number.isFinite(fields(usage)[field]))) &&
    ["schema", "guardrails"].every((field) => isCount(fields(state["repairs"])[field])) &&
    isListOf(state["messages"], isMessage) &&
    isListOf(state["toolCalls"], isCall) &&
    isListOf(answer["toolCalls"], isCall) &&
    isListOf(open["finished"], (call) => isCall(call["record"]) && isMessage(call["message"])) &&
    isListOf(open["waiting"], isWaiting) &&
    isListOf(given["pending"], isQuestion);
  if (given["format"] !== FORMAT || !whole || !areMessages(state["messages"]))
    throw new SpellError("VALIDATION_FAILED", `this is no suspended run in the format ${FORMAT}`);
}

const USAGE = ["inputTokens", "outputTokens", "totalTokens"] as const satisfies readonly (keyof Usage)[];

const fields = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isListOf = (value: unknown, fits: (item: Record<string, unknown>) => boolean): boolean =>
  Array.isArray(value) && value.every((item) => isRecord(item) && fits(item));
const isCall = (value: unknown): boolean =>
  typeof fields(value)["id"] === "string" && typeof fields(value)["name"] === "string";
const isMessage = (value: unknown): boolean => typeof fields(value)["role"] === "string";
const isQuestion = (value: unknown): boolean =>
  typeof fields(value)["id"] === "string" && typeof fields(value)["callId"] === "string";

const isWaiting = (call: Record<string, unknown>): boolean =>
  call["request"] === undefined
    ? typeof call["callId"] === "string" &&
      typeof call["toolHash"] === "string" &&
      isListOf(call["pending"], isQuestion) &&
      isListOf(call["calls"], isCall)
    : typeof call["toolHash"] === "string" && isQuestion(call["request"]);

/** @throws SpellError `INVALID_ARGUMENT` for a run of another agent, or a decision on a call that does not wait. */
export function checkDecisions(
  name: string,
  { agent, pending }: Suspension,
  decisions: Readonly<Record<string, unknown>>,
): void {
  if (agent !== name) throw new SpellError("INVALID_ARGUMENT", `this is a run of agent '${agent}', not of '${name}'`);
  const open = pending.map((request) => request.id);
  for (const [id, decision] of Object.entries(decisions)) {
    checkDecision(decision, id);
    if (!open.includes(id))
      throw new SpellError("INVALID_ARGUMENT", `no call '${id}' waits for a decision (open: ${open.join(", ")})`);
  }
}

/** Whether a model could be sent them. */
function areMessages(messages: unknown): boolean {
  try {
    toPrompt(messages as Message[]);
    return true;
  } catch {
    return false;
  }
}
