import { SpellError } from "@llmspell/errors";
import { checkedName } from "../kept-name.js";
import { didYouMean } from "../suggest.js";
import type { Workflow } from "./definition.js";
import { parseWorkflow, serializeWorkflow } from "./text.js";

/** Workflows by name, so that one can include another. */
export interface WorkflowRepository {
  /** Replaces one of that name. @throws SpellError `UNSUPPORTED` for one with functions, `INVALID_ARGUMENT`, `IO_ERROR`. */
  save(name: string, workflow: Workflow): Promise<void>;
  /** @throws SpellError `NOT_FOUND` naming the nearest, `VALIDATION_FAILED`, `IO_ERROR`. */
  load(name: string): Promise<Workflow>;
  /** All names, in order. */
  list(): Promise<string[]>;
  /** Whether there was one. */
  delete(name: string): Promise<boolean>;
}

/** A repository that is gone with the process. */
export function createMemoryWorkflows(): WorkflowRepository {
  const texts = new Map<string, string>();
  const list = async (): Promise<string[]> => [...texts.keys()].toSorted();
  return {
    list,
    async save(name, workflow) {
      texts.set(checked(name), await serializeWorkflow(workflow));
    },
    async load(name) {
      const text = texts.get(checked(name));
      if (text === undefined) throw await missing(name, list);
      return await parseWorkflow(text);
    },
    delete: async (name) => texts.delete(checked(name)),
  };
}

/**
 * The workflows of a folder, made when it is missing: one file for each, `name.yaml`,
 * `name.yml` or `name.json`. What is saved is YAML, written whole or not at all.
 */
export function createFileWorkflows(folder: string): WorkflowRepository {
  const list = async (): Promise<string[]> => [...new Set((await files(folder)).map(([name]) => name))].toSorted();
  const find = async (name: string): Promise<[string, "json" | "yaml"] | undefined> => {
    const file = (await files(folder)).find(([found]) => found === checked(name));
    return file && [`${folder}/${file[0]}.${file[1]}`, file[1] === "json" ? "json" : "yaml"];
  };
  return {
    list,
    async save(name, workflow) {
      const { mkdir, rename, writeFile } = await import("node:fs/promises");
      const text = await serializeWorkflow(workflow, "yaml");
      const draft = `${folder}/.draft-${crypto.randomUUID()}`;
      await io(async () => {
        await mkdir(folder, { recursive: true });
        const old = await find(name);
        await writeFile(draft, text, { flag: "wx" });
        await rename(draft, `${folder}/${checked(name)}.yaml`);
        if (old !== undefined && !old[0].endsWith(".yaml")) await remove(old[0]);
      });
    },
    async load(name) {
      const file = await find(name);
      if (file === undefined) throw await missing(name, list);
      const { readFile } = await import("node:fs/promises");
      return await parseWorkflow(await io(() => readFile(file[0], "utf8")), file[1]);
    },
    async delete(name) {
      const file = await find(name);
      if (file !== undefined) await io(() => remove(file[0]));
      return file !== undefined;
    },
  };
}

async function remove(file: string): Promise<void> {
  const { rm } = await import("node:fs/promises");
  await rm(file, { force: true });
}

async function files(folder: string): Promise<[name: string, extension: string][]> {
  const { readdir } = await import("node:fs/promises");
  const entries = await io(async () => {
    try {
      return await readdir(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  });
  return entries.flatMap((file): [string, string][] => {
    const [, name, extension] = /^([A-Za-z0-9][\w.-]*)\.(yaml|yml|json)$/.exec(file) ?? [];
    return name === undefined || extension === undefined ? [] : [[name, extension]];
  });
}

const checked = (name: string): string => checkedName("stored workflow", name);

async function missing(name: string, list: () => Promise<string[]>): Promise<SpellError> {
  return new SpellError("NOT_FOUND", `there is no workflow '${name}'${didYouMean(name, await list())}`, {
    details: { name },
  });
}

async function io<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SpellError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new SpellError("IO_ERROR", `the workflow repository cannot be used: ${code}`, { details: { code } });
  }
}
