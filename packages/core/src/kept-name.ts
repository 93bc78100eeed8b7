import { SpellError } from "@llmspell/errors";

const NAME = /^[A-Za-z0-9][\w.-]{0,99}$/;

/** Whether something may be kept under a name: it is safe in the path of a file. */
export const isKeptName = (name: unknown): name is string => typeof name === "string" && NAME.test(name);

/**
 * The name, if something may be kept under it.
 *
 * @param noun what is kept, e.g. `schema`
 * @throws SpellError `INVALID_ARGUMENT`.
 */
export function checkedName(noun: string, name: string): string {
  if (isKeptName(name)) return name;
  const form = "up to 100 letters, digits, '_', '-' and '.', and starts with a letter or digit";
  throw new SpellError("INVALID_ARGUMENT", `the name of a ${noun} is ${form}`);
}
