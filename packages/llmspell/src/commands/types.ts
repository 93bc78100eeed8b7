import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SpellError } from "@llmspell/errors";
import { writeNow } from "../write.js";
import { TYPES_FILE, compilerOptions, scriptTypes } from "../typescript.js";

export interface TypesOptions {
  readonly out?: string;
}

/** `llmspell types [--out DIR]`: the script API as TypeScript declarations. */
export async function typesCommand({ out }: TypesOptions): Promise<void> {
  if (out === undefined) return writeNow(1, scriptTypes());
  const written = await writeInto(out).catch((thrown: unknown) => {
    const { code = "unknown error" } = thrown as NodeJS.ErrnoException;
    throw new SpellError("IO_ERROR", `${out} cannot be written (${code})`);
  });
  writeNow(1, written.map((file) => `wrote ${join(out, file)}\n`).join(""));
}

async function writeInto(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, TYPES_FILE), scriptTypes());
  // What an editor needs to know; one that is there is its owner's.
  const config = { compilerOptions: compilerOptions(true), include: ["**/*.ts", "**/*.js", "**/*.mjs"] };
  const isNew = await writeFile(join(folder, "tsconfig.json"), `${JSON.stringify(config, null, 2)}\n`, {
    flag: "wx",
  }).then(
    () => true,
    (thrown: NodeJS.ErrnoException) => {
      if (thrown.code === "EEXIST") return false;
      throw thrown;
    },
  );
  return isNew ? [TYPES_FILE, "tsconfig.json"] : [TYPES_FILE];
}
