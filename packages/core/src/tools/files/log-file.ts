import { lstat, realpath } from "node:fs/promises";
import path from "node:path";
import { SpellError } from "@llmspell/errors";
import { openLineFile, type LineFile, type LineFileOptions } from "../../line-file.js";
import { confine, fileError, insideOf, outside } from "./confined-path.js";

/**
 * Opens a file of lines below `root`, whose folder exists; no link leads out of it.
 *
 * @throws SpellError `PERMISSION_DENIED` outside of the root; `NOT_FOUND`, `IO_ERROR`.
 */
export async function openConfinedLines(root: string, given: string, options: LineFileOptions = {}): Promise<LineFile> {
  const place = confine(root, given);
  try {
    const realRoot = await realpath(root);
    const target = path.join(realRoot, place.relative);
    const folder = await realpath(path.dirname(target));
    if (insideOf(realRoot, folder) === undefined) throw outside(given);
    const file = path.join(folder, path.basename(target));
    const there = await lstat(file).catch(() => undefined);
    if (there !== undefined && !there.isFile()) throw new SpellError("IO_ERROR", `'${given}' is not a regular file`);
    return await openLineFile(file, options);
  } catch (error) {
    throw fileError(error, place);
  }
}
