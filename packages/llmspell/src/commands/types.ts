import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SpellError } from "@llmspell/errors";
import { writeNow } from "../write.js";
import { TYPES_FILE, compilerOptions, scriptTypes } from "../typescript.js";

export interface TypesOptions {
  readonly out?: string;
  readonly language?: string;
}

/** What an editor needs to know besides the declarations, by language; a file that is there is its owner's. */
const CONFIGURATIONS = {
  javascript: {
    "tsconfig.json": { compilerOptions: compilerOptions(true), include: ["**/*.ts", "**/*.js", "**/*.mjs"] },
  },
  lua: {
    ".luarc.json": {
      "runtime.version": "Lua 5.4",
      "workspace.library": [".luals"],
      // The library that spells have, without what the sandbox takes away.
      "runtime.builtin": { io: "disable", package: "disable", debug: "disable" },
    },
  },
};
type Language = keyof typeof CONFIGURATIONS;

/** `llmspell types [--language LANGUAGE] [--out DIR]`: the script API as declarations for editors and type checkers. */
export async function typesCommand({ out, language = "javascript" }: TypesOptions): Promise<void> {
  if (!isLanguage(language)) {
    const known = Object.keys(CONFIGURATIONS).join(", ");
    throw new SpellError("INVALID_ARGUMENT", `there are no types for the language '${language}'; known: ${known}`);
  }
  const [name, text] =
    language === "lua" ? [LUA_FILE, scriptTypes()["llmspell.lua"]] : [TYPES_FILE, scriptTypes()[TYPES_FILE]];
  if (out === undefined) return writeNow(1, text);
  const files = { [name]: text };
  const written = await writeInto(out, files, CONFIGURATIONS[language]).catch((thrown: unknown) => {
    const { code = "unknown error" } = thrown as NodeJS.ErrnoException;
    throw new SpellError("IO_ERROR", `${out} cannot be written (${code})`);
  });
  writeNow(1, written.map((file) => `wrote ${join(out, file)}\n`).join(""));
}

// In a folder of its own, so that no spell is taken for it.
const LUA_FILE = join(".luals", "llmspell.lua");

const isLanguage = (name: string): name is Language => Object.hasOwn(CONFIGURATIONS, name);

async function writeInto(
  folder: string,
  files: Readonly<Record<string, string>>,
  configurations: Readonly<Record<string, object>>,
): Promise<string[]> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const written = Object.keys(files);
  for (const [name, content] of Object.entries(configurations)) {
    const isNew = await writeFile(join(folder, name), `${JSON.stringify(content, null, 2)}\n`, { flag: "wx" }).then(
      () => true,
      (thrown: NodeJS.ErrnoException) => {
        if (thrown.code === "EEXIST") return false;
        throw thrown;
      },
    );
    if (isNew) written.push(name);
  }
  return written;
}
