import { SpellError, toSpellError } from "@llmspell/errors";
import { opendir, realpath } from "node:fs/promises";
import path from "node:path";
import { folderBelow, readConfined } from "../files/spot.js";
import type { Tool } from "../tool.js";
import { externalTool, type ExternalServices } from "./external-tool.js";
import { parseManifest } from "./manifest.js";
import type { StoredTool } from "./tool-store.js";

/** Where {@link discoverTools} looks. */
export interface DiscoverOptions extends ExternalServices {
  /** Folders with files `*.tool.json`, in the order of precedence. */
  folders?: readonly string[];
  /** Below which `folders` lie, links followed; what is outside is a problem. */
  root?: string;
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
 * folder that cannot be read. `stored` is what a {@link ToolStore} keeps of `tools`, with the folders as they were given.
 */
export async function discoverTools(
  options: DiscoverOptions,
): Promise<{ tools: Tool[]; stored: StoredTool[]; problems: DiscoveryProblem[] }> {
  const { folders = [], root, variable, environment = process.env, ...services } = options;
  const listed = variable === undefined ? "" : (environment[variable] ?? "");
  const found = new Map<string, { tool: Tool; stored: StoredTool }>();
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
      const { path: there, files } = await readFolder(
        root === undefined || !folders.includes(folder) ? folder : await folderBelow(root, folder),
      );
      for (const file of files) {
        await attempt(path.join(folder, file), async () => {
          const { content } = await readConfined(there, file, MAX_MANIFEST_BYTES);
          // Without the mark that some editors put before a text.
          const manifest = await parseManifest(new TextDecoder().decode(content));
          const tool = await externalTool(manifest, there, services);
          if (found.has(tool.name))
            throw new SpellError("ALREADY_EXISTS", `there already is a tool named '${tool.name}'`);
          found.set(tool.name, { tool, stored: { manifest, folder } });
        });
      }
    });
  }
  const all = [...found.values()];
  return { tools: all.map(({ tool }) => tool), stored: all.map(({ stored }) => stored), problems };
}

async function readFolder(folder: string): Promise<{ path: string; files: string[] }> {
  const files: string[] = [];
  try {
    const root = await realpath(folder);
    let seen = 0;
    for await (const { name } of await opendir(root)) {
      if (++seen > MAX_FILES) throw new SpellError("IO_ERROR", `the folder has more than ${MAX_FILES} entries`);
      if (name.endsWith(SUFFIX)) files.push(name);
    }
    return { path: root, files: files.toSorted() };
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") throw new SpellError("NOT_FOUND", "the folder does not exist");
    throw toSpellError(error, "IO_ERROR");
  }
}
