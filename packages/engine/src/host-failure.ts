import { SpellError, isSpellError } from "@llmspell/errors";

/** The error a guest gets for what its host threw: nothing of one that is a defect of the host. */
export function hostFailure(thrown: unknown): SpellError {
  return isSpellError(thrown) ? thrown : new SpellError("INTERNAL", "the host failed to answer", { cause: thrown });
}
