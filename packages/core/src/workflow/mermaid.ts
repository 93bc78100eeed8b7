import { bounded } from "../json.js";
import { stepKind, type Condition, type Workflow } from "./definition.js";
import { createWorkflow, named, type NamedStep } from "./workflow.js";

/**
 * A flowchart of a workflow in Mermaid (mermaid.js.org). What may run in a failure is dotted.
 *
 * @throws SpellError `VALIDATION_FAILED`.
 */
export function toMermaid(definition: Workflow): string {
  const workflow = createWorkflow(definition);
  const lines = ["flowchart TD"];
  let count = 0;
  const node = (open: string, label: string, close: string): string => {
    const name = `n${++count}`;
    lines.push(`  ${name}${open}"${escaped(label)}"${close}`);
    return name;
  };
  const edge = (from: readonly string[], to: string, label = ""): void => {
    const arrow = label === "" ? "-->" : `-->|"${escaped(label)}"|`;
    for (const one of from) lines.push(`  ${one} ${arrow} ${to}`);
  };
  const sequence = (steps: readonly NamedStep[], from: readonly string[], label = ""): string[] =>
    steps.reduce<readonly string[]>(
      (last, step, index) => draw(step, last, index === 0 ? label : ""),
      from,
    ) as string[];
  const side = (step: NamedStep, at: string): void => {
    for (const [field, inner] of [
      ["on failure", step.fallback],
      ["to undo", step.compensate],
    ] as const) {
      if (inner === undefined) continue;
      const start = count + 1;
      draw(inner as NamedStep, [], "");
      lines.push(`  ${at} -.->|"${field}"| n${start}`);
    }
  };
  const draw = (step: NamedStep, from: readonly string[], label: string): string[] => {
    const [open, close] = SHAPES[stepKind(step)] ?? ["[", "]"];
    const at = node(open, labelOf(step), close);
    edge(from, at, label);
    side(step, at);
    if ("if" in step) {
      const yes = sequence(named(step.do), [at], "yes");
      if (step.else !== undefined) return [...yes, ...sequence(named(step.else), [at], "no")];
      return [...yes, at];
    }
    if ("do" in step) {
      edge(sequence(named(step.do), [at], "each round"), at, "next");
      return [at];
    }
    if ("parallel" in step) return named(step.parallel).flatMap((inner) => draw(inner, [at], ""));
    if ("sequential" in step) return sequence(named(step.sequential), [at]);
    return [at];
  };
  const start = node("([", workflow.name ?? "start", "])");
  const ends =
    workflow.pattern === "parallel"
      ? workflow.steps.flatMap((step) => draw(step, [start], ""))
      : sequence(workflow.steps, [start]);
  edge(ends, node("([", "end", "])"));
  return `${lines.join("\n")}\n`;
}

const SHAPES: Readonly<Record<string, readonly [string, string]>> = {
  condition: ["{", "}"],
  loop: ["{{", "}}"],
  workflow: ["[[", "]]"],
  delay: ["(", ")"],
};

function labelOf(step: NamedStep): string {
  const { id } = step;
  const nameOf = (value: unknown): string =>
    typeof value === "string" ? value : String((value as { name?: unknown }).name ?? "");
  if ("agent" in step) return `${id}: agent ${nameOf(step.agent)}`;
  if ("tool" in step) return `${id}: tool ${nameOf(step.tool)}`;
  if ("workflow" in step) return `${id}: workflow ${nameOf(step.workflow)}`;
  if ("script" in step) return `${id}: ${step.language} script`;
  if ("delay" in step) return `${id}: ${step.delay} ms`;
  if ("if" in step) return `${id}: ${conditionText(step.if)}`;
  if ("while" in step) return `${id}: while ${conditionText(step.while)}`;
  return `${id}: ${stepKind(step)}`;
}

function conditionText(condition: Condition): string {
  if (typeof condition === "string") return condition;
  if (typeof condition === "function") return "a function";
  return "path" in condition ? condition.path : `${condition.language} script`;
}

/** Inside quotes Mermaid takes any text but quotes, and entities with `#`. */
const escaped = (label: string): string =>
  bounded(label, 80).replaceAll(/[#"<>&`\n\r]/g, (letter) => `#${letter.codePointAt(0)};`);
