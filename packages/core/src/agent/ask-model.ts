import { isSpellError } from "@llmspell/errors";
import type { Context } from "../context.js";
import { defined } from "../json.js";
import type { ContentPart, Message } from "../messages.js";
import type { ModelAnswer, ModelPart } from "../models/answer.js";
import { callModel, outcomeOf, type ModelRequest } from "../models/call-model.js";
import { READ_FILE } from "../models/file-parts.js";
import { addUsage, NO_USAGE } from "../models/model-ref.js";
import type { LoadedRequest } from "./agent-loop.js";
import { fitContext, type FitOptions, type Fitted } from "./fit-context.js";
import type { RunState } from "./run-state.js";

/**
 * Asks the model for its next move, with the messages as they fit its context window. When
 * the provider says that they do not, less is sent, once.
 */
export function askModel(
  request: LoadedRequest,
  state: RunState,
  run: Context,
  signal: AbortSignal,
): Promise<ModelAnswer> {
  const { fit } = request;
  return fit === undefined
    ? ask(request, state.messages, state, run, signal)
    : askFitted(request, fit, state, run, signal);
}

async function askFitted(
  request: LoadedRequest,
  wanted: FitOptions,
  state: RunState,
  run: Context,
  signal: AbortSignal,
): Promise<ModelAnswer> {
  const { window = Number.POSITIVE_INFINITY } = state;
  const fit = window < wanted.maxTokens ? { ...wanted, maxTokens: window } : wanted;
  const { messages, tokens } = await fitted(request, fit, state, run, signal);
  try {
    return await ask(request, messages, state, run, signal);
  } catch (error) {
    if (!isSpellError(error) || error.code !== "PROVIDER_CONTEXT_LENGTH") throw error;
    // The window may be far smaller than was thought.
    state.window = Math.floor(Math.min(fit.maxTokens, tokens) * LESS);
    const less = { ...fit, maxTokens: state.window };
    const { messages: fewer } = await fitted(request, less, state, run, signal);
    return await ask(request, fewer, state, run, signal);
  }
}

// Tokenizers differ by some tens of percent for texts that are not English prose.
const LESS = 0.6;

async function fitted(
  request: LoadedRequest,
  fit: FitOptions,
  state: RunState,
  run: Context,
  signal: AbortSignal,
): Promise<Pick<Fitted, "messages" | "tokens">> {
  const summarize = async (messages: Message[]): Promise<string> => {
    const { model, retry } = request;
    const { text, usage } = await call({ model, ...defined({ retry }) }, { messages }, state.step, run, signal);
    state.usage = addUsage(state.usage, usage);
    return text;
  };
  const { condensed, change, ...sent } = await fitContext(state.messages, fit, summarize, state.condensed);
  if (condensed !== undefined) state.condensed = condensed;
  if (change !== undefined) run.tell("agent.context.fitted", { step: state.step, ...change });
  return sent;
}

function ask(
  request: LoadedRequest,
  messages: readonly Message[],
  { step, toolCalls }: RunState,
  run: Context,
  signal: AbortSignal,
): Promise<ModelAnswer> {
  const { temperature, maxOutputTokens, topP, stop, schema, toolChoice, tools = [] } = request;
  // A choice that held for ever would never let the model answer.
  const choice = toolCalls.length > 0 && toolChoice !== "none" ? undefined : toolChoice;
  const settings = defined({ temperature, maxOutputTokens, topP, stop, schema, toolChoice: choice });
  const asked: ModelRequest = { messages: messages.slice(), tools, ...settings };
  return run.streams ? askStreamed(request, asked, step, run, signal) : call(request, asked, step, run, signal);
}

async function askStreamed(
  request: LoadedRequest,
  asked: ModelRequest,
  step: number,
  run: Context,
  signal: AbortSignal,
): Promise<ModelAnswer> {
  let told = false;
  let heard = "";
  const tell = (part: ContentPart | ModelPart): void | Promise<void> => {
    if (part.type !== "text" && part.type !== "reasoning") return undefined;
    told = true;
    if (part.type === "text") heard += part.text;
    run.tell(`model.${part.type}`, { step, text: part.text });
    return request.ready?.();
  };
  const isEnough = (): boolean => request.enough?.aborted === true && !signal.aborted;
  const cut = (): ModelAnswer => ({
    text: heard,
    parts: [{ type: "text", text: heard }],
    toolCalls: [],
    finishReason: "other",
    usage: NO_USAGE,
  });
  const until = request.enough === undefined ? signal : AbortSignal.any([signal, request.enough]);
  const answer = await call(request, asked, step, run, until, tell, (error) => {
    if (!isEnough()) throw error;
    return cut();
  });
  // A hook may have answered in the model's place.
  if (!told) for (const part of answer.parts) if (!isEnough()) await tell(part);
  return isEnough() ? { ...cut(), usage: answer.usage } : answer;
}

function call(
  { model, retry }: Pick<LoadedRequest, "model" | "retry">,
  request: ModelRequest,
  step: number,
  run: Context,
  signal: AbortSignal,
  onPart?: (part: ModelPart) => void | Promise<void>,
  failed?: (error: unknown) => ModelAnswer,
): Promise<ModelAnswer> {
  return run.operation(
    "model",
    request,
    { step, provider: model.provider, model: model.modelId },
    async (asked) => {
      const answer = callModel(model, asked, { signal, read: run.find(READ_FILE), ...defined({ retry, onPart }) });
      return await (failed === undefined ? answer : answer.catch(failed));
    },
    outcomeOf,
  );
}
