import {
  defined,
  createAgent,
  createConversation,
  runWorkflow,
  type AgentResponse,
  type Conversation,
} from "@llmspell/core";
import type { FunctionRef, Handle, ScriptObject, ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { awaitable, defineModule, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { coreContext } from "../../run/core-context.js";
import { coreMessage, generateOptions, messageType, scriptMessage, scriptResponse } from "../shapes.js";
import { streamTo } from "../../run/streaming.js";
import {
  ask,
  askStreaming,
  openStream,
  type HeldStream,
  coreSettings,
  options,
  question,
  type Options,
} from "./ask.js";
import { poolFunctions } from "./pools.js";
import { providerFunctions } from "./providers.js";
import { textFunctions } from "./texts.js";

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
  const response = await conversation.send(text, { ...stream.options, authorize });
  await stream.end();
  return scriptResponse(response);
}

const conversation = t.handle<Conversation>("Conversation");
const stream = { stream: t.handle<HeldStream>("Stream") };

export const llmModule = defineModule({
  name: "llm",
  doc: "Asking language models: completions, conversations, several models at once, texts of the right length.",
  functions: {
    generate: awaitable({
      doc: "One completion by the configured model, or by opts.provider and opts.model.",
      needs: { model: "the model, as provider:model" },
      params: { prompt: question, opts: t.optional(options) },
      result: "Response",
      example: 'return llm.generate("Say hello").content',
      call: async (run, { prompt, opts }, signal) =>
        scriptResponse(await ask(run, { fn: "llm.generate", question: prompt, opts, signal })),
    }),
    quick_prompt: awaitable({
      doc: "The text of one completion.",
      needs: { model: "the model, as provider:model" },
      params: { prompt: t.string, opts: t.optional(options) },
      result: "string",
      example: 'return llm.quick_prompt("Say hello")',
      call: async (run, { prompt, opts }, signal) =>
        (await ask(run, { fn: "llm.quick_prompt", question: prompt, opts, signal })).content,
    }),
    chat: awaitable({
      doc: "A completion of a conversation: a list of messages, or a table with messages and options.",
      needs: { model: "the model, as provider:model" },
      params: { messages: question, opts: t.optional(options) },
      result: "Response",
      aliases: ["provider.chat"],
      example: 'return llm.chat({ { role = "user", content = "Say hello" } }).content',
      call: async (run, { messages: asked, opts }, signal) =>
        scriptResponse(await ask(run, { fn: "llm.chat", question: asked, opts, signal })),
    }),
    stream: awaitable({
      doc: "A completion whose pieces are passed to the callback as they arrive; when the callback returns false, what it has had is the answer, with the finish_reason `other`. Without a callback a Stream, to loop over: `for piece in llm.stream(…) do`, in JavaScript `for await (const piece of await llm.stream(…))`.",
      needs: { model: "the model, as provider:model" },
      params: { prompt: question, callback: t.optional(t.fn), opts: t.optional(options) },
      result: "Response",
      without: { param: "callback", result: "Stream" },
      aliases: ["streaming_response", "provider.stream"],
      example: 'local n = 0\nllm.stream("Say hello", function(chunk) n = n + #chunk end)\nreturn n > 0',
      async call(run, { prompt, callback, opts }, signal) {
        const asking = { fn: "llm.stream", question: prompt, opts };
        if (callback === undefined) return run.handles.add("Stream", openStream(run, asking));
        return scriptResponse(await askStreaming(run, { ...asking, signal }, callback));
      },
    }),
    chat_session: sync({
      doc: "A conversation that remembers: s:send(text), s:stream(text, callback), s:history(), s:add(message), s:clear().",
      needs: { model: "the model, as provider:model" },
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
            ...defined({ temperature, maxOutputTokens, stop, schema }),
          },
          { models: run.models, context: coreContext(run) },
        );
        // What is wrong with the settings is told here, not at the first message.
        agent.info();
        const prompt = typeof system_prompt === "string" ? system_prompt : system;
        return conversationHandle(run, createConversation(agent, prompt === undefined ? {} : { systemPrompt: prompt }));
      },
    }),
    batch_process: awaitable({
      doc: "Asks several prompts, at most `concurrency` (4) at a time; results in order, a failure as {ok=false, error=}. With `stop_on_error` a failure ends the others.",
      needs: { model: "the model, as provider:model" },
      params: {
        prompts: t.list(question),
        opts: t.optional(
          t.object(
            { ...generateOptions, concurrency: t.optional(t.integer(1)), stop_on_error: t.optional(t.boolean) },
            "BatchOptions",
          ),
        ),
      },
      result: "list<{ok: boolean, value?: Response, error?: error}>",
      example: 'return #llm.batch_process({ "one", "two" })',
      async call(run, { prompts, opts = {} }, signal) {
        if (prompts.length === 0) return [];
        const { concurrency = 4, stop_on_error: failFast = false, ...rest } = opts;
        const steps = prompts.map((question) => ({
          run: (_: unknown, context: { signal: AbortSignal }) =>
            ask(run, { fn: "llm.batch_process", question, opts: rest, signal: context.signal }),
        }));
        const { steps: done } = await runWorkflow(
          { pattern: "parallel", steps, maxConcurrency: concurrency, failFast },
          null,
          {
            signal,
          },
        );
        return done.map(({ status, output, error }): ScriptObject =>
          status === "completed"
            ? { ok: true, value: scriptResponse(output as AgentResponse) }
            : {
                ok: false,
                error: error ?? new SpellError("CANCELLED", "another prompt failed before this one was answered"),
              },
        );
      },
    }),
    ...providerFunctions,
    ...textFunctions,
    ...poolFunctions,
  },
  methods: {
    Stream: {
      next: awaitable({
        doc: "The next piece of the answer; nothing when it is over. Looping over the stream does this.",
        params: stream,
        result: "string or nil",
        call: async (_, { stream: held }, signal) => await held.stream.next(signal),
      }),
      response: awaitable({
        doc: "The whole answer, when it is over; of one that was closed, what was fetched of it.",
        params: stream,
        result: "Response",
        call: async (_, { stream: held }) => scriptResponse(await held.response()),
      }),
      close: sync({
        doc: "Ends the answer. Leaving a loop of JavaScript does this, and in Lua a variable that is `<close>`.",
        params: stream,
        call(_, { stream: held }) {
          held.stream[Symbol.dispose]();
          return undefined;
        },
      }),
    },
    Conversation: {
      send: awaitable({
        doc: "Says something and waits for the answer.",
        params: { conversation, text: t.string },
        result: "Response",
        call: (run, { conversation: partner, text }, signal) => send(run, partner, text, signal),
      }),
      stream: awaitable({
        doc: "As send, with the pieces of the answer passed to the callback; when it returns false, what it has had is the answer.",
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
