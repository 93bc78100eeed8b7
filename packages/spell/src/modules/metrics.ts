import type { Counter, Labels } from "@llmspell/core";
import { HostFunction, type ScriptObject, type ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { defineModule, guestFunction, sync } from "../door/module.js";
import { t } from "../door/types.js";
import { metricsOf } from "../run/observed.js";
import type { RunContext } from "../run/context.js";

/** A counter with its tags, as a script holds it. */
interface TaggedCounter {
  readonly name: string;
  readonly labels: Labels;
  readonly counter: Counter;
}

// Durations in milliseconds: from 1 ms to 5 minutes.
const MILLISECONDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000];

const named = { name: t.name };
const tagged = { tags: t.optional(t.table) };

/** Tags are text; numbers and booleans are written out. */
function labelsOf(fn: string, tags: Readonly<Record<string, ScriptValue>> = {}): Labels {
  const entries = Object.entries(tags).map(([name, value]): [string, string] => {
    if (typeof value === "string") return [name, value];
    if (typeof value === "number" || typeof value === "boolean") return [name, String(value)];
    throw new SpellError("INVALID_ARGUMENT", `${fn}: tags.${name} must be text, a number or a boolean`);
  });
  return Object.fromEntries(entries);
}

const counterOf = (run: RunContext, name: string, labels: Labels): TaggedCounter => ({
  name,
  labels,
  counter: metricsOf(run).counter(name, name),
});

const sameLabels = (a: Labels, b: Labels): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([name, value]) => b[name] === value);

/** What a counter or gauge stands at; 0 before it was first set. */
const valueOf = (run: RunContext, wanted: string, tags: Labels): number =>
  metricsOf(run)
    .read()
    .find(({ name, labels }) => name === wanted && sameLabels(labels, tags))?.value ?? 0;

function observe(run: RunContext, name: string, ms: number, labels: Labels): void {
  metricsOf(run).histogram(name, name, MILLISECONDS).observe(ms, labels);
}

export const metricsModule = defineModule({
  name: "metrics",
  doc: "Figures of the run: counters, gauges, histograms, timers.",
  handles: ["Counter"],
  functions: {
    counter: sync({
      doc: "A figure that only grows; the same one for the same name and tags.",
      params: { ...named, ...tagged },
      result: "Counter",
      example: 'local pages = metrics.counter("pages_total") pages:inc() pages:inc(2) return pages:value()',
      call(run, { name, tags }) {
        const labels = labelsOf("metrics.counter", tags);
        return run.handles.add("Counter", counterOf(run, name, labels));
      },
    }),
    increment: sync({
      doc: "Adds to a counter, by default 1, and tells what it stands at.",
      params: { ...named, value: t.optional(t.number), ...tagged },
      result: "number",
      aliases: ["observability.metrics_increment"],
      example: 'metrics.increment("pages_total", 2) return metrics.increment("pages_total")',
      call(run, { name, value = 1, tags }) {
        const { counter, labels } = counterOf(run, name, labelsOf("metrics.increment", tags));
        counter.add(value, labels);
        return valueOf(run, name, labels);
      },
    }),
    gauge: sync({
      doc: "Sets a figure that goes up and down.",
      params: { ...named, value: t.number, ...tagged },
      aliases: ["observability.metrics_gauge"],
      example: 'metrics.gauge("queue_length", 7, { queue = "mail" }) return metrics.get_all("queue_length")[1].value',
      call(run, { name, value, tags }) {
        metricsOf(run).gauge(name, name).set(value, labelsOf("metrics.gauge", tags));
        return undefined;
      },
    }),
    histogram: sync({
      doc: "Observes a value, of which sum, number and distribution are kept. Buckets fit milliseconds, from 1 ms to 5 minutes.",
      params: { ...named, value: t.number, ...tagged },
      aliases: ["observability.metrics_histogram"],
      example: 'metrics.histogram("answer_length", 120) return metrics.get_all("answer_length")[1].count',
      call(run, { name, value, tags }) {
        observe(run, name, value, labelsOf("metrics.histogram", tags));
        return undefined;
      },
    }),
    timer: sync({
      doc: "Observes a duration; without one, starts to measure and returns a function that ends it and returns the milliseconds.",
      params: { ...named, duration: t.optional(t.duration), ...tagged },
      result: "function or nil",
      example: 'local stop = metrics.timer("load_ms") return stop() >= 0',
      call(run, { name, duration, tags }) {
        const labels = labelsOf("metrics.timer", tags);
        if (duration !== undefined) {
          observe(run, name, duration, labels);
          return undefined;
        }
        // A name that is none is told of now, not when it ends.
        metricsOf(run).histogram(name, name, MILLISECONDS);
        const started = performance.now();
        let measured: number | undefined;
        return new HostFunction("metrics.timer", () => {
          if (measured === undefined) observe(run, name, (measured = performance.now() - started), labels);
          return measured;
        });
      },
    }),
    track: guestFunction({
      doc: "A function that does the same as another one and counts it: `NAME_calls_total`, `NAME_errors_total`, `NAME_ms`.",
      params: { fn: t.fn, ...named },
      result: "function",
      everywhere: true,
      example:
        'local f = metrics.track(function(n) return n + 1 end, "add") f(1) f(2) return metrics.increment("add_calls_total", 0)',
    }),
    get_all: sync({
      doc: "Every series, or those whose name begins with the filter.",
      params: { filter: t.optional(t.string) },
      result:
        'list<{name: string, type: "counter" or "gauge" or "histogram" or "summary", labels: table, value: number, count?: integer}>',
      aliases: ["observability.metrics_get_all"],
      example: 'metrics.increment("a_total") return #metrics.get_all("a_")',
      call: (run, { filter = "" }) =>
        metricsOf(run)
          .read()
          .filter(({ name }) => name.startsWith(filter)) as unknown as ScriptObject[],
    }),
    export: sync({
      doc: "All of it as text: in the format of Prometheus, or as JSON.",
      params: { format: t.optional(t.oneOf("prometheus", "json")) },
      result: "string",
      aliases: ["export_as"],
      example: 'metrics.increment("a_total") return metrics.export():find("a_total 1", 1, true) ~= nil',
      call: (run, { format = "prometheus" }) =>
        format === "json" ? JSON.stringify(metricsOf(run).read()) : metricsOf(run).text(),
    }),
  },
  methods: {
    Counter: {
      inc: sync({
        doc: "Adds to it, by default 1, and tells what it stands at.",
        params: { counter: t.handle<TaggedCounter>("Counter"), n: t.optional(t.number) },
        result: "number",
        call(run, { counter: { name, counter, labels }, n = 1 }) {
          counter.add(n, labels);
          return valueOf(run, name, labels);
        },
      }),
      value: sync({
        doc: "What it stands at.",
        params: { counter: t.handle<TaggedCounter>("Counter") },
        result: "number",
        call: (run, { counter: { name, labels } }) => valueOf(run, name, labels),
      }),
    },
  },
});
