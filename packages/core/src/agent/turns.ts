import { SpellError, toSpellError } from "@llmspell/errors";
import { throwIfAborted } from "../abort.js";
import { defined, type JsonSchema } from "../json.js";
import { aggregate } from "../resilience/fallback.js";
import type { Runner } from "./agent.js";
import { handOver } from "./delegate.js";
import type { AgentResponse } from "./response.js";
import type { Team } from "./team.js";
import { checkDecided } from "./undecided.js";

/** What one agent did at one of its turns. */
export interface Contribution {
  agentId: string;
  name: string;
  task: string;
  status: "completed" | "failed" | "cancelled";
  response?: AgentResponse;
  error?: SpellError;
}

/** What an agent is to do, and with `input` what it is told in its place. */
interface Turn {
  task: string;
  input?: string;
  from?: Runner;
  schema?: JsonSchema;
}

/** The turns so far, and the stop that a failure may be for the rest. */
export class Turns {
  readonly team: Team;
  readonly results: Contribution[] = [];
  readonly #failFast: boolean;
  readonly #stop = new AbortController();

  constructor(team: Team, failFast: boolean) {
    this.team = team;
    this.#failFast = failFast;
  }

  /** A turn of `agent`, given its task by `from` if by anybody. Throws only what ends the whole. */
  async take(agent: Runner, { task, input = task, from, schema }: Turn): Promise<Contribution> {
    const place: Contribution = { agentId: agent.id, name: agent.name, task, status: "cancelled" };
    this.results.push(place);
    const { team } = this;
    const options = { signal: AbortSignal.any([team.signal, this.#stop.signal]), ...defined({ schema }) };
    try {
      throwIfAborted(this.#stop.signal);
      const response = await (from === undefined
        ? team.ask(agent, input, options)
        : handOver(team, from, agent, input, options));
      checkDecided(agent.name, response);
      return Object.assign(place, { status: "completed", response });
    } catch (error) {
      throwIfAborted(team.signal);
      this.fail(place, toSpellError(error));
      return place;
    }
  }

  /** A turn that came to nothing; one that the failure of another ended is cancelled. */
  fail(turn: Contribution, error: SpellError): void {
    Object.assign(turn, { status: this.stopped ? "cancelled" : "failed", error });
    if (this.#failFast)
      this.#stop.abort(new SpellError("CANCELLED", `agent '${turn.name}' failed, so the others were stopped`));
  }

  get stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  completed(): Contribution[] {
    return this.results.filter(({ status }) => status === "completed");
  }

  /** All failures in one. */
  error(): SpellError | undefined {
    const { results } = this;
    const failures = results.flatMap(({ name, error }) => (error === undefined ? [] : [{ name, error }]));
    return failures.length === 0
      ? undefined
      : aggregate(`${failures.length} of ${results.length} turns failed`, failures);
  }
}
