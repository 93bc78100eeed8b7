import type { ScriptOutcome, ScriptRequest } from "@llmspell/core";
import type { Engine, GuestOptions, ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";

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
  engines: readonly Engine[],
  options: Pick<GuestOptions, "limits" | "sandbox" | "tenant"> = {},
): (request: ScriptRequest) => Promise<ScriptOutcome> {
  return async ({ language, source, input, variables, signal }) => {
    const engine = engines.find(({ name }) => name === language);
    if (engine === undefined) {
      const known = engines.map(({ name }) => name).join(", ");
      throw new SpellError("NOT_FOUND", `there is no engine for '${language}' (known: ${known})`);
    }
    using guest = await engine.acquireGuest(options, signal);
    const stop = (): void => guest.stop(new SpellError("CANCELLED", "the script was stopped"));
    signal.addEventListener("abort", stop, { once: true });
    try {
      guest.setGlobal("input", (input ?? null) as ScriptValue);
      guest.setGlobal("vars", variables as ScriptValue);
      const result = await guest.run(source, { name: "step" }).result();
      const left = guest.getGlobal("vars");
      return { result, variables: typeof left === "object" && left !== null ? (left as Record<string, unknown>) : {} };
    } finally {
      signal.removeEventListener("abort", stop);
    }
  };
}
