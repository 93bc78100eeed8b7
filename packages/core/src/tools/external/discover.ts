import { SpellError, toSpellError } from "@llmspell/errors";
import { opendir, realpath } from "node:fs/promises";
import path from "node:path";
import { readConfined } from "../files/spot.js";
import type { Tool } from "../tool.js";
import { externalTool, type ExternalServices } from "./external-tool.js";

/** Where {@link discoverTools} looks. */
export interface DiscoverOptions extends ExternalServices {
  /** Folders with files `*.tool.json`, in the order of precedence. */
  folders?: readonly string[];
  /** The name of a variable that lists more folders, as PATH does, e.g. `LLMSPELL_TOOLS`. They come after `folders`. */
  variable?: string;
  /** Where `variable` is looked up; the environment of this process by default. */
  environment?: Readonly<Record<string, string | undefined>>;
}

/** What is wrong with a place where tools were looked for. */
export interface DiscoveryProblem {
  /** The folder as it was given, or the file in it. */
  source: string;
  error: SpellError;
}

const SUFFIX = ".tool.json";
const MAX_MANIFEST_BYTES = 1024 * 1024;
const MAX_FILES = 10_000;

/**
 * The tools that manifests in folders describe. One that is malformed, or whose name is
 * taken already, is a problem in the result and keeps no other from being found; so is a
 * folder that cannot be read.
 */
export async function discoverTools(
  options: DiscoverOptions,
): Promise<{ tools: Tool[]; problems: DiscoveryProblem[] }> {
  const { folders = [], variable, environment = process.env, ...services } = options;
  const listed = variable === undefined ? "" : (environment[variable] ?? "");
  const found = new Map<string, Tool>();
  const problems: DiscoveryProblem[] = [];
  for (const folder of new Set([...folders, ...listed.split(path.delimiter).filter((entry) => entry !== "")])) {
    const attempt = async (source: string, work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        problems.push({ source, error: toSpellError(error) });
      }
    };
    await attempt(folder, async () => {
      const { root, files } = await readFolder(folder);
      for (const file of files) {
        await attempt(path.join(folder, file), async () => {
          const tool = await readTool(root, file, services);
          if (found.has(tool.name))
            throw new SpellError("ALREADY_EXISTS", `there already is a tool named '${tool.name}'`);
          found.set(tool.name, tool);
        });
      }
    });
  }
  return { tools: [...found.values()], problems };
}

async function readFolder(folder: string): Promise<{ root: string; files: string[] }> {
  const files: string[] = [];
  try {
    const root = await realpath(folder);
    let seen = 0;
    for await (const { name } of await opendir(root)) {
      if (++seen > MAX_FILES) throw new SpellError("IO_ERROR", `the folder has more than ${MAX_FILES} entries`);
      if (name.endsWith(SUFFIX)) files.push(name);
    }
    return { root, files: files.toSorted() };
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") throw new SpellError("NOT_FOUND", "the folder does not exist");
    throw toSpellError(error, "IO_ERROR");
  }
}

async function readTool(root: string, file: string, services: ExternalServices): Promise<Tool> {
  const { content } = await readConfined(root, file, MAX_MANIFEST_BYTES);
  return await externalTool(content.toString("utf8"), root, services);
}
