import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { SpellError } from "@llmspell/errors";
import { formats } from "../formats/formats.js";
import { didYouMean } from "../suggest.js";

/** Data of a folder, by name. */
export interface Fixtures {
  /**
   * The value of `name.json`, `name.yaml` or `name.yml`, or the text of a file of another
   * kind. Each call gives a copy of its own, so no test sees what another one changed.
   *
   * @throws SpellError `NOT_FOUND`, `INVALID_ARGUMENT` for a name of several files or one
   *   that leaves the folder, `SYNTAX_ERROR` with the place.
   */
  load<T = unknown>(name: string): Promise<T>;
  /** The bytes of a file as they are; `name` with its extension or without. */
  bytes(name: string): Promise<Uint8Array>;
  /** Names of all files, without extensions, in order. */
  names(): Promise<string[]>;
}

/**
 * The fixtures of a folder, those of folders in it as `folder/name`.
 *
 * @example
 * const fixtures = openFixtures(new URL("./fixtures/", import.meta.url));
 * const order = await fixtures.load<Order>("order");
 */
export function openFixtures(folder: string | URL): Fixtures {
  const root = typeof folder === "string" ? folder : fileURLToPath(folder);
  let listing: Promise<string[]> | undefined;
  const texts = new Map<string, Promise<Buffer>>();
  const files = (): Promise<string[]> => (listing ??= list(root));

  const find = async (name: string): Promise<string> => {
    if (name.split(/[\\/]/).includes("..") || path.isAbsolute(name))
      throw new SpellError("INVALID_ARGUMENT", `the fixture '${name}' is outside of the folder`);
    const all = await files();
    const found = all.filter((file) => file === name || bare(file) === name);
    const exact = found.find((file) => file === name);
    if (exact !== undefined) return exact;
    const [first] = found;
    if (found.length > 1)
      throw new SpellError("INVALID_ARGUMENT", `several fixtures are named '${name}': ${found.join(", ")}`);
    if (first !== undefined) return first;
    const known = all.map(bare);
    const details = { known };
    throw new SpellError("NOT_FOUND", `there is no fixture '${name}'${didYouMean(name, known)}`, { details });
  };
  const read = async (name: string): Promise<{ file: string; bytes: Buffer }> => {
    const file = await find(name);
    const known = texts.get(file) ?? readFile(path.join(root, file));
    texts.set(file, known);
    return { file, bytes: await known };
  };
  return {
    async load<T>(name: string): Promise<T> {
      const { file, bytes } = await read(name);
      const text = bytes.toString("utf8");
      // Read anew each time: that is a deep copy.
      return (await readValue(file, text)) as T;
    },
    bytes: async (name) => new Uint8Array((await read(name)).bytes),
    names: async () => (await files()).map(bare),
  };
}

/** What a file holds, by its extension. @throws SpellError `SYNTAX_ERROR` naming the file and the place. */
export async function readValue(file: string, text: string): Promise<unknown> {
  const format = { ".json": formats.json, ".yaml": formats.yaml, ".yml": formats.yaml }[path.extname(file)];
  if (format === undefined) return text;
  try {
    return await format.parse(text);
  } catch (error) {
    const { code, message, details } = error as SpellError;
    throw new SpellError(code, `${path.basename(file)}: ${message}`, { details, cause: error });
  }
}

const bare = (file: string): string => file.slice(0, file.length - path.extname(file).length);

async function list(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => {
    throw new SpellError("NOT_FOUND", "the folder of the fixtures cannot be read");
  });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, "/"))
    .toSorted();
}
