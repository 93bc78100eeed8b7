import { SpellError } from "@llmspell/errors";
import type { Dirent, Stats } from "node:fs";
import { constants, link, lstat, open, opendir, rename, rmdir, unlink, type FileHandle } from "node:fs/promises";
import { fileError, type ConfinedPath } from "./confined-path.js";
import { fileKind, KIND_BYTES } from "./file-kind.js";
import { makeFolders, openFile, readFileAt, type Spot, type SpotOptions } from "./spot.js";

/** What one call works on. */
export interface FileCall {
  spot: Spot;
  place: ConfinedPath;
  /** The other end of `copy` and `move`. */
  to?: { spot: Spot; place: ConfinedPath };
  content?: string;
  encoding: "utf8" | "base64";
  recursive: boolean;
  overwrite: boolean;
  mode?: string;
  limits: FileLimits;
}

export interface FileLimits {
  /** Bytes that one `read` may return. */
  maxReadBytes: number;
  /** Bytes that one `copy` may copy. */
  maxCopyBytes: number;
  /** Names that one `list` may return and one recursive `rmdir` may remove. */
  maxEntries: number;
}

type Power = "file.read" | "file.write";

interface Operation {
  doc: string;
  /** The power over `path`, and over `to` where there is one. */
  powers: readonly [Power] | readonly [Power, Power];
  spot?: SpotOptions;
  run(call: FileCall): Promise<Record<string, unknown>>;
}

/** Folders within folders that `list` and `rmdir` go into. */
const MAX_DEPTH = 64;

