import { SpellError } from "@llmspell/errors";
import type { Emitter } from "./emitter.js";
import { openEventFile } from "./event-file.js";
import { eventFromJson, eventToJson, type SpellEvent } from "./event.js";
import { compilePattern } from "./pattern.js";

export interface RecorderOptions {
  /** Types to record; all by default. */
  pattern?: string;
  filter?: (event: SpellEvent) => boolean;
  /** Events kept in memory, the oldest go first; 10 000 by default. */
  maxEvents?: number;
  /** Bytes of JSON kept in memory; 16 MiB by default. */
  maxBytes?: number;
  /** Written to as well, without these limits; continued when it exists. Read it with `readEvents`. */
  file?: string;
}

/** Which recorded events are wanted; the newest `limit` of them. */
export interface EventQuery {
  pattern?: string;
  filter?: (event: SpellEvent) => boolean;
  correlationId?: string;
  /** Milliseconds since 1970, included. */
  from?: number;
  to?: number;
  limit?: number;
}

export interface Recorder {
  /** Copies, oldest first. */
  events(query?: EventQuery): SpellEvent[];
  clear(): void;
  readonly stats: Readonly<{ recorded: number; dropped: number; failed: number }>;
  /** Waits until the file has everything. @throws SpellError `IO_ERROR`. */
  flush(): Promise<void>;
  /** Ends the recording; what is in memory stays. @throws SpellError `IO_ERROR`. */
  stop(): Promise<void>;
}

/**
 * Records the events of an emitter. Each is kept as the JSON it was when it came, so later
 * changes to its payload do not show; one that is not JSON is counted as failed.
 *
 * @throws SpellError `IO_ERROR` when the file cannot be opened; `INVALID_ARGUMENT`.
 */
export async function recordEvents(emitter: Emitter, options: RecorderOptions = {}): Promise<Recorder> {
  const { pattern = "**", filter, maxEvents = 10_000, maxBytes = 16 * 1024 * 1024, file: path } = options;
  if (!(maxEvents >= 0) || !(maxBytes >= 0))
    throw new SpellError("INVALID_ARGUMENT", "'maxEvents' and 'maxBytes' must be numbers from 0");
  const file = path === undefined ? undefined : await openEventFile(path);
  const stats = { recorded: 0, dropped: 0, failed: 0 };
  let lines: string[] = [];
  let first = 0;
  let bytes = 0;
  const isFull = (): boolean => first < lines.length && (lines.length - first > maxEvents || bytes > maxBytes);
  const dropOldest = (): void => {
    bytes -= lines[first]?.length ?? 0;
    lines[first++] = "";
    stats.dropped++;
    // Shifting one by one would copy the whole list each time.
    if (first > 1000 && first > lines.length / 2) {
      lines = lines.slice(first);
      first = 0;
    }
  };
  const subscription = emitter.on(
    pattern,
    (event) => {
      try {
        const line = eventToJson(event);
        file?.append(event);
        stats.recorded++;
        lines.push(line);
        bytes += line.length;
      } catch (error) {
        stats.failed++;
        throw error;
      }
      while (isFull()) dropOldest();
    },
    filter === undefined ? {} : { filter },
  );
  return {
    stats,
    events(query = {}) {
      const wanted = queryTest(query);
      const found = lines.slice(first).map(eventFromJson).filter(wanted);
      return query.limit === undefined ? found : found.slice(Math.max(0, found.length - query.limit));
    },
    clear() {
      [lines, first, bytes] = [[], 0, 0];
    },
    async flush() {
      await file?.flush();
    },
    async stop() {
      subscription.off();
      await file?.close();
    },
  };
}

function queryTest({ pattern, filter, correlationId, from, to }: EventQuery): (event: SpellEvent) => boolean {
  const matches = pattern === undefined ? undefined : compilePattern(pattern);
  return (event) =>
    (matches?.(event.type) ?? true) &&
    (correlationId === undefined || event.correlationId === correlationId) &&
    (from === undefined || event.timestamp >= from) &&
    (to === undefined || event.timestamp <= to) &&
    (filter?.(event) ?? true);
}
