/** What Node asks when it loads a module, in a thread of its own. */
import { readFile } from "node:fs/promises";
import type { LoadHook } from "node:module";
import { fileURLToPath } from "node:url";
import { toJavaScript } from "@llmspell/engine-js/typescript";
import { isSpellError } from "@llmspell/errors";

// The author of the program waits for it, and nobody else.
const MAX_MS = 10_000;

/** As Node does since version 22: only modules, and none of a package. */
export const load: LoadHook = async (url, context, nextLoad) => {
  if (!/^file:.*\.m?ts$/.test(url) || url.includes("/node_modules/")) return await nextLoad(url, context);
  const file = fileURLToPath(url);
  try {
    const source = toJavaScript(await readFile(file, "utf8"), "program.ts", MAX_MS);
    return { format: "module", source, shortCircuit: true };
  } catch (error) {
    if (!isSpellError(error)) throw error;
    throw new SyntaxError(`${file}:${String(error.details["line"] ?? 1)}: ${error.message}`);
  }
};
