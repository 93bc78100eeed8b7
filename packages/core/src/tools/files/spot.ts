import type { FileHandle } from "node:fs/promises";
import { constants, lstat, mkdir, open, readlink, realpath, rename, stat, unlink } from "node:fs/promises";
import path from "node:path";
import { SpellError } from "@llmspell/errors";
import { confine, fileError, insideOf, outside, type ConfinedPath } from "./confined-path.js";

/**
 * Where a path really is. The folder it lies in is held open, so that nobody can
 * put a link in the place of a folder between looking and doing.
 */
export interface Spot {
  /** From the root with `/`, all links resolved; `.` for the root itself. */
  relative: string;
  /** For calls of the file system, for as long as the spot is held. Never to be shown. */
  path: string;
  /** Names below `path` that do not exist yet; only with `missing`. */
  rest: string[];
}

export interface SpotOptions {
  /** Does not follow a link in the last place. */
  keepLast?: boolean;
  /** Ends at the first folder that is missing, in place of an error. */
  missing?: boolean;
}

// As of Linux: path_resolution(7).
const MAX_LINKS = 40;
// Each is a handle that is held.
const MAX_FOLDERS = 128;
const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * Finds `place` below `realRoot` (a real path) one folder after the other and
 * hands its spot to `use`.
 *
 * On Linux each folder is reached through its open handle, as openat(2) does, so
 * a folder that is swapped for a link meanwhile is noticed or has no effect.
 * Elsewhere the path is checked the same way, but is a path again when it is used.
 *
 * @throws SpellError `PERMISSION_DENIED` when a link leads outside; `NOT_FOUND`, `IO_ERROR`; what `use` throws.
 */
export async function atSpot<T>(
  realRoot: string,
  place: ConfinedPath,
  use: (spot: Spot) => Promise<T>,
  options: SpotOptions = {},
): Promise<T> {
  const held: Held[] = [];
  try {
    held.push(await hold(realRoot, realRoot, ""));
    return await use(await walk(held, realRoot, place, options));
  } catch (error) {
    throw fileError(error, place);
  } finally {
    await Promise.all(held.map(({ handle }) => handle.close()));
  }
}

/** A folder that is open, and the path of what is below it. */
interface Held {
  handle: FileHandle;
  path: string;
  name: string;
}

let throughHandles: Promise<boolean> | undefined;

async function hold(target: string, fallback: string, name: string): Promise<Held> {
  const handle = await open(target, FOLDER);
  throughHandles ??= stat(`/proc/self/fd/${handle.fd}/.`).then(
    () => process.platform === "linux",
    () => false,
  );
  return { handle, name, path: (await throughHandles) ? `/proc/self/fd/${handle.fd}` : fallback };
}

async function walk(
  held: Held[],
  realRoot: string,
  place: ConfinedPath,
  { keepLast = false, missing = false }: SpotOptions,
): Promise<Spot> {
  const todo = place.relative.split("/");
  const tooDeep = (): SpellError =>
    new SpellError("IO_ERROR", `'${place.given}' has more than ${MAX_FOLDERS} folders within each other`);
  if (todo.length > MAX_FOLDERS) throw tooDeep();
  const realPath = (name: string): string => path.join(realRoot, ...held.map((folder) => folder.name), name);
  const spot = (name: string, rest: string[] = []): Spot => ({
    relative: insideOf(realRoot, path.join(realPath(name), ...rest)) ?? ".",
    path: `${held.at(-1)?.path ?? ""}/${name}`,
    rest,
  });
  const leave = async (folders: number): Promise<void> => {
    if (held.length <= folders) throw outside(place.given);
    for (const { handle } of held.splice(held.length - folders)) await handle.close();
  };
  for (let links = 0; ;) {
    const name = todo.shift();
    if (name === undefined) return spot(".");
    if (name === "" || name === ".") continue;
    if (name === "..") {
      await leave(1);
      continue;
    }
    const isLast = todo.every((part) => part === "" || part === ".");
    const here = spot(name);
    if (isLast && keepLast) return here;
    const target = await linkTarget(here.path);
    if (target !== undefined) {
      if (++links > MAX_LINKS) throw fileError({ code: "ELOOP" }, place);
      const fromRoot = path.isAbsolute(target) ? insideOf(realRoot, target) : undefined;
      if (path.isAbsolute(target)) {
        if (fromRoot === undefined) throw outside(place.given);
        if (held.length > 1) await leave(held.length - 1);
      }
      todo.unshift(...(fromRoot ?? target).split("/"));
      continue;
    }
    if (isLast) return here;
    if (held.length > MAX_FOLDERS) throw tooDeep();
    try {
      held.push(await hold(here.path, realPath(name), name));
    } catch (error) {
      const gone = (error as { code?: unknown }).code === "ENOENT" && !todo.includes("..");
      if (missing && gone) return spot(name, todo);
      throw error;
    }
  }
}

