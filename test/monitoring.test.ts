import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parser } from "@prometheus-io/lezer-promql";
import {
  createAgent,
  createMetrics,
  formats,
  metricHooks,
  processMetrics,
  validateJson,
  type JsonSchema,
} from "@llmspell/core";
import { createScriptedTool, scriptedModels } from "@llmspell/core/testing";
import { ERROR_CODES } from "@llmspell/errors";
import { describe, expect, it } from "vitest";

const read = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../deploy/${file}`, import.meta.url)), "utf8");

const text = { type: "string", minLength: 1 } as const;
const duration = { type: "string", pattern: "^([0-9]+(ms|s|m|h|d|w|y))+$" } as const;
const texts = { type: "object", additionalProperties: text } as const;

/** What Prometheus takes as a file of rules; nothing else may be in it. */
const RULES: JsonSchema = {
  type: "object",
  properties: {
    groups: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        properties: {
          name: text,
          interval: duration,
          rules: {
            type: "array",
            minItems: 1,
            items: {
              type: "object",
              properties: {
                alert: { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_]*$" },
                expr: text,
                for: duration,
                keep_firing_for: duration,
                labels: { ...texts, required: ["severity"] },
                annotations: { ...texts, required: ["summary", "description"] },
              },
              required: ["alert", "expr", "labels", "annotations"],
              additionalProperties: false,
            },
          },
        },
        required: ["name", "rules"],
        additionalProperties: false,
      },
    },
  },
  required: ["groups"],
  additionalProperties: false,
};

/** The part of Grafana's model of a dashboard that is used. */
const DASHBOARD: JsonSchema = {
  type: "object",
  properties: {
    uid: { type: "string", pattern: "^[A-Za-z0-9_-]{1,40}$" },
    title: text,
    schemaVersion: { type: "integer", minimum: 36 },
    panels: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        properties: {
          id: { type: "integer" },
          title: text,
          type: { enum: ["timeseries", "stat", "table"] },
          gridPos: {
            type: "object",
            properties: {
              x: { type: "integer", minimum: 0, maximum: 23 },
              y: { type: "integer", minimum: 0 },
              w: { type: "integer", minimum: 1, maximum: 24 },
              h: { type: "integer", minimum: 1 },
            },
            required: ["x", "y", "w", "h"],
          },
          targets: {
            type: "array",
            minItems: 1,
            items: { type: "object", properties: { refId: text, expr: text }, required: ["refId", "expr"] },
          },
        },
        required: ["id", "title", "type", "gridPos", "targets", "datasource"],
      },
    },
  },
  required: ["uid", "title", "schemaVersion", "panels"],
};

interface Rules {
  groups: { rules: { alert: string; expr: string }[] }[];
}
interface Panel {
  id: number;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: { expr: string }[];
}

const rules = (await formats.yaml.parse(read("prometheus/alerts.yml"))) as Rules;
const dashboard = JSON.parse(read("grafana/dashboard.json")) as { panels: Panel[] };
const expressions = [
  ...rules.groups.flatMap((group) => group.rules.map(({ alert, expr }) => ({ where: alert, expr }))),
  ...dashboard.panels.flatMap(({ id, targets }) => targets.map(({ expr }) => ({ where: `panel ${id}`, expr }))),
];

/** Names and labels in the text that Prometheus would scrape from a program that did something. */
async function measured(): Promise<Map<string, Set<string>>> {
  const metrics = createMetrics();
  processMetrics(metrics);
  const { models } = scriptedModels({ toolCalls: [{ name: "t" }] }, "done");
  const tool = createScriptedTool({ name: "t" }, { every: { result: 1 } });
  await createAgent({ name: "a", tools: [tool], hooks: metricHooks(metrics) }, { models }).run("go");
  const names = new Map<string, Set<string>>();
  for (const [, name = "", labels = ""] of metrics.text().matchAll(/^([a-z_]+)(?:\{(.*)\})? /gm)) {
    const known = names.get(name) ?? new Set();
    for (const [, label = ""] of labels.matchAll(/(\w+)="/g)) known.add(label);
    names.set(name, known);
  }
  return names;
}

/** The texts of the nodes of a kind in an expression. */
function nodes(expr: string, kind: string): string[] {
  const found: string[] = [];
  parser.parse(expr).iterate({
    enter: (node) => void (node.name === kind && found.push(expr.slice(node.from, node.to))),
  });
  return found;
}
const BROKEN = "\u26a0";

describe("monitoring", () => {
  it("PROD-1: the alert rules and the dashboard are well-formed", async () => {
    expect(await validateJson(RULES, rules)).toEqual({ valid: true, errors: [] });
    expect(await validateJson(DASHBOARD, dashboard)).toEqual({ valid: true, errors: [] });
    const alerts = rules.groups.flatMap((group) => group.rules.map(({ alert }) => alert));
    expect(new Set(alerts).size).toBe(alerts.length);
  });

  it("PROD-1: the panels do not cover each other", () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  it.each(expressions)("PROD-1: the expression of $where is PromQL over what is measured", async ({ expr }) => {
    expect(nodes(expr, BROKEN)).toEqual([]);
    const names = await measured();
    const used = nodes(expr, "VectorSelector").map((selector) => /^\w+/.exec(selector)?.[0] ?? "");
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((name) => !names.has(name))).toEqual([]);
    // A label that nothing has would never match.
    const known = new Set(["le", "instance", ...used.flatMap((name) => [...(names.get(name) ?? [])])]);
    const labels = nodes(expr, "LabelName");
    expect(labels.filter((label) => !known.has(label))).toEqual([]);
    const outcomes = [...expr.matchAll(/outcome=~?"([^"]+)"/g)].flatMap(([, codes = ""]) => codes.split("|"));
    expect(outcomes.filter((code) => !Object.hasOwn(ERROR_CODES, code))).toEqual([]);
  });

  it("PROD-1: an expression that is none is found", () => {
    expect(nodes("sum by (rate(", BROKEN).length).toBeGreaterThan(0);
  });
});
