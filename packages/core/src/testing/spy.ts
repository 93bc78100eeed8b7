import { SpellError, toSpellError } from "@llmspell/errors";
import type { JsonSchema } from "../json.js";
import { defineTool, type Tool } from "../tools/tool.js";

/** One call of something that is recorded; a promise is recorded by what it came to. */
export interface RecordedCall<A extends readonly unknown[] = readonly unknown[], R = unknown> {
  readonly args: A;
  result?: R;
  error?: SpellError;
}

/** A function that records its calls. */
export interface Spy<A extends readonly unknown[], R> {
  (...args: A): R;
  /** Oldest first. The arguments are copies, where they can be copied. */
  readonly calls: readonly RecordedCall<A, Awaited<R>>[];
}

/**
 * Records the calls of a function and passes them on.
 *
 * @example
 * const fetchPage = spy(async (url: string) => "a page");
 * await fetchPage("https://example.org");
 * assertFits(fetchPage.calls, [{ args: ["https://example.org"], result: "a page" }]);
 */
export function spy<A extends readonly unknown[], R>(work: (...args: A) => R): Spy<A, R> {
  const calls: RecordedCall<A, Awaited<R>>[] = [];
  const record = (...args: A): R => {
    const call: RecordedCall<A, Awaited<R>> = { args: copied(args) };
    calls.push(call);
    const failed = (error: unknown): never => {
      call.error = toSpellError(error);
      throw error;
    };
    let result: R;
    try {
      result = work(...args);
    } catch (error) {
      return failed(error);
    }
    if (isPromise(result)) {
      return result.then((value: unknown) => {
        call.result = value as Awaited<R>;
        return value;
      }, failed) as R;
    }
    call.result = result as Awaited<R>;
    return result;
  };
  return Object.assign(record, { calls });
}

/** What a scripted tool does at one call: returns `result`, throws `error`, or works it out. */
export type ToolStep = { result: unknown } | { error: Error } | ((args: Record<string, unknown>) => unknown);

export interface ScriptedTool extends Tool {
  /** The arguments of each call, with its result or error. */
  readonly calls: readonly RecordedCall<[Record<string, unknown>]>[];
}

/**
 * A tool whose n-th call plays the n-th step; with `every` each call plays that one.
 *
 * @example
 * const weather = createScriptedTool({ name: "weather" }, [{ result: "rain" }, { error: new Error("down") }]);
 * @throws SpellError (by its calls) `INVALID_STATE` from the call after the last step.
 */
export function createScriptedTool(
  tool: Pick<Tool, "name"> & Partial<Omit<Tool, "execute">>,
  steps: readonly ToolStep[] | { every: ToolStep },
): ScriptedTool {
  const { name, description = `The scripted tool ${name}`, parameters = ANYTHING } = tool;
  let count = 0;
  const play = spy(async (args: Record<string, unknown>): Promise<unknown> => {
    const call = ++count;
    const step = isEvery(steps) ? steps.every : steps[call - 1];
    if (step === undefined)
      throw new SpellError(
        "INVALID_STATE",
        `the scripted tool '${name}' has ${call - 1} steps and was called ${call} times`,
      );
    if (typeof step === "function") return await step(args);
    if ("error" in step) throw step.error;
    return copied(step.result);
  });
  return Object.assign(defineTool({ ...tool, description, parameters, execute: (args) => play(args) }), {
    calls: play.calls,
  });
}

// A list has a method of that name.
const isEvery = (steps: readonly ToolStep[] | { every: ToolStep }): steps is { every: ToolStep } =>
  !Array.isArray(steps);

const ANYTHING: JsonSchema = { type: "object" };

const isPromise = (value: unknown): value is Promise<unknown> => value instanceof Promise;

/** What a caller changes later is not what it called with. */
function copied<T>(value: T): T {
  try {
    return structuredClone(value);
  } catch {
    return (Array.isArray(value) ? [...(value as unknown[])] : value) as T;
  }
}
