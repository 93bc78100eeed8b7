import {
  defined,
  endedResponse,
  generate,
  type AgentResponse,
  type GenerateOptions,
  type GenerateRequest,
} from "@llmspell/core";
import type { FunctionRef } from "@llmspell/engine";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { coreContext } from "../../run/core-context.js";
import { perRun } from "../../run/per-run.js";
import { coreMessage, generateOptions, messageType } from "../shapes.js";
import { streamTo } from "../../run/streaming.js";
import { AnswerStream } from "../../run/answer-stream.js";

export const options = t.object(generateOptions, "GenerateOptions");
export type Options = ReturnType<typeof options.check>;

const messages = t.list(messageType);
const request = t.object(
  { prompt: t.optional(t.string), messages: t.optional(messages), ...generateOptions },
  "GenerateRequest",
);
/** What to answer: a text, messages, or a table with one of them and options. */
export const question = t.union(t.string, messages, request);
export type Question = ReturnType<typeof question.check>;

export interface Ask {
  readonly fn: string;
  readonly question: Question;
  readonly opts: Options | undefined;
  readonly signal: AbortSignal;
  /** Streams the answer. */
  readonly stream?: Pick<GenerateOptions, "onEvent" | "ready" | "enough">;
}

/** What is asked, as core has it, without the model; and the settings that say which. */
export function requestOf(
  asked: Question,
  opts: Options | undefined,
): { request: Omit<GenerateRequest, "model" | "provider">; settings: Options } {
  const table = typeof asked === "string" ? { prompt: asked } : Array.isArray(asked) ? { messages: asked } : asked;
  const {
    prompt,
    messages: given,
    ...inline
  } = table as { prompt?: string; messages?: ReturnType<typeof messages.check> } & Options;
  const settings: Options = Object.assign({}, inline, opts);
  const content = defined({ prompt, messages: given?.map(coreMessage) });
  return { request: Object.assign(content, coreSettings(settings)), settings };
}

/** One completion, if the run may ask the model. */
export async function ask(run: RunContext, { fn, question: asked, opts, signal, stream }: Ask): Promise<AgentResponse> {
  const { request: core, settings } = requestOf(asked, opts);
  const ref = run.authorizeModel(fn, settings.model, settings.provider);
  run.progress(`asking ${ref.id}`);
  return await generate(
    run.models,
    { model: ref.id, ...core },
    {
      signal,
      context: coreContext(run),
      ...(settings.timeout === undefined ? {} : { timeoutMs: settings.timeout }),
      ...stream,
    },
  );
}

export function coreSettings({
  system,
  system_prompt = system,
  temperature,
  max_tokens,
  stop,
  schema,
}: Options): Partial<GenerateRequest> {
  return defined({ system: system_prompt, temperature, maxOutputTokens: max_tokens, stop, schema });
}

/** As {@link ask}, with every piece of the answer passed to a function of the spell, which may end it: then that is the answer. */
export async function askStreaming(run: RunContext, asking: Ask, callback: FunctionRef): Promise<AgentResponse> {
  const {
    options: { signal, ...stream },
    end,
  } = streamTo(run, callback, asking.signal);
  const response = await ask(run, { ...asking, signal, stream });
  await end();
  return response;
}

function endedAnswer(
  run: RunContext,
  { question: asked, opts }: Pick<Ask, "question" | "opts">,
  said: string,
): AgentResponse {
  const { request: core, settings } = requestOf(asked, opts);
  const { id } = run.models.resolve(settings.model, settings.provider);
  return endedResponse(run.models, { ...core, model: id }, said);
}

const streamsOf = perRun(() => {
  const open = new Set<AnswerStream>();
  return {
    open,
    [Symbol.dispose](): void {
      for (const stream of open) stream[Symbol.dispose]();
    },
  };
});

/** As {@link ask}, with the pieces of the answer to be fetched. It ends with the run at the latest. */
export function openStream(run: RunContext, asking: Omit<Ask, "signal">): HeldStream {
  const { settings } = requestOf(asking.question, asking.opts);
  run.authorizeModel(asking.fn, settings.model, settings.provider);
  const stream = new AnswerStream((signal, push) =>
    ask(run, {
      ...asking,
      signal,
      stream: { onEvent: (event) => event.type === "model.text" && push(event.payload.text) },
    }),
  );
  const { open } = streamsOf(run);
  open.add(stream);
  const over = (): unknown => open.delete(stream);
  stream.response.then(over, over);
  const response = async (): Promise<AgentResponse> => {
    try {
      const whole = await stream.response;
      // The model may have come to its end before the spell left it.
      if (stream.ended === undefined) return whole;
    } catch (error) {
      if (stream.ended === undefined) throw error;
    }
    return endedAnswer(run, asking, stream.ended);
  };
  return { stream, response };
}

/** A stream of a spell. */
export interface HeldStream {
  readonly stream: AnswerStream;
  /** The response as far as it came. */
  response(): Promise<AgentResponse>;
}
