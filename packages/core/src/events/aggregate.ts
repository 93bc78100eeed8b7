import { systemClock, type Clock } from "../clock.js";
import { SpellError } from "@llmspell/errors";
import type { Emitter } from "./emitter.js";
import type { SpellEvent } from "./event.js";
import { readField } from "./read-field.js";

export interface AggregateOptions {
  /** Types to count; all by default. */
  pattern?: string;
  filter?: (event: SpellEvent) => boolean;
  /** Path of a number in the event (`payload.durationMs`); events without it count, but have no value. */
  field?: string;
  /** Only the events of the last so many milliseconds; since the start by default. */
  windowMs?: number;
  /** The time of this machine by default. */
  clock?: Pick<Clock, "now">;
}

/** Figures of the events in the window. Without a value `average`, `min` and `max` are undefined. */
export interface AggregateValues {
  count: number;
  sum: number;
  average: number | undefined;
  min: number | undefined;
  max: number | undefined;
  /** Events per second over the window, or since the start while that is shorter ago. */
  rate: number;
}

export interface Aggregate extends Disposable {
  values(): AggregateValues;
  /** The same for each step of the window that has events, oldest first; all in one without a window. */
  buckets(): AggregateBucket[];
}

/** Figures of the events from `start`, milliseconds since 1970, to the next bucket. */
export interface AggregateBucket extends Omit<AggregateValues, "rate"> {
  start: number;
}

// Figures of a window are kept per slice of it, so that memory does not grow with the rate of events.
const SLICES = 100;

interface Slice {
  start: number;
  count: number;
  values: number;
  sum: number;
  min: number;
  max: number;
}

/**
 * Counts events as they come. A window is followed in steps of a hundredth of it.
 *
 * @throws SpellError `INVALID_ARGUMENT`.
 */
export function aggregateEvents(
  emitter: Emitter,
  { pattern = "**", filter, field, windowMs, clock = systemClock }: AggregateOptions = {},
): Aggregate {
  if (windowMs !== undefined && !(windowMs > 0))
    throw new SpellError("INVALID_ARGUMENT", "'windowMs' must be milliseconds above 0");
  const sliceMs = (windowMs ?? Number.POSITIVE_INFINITY) / SLICES;
  const started = clock.now();
  let slices: Slice[] = [];
  const keys = field?.split(".");

  const expire = (): void => {
    if (windowMs === undefined) return;
    const oldest = clock.now() - windowMs;
    if ((slices[0]?.start ?? clock.now()) <= oldest) slices = slices.filter(({ start }) => start > oldest);
  };
  const current = (): Slice => {
    const time = clock.now();
    const latest = slices.at(-1);
    if (latest !== undefined && time - latest.start < sliceMs) return latest;
    const slice: Slice = {
      start: windowMs === undefined ? started : time - ((time - started) % sliceMs),
      count: 0,
      values: 0,
      sum: 0,
      min: Number.POSITIVE_INFINITY,
      max: Number.NEGATIVE_INFINITY,
    };
    slices.push(slice);
    return slice;
  };
  const subscription = emitter.on(
    pattern,
    (event) => {
      expire();
      const slice = current();
      slice.count++;
      const value = keys && readField(event, keys);
      if (typeof value !== "number" || !Number.isFinite(value)) return;
      slice.values++;
      slice.sum += value;
      slice.min = Math.min(slice.min, value);
      slice.max = Math.max(slice.max, value);
    },
    filter === undefined ? {} : { filter },
  );
  return {
    values() {
      expire();
      const total = (of: (slice: Slice) => number): number => slices.reduce((sum, slice) => sum + of(slice), 0);
      const [count, values, sum] = [
        total((slice) => slice.count),
        total((slice) => slice.values),
        total((slice) => slice.sum),
      ];
      const some = values > 0;
      const elapsedMs = Math.max(1, Math.min(windowMs ?? Number.POSITIVE_INFINITY, clock.now() - started));
      return {
        count,
        sum,
        average: some ? sum / values : undefined,
        min: some ? Math.min(...slices.map((slice) => slice.min)) : undefined,
        max: some ? Math.max(...slices.map((slice) => slice.max)) : undefined,
        rate: (count * 1000) / elapsedMs,
      };
    },
    buckets() {
      expire();
      return slices.map(({ start, count, values, sum, min, max }) => ({
        start,
        count,
        sum,
        average: values > 0 ? sum / values : undefined,
        min: values > 0 ? min : undefined,
        max: values > 0 ? max : undefined,
      }));
    },
    [Symbol.dispose]: () => subscription.off(),
  };
}
