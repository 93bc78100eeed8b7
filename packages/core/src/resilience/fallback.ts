import { SpellError, toSpellError } from "@llmspell/errors";
import { throwIfAborted } from "../abort.js";

/** One way to get a result; the name is for reports. */
export interface Alternative<T> {
  name: string;
  call: () => T | Promise<T>;
}

/** Who succeeded, and why those before it did not. */
export interface FallbackResult<T> {
  value: T;
  name: string;
  failures: { name: string; error: SpellError }[];
}

/**
 * Tries one alternative after the other until one succeeds.
 *
 * @throws SpellError `AGGREGATE` with each failure when none did; what `falls` refuses at once;
 *   `CANCELLED` or the signal's own reason; `INVALID_ARGUMENT` without alternatives.
 */
export async function withFallback<T>(
  alternatives: readonly Alternative<T>[],
  { falls = () => true, signal }: { falls?: (error: unknown, name: string) => boolean; signal?: AbortSignal } = {},
): Promise<FallbackResult<T>> {
  if (alternatives.length === 0) throw new SpellError("INVALID_ARGUMENT", "there is nothing to try");
  const failures: FallbackResult<T>["failures"] = [];
  for (const { name, call } of alternatives) {
    throwIfAborted(signal);
    try {
      return { value: await call(), name, failures };
    } catch (error) {
      throwIfAborted(signal);
      if (!falls(error, name)) throw error;
      failures.push({ name, error: toSpellError(error) });
    }
  }
  throw aggregate("nothing worked", failures);
}

/** One error for several that happened side by side or in turn; `details.failures` has each. */
export function aggregate(what: string, failures: readonly { name: string; error: SpellError }[]): SpellError {
  const [first] = failures;
  const reasons = failures.map(({ name, error }) => `${name}: ${error.message}`).join("; ");
  return new SpellError("AGGREGATE", `${what} (${reasons})`, {
    details: { failures: failures.map(({ name, error }) => ({ name, code: error.code, message: error.message })) },
    ...(failures.length === 1 ? { cause: first?.error } : {}),
  });
}
