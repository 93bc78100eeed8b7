import { SpellError } from "@llmspell/errors";
import type { LanguageModelV3, LanguageModelV3CallOptions, LanguageModelV3Content } from "@ai-sdk/provider";
import { fixedResult, streamOf, type FixedAnswer } from "./fixed-answer.js";

/** One answer of a scripted model; a text and tool calls may come together. */
export interface ScriptedAnswer {
  text?: string;
  /** Arguments as a value, or as the very text that the model sends. */
  toolCalls?: { name: string; args?: unknown; id?: string }[];
  /** Thrown instead of answering. */
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
 * A model for tests and demonstrations: its n-th call plays the n-th step.
 *
 * @example
 * const model = createScriptedModel([{ toolCalls: [{ name: "weather", args: { city: "Paris" } }] }, "It rains."]);
 * models.register("script", { type: "custom", create: () => model });
 * @throws SpellError `INVALID_STATE` from the call after the last step.
 */
export function createScriptedModel(
  steps: readonly ScriptedStep[],
  { provider = "scripted", modelId = "scripted" }: { provider?: string; modelId?: string } = {},
): ScriptedModel {
  const requests: LanguageModelV3CallOptions[] = [];

  const play = async (options: LanguageModelV3CallOptions): Promise<FixedAnswer> => {
    const call = requests.push(options);
    const step = steps[call - 1];
    if (step === undefined) {
      throw new SpellError(
        "INVALID_STATE",
        `the scripted model has ${steps.length} steps and was called ${call} times`,
      );
    }
    const made = typeof step === "function" ? await step(options, call) : step;
    const answer = typeof made === "string" ? { text: made } : made;
    if (answer.error !== undefined) throw answer.error;
    return fixed(answer, call);
  };

  return {
    specificationVersion: "v3",
    provider,
    modelId,
    supportedUrls: {},
    requests,
    doGenerate: async (options) => fixedResult(await play(options)),
    doStream: async (options) => ({ stream: streamOf(await play(options), options.abortSignal) }),
  };
}

function fixed({ text = "", toolCalls = [], finishReason, usage = {} }: ScriptedAnswer, call: number): FixedAnswer {
  const calls = toolCalls.map(({ name, args = {}, id }, index): LanguageModelV3Content => {
    const input = typeof args === "string" ? args : JSON.stringify(args);
    return { type: "tool-call", toolCallId: id ?? `call-${call}-${index + 1}`, toolName: name, input };
  });
  const finish = finishReason ?? (calls.length > 0 ? "tool-calls" : "stop");
  const content: LanguageModelV3Content[] = text === "" ? calls : [{ type: "text", text }, ...calls];
  const { inputTokens = 0, outputTokens = Math.ceil(text.length / 4) } = usage;
  return { content, finish, inputTokens, outputTokens };
}
