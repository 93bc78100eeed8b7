import { SpellError } from "@llmspell/errors";

export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  /** Adds 1 or more. */
  add(value?: number, labels?: Labels): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
  add(value: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

export interface Summary {
  observe(value: number, labels?: Labels): void;
}

/** Figures by name and labels. A name belongs to one metric: asking for it again gives the same one. */
export interface Metrics {
  counter(name: string, help: string): Counter;
  gauge(name: string, help: string): Gauge;
  /** `buckets` are upper bounds, ascending; those of durations in seconds by default. */
  histogram(name: string, help: string, buckets?: readonly number[]): Histogram;
  /**
   * Quantiles of the latest values (1000 of each series), exact among these; 0.5, 0.9 and 0.99 by
   * default. Unlike buckets they cannot be added up over several processes.
   */
  summary(name: string, help: string, quantiles?: readonly number[]): Summary;
  /** Called before each reading, to set gauges. */
  onRead(update: () => void): void;
  /** Everything in the text format of Prometheus, version 0.0.4. */
  text(): string;
  /** Everything as data, in the order in which the metrics were made. */
  read(): MetricReading[];
}

/** One series of a metric. */
export interface MetricReading {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram" | "summary";
  readonly labels: Labels;
  /** Of a histogram or summary, the sum of what was observed. */
  readonly value: number;
  /** How often a histogram or summary has observed something. */
  readonly count?: number;
}

interface Series {
  readonly labels: string;
  readonly given: Labels;
  value: number;
  readonly counts: number[];
  count: number;
  /** Of a summary: the latest values, as a ring. */
  readonly latest: number[];
}

interface Metric {
  readonly type: "counter" | "gauge" | "histogram" | "summary";
  readonly help: string;
  /** Bounds of a histogram, quantiles of a summary. */
  readonly buckets: readonly number[];
  readonly series: Map<string, Series>;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
// Labels may hold what a model wrote; beyond this many of a metric, all further ones are counted as one.
const MOST_SERIES = 1000;
const MOST_LATEST = 1000;
const QUANTILES = [0.5, 0.9, 0.99];
const OVERFLOW = 'overflow="true"';

/**
 * Makes a registry of metrics.
 *
 * @example
 * const metrics = createMetrics();
 * metrics.counter("orders_total", "Orders paid").add(1, { country: "fr" });
 * console.log(metrics.text());
 * @throws SpellError (by its methods) `INVALID_ARGUMENT` for a name, label or value that Prometheus does not take.
 */
export function createMetrics(): Metrics {
  const metrics = new Map<string, Metric>();
  const updates: (() => void)[] = [];

  const metric = (type: Metric["type"], name: string, help: string, buckets: readonly number[] = []): Metric => {
    checkName("metric", name, /^[a-zA-Z_:][\w:]*$/);
    const known = metrics.get(name);
    if (known !== undefined && known.type !== type) throw invalid(`'${name}' is a ${known.type} already`);
    const made = known ?? { type, help, buckets, series: new Map<string, Series>() };
    metrics.set(name, made);
    return made;
  };
  const seriesOf = ({ series, buckets }: Metric, labels: Labels): Series => {
    const given = labelsOf(labels);
    const wanted = labelText(given);
    const key = series.has(wanted) || series.size < MOST_SERIES ? wanted : OVERFLOW;
    const known = series.get(key);
    if (known !== undefined) return known;
    const own = key === wanted ? Object.fromEntries(given) : { overflow: "true" };
    const made = { labels: key, given: own, value: 0, counts: buckets.map(() => 0), count: 0, latest: [] };
    series.set(key, made);
    return made;
  };
  return {
    counter(name, help) {
      const made = metric("counter", name, help);
      return {
        add(value = 1, labels = {}) {
          if (!(value >= 0)) throw invalid(`counter '${name}' can only grow`);
          seriesOf(made, labels).value += value;
        },
      };
    },
    gauge(name, help) {
      const made = metric("gauge", name, help);
      return {
        set: (value, labels = {}) => void (seriesOf(made, labels).value = value),
        add: (value, labels = {}) => void (seriesOf(made, labels).value += value),
      };
    },
    histogram(name, help, buckets = SECONDS) {
      if (buckets.some((bound, index) => !(bound > (buckets[index - 1] ?? Number.NEGATIVE_INFINITY))))
        throw invalid(`the buckets of '${name}' must ascend`);
      const made = metric("histogram", name, help, buckets);
      return {
        observe(value, labels = {}) {
          const series = seriesOf(made, labels);
          series.count++;
          series.value += value;
          const place = made.buckets.findIndex((bound) => value <= bound);
          if (place >= 0) series.counts[place] = (series.counts[place] ?? 0) + 1;
        },
      };
    },
    summary(name, help, quantiles = QUANTILES) {
      if (quantiles.some((quantile) => !(quantile >= 0 && quantile <= 1)))
        throw invalid(`the quantiles of '${name}' must be from 0 to 1`);
      const made = metric("summary", name, help, quantiles);
      return {
        observe(value, labels = {}) {
          const series = seriesOf(made, labels);
          series.latest[series.count++ % MOST_LATEST] = value;
          series.value += value;
        },
      };
    },
    onRead: (update) => void updates.push(update),
    text() {
      for (const update of updates) update();
      return [...metrics].map(([name, made]) => metricText(name, made)).join("");
    },
    read() {
      for (const update of updates) update();
      return [...metrics].flatMap(([name, { type, series }]) =>
        [...series.values()].map(({ given: labels, value, count }) => ({
          name,
          type,
          labels,
          value,
          ...(type === "histogram" || type === "summary" ? { count } : {}),
        })),
      );
    },
  };
}

function metricText(name: string, { type, help, series, buckets }: Metric): string {
  const lines = [`# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`, `# TYPE ${name} ${type}`];
  for (const { labels, value, counts, count, latest } of series.values()) {
    const separator = labels === "" ? "" : ",";
    if (type === "histogram") {
      let below = 0;
      for (const [index, bound] of buckets.entries()) {
        below += counts[index] ?? 0;
        lines.push(`${name}_bucket{${labels}${separator}le="${numberText(bound)}"} ${below}`);
      }
      lines.push(`${name}_bucket{${labels}${separator}le="+Inf"} ${count}`);
    } else if (type === "summary") {
      const sorted = latest.toSorted((a, b) => a - b);
      for (const quantile of buckets)
        lines.push(`${name}{${labels}${separator}quantile="${quantile}"} ${numberText(atQuantile(sorted, quantile))}`);
    } else {
      lines.push(`${name}${braced(labels)} ${numberText(value)}`);
      continue;
    }
    lines.push(`${name}_sum${braced(labels)} ${numberText(value)}`, `${name}_count${braced(labels)} ${count}`);
  }
  return `${lines.join("\n")}\n`;
}

/** The nearest rank: the smallest value that at least this part of all is not above. */
function atQuantile(sorted: readonly number[], quantile: number): number {
  return sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? Number.NaN;
}

const MOST_LABELS = 64;
const LONGEST_NAME = 200;
const LONGEST_VALUE = 200;

/** In their order, with values that are cut: each series is kept. */
function labelsOf(labels: Labels): [name: string, value: string][] {
  const entries = Object.entries(labels);
  if (entries.length > MOST_LABELS) throw invalid(`a metric has at most ${MOST_LABELS} labels, not ${entries.length}`);
  return entries
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => {
      checkName("label", name, /^(?!(?:le|quantile)$)[a-zA-Z_]\w*$/);
      return [name, String(value).slice(0, LONGEST_VALUE)];
    });
}

function checkName(noun: string, name: string, form: RegExp): void {
  if (name.length > LONGEST_NAME) throw invalid(`the name of a ${noun} has at most ${LONGEST_NAME} characters`);
  if (!form.test(name)) throw invalid(`'${name}' is no name of a ${noun}`);
}

const labelText = (labels: readonly (readonly [name: string, value: string])[]): string =>
  labels
    .map(([name, value]) => {
      const text = value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
      return `${name}="${text}"`;
    })
    .join(",");

const braced = (labels: string): string => (labels === "" ? "" : `{${labels}}`);

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return Number.isFinite(value) ? String(value) : value > 0 ? "+Inf" : "-Inf";
}

function invalid(message: string): SpellError {
  return new SpellError("INVALID_ARGUMENT", message);
}
