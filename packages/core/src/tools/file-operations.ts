import { SpellError } from "@llmspell/errors";
import { constants, lstat, mkdir, readdir, realpath, rmdir, stat, unlink } from "node:fs/promises";
import path from "node:path";
import {
  confine,
  fileError,
  openConfined,
  readConfined,
  relativeTo,
  resolveReal,
  type ConfinedPath,
} from "./confined-path.js";
import { defineTool, type Tool } from "./tool.js";

/** Settings of {@link createFileTool}. */
export interface FileToolOptions {
  /** The folder that the tool works in; must exist when it is first used. */
  root: string;
  /** Bytes that one `read` may return; 1 MiB by default. */
  maxReadBytes?: number;
}

/** Names that one `list` returns at most. */
const MAX_ENTRIES = 10_000;

const CAPABILITY = {
  read: "file.read",
  list: "file.read",
  exists: "file.read",
  stat: "file.read",
  write: "file.write",
  append: "file.write",
  mkdir: "file.write",
  delete: "file.write",
} as const;

type Operation = keyof typeof CAPABILITY;
type Perform = (
  realRoot: string,
  place: ConfinedPath,
  content: string | undefined,
  maxReadBytes: number,
) => Promise<Record<string, unknown>>;

/**
 * The built-in tool `file_operations`: text files below one folder.
 *
 * Results: `read` `{path, content, bytes}`; `write`, `append` `{path, bytes}`
 * (the bytes written); `list` `{path, entries: [{name, type}]}` sorted by name;
 * `exists` `{path, exists}`; `stat` `{path, type, bytes, modified}` (ISO 8601);
 * `mkdir` (with parents) and `delete` (a file or an empty folder) `{path}`.
 * `path` is relative to the root.
 *
 * Errors: `NOT_FOUND`, `PERMISSION_DENIED` for anything outside the root, also
 * by symbolic link, else `IO_ERROR`. No message holds a host path.
 */
export function createFileTool({ root, maxReadBytes = 1024 * 1024 }: FileToolOptions): Tool {
  const base = path.resolve(root);
  return defineTool({
    name: "file_operations",
    description: "Reads, writes, appends, lists, checks and deletes text files in the working folder",
    category: "files",
    tags: ["file", "io"],
    parameters: {
      type: "object",
      properties: {
        operation: { type: "string", enum: Object.keys(CAPABILITY), description: "What to do" },
        path: {
          type: "string",
          minLength: 1,
          maxLength: 4096,
          description: "Path of the file or folder, relative to the working folder",
        },
        content: { type: "string", description: "The text to write or append" },
      },
      required: ["operation", "path"],
      additionalProperties: false,
    },
    capabilities: (args) => [
      { capability: CAPABILITY[args["operation"] as Operation], scope: confine(base, String(args["path"])).relative },
    ],
    async execute(args, { authorize }) {
      const place = confine(base, String(args["path"]));
      const content = args["content"];
      const operation = args["operation"] as Operation;
      try {
        const realRoot = await realpath(base).catch(() => {
          throw new SpellError("NOT_FOUND", "the working folder does not exist");
        });
        // A link must not lead out of the scope that was granted, even if it stays below the root.
        const real = relativeTo(realRoot, await resolveReal(realRoot, place, operation === "delete"));
        if (real !== place.relative) await authorize?.({ capability: CAPABILITY[operation], scope: real });
        const result = await OPERATIONS[operation](
          realRoot,
          place,
          typeof content === "string" ? content : undefined,
          maxReadBytes,
        );
        return { path: place.relative, ...result };
      } catch (error) {
        throw fileError(error, place);
      }
    },
  });
}

const OPERATIONS: Readonly<Record<Operation, Perform>> = {
  async read(realRoot, place, _content, maxReadBytes) {
    const content = await readConfined(realRoot, place, maxReadBytes);
    return { content: decode(content, place), bytes: content.length };
  },
  write: (realRoot, place, content) => put(realRoot, place, content, 0),
  append: (realRoot, place, content) => put(realRoot, place, content, constants.O_APPEND),
  async list(realRoot, place) {
    const found = await readdir(await resolveReal(realRoot, place), { withFileTypes: true });
    if (found.length > MAX_ENTRIES)
      throw new SpellError("IO_ERROR", `'${place.given}' has more than ${MAX_ENTRIES} entries`);
    const entries = found.map((entry) => ({ name: entry.name, type: typeOf(entry) }));
    return { entries: entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
  },
  async exists(realRoot, place) {
    try {
      await stat(await resolveReal(realRoot, place));
      return { exists: true };
    } catch (error) {
      const failure = fileError(error, place);
      if (failure.code === "NOT_FOUND") return { exists: false };
      throw failure;
    }
  },
  async stat(realRoot, place) {
    const found = await stat(await resolveReal(realRoot, place));
    return { type: typeOf(found), bytes: found.size, modified: found.mtime.toISOString() };
  },
  async mkdir(realRoot, place) {
    await mkdir(await resolveReal(realRoot, place), { recursive: true });
    return {};
  },
  async delete(realRoot, place) {
    if (place.relative === ".")
      throw new SpellError("PERMISSION_DENIED", "the working folder itself cannot be deleted");
    // A link is deleted itself, never what it points to.
    const target = await resolveReal(realRoot, place, true);
    await ((await lstat(target)).isDirectory() ? rmdir(target) : unlink(target));
    return {};
  },
};

async function put(
  realRoot: string,
  place: ConfinedPath,
  content: string | undefined,
  mode: number,
): Promise<Record<string, unknown>> {
  if (content === undefined) throw new SpellError("INVALID_ARGUMENT", `writing '${place.given}' needs 'content'`);
  await using file = await openConfined(realRoot, place, constants.O_WRONLY | constants.O_CREAT | mode);
  // Emptied only now, after the checks of opening: O_TRUNC would empty a file outside first.
  if (mode === 0) await file.truncate(0);
  await file.writeFile(content);
  return { bytes: Buffer.byteLength(content) };
}

function decode(bytes: Uint8Array, place: ConfinedPath): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SpellError("IO_ERROR", `'${place.given}' is not a text file (UTF-8)`);
  }
}

function typeOf(entry: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): string {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  return entry.isSymbolicLink() ? "link" : "other";
}
