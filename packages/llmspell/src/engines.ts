import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import type { Engine } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import type { Isolation } from "./isolation.js";

interface KnownEngine {
  readonly name: string;
  readonly extensions: readonly string[];
  /** Engines are large; only the one that runs is loaded. Default: `inline`. */
  load(isolation?: Isolation): Promise<Engine>;
}

/** Every engine of this program. */
export const ENGINES: readonly KnownEngine[] = [
  {
    name: "lua",
    extensions: [".lua"],
    async load(isolation = "inline") {
      const [{ createLuaEngine }, warmStart] = await Promise.all([
        import("@llmspell/engine-lua"),
        readWarmFile("lua.warm"),
      ]);
      return createLuaEngine({ isolation, ...(warmStart === undefined ? {} : { warmStart }) });
    },
  },
  {
    name: "javascript",
    extensions: [".js", ".mjs", ".ts"],
    async load(isolation = "inline") {
      const [{ createJavaScriptEngine }, warmStart] = await Promise.all([
        import("@llmspell/engine-js"),
        readWarmFile("javascript.warm"),
      ]);
      return createJavaScriptEngine({ isolation, ...(warmStart === undefined ? {} : { warmStart }) });
    },
  },
];

/** A warm start that the build has put beside this file; without it the engine only starts more slowly. */
async function readWarmFile(name: string): Promise<Uint8Array | undefined> {
  return await readFile(new URL(name, import.meta.url)).catch(() => undefined);
}

export const EXTENSIONS: readonly string[] = ENGINES.flatMap((engine) => engine.extensions);

/** The engine for a file. @throws SpellError `UNSUPPORTED`. */
export async function engineFor(file: string, isolation?: Isolation): Promise<Engine> {
  return await knownEngine(file).load(isolation);
}

/** What is known of the engine for a file before it is loaded. @throws SpellError `UNSUPPORTED`. */
export function knownEngine(file: string): KnownEngine {
  const extension = extname(file);
  const known = ENGINES.find((engine) => engine.extensions.includes(extension));
  if (known === undefined) throw new SpellError("UNSUPPORTED", `no engine runs '${extension}' files`);
  return known;
}
