import { SpellError } from "@llmspell/errors";
import { raceAbort } from "../abort.js";
import { sha256 } from "../hash.js";
import { defined } from "../json.js";
import type { ModelToolCall } from "../models/answer.js";
import { validateJson } from "../schema/validate.js";
import type { Tool } from "../tools/tool.js";
import type { ToolCallRecord } from "./run-tool.js";

/** A tool call that a person shall decide on. */
export interface ApprovalRequest {
  /** Of this question; names it in decisions. No other has it, while models repeat the ids of their calls. */
  id: string;
  /** Of the call, as the model has it. */
  callId: string;
  tool: string;
  args: unknown;
  /** What the tool does, in its own words. */
  description: string;
  /** The tool is another one than when the call was decided on, so the decision did not count. */
  changed?: true;
}

/** Edited `args` take the place of those of the model, which is told so. */
export type ApprovalDecision = { approve: true; args?: unknown } | { approve: false; reason?: string };

/** Decides at once or after a while; `undefined` leaves it open, so that the run is suspended. */
export type Approve = (
  request: ApprovalRequest,
  options: { signal: AbortSignal },
) => ApprovalDecision | undefined | Promise<ApprovalDecision | undefined>;

/** A call that waits for a decision, with what the tool was when it began to. */
interface UndecidedCall {
  request: ApprovalRequest;
  toolHash: string;
}

/** A call that runs and waits for decisions on calls inside it. */
export interface HeldCall {
  callId: string;
  /** What the tool was when the call began to wait. */
  toolHash: string;
  /** As the tool has them. */
  args: unknown;
  /** What the tool goes on from; plain JSON. */
  state: unknown;
  pending: readonly ApprovalRequest[];
  /** What it has done before it had to wait. */
  calls: readonly ToolCallRecord[];
}

export type WaitingCall = UndecidedCall | HeldCall;

/** The questions behind calls that wait. */
export const questionsOf = (waiting: readonly WaitingCall[]): ApprovalRequest[] =>
  waiting.flatMap((call) => ("request" in call ? [call.request] : [...call.pending]));

/** Which tools need a decision: what each says itself, all, none, or those that are named besides. */
export type ApprovalPolicy = "all" | "none" | readonly string[];

export interface ApprovalScope {
  policy?: ApprovalPolicy | undefined;
  approve?: Approve | undefined;
  /** By id of the question: of a run that goes on. */
  decisions?: Readonly<Record<string, ApprovalDecision>> | undefined;
  /** Calls that waited when the run was suspended. */
  waited?: readonly WaitingCall[] | undefined;
  signal: AbortSignal;
}

/** A decision, or the call that waits for one. Without either nobody need be asked. */
export type Decided =
  | { decision?: ApprovalDecision; waiting?: undefined }
  | { decision?: undefined; waiting: UndecidedCall };

/**
 * Decides on a call of a tool. A call whose arguments do not match is not asked about: it
 * fails anyway. A decision on a tool that has changed since does not count.
 */
export async function decideCall(call: ModelToolCall, tool: Tool, scope: ApprovalScope): Promise<Decided> {
  const { decisions = {}, approve, signal } = scope;
  const before = scope.waited?.find(
    (waiting): waiting is UndecidedCall => "request" in waiting && waiting.request.callId === call.id,
  );
  if (before === undefined && !(await raceAbort(needsDecision(call, tool, scope), signal))) return {};
  const toolHash = await hashTool(tool);
  const changed = before !== undefined && before.toolHash !== toolHash;
  const request: ApprovalRequest = {
    id: before === undefined || changed ? globalThis.crypto.randomUUID() : before.request.id,
    callId: call.id,
    tool: tool.name,
    args: call.input,
    description: tool.description,
    ...(changed ? { changed } : {}),
  };
  // A question that is asked anew has a new id, which nobody can have decided on.
  const given = Object.hasOwn(decisions, request.id) ? decisions[request.id] : undefined;
  // Whoever is asked may never answer.
  const decision = given ?? (approve && (await raceAbort(askedOf(approve, request, signal), signal)));
  return decision === undefined ? { waiting: { request, toolHash } } : { decision: checkDecision(decision, call.id) };
}

/**
 * A call that goes on was decided on when it began; but not for another tool.
 *
 * @throws SpellError `SNAPSHOT_INVALID` when the tool has changed and needs a decision.
 */
export async function checkHeld(held: HeldCall, call: ModelToolCall, tool: Tool, scope: ApprovalScope): Promise<void> {
  if (held.toolHash === (await hashTool(tool)) || !(await raceAbort(needsDecision(call, tool, scope), scope.signal)))
    return;
  throw new SpellError("SNAPSHOT_INVALID", `tool '${tool.name}' has changed since this call of it was suspended`);
}

/** Whoever decides gets a copy, so that what runs is what the model asked for or a decision says. */
async function askedOf(
  approve: Approve,
  request: ApprovalRequest,
  signal: AbortSignal,
): Promise<ApprovalDecision | undefined> {
  return await approve(structuredClone(request), { signal });
}

async function needsDecision(call: ModelToolCall, tool: Tool, { policy, signal }: ApprovalScope): Promise<boolean> {
  if (policy === "none" || call.invalid !== undefined) return false;
  const named = policy === "all" || policy?.includes(tool.name) === true;
  const { needsApproval = false } = tool;
  if (!named && needsApproval === false) return false;
  if (!(await validateJson(tool.parameters, call.input)).valid) return false;
  if (named || needsApproval === true) return true;
  return (
    typeof needsApproval === "function" && (await needsApproval(call.input as Record<string, unknown>, { signal }))
  );
}

/** @throws SpellError `INVALID_ARGUMENT` naming the call. */
export function checkDecision(decision: unknown, id: string): ApprovalDecision {
  const { approve } = (decision ?? {}) as { approve?: unknown };
  if (typeof approve === "boolean") return decision as ApprovalDecision;
  throw new SpellError("INVALID_ARGUMENT", `the decision on call '${id}' must be {approve: true} or {approve: false}`);
}

/** What the model is told of a call that was declined. */
export function declined(tool: string, reason: string | undefined): SpellError {
  const because = reason === undefined || reason === "" ? "" : `: ${reason}`;
  return new SpellError("PERMISSION_DENIED", `the call of '${tool}' was declined by the user${because}`, {
    details: defined({ tool, declined: true, reason }),
  });
}

/** Changes with what a person who approves a call relies on. */
export async function hashTool({ name, description, parameters }: Tool): Promise<string> {
  return await sha256(JSON.stringify([name, description, parameters]));
}
