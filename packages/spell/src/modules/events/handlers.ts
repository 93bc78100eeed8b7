import { defined, compileFilter, compilePlainFilter } from "@llmspell/core";
import type { ScriptValue } from "@llmspell/engine";
import { SpellError, toSpellError } from "@llmspell/errors";
import { awaitable, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { busOf } from "./bus.js";
import {
  combined,
  coreFilter,
  eventData,
  eventInput,
  filterHandle,
  filterSpec,
  priorityOf,
  priorityType,
  SEVERITY,
  testOf,
  type EventTest,
} from "./shapes.js";

const emitParams = {
  event: t.union(t.string, eventInput),
  data: t.optional(t.any),
  opts: t.optional(
    t.object(
      { severity: t.optional(SEVERITY), source: t.optional(t.name), correlation_id: t.optional(t.name) },
      "EmitOptions",
    ),
  ),
};

function emit(
  run: RunContext,
  event: ReturnType<typeof emitParams.event.check>,
  data: ScriptValue | undefined,
  opts: ReturnType<typeof emitParams.opts.check>,
): string {
  const bus = busOf(run);
  const given = { ...(typeof event === "string" ? { type: event } : event), ...opts };
  const { payload, bytes } = eventData(data ?? given.data);
  bus.takeIn(bytes);
  const { id, type } = bus.emitter.emit({
    type: given.type,
    payload,
    source: given.source ?? `spell:${run.info.name}`,
    ...defined({ severity: given.severity, correlationId: given.correlation_id }),
  });
  // Types may be made up without end.
  if (bus.types.size < 1000) bus.types.add(type);
  return id;
}

const anyFilter = t.union(t.fn, filterHandle, filterSpec);
const selection = t.union(t.string, filterHandle, filterSpec);
const handlerParams = { pattern: selection, handler: t.fn };

/** The test of a filter in any form. What is given on the spot is made at once, so without regular expressions. */
function eventTest(run: RunContext, given: ReturnType<typeof anyFilter.check>): EventTest {
  if ("test" in given) return given;
  if ("release" in given) return testOf(run, () => true, given);
  return testOf(run, compilePlainFilter(coreFilter(given)), given.predicate);
}

function listen(
  run: RunContext,
  { pattern, handler }: { [K in keyof typeof handlerParams]: ReturnType<(typeof handlerParams)[K]["check"]> },
  opts: {
    filter?: ReturnType<typeof anyFilter.check> | undefined;
    priority?: number | undefined;
    once?: boolean | undefined;
  },
): string {
  const { filter, priority, once = false } = opts;
  const tests = [...(typeof pattern === "string" ? [] : [pattern]), ...(filter === undefined ? [] : [filter])].map(
    (each) => eventTest(run, each),
  );
  return busOf(run).listen(typeof pattern === "string" ? pattern : "**", handler, {
    once,
    ...(tests.length === 0 ? {} : { test: tests.length === 1 && tests[0] ? tests[0] : combined("and", tests) }),
    ...(priority === undefined ? {} : { priority }),
  });
}

const subscription = { sub_id: t.string };

/** Emitting, hearing and filtering. */
export const handlers = {
  emit: sync({
    doc: "Emits an event: emit(type, data?, opts?) or emit{type=, data=}; its id. Handlers run after the current call returns to the loop.",
    params: emitParams,
    result: "string",
    aliases: ["bus_publish"],
    example: 'return #events.emit("order.paid", { sum = 3 })',
    call: (run, { event, data, opts }) => emit(run, event, data, opts),
  }),
  emit_async: awaitable({
    doc: "As emit, but ends when all handlers of all events so far are done; not to be waited for by a handler.",
    params: emitParams,
    result: "string",
    example: `local sum = 0
events.on("order.paid", function(event) sum = sum + event.data.sum end)
await(events.emit_async("order.paid", { sum = 3 }))
return sum`,
    async call(run, { event, data, opts }) {
      const id = emit(run, event, data, opts);
      await busOf(run).emitter.flush();
      return id;
    },
  }),
  on: sync({
    doc: "Calls the handler with each event of a pattern, where * is one word and ** any number of them, or of a filter; the id of the subscription. Lower priorities come first.",
    params: {
      ...handlerParams,
      opts: t.optional(
        t.object(
          { filter: t.optional(anyFilter), priority: t.optional(priorityType), once: t.optional(t.boolean) },
          "ListenOptions",
        ),
      ),
    },
    result: "string",
    aliases: ["subscribe", "subscribe_with_filter", "bus_subscribe", "filter"],
    example: `local seen = {}
events.on("order.*", function(event) seen[#seen + 1] = event.type end)
events.emit("order.paid") events.emit("order.sent.late")
sleep(1)
return seen`,
    call: (run, { pattern, handler, opts = {} }) =>
      listen(
        run,
        { pattern, handler },
        {
          ...opts,
          priority: opts.priority === undefined ? undefined : priorityOf(opts.priority),
        },
      ),
  }),
  once: sync({
    doc: "As on, for one event; the subscription is gone before the handler runs.",
    params: handlerParams,
    result: "string",
    example: `local n = 0
events.once("tick", function() n = n + 1 end)
events.emit("tick") events.emit("tick")
sleep(1)
return n`,
    call: (run, given) => listen(run, given, { once: true }),
  }),
  off: sync({
    doc: "Ends a subscription by its id, or all with this pattern, with `handler` only those of this function; how many. What still waited for them is dropped.",
    params: { pattern_or_sub_id: t.string, handler: t.optional(t.fn) },
    result: "integer",
    aliases: ["unsubscribe", "bus_unsubscribe"],
    example: `local function hear(event) return event end
events.on("tick", hear)
events.on("tick", print)
return events.off("tick", hear)`,
    call(run, { pattern_or_sub_id, handler }) {
      try {
        return busOf(run).unlisten(pattern_or_sub_id, handler);
      } finally {
        handler?.release();
      }
    },
  }),
  list_subscriptions: sync({
    doc: "The subscriptions of this run, oldest first; `count` are the events they have had.",
    result: "list<{id: string, pattern: string, priority: number, paused: boolean, count: integer}>",
    example: 'events.on("tick", print)\nreturn events.list_subscriptions()',
    call: (run) =>
      busOf(run)
        .handlers.entries()
        .map(
          ([
            id,
            {
              subscription: { pattern, priority, paused, stats },
            },
          ]) => ({
            id,
            pattern,
            priority,
            paused,
            count: stats.delivered,
          }),
        ),
  }),
  pause_handler: sync({
    doc: "Has events pass a subscription by until it is resumed.",
    params: subscription,
    example:
      'local id = events.on("tick", print)\nevents.pause_handler(id)\nreturn events.list_subscriptions()[1].paused',
    call(run, { sub_id }) {
      busOf(run).handlers.get(sub_id).subscription.paused = true;
      return undefined;
    },
  }),
  resume_handler: sync({
    doc: "Ends the pause of a subscription.",
    params: subscription,
    example: 'local id = events.on("tick", print)\nevents.resume_handler(id)\nreturn id',
    call(run, { sub_id }) {
      busOf(run).handlers.get(sub_id).subscription.paused = false;
      return undefined;
    },
  }),
  get_handler_stats: sync({
    doc: "How often a handler was called and failed, how long it took on average, and its last error.",
    params: subscription,
    result: "{calls: integer, errors: integer, dropped: integer, avg_ms: number, last_error?: error}",
    example: 'return events.get_handler_stats(events.on("tick", print)).calls',
    call(run, { sub_id }) {
      const { delivered, failed, dropped, totalMs, lastError } = busOf(run).handlers.get(sub_id).subscription.stats;
      return {
        calls: delivered,
        errors: failed,
        dropped,
        avg_ms: delivered === 0 ? 0 : totalMs / delivered,
        ...(lastError === undefined ? {} : { last_error: toSpellError(lastError) }),
      };
    },
  }),
  set_priority: sync({
    doc: "Moves a subscription; lower priorities come first.",
    params: { ...subscription, priority: priorityType },
    aliases: ["set_event_priority"],
    example:
      'local id = events.on("tick", print)\nevents.set_priority(id, "high")\nreturn events.list_subscriptions()[1].priority',
    call(run, { sub_id, priority }) {
      busOf(run).handlers.get(sub_id).subscription.priority = priorityOf(priority);
      return undefined;
    },
  }),
  filters_create: awaitable({
    doc: 'A filter to use again, of all that is named: {pattern, source, severity, time_range, where = {{field = "data.sum", op = "gt", value = 1}}, predicate}. Operators: eq, ne, gt, gte, lt, lte, in, contains, exists, matches.',
    params: { spec: filterSpec },
    result: "EventFilter",
    example: `local seen = {}
local large = events.filters_create({ where = { { field = "data.sum", op = "gt", value = 100 } } })
events.on("order.*", function(event) seen[#seen + 1] = event.data.sum end, { filter = large })
for _, sum in ipairs({ 5, 500 }) do events.emit("order.paid", { sum = sum }) end
sleep(1)
return seen`,
    async call(run, { spec }) {
      return run.handles.add("EventFilter", testOf(run, await compileFilter(coreFilter(spec)), spec.predicate));
    },
  }),
  filters_create_composite: sync({
    doc: "A filter of others: all of them, one of them, or none.",
    params: { filters: t.list(t.union(filterHandle, filterSpec)), op: t.oneOf("and", "or", "not") },
    result: "EventFilter",
    example: `local neither = events.filters_create_composite({ { pattern = "a.*" }, { pattern = "b.*" } }, "not")
local seen = {}
events.on(neither, function(event) seen[#seen + 1] = event.type end)
for _, type in ipairs({ "a.x", "b.x", "c.x" }) do events.emit(type) end
sleep(1)
return seen`,
    call(run, { filters, op }) {
      if (filters.length === 0) throw new SpellError("INVALID_ARGUMENT", "a composite filter needs filters");
      const tests = filters.map((each) => eventTest(run, each));
      return run.handles.add("EventFilter", combined(op, tests));
    },
  }),
};
