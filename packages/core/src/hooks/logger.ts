import { systemClock, type Clock } from "../clock.js";
import { SpellError } from "@llmspell/errors";
import { serviceKey } from "../context.js";

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
  /** The time of this machine by default. */
  clock?: Pick<Clock, "now">;
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
  clock = systemClock,
}: LoggerOptions = {}): Logger {
  if (!LOG_LEVELS.includes(least))
    throw new SpellError("INVALID_ARGUMENT", `'level' must be one of ${LOG_LEVELS.join(", ")}`);
  const lineOf = format === "json" ? jsonLine : textLine;
  const withFields = (own: LogFields): Logger => ({
    log(level, message, fields = {}) {
      if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least)) return;
      const shown = printable({ ...own, ...fields }, maxLength);
      write(lineOf(new Date(clock.now()).toISOString(), level, cut(message, maxLength), shown));
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
const MOST_VALUES = 1000;

/** Whether a field is named like a secret, e.g. `apiKey`. */
export const hasSecretName = (name: string): boolean => SECRET.test(name) && !COUNTS.test(name);

/** `fields` as JSON that is neither long, deep nor large and has no secrets. */
function printable(fields: LogFields, maxLength: number): LogFields {
  let values = 0;
  const show = (value: unknown, depth: number): unknown => {
    if (++values > MOST_VALUES) return "…";
    switch (typeof value) {
      case "string":
        return cut(value, maxLength);
      case "number":
      case "boolean":
      case "undefined":
        return value;
      case "object":
        return value === null ? null : showObject(value, depth);
      default:
        return cut(String(value), maxLength);
    }
  };
  const showObject = (value: object, depth: number): unknown => {
    if (value instanceof Error) {
      const code = "code" in value && typeof value.code === "string" ? { code: value.code } : {};
      return { name: value.name, ...code, message: cut(value.message, maxLength) };
    }
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    // Their items are no text for people, and there may be millions.
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (depth >= DEEPEST) return "…";
    if (Array.isArray(value)) {
      const items = value.slice(0, MOST_ITEMS).map((item) => show(item, depth + 1));
      return value.length > MOST_ITEMS ? [...items, `… [${value.length - MOST_ITEMS} more]`] : items;
    }
    return showFields(value, depth);
  };
  const showFields = (value: object, depth: number): Record<string, unknown> => {
    const entries = Object.entries(value).slice(0, MOST_ITEMS);
    return Object.fromEntries(
      entries.map(([name, inner]) => {
        const hidden = hasSecretName(name) && inner !== undefined;
        return [cut(name, maxLength), hidden ? "[hidden]" : show(inner, depth + 1)];
      }),
    );
  };
  return showFields(fields, 0);
}

const cut = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max)}…`);
