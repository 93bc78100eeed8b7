import { SpellError } from "@llmspell/errors";
import type { Context } from "../context.js";
import type { OperationFrame } from "../hooks/hook.js";
import type { AboutAgent } from "../events/system-events.js";

/** Agents inside each other, e.g. by tools that ask agents. */
const MAX_AGENT_DEPTH = 10;

/**
 * Refuses an agent inside `run` when as many agents as `maxDepth` are under way there, each
 * asked by the one before.
 *
 * @throws SpellError `BUDGET_EXCEEDED`; `details` are `{budget, limit, used, path, cycle?}`, with names from the
 *   outermost in, and the part that repeats when the agent is under way already.
 */
export function checkAgentDepth(
  run: Context | undefined,
  agent: { id: string; name: string },
  maxDepth: number = MAX_AGENT_DEPTH,
): void {
  const outer = agentsAround(run?.frame);
  if (outer.length < maxDepth) return;
  const label = ({ name, agentId }: AboutAgent): string => name ?? agentId ?? "agent";
  const path = [...outer.map(label), agent.name];
  const again = outer.findLastIndex(({ agentId }) => agentId === agent.id);
  const cycle = again < 0 ? undefined : path.slice(again);
  const which = cycle === undefined ? `the path is ${path.join(" → ")}` : `${cycle.join(" → ")} goes round in a circle`;
  throw new SpellError("BUDGET_EXCEEDED", `agents ask each other more than ${maxDepth} deep: ${which}`, {
    details: {
      budget: "agentDepth",
      limit: maxDepth,
      used: path.length,
      path,
      ...(cycle === undefined ? {} : { cycle }),
    },
  });
}

/** Outermost first. */
function agentsAround(frame: OperationFrame | undefined): AboutAgent[] {
  const agents: AboutAgent[] = [];
  for (let at = frame; at !== undefined; at = at.parent)
    if (at.operation === "agent") agents.unshift(at.about as AboutAgent);
  return agents;
}
