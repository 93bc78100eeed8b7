import { readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { SpellError } from "@llmspell/errors";
import { parseManifest, type Manifest } from "./manifest.js";

/** A spell read from a file. */
export interface SpellSource {
  readonly text: string;
  /** The file's name without its folder: what errors show. */
  readonly name: string;
  /** The folder the file is in: a path of the host, not to be shown. */
  readonly folder: string;
  /** With the dot, e.g. `.lua`. */
  readonly extension: string;
  readonly manifest: Manifest;
}

/** A source larger than this is not a spell, nor a part of one. */
export const MAX_SOURCE_BYTES = 4 * 1024 * 1024;
const MANIFEST_FILE = "spell.yaml";
const MARKER = /^@spell[ \t]*$/;

interface CommentSyntax {
  readonly line: string;
  readonly block: readonly [open: string, close: string];
}

const C_COMMENTS: CommentSyntax = { line: "//", block: ["/*", "*/"] };
const COMMENTS: Readonly<Record<string, CommentSyntax>> = {
  ".lua": { line: "--", block: ["--[[", "]]"] },
  ".js": C_COMMENTS,
  ".mjs": C_COMMENTS,
  ".ts": C_COMMENTS,
};

/** Of the files that can be spells. */
export const SOURCE_EXTENSIONS: readonly string[] = Object.keys(COMMENTS);

/**
 * Reads a spell: a file, a file whose extension is left out, or a folder with a `main` file.
 *
 * @throws SpellError `NOT_FOUND`, or `CONFIG_INVALID` for a bad manifest.
 */
export async function readSpell(path: string, extensions: readonly string[]): Promise<SpellSource> {
  const file = await findFile(path, extensions);
  const text = await readFile(file, "utf8");
  const extension = extname(file);
  const header = headerManifest(text, extension);
  const [name, folder] = [basename(file), dirname(file)];
  if (header !== undefined)
    return { text, name, folder, extension, manifest: await parseManifest(header, `${name} (its first comment)`) };
  const yaml = await readFile(join(folder, MANIFEST_FILE), "utf8").catch(() => undefined);
  return {
    text,
    name,
    folder,
    extension,
    manifest: yaml === undefined ? {} : await parseManifest(yaml, MANIFEST_FILE),
  };
}

async function findFile(path: string, extensions: readonly string[]): Promise<string> {
  const candidates = [
    path,
    ...extensions.map((extension) => path + extension),
    ...extensions.map((extension) => join(path, `main${extension}`)),
  ];
  for (const candidate of candidates) {
    const info = await stat(candidate).catch(() => undefined);
    if (info?.isFile() !== true) continue;
    if (info.size > MAX_SOURCE_BYTES)
      throw new SpellError("INVALID_ARGUMENT", `${path} is larger than a spell may be (${MAX_SOURCE_BYTES} bytes)`);
    if (!extensions.includes(extname(candidate))) {
      throw new SpellError(
        "UNSUPPORTED",
        `${path}: no engine runs '${extname(candidate)}' files; known: ${extensions.join(", ")}`,
      );
    }
    return candidate;
  }
  const others = extname(path) === "" ? ` (nor ${candidates.slice(1).join(", ")})` : "";
  throw new SpellError("NOT_FOUND", `there is no spell at ${path}${others}`);
}

/** The manifest in the first comment, if its first line is `@spell`. */
export function headerManifest(text: string, extension: string): string | undefined {
  const syntax = COMMENTS[extension];
  if (syntax === undefined) return undefined;
  const source = text
    .replace(/^\uFEFF/, "")
    .replaceAll("\r\n", "\n")
    .replace(/^#![^\n]*\n/, "")
    .trimStart();
  const [open, close] = syntax.block;
  const lines = source.startsWith(open) ? blockLines(source, open, close) : lineComments(source, syntax.line);
  const [first = "", ...rest] = lines;
  return MARKER.test(first.trim()) ? rest.join("\n") : undefined;
}

function blockLines(source: string, open: string, close: string): string[] {
  const end = source.indexOf(close, open.length);
  return source.slice(open.length, end < 0 ? undefined : end).split("\n");
}

function lineComments(source: string, mark: string): string[] {
  const lines = source.split("\n");
  const end = lines.findIndex((line) => !line.startsWith(mark));
  const body = (end < 0 ? lines : lines.slice(0, end)).map((line) => line.slice(mark.length));
  // One space after the mark belongs to the comment, not to the YAML.
  return body.map((line) => line.replace(/^ /, ""));
}
