import { SpellError } from "@llmspell/errors";
import { abortError, deadline } from "../abort.js";
import { createContext, type Context } from "../context.js";
import { createHooks } from "../hooks/hooks.js";
import { addUsage, NO_USAGE, type Usage } from "../models/model-ref.js";
import type { AgentRunOptions, Runner } from "./agent.js";
import { checkAgentDepth } from "./nesting.js";
import type { AgentResponse, Input } from "./response.js";

/** What holds for all agents that work together, and for those that they ask. */
export interface TeamOptions extends Pick<
  AgentRunOptions,
  "signal" | "onEvent" | "timeoutMs" | "authorize" | "onToolDenied" | "approve" | "retry"
> {
  /** Tokens of everybody together, in and out; no limit by default. */
  maxTokens?: number;
  /** Agents inside each other, counted from the outermost run; 10 by default. */
  maxDepth?: number;
  /** The run that this is part of, or the context of the application: services, hooks and where events go. */
  context?: Context;
}

/** Agents at work together: one run, whose parts are the runs of the agents. */
export interface Team {
  readonly run: Context;
  readonly signal: AbortSignal;
  /** @throws SpellError `BUDGET_EXCEEDED` when agents are nested too deep; what `agent.run` throws. */
  ask(agent: Runner, input: Input, options?: AgentRunOptions): Promise<AgentResponse>;
  /** Of every model call so far, also of agents inside agents and of runs that failed. */
  usage(): Usage;
}

/**
 * Does the work of a team within its budgets.
 *
 * @throws SpellError the reason of `signal`, `TIMEOUT` and `BUDGET_EXCEEDED` of the team as a whole, whatever
 *   else failed because of them; what `work` throws.
 */
export async function asTeam<T>(
  source: string,
  { context = createContext(), maxTokens, maxDepth, timeoutMs, signal, ...options }: TeamOptions,
  work: (team: Team) => Promise<T>,
): Promise<T> {
  using limit = deadline("the work together", timeoutMs, signal, context.signal);
  let usage = NO_USAGE;
  const counter = createHooks([
    {
      name: "tokens of the team",
      point: "model.after",
      run({ data }) {
        usage = addUsage(usage, data.usage);
        if (maxTokens === undefined || usage.totalTokens <= maxTokens) return;
        limit.abort(tokensExceeded(maxTokens, usage.totalTokens));
        throw abortError(limit.signal);
      },
    },
  ]);
  const run = context.child({ hooks: counter, source, signal: limit.signal });
  try {
    return await work({
      run,
      signal: limit.signal,
      usage: () => ({ ...usage }),
      async ask(agent, input, own = {}) {
        checkAgentDepth(run, agent, maxDepth);
        return await agent.run(input, { ...options, context: run, signal: limit.signal, ...own });
      },
    });
  } catch (error) {
    throw limit.signal.aborted ? abortError(limit.signal) : error;
  }
}

function tokensExceeded(limit: number, used: number): SpellError {
  const message = `the agents used up their budget: maxTokens is ${limit}, needed were ${used}`;
  return new SpellError("BUDGET_EXCEEDED", message, { details: { budget: "maxTokens", limit, used } });
}
