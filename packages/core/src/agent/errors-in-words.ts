import { isSpellError } from "@llmspell/errors";
import { bounded } from "../json.js";

/** A failed tool call, as it is kept in a response. */
export interface ToolFailure {
  code: string;
  message: string;
}

/** What went wrong with a tool call, without stack and cause; the message is what the model reads. */
export function toolFailure(error: unknown): ToolFailure {
  const message = bounded(error instanceof Error ? error.message : String(error), 2000);
  return { code: isSpellError(error) ? error.code : "TOOL_FAILED", message };
}
