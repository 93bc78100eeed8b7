import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { createAgent } from "../agent/agent.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { metricHooks, processMetrics } from "./metric-hooks.js";
import { createMetrics } from "./metrics.js";

interface Family {
  name: string;
  type: string;
  help: string;
  metrics: {
    value?: string;
    labels?: Record<string, string>;
    buckets?: Record<string, string>;
    sum?: string;
    count?: string;
  }[];
}
const require = createRequire(import.meta.url);
const parse = require("parse-prometheus-text-format") as (text: string) => Family[];

describe("metrics", () => {
  it("HOOK-11: are in Prometheus' text format, as a parser of others reads it", () => {
    const metrics = createMetrics();
    const orders = metrics.counter("orders_total", "Orders, \\ paid\nin full");
    orders.add();
    orders.add(2, { country: 'a "quoted" \\ name\nof two lines', zone: "1" });
    orders.add(3, { zone: "1", country: 'a "quoted" \\ name\nof two lines' });
    metrics.gauge("stock", "Left").set(-1.5);
    metrics.gauge("stock", "Left").add(0.5);
    const times = metrics.histogram("time_seconds", "Time", [0.1, 1]);
    for (const value of [0.05, 0.1, 0.5, 7]) times.observe(value);
    metrics.gauge("odd", "Not finite").set(Number.POSITIVE_INFINITY);
    const families = Object.fromEntries(parse(metrics.text()).map((family) => [family.name, family]));
    expect(families["orders_total"]).toMatchObject({
      type: "COUNTER",
      metrics: [{ value: "1" }, { value: "5", labels: { country: 'a "quoted" \\ name\nof two lines', zone: "1" } }],
    });
    expect(families["stock"]).toMatchObject({ type: "GAUGE", metrics: [{ value: "-1" }] });
    expect(families["time_seconds"]).toMatchObject({
      type: "HISTOGRAM",
      metrics: [{ buckets: { "0.1": "2", "1": "3", "+Inf": "4" }, sum: "7.65", count: "4" }],
    });
    expect(metrics.text()).toContain("# HELP orders_total Orders, \\\\ paid\\nin full\n");
    expect(metrics.text()).toContain("odd +Inf\n");
    // The parser knows histograms without labels only.
    times.observe(2, { step: "a" });
    expect(
      metrics
        .text()
        .split("\n")
        .filter((line) => line.includes('step="a"')),
    ).toEqual([
      'time_seconds_bucket{step="a",le="0.1"} 0',
      'time_seconds_bucket{step="a",le="1"} 0',
      'time_seconds_bucket{step="a",le="+Inf"} 1',
      'time_seconds_sum{step="a"} 2',
      'time_seconds_count{step="a"} 1',
    ]);
  });

  it("HOOK-11: a summary has the quantiles of its latest values", () => {
    const metrics = createMetrics();
    const sizes = metrics.summary("size_bytes", "Sizes", [0, 0.5, 0.9, 1]);
    for (let value = 1; value <= 10; value++) sizes.observe(value);
    const [family] = parse(metrics.text()) as unknown as { type: string; metrics: object[] }[];
    expect(family).toMatchObject({
      type: "SUMMARY",
      metrics: [{ quantiles: { 0: "1", "0.5": "5", "0.9": "9", 1: "10" }, sum: "55", count: "10" }],
    });
    // The first thousand values are forgotten, but not their number and sum.
    for (let value = 0; value < 1000; value++) sizes.observe(7);
    expect(metrics.text()).toContain('size_bytes{quantile="0"} 7\n');
    expect(metrics.text()).toContain("size_bytes_sum 7055\nsize_bytes_count 1010\n");
    sizes.observe(3, { kind: "small" });
    expect(metrics.text()).toContain('size_bytes{kind="small",quantile="0.5"} 3\n');
    expect(metrics.text()).toContain('size_bytes_sum{kind="small"} 3\n');
    expect(() => metrics.summary("s", "x", [2])).toThrow("must be from 0 to 1");
    expect(() => sizes.observe(1, { quantile: "x" })).toThrow("is no name of a label");
  });

  it("refuse what Prometheus does not take, and other uses of a name", () => {
    const metrics = createMetrics();
    expect(() => metrics.counter("no-name", "x")).toThrow("is no name of a metric");
    expect(() => metrics.counter("a", "x").add(-1)).toThrow("can only grow");
    expect(() => metrics.gauge("a", "x")).toThrow("'a' is a counter already");
    expect(() => metrics.counter("a", "x").add(1, { "b-c": "x" })).toThrow("is no name of a label");
    expect(() => metrics.histogram("h", "x", [2, 1])).toThrow("must ascend");
  });

  it("count what is beyond a thousand series as one", () => {
    const metrics = createMetrics();
    const counter = metrics.counter("a", "x");
    for (let index = 0; index < 1500; index++) counter.add(1, { name: `n${index}` });
    const [family] = parse(metrics.text());
    expect(family?.metrics).toHaveLength(1001);
    expect(family?.metrics.at(-1)).toEqual({ value: "500", labels: { overflow: "true" } });
  });

  it("HOOK-11: measure runs; CPU and memory are those of the process", async () => {
    const metrics = createMetrics();
    processMetrics(metrics);
    const { models } = scriptedModels(
      { toolCalls: [{ name: "none" }], usage: { inputTokens: 3, outputTokens: 4 } },
      { text: "x", usage: { inputTokens: 5, outputTokens: 6 } },
      { error: new Error("down") },
    );
    const agent = createAgent({ name: "a", hooks: metricHooks(metrics) }, { models });
    await agent.run("x");
    await expect(agent.run("x")).rejects.toThrow("down");
    const families = Object.fromEntries(parse(metrics.text()).map((family) => [family.name, family]));
    const samples = (name: string) => families[name]?.metrics ?? [];
    const total = samples("llmspell_operations_total").map(({ value, labels }) => [
      labels?.["operation"],
      labels?.["subject"],
      labels?.["outcome"],
      value,
    ]);
    expect(total.toSorted()).toEqual([
      ["agent", "a", "PROVIDER_SERVER", "1"],
      ["agent", "a", "ok", "1"],
      ["model", "scripted", "PROVIDER_SERVER", "1"],
      ["model", "scripted", "ok", "2"],
      ["tool", "none", "NOT_FOUND", "1"],
    ]);
    expect(samples("llmspell_tokens_total")).toMatchObject([{ value: "8" }, { value: "10" }]);
    expect(samples("llmspell_operations_active").map(({ value }) => value)).toEqual(["0", "0", "0"]);
    const durations = /^llmspell_operation_duration_seconds_count\{operation="(\w+)",subject="\w+"\} (\d)$/gm;
    expect([...metrics.text().matchAll(durations)].map(([, operation, count]) => `${operation} ${count}`)).toEqual([
      "model 3",
      "tool 1",
      "agent 2",
    ]);
    expect(Number(samples("process_cpu_seconds_total")[0]?.value)).toBeGreaterThan(0);
    const resident = Number(samples("process_resident_memory_bytes")[0]?.value);
    expect(resident / process.memoryUsage.rss()).toBeGreaterThan(0.5);
    const before = Number(samples("process_cpu_seconds_total")[0]?.value);
    const again = parse(metrics.text()).find(({ name }) => name === "process_cpu_seconds_total")?.metrics[0]?.value;
    expect(Number(again)).toBeGreaterThanOrEqual(before);
    expect(Number(again)).toBeLessThan(before + 10);
  });
});

describe("hostile names and labels", () => {
  it("are refused when they are too long or too many", () => {
    const metrics = createMetrics();
    const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });
    expect(() => metrics.counter("x".repeat(201), "")).toThrow(invalid);
    const counter = metrics.counter("a", "");
    expect(() => counter.add(1, { ["x".repeat(201)]: "" })).toThrow(invalid);
    expect(() => counter.add(1, Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, ""])))).toThrow(
      "at most 64 labels, not 65",
    );
    expect(metrics.read()).toEqual([]);
  });

  it("are kept with values that are cut", () => {
    const metrics = createMetrics();
    metrics.counter("a", "").add(1, { x: "y".repeat(10_000) });
    expect(metrics.read()[0]?.labels).toEqual({ x: "y".repeat(200) });
  });
});
