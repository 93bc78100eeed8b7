import { HOOK_POINTS, OPERATIONS, type HookPoint, type Operation } from "@llmspell/core";
import { SpellError } from "@llmspell/errors";

export type Phase = "before" | "around" | "after" | "error";
export const PHASES = ["before", "around", "after", "error"] as const satisfies readonly Phase[];

/** Where the points of earlier times are. */
const OLDER: Readonly<Record<string, HookPoint>> = {
  agent_init: "agent.init",
  agent_before_run: "agent.before",
  agent_after_run: "agent.after",
  agent_cleanup: "agent.cleanup",
  agent_error: "agent.error",
  workflow_start: "workflow.before",
  workflow_complete: "workflow.after",
  workflow_error: "workflow.error",
  workflow_step_start: "workflow.step.before",
  workflow_step_complete: "workflow.step.after",
  workflow_step_error: "workflow.step.error",
  tool_before_execute: "tool.before",
  tool_after_execute: "tool.after",
  tool_error: "tool.error",
  provider_before_request: "model.before",
  provider_after_response: "model.after",
  provider_error: "model.error",
  memory_before_save: "memory.save.before",
  memory_after_load: "memory.load.after",
};

/** One of the spell's own operations has a name. */
export interface Place {
  readonly point: HookPoint;
  readonly name?: string;
}

const isPoint = (text: string): text is HookPoint => (HOOK_POINTS as readonly string[]).includes(text);
export const isOperation = (text: string): text is Operation => (OPERATIONS as readonly string[]).includes(text);
export const isPhase = (text: string): text is Phase => (PHASES as readonly string[]).includes(text);

export const operationOf = (point: HookPoint): Operation => point.slice(0, point.lastIndexOf(".")) as Operation;

/** The point of a text that names one, in any spelling. */
export function pointOf(text: string): HookPoint | undefined {
  const point = Object.hasOwn(OLDER, text) ? OLDER[text] : text;
  return point !== undefined && isPoint(point) ? point : undefined;
}

/**
 * The place of a hook: a point (`tool.before`), an operation (`tool`) with the phase of the
 * function, or a name that the spell triggers by itself.
 *
 * @throws SpellError `INVALID_ARGUMENT` for a point that does not exist, or is of another phase.
 */
export function placeOf(text: string, phase: Phase): Place {
  const point = pointOf(text);
  if (point !== undefined) {
    const own = point.slice(point.lastIndexOf(".") + 1);
    if (isPhase(own) ? own === phase : phase === "before" || phase === "after") return { point };
    throw new SpellError("INVALID_ARGUMENT", `a hook of the kind '${phase}' cannot be at '${point}'`);
  }
  if (isOperation(text)) return { point: `${text}.${phase}` };
  return { point: `custom.${phase}`, name: ownName(text) };
}

const RESERVED = new Set(OPERATIONS.map((operation) => operation.split(".", 1)[0] ?? ""));

/** @throws SpellError `INVALID_ARGUMENT` for what looks like a point of the framework that does not exist. */
export function ownName(text: string): string {
  if (!/^[a-z][\w.-]{0,99}$/i.test(text))
    throw new SpellError("INVALID_ARGUMENT", "the name of a hook point must be a word, also with '_', '-' or dots");
  if (RESERVED.has(text.split(/[._]/, 1)[0] ?? ""))
    throw new SpellError("INVALID_ARGUMENT", `there is no hook point '${text}'; known: ${HOOK_POINTS.join(", ")}`);
  return text;
}
