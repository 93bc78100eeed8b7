import { defined, messageText, summarizeMemory, type Memory } from "@llmspell/core";
import type { ScriptObject } from "@llmspell/engine";
import { awaitable, sync } from "../../door/module.js";
import { t, type Type } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { coreContext } from "../../run/core-context.js";
import { coreMessage, messageType, scriptMessage } from "../shapes.js";
import { coreLimits, limitFields, m, memoriesOf, memoryHandle } from "./store.js";

const given = (run: RunContext, memory: Memory | undefined): Memory => memory ?? memoriesOf(run).own;

function describe(run: RunContext, memory: Memory): ScriptObject {
  const { messages, byRole, characters, tokens = 0 } = memory.stats();
  return { id: memoriesOf(run).idOf(memory), messages, tokens, characters, by_role: byRole as ScriptObject };
}

const bytesOf = (memory: Memory): number =>
  memory.messages().reduce((sum, message) => sum + Buffer.byteLength(messageText(message)), 0);

const format = t.oneOf("json", "text", "markdown");
const query = t.object(
  { limit: t.optional(t.integer(0)), offset: t.optional(t.integer(0)), max_tokens: t.optional(t.integer(1)) },
  "MemoryQuery",
);
const summary = t.object(
  {
    model: t.optional(t.string),
    max_tokens: t.optional(t.integer(1)),
    keep: t.optional(t.integer(0)),
    replace: t.optional(t.boolean),
  },
  "SummarizeOptions",
);

/** A memory and options, both of which may be left out: `get(m, opts)`, `get(m)`, `get(opts)`. */
const withOptions = <T>(opts: Type<T>) => ({
  m: t.optional(t.union(memoryHandle, opts) as Type<Memory | T>),
  opts: t.optional(opts),
});

function split<T>(
  run: RunContext,
  { m: first, opts }: { m: Memory | T | undefined; opts: T | undefined },
): [Memory, T | undefined] {
  if (first === undefined) return [memoriesOf(run).own, opts];
  return isMemory(first) ? [first, opts] : [memoriesOf(run).own, first];
}

const isMemory = (value: unknown): value is Memory =>
  typeof value === "object" && value !== null && "snapshot" in value;
const EXAMPLE = `local m = memory.create()
m:add_batch({ { role = "user", content = "My cat is called Minka" }, { role = "assistant", content = "A fine name" } })\n`;

