import { TIME_LIMIT_MS, isTimeLimit, type Timed } from "../time-limit.js";
import { overLimit, type FormatName } from "./format.js";

/** What `parse` returns, when that takes no longer than two seconds. */
export function timedParse<T>(timed: Timed, format: FormatName, parse: () => T): T {
  try {
    return timed(parse);
  } catch (error) {
    if (error instanceof RangeError) throw overLimit(format, "maxDepth", "it is nested too deep");
    if (!isTimeLimit(error)) throw error;
    throw overLimit(format, "time", `reading it takes longer than ${TIME_LIMIT_MS} ms`);
  }
}
