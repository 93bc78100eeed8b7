import { FunctionRef, Handle, WeakHandle, type ScriptValue } from "@llmspell/engine";
import type { SpellError } from "@llmspell/errors";
import { NOTHING_USED, type RunResult } from "@llmspell/spell";

interface Frame {
  readonly file: string;
  readonly line: number;
  readonly name?: string;
}

interface Place {
  readonly file?: string;
  readonly line?: number;
  /** The line itself, at most 200 characters. */
  readonly sourceLine?: string;
  readonly stack?: readonly Frame[];
}

const placeOf = (error: SpellError): Place => error.details as Place;

/** The one line that `--json` prints. */
export function jsonLine(result: RunResult): string {
  const { metrics } = result;
  if (result.ok) return JSON.stringify({ ok: true, value: result.value, metrics }, jsonValue);
  return JSON.stringify({ ok: false, error: jsonError(result.error), metrics }, jsonValue);
}

/** The same for a run that did not begin: it has used nothing. */
export function jsonFailure(error: SpellError): string {
  return JSON.stringify({ ok: false, error: jsonError(error), metrics: NOTHING_USED }, jsonValue);
}

function jsonError(error: SpellError): Record<string, unknown> {
  const { file = null, line = null, stack = [] } = placeOf(error);
  return { code: error.code, message: error.message, file, line, stack };
}

/** What JSON has no form for becomes the nearest text. */
export function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof FunctionRef) return "function";
  if (value instanceof Handle) return `${value.kind}: ${value.id}`;
  if (value instanceof WeakHandle) return `weak ${value.kind}: ${value.id}`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return value;
}

/** The result of a spell as text for a person. */
export function showValue(value: ScriptValue): string {
  return typeof value === "string" ? value : (JSON.stringify(value, jsonValue, 2) ?? "");
}

/** An error for a person: what, where, the line itself, and what to do. */
export function showError(error: SpellError): string {
  const { file, line, sourceLine, stack = [] } = placeOf(error);
  const lines = [`error: ${error.message} [${error.code}]`];
  if (file !== undefined && line !== undefined) {
    lines.push(`  at ${file}:${line}`);
    if (sourceLine !== undefined) lines.push(`  ${String(line).padStart(4)} | ${harmless(sourceLine)}`);
  }
  for (const frame of stack.slice(1)) {
    lines.push(`  called from ${frame.file}:${frame.line}${frame.name === undefined ? "" : ` (${frame.name})`}`);
  }
  const advice = adviceFor(error);
  if (advice !== undefined) lines.push(`  ${advice}`);
  return lines.join("\n");
}

/** A spell's text must not be able to steer the terminal it is shown on. */
const harmless = (text: string): string => text.replace(/\p{Cc}/gu, (char) => (char === "\t" ? " " : "\uFFFD"));

const LIMIT_OPTIONS: Readonly<Record<string, string>> = {
  LIMIT_FUEL: "--limit fuel=N",
  LIMIT_MEMORY: "--limit memory=SIZE",
  LIMIT_TIME: "--limit time=DURATION",
  LIMIT_CALLS: "--limit calls=N",
  LIMIT_PENDING: "--limit pending=N",
  LIMIT_VALUE: "--limit value=SIZE",
  LIMIT_OUTPUT: "--limit output=SIZE",
  LIMIT_DEPTH: "--limit depth=N",
};

function adviceFor(error: SpellError): string | undefined {
  const option = LIMIT_OPTIONS[error.code];
  if (option !== undefined) return `Raise it with ${option} if the spell really needs more.`;
  const { grant } = error.details as { grant?: string };
  if (error.code === "PERMISSION_DENIED" && grant !== undefined)
    return `Grant it with ${grant} if you trust the spell with it.`;
  return undefined;
}
