import { isRecord } from "../json.js";
import type { Message } from "../messages.js";
import { createVersions, type Version, type VersionedKind, type Versions } from "../versions.js";
import { promptVariables, renderPrompt, type Prompt } from "./prompt.js";
import type { TemplateVariables } from "./template.js";

/** One version of a prompt; versions count from 1. */
export type StoredPrompt = Version<Prompt>;

/** What differs between two versions of a prompt. */
export interface PromptDiff {
  /** Names of variables. */
  variables: { added: string[]; removed: string[] };
  /** The lines of both, in order; those of `from` alone are `-`, of `to` alone `+`. */
  lines: { change: " " | "+" | "-"; text: string }[];
}

/** Prompts by name and version. */
export interface PromptRepository extends Versions<Prompt> {
  /** The messages of the given or newest version. @throws SpellError `NOT_FOUND`; as `renderPrompt`. */
  render(name: string, variables?: TemplateVariables, version?: number): Promise<Message[]>;
  /** From one version to another, the newest by default. @throws SpellError `NOT_FOUND`. */
  diff(name: string, from: number, to?: number): Promise<PromptDiff>;
}

/** A repository that is gone with the process. */
export const createMemoryPrompts = (): PromptRepository => createRepository(createVersions(PROMPTS));

/**
 * A repository in `folder`, made when it is missing: one JSON file for each version, written
 * whole or not at all. Several processes may save at the same time.
 */
export const createFilePrompts = (folder: string): PromptRepository =>
  createRepository(createVersions(PROMPTS, folder));

const PROMPTS: VersionedKind<Prompt> = {
  noun: "prompt",
  format: "llmspell-prompt-1",
  read({ description, messages, defaults }) {
    if (!Array.isArray(messages)) return undefined;
    return {
      messages,
      ...(typeof description === "string" ? { description } : {}),
      ...(isRecord(defaults) ? { defaults } : {}),
    };
  },
};

function createRepository(versions: Versions<Prompt>): PromptRepository {
  const { load } = versions;
  return {
    ...versions,

    async save(name, prompt) {
      // Compiles every template of it.
      await promptVariables(prompt);
      return await versions.save(name, prompt);
    },

    render: async (name, variables, version) => await renderPrompt(await load(name, version), variables),

    async diff(name, from, to) {
      const { diffArrays } = await import("diff");
      const [before, after] = [await load(name, from), await load(name, to)];
      const [was, is] = await Promise.all([namesOf(before), namesOf(after)]);
      const parts = diffArrays(linesOf(before), linesOf(after));
      return {
        variables: {
          added: is.filter((variable) => !was.includes(variable)),
          removed: was.filter((variable) => !is.includes(variable)),
        },
        lines: parts.flatMap(({ added, removed, value }) =>
          value.map((text) => ({ change: added ? "+" : removed ? "-" : " ", text }) as const),
        ),
      };
    },
  };
}

const namesOf = async (prompt: Prompt): Promise<string[]> => (await promptVariables(prompt)).map(({ name }) => name);

/** A prompt as people read it: a line for who speaks, then the lines of the text. */
function linesOf({ description, messages, defaults }: Prompt): string[] {
  const head = description === undefined ? [] : [description];
  const values = Object.entries(defaults ?? {}).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return [
    ...head,
    ...values,
    ...messages.flatMap((message) => {
      if ("messages" in message) return [`[messages: ${message.messages}]`];
      const files = (message.files ?? []).map((file) => `[file: ${typeof file === "string" ? file : file.mediaType}]`);
      return [`[${message.role}]`, ...message.text.split("\n"), ...files];
    }),
  ];
}
