import { SpellError, isSpellError } from "@llmspell/errors";
import type { FileHandle } from "node:fs/promises";
import { constants, open, realpath, stat } from "node:fs/promises";
import path from "node:path";

/** A path that is known to lie below the root. */
export interface ConfinedPath {
  /** As the caller wrote it, for messages. */
  given: string;
  /** Relative to the root with `/`, `.` for the root itself. */
  relative: string;
}

/**
 * The place of `given` below `root`, by its letters alone.
 *
 * @throws SpellError `PERMISSION_DENIED` when it is outside.
 */
export function confine(root: string, given: string): ConfinedPath {
  if (given.includes("\0")) throw new SpellError("INVALID_ARGUMENT", "a path must not contain a NUL character");
  const target = path.resolve(root, given);
  if (!isInside(path.relative(root, target))) throw outside(given);
  return { given, relative: relativeTo(root, target) };
}

/** `target` as a path from `root`, with `/`; `.` for the root itself. */
export function relativeTo(root: string, target: string): string {
  const relative = path.relative(root, target);
  return relative === "" ? "." : relative.split(path.sep).join("/");
}

/**
 * The real host path of a confined path, with every symbolic link on the way
 * resolved. Parts that do not exist yet stay as they are. With `keepLast` a
 * link in the last place is not followed.
 *
 * @throws SpellError `PERMISSION_DENIED` when a link leads outside `realRoot`.
 */
export async function resolveReal(realRoot: string, place: ConfinedPath, keepLast = false): Promise<string> {
  if (place.relative === ".") return realRoot;
  const parts = place.relative.split("/");
  for (let known = keepLast ? parts.length - 1 : parts.length; known >= 0; known--) {
    const real = await realpathOrMissing(path.join(realRoot, ...parts.slice(0, known)), place);
    if (real === undefined) continue;
    if (!isInside(path.relative(realRoot, real))) throw outside(place.given);
    return path.join(real, ...parts.slice(known));
  }
  throw fileError({ code: "ENOENT" }, place);
}

/**
 * Opens a regular file below the root without following a link in the last
 * place, and checks after opening that what was opened is still inside: a
 * folder may have been swapped for a link between the check and the opening.
 */
export async function openConfined(realRoot: string, place: ConfinedPath, flags: number): Promise<FileHandle> {
  const target = await resolveReal(realRoot, place);
  // O_NONBLOCK: opening a pipe must not block this process for ever.
  const file = await open(target, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: unknown) => {
    throw fileError(error, place);
  });
  try {
    const [opened, real] = [await file.stat(), await realpath(target)];
    const named = await stat(real);
    if (!isInside(path.relative(realRoot, real)) || named.ino !== opened.ino || named.dev !== opened.dev)
      throw outside(place.given);
    if (!opened.isFile()) throw new SpellError("IO_ERROR", `'${place.given}' is not a regular file`);
    return file;
  } catch (error) {
    await file.close();
    throw fileError(error, place);
  }
}

/**
 * The content of a regular file below the root.
 *
 * @throws SpellError `IO_ERROR` when it has more than `most` bytes.
 */
export async function readConfined(realRoot: string, place: ConfinedPath, most: number): Promise<Buffer> {
  await using file = await openConfined(realRoot, place, constants.O_RDONLY);
  // One byte more than allowed tells a file that grew from one that fits.
  const buffer = Buffer.alloc(Math.min((await file.stat()).size, most) + 1);
  let bytes = 0;
  for (let got = -1; got !== 0 && bytes < buffer.length; bytes += got) {
    got = (await file.read(buffer, bytes, buffer.length - bytes)).bytesRead;
  }
  if (bytes > most) throw new SpellError("IO_ERROR", `'${place.given}' is larger than ${most} bytes`);
  return buffer.subarray(0, bytes);
}

/** A file system error as a {@link SpellError} that knows the path only as the caller wrote it. */
export function fileError(error: unknown, place: ConfinedPath): SpellError {
  if (isSpellError(error)) return error;
  const errno = String((error as { code?: unknown } | null)?.code ?? "unknown");
  // No cause: the system's own message carries the host path.
  const [code, reason] = ERRNO[errno] ?? (["IO_ERROR", `failed (${errno})`] as const);
  return new SpellError(code, `'${place.given}' ${reason}`, { details: { path: place.given, errno } });
}

const ERRNO: Readonly<
  Record<string, readonly ["NOT_FOUND" | "PERMISSION_DENIED" | "IO_ERROR" | "ALREADY_EXISTS", string]>
> = {
  ENOENT: ["NOT_FOUND", "does not exist"],
  ENOTDIR: ["NOT_FOUND", "does not exist: a part of the path is not a folder"],
  EACCES: ["PERMISSION_DENIED", "may not be accessed"],
  EPERM: ["PERMISSION_DENIED", "may not be accessed"],
  ELOOP: ["PERMISSION_DENIED", "is a symbolic link"],
  ENXIO: ["IO_ERROR", "is not a regular file"],
  EISDIR: ["IO_ERROR", "is a folder"],
  EEXIST: ["ALREADY_EXISTS", "already exists"],
  ENOTEMPTY: ["IO_ERROR", "is a folder that is not empty"],
  ENOSPC: ["IO_ERROR", "does not fit: the disk is full"],
  ENAMETOOLONG: ["IO_ERROR", "is too long a name"],
};

async function realpathOrMissing(target: string, place: ConfinedPath): Promise<string | undefined> {
  try {
    return await realpath(target);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw fileError(error, place);
  }
}

function isInside(relative: string): boolean {
  return relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

function outside(given: string): SpellError {
  return new SpellError("PERMISSION_DENIED", `'${given}' is outside the folder that may be used`, {
    details: { path: given },
  });
}
