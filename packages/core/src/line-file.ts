import type { FileHandle } from "node:fs/promises";
import { SpellError } from "@llmspell/errors";

export interface LineFileOptions {
  /** Bytes from which on the file is put aside as `path.1`, the one before as `path.2`, …; never by default. */
  maxBytes?: number;
  /** Files put aside that are kept; 5 by default. */
  maxFiles?: number;
}

/** A file that lines are added to, in the order of the calls. */
export interface LineFile {
  append(line: string): void;
  /** Waits until everything is written. @throws SpellError `IO_ERROR` of the first write that failed. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a file of lines, a new one or one to continue. A last line that is cut off, as
 * a killed process leaves it, is taken away.
 *
 * @throws SpellError `IO_ERROR`.
 */
export async function openLineFile(
  path: string,
  { maxBytes = Number.POSITIVE_INFINITY, maxFiles = 5 }: LineFileOptions = {},
): Promise<LineFile> {
  const { open, rename, rm } = await import("node:fs/promises");
  let file = await open(path, "a+").catch(fileFailed);
  let size = await cutPartialLine(file).catch(fileFailed);
  let waiting: string[] = [];
  let writing: Promise<void> | undefined;
  let problem: unknown;

  const rotate = async (): Promise<void> => {
    await file.close();
    await rm(`${path}.${maxFiles}`, { force: true });
    for (let number = maxFiles - 1; number >= 0; number--) {
      const from = number === 0 ? path : `${path}.${number}`;
      await rename(from, `${path}.${number + 1}`).catch((error: unknown) => {
        // Fewer than all of them exist at first.
        if (codeOf(error) !== "ENOENT") throw error;
      });
    }
    if (maxFiles === 0) await rm(path, { force: true });
    file = await open(path, "a");
    size = 0;
  };
  const write = async (): Promise<void> => {
    await Promise.resolve();
    try {
      while (waiting.length > 0) {
        const lines = waiting;
        waiting = [];
        let text = "";
        for (const line of lines) {
          const bytes = Buffer.byteLength(line) + 1;
          if (size > 0 && size + bytes > maxBytes) {
            await file.appendFile(text);
            text = "";
            await rotate();
          }
          text += `${line}\n`;
          size += bytes;
        }
        await file.appendFile(text);
      }
    } catch (error) {
      problem = error;
    }
    writing = undefined;
  };
  const flush = async (): Promise<void> => {
    await writing;
    if (problem !== undefined) fileFailed(problem);
  };
  return {
    append(line) {
      // After a failure lines would only pile up.
      if (problem !== undefined) return;
      waiting.push(line);
      writing ??= write();
    },
    flush,
    async close() {
      try {
        await flush();
      } finally {
        await file.close();
      }
    },
  };
}

/** Cuts off what follows the last newline; the size that is left. */
async function cutPartialLine(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(64 * 1024);
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - buffer.length);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    const newline = buffer.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (newline >= 0 || start === 0) {
      const kept = newline >= 0 ? start + newline + 1 : 0;
      if (kept < size) await file.truncate(kept);
      return kept;
    }
    end = start;
  }
  return 0;
}

/** An error of a file for users: messages of Node name the path, which may be one of the host's. */
export function fileFailed(error: unknown): never {
  const code = codeOf(error);
  throw new SpellError("IO_ERROR", `the file cannot be used: ${code}`, { details: { code } });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}
