import { SpellError } from "@llmspell/errors";
import { eventFromJson, eventToJson, type SpellEvent } from "./event.js";

/** A file that events are added to, one line of JSON each. */
export interface EventFile {
  append(event: SpellEvent): void;
  /** Waits until everything is written. @throws SpellError `IO_ERROR` of the first write that failed. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a file of events, a new one or one to continue. A last line that is cut off, as
 * a killed process leaves it, is taken away.
 *
 * @throws SpellError `IO_ERROR`.
 */
export async function openEventFile(path: string): Promise<EventFile> {
  const { open } = await import("node:fs/promises");
  const file = await open(path, "a+").catch(failed);
  await cutPartialLine(file).catch(failed);
  let waiting = "";
  let writing: Promise<void> | undefined;
  let problem: unknown;
  const write = async (): Promise<void> => {
    await null;
    while (waiting !== "" && problem === undefined) {
      const text = waiting;
      waiting = "";
      await file.appendFile(text).catch((error: unknown) => (problem = error));
    }
    writing = undefined;
  };
  const flush = async (): Promise<void> => {
    await writing;
    if (problem !== undefined) failed(problem);
  };
  return {
    append(event) {
      waiting += `${eventToJson(event)}\n`;
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

/**
 * The events of a file, oldest first. A last line that is cut off is left out.
 *
 * @throws SpellError `IO_ERROR`; `VALIDATION_FAILED` naming a line before the last that is malformed.
 */
export async function* readEvents(path: string): AsyncGenerator<SpellEvent, void, undefined> {
  const [{ open }, { createInterface }] = await Promise.all([import("node:fs/promises"), import("node:readline")]);
  const file = await open(path).catch(failed);
  try {
    const input = file.createReadStream({ encoding: "utf8", autoClose: false });
    let number = 0;
    // Whether a line is the last one is known only when the next one comes.
    let problem: SpellError | undefined;
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (problem !== undefined) throw problem;
      number++;
      try {
        yield eventFromJson(line);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        problem = new SpellError("VALIDATION_FAILED", `line ${number} of the recording is malformed: ${reason}`);
      }
    }
  } finally {
    await file.close();
  }
}

async function cutPartialLine(file: import("node:fs/promises").FileHandle): Promise<void> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(64 * 1024);
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - buffer.length);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    const newline = buffer.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (newline >= 0 || start === 0) {
      const kept = newline >= 0 ? start + newline + 1 : 0;
      if (kept < size) await file.truncate(kept);
      return;
    }
    end = start;
  }
}

// Messages of Node name the path, which may be one of the host's.
function failed(error: unknown): never {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  throw new SpellError("IO_ERROR", `the file of events cannot be used: ${code}`, { details: { code } });
}
