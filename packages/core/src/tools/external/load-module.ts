import { realpath } from "node:fs/promises";
import path from "node:path";
import { SpellError } from "@llmspell/errors";
import { bounded } from "../../json.js";
import { confine } from "../files/confined-path.js";
import { atSpot } from "../files/spot.js";

/**
 * The default export of a module below `folder`, links followed. It runs in this process
 * with all its powers: only for files that the application trusts.
 *
 * @throws SpellError `PERMISSION_DENIED` for a file outside of the folder, `NOT_FOUND`, `SCRIPT_ERROR` for one that throws.
 */
export async function loadModule(file: string, folder: string): Promise<unknown> {
  const root = await realpath(folder);
  const target = await atSpot(root, confine(root, file), (spot) => Promise.resolve(path.join(root, spot.relative)));
  const { pathToFileURL } = await import("node:url");
  try {
    return ((await import(pathToFileURL(target).href)) as { default?: unknown }).default;
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    // Its words name the path of the file on this machine.
    if (code === "ERR_MODULE_NOT_FOUND")
      throw new SpellError("NOT_FOUND", `there is no module '${file}', or it imports one that is not there`);
    throw new SpellError("SCRIPT_ERROR", `the module '${file}' cannot be loaded: ${bounded(String(message), 500)}`, {
      cause: error,
    });
  }
}
