import { createTracer, type Span, type SpanOptions, type Tracer } from "@llmspell/core";
import { SpellError } from "@llmspell/errors";
import { awaitable, defineModule, sync } from "../door/module.js";
import { t } from "../door/types.js";
import { perRun } from "../run/per-run.js";
import type { RunContext } from "../run/context.js";
import { toScript } from "./shapes.js";

const tracerOf = perRun<Tracer>(() => createTracer());

const span = t.handle<Span>("Span");
const status = t.oneOf("unset", "ok", "error");

/** The span that is meant: the one given, or the one around. */
function meant(run: RunContext, fn: string, given: Span | undefined): Span {
  const found = given ?? tracerOf(run).current;
  if (found === undefined) throw new SpellError("INVALID_STATE", `${fn}: there is no span around; name one`);
  return found;
}

const spanFields =
  '{name: string, trace_id: string, span_id: string, parent_id?: string, kind: string, start: number, end: number, status: "unset" or "ok" or "error", message?: string, attributes: table, events: list<{name: string, time: number, attributes: table}>}';

const addEvent = sync({
  doc: "Adds an event to the span around, or to the one given.",
  params: { name: t.name, attributes: t.optional(t.table), span: t.optional(span) },
  example: 'trace.span("load", function() trace.add_event("cache miss") end) return #trace.get_trace().spans[1].events',
  call(run, { name, attributes, span: given }) {
    meant(run, "trace.add_event", given).addEvent(name, attributes);
    return undefined;
  },
});

export const traceModule = defineModule({
  name: "trace",
  doc: "Spans in the sense of OpenTelemetry: what happened, inside what, for how long.",
  aliases: ["tracing"],
  handles: ["Span"],
  functions: {
    span: awaitable({
      doc: "Calls a function inside a span, which ends with it: with the status `error` when it fails. Spans that it starts are children, also after it has waited.",
      params: { name: t.name, fn: t.fn, attributes: t.optional(t.table) },
      result: "any",
      example: 'return trace.span("load", function(span) span:set_attribute("rows", 3) return 3 end)',
      call: (run, { name, fn, attributes = {} }, signal) =>
        tracerOf(run).within(name, (made) => run.callGuest(fn, [run.handles.add("Span", made)], signal), {
          attributes,
        }),
    }),
    start_span: sync({
      doc: "Starts a span that `end_span` ends, by default a child of the one around.",
      params: {
        name: t.name,
        options: t.optional(
          t.object(
            {
              parent: t.optional(span),
              attributes: t.optional(t.table),
              kind: t.optional(t.oneOf("internal", "server", "client", "producer", "consumer")),
            },
            "SpanOptions",
          ),
        ),
      },
      result: "Span",
      aliases: ["observability.tracing_start_span"],
      example: 'local span = trace.start_span("load") span:end_span() return trace.get_trace().spans[1].name',
      call: (run, { name, options = {} }) => run.handles.add("Span", tracerOf(run).start(name, options as SpanOptions)),
    }),
    end_span: sync({
      doc: "Ends a span.",
      params: { span, status: t.optional(status) },
      aliases: ["observability.tracing_end_span"],
      example:
        'local span = trace.start_span("load") trace.end_span(span, "ok") return trace.get_trace().spans[1].status',
      call(_, { span: given, status: how }) {
        given.end(how);
        return undefined;
      },
    }),
    add_event: addEvent,
    set_attribute: sync({
      doc: "Sets an attribute of the span around, or of the one given, which may also come first.",
      params: { first: t.optional(span), key: t.name, value: t.any, span: t.optional(span) },
      aliases: ["observability.tracing_add_attribute"],
      example: 'return trace.span("load", function() trace.set_attribute("rows", 3) return 3 end)',
      call(run, { first, key, value, span: given }) {
        meant(run, "trace.set_attribute", first ?? given).setAttribute(key, value);
        return undefined;
      },
    }),
    get_trace: sync({
      doc: "The spans of a trace that have ended, by default of the latest.",
      params: { trace_id: t.optional(t.string) },
      result: `{trace_id: string, spans: list<${spanFields}>}`,
      aliases: ["observability.tracing_get_trace"],
      example: 'trace.span("load", function() end) return trace.get_trace().spans[1].name',
      call(run, { trace_id }) {
        const found = tracerOf(run).trace(trace_id);
        if (found === undefined) throw new SpellError("NOT_FOUND", "trace.get_trace: no span of it has ended");
        return toScript(found);
      },
    }),
    context: sync({
      doc: "The headers of W3C Trace Context with which another program continues the trace.",
      result: "{traceparent: string, tracestate: string}",
      example: "return #trace.context().traceparent",
      call: (run) => tracerOf(run).headers(),
    }),
  },
  methods: {
    Span: {
      add_event: sync({
        doc: "Adds an event to it.",
        params: { span, name: t.name, attributes: t.optional(t.table) },
        call(_, { span: given, name, attributes }) {
          given.addEvent(name, attributes);
          return undefined;
        },
      }),
      set_attribute: sync({
        doc: "Sets an attribute of it.",
        params: { span, key: t.name, value: t.any },
        call(_, { span: given, key, value }) {
          given.setAttribute(key, value);
          return undefined;
        },
      }),
    },
  },
});
