import { defined, SYSTEM_EVENT_TYPES, type EventQuery } from "@llmspell/core";
import { sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import { busOf } from "./bus.js";
import { scriptEvent } from "./shapes.js";

export const historyQuery = t.object(
  {
    pattern: t.optional(t.string),
    since: t.optional(t.number),
    until: t.optional(t.number),
    correlation_id: t.optional(t.string),
    limit: t.optional(t.integer(0)),
  },
  "EventQuery",
);

export function coreQuery(query: ReturnType<typeof historyQuery.check>): EventQuery {
  const { pattern, since, until, correlation_id, limit } = query;
  return defined({ pattern, from: since, to: until, correlationId: correlation_id, limit });
}

/** What has happened so far. */
export const history = {
  enable_logging: sync({
    doc: "Writes every event to the log of the run, at this level (info).",
    params: { level: t.optional(t.oneOf("debug", "info", "warn", "error")) },
    aliases: ["enable_event_logging"],
    example: 'events.enable_logging("debug")\nreturn events.emit("tick") ~= nil',
    call(run, { level = "info" }) {
      const bus = busOf(run);
      bus.logging?.off();
      bus.logging = bus.emitter.on("**", (event) => {
        const { type, ...about } = scriptEvent(event);
        run.log(level, `event ${String(type)}`, about);
      });
      return undefined;
    },
  }),
  disable_logging: sync({
    doc: "Ends what enable_logging began.",
    aliases: ["disable_event_logging"],
    example: "events.disable_logging()",
    call(run) {
      busOf(run).logging?.off();
      return undefined;
    },
  }),
  get_types: sync({
    doc: "The types of events that the framework tells, and those that this spell has emitted, in order.",
    result: "list<string>",
    aliases: ["get_event_types"],
    example: "return #events.get_types() > 20",
    call: (run) => [...new Set<string>([...SYSTEM_EVENT_TYPES, ...busOf(run).types])].toSorted(),
  }),
  get_history: sync({
    doc: "The latest events, oldest first, since a function of this module was first used; at most 10000.",
    params: { query: t.optional(historyQuery) },
    result: "list<Event>",
    aliases: ["get_event_history"],
    example: 'events.emit("a.x") events.emit("b.x")\nreturn events.get_history({ pattern = "a.*" })[1].type',
    call: (run, { query = {} }) => busOf(run).history.events(coreQuery(query)).map(scriptEvent),
  }),
  clear_history: sync({
    doc: "Forgets the events of a pattern, all by default; how many.",
    params: { pattern: t.optional(t.string) },
    result: "integer",
    aliases: ["clear_event_history", "clear"],
    example: 'events.emit("a.x") events.emit("b.x")\nreturn events.clear_history("a.*")',
    call: (run, { pattern }) => busOf(run).history.clear(pattern === undefined ? {} : { pattern }),
  }),
};
