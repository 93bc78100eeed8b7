import {
  profileRuns,
  recordEvents,
  replayEvents,
  type Agent,
  type Hook,
  type Recorder,
  type RunProfile,
  type RunProfiler,
  type SpellEvent,
} from "@llmspell/core";
import type { FunctionRef, ScriptObject } from "@llmspell/engine";
import { SpellError, onAbort } from "@llmspell/errors";
import { awaitable, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { eventsOf } from "../../run/core-context.js";
import { perRun } from "../../run/per-run.js";
import { guestHook } from "../hooks/guest-hook.js";
import { priorityOf, priorityType } from "../hooks/placing.js";
import { pointOf } from "../hooks/points.js";
import { registryOf } from "../hooks/registry.js";
import { toScript } from "../shapes.js";
import { agentHandle } from "./held.js";

const agent = { agent: agentHandle };
const MADE = 'local a = agent.create({ name = "helper" })\n';
const MOST = 1000;

/** The events of one agent have it as their source. */
const sourceOf = ({ id }: Agent): string => `agent:${id}`;
const isOf = (of: Agent) => (event: SpellEvent) => event.source === sourceOf(of);

interface Session {
  readonly agent: Agent;
  readonly profiler: RunProfiler;
  last: RunProfile | undefined;
}

/** What the spell has begun to observe, by id. */
const observed = perRun(() => {
  const subscriptions = new Map<string, { subscription: Disposable; handler: FunctionRef }>();
  const recordings = new Map<string, { agent: Agent; recorder: Recorder; on: boolean }>();
  const sessions = new Map<string, Session>();
  let made = 0;
  /** What has ended is kept as long as there is room. */
  const forgetEnded = (): boolean => {
    const session = [...sessions].find(([, { last }]) => last !== undefined)?.[0];
    const recording = [...recordings].find(([, { on }]) => !on)?.[0];
    return sessions.delete(session ?? "") || recordings.delete(recording ?? "");
  };
  return {
    subscriptions,
    recordings,
    sessions,
    id(kind: string): string {
      if (subscriptions.size + recordings.size + sessions.size >= MOST && !forgetEnded())
        throw new SpellError("LIMIT_VALUE", `a spell observes at most ${MOST} things at a time`);
      return `${kind}-${++made}`;
    },
    [Symbol.dispose](): void {
      for (const { subscription } of subscriptions.values()) subscription[Symbol.dispose]();
      for (const { profiler } of sessions.values()) profiler[Symbol.dispose]();
      for (const { recorder } of recordings.values()) recorder[Symbol.dispose]();
    },
  };
});

function found<T>(map: ReadonlyMap<string, T>, id: string, what: string): T {
  const value = map.get(id);
  if (value === undefined) throw new SpellError("NOT_FOUND", `there is no ${what} '${id}'`);
  return value;
}

function sessionOf(run: RunContext, of: Agent): Session {
  const session = [...observed(run).sessions.values()].findLast((each) => each.agent === of);
  if (session === undefined) throw new SpellError("NOT_FOUND", "this agent has not been profiled");
  return session;
}

function scriptProfile({ wallMs, runMs, modelMs, toolMs, ownMs, runs, models, tools }: RunProfile): ScriptObject {
  return {
    wall_ms: wallMs,
    run_ms: runMs,
    provider_ms: modelMs,
    tool_ms: toolMs,
    own_ms: ownMs,
    runs,
    models: toScript(models),
    tools: toScript(tools),
  };
}

function hook(
  run: RunContext,
  of: Agent,
  point: string,
  fn: Parameters<typeof guestHook>[2],
  opts: HookOptions = {},
): string {
  const at = pointOf(point);
  if (at === undefined) throw new SpellError("INVALID_ARGUMENT", `there is no hook point '${point}'`);
  const name = opts.name ?? `${point} of ${of.name}`;
  const made = {
    name,
    point: at,
    ...(opts.priority === undefined ? {} : { priority: priorityOf(opts.priority) }),
    filter: (context: { run: { source: string } }) => context.run.source === sourceOf(of),
    run: guestHook(run, name, fn, undefined),
  } as unknown as Hook;
  return registryOf(run).add(name, at, [made], { subject: sourceOf(of), metadata: {}, functions: [fn] });
}

const hookOptions = t.object({ name: t.optional(t.name), priority: t.optional(priorityType) }, "AgentHookOptions");
type HookOptions = ReturnType<typeof hookOptions.check>;

const ownHooks = (run: RunContext, of: Agent, point?: string): string[] =>
  registryOf(run)
    .ofType(({ subject, type }) => subject === sourceOf(of) && (point === undefined || type === pointOf(point)))
    .map(([id]) => id);

export const observing = {
  events_emit: sync({
    doc: "Emits an event with this agent as its source.",
    params: { ...agent, type: t.string, data: t.optional(t.any) },
    result: "string",
    example: `${MADE}return #a:events_emit("note.taken", { n = 1 }) > 0`,
    call: (run, { agent: of, type, data = null }) =>
      eventsOf(run).emit({ type, payload: structuredClone(toScript(data)), source: sourceOf(of) }).id,
  }),
  events_subscribe: sync({
    doc: "Calls a function with the events of one agent, of a pattern such as `tool.*`; gives the id of the subscription.",
    params: { ...agent, type: t.string, handler: t.fn },
    result: "string",
    example: `${MADE}return a:events_subscribe("agent.*", print)`,
    call(run, { agent: of, type, handler }) {
      const { subscriptions, id } = observed(run);
      const own = id("subscription");
      const listener = (event: SpellEvent): Promise<void> => run.tellGuest(handler, [toScript(event)]);
      const subscription = eventsOf(run).on(type, listener, { filter: isOf(of), delivery: "async" });
      subscriptions.set(own, { subscription, handler });
      return own;
    },
  }),
  events_unsubscribe: sync({
    doc: "Ends a subscription; whether there was one.",
    params: { sub_id: t.string },
    result: "boolean",
    example: `${MADE}return agent.events_unsubscribe(a:events_subscribe("agent.*", print))`,
    call(run, { sub_id }) {
      const { subscriptions } = observed(run);
      const known = subscriptions.get(sub_id);
      known?.subscription[Symbol.dispose]();
      known?.handler.release();
      return subscriptions.delete(sub_id);
    },
  }),
  events_start_recording: awaitable({
    doc: "Begins to keep the events of one agent, the latest 10 000.",
    params: agent,
    result: "string",
    example: `${MADE}return a:events_start_recording()`,
    async call(run, { agent: of }) {
      const { recordings, id } = observed(run);
      const own = id("recording");
      recordings.set(own, { agent: of, recorder: await recordEvents(eventsOf(run), { filter: isOf(of) }), on: true });
      return own;
    },
  }),
  events_stop_recording: awaitable({
    doc: "Ends a recording and gives its events.",
    params: { recording_id: t.string },
    result: "list<table>",
    example: `${MADE}local r = a:events_start_recording()\na:run("Hello")\nreturn agent.events_stop_recording(r)[1].type`,
    async call(run, { recording_id }) {
      const recording = found(observed(run).recordings, recording_id, "recording");
      if (recording.on) await recording.recorder.stop();
      recording.on = false;
      return toScript(recording.recorder.events());
    },
  }),
  events_replay: awaitable({
    doc: "Tells the events of a recording again, of one agent the latest; as fast as can be unless `speed` is given.",
    params: {
      recording: t.union(agentHandle, t.string),
      opts: t.optional(t.object({ speed: t.optional(t.number) }, "AgentReplayOptions")),
    },
    result: "{replayed: integer}",
    example: `${MADE}local r = a:events_start_recording()\na:run("Hello")\nagent.events_stop_recording(r)\nreturn agent.events_replay(r).replayed`,
    async call(run, { recording, opts = {} }, signal) {
      const { recordings } = observed(run);
      const latest = [...recordings.values()].findLast((each) => each.agent === recording);
      const of = typeof recording === "string" ? found(recordings, recording, "recording") : latest;
      if (of === undefined) throw new SpellError("NOT_FOUND", "nothing of this agent was recorded");
      const replay = replayEvents(of.recorder.events(), eventsOf(run).deliver, {
        speed: opts.speed ?? Number.POSITIVE_INFINITY,
      });
      onAbort(signal, () => replay.stop());
      return { replayed: (await replay.done).replayed };
    },
  }),
  profiling_start: sync({
    doc: "Begins to measure where the runs of this spell spend their time.",
    params: agent,
    result: "string",
    example: `${MADE}return a:profiling_start()`,
    call(run, { agent: of }) {
      const { sessions, id } = observed(run);
      const profiler = profileRuns(eventsOf(run));
      const own = id("profile");
      profiler.start();
      sessions.set(own, { agent: of, profiler, last: undefined });
      return own;
    },
  }),
  profiling_stop: sync({
    doc: "Ends a measurement and gives it.",
    params: { session_id: t.string },
    result: "table",
    example: `${MADE}local s = a:profiling_start()\na:run("Hello")\nreturn agent.profiling_stop(s).runs`,
    call(run, { session_id }) {
      const session = found(observed(run).sessions, session_id, "profile");
      session.last ??= session.profiler.stop();
      return scriptProfile(session.last);
    },
  }),
  profiling_get_metrics: sync({
    doc: "The latest measurement of an agent, also while it is on.",
    params: agent,
    result: "table",
    example: `${MADE}a:profiling_start()\na:run("Hello")\nreturn a:profiling_get_metrics().runs`,
    call(run, { agent: of }) {
      const { last, profiler } = sessionOf(run, of);
      return scriptProfile(last ?? profiler.report());
    },
  }),
  profiling_get_report: sync({
    doc: "The latest measurement of an agent as text, or as data.",
    params: { ...agent, format: t.optional(t.oneOf("text", "json")) },
    result: "any",
    example: `${MADE}a:profiling_start()\na:run("Hello")\nreturn a:profiling_get_report()`,
    call(run, { agent: of, format = "text" }) {
      const { last, profiler } = sessionOf(run, of);
      const profile = last ?? profiler.report();
      if (format === "json") return scriptProfile(profile);
      const line = (name: string, ms: number): string => `${name.padEnd(12)} ${ms.toFixed(1)} ms`;
      const entries = [...profile.models, ...profile.tools].map(({ name, calls, totalMs }) =>
        line(`  ${name} ×${calls}`, totalMs),
      );
      const own = [
        line("runs", profile.runMs),
        line("models", profile.modelMs),
        line("tools", profile.toolMs),
        line("itself", profile.ownMs),
      ];
      return [...own, ...entries].join("\n");
    },
  }),
  hooks_register: sync({
    doc: "A hook for this agent only; see the module `hooks`.",
    params: { ...agent, point: t.string, fn: t.fn, opts: t.optional(hookOptions) },
    result: "string",
    aliases: ["add_hook"],
    example: `${MADE}return a:hooks_register("model.before", function() end)`,
    call: (run, { agent: of, point, fn, opts }) => hook(run, of, point, fn, opts),
  }),
  hooks_set: sync({
    doc: "The only hook of this agent at this point.",
    params: { ...agent, point: t.string, fn: t.fn },
    result: "string",
    example: `${MADE}return a:hooks_set("model.before", function() end)`,
    call(run, { agent: of, point, fn }) {
      const before = ownHooks(run, of, point);
      const id = hook(run, of, point, fn);
      for (const each of before) registryOf(run).remove(each);
      return id;
    },
  }),
  hooks_unregister: sync({
    doc: "Removes a hook of this agent by its id, or all of a point.",
    params: { ...agent, hook: t.string },
    result: "boolean",
    aliases: ["remove_hook"],
    example: `${MADE}return a:hooks_unregister(a:hooks_register("model.before", function() end))`,
    call(run, { agent: of, hook: given }) {
      const gone = ownHooks(run, of).filter((id) => id === given);
      const all = gone.length > 0 || pointOf(given) === undefined ? gone : ownHooks(run, of, given);
      for (const each of all) registryOf(run).remove(each);
      return all.length > 0;
    },
  }),
};
