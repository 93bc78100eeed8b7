import { SpellError } from "@llmspell/errors";
import { serviceKey } from "../context.js";
import { isRecord } from "../json.js";

const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, unknown>>;

export interface LoggerOptions {
  /** Where a line goes, without its newline; standard error by default. See `openLineFile` for files. */
  write?: (line: string) => void;
  /** Lines below are left out; `info` by default. */
  level?: LogLevel;
  /** One JSON object a line (default), or text for people. */
  format?: "json" | "text";
  /** Characters that a text in a line may have, 1000 by default; longer ones are cut off. */
  maxLength?: number;
  now?: () => number;
}

/** Writes lines. Fields named like a secret (`apiKey`, `password`, `token`, …) are hidden. */
export interface Logger {
  log(level: LogLevel, message: string, fields?: LogFields): void;
  /** A logger whose lines have these fields as well. */
  child(fields: LogFields): Logger;
}

/** The logger of a context, for tools and hooks. */
export const LOGGER = serviceKey<Logger>("logger");

/**
 * Makes a logger.
 *
 * @example
 * const file = await openLineFile("agent.log", { maxBytes: 10_000_000 });
 * const logger = createLogger({ write: file.append, level: "debug" });
 */
export function createLogger({
  write = (line) => void process.stderr.write(`${line}\n`),
  level: least = "info",
  format = "json",
  maxLength = 1000,
  now = Date.now,
}: LoggerOptions = {}): Logger {
  if (!LOG_LEVELS.includes(least))
    throw new SpellError("INVALID_ARGUMENT", `'level' must be one of ${LOG_LEVELS.join(", ")}`);
  const lineOf = format === "json" ? jsonLine : textLine;
  const withFields = (own: LogFields): Logger => ({
    log(level, message, fields = {}) {
      if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least)) return;
      const shown = printable({ ...own, ...fields }, maxLength, 0) as LogFields;
      write(lineOf(new Date(now()).toISOString(), level, cut(message, maxLength), shown));
    },
    child: (fields) => withFields({ ...own, ...fields }),
  });
  return withFields({});
}

const jsonLine = (time: string, level: LogLevel, message: string, fields: LogFields): string =>
  JSON.stringify({ ...fields, time, level, message });

// Newlines and control characters could make one line look like two.
const textLine = (time: string, level: LogLevel, message: string, fields: LogFields): string =>
  [
    time,
    level.toUpperCase().padEnd(5),
    plain(message),
    ...Object.entries(fields).map(([name, value]) => `${plain(name)}=${JSON.stringify(value)}`),
  ].join(" ");

// oxlint-disable-next-line no-control-regex -- these are what is looked for
const plain = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, " ");

const SECRET =
  /^(.*[_-])?(api[_-]?key|key|token|secret|password|passphrase|authorization|cookie|credentials?)$|(ApiKey|Token|Secret|Password)$/i;
// Tokens that a model counts are no secrets.
const COUNTS = /tokens$/i;
const DEEPEST = 6;
const MOST_ITEMS = 100;

/** `value` as JSON that is neither long nor deep and has no secrets. */
function printable(value: unknown, maxLength: number, depth: number): unknown {
  switch (typeof value) {
    case "string":
      return cut(value, maxLength);
    case "number":
    case "boolean":
    case "undefined":
      return value;
    case "object":
      break;
    default:
      return cut(String(value), maxLength);
  }
  if (value === null) return null;
  if (value instanceof Error) return { name: value.name, message: cut(value.message, maxLength) };
  if (depth >= DEEPEST) return "…";
  if (Array.isArray(value)) {
    const items = value.slice(0, MOST_ITEMS).map((item) => printable(item, maxLength, depth + 1));
    return value.length > MOST_ITEMS ? [...items, `… [${value.length - MOST_ITEMS} more]`] : items;
  }
  if (!isRecord(value)) return String(value);
  const entries = Object.entries(value).slice(0, MOST_ITEMS);
  return Object.fromEntries(
    entries.map(([name, inner]) => {
      const hidden = SECRET.test(name) && !COUNTS.test(name) && inner !== undefined;
      return [cut(name, maxLength), hidden ? "[hidden]" : printable(inner, maxLength, depth + 1)];
    }),
  );
}

const cut = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max)}…`);
