import type { Message } from "../messages.js";
import type { Usage } from "../models/model-ref.js";
import type { ToolCallRecord } from "./run-tool.js";

/** How far a run is after a step. */
export interface Progress {
  step: number;
  /** What the model said in this step, besides asking for tools. */
  text: string;
  /** Of all steps so far. */
  toolCalls: readonly ToolCallRecord[];
  usage: Usage;
  messages: readonly Message[];
}

/** Ends a run well before the model does. A text, or its own name, becomes `stoppedBy` of the result. */
export type StopCondition = (progress: Progress) => boolean | string | Promise<boolean | string>;

/** After this many steps; unlike `maxSteps` that is no error. */
export function stepCountIs(count: number): StopCondition {
  return ({ step }) => step >= count && `stepCountIs(${count})`;
}

/** Once a tool was called and has succeeded. */
export function hasToolCall(name: string): StopCondition {
  return ({ toolCalls }) =>
    toolCalls.some((call) => call.name === name && call.error === undefined) && `hasToolCall(${name})`;
}

/** Once the model says something that contains a text or matches. */
export function textMatches(pattern: string | RegExp): StopCondition {
  return ({ text }) => {
    const found = typeof pattern === "string" ? text.includes(pattern) : text.search(pattern) >= 0;
    return found && `textMatches(${String(pattern)})`;
  };
}

/** What ends the run after this step, if anything does. */
export async function stoppedBy(conditions: readonly StopCondition[], progress: Progress): Promise<string | undefined> {
  for (const condition of conditions) {
    const verdict = await condition(progress);
    if (verdict !== false && verdict !== "")
      return typeof verdict === "string" ? verdict : condition.name || "stopWhen";
  }
  return undefined;
}
