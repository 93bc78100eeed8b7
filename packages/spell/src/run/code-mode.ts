import { defined, type Tool } from "@llmspell/core";
import { codeMode, type CodeModeOptions } from "../code-mode/code-mode.js";
import type { CodeLanguage } from "../code-mode/names.js";
import { leftOf, spend } from "./budget.js";
import type { RunContext } from "./context.js";

const FILES: Readonly<Record<CodeLanguage, string>> = { lua: "run_spell.lua", javascript: "run_spell.js" };

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
  }: { language?: CodeLanguage | undefined } & Omit<CodeModeOptions, "engine" | "left" | "onUsed" | "tenant">,
): Tool {
  const isOwn = language === undefined || language === run.engine.name;
  return codeMode(tools, {
    ...options,
    engine: isOwn ? run.engine : { name: language, load: async () => await run.engineFor(FILES[language]) },
    ...defined({ tenant: run.tenant }),
    left: () => leftOf(run),
    onUsed({ fuel, hostCalls }) {
      const { guest } = run;
      if (guest.state !== "killed" && guest.state !== "disposed") spend(guest, { fuel, hostCalls });
    },
  });
}
