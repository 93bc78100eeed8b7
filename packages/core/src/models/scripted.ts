import { SpellError } from "@llmspell/errors";
import type { LanguageModelV3, LanguageModelV3CallOptions, LanguageModelV3Content } from "@ai-sdk/provider";
import { systemClock, type Clock } from "../clock.js";
import { fixedResult, streamOf, type FixedAnswer } from "./fixed-answer.js";

/** One answer of a scripted model; a text and tool calls may come together. */
export interface ScriptedAnswer {
  text?: string;
  /** The text in the pieces in which a stream brings it, in place of `text`; else word by word. */
  chunks?: readonly string[];
  /** Milliseconds, by the model's clock, before the answer or error. */
  delayMs?: number;
  /** Milliseconds before each piece of a stream. */
  chunkDelayMs?: number;
  /** Arguments as a value, or as the very text that the model sends. */
  toolCalls?: { name: string; args?: unknown; id?: string }[];
  /** Thrown instead of answering; with `text` or `chunks` in a stream, after them. */
  error?: Error;
  finishReason?: FixedAnswer["finish"];
  /** Tokens; one per four characters of the answer, and none for the request, by default. */
  usage?: { inputTokens?: number; outputTokens?: number };
}

/** An answer, or what makes it from the request. A text is short for `{ text }`. */
export type ScriptedStep =
  | string
  | ScriptedAnswer
  | ((request: LanguageModelV3CallOptions, call: number) => string | ScriptedAnswer | Promise<string | ScriptedAnswer>);

/** A model that plays steps. */
export interface ScriptedModel extends LanguageModelV3 {
  /** The requests so far, oldest first. */
  readonly requests: readonly LanguageModelV3CallOptions[];
}

/**
 * A model for tests and demonstrations: its n-th call plays the n-th step, and every call one that is
 * a function.
 *
 * @example
 * const model = createScriptedModel([{ toolCalls: [{ name: "weather", args: { city: "Paris" } }] }, "It rains."]);
 * models.register("script", { type: "custom", create: () => model });
 * @throws SpellError `INVALID_STATE` from the call after the last step.
 */
export function createScriptedModel(
  steps: readonly ScriptedStep[] | Extract<ScriptedStep, (...args: never[]) => unknown>,
  {
    provider = "scripted",
    modelId = "scripted",
    clock = systemClock,
  }: { provider?: string; modelId?: string; clock?: Clock } = {},
): ScriptedModel {
  const requests: LanguageModelV3CallOptions[] = [];

  const play = async (options: LanguageModelV3CallOptions): Promise<Play> => {
    const call = requests.push(options);
    const step = typeof steps === "function" ? steps : steps[call - 1];
    if (step === undefined) {
      throw new SpellError(
        "INVALID_STATE",
        `the scripted model has ${steps.length} steps and was called ${call} times`,
      );
    }
    const made = typeof step === "function" ? await step(options, call) : step;
    const said = typeof made === "string" ? { text: made } : made;
    if (said.delayMs !== undefined) await clock.sleep(said.delayMs, options.abortSignal);
    return { said, answer: fixed(said, call) };
  };

  return {
    specificationVersion: "v3",
    provider,
    modelId,
    supportedUrls: {},
    requests,
    async doGenerate(options) {
      const { said, answer } = await play(options);
      if (said.error !== undefined) throw said.error;
      return fixedResult(answer);
    },
    async doStream(options) {
      const { said, answer } = await play(options);
      const { error, chunks, chunkDelayMs } = said;
      if (error !== undefined && answer.content.length === 0) throw error;
      const pause = chunkDelayMs === undefined ? undefined : () => clock.sleep(chunkDelayMs, options.abortSignal);
      return { stream: streamOf(answer, { signal: options.abortSignal, chunks, error, pause }) };
    },
  };
}

interface Play {
  said: ScriptedAnswer;
  answer: FixedAnswer;
}

function fixed(
  { chunks, text = chunks?.join("") ?? "", toolCalls = [], finishReason, usage = {} }: ScriptedAnswer,
  call: number,
): FixedAnswer {
  const calls = toolCalls.map(({ name, args = {}, id }, index): LanguageModelV3Content => {
    const input = typeof args === "string" ? args : JSON.stringify(args);
    return { type: "tool-call", toolCallId: id ?? `call-${call}-${index + 1}`, toolName: name, input };
  });
  const finish = finishReason ?? (calls.length > 0 ? "tool-calls" : "stop");
  const content: LanguageModelV3Content[] = text === "" ? calls : [{ type: "text", text }, ...calls];
  const { inputTokens = 0, outputTokens = Math.ceil(text.length / 4) } = usage;
  return { content, finish, inputTokens, outputTokens };
}
