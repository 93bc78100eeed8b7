import { SpellError, toSpellError } from "@llmspell/errors";
import type { LanguageModelV3 } from "@ai-sdk/provider";
import { abortError, deadline } from "../abort.js";
import { defined, type JsonSchema } from "../json.js";
import type { Message } from "../messages.js";
import type { FinishReason, ModelAnswer, ModelToolCall } from "../models/answer.js";
import { callModel, type ModelSettings } from "../models/call-model.js";
import { addUsage, NO_USAGE, type Usage } from "../models/model-ref.js";
import type { RetryOptions } from "../retry.js";
import { runToolCall, type ToolCallRecord, type ToolCallScope } from "./run-tool.js";
import { readStructured, repairRequest } from "./structured.js";

/** What happens in a run, as it happens. `step` counts model calls from 1. */
export type AgentEvent =
  | { type: "step_start"; step: number }
  | { type: "text_delta"; step: number; text: string }
  | { type: "reasoning_delta"; step: number; text: string }
  | { type: "tool_call"; step: number; id: string; name: string; args: unknown }
  | { type: "tool_result"; step: number; call: ToolCallRecord }
  | { type: "step_end"; step: number; usage: Usage; finishReason: FinishReason }
  | { type: "finish"; steps: number; usage: Usage; finishReason: FinishReason; content: string };

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
export interface LoopRequest extends ModelSettings, Budgets, Omit<ToolCallScope, "signal" | "tools"> {
  model: LanguageModelV3;
  messages: readonly Message[];
  tools?: ToolCallScope["tools"];
  /** Wants the final answer as JSON that matches this schema. */
  schema?: JsonSchema;
  signal?: AbortSignal;
  onEvent?: ((event: AgentEvent) => void) | undefined;
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
  const { model, schema, maxSteps = 10, maxTokens, tools = [] } = request;
  const emit = request.onEvent ?? ((): void => {});
  using limit = deadline("the run", request.timeoutMs, request.signal);
  // Ends the other tools of a step when one of them ends the run.
  const stop = new AbortController();
  const signal = AbortSignal.any([limit.signal, stop.signal]);
  const scope: ToolCallScope = { ...request, tools, signal };

  const messages: Message[] = [...request.messages];
  const toolCalls: ToolCallRecord[] = [];
  let usage = NO_USAGE;
  let repaired = false;

  for (let step = 1; ; step++) {
    if (step > maxSteps) throw budgetExceeded("maxSteps", maxSteps, step);
    emit({ type: "step_start", step });
    const answer = await ask(request, messages, signal, step);
    usage = addUsage(usage, answer.usage);
    messages.push(assistantMessage(answer));
    if (maxTokens !== undefined && usage.totalTokens > maxTokens)
      throw budgetExceeded("maxTokens", maxTokens, usage.totalTokens);

    if (answer.toolCalls.length > MAX_CALLS)
      throw budgetExceeded("toolCallsPerStep", MAX_CALLS, answer.toolCalls.length);

    const finished = await Promise.all(
      answer.toolCalls.map(async (call) => {
        emit({ type: "tool_call", step, id: call.id, name: call.name, args: call.input });
        const done = await runToolCall(call, scope);
        emit({ type: "tool_result", step, call: done.record });
        return done;
      }),
    ).catch((error: unknown) => {
      stop.abort(toSpellError(error));
      throw limit.signal.aborted ? abortError(limit.signal) : error;
    });
    for (const { record, message } of finished) {
      toolCalls.push(record);
      messages.push(message);
    }
    emit({ type: "step_end", step, usage: answer.usage, finishReason: answer.finishReason });
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
    const result = {
      content: answer.text,
      ...structured,
      usage,
      toolCalls,
      finishReason: answer.finishReason,
      steps: step,
      messages,
    };
    emit({ type: "finish", steps: step, usage, finishReason: result.finishReason, content: result.content });
    return result;
  }
}

async function ask(
  request: LoopRequest,
  messages: readonly Message[],
  signal: AbortSignal,
  step: number,
): Promise<ModelAnswer> {
  const { model, temperature, maxOutputTokens, topP, stop, schema, tools = [], onEvent, retry } = request;
  const settings = defined({ temperature, maxOutputTokens, topP, stop, schema });
  return await callModel(
    model,
    { messages, tools, ...settings },
    {
      signal,
      ...defined({ retry }),
      ...(onEvent === undefined
        ? {}
        : {
            onPart(part) {
              if (part.type !== "tool_call") onEvent({ type: `${part.type}_delta`, step, text: part.text });
            },
          }),
    },
  );
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
