import { guard, guardInput, type Guardrail } from "../agent/guardrails.js";
import type { Hook } from "./hook.js";
import { middleware } from "./middleware.js";
import type { InputOf, OutputOf } from "./points.js";

/**
 * Guardrails around all agents that belong to these hooks, beside their own: of what a person says
 * before a run, and of its answer when it is complete. They are asked for at each run.
 *
 * @throws (in the operation) SpellError `CONTENT_BLOCKED` naming the guardrail.
 */
export function guardrailHooks(rails: () => readonly Guardrail[]): Hook[] {
  return middleware(
    "guardrails",
    async ({ data, run }, next) => {
      const current = rails();
      if (current.length === 0) return await next();
      const input = data as InputOf<"agent">;
      const result = (await next({
        ...input,
        messages: await guardInput(current, input.messages, run),
      })) as OutputOf<"agent">;
      const { text } = await guard(current, "output", result.content, run, Number.POSITIVE_INFINITY);
      return text === undefined || text === result.content ? result : { ...result, content: text };
    },
    { operations: ["agent"], priority: -400 },
  );
}
