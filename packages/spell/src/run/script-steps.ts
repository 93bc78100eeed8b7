import { overdue, type ScriptOutcome, type ScriptRequest } from "@llmspell/core";
import type { Engine, GuestOptions, Host, ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { hire, type Account } from "./account.js";
import { loadEngine, type LazyEngine } from "./engines.js";
import { stopWith } from "./stop-with.js";

export interface ScriptStepOptions extends Pick<GuestOptions, "limits" | "sandbox" | "tenant"> {
  /** Who pays for the scripts: they use no more than it has left. Default: nobody. */
  readonly payer?: Account;
}

/**
 * Runs the script steps of workflows, for the service `script`. Each script has a guest of
 * its own without any powers, in which `input` and `vars` are globals; `vars` as it leaves
 * them are the variables of the workflow. A language is the name of an engine.
 *
 * @example
 * const script = scriptSteps([createLuaEngine(), createJavaScriptEngine()]);
 * await runWorkflow({ steps: [{ script: "return input + 1", language: "lua" }] }, 1, { services: { script } });
 */
export function scriptSteps(
  engines: readonly (Engine | LazyEngine)[],
  { payer, ...options }: ScriptStepOptions = {},
): (request: ScriptRequest) => Promise<ScriptOutcome> {
  return async ({ language, source, input, variables, signal }) => {
    const found = engines.find(({ name }) => name === language);
    if (found === undefined) {
      const known = engines.map(({ name }) => name).join(", ");
      throw new SpellError("NOT_FOUND", `there is no engine for '${language}' (known: ${known})`);
    }
    const engine = await loadEngine(found);
    using account = await hire(engine, { ...options, host: hostUntil(signal) }, { payer, signal });
    const { guest } = account;
    // It may have waited in line for its guest.
    using _stop = stopWith(guest, signal, new SpellError("CANCELLED", "the script was stopped"));
    guest.setGlobal("input", (input ?? null) as ScriptValue);
    guest.setGlobal("vars", variables as ScriptValue);
    const result = await guest.run(source, { name: "step" }).result();
    const left = guest.getGlobal("vars");
    return { result, variables: typeof left === "object" && left !== null ? (left as Record<string, unknown>) : {} };
  };
}

/** Lets what would stop an endless script have its turn; a script that gives nobody a turn ends when its time is over. */
const hostUntil = (signal: AbortSignal): Host => ({
  pause: (resume) => void setImmediate(resume),
  interrupted: () => overdue(signal),
});
