import { createLogger, openConfinedLines, systemClock, type LineFile, type LogFields } from "@llmspell/core";
import { FunctionRef, Handle, WeakHandle, type ScriptObject, type ScriptValue } from "@llmspell/engine";
import { SpellError, toSpellError } from "@llmspell/errors";
import { describeValue } from "../../door/types.js";
import type { LogLevel, RunContext } from "../../run/context.js";
import { perRun } from "../../run/per-run.js";

export const LEVELS = ["debug", "info", "warn", "error"] as const;

/** How lines look: as the host likes it, or as the spell says. */
type Formatter = "text" | "json" | FunctionRef;
export type Sink = "host" | "file";

/** Where a line comes from: a component, with the fields of all its lines. */
export interface Source {
  readonly component: string | undefined;
  readonly fields: ScriptObject;
  /** Of a logger that has one of its own. */
  readonly level: LogLevel | undefined;
}

const MOST_COMPONENTS = 1000;
const NAMED = [FunctionRef, Handle, WeakHandle, Uint8Array] as const;

/** What JSON cannot say is named. */
function named(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  return NAMED.some((type) => value instanceof type) ? describeValue(value as ScriptValue) : value;
}

const textOf = (message: ScriptValue): string =>
  typeof message === "string" ? message : JSON.stringify(message, named);

const isBelow = (level: LogLevel, least: LogLevel): boolean => LEVELS.indexOf(level) < LEVELS.indexOf(least);

/** How a run logs. */
class Logging implements AsyncDisposable {
  readonly #run: RunContext;
  readonly #levels = new Map<string, LogLevel>();
  #level: LogLevel = "debug";
  #formatter: Formatter | undefined;
  #file: LineFile | undefined;
  /** Files are opened one after the other. */
  #opening: Promise<unknown> = Promise.resolve();
  #sinks: readonly Sink[] = ["host"];
  #isFormatting = false;

  constructor(run: RunContext) {
    this.#run = run;
  }

  setLevel(level: LogLevel, component: string | undefined): void {
    if (component === undefined) this.#level = level;
    else if (this.#levels.size < MOST_COMPONENTS || this.#levels.has(component)) this.#levels.set(component, level);
    else throw new SpellError("INVALID_STATE", `a run has at most ${MOST_COMPONENTS} components with a level`);
  }

  setFormatter(formatter: Formatter | undefined): void {
    if (this.#formatter instanceof FunctionRef && this.#formatter !== formatter) this.#formatter.release();
    this.#formatter = formatter;
  }

  async open(file: Promise<LineFile> | undefined, sinks: readonly Sink[]): Promise<void> {
    const opening = this.#openAfter(this.#opening, file, sinks);
    this.#opening = opening.catch(() => undefined);
    await opening;
  }

  async #openAfter(
    earlier: Promise<unknown>,
    file: Promise<LineFile> | undefined,
    sinks: readonly Sink[],
  ): Promise<void> {
    const [opened] = await Promise.all([file, earlier]);
    const before = this.#file;
    this.#file = opened ?? before;
    this.#sinks = sinks;
    if (opened !== undefined) await before?.close();
  }

  get hasFile(): boolean {
    return this.#file !== undefined;
  }

  write(level: LogLevel, message: ScriptValue, context: ScriptObject | undefined, source?: Source): void {
    const component = source?.component;
    const own = component === undefined ? undefined : this.#levels.get(component);
    if (isBelow(level, own ?? source?.level ?? this.#level)) return;
    const about = component === undefined ? {} : { component };
    const given = { ...about, ...source?.fields, ...context };
    const fields = Object.keys(given).length === 0 ? undefined : given;
    const text = textOf(message);
    const line = this.#line(level, text, fields);
    if (this.#sinks.includes("host")) {
      if (this.#formatter === undefined) this.#run.log(level, text, fields);
      else this.#run.log(level, line, undefined);
    }
    if (this.#sinks.includes("file")) this.#file?.append(line);
  }

  #line(level: LogLevel, message: string, fields: ScriptObject | undefined): string {
    const formatter = this.#formatter ?? "json";
    if (!(formatter instanceof FunctionRef)) return lineOf(formatter, level, message, fields);
    // What a formatter logs itself would be formatted for ever.
    if (this.#isFormatting) return lineOf("json", level, message, fields);
    this.#isFormatting = true;
    try {
      const record = { time: systemClock.now(), level, message, context: fields ?? {} };
      const line = this.#run.guest.callSync(formatter, [record]);
      if (typeof line === "string") return line.replaceAll(/[\r\n]+/g, " ");
      throw new SpellError("INVALID_ARGUMENT", "a formatter must return text");
    } catch (error) {
      const { message: problem } = toSpellError(error);
      return lineOf("json", level, message, { ...fields, formatter_error: problem });
    } finally {
      this.#isFormatting = false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opening;
    await this.#file?.close();
  }
}

export const loggingOf = perRun((run) => new Logging(run));

/** One line as core writes it: bounded, and without secrets. */
function lineOf(format: "text" | "json", level: LogLevel, message: string, fields: ScriptObject | undefined): string {
  let line = "";
  createLogger({ format, level: "debug", write: (text) => (line = text) }).log(level, message, fields as LogFields);
  return line;
}

/** @throws SpellError `PERMISSION_DENIED` unless the run may write the file, and those that it is turned over into. */
export async function openLog(
  run: RunContext,
  { file, max_bytes, max_files = 5 }: { file: string; max_bytes?: number | undefined; max_files?: number | undefined },
): Promise<LineFile> {
  const turnedOver = max_bytes === undefined ? [] : Array.from({ length: max_files }, (_, i) => `${file}.${i + 1}`);
  for (const each of [file, ...turnedOver]) run.authorize("log.configure", "file.write", each);
  return await openConfinedLines(run.root, file, {
    maxFiles: max_files,
    ...(max_bytes === undefined ? {} : { maxBytes: max_bytes }),
  });
}
