import { limitError, type Limits, type SourcePosition } from "@llmspell/engine";
import { SpellError, isSpellError } from "@llmspell/errors";

/** A place in a spell's source. */
export interface Frame {
  readonly file: string;
  readonly line: number;
  readonly name?: string;
}

/** What a place of the guest library, or of the module itself, is called. */
export const OWN = /^(?:\[llmspell |native$)/;
/** What follows the name of a module source that is run again in the same guest. */
const RUN = /\?\d+$/;
const FRAME = /^\s+at (?:(.*) \()?(.+?):(\d+)(?::\d+)?\)?$/;
const UNNAMED = new Set(["<anonymous>", "<eval>", ""]);
const MAX_FRAMES = 24;
const MAX_NAME = 100;
const MAX_LINE = 400;
const MAX_STACK_TEXT = 16_384;

/** Whether a source is the guest library's own. */
export const isOwnName = (name: string): boolean => name.startsWith("[llmspell ");

/** What errors call a source: see `runModule` in `js/modules.js`. */
export const nameInErrors = (name: string): string => name.replace(RUN, "");

/** The frames of a stack in the spell's own source, innermost first. */
export function framesOf(stack: string): Frame[] {
  const frames: Frame[] = [];
  // A script may have written the text: what is looked at is bounded.
  for (const line of stack.slice(0, MAX_STACK_TEXT).split("\n", 4 * MAX_FRAMES)) {
    if (line.length > MAX_LINE) continue;
    const [, name = "", file = "", number = ""] = FRAME.exec(line) ?? [];
    if (file === "" || OWN.test(file)) continue;
    const named = UNNAMED.has(name) ? {} : { name: name.slice(0, MAX_NAME) };
    frames.push({ file: nameInErrors(file), line: Number(number), ...named });
    if (frames.length === MAX_FRAMES) break;
  }
  return frames;
}

export function positionOf(stack: string): SourcePosition | undefined {
  const [frame] = framesOf(stack);
  return frame && { file: frame.file, line: frame.line };
}

/** What is known of the guest when one of its tasks fails. */
export interface FailureContext {
  readonly limits: Limits;
  readonly memoryRefusal: SpellError | undefined;
  /** Whether the guest has been at the end of its stack. */
  wasStackFull(): boolean;
}

/** What QuickJS says when memory, or the stack, has come to its end. */
const NO_MEMORY = "out of memory";
/** What an error of QuickJS's own is when it had no memory for its words. */
const NO_WORDS = "InternalError";
/** What it says in their place when there is memory again for these. */
const OTHER_WORDS = "Invalid error message";
/** What it says when memory ends in the middle of a match. */
const NO_MEMORY_IN_MATCH = "out of memory in regexp execution";
export const NO_STACK = "Maximum call stack size exceeded";

/**
 * The error a failed task ends with, in the spell's own file and lines.
 *
 * An error of the host keeps its code. An error that the script raised is a
 * `SCRIPT_ERROR`, whatever code it claims; a value that is no error is in
 * `details.value`.
 */
export function taskError(value: unknown, stack: string, context: FailureContext): SpellError {
  const frames = framesOf(stack);
  // QuickJS throws null where it had no memory left to make the error.
  if (value === null && context.memoryRefusal !== undefined) return locate(context.memoryRefusal, frames);
  if (!isSpellError(value)) {
    const error = new SpellError("SCRIPT_ERROR", messageOf(value), { details: { value } as SpellError["details"] });
    return locate(error, frames);
  }
  if (value.code !== "SCRIPT_ERROR") return locate(value, frames);
  const { memoryRefusal, limits } = context;
  if (memoryRefusal !== undefined && tellsOfMemory(value)) return locate(memoryRefusal, frames);
  if (value.message === NO_STACK && context.wasStackFull()) return locate(limitError("callDepth", limits), frames);
  return locate(value, frames);
}

/** Whether an error as text says that the compiler had no memory left, or none for the words. */
export const isWithoutMemory = (text: string): boolean =>
  text === "" || text === NO_WORDS || text.endsWith(NO_MEMORY) || text.endsWith(OTHER_WORDS);

/** The same of an error of a task. */
function tellsOfMemory({ message, details }: SpellError): boolean {
  if (message === "") return details["name"] === NO_WORDS;
  return [NO_MEMORY, NO_MEMORY_IN_MATCH, OTHER_WORDS].includes(message);
}

/** A compile error. @param lastLine of the source; the text behind it is not the spell's. */
export function syntaxError(message: string, stack: string, lastLine: number): SpellError {
  const [frame] = framesOf(stack);
  const text = message.replace(/^SyntaxError: /, "");
  const place = frame && { file: frame.file, line: Math.min(frame.line, lastLine) };
  return new SpellError("SYNTAX_ERROR", text, { details: { ...place, stack: [] } });
}

function locate(error: SpellError, frames: readonly Frame[]): SpellError {
  // An error that came up through several tasks keeps the place where it began.
  if (error.details["file"] !== undefined) return error;
  const [at] = frames;
  const place = at === undefined ? {} : { file: at.file, line: at.line };
  return new SpellError(error.code, error.message, {
    details: { ...error.details, ...place, stack: [...frames] },
    cause: error.cause,
  });
}

function messageOf(value: unknown): string {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const { message } = value as { message?: unknown };
    return typeof message === "string" ? message : "the spell raised an object as an error";
  }
  return String(value);
}