/** Where a link leads; undefined for anything else, also for nothing. */
async function linkTarget(target: string): Promise<string | undefined> {
  try {
    return await readlink(target);
  } catch {
    return undefined;
  }
}

/** Makes the folder of a spot that was found with `missing`, and those below it. Somebody else may make them too. */
export async function makeFolders(spot: Spot): Promise<void> {
  const opened: FileHandle[] = [];
  try {
    let target = spot.path;
    await makeFolder(target);
    for (const name of spot.rest) {
      const held = await hold(target, target, name);
      opened.push(held.handle);
      target = `${held.path}/${name}`;
      await makeFolder(target);
    }
  } finally {
    await Promise.all(opened.map((handle) => handle.close()));
  }
}

async function makeFolder(target: string): Promise<void> {
  await mkdir(target).catch(async (error: { code?: unknown }) => {
    if (error.code !== "EEXIST" || !(await lstat(target)).isDirectory()) throw error;
  });
}

/**
 * Opens a regular file without following a link.
 *
 * @throws SpellError `IO_ERROR` for anything else that is there.
 */
export async function openFile(spot: Spot, place: ConfinedPath, flags: number): Promise<FileHandle> {
  // O_NONBLOCK: opening a pipe must not block this process for ever.
  const file = await open(spot.path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new SpellError("IO_ERROR", `'${place.given}' is not a regular file`);
}

/**
 * The content of a regular file.
 *
 * @throws SpellError `IO_ERROR` when it has more than `most` bytes.
 */
export async function readFileAt(spot: Spot, place: ConfinedPath, most: number): Promise<Buffer> {
  await using file = await openFile(spot, place, constants.O_RDONLY);
  // One byte more than allowed tells a file that grew from one that fits.
  const buffer = Buffer.alloc(Math.min((await file.stat()).size, most) + 1);
  let bytes = 0;
  for (let got = -1; got !== 0 && bytes < buffer.length; bytes += got) {
    got = (await file.read(buffer, bytes, buffer.length - bytes)).bytesRead;
  }
  if (bytes > most) throw new SpellError("IO_ERROR", `'${place.given}' is larger than ${most} bytes`);
  return buffer.subarray(0, bytes);
}

/**
 * Reads a regular file below `realRoot` for code that has its own rules: `check` is
 * told the real path, from the root and with all links resolved, before it is read.
 *
 * @throws SpellError what `check` throws; `PERMISSION_DENIED` outside the root; `NOT_FOUND`;
 *   `IO_ERROR` when it has more than `most` bytes.
 */
export async function readConfined(
  realRoot: string,
  given: string,
  most: number,
  check: (relative: string) => void = () => {},
): Promise<{ relative: string; content: Buffer }> {
  const place = confine(realRoot, given);
  return await atSpot(realRoot, place, async (spot) => {
    check(spot.relative);
    return { relative: spot.relative, content: await readFileAt(spot, place, most) };
  });
}

/**
 * Puts a regular file below `realRoot` in the place of what is there, at once: a crash leaves the old one
 * or the new one. A link in its place is replaced, not followed. Folders are made. `check` as of {@link readConfined}.
 *
 * @throws SpellError what `check` throws; `PERMISSION_DENIED` outside the root; `IO_ERROR`.
 */
export async function writeConfined(
  realRoot: string,
  given: string,
  content: string | Uint8Array,
  check: (relative: string) => void = () => {},
): Promise<void> {
  const place = confine(realRoot, given);
  const folder = confine(realRoot, path.dirname(place.relative));
  const name = path.basename(place.relative);
  await atSpot(
    realRoot,
    folder,
    async (spot) => {
      check(path.posix.join(spot.relative, name));
      await makeFolders(spot);
    },
    { missing: true },
  );
  await atSpot(
    realRoot,
    place,
    async (spot) => {
      check(spot.relative);
      const draft = `${spot.path}.${crypto.randomUUID()}.tmp`;
      try {
        const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
        await file.writeFile(content).finally(() => file.close());
        await rename(draft, spot.path);
      } catch (error) {
        await unlink(draft).catch(() => {});
        throw error;
      }
    },
    { keepLast: true },
  );
}

/**
 * The path of a folder below `root`, for calls of the file system.
 *
 * @throws SpellError `PERMISSION_DENIED` outside the root; `NOT_FOUND`.
 */
export async function folderBelow(root: string, given: string): Promise<string> {
  const place = confine(root, given);
  const realRoot = await realpath(root).catch(() => {
    throw new SpellError("NOT_FOUND", "the working folder does not exist");
  });
  return await atSpot(realRoot, place, (spot) => Promise.resolve(path.join(realRoot, spot.relative)));
}
