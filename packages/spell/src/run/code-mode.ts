import { defined, type Tool } from "@llmspell/core";
import { codeMode, type CodeModeOptions } from "../code-mode/code-mode.js";
import type { CodeLanguage } from "../code-mode/names.js";
import type { RunContext } from "./context.js";
import { scriptEngineOf } from "./engines.js";

/**
 * Code mode for an agent of a spell, in the spell's own language by default. What scripts use is the
 * spell's: they get no more than it has left, and it pays for them.
 *
 * @throws SpellError as `codeMode`; `UNSUPPORTED` (in a run) when there is no engine for the language.
 */
export function codeModeOf(
  run: RunContext,
  tools: readonly Tool[],
  {
    language,
    ...options
  }: { language?: CodeLanguage | undefined } & Omit<CodeModeOptions, "engine" | "payer" | "tenant">,
): Tool {
  return codeMode(tools, {
    ...options,
    engine: scriptEngineOf(run, language),
    payer: run.account,
    ...defined({ tenant: run.tenant }),
  });
}
