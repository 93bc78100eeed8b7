import { createHookNesting, isRecord, type HookContext, type Operation } from "@llmspell/core";
import { HostFunction, Pending, type FunctionRef, type ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import type { RunContext } from "../../run/context.js";
import { toScript } from "../shapes.js";
import { errorOf, givenBack, outputOf, scriptContext } from "./data.js";

const nesting = createHookNesting();

/**
 * Calls a function of the spell in a hook. What it does itself may call hooks again, so deep and no deeper.
 *
 * @throws SpellError `INVALID_STATE`; what the function throws.
 */
export async function callHookFunction(
  run: RunContext,
  name: string,
  fn: FunctionRef,
  args: readonly ScriptValue[],
  { signal }: Pick<HookContext, "signal">,
): Promise<ScriptValue> {
  return await nesting.inside(name, () => run.callGuest(fn, args, signal));
}

/** What a hook of the framework does for a function of the spell; asks `wanted` first. */
export function guestHook(
  run: RunContext,
  name: string,
  fn: FunctionRef,
  wanted: ((context: HookContext) => Promise<boolean>) | undefined,
) {
  return async (context: HookContext, next?: (input?: unknown) => Promise<unknown>): Promise<unknown> => {
    if (wanted !== undefined && !(await wanted(context))) return next?.();
    if (next !== undefined) return await around(run, name, fn, context, next);
    const decision = await callHookFunction(run, name, fn, [scriptContext(context)], context);
    return decisionOf(name, decision, context);
  };
}

/** @throws SpellError `INVALID_ARGUMENT` for what is no decision. */
function decisionOf(name: string, given: ScriptValue, { point, operation, data }: HookContext): unknown {
  if (given === null || given === true) return undefined;
  if (given === false) return { stop: true };
  if (!isRecord(given)) {
    throw new SpellError(
      "INVALID_ARGUMENT",
      `hook '${name}' must return nothing, {data = …}, or {stop = true, result = …}, or its context`,
    );
  }
  const { data: changed, result, reason, stop, continue: goesOn } = given as Record<string, ScriptValue>;
  const isAfter = point.endsWith(".after");
  if (stop === true || goesOn === false) {
    return {
      stop: true,
      ...(result === undefined || result === null
        ? {}
        : { result: outputOf(result, isAfter ? data : undefined, operation) }),
      ...(typeof reason === "string" ? { reason } : {}),
    };
  }
  // After an operation the data is its result.
  const next = isAfter && result !== undefined ? result : changed;
  if (next === undefined || (next === null && data === undefined)) return undefined;
  if (point.endsWith(".error")) return { data: errorOf(next) };
  return { data: isAfter ? outputOf(next, data, operation) : givenBack(next, data, operation) };
}

async function around(
  run: RunContext,
  name: string,
  fn: FunctionRef,
  context: HookContext,
  next: (input?: unknown) => Promise<unknown>,
): Promise<unknown> {
  const { operation, data } = context;
  const beside = nesting.beside();
  let output: unknown;
  const proceed = new HostFunction("proceed", ([input = null]) => {
    const given = input === null ? data : givenBack(input, data, operation);
    // What is done inside is not done by the hook.
    const work = async (): Promise<ScriptValue> => toScript((output = await next(given)));
    return new Pending(beside(work));
  });
  try {
    const answer = await callHookFunction(run, name, fn, [scriptContext(context), proceed], context);
    return answer === null ? output : outputOf(answer, output, operation as Operation);
  } finally {
    proceed.revoke();
  }
}
