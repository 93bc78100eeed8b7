import { SpellError, toSpellError } from "@llmspell/errors";
import type { LanguageModelV3 } from "@ai-sdk/provider";
import { abortError, deadline, type Deadline } from "../abort.js";
import { defined, withFields, type JsonSchema } from "../json.js";
import type { SystemEvent } from "../events/system-events.js";
import type { InputOf } from "../hooks/points.js";
import type { Hooks } from "../hooks/hooks.js";
import type { Message } from "../messages.js";
import type { FinishReason, ModelAnswer, ModelToolCall } from "../models/answer.js";
import type { AnsweredBy } from "../models/answered-by.js";
import type { ModelSettings, ToolChoice } from "../models/call-model.js";
import { addUsage, type Usage } from "../models/model-ref.js";
import type { RetryOptions } from "../resilience/retry.js";
import { createContext, type Context, type ContextOptions } from "../context.js";
import { askModel } from "./ask-model.js";
import { questionsOf } from "./approval.js";
import type { FitOptions } from "./fit-context.js";
import { guard, guardInput, type Guardrail } from "./guardrails.js";
import { newRunState, suspend, timeLeft, type OpenStep, type RunState, type Suspension } from "./run-state.js";
import { runToolCall, type ToolCallRecord, type ToolCallScope } from "./run-tool.js";
import { stoppedBy, type StopCondition } from "./stop-conditions.js";
import { readStructured, repairRequest } from "./structured.js";

/** Limits of one run. */
export interface Budgets {
  /** Model calls; 10 by default. */
  maxSteps?: number;
  /** Tokens of all calls together, in and out; no limit by default. */
  maxTokens?: number;
  /** US dollars of all calls together; no limit by default. Needs prices. */
  maxCost?: number;
  /** Milliseconds, tools and approvals included, but not the time that it is suspended; no limit by default. */
  timeoutMs?: number;
}

/** One run of the loop. With `onEvent` answers are streamed. */
export interface LoopRequest
  extends ModelSettings, Budgets, Omit<ToolCallScope, "signal" | "tools" | "run" | "step" | "waited"> {
  /** Or what loads it; an error of that is an error of the run. */
  model: LanguageModelV3 | (() => Promise<LanguageModelV3>);
  messages: readonly Message[];
  tools?: ToolCallScope["tools"];
  toolChoice?: ToolChoice | undefined;
  /** The name of the agent. */
  name?: string;
  /** What the run is part of: its services, hooks and events. */
  context?: Context | undefined;
  hooks?: Hooks | undefined;
  guardrails?: readonly Guardrail[] | undefined;
  /** Any of them ends the run after a step, without an error. */
  stopWhen?: readonly StopCondition[] | undefined;
  fit?: FitOptions | undefined;
  /** Wants the final answer as JSON that matches this schema. */
  schema?: JsonSchema;
  signal?: AbortSignal;
  /** Ends the run in the place of `timeoutMs`, `signal` and the signal of the context. */
  limit?: Deadline;
  onEvent?: ((event: SystemEvent) => void) | undefined;
  /** Asked after each piece of a streamed answer: the model waits for what it gives. */
  ready?: (() => Promise<void> | undefined) | undefined;
  /** Ends a streamed answer where it is, and the run with it, without an error: what was told of it is the answer. */
  enough?: AbortSignal | undefined;
  retry?: RetryOptions;
  /** US dollars of what was used; undefined when the price is not known. */
  costOf?: ((usage: Usage) => number | undefined) | undefined;
  /** Where a suspended run goes on; it has messages of its own. */
  from?: RunState;
}

/**
 * What came out. `messages` is the whole transcript, to continue from. A run with tool
 * calls that nobody has decided on is `suspended`, and has what it takes to go on.
 */
export interface LoopResult {
  status: "completed" | "suspended";
  content: string;
  object?: unknown;
  usage: Usage;
  /** US dollars, when the price is known. */
  cost?: number;
  toolCalls: ToolCallRecord[];
  finishReason: FinishReason;
  /** The condition of `stopWhen` that ended it. */
  stoppedBy?: string;
  steps: number;
  messages: Message[];
  suspension?: Suspension;
  /** Who gave the last answer, when the model is a pool. */
  answeredBy?: AnsweredBy;
}

// They all start at the same time, and a model may ask for any number.
const MAX_CALLS = 64;

/**
 * The agent loop: ask the model, run the tools it asks for, tell it the results,
 * until it answers without asking for a tool. The tools of one step run at the
 * same time; their results keep the order of the calls.
 *
 * @throws SpellError `BUDGET_EXCEEDED` with `{budget, limit, used}`, `TIMEOUT`,
 *   `CANCELLED`, `CONTENT_BLOCKED`, `VALIDATION_FAILED` when the answer does not match
 *   the schema after one repair, and the errors of `callModel`.
 */
