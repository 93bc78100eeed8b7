import { SpellError } from "@llmspell/errors";
import { LONGEST_TIMER_MS } from "../abort.js";
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
  /** Milliseconds until it hears no more; for ever by default. */
  durationMs?: number;
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

/** The latest events, in memory. */
export interface EventHistory extends Disposable {
  /** Copies, oldest first. */
  events(query?: EventQuery): SpellEvent[];
  /** Forgets those that `query` finds, all by default; how many. */
  clear(query?: EventQuery): number;
  readonly stats: Readonly<{ recorded: number; dropped: number; failed: number }>;
}

export interface Recorder extends EventHistory {
  /** Waits until the file has everything. @throws SpellError `IO_ERROR`. */
  flush(): Promise<void>;
  /** Ends the recording; what is in memory stays. @throws SpellError `IO_ERROR`. */
  stop(): Promise<void>;
}

/**
 * Keeps the events of an emitter. Each is kept as the JSON it was when it came, so later
 * changes to its payload do not show; one that is not JSON is counted as failed. `also` is told of each.
 *
 * @throws SpellError `INVALID_ARGUMENT`.
 */
export function keepEvents(
  emitter: Emitter,
  options: Omit<RecorderOptions, "file"> = {},
  also?: (event: SpellEvent) => void,
): EventHistory {
  const { pattern = "**", filter, maxEvents = 10_000, maxBytes = 16 * 1024 * 1024, durationMs } = options;
  if (!(maxEvents >= 0) || !(maxBytes >= 0))
    throw new SpellError("INVALID_ARGUMENT", "'maxEvents' and 'maxBytes' must be numbers from 0");
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
        also?.(event);
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
  const timer =
    durationMs === undefined
      ? undefined
      : setTimeout(() => subscription.off(), Math.min(durationMs, LONGEST_TIMER_MS)).unref();
  return {
    stats,
    events(query = {}) {
      return newest(lines.slice(first).map(eventFromJson).filter(queryTest(query)), query.limit);
    },
    clear(query = {}) {
      const kept = lines.slice(first);
      const matches = queryTest(query);
      const found = kept.flatMap((line, index) => (matches(eventFromJson(line)) ? [index] : []));
      const gone = new Set(newest(found, query.limit));
      lines = kept.filter((_, index) => !gone.has(index));
      first = 0;
      bytes = lines.reduce((sum, line) => sum + line.length, 0);
      return gone.size;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      subscription.off();
    },
  };
}

/**
 * Records the events of an emitter as {@link keepEvents} does, into a file as well if one is named.
 *
 * @throws SpellError `IO_ERROR` when the file cannot be opened; `INVALID_ARGUMENT`.
 */
export async function recordEvents(emitter: Emitter, options: RecorderOptions = {}): Promise<Recorder> {
  const { file: path, ...more } = options;
  const file = path === undefined ? undefined : await openEventFile(path);
  const kept = keepEvents(emitter, more, file?.append);
  return {
    ...kept,
    async flush() {
      await file?.flush();
    },
    async stop() {
      kept[Symbol.dispose]();
      await file?.close();
    },
  };
}

function newest<T>(list: T[], limit: number | undefined): T[] {
  return limit === undefined ? list : list.slice(Math.max(0, list.length - limit));
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
