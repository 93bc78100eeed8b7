import { SpellError } from "@llmspell/errors";

/**
 * Checks which variables somebody sets for a process. One such as PATH decides what a program is.
 *
 * @param settable names that may be set; any without it
 * @throws SpellError `PERMISSION_DENIED`.
 */
export function checkEnv(env: Readonly<Record<string, string>>, settable: readonly string[] | undefined): void {
  const denied = settable === undefined ? undefined : Object.keys(env).find((name) => !settable.includes(name));
  if (denied !== undefined)
    throw new SpellError("PERMISSION_DENIED", `the variable '${denied}' may not be set for a process`);
}