export function runLoop(request: LoopRequest): Promise<LoopResult> {
  return request.limit === undefined ? runLimited(request) : runWithin(request, request.limit);
}

async function runLimited(request: LoopRequest): Promise<LoopResult> {
  const { timeoutMs, from, signal, context, tools = [] } = request;
  const ms = timeLeft(timeoutMs, from);
  // A run ends with the one it is part of.
  const parents = [signal, context?.signal].filter((parent) => parent !== undefined);
  const [only] = parents;
  if (only !== undefined && parents.length === 1 && ms === undefined && tools.length === 0)
    return await runWithin(request, { signal: only });
  using limit = deadline("the run", ms, ...parents);
  return await runWithin(request, limit);
}

/** What ends a run. One that has tools is also ended by them. */
type RunEnd = Pick<Deadline, "signal"> & Partial<Pick<Deadline, "abort">>;

function runWithin(request: LoopRequest, limit: RunEnd): Promise<LoopResult> {
  const { context, agentId, name, hooks, onEvent, messages, schema } = request;
  const source = agentId === undefined ? "agent" : `agent:${agentId}`;
  const options: ContextOptions = { hooks, onEvent, source, signal: limit.signal };
  const run = context === undefined ? createContext(options) : context.child(options);
  const parentRunId = context?.parent === undefined ? undefined : context.runId;
  const about = { runId: run.runId, ...defined({ parentRunId, agentId, name }) };
  return run.operation(
    "agent",
    { messages, ...defined({ schema }) },
    about,
    (input, inner) => converse(request, input, inner, limit),
    runOutcome,
  );
}

/** What is told of a run that has ended. */
export function runOutcome({
  status,
  steps,
  usage,
  finishReason,
  content,
}: LoopResult): Pick<LoopResult, "status" | "steps" | "usage" | "finishReason" | "content"> {
  return { status, steps, usage, finishReason, content };
}

/** A request whose model is there. */
export type LoadedRequest = LoopRequest & { model: LanguageModelV3 };

async function converse(given: LoopRequest, input: InputOf<"agent">, run: Context, limit: RunEnd): Promise<LoopResult> {
  const model = typeof given.model === "function" ? await given.model() : given.model;
  const request: LoadedRequest = Object.assign({}, given, input, { model });
  const { guardrails = [], stopWhen = [], name: agent, schema } = request;
  const started = performance.now();
  const state = request.from ?? newRunState(await guardInput(guardrails, request.messages, run));

  for (;;) {
    if (state.open === undefined) {
      beginStep(request, state, run);
      const answer = await askModel(request, state, run, limit.signal);
      state.open = takeAnswer(request, state, answer);
    }
    const { open } = state;
    if (open.answer.toolCalls.length > 0) await runCalls(request, state, open, run, limit);
    const { answer, waiting } = open;
    if (waiting.length > 0) {
      run.tell("agent.suspended", {
        step: state.step,
        pending: questionsOf(waiting).map(({ id, tool }) => ({ id, tool })),
      });
      const elapsedMs = state.elapsedMs + performance.now() - started;
      const suspension = suspend({ ...state, elapsedMs, open }, { agent, schema });
      return { status: "suspended", ...resultOf(request, state, answer), suspension };
    }
    closeStep(state, open);
    run.tell("agent.step.completed", { step: state.step, usage: answer.usage, finishReason: answer.finishReason });

    if (request.enough?.aborted === true) {
      const content = await stoppedText(guardrails, state, answer, run);
      return { status: "completed", ...resultOf(request, state, answer), content };
    }
    if (answer.toolCalls.length > 0) {
      const stopped = await stoppedBy(stopWhen, { text: answer.text, ...state });
      if (stopped === undefined) continue;
      const content = await stoppedText(guardrails, state, answer, run);
      return { status: "completed", ...resultOf(request, state, answer), content, stoppedBy: stopped };
    }
    const final = await finalAnswer(request, state, answer, run);
    if (final.again === undefined) return { status: "completed", ...resultOf(request, state, answer), ...final };
    state.messages.push({ role: "user", content: final.again });
  }
}

function beginStep({ maxSteps = 10 }: LoopRequest, state: RunState, run: Context): void {
  const step = state.step + 1;
  if (step > maxSteps) throw budgetExceeded("maxSteps", maxSteps, step);
  state.step = step;
  run.tell("agent.step.started", { step });
}

/** Counts what an answer used, against the budgets. */
function takeAnswer({ maxTokens, maxCost, costOf }: LoopRequest, state: RunState, answer: ModelAnswer): OpenStep {
  state.usage = addUsage(state.usage, answer.usage);
  state.messages.push(assistantMessage(answer));
  if (maxTokens !== undefined && state.usage.totalTokens > maxTokens)
    throw budgetExceeded("maxTokens", maxTokens, state.usage.totalTokens);
  const cost = maxCost === undefined ? undefined : costOf?.(state.usage);
  if (maxCost !== undefined && cost !== undefined && cost > maxCost) throw budgetExceeded("maxCost", maxCost, cost);
  if (answer.toolCalls.length > MAX_CALLS) throw budgetExceeded("toolCallsPerStep", MAX_CALLS, answer.toolCalls.length);
  return { answer, finished: [], waiting: [] };
}

