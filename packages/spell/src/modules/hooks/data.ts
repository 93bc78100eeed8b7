import { isRecord, type HookContext, type Operation } from "@llmspell/core";
import { formatPath, valueError, type ScriptObject, type ScriptValue } from "@llmspell/engine";
import { isSpellError, SpellError } from "@llmspell/errors";
import { toScript } from "../shapes.js";

/** What a hook of a spell is given. */
export function scriptContext({ point, operation, data, input, about, run }: HookContext): ScriptObject {
  const { runId, correlationId } = run;
  const own = operation === "custom" ? about : undefined;
  return {
    point,
    operation: own === undefined ? operation : (own as { name: string }).name,
    data: toScript(data),
    input: toScript(input),
    about: toScript(about),
    run_id: runId,
    correlation_id: correlationId,
  };
}

/** The operations whose data the framework itself goes on with. */
const TYPED: readonly Operation[] = ["agent", "model", "workflow"];

// What tools, steps and models make may be of any type.
const FREE: ReadonlySet<string> = new Set(["output", "object", "result", "args", "input"]);

/**
 * What a spell gave back in the place of `original`, which it has seen as a copy: where it changed
 * nothing, what was there stays, also what cannot cross.
 *
 * @throws SpellError `INVALID_ARGUMENT` where the framework needs a value of the type that was there.
 */
export function givenBack(given: ScriptValue, original: unknown, operation: Operation): unknown {
  return merge(given, original, TYPED.includes(operation), ["data"]);
}

function merge(given: ScriptValue, original: unknown, typed: boolean, path: (string | number)[]): unknown {
  if (original === undefined || original === null) return given;
  if (given === null) {
    if (typed && toScript(original) !== null) throw valueError(path, "must not be left out");
    return typed ? original : null;
  }
  if (Array.isArray(original)) {
    // An empty table of Lua does not say what it is.
    const list = Array.isArray(given) ? (given as ScriptValue[]) : isEmpty(given) ? [] : undefined;
    if (list === undefined) return mismatch(given, "a list", typed, path);
    return list.map((item, i) => merge(item, (original as unknown[])[i], typed, [...path, i + 1]));
  }
  if (isRecord(original) && !isSpellError(original)) {
    if (Array.isArray(given) && given.length === 0 && Object.keys(original).length === 0) return original;
    if (!isRecord(given) || isSpellError(given)) return mismatch(given, "a table", typed, path);
    const hidden = Object.entries(original).filter(([, value]) => toScript(value) === null);
    const changed = Object.entries(given as ScriptObject).map(([name, value]) => {
      const before = Object.hasOwn(original, name) ? original[name] : undefined;
      return [name, merge(value ?? null, before, typed && !FREE.has(name), [...path, name])] as const;
    });
    return Object.fromEntries([...hidden, ...changed]);
  }
  if (typed && typeof given !== typeof original) throw valueError(path, `must be a ${typeof original}`);
  return given;
}

const isEmpty = (value: ScriptValue): boolean => isRecord(value) && Object.keys(value).length === 0;

function mismatch(given: ScriptValue, wanted: string, typed: boolean, path: (string | number)[]): ScriptValue {
  if (typed) throw valueError(path, `must be ${wanted}`);
  return given;
}

const NO_USAGE = { inputTokens: 0, outputTokens: 0, totalTokens: 0, cachedInputTokens: 0, reasoningTokens: 0 };

/** Whole outputs for those that a spell makes up, from their text. */
const MADE_UP: Readonly<Partial<Record<Operation, (text: string) => object>>> = {
  model: (text) => ({ text, toolCalls: [], finishReason: "stop", usage: NO_USAGE, parts: [{ type: "text", text }] }),
  agent: (content) => ({
    status: "completed",
    content,
    usage: NO_USAGE,
    toolCalls: [],
    finishReason: "stop",
    steps: 0,
    messages: [],
  }),
  workflow: (output) => ({ status: "completed", output, steps: [], durationMs: 0 }),
};
const TEXTS: Readonly<Partial<Record<Operation, string>>> = { model: "text", agent: "content", workflow: "output" };

/**
 * The output of an operation that a spell gave: a changed one, or one of its own, which for models
 * and agents may be no more than a text.
 *
 * @throws SpellError `INVALID_ARGUMENT`.
 */
export function outputOf(given: ScriptValue, original: unknown, operation: Operation): unknown {
  const make = MADE_UP[operation];
  const field = TEXTS[operation];
  if (make === undefined || field === undefined) return givenBack(given, original, operation);
  if (operation === "workflow") {
    const isResult = isRecord(given) && "status" in given && "output" in given;
    return isResult ? givenBack(given, original ?? make(""), operation) : make(given as string);
  }
  if (typeof given === "string")
    return original === undefined ? make(given) : { ...(original as object), ...pick(make(given), field) };
  if (!isRecord(given) || typeof given[field] !== "string")
    throw new SpellError("INVALID_ARGUMENT", `the result of a ${operation} must be text, or a table with '${field}'`);
  return {
    ...make(given[field]),
    ...(givenBack(given as ScriptValue, original ?? make(given[field]), operation) as object),
  };
}

const pick = (from: object, field: string): object =>
  Object.fromEntries(Object.entries(from).filter(([name]) => name === field || name === "parts"));

/** @throws SpellError `INVALID_ARGUMENT` for an error that is none. */
export function errorOf(given: ScriptValue): SpellError {
  if (isSpellError(given)) return given;
  if (typeof given === "string") return new SpellError("SCRIPT_ERROR", given);
  throw new SpellError("INVALID_ARGUMENT", `${formatPath(["data"])} of an error must be an error or a text`);
}
