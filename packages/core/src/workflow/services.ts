import type { Runner } from "../agent/agent.js";
import type { Approve } from "../agent/approval.js";
import type { Clock } from "../clock.js";
import type { Breaker } from "../resilience/breaker.js";
import type { Authorize, Tool } from "../tools/tool.js";
import type { Transforms } from "./mapping.js";
import type { WorkflowRepository } from "./repository.js";

/** What a script step or script condition hands to whoever runs scripts. */
export interface ScriptRequest {
  language: string;
  source: string;
  input: unknown;
  /** A copy. */
  variables: Record<string, unknown>;
  /** `runId/path` of the step. */
  key: string;
  signal: AbortSignal;
}

/** What a script gave, and the variables as it left them. */
export interface ScriptOutcome {
  result: unknown;
  variables?: Readonly<Record<string, unknown>>;
}

/** What steps find by name, and who runs what the framework itself cannot. */
export interface WorkflowServices {
  /** `createAgents`, or anything that finds agents. */
  agents?: { get(name: string): Pick<Runner, "run" | "name"> };
  /** A tool registry. */
  tools?: { get(name: string): Tool };
  workflows?: Pick<WorkflowRepository, "load">;
  /** Runs script steps and script conditions. */
  script?: (request: ScriptRequest) => Promise<ScriptOutcome>;
  /** For the rule `transform`, besides those that are there. */
  transforms?: Transforms;
  /** Decides on every power that a tool of a step needs; without it all are allowed. */
  authorize?: Authorize;
  /** Decides on tool calls of agents that need approval. */
  approve?: Approve;
  /** Breakers by name, when several runs shall share them. */
  breakers?: Map<string, Breaker>;
  clock?: Clock;
}