/** Memories of conversations. */
export const messages = {
  create: sync({
    doc: "A memory of messages. At a limit the oldest turns go, never system messages or the latest turn; max_messages is 1000 unless said. Tokens are estimated: four characters each.",
    params: {
      config: t.optional(
        t.object(
          {
            type: t.optional(t.oneOf("conversation", "short_term")),
            name: t.optional(t.string),
            ...limitFields,
          },
          "MemoryConfig",
        ),
      ),
    },
    result: "Memory",
    example: `${EXAMPLE}return m:get_size().messages`,
    call: (run, { config = {} }) => memoriesOf(run).create(coreLimits(config), config.name),
  }),
  destroy: sync({
    doc: "Forgets a memory; its handle can no longer be used.",
    params: { m: memoryHandle },
    result: "boolean",
    example: `${EXAMPLE}return memory.destroy(m)`,
    call: (run, { m: gone }) => run.handles.remove(gone),
  }),
  list: sync({
    doc: "The memories that this spell has made and holds.",
    result: "list<MemoryInfo>",
    example: `${EXAMPLE}return memory.list()[1].messages`,
    call: (run) => run.handles.all<Memory>("Memory").map((each) => describe(run, each)),
  }),
  add: sync({
    doc: "Adds a message: add(m, message), or add(message) to the memory of the run.",
    params: { ...m, message: messageType },
    example: 'memory.add({ role = "user", content = "hi" })\nreturn memory.get_stats().messages',
    call(run, { m: to, message }) {
      given(run, to).add(coreMessage(message));
      return undefined;
    },
  }),
  add_batch: sync({
    doc: "Adds several messages, all or none.",
    params: { ...m, messages: t.list(messageType) },
    example: `${EXAMPLE}return #m:get()`,
    call(run, { m: to, messages: added }) {
      given(run, to).add(...added.map(coreMessage));
      return undefined;
    },
  }),
  get: sync({
    doc: "The messages, oldest first; with max_tokens the latest turns that fit, with offset and limit a part of them.",
    params: withOptions(query),
    result: "list<Message>",
    example: `${EXAMPLE}return m:get({ limit = 1 })[1].content`,
    call(run, args) {
      const [memory, { limit, offset = 0, max_tokens: maxTokens } = {}] = split(run, args);
      const all = maxTokens === undefined ? memory.messages() : memory.window({ maxTokens });
      return all.slice(offset, limit === undefined ? undefined : offset + limit).map(scriptMessage);
    },
  }),
  get_last: sync({
    doc: "The latest n messages, oldest first.",
    params: { ...m, n: t.integer(0) },
    result: "list<Message>",
    example: `${EXAMPLE}return m:get_last(1)[1].role`,
    call(run, { m: from, n }) {
      const all = given(run, from).messages();
      return all.slice(Math.max(0, all.length - n)).map(scriptMessage);
    },
  }),
  get_by_role: sync({
    doc: "The messages of a role.",
    params: { ...m, role: t.oneOf("system", "user", "assistant", "tool") },
    result: "list<Message>",
    example: `${EXAMPLE}return #m:get_by_role("user")`,
    call: (run, { m: from, role }) =>
      given(run, from)
        .messages()
        .filter((message) => message.role === role)
        .map(scriptMessage),
  }),
  search: sync({
    doc: "The messages that have words of a query, the best first.",
    params: { ...m, query: t.string },
    result: "list<{message: Message, score: number}>",
    example: `${EXAMPLE}return m:search("cat")[1].message.role`,
    call: (run, { m: from, query }) =>
      given(run, from)
        .search(query)
        .map(({ message, score }) => ({ message: scriptMessage(message), score })),
  }),
  clear: sync({
    doc: "Forgets everything but system messages.",
    params: m,
    example: `${EXAMPLE}m:clear()\nreturn #m:get()`,
    call(run, { m: of }) {
      given(run, of).clear();
      return undefined;
    },
  }),
  truncate: sync({
    doc: "Forgets the oldest turns until there are no more messages than that, or {tokens = …}; how many went.",
    params: { ...m, limit: t.union(t.integer(1), t.object({ tokens: t.integer(1) })) },
    result: "integer",
    example: `${EXAMPLE}m:add({ role = "user", content = "And mine?" })\nreturn m:truncate(1)`,
    call: (run, { m: of, limit }) =>
      given(run, of).truncate(typeof limit === "number" ? { maxMessages: limit } : { maxTokens: limit.tokens }),
  }),
  get_size: sync({
    doc: "How many messages, tokens (estimated) and bytes of text there are.",
    params: m,
    result: "{messages: integer, tokens: integer, bytes: integer}",
    example: `${EXAMPLE}return m:get_size().bytes`,
    call(run, { m: of }) {
      const memory = given(run, of);
      const { messages: count, tokens = 0 } = memory.stats();
      return { messages: count, tokens, bytes: bytesOf(memory) };
    },
  }),
  get_token_count: sync({
    doc: "How many tokens there are, estimated.",
    params: m,
    result: "integer",
    example: `${EXAMPLE}return m:get_token_count() > 0`,
    call: (run, { m: of }) => given(run, of).stats().tokens ?? 0,
  }),
  get_stats: sync({
    doc: "What is in a memory.",
    params: m,
    result: "MemoryInfo",
    example: `${EXAMPLE}return m:get_stats().by_role.user`,
    call: (run, { m: of }) => describe(run, given(run, of)),
  }),
  set_limit: sync({
    doc: "Sets what is kept from now on; what is too much goes at once.",
    params: { ...m, limits: t.object(limitFields, "MemoryLimits") },
    example: `${EXAMPLE}m:set_limit({ max_messages = 2 })\nreturn #m:get()`,
    call(run, { m: of, limits }) {
      given(run, of).setLimits(coreLimits(limits));
      return undefined;
    },
  }),
  optimize: sync({
    doc: "Forgets messages without content and those that repeat the one before; how many bytes of text went.",
    params: m,
    result: "{freed: integer, messages: integer}",
    example: `${EXAMPLE}m:add({ role = "assistant", content = "A fine name" })\nreturn m:optimize().messages`,
    call(run, { m: of }) {
      const memory = given(run, of);
      const before = bytesOf(memory);
      const gone = memory.compact();
      return { freed: before - bytesOf(memory), messages: gone };
    },
  }),
  summarize: awaitable({
    doc: "Lets a model summarize all but the last `keep` (2) turns; nil when there are no more. With replace the summary takes their place.",
    needs: { model: "the model, as provider:model" },
    params: withOptions(summary),
    result: "string or nil",
    example: `${EXAMPLE}return m:summarize({ keep = 0 })`,
    async call(run, args, signal) {
      const [memory, { model, max_tokens: maxOutputTokens, keep, replace = false } = {}] = split(run, args);
      const ref = run.authorizeModel("memory.summarize", model);
      run.progress(`asking ${ref.id}`);
      const text = await summarizeMemory(replace ? memory : memory.fork(), run.models, {
        model: ref.id,
        signal,
        context: coreContext(run),
        ...defined({ maxOutputTokens, keep }),
      });
      return text ?? null;
    },
  }),
  export: sync({
    doc: "A memory as text: json has everything, text and markdown are for people.",
    params: withOptions(format),
    result: "string",
    example: `${EXAMPLE}return m:export("text")`,
    aliases: ["export_as"],
    call(run, args) {
      const [memory, as] = split(run, args);
      return memory.export(as);
    },
  }),
  import: sync({
    doc: "Adds what export has written; how many messages.",
    params: { ...m, data: t.string, format: t.optional(format) },
    result: "integer",
    example: `${EXAMPLE}return memory.create():import(m:export())`,
    aliases: ["import_from"],
    call: (run, { m: to, data, format: as }) => given(run, to).import(data, as),
  }),
  merge: sync({
    doc: "A new memory with the messages of both in the order of time.",
    params: { m1: memoryHandle, m2: memoryHandle },
    result: "Memory",
    example: `${EXAMPLE}local other = m:fork()\nother:add({ role = "user", content = "hi" })\nreturn #m:merge(other):get()`,
    call(run, { m1, m2 }) {
      const both = m1.fork();
      both.merge(m2);
      return memoriesOf(run).handle(both);
    },
  }),
  fork: sync({
    doc: "An independent memory with the same messages and limits.",
    params: m,
    result: "Memory",
    example: `${EXAMPLE}return #m:fork():get()`,
    call: (run, { m: of }) => memoriesOf(run).handle(given(run, of).fork()),
  }),
  snapshot: sync({
    doc: "Keeps what is in a memory now; the id. A run has 100 at most.",
    params: m,
    result: "string",
    example: `${EXAMPLE}local id = m:snapshot()\nm:clear()\nm:restore(id)\nreturn #m:get()`,
    call: (run, { m: of }) => memoriesOf(run).snapshots.add(given(run, of).snapshot()),
  }),
  restore: sync({
    doc: "Makes a memory what it was at a snapshot.",
    params: { ...m, snapshot_id: t.string },
    example: `${EXAMPLE}m:restore(m:snapshot())\nreturn #m:get()`,
    call(run, { m: of, snapshot_id }) {
      given(run, of).restore(memoriesOf(run).snapshots.get(snapshot_id));
      return undefined;
    },
  }),
};
