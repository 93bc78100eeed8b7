import {
  createAgent,
  createConversation,
  generate,
  runWorkflow,
  type AgentResponse,
  type Conversation,
  type GenerateRequest,
  type SystemEvent,
} from "@llmspell/core";
import type { FunctionRef, Handle, ScriptObject, ScriptValue } from "@llmspell/engine";
import { awaitable, defineModule, sync } from "../door/module.js";
import { t } from "../door/types.js";
import type { RunContext } from "../run/context.js";
import { coreContext } from "../run/core-context.js";
import { coreMessage, generateOptions, messageType, scriptMessage, scriptResponse } from "./shapes.js";
import { streamTo } from "./streaming.js";

const options = t.object(generateOptions, "GenerateOptions");
type Options = ReturnType<typeof options.check>;

const messages = t.list(messageType);
const request = t.object(
  { prompt: t.optional(t.string), messages: t.optional(messages), ...generateOptions },
  "GenerateRequest",
);
/** What to answer: a text, messages, or a table with one of them and options. */
const question = t.union(t.string, messages, request);
type Question = ReturnType<typeof question.check>;

interface Ask {
  readonly fn: string;
  readonly question: Question;
  readonly opts: Options | undefined;
  readonly signal: AbortSignal;
  readonly onEvent?: (event: SystemEvent) => void;
}

/** One completion, if the run may ask the model. */
async function ask(run: RunContext, { fn, question: asked, opts, signal, onEvent }: Ask): Promise<AgentResponse> {
  const table = typeof asked === "string" ? { prompt: asked } : Array.isArray(asked) ? { messages: asked } : asked;
  const {
    prompt,
    messages: given,
    ...inline
  } = table as { prompt?: string; messages?: ReturnType<typeof messages.check> } & Options;
  const settings: Options = { ...inline, ...opts };
  const ref = run.authorizeModel(fn, settings.model, settings.provider);
  run.progress(`asking ${ref.id}`);
  const core: GenerateRequest = {
    ...(prompt === undefined ? {} : { prompt }),
    ...(given === undefined ? {} : { messages: given.map(coreMessage) }),
    ...coreSettings(settings),
    model: ref.id,
  };
  return await generate(run.models, core, {
    signal,
    context: coreContext(run),
    ...(settings.timeout === undefined ? {} : { timeoutMs: settings.timeout }),
    ...(onEvent ? { onEvent } : {}),
  });
}

