import { SpellError } from "@llmspell/errors";
import type { Context } from "../context.js";
import { messageText, type Message } from "../messages.js";

/**
 * What a guardrail says of a text: nothing when it may pass; `block` with why it must not;
 * another text in its place; of an answer, `retry` with what the model shall do better.
 */
export type GuardrailVerdict = undefined | void | { block: string } | { replace: string } | { retry: string };

/** Checks what a person says to an agent, what the agent answers, or both. */
export interface Guardrail {
  name: string;
  /** `both` by default. */
  on?: "input" | "output" | "both";
  check(text: string, about: { on: "input" | "output"; run: Context }): GuardrailVerdict | Promise<GuardrailVerdict>;
}

// A guardrail that is never content would ask for ever.
const MOST_RETRIES = 2;

/** The text after all guardrails, or what the model is told to do better. */
export type Guarded = { text: string; retry?: undefined } | { retry: string; text?: undefined };

/**
 * Asks the guardrails in order; each sees what the ones before made of the text. `retries`
 * is how often the model was told to do better before.
 *
 * @throws SpellError `CONTENT_BLOCKED` naming the guardrail.
 */
export async function guard(
  rails: readonly Guardrail[],
  on: "input" | "output",
  text: string,
  run: Context,
  retries = 0,
): Promise<Guarded> {
  let current = text;
  for (const rail of rails) {
    if ((rail.on ?? "both") !== "both" && rail.on !== on) continue;
    const verdict = await rail.check(current, { on, run });
    if (verdict === undefined) continue;
    if ("replace" in verdict) current = verdict.replace;
    else if ("retry" in verdict && on === "output" && retries < MOST_RETRIES) return { retry: verdict.retry };
    else throw blocked(rail.name, on, "block" in verdict ? verdict.block : verdict.retry);
  }
  return { text: current };
}

/** The messages with the latest of the user as the guardrails leave it. */
export async function guardInput(
  rails: readonly Guardrail[],
  messages: readonly Message[],
  run: Context,
): Promise<Message[]> {
  const index = messages.findLastIndex(({ role }) => role === "user");
  const message = messages[index];
  if (message === undefined || rails.length === 0) return [...messages];
  const text = messageText(message);
  const guarded = await guard(rails, "input", text, run);
  if (guarded.retry !== undefined || guarded.text === text) return [...messages];
  const { content } = message;
  const files = typeof content === "string" ? [] : content.filter(({ type }) => type === "file");
  const replaced: Message = {
    ...message,
    content: files.length === 0 ? guarded.text : [{ type: "text", text: guarded.text }, ...files],
  };
  return messages.toSpliced(index, 1, replaced);
}

function blocked(name: string, on: "input" | "output", reason: string): SpellError {
  const what = on === "input" ? "input" : "answer";
  return new SpellError("CONTENT_BLOCKED", `the ${what} was blocked by '${name}': ${reason}`, {
    details: { guardrail: name, on },
  });
}