/** Runs the calls of a step that have no answer yet; those that wait for a decision are noted. */
async function runCalls(
  request: LoopRequest,
  { step }: RunState,
  open: OpenStep,
  run: Context,
  limit: RunEnd,
): Promise<void> {
  const { tools = [] } = request;
  const own = { tools, signal: limit.signal, run, step, waited: open.waiting };
  const scope: ToolCallScope = withFields(request, own);
  const due = open.answer.toolCalls.filter(({ id }) => !open.finished.some(({ record }) => record.id === id));
  const outcomes = await Promise.all(due.map(async (call) => await runToolCall(call, scope))).catch(
    (error: unknown) => {
      const ended = limit.signal.aborted;
      // Ends the other tools of the step.
      limit.abort?.(toSpellError(error));
      throw ended ? abortError(limit.signal) : error;
    },
  );
  open.waiting = [];
  for (const outcome of outcomes) {
    if ("waiting" in outcome) open.waiting.push(outcome.waiting);
    else open.finished.push(outcome);
  }
}

function closeStep(state: RunState, { answer, finished }: OpenStep): void {
  for (const { id } of answer.toolCalls) {
    const call = finished.find(({ record }) => record.id === id);
    if (call === undefined) continue;
    state.toolCalls.push(call.record);
    state.messages.push(call.message);
  }
  delete state.open;
}

/** The answer as its schema and the guardrails have it, or what the model is asked to do again. */
async function finalAnswer(
  { schema, guardrails = [], model }: LoadedRequest,
  { repairs, messages }: RunState,
  answer: ModelAnswer,
  run: Context,
): Promise<{ content?: string; object?: unknown; again?: undefined } | { again: string }> {
  const guarded = await guard(guardrails, "output", answer.text, run, repairs.guardrails);
  if (guarded.retry !== undefined) {
    repairs.guardrails++;
    return { again: guarded.retry };
  }
  const { text } = guarded;
  if (text !== answer.text) replaceText(messages, text);
  if (schema === undefined) return { content: text };
  const read = await readStructured(text, schema, { cut: answer.finishReason === "length" });
  if (read.problem === undefined) return { content: text, object: read.object };
  if (repairs.schema++ > 0) throw mismatch(read.problem, answer, model);
  return { again: repairRequest(read.problem, schema) };
}

/** What the model wrote in its last step, which no other answer follows: a guardrail cannot ask for one. */
async function stoppedText(
  guardrails: readonly Guardrail[],
  { messages }: RunState,
  { text }: ModelAnswer,
  run: Context,
): Promise<string> {
  const guarded = await guard(guardrails, "output", text, run, Number.POSITIVE_INFINITY);
  const final = guarded.text ?? "";
  if (final !== text) replaceText(messages, final);
  return final;
}

/** Puts another text in the place of what the model wrote last. */
function replaceText(messages: Message[], text: string): void {
  const index = messages.findLastIndex(({ role }) => role === "assistant");
  const latest = messages[index];
  if (latest !== undefined) messages[index] = { ...latest, content: text };
}

function resultOf(
  { costOf }: LoopRequest,
  { usage, toolCalls, step, messages }: RunState,
  { text, finishReason, answeredBy }: ModelAnswer,
): Omit<LoopResult, "status"> {
  const cost = costOf?.(usage);
  return { content: text, usage, toolCalls, finishReason, steps: step, messages, ...defined({ answeredBy, cost }) };
}

function assistantMessage({ text, parts, toolCalls }: ModelAnswer): Message {
  const plain = parts.every((part) => part.type === "text" && part.providerData === undefined);
  return {
    role: "assistant",
    content: plain ? text : parts,
    ...(toolCalls.length === 0 ? {} : { toolCalls: toolCalls.map(messageCall) }),
  };
}

function messageCall({ id, name, input, providerData }: ModelToolCall): NonNullable<Message["toolCalls"]>[number] {
  return { id, name, args: input, ...(providerData === undefined ? {} : { providerData }) };
}

function budgetExceeded(budget: string, limit: number, used: number): SpellError {
  return new SpellError("BUDGET_EXCEEDED", `the run used up its budget: ${budget} is ${limit}, needed were ${used}`, {
    details: { budget, limit, used },
  });
}

function mismatch(problem: string, answer: ModelAnswer, model: LanguageModelV3): SpellError {
  const details = { model: model.modelId, finishReason: answer.finishReason };
  return new SpellError("VALIDATION_FAILED", `the model's answer does not match the schema: ${problem}`, { details });
}
