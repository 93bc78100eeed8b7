import { createScriptedModel, type ProviderInfo, type ScriptedAnswer, type ScriptedStep } from "@llmspell/core";
import { FunctionRef } from "@llmspell/engine";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";

const answer = t.object(
  {
    content: t.optional(t.string),
    text: t.optional(t.string),
    chunks: t.optional(t.list(t.string)),
    tool_calls: t.optional(t.list(t.object({ name: t.string, args: t.optional(t.any), id: t.optional(t.string) }))),
    finish_reason: t.optional(t.oneOf("stop", "length", "content-filter", "tool-calls", "error", "other")),
    error: t.optional(t.string),
    delay: t.optional(t.duration),
    usage: t.optional(
      t.object({ prompt_tokens: t.optional(t.integer(0)), completion_tokens: t.optional(t.integer(0)) }),
    ),
  },
  "MockResponse",
);
const answered = t.union(t.string, answer);
const step = t.union(t.string, t.fn, answer);

/** What a scripted provider says: to the first call the first, and so on; or a function that answers every call. */
export const responsesType = t.union(t.fn, t.list(step));
type Answer = ReturnType<typeof answer.check>;
type Step = string | FunctionRef | Answer;

/** A provider whose answers the spell makes. */
export function createMock(
  run: RunContext,
  fn: string,
  name: string,
  responses: FunctionRef | readonly Step[],
): ProviderInfo {
  run.authorize(fn, "provider", name);
  const steps =
    responses instanceof FunctionRef ? callback(run, responses) : responses.map((each) => scriptedStep(run, each));
  const model = createScriptedModel(steps, { provider: name, modelId: "mock" });
  return run.models.register(name, { type: "custom", create: () => model, defaultModel: "mock" });
}

function scriptedStep(run: RunContext, given: Step): ScriptedStep {
  if (typeof given === "string") return given;
  return given instanceof FunctionRef ? callback(run, given) : scriptedAnswer(given);
}

function scriptedAnswer(given: Answer): ScriptedAnswer {
  const { content, text = content, chunks, tool_calls, finish_reason, error, delay, usage } = given;
  const fields = {
    text,
    chunks,
    toolCalls: tool_calls,
    finishReason: finish_reason,
    // As of a server that fails in a way of its own, which is not tried again.
    error: error === undefined ? undefined : new Error(error),
    delayMs: delay,
    usage: usage && { inputTokens: usage.prompt_tokens ?? 0, outputTokens: usage.completion_tokens ?? 0 },
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Asks a function of the spell for each answer. */
function callback(run: RunContext, fn: FunctionRef): Extract<ScriptedStep, (...args: never[]) => unknown> {
  return async ({ prompt, abortSignal }, call) => {
    const messages = prompt.map(({ role, content }) => ({
      role,
      content:
        typeof content === "string" ? content : content.map((part) => (part.type === "text" ? part.text : "")).join(""),
    }));
    const last = messages.at(-1)?.content ?? "";
    const said = await run.callGuest(fn, [{ prompt: last, messages }, call], abortSignal);
    const checked = answered.check(said, ["the answer of the mock"], run.handles);
    return typeof checked === "string" ? checked : scriptedAnswer(checked);
  };
}
