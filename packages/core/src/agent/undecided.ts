import { SpellError } from "@llmspell/errors";
import type { AgentResponse } from "./response.js";

/**
 * For a run that is one step of another, which cannot stop inside of it: `answer` must be no suspended one.
 *
 * @throws SpellError `PERMISSION_DENIED` naming the agent and the tool that waits for approval.
 */
export function checkDecided(agent: string, { suspension }: AgentResponse): void {
  const [open] = suspension?.pending ?? [];
  if (open !== undefined) throw undecided(agent, open.tool);
}

export function undecided(agent: string, tool: string): SpellError {
  return new SpellError(
    "PERMISSION_DENIED",
    `agent '${agent}' needs approval for its tool '${tool}', and nobody gave it`,
    {
      details: { agent, tool },
    },
  );
}
