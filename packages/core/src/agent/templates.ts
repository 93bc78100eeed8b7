import { SpellError } from "@llmspell/errors";
import { isRecord } from "../json.js";
import { didYouMean } from "../suggest.js";
import { createCheckedAgent, type Agent, type AgentServices } from "./agent.js";
import { checkAgentConfig, type AgentConfig } from "./agent-config.js";

/** The configuration of an agent to be; its `name` is that of the template unless it has one. */
export type AgentTemplate = Partial<AgentConfig>;

type Override<T> =
  | null
  | (T extends readonly unknown[]
      ? T | { append: T }
      : T extends (...args: never) => unknown
        ? T
        : T extends object
          ? { [K in keyof T]?: Override<T[K]> }
          : T);

/**
 * What differs from a template: objects are merged field by field, lists replaced or, as
 * `{ append: [...] }`, added to; null takes a field away; anything else, and what has methods, replaces.
 */
export type AgentOverrides = { [K in keyof AgentConfig]?: Override<NonNullable<AgentConfig[K]>> };

/** Templates of agents by name. */
export interface AgentTemplates {
  /** @throws SpellError `ALREADY_EXISTS` unless `override`; `INVALID_ARGUMENT` naming the field that is wrong. */
  register(name: string, template: AgentTemplate, options?: { override?: boolean }): void;
  /** Whether there was such a template. */
  remove(name: string): boolean;
  list(): { name: string; description?: string }[];
  /** The whole configuration with `overrides`. @throws SpellError `NOT_FOUND`; `INVALID_ARGUMENT` as `createAgent`. */
  describe(name: string, overrides?: AgentOverrides): AgentConfig;
  /** @throws SpellError `NOT_FOUND`, and as `createAgent`, but at once. */
  create(name: string, overrides: AgentOverrides | undefined, services: AgentServices): Agent;
}

/**
 * Named kinds of agents, to make many of.
 *
 * @example
 * const templates = createAgentTemplates({ critic: { systemPrompt: "Find mistakes.", tools: ["search"] } });
 * const critic = templates.create("critic", { temperature: 0, tools: { append: ["math"] } }, { models, tools });
 */
export function createAgentTemplates(initial: Readonly<Record<string, AgentTemplate>> = {}): AgentTemplates {
  const kept = new Map<string, AgentTemplate>();
  const templates: AgentTemplates = {
    register(name, template, { override = false } = {}) {
      if (typeof name !== "string" || name.trim() === "")
        throw new SpellError("INVALID_ARGUMENT", "a template of agents needs a name");
      if (!override && kept.has(name))
        throw new SpellError("ALREADY_EXISTS", `there already is a template named '${name}'`, { details: { name } });
      checked(name, template, { name, ...template });
      kept.set(name, copied(template) as AgentTemplate);
    },
    remove: (name) => kept.delete(name),
    list: () =>
      [...kept].map(([name, { description }]) => ({ name, ...(description === undefined ? {} : { description }) })),
    describe(name, overrides = {}) {
      const template = kept.get(name);
      if (template === undefined) {
        const known = [...kept.keys()];
        const message = `there is no template of agents named '${name}'${didYouMean(name, known)}`;
        throw new SpellError("NOT_FOUND", message, { details: { name, known } });
      }
      return checked(name, overrides, merged({ name, ...template }, overrides));
    },
    create: (name, overrides, services) => createCheckedAgent(templates.describe(name, overrides), services),
  };
  for (const [name, template] of Object.entries(initial)) templates.register(name, template);
  return templates;
}

/** @throws SpellError `INVALID_ARGUMENT` naming the template besides the field. */
function checked(name: string, given: unknown, config: unknown): AgentConfig {
  try {
    // A wrong `given` would be merged into something right.
    checkAgentConfig(isRecord(given) ? config : given);
    return config as AgentConfig;
  } catch (error) {
    if (!(error instanceof SpellError)) throw error;
    const details = { ...error.details, template: name };
    throw new SpellError(error.code, `template '${name}': ${error.message}`, { details });
  }
}

/** `other` over `base`. What has methods, functions and items of lists are taken as they are. */
function merged(base: unknown, other: unknown): unknown {
  if (!isPlain(other)) return copied(other);
  const { append } = other;
  if (Array.isArray(append) && Object.keys(other).length === 1)
    return [...(Array.isArray(base) ? (base as unknown[]) : []), ...(append as unknown[])];
  const changed = Object.entries(other).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [[key, merged(own(base, key), value)] as const],
  );
  const kept = isPlain(base) ? Object.entries(base).filter(([key]) => own(other, key) === undefined) : [];
  return Object.fromEntries([...kept.map(([key, value]) => [key, copied(value)] as const), ...changed]);
}

/** A copy of the plain parts of `value`. */
function copied(value: unknown): unknown {
  if (Array.isArray(value)) return [...(value as unknown[])];
  return isPlain(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copied(item)])) : value;
}

const own = (value: unknown, key: string): unknown =>
  isPlain(value) && Object.hasOwn(value, key) ? value[key] : undefined;

function isPlain(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  // What has methods, such as a memory or a state, is one thing.
  return Object.values(value).every((item) => typeof item !== "function");
}
