import { TIME_LIMIT_MS, timed } from "../time-limit.js";
import { overLimit, type FormatName } from "./format.js";

/** What `parse` returns, when that takes no longer than two seconds. */
export function timedParse<T>(format: FormatName, parse: () => T): T {
  try {
    return timed(parse, () => overLimit(format, "time", `reading it takes longer than ${TIME_LIMIT_MS} ms`));
  } catch (error) {
    if (error instanceof RangeError) throw overLimit(format, "maxDepth", "it is nested too deep");
    throw error;
  }
}
