import {
  defined,
  collaborate,
  createConversation,
  delegate,
  type AgentRunOptions,
  type ApprovalDecision,
  type Approve,
  type Suspension,
} from "@llmspell/core";
import type { FunctionRef, ScriptObject, ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { awaitable, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { coreContext } from "../../run/core-context.js";
import { conversationHandle } from "../llm/index.js";
import { messageType, coreMessage, scriptResponse, toScript, scriptUsage } from "../shapes.js";
import { streamTo } from "../../run/streaming.js";
import { agentHandle, coreInput, input } from "./held.js";

const agent = { agent: agentHandle };
const MADE = 'local a = agent.create({ name = "helper" })\n';

const runOptions = t.object(
  {
    timeout: t.optional(t.duration),
    on_chunk: t.optional(t.fn),
    schema: t.optional(t.table),
    approve: t.optional(t.fn),
    messages: t.optional(t.list(messageType)),
  },
  "AgentRunOptions",
);
type RunOptions = ReturnType<typeof runOptions.check>;

/** What a function of the spell says to a call of a tool: true, false, nothing yet, or a decision. */
const approver =
  (run: RunContext, fn: FunctionRef): Approve =>
  async (request, { signal }) => {
    const answer = await run.callGuest(fn, [toScript(request)], signal);
    if (answer === null) return undefined;
    if (typeof answer === "boolean") return { approve: answer };
    if (typeof answer === "object" && !Array.isArray(answer)) return answer as unknown as ApprovalDecision;
    throw new SpellError(
      "INVALID_ARGUMENT",
      "approve must return true, false, nothing, or { approve, args?, reason? }",
    );
  };

async function withStream<T>(
  run: RunContext,
  fn: string,
  opts: RunOptions,
  signal: AbortSignal,
  work: (options: AgentRunOptions) => Promise<T>,
): Promise<T> {
  const stream = opts.on_chunk && streamTo(run, opts.on_chunk, signal);
  const result = await work({
    ...(stream?.options ?? { signal }),
    authorize: run.authorizer(fn),
    context: coreContext(run),
    ...defined({ timeoutMs: opts.timeout, schema: opts.schema }),
    ...(opts.approve === undefined ? {} : { approve: approver(run, opts.approve) }),
    ...(opts.messages === undefined ? {} : { messages: opts.messages.map(coreMessage) }),
  });
  await stream?.end();
  return result;
}

export const running = {
  run: awaitable({
    doc: "Lets the agent answer, calling its tools as it needs. `on_chunk` gets the pieces of the answer, and ends the run by returning false: what it has had of the answer is all of it. `approve` decides on calls that need it, without it the run is suspended.",
    needs: { model: "the model, as provider:model" },
    mayNeed: { tools: "what the tool asks for" },
    params: { ...agent, input, opts: t.optional(runOptions) },
    result: "Response",
    aliases: ["communication_run"],
    example: `${MADE}return agent.run(a, "Say hello").content`,
    async call(run, { agent: runner, input: given, opts = {} }, signal) {
      const { model, provider } = runner.info();
      run.authorizeModel("agent.run", model, provider);
      run.progress(`agent ${runner.name}`);
      return scriptResponse(
        await withStream(run, "agent.run", opts, signal, (options) => runner.run(coreInput(given), options)),
      );
    },
  }),
  resume: awaitable({
    doc: "Goes on with a suspended run: `decisions` has, by the id of each call that waits, true, false or `{ approve, args, reason }`.",
    needs: { model: "the model, as provider:model" },
    mayNeed: { tools: "what the tool asks for" },
    params: { ...agent, suspension: t.table, decisions: t.table, opts: t.optional(runOptions) },
    result: "Response",
    example: `${MADE}local ok, e = pcall(agent.resume, a, {}, {})\nreturn e.code`,
    async call(run, { agent: runner, suspension, decisions, opts = {} }, signal) {
      const { model, provider } = runner.info();
      run.authorizeModel("agent.resume", model, provider);
      const decided = Object.entries(decisions).map(([id, value]): [string, ApprovalDecision] => [
        id,
        typeof value === "boolean" ? { approve: value } : (value as unknown as ApprovalDecision),
      ]);
      return scriptResponse(
        await withStream(run, "agent.resume", opts, signal, (options) =>
          runner.resume(suspension as unknown as Suspension, Object.fromEntries(decided), options),
        ),
      );
    },
  }),
  conversation: sync({
    doc: "A conversation with the agent that remembers: c:send(text), c:history(), …",
    params: { ...agent, system_prompt: t.optional(t.string) },
    result: "Conversation",
    example: `local c = agent.create({ name = "helper" }):conversation("Be brief")\nreturn c:send("Hello").content`,
    call: (run, { agent: partner, system_prompt }) =>
      conversationHandle(
        run,
        createConversation(partner, system_prompt === undefined ? {} : { systemPrompt: system_prompt }),
      ),
  }),
  delegate: awaitable({
    doc: "Lets another agent do a task in the name of the first; `report_back` tells the first what came out.",
    needs: { model: "the model, as provider:model" },
    mayNeed: { tools: "what the tool asks for" },
    params: {
      from: agentHandle,
      to: agentHandle,
      task: t.string,
      opts: t.optional(
        t.object({ report_back: t.optional(t.boolean), timeout: t.optional(t.duration) }, "DelegateOptions"),
      ),
    },
    result: "Response",
    example: `${MADE}local b = agent.create({ name = "writer" })\nreturn a:delegate(b, "Write a line").content`,
    async call(run, { from, to, task, opts = {} }, signal) {
      for (const each of [from, to]) run.authorizeModel("agent.delegate", each.info().model, each.info().provider);
      const response = await delegate(from, to, task, {
        signal,
        context: coreContext(run),
        authorize: run.authorizer("agent.delegate"),
        ...defined({ reportBack: opts.report_back, timeoutMs: opts.timeout }),
      });
      return scriptResponse(response);
    },
  }),
  collaborate: awaitable({
    doc: 'Several agents work on a task: "sequential", "parallel", "leader" (the first leads) or "vote" (with `choices`).',
    needs: { model: "the model, as provider:model" },
    mayNeed: { tools: "what the tool asks for" },
    params: {
      agents: t.list(agentHandle),
      task: t.string,
      opts: t.optional(
        t.object(
          {
            mode: t.optional(t.oneOf("sequential", "parallel", "leader", "vote")),
            choices: t.optional(t.list(t.string)),
            rounds: t.optional(t.integer(1)),
            share_context: t.optional(t.boolean),
            max_concurrency: t.optional(t.integer(1)),
            timeout: t.optional(t.duration),
          },
          "CollaborateOptions",
        ),
      ),
    },
    result: "{status: string, final: string, results: list<table>, votes?: table, usage: Usage, error?: error}",
    example: `${MADE}return agent.collaborate({ a, agent.create({ name = "b" }) }, "Say hello", { mode = "parallel" }).status`,
    async call(run, { agents, task, opts = {} }, signal) {
      for (const each of agents) run.authorizeModel("agent.collaborate", each.info().model, each.info().provider);
      const { mode, choices, rounds, share_context, max_concurrency, timeout } = opts;
      const { status, final, results, votes, usage, error } = await collaborate(agents, task, {
        signal,
        context: coreContext(run),
        authorize: run.authorizer("agent.collaborate"),
        ...defined({
          mode,
          choices,
          rounds,
          shareContext: share_context,
          maxConcurrency: max_concurrency,
          timeoutMs: timeout,
        }),
      });
      const shown: ScriptObject = {
        status,
        final,
        results: toScript(results),
        usage: scriptUsage(usage),
        ...(votes === undefined ? {} : { votes: votes as ScriptValue }),
        ...(error === undefined ? {} : { error }),
      };
      return shown;
    },
  }),
};