export const OPERATIONS = {
  read: {
    doc: "the content",
    powers: ["file.read"],
    async run({ spot, place, encoding, limits }) {
      const content = await readFileAt(spot, place, limits.maxReadBytes);
      return {
        content: encoding === "base64" ? content.toString("base64") : decode(content, place),
        bytes: content.length,
      };
    },
  },
  write: { doc: "replaces the content", powers: ["file.write"], run: (call) => put(call, 0) },
  create: {
    doc: "writes a file that must not exist yet",
    powers: ["file.write"],
    run: (call) => put(call, constants.O_EXCL),
  },
  append: { doc: "adds to the end", powers: ["file.write"], run: (call) => put(call, constants.O_APPEND) },
  copy: {
    doc: "copies a file to 'to'",
    powers: ["file.read", "file.write"],
    async run({ spot, place, to, overwrite, limits }) {
      const target = needTo(to);
      await using source = await openFile(spot, place, constants.O_RDONLY);
      const { size, mode } = await source.stat();
      if (size > limits.maxCopyBytes) throw tooLarge(place, limits.maxCopyBytes);
      const flags = constants.O_WRONLY | constants.O_CREAT | (overwrite ? 0 : constants.O_EXCL);
      await using copy = await openFile(target.spot, target.place, flags).catch((error: unknown) => {
        throw fileError(error, target.place);
      });
      const [from, into] = [await source.stat(), await copy.stat()];
      if (from.ino === into.ino && from.dev === into.dev)
        throw new SpellError("INVALID_ARGUMENT", `'${place.given}' cannot be copied to itself`);
      await copy.truncate(0);
      await copy.chmod(mode & 0o777);
      return { bytes: await pour(source, copy, place, limits.maxCopyBytes) };
    },
  },
  move: {
    doc: "renames a file or folder to 'to'",
    powers: ["file.write", "file.write"],
    spot: { keepLast: true },
    async run({ spot, place, to, overwrite }) {
      const target = needTo(to);
      if (spot.relative === "." || target.spot.relative === ".") throw rootStays();
      try {
        if (overwrite || (await lstat(spot.path)).isDirectory()) {
          if (!overwrite && (await exists(target.spot))) throw fileError({ code: "EEXIST" }, target.place);
          await rename(spot.path, target.spot.path);
        } else {
          // A second name and then one less: renaming would silently replace what is there.
          await link(spot.path, target.spot.path);
          await unlink(spot.path);
        }
      } catch (error) {
        // Of two paths, the one that is in the way.
        const { code } = error as { code?: unknown };
        if (code === "ENOTDIR") throw notFolder(target.place);
        throw fileError(error, OF_TARGET.has(code) ? target.place : place);
      }
      return {};
    },
  },
  delete: {
    doc: "removes a file, a link (not its target) or an empty folder",
    powers: ["file.write"],
    spot: { keepLast: true },
    async run({ spot }) {
      if (spot.relative === ".") throw rootStays();
      await ((await lstat(spot.path)).isDirectory() ? rmdir(spot.path) : unlink(spot.path));
      return {};
    },
  },
  mkdir: {
    doc: "makes a folder and those above it",
    powers: ["file.write"],
    spot: { missing: true },
    async run({ spot }) {
      await makeFolders(spot);
      return {};
    },
  },
  rmdir: {
    doc: "removes a folder, with 'recursive' all that is in it",
    powers: ["file.write"],
    spot: { keepLast: true },
    async run({ spot, place, recursive, limits }) {
      if (spot.relative === ".") throw rootStays();
      if (!(await lstat(spot.path)).isDirectory()) throw notFolder(place);
      if (!recursive) await rmdir(spot.path);
      else {
        const budget = { left: limits.maxEntries, most: limits.maxEntries, place };
        // Counted before anything is removed: too large a folder stays whole.
        await eachEntry(spot.path, budget, true, () => {});
        await removeAll(spot.path, place, MAX_DEPTH);
      }
      return {};
    },
  },
  list: {
    doc: "the entries of a folder, with 'recursive' also of those below",
    powers: ["file.read"],
    async run({ spot, place, recursive, limits }) {
      if (!(await lstat(spot.path)).isDirectory()) throw notFolder(place);
      const entries: { name: string; type: string }[] = [];
      const budget = { left: limits.maxEntries, most: limits.maxEntries, place };
      await eachEntry(spot.path, budget, recursive, (name, entry) => entries.push({ name, type: typeOf(entry) }));
      return { entries: entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
    },
  },
  exists: {
    doc: "whether there is something",
    powers: ["file.read"],
    spot: { missing: true },
    run: async ({ spot }) => ({ exists: spot.rest.length === 0 && (await exists(spot)) }),
  },
  stat: {
    doc: "type, size, times and mode",
    powers: ["file.read"],
    async run({ spot }) {
      const found = await lstat(spot.path);
      return {
        type: typeOf(found),
        bytes: found.size,
        modified: found.mtime.toISOString(),
        created: found.birthtime.toISOString(),
        mode: (found.mode & 0o777).toString(8).padStart(3, "0"),
      };
    },
  },
  chmod: {
    doc: "sets the mode, e.g. '644'",
    powers: ["file.write"],
    async run({ spot, place, mode }) {
      if (mode === undefined)
        throw new SpellError("INVALID_ARGUMENT", `changing the mode of '${place.given}' needs 'mode'`);
      await using file = await open(spot.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      await file.chmod(Number.parseInt(mode, 8));
      return { mode };
    },
  },
  type: {
    doc: "the media type, by content and name",
    powers: ["file.read"],
    async run({ spot, place }) {
      await using file = await openFile(spot, place, constants.O_RDONLY);
      const head = Buffer.alloc(KIND_BYTES);
      const { bytesRead } = await file.read(head, 0, KIND_BYTES, 0);
      return await fileKind(head.subarray(0, bytesRead), spot.relative);
    },
  },
} satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;

async function put({ spot, place, content, encoding }: FileCall, mode: number): Promise<Record<string, unknown>> {
  if (content === undefined) throw new SpellError("INVALID_ARGUMENT", `writing '${place.given}' needs 'content'`);
  const bytes = Buffer.from(content, encoding);
  // What is no base64 would be left out without a word.
  if (encoding === "base64" && !isBase64(content))
    throw new SpellError("INVALID_ARGUMENT", `the 'content' for '${place.given}' is not base64`);
  await using file = await openFile(spot, place, constants.O_WRONLY | constants.O_CREAT | mode);
  // Emptied only after it is known to be a regular file, which O_TRUNC would not wait for.
  if (mode !== constants.O_APPEND) await file.truncate(0);
  await file.writeFile(bytes);
  return { bytes: bytes.length };
}

/** RFC 4648 section 4 or 5, with or without padding and line breaks. */
function isBase64(text: string): boolean {
  const digits = text.replaceAll(/\s+/g, "").replace(/={1,2}$/, "");
  return /^[A-Za-z0-9+/_-]*$/.test(digits) && digits.length % 4 !== 1;
}

async function pour(source: FileHandle, copy: FileHandle, place: ConfinedPath, most: number): Promise<number> {
  const buffer = Buffer.alloc(64 * 1024);
  for (let bytes = 0; ;) {
    const { bytesRead } = await source.read(buffer, 0, buffer.length);
    if (bytesRead === 0) return bytes;
    bytes += bytesRead;
    // It grows while it is copied.
    if (bytes > most) throw tooLarge(place, most);
    await copy.writeFile(buffer.subarray(0, bytesRead));
  }
}

/** Tells every entry below an open folder; a link is an entry and is not followed. */
async function eachEntry(
  folder: string,
  budget: { left: number; most: number; place: ConfinedPath },
  recursive: boolean,
  tell: (name: string, entry: Dirent) => void,
  above = "",
  depth = MAX_DEPTH,
): Promise<void> {
  const folders: string[] = [];
  for await (const entry of await opendir(folder)) {
    if (--budget.left < 0) throw tooMany(budget.place, budget.most);
    tell(above + entry.name, entry);
    if (recursive && entry.isDirectory()) folders.push(entry.name);
  }
  if (folders.length > 0 && depth === 0) throw tooDeep(budget.place);
  for (const name of folders) {
    await within(folder, name, (inner) => eachEntry(inner, budget, true, tell, `${above}${name}/`, depth - 1));
  }
}

async function removeAll(folder: string, place: ConfinedPath, depth: number): Promise<void> {
  if (depth < 0) throw tooDeep(place);
  const [parent, name] = [folder.slice(0, folder.lastIndexOf("/")), folder.slice(folder.lastIndexOf("/") + 1)];
  await within(parent, name, async (inner) => {
    for await (const entry of await opendir(inner)) {
      const target = `${inner}/${entry.name}`;
      await (entry.isDirectory() ? removeAll(target, place, depth - 1) : unlink(target));
    }
  });
  await rmdir(folder);
}

/** Opens the folder `name` in `parent`, which must not be a link, for as long as `use` runs. */
async function within(parent: string, name: string, use: (inner: string) => Promise<void>): Promise<void> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  await using handle = await open(`${parent}/${name}`, flags);
  await use(parent.startsWith("/proc/self/fd/") ? `/proc/self/fd/${handle.fd}` : `${parent}/${name}`);
}

async function exists(spot: Spot): Promise<boolean> {
  try {
    await lstat(spot.path);
    return true;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(String((error as { code?: unknown }).code))) return false;
    throw error;
  }
}