function coreSettings({
  system,
  system_prompt = system,
  temperature,
  max_tokens,
  stop,
  schema,
}: Options): Partial<GenerateRequest> {
  return {
    ...(system_prompt === undefined ? {} : { system: system_prompt }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(max_tokens === undefined ? {} : { maxOutputTokens: max_tokens }),
    ...(stop === undefined ? {} : { stop }),
    ...(schema === undefined ? {} : { schema }),
  };
}

/** Hears the pieces of an answer. */
function pieces(push: (text: string) => void): (event: SystemEvent) => void {
  return (event) => event.type === "model.text" && push(event.payload.text);
}

/** As {@link ask}, with every piece of the answer passed to a function of the spell. */
async function askStreaming(run: RunContext, asking: Ask, callback: FunctionRef): Promise<AgentResponse> {
  const stream = streamTo(run, callback, asking.signal);
  const response = await ask(run, { ...asking, signal: stream.signal, onEvent: pieces(stream.push) });
  await stream.end();
  return response;
}

export function conversationHandle(run: RunContext, conversation: Conversation): Handle {
  return run.handles.add("Conversation", conversation);
}

async function send(
  run: RunContext,
  conversation: Conversation,
  text: string,
  signal: AbortSignal,
  callback?: FunctionRef,
): Promise<ScriptValue> {
  run.progress("asking the model");
  const authorize = run.authorizer("Conversation.send");
  if (callback === undefined) return scriptResponse(await conversation.send(text, { signal, authorize }));
  const stream = streamTo(run, callback, signal);
  const onEvent = pieces(stream.push);
  const response = await conversation.send(text, { signal: stream.signal, authorize, onEvent });
  await stream.end();
  return scriptResponse(response);
}

const conversation = t.handle<Conversation>("Conversation");

export const llmModule = defineModule({
  name: "llm",
  doc: "Asking language models.",
  functions: {
    generate: awaitable({
      doc: "One completion by the configured model, or by opts.provider and opts.model.",
      params: { prompt: question, opts: t.optional(options) },
      result: "Response",
      example: 'return llm.generate("Say hello").content',
      call: async (run, { prompt, opts }, signal) =>
        scriptResponse(await ask(run, { fn: "llm.generate", question: prompt, opts, signal })),
    }),
    quick_prompt: awaitable({
      doc: "The text of one completion.",
      params: { prompt: t.string, opts: t.optional(options) },
      result: "string",
      example: 'return llm.quick_prompt("Say hello")',
      call: async (run, { prompt, opts }, signal) =>
        (await ask(run, { fn: "llm.quick_prompt", question: prompt, opts, signal })).content,
    }),
    chat: awaitable({
      doc: "A completion of a conversation: a list of messages, or a table with messages and options.",
      params: { messages: question, opts: t.optional(options) },
      result: "Response",
      aliases: ["provider.chat"],
      example: 'return llm.chat({ { role = "user", content = "Say hello" } }).content',
      call: async (run, { messages: asked, opts }, signal) =>
        scriptResponse(await ask(run, { fn: "llm.chat", question: asked, opts, signal })),
    }),
    stream: awaitable({
      doc: "A completion whose pieces are passed to the callback as they arrive; the callback ends it by returning false.",
      params: { prompt: question, callback: t.fn, opts: t.optional(options) },
      result: "Response",
      aliases: ["streaming_response", "provider.stream"],
      example: 'local n = 0\nllm.stream("Say hello", function(chunk) n = n + #chunk end)\nreturn n > 0',
      call: async (run, { prompt, callback, opts }, signal) =>
        scriptResponse(await askStreaming(run, { fn: "llm.stream", question: prompt, opts, signal }, callback)),
    }),
    chat_session: sync({
      doc: "A conversation that remembers: s:send(text), s:stream(text, callback), s:history(), s:add(message), s:clear().",
      params: { system_prompt: t.optional(t.union(t.string, options)), opts: t.optional(options) },
      result: "Conversation",
      example: 'local s = llm.chat_session("Be brief")\ns:send("Hello")\nreturn #s:history()',
      call(run, { system_prompt, opts }) {
        const settings: Options = { ...(typeof system_prompt === "object" ? system_prompt : {}), ...opts };
        const ref = run.authorizeModel("llm.chat_session", settings.model, settings.provider);
        const { system, schema, ...rest } = coreSettings(settings);
        const { temperature, maxOutputTokens, stop } = rest;
        const agent = createAgent(
          {
            name: "chat session",
            model: ref.id,
            ...(temperature === undefined ? {} : { temperature }),
            ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
            ...(stop === undefined ? {} : { stop }),
            ...(schema === undefined ? {} : { schema }),
          },
          { models: run.models, context: coreContext(run) },
        );
        const prompt = typeof system_prompt === "string" ? system_prompt : system;
        return conversationHandle(run, createConversation(agent, prompt === undefined ? {} : { systemPrompt: prompt }));
      },
    }),
    batch_process: awaitable({
      doc: "Asks several prompts, at most `concurrency` (4) at a time; results in order, a failure as {ok=false, error=}.",
      params: {
        prompts: t.list(question),
        opts: t.optional(t.object({ ...generateOptions, concurrency: t.optional(t.integer(1)) }, "BatchOptions")),
      },
      result: "list<{ok: boolean, value?: Response, error?: error}>",
      example: 'return #llm.batch_process({ "one", "two" })',
      async call(run, { prompts, opts = {} }, signal) {
        if (prompts.length === 0) return [];
        const { concurrency = 4, ...rest } = opts;
        const steps = prompts.map((question) => ({
          run: (_: unknown, context: { signal: AbortSignal }) =>
            ask(run, { fn: "llm.batch_process", question, opts: rest, signal: context.signal }),
        }));
        const { steps: done } = await runWorkflow({ pattern: "parallel", steps, maxConcurrency: concurrency }, null, {
          signal,
        });
        return done.map(({ status, output, error }): ScriptObject =>
          status === "completed"
            ? { ok: true, value: scriptResponse(output as AgentResponse) }
            : { ok: false, error: error ?? null },
        );
      },
    }),
  },
  methods: {
    Conversation: {
      send: awaitable({
        doc: "Says something and waits for the answer.",
        params: { conversation, text: t.string },
        result: "Response",
        call: (run, { conversation: partner, text }, signal) => send(run, partner, text, signal),
      }),
      stream: awaitable({
        doc: "As send, with the pieces of the answer passed to the callback.",
        params: { conversation, text: t.string, callback: t.fn },
        result: "Response",
        call: (run, { conversation: partner, text, callback }, signal) => send(run, partner, text, signal, callback),
      }),
      history: sync({
        doc: "Every message so far.",
        params: { conversation },
        result: "list<Message>",
        aliases: ["export"],
        call: (_, { conversation: partner }) => partner.history().map(scriptMessage),
      }),
      add: sync({
        doc: "Adds a message without asking the model.",
        params: { conversation, message: messageType },
        call(_, { conversation: partner, message }) {
          partner.add(coreMessage(message));
          return undefined;
        },
      }),
      clear: sync({
        doc: "Forgets everything but the system prompt.",
        params: { conversation },
        call(_, { conversation: partner }) {
          partner.clear();
          return undefined;
        },
      }),
    },
  },
});
