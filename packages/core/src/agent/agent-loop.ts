import { SpellError, toSpellError } from "@llmspell/errors";
import type { LanguageModelV3 } from "@ai-sdk/provider";
import { abortError, deadline } from "../abort.js";
import { defined, type JsonSchema } from "../json.js";
import type { SystemEvent } from "../events/system-events.js";
import type { Hooks } from "../hooks/hooks.js";
import type { ContentPart, Message } from "../messages.js";
import type { FinishReason, ModelAnswer, ModelPart, ModelToolCall } from "../models/answer.js";
import { callModel, type ModelSettings } from "../models/call-model.js";
import { addUsage, NO_USAGE, type Usage } from "../models/model-ref.js";
import type { RetryOptions } from "../resilience/retry.js";
import { createContext, type Context } from "../context.js";
import { runToolCall, type ToolCallRecord, type ToolCallScope } from "./run-tool.js";
import { readStructured, repairRequest } from "./structured.js";

/** Limits of one run. */
export interface Budgets {
  /** Model calls; 10 by default. */
  maxSteps?: number;
  /** Tokens of all calls together, in and out; no limit by default. */
  maxTokens?: number;
  /** Milliseconds, tools and approvals included; no limit by default. */
  timeoutMs?: number;
}

/** One run of the loop. With `onEvent` answers are streamed. */
export interface LoopRequest extends ModelSettings, Budgets, Omit<ToolCallScope, "signal" | "tools" | "run" | "step"> {
  model: LanguageModelV3;
  messages: readonly Message[];
  tools?: ToolCallScope["tools"];
  /** The name of the agent. */
  name?: string;
  /** What the run is part of: its services, hooks and events. */
  context?: Context | undefined;
  hooks?: Hooks | undefined;
  /** Wants the final answer as JSON that matches this schema. */
  schema?: JsonSchema;
  signal?: AbortSignal;
  onEvent?: ((event: SystemEvent) => void) | undefined;
  retry?: RetryOptions;
}

/** What came out. `messages` is the whole transcript, to continue from. */
export interface LoopResult {
  content: string;
  object?: unknown;
  usage: Usage;
  toolCalls: ToolCallRecord[];
  finishReason: FinishReason;
  steps: number;
  messages: Message[];
}

// They all start at the same time, and a model may ask for any number.
const MAX_CALLS = 64;

/**
 * The agent loop: ask the model, run the tools it asks for, tell it the results,
 * until it answers without asking for a tool. The tools of one step run at the
 * same time; their results keep the order of the calls.
 *
 * @throws SpellError `BUDGET_EXCEEDED` with `{budget, limit, used}`, `TIMEOUT`,
 *   `CANCELLED`, `VALIDATION_FAILED` when the answer does not match the schema
 *   after one repair, and the errors of `callModel`.
 */
export async function runLoop(request: LoopRequest): Promise<LoopResult> {
  const { context = createContext(), agentId, name, hooks, onEvent, messages, schema } = request;
  // A run ends with the one it is part of.
  const signals = [request.signal, context.signal].filter((signal) => signal !== undefined);
  using limit = deadline("the run", request.timeoutMs, signals.length > 1 ? AbortSignal.any(signals) : signals[0]);
  const source = agentId === undefined ? "agent" : `agent:${agentId}`;
  const run = context.child({ hooks, onEvent, source, signal: limit.signal });
  const parentRunId = context.parent === undefined ? undefined : context.runId;
  const about = { runId: run.runId, ...defined({ parentRunId, agentId, name }) };
  return await run.operation(
    "agent",
    { messages, ...defined({ schema }) },
    about,
    (input, inner) => converse({ ...request, ...input }, inner, limit.signal),
    ({ steps, usage, finishReason, content }) => ({ steps, usage, finishReason, content }),
  );
}

async function converse(request: LoopRequest, run: Context, limit: AbortSignal): Promise<LoopResult> {
  const { model, schema, maxSteps = 10, maxTokens, tools = [] } = request;
  // Ends the other tools of a step when one of them ends the run.
  const stop = new AbortController();
  const signal = AbortSignal.any([limit, stop.signal]);

  const messages: Message[] = [...request.messages];
  const toolCalls: ToolCallRecord[] = [];
  let usage = NO_USAGE;
  let repaired = false;

  for (let step = 1; ; step++) {
    if (step > maxSteps) throw budgetExceeded("maxSteps", maxSteps, step);
    run.tell("agent.step.started", { step });
    const answer = await ask(request, messages, run, signal, step);
    usage = addUsage(usage, answer.usage);
    messages.push(assistantMessage(answer));
    if (maxTokens !== undefined && usage.totalTokens > maxTokens)
      throw budgetExceeded("maxTokens", maxTokens, usage.totalTokens);

    if (answer.toolCalls.length > MAX_CALLS)
      throw budgetExceeded("toolCallsPerStep", MAX_CALLS, answer.toolCalls.length);

    const scope: ToolCallScope = { ...request, tools, signal, run, step };
    const finished = await Promise.all(answer.toolCalls.map(async (call) => await runToolCall(call, scope))).catch(
      (error: unknown) => {
        stop.abort(toSpellError(error));
        throw limit.aborted ? abortError(limit) : error;
      },
    );
    for (const { record, message } of finished) {
      toolCalls.push(record);
      messages.push(message);
    }
    run.tell("agent.step.completed", { step, usage: answer.usage, finishReason: answer.finishReason });
    if (answer.toolCalls.length > 0) continue;

    const structured =
      schema === undefined
        ? undefined
        : await readStructured(answer.text, schema, { cut: answer.finishReason === "length" });
    if (schema !== undefined && structured?.problem !== undefined) {
      if (repaired) throw mismatch(structured.problem, answer, model);
      repaired = true;
      messages.push({ role: "user", content: repairRequest(structured.problem, schema) });
      continue;
    }
    return {
      content: answer.text,
      ...structured,
      usage,
      toolCalls,
      finishReason: answer.finishReason,
      steps: step,
      messages,
    };
  }
}

async function ask(
  request: LoopRequest,
  messages: readonly Message[],
  run: Context,
  signal: AbortSignal,
  step: number,
): Promise<ModelAnswer> {
  const { model, temperature, maxOutputTokens, topP, stop, schema, tools = [], retry } = request;
  const settings = defined({ temperature, maxOutputTokens, topP, stop, schema });
  let told = false;
  const tell = (part: ContentPart | ModelPart): void => {
    if (part.type !== "text" && part.type !== "reasoning") return;
    told = true;
    run.tell(`model.${part.type}`, { step, text: part.text });
  };
  const answer = await run.operation(
    "model",
    { messages: [...messages], tools, ...settings },
    { step, provider: model.provider, model: model.modelId },
    (asked) => callModel(model, asked, { signal, ...defined({ retry }), ...(run.streams ? { onPart: tell } : {}) }),
    ({ usage, finishReason }) => ({ usage, finishReason }),
  );
  // A hook may have answered in the model's place.
  if (run.streams && !told) answer.parts.forEach(tell);
  return answer;
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
