import { SpellError, type ErrorDetails } from "@llmspell/errors";

/** Nobody learns more of why than who asks may know. */
export const authFailure = (message: string, details: ErrorDetails = {}): SpellError =>
  new SpellError("AUTH_FAILED", message, { details });