function needTo(to: FileCall["to"]): NonNullable<FileCall["to"]> {
  if (to === undefined) throw new SpellError("INVALID_ARGUMENT", "'copy' and 'move' need 'to'");
  return to;
}

function decode(bytes: Uint8Array, place: ConfinedPath): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SpellError("IO_ERROR", `'${place.given}' is not a text file (UTF-8)`);
  }
}

function typeOf(entry: Dirent | Stats): string {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  return entry.isSymbolicLink() ? "link" : "other";
}

const OF_TARGET: ReadonlySet<unknown> = new Set(["EEXIST", "ENOTEMPTY", "EISDIR"]);

const notFolder = (place: ConfinedPath): SpellError =>
  new SpellError("IO_ERROR", `'${place.given}' is not a folder`, { details: { path: place.given } });
const rootStays = (): SpellError =>
  new SpellError("PERMISSION_DENIED", "the working folder itself cannot be moved or deleted");
const tooLarge = (place: ConfinedPath, most: number): SpellError =>
  new SpellError("IO_ERROR", `'${place.given}' is larger than ${most} bytes`);
const tooMany = (place: ConfinedPath, most: number): SpellError =>
  new SpellError("IO_ERROR", `'${place.given}' has more than ${most} entries`);
const tooDeep = (place: ConfinedPath): SpellError =>
  new SpellError("IO_ERROR", `'${place.given}' has more than ${MAX_DEPTH} folders within each other`);
