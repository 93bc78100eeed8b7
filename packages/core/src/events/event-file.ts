import { SpellError } from "@llmspell/errors";
import { fileFailed, openLineFile } from "../line-file.js";
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
  const { append, flush, close } = await openLineFile(path);
  return { append: (event) => append(eventToJson(event)), flush, close };
}

/**
 * The events of a file, oldest first. A last line that is cut off is left out.
 *
 * @throws SpellError `IO_ERROR`; `VALIDATION_FAILED` naming a line before the last that is malformed.
 */
export async function* readEvents(path: string): AsyncGenerator<SpellEvent, void, undefined> {
  const [{ open }, { createInterface }] = await Promise.all([import("node:fs/promises"), import("node:readline")]);
  const file = await open(path).catch(fileFailed);
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
