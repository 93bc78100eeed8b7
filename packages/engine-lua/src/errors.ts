import {
  FunctionRef,
  Handle,
  HostFunction,
  limitError,
  type Limits,
  type ScriptObject,
  type ScriptValue,
} from "@llmspell/engine";
import { SpellError, isSpellError } from "@llmspell/errors";

/** A place in a spell's source. */
interface Frame {
  readonly file: string;
  readonly line: number;
  readonly name?: string;
}

/** How a task failed, as `lua/places.lua` reports it. */
export interface Failure {
  readonly frames: readonly Frame[];
  /** Whether an error that says "stack overflow" came from a really deep stack. */
  readonly deep: boolean;
}

/** What Lua says when memory is refused (lmem.c, lstate.h). */
const NO_MEMORY = "not enough memory";
const POSITION = /^([^\n:]{1,200}):(\d+): ([^]*)$/;

/** Of an error that ended no task. */
export const NO_FAILURE: Failure = { frames: [], deep: false };

export function readFailure(value: ScriptValue): Failure {
  const { frames, deep } = (value ?? {}) as { frames?: Frame[]; deep?: boolean };
  return { frames: Array.isArray(frames) ? frames : [], deep: deep === true };
}

/**
 * The error a failed task ends with, in the spell's own file and lines.
 *
 * An error of the host keeps its code. An error that the script raised is a
 * `SCRIPT_ERROR`, whatever code it claims; its value is in `details.value`.
 */
export function taskError(
  value: ScriptValue,
  failure: Failure,
  context: { readonly limits: Limits; readonly memoryRefusal: SpellError | undefined },
): SpellError {
  if (isSpellError(value)) return locate(value, failure);
  const text = typeof value === "string" ? value : messageOf(value);
  if (context.memoryRefusal && value === NO_MEMORY) return locate(context.memoryRefusal, failure);
  if (failure.deep) return locate(limitError("callDepth", context.limits), failure);
  const position = typeof value === "string" ? POSITION.exec(value) : null;
  const details = typeof value === "string" ? {} : { value };
  const error = new SpellError("SCRIPT_ERROR", position?.[3] ?? text, { details });
  // What the engine's own library says of wrong arguments happened where it was called.
  if (position === null || position[1]?.startsWith("[llmspell ")) return locate(error, failure);
  return locate(error, failure, { file: position[1] ?? "", line: Number(position[2]) });
}

/** A compile error, whose message names its place. */
export function syntaxError(message: string): SpellError {
  const position = POSITION.exec(message);
  if (position === null) return new SpellError("SYNTAX_ERROR", message);
  const [, file, line, text] = position;
  return new SpellError("SYNTAX_ERROR", text ?? message, { details: { file, line: Number(line), stack: [] } });
}

function locate(error: SpellError, failure: Failure, at: Frame | undefined = failure.frames[0]): SpellError {
  // An error that came up through several tasks keeps the place where it began.
  if (error.details["file"] !== undefined) return error;
  const place = at === undefined ? {} : { file: at.file, line: at.line };
  return new SpellError(error.code, error.message, {
    details: { ...error.details, ...place, stack: failure.frames },
    cause: error.cause,
  });
}

function messageOf(value: ScriptValue): string {
  if (value === null) return "the spell raised nil as an error";
  if (typeof value !== "object") return String(value);
  const { message } = value as ScriptObject;
  if (typeof message === "string") return message;
  return `the spell raised ${nounOf(value)} as an error`;
}

function nounOf(value: object): string {
  if (value instanceof FunctionRef || value instanceof HostFunction) return "a function";
  if (value instanceof Handle) return `a handle (${value.kind})`;
  return value instanceof Uint8Array ? "text that is not UTF-8" : "a table";
}
