import { SpellError, isSpellError } from "@llmspell/errors";
import path from "node:path";

/** A path that lies below the root by its letters; links on the way are not known yet. */
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
  const relative = insideOf(root, path.resolve(root, given));
  if (relative === undefined) throw outside(given);
  return { given, relative };
}

/** `target` as a path from `root`, with `/` and `.` for the root itself; undefined when it is outside. */
export function insideOf(root: string, target: string): string | undefined {
  const relative = path.relative(root, target);
  if (relative === ".." || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative)) return undefined;
  return relative === "" ? "." : relative.split(path.sep).join("/");
}

export function outside(given: string): SpellError {
  return new SpellError("PERMISSION_DENIED", `'${given}' is outside the folder that may be used`, {
    details: { path: given },
  });
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
  EINVAL: ["IO_ERROR", "cannot be put below itself"],
  EXDEV: ["IO_ERROR", "lies on another file system"],
  ENOSPC: ["IO_ERROR", "does not fit: the disk is full"],
  ENAMETOOLONG: ["IO_ERROR", "is too long a name"],
};
