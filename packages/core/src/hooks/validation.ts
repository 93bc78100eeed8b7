import { SpellError } from "@llmspell/errors";
import { defined, type JsonSchema } from "../json.js";
import { messageText } from "../messages.js";
import { describeErrors, validateJson } from "../schema/validate.js";
import type { Hook, HookContext } from "./hook.js";
import { middleware, type AnyContext } from "./middleware.js";
import { SuspendedCall } from "../tools/suspended-call.js";
import type { InputOf, Operation, OutputOf } from "./points.js";

/** A schema, or what says in words what is wrong with a value (nothing when it is right). */
export type ValidationRule =
  | JsonSchema
  | ((value: unknown, context: HookContext) => string | undefined | Promise<string | undefined>);

export interface ValidationOptions {
  input?: ValidationRule | readonly ValidationRule[];
  output?: ValidationRule | readonly ValidationRule[];
  /** Only operations for which it is true. */
  filter?: (context: HookContext) => boolean;
}

/**
 * Refuses what goes into or comes out of an operation, where metrics, logs and traces see
 * it. Of an agent that is the text of the latest message, and the object or else the text of
 * its answer; of a model the messages and the text of its answer; of everything else the
 * value itself.
 *
 * @example
 * const hooks = validationHooks("tool", { output: { type: "object", required: ["id"] }, filter: aboutIs("name", "order") });
 * @throws (in the operation) SpellError `VALIDATION_FAILED` naming what is wrong.
 */
export function validationHooks<O extends Operation>(
  operation: O,
  { input = [], output = [], filter }: ValidationOptions,
): Hook[] {
  const check = async (what: "input" | "output", value: unknown, context: AnyContext): Promise<void> => {
    const given = what === "input" ? input : output;
    for (const validator of Array.isArray(given) ? (given as readonly ValidationRule[]) : [given as ValidationRule]) {
      const problem = await problemOf(validator, value, context);
      if (problem === undefined) continue;
      const details = { operation, what };
      throw new SpellError("VALIDATION_FAILED", `the ${what} of this ${operation} is not valid: ${problem}`, {
        details,
      });
    }
  };
  return middleware(
    `${operation} validation`,
    async (context, next) => {
      await check("input", inputValue(operation, context.data), context);
      const result = await next();
      // It has no output yet.
      if (!(result instanceof SuspendedCall)) await check("output", outputValue(operation, result), context);
      return result;
    },
    { operations: [operation], priority: -500, ...defined({ filter }) },
  );
}

async function problemOf(validator: ValidationRule, value: unknown, context: HookContext): Promise<string | undefined> {
  if (typeof validator === "function") return await validator(value, context);
  const { valid, errors } = await validateJson(validator, value);
  return valid ? undefined : describeErrors(errors);
}

function inputValue(operation: Operation, data: unknown): unknown {
  if (operation === "model") return (data as InputOf<"model">).messages;
  if (operation !== "agent") return data;
  const latest = (data as InputOf<"agent">).messages.at(-1);
  return latest === undefined ? "" : messageText(latest);
}

function outputValue(operation: Operation, data: unknown): unknown {
  if (operation === "model") return (data as OutputOf<"model">).text;
  if (operation !== "agent") return data;
  const result = data as OutputOf<"agent">;
  return "object" in result ? result.object : result.content;
}
