import { toSpellError } from "@llmspell/errors";
import { bounded } from "../json.js";

/** A failed tool call, as it is kept in a response. */
export interface ToolFailure {
  code: string;
  message: string;
}

/** What went wrong with a tool call, without stack and cause; the message is what the model reads. */
export function toolFailure(error: unknown): ToolFailure {
  const { code, message } = toSpellError(error, "TOOL_FAILED");
  return { code, message: bounded(message, 2000) };
}
