import { SpellError } from "@llmspell/errors";
import type { AgentConfig } from "./agent-config.js";
import { createCheckedAgent, type Agent, type AgentInfo, type AgentServices, type Runner } from "./agent.js";

/** The agents of one application, by id. */
export interface Agents extends AsyncDisposable {
  /** @throws SpellError as `createAgent`, but at once. */
  create(config: AgentConfig): Agent;
  /** Takes in one that was made elsewhere. @throws SpellError `ALREADY_EXISTS`. */
  add<T extends Runner>(agent: T): T;
  /** By id, or by name when only one has it. @throws SpellError `NOT_FOUND`. */
  get(idOrName: string): Runner;
  list(): AgentInfo[];
  /** Disposes of it. Whether there was one. */
  remove(id: string): Promise<boolean>;
}

export function createAgents(services: AgentServices): Agents {
  const agents = new Map<string, Runner>();
  const add = <T extends Runner>(agent: T): T => {
    if (agents.has(agent.id)) throw new SpellError("ALREADY_EXISTS", `there already is an agent '${agent.id}'`);
    agents.set(agent.id, agent);
    return agent;
  };
  return {
    create: (config) => add(createCheckedAgent(config, services)),
    add,
    get(idOrName) {
      const known = agents.get(idOrName);
      if (known !== undefined) return known;
      const named = [...agents.values()].filter(({ name }) => name === idOrName);
      if (named[0] !== undefined && named.length === 1) return named[0];
      const reason =
        named.length > 1
          ? `${named.length} agents are named '${idOrName}': take the id`
          : `there is no agent '${idOrName}'`;
      throw new SpellError("NOT_FOUND", reason, { details: { known: [...agents.keys()] } });
    },
    list: () => [...agents.values()].map((agent) => agent.info()),
    async remove(id) {
      const agent = agents.get(id);
      agents.delete(id);
      await agent?.dispose();
      return agent !== undefined;
    },
    async [Symbol.asyncDispose]() {
      const all = [...agents.values()];
      agents.clear();
      await Promise.all(all.map((agent) => agent.dispose()));
    },
  };
}
