import { SpellError } from "@llmspell/errors";
import { isRecord } from "../json.js";
import type { Operation } from "./points.js";

type Fields = Readonly<Record<string, "a list" | "an object" | "a text">>;

/** What the framework itself reads of the input and output of an operation. */
const SHAPES: Partial<Readonly<Record<Operation, { input?: Fields; output?: Fields }>>> = {
  agent: {
    input: { messages: "a list" },
    output: { status: "a text", content: "a text", messages: "a list", toolCalls: "a list", usage: "an object" },
  },
  model: {
    input: { messages: "a list" },
    output: { text: "a text", toolCalls: "a list", parts: "a list", usage: "an object" },
  },
  workflow: { output: { status: "a text", steps: "a list" } },
};

const FITS = {
  "a list": Array.isArray,
  "an object": isRecord,
  "a text": (value: unknown) => typeof value === "string",
};

/**
 * Checks what a hook made of the data of an operation, which may come from anywhere.
 *
 * @throws SpellError `INVALID_ARGUMENT` naming the hook and what is wrong.
 */
export function checkShape(hook: string, operation: Operation, side: "input" | "output", data: unknown): void {
  for (const [field, shape] of Object.entries(SHAPES[operation]?.[side] ?? {})) {
    if (isRecord(data) && FITS[shape](data[field])) continue;
    const what = isRecord(data) ? `whose '${field}' is not ${shape}` : "that is no object";
    throw new SpellError("INVALID_ARGUMENT", `hook '${hook}' gives an ${side} of '${operation}' ${what}`, {
      details: { hook, operation, side, field },
    });
  }
}
