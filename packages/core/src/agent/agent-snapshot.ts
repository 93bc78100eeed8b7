import { SpellError } from "@llmspell/errors";
import { isRecord } from "../json.js";
import { createMemory, type MemorySnapshot } from "../memory/memory.js";
import type { StateSnapshot } from "../state/state.js";
import type { AgentConfig } from "./agent-config.js";
import type { AgentMetrics } from "./lifecycle.js";

const FORMAT = "llmspell-agent-1";

/** What an agent has become since it was made; plain JSON. Its configuration is not in it. */
export interface AgentSnapshot {
  /** Names the shape. What it means never changes: another shape gets another name. */
  format: typeof FORMAT;
  name: string;
  metrics: AgentMetrics;
  memory?: MemorySnapshot;
  state?: StateSnapshot;
}

export function takeAgentSnapshot(
  name: string,
  metrics: AgentMetrics,
  { memory, state }: Pick<AgentConfig, "memory" | "state">,
): AgentSnapshot {
  return {
    format: FORMAT,
    name,
    metrics,
    ...(memory === undefined ? {} : { memory: memory.snapshot() }),
    ...(state === undefined ? {} : { state: state.snapshot() }),
  };
}

/**
 * Puts memory and state back; the counters.
 *
 * @throws SpellError `VALIDATION_FAILED` for what is no snapshot, or needs a memory or state that the agent
 *   has not. Nothing is then changed.
 */
export function readAgentSnapshot(
  snapshot: unknown,
  { memory, state }: Pick<AgentConfig, "memory" | "state">,
): AgentMetrics {
  if (!isRecord(snapshot) || snapshot["format"] !== FORMAT || !areMetrics(snapshot["metrics"]))
    throw new SpellError("VALIDATION_FAILED", `this is no snapshot of an agent in the format ${FORMAT}`);
  const given = snapshot as unknown as AgentSnapshot;
  for (const [part, own] of Object.entries({ memory, state })) {
    if (part in snapshot && own === undefined)
      throw new SpellError("VALIDATION_FAILED", `the snapshot has a ${part}, which the agent has not`);
  }
  if (given.memory !== undefined && memory !== undefined) {
    // Refuses what is malformed before anything is changed.
    createMemory().restore(given.memory);
    if (given.state !== undefined) state?.restore(given.state);
    memory.restore(given.memory);
  } else if (given.state !== undefined) {
    state?.restore(given.state);
  }
  return { ...given.metrics };
}

function areMetrics(value: unknown): boolean {
  const counters = METRICS.map((name) => (isRecord(value) ? value[name] : undefined));
  const usage = isRecord(value) && isRecord(value["usage"]) ? value["usage"] : {};
  return [...counters, usage["inputTokens"], usage["outputTokens"], usage["totalTokens"]].every(Number.isFinite);
}

const METRICS = [
  "runs",
  "errors",
  "suspended",
  "totalMs",
  "toolCalls",
  "failedToolCalls",
] as const satisfies readonly (keyof AgentMetrics)[];
