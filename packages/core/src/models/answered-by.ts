import type { SharedV3ProviderMetadata } from "@ai-sdk/provider";
import type { SpellError } from "@llmspell/errors";
import { defined, isRecord } from "../json.js";
import type { Usage } from "./model-ref.js";

/** Which model of a pool answered, and why others did not. */
export interface AnsweredBy {
  /** `provider:model`. */
  model: string;
  /** Those that were asked before or at the same time and failed, in order. */
  failures: { model: string; code: string; message: string }[];
  /** Of a consensus: how many of how many said the same, and what each that answered used. */
  agreement?: { agreed: number; asked: number; usages: { model: string; usage: Usage }[] };
}

// Models that are made of others say so where providers put what is theirs alone.
const OURS = "llmspell";

/** `metadata` with a note of who answered. */
export function withAnsweredBy(
  metadata: SharedV3ProviderMetadata | undefined,
  model: string,
  failures: readonly { name: string; error: SpellError }[],
  agreement?: AnsweredBy["agreement"],
): SharedV3ProviderMetadata {
  const told = failures.map(({ name, error }) => ({ model: name, code: error.code, message: error.message }));
  const noted = agreement && {
    ...agreement,
    usages: agreement.usages.map((each) => ({ model: each.model, usage: { ...each.usage } })),
  };
  const answeredBy = { model, failures: told, ...defined({ agreement: noted }) };
  return { ...metadata, [OURS]: { answeredBy } };
}

/** The note that {@link withAnsweredBy} left. */
export function readAnsweredBy(metadata: SharedV3ProviderMetadata | undefined): AnsweredBy | undefined {
  const note = metadata?.[OURS]?.["answeredBy"];
  return isRecord(note) ? (note as unknown as AnsweredBy) : undefined;
}
