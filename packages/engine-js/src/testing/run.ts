import type { Bindings, Engine, Guest, GuestOptions, ScriptValue } from "@llmspell/engine";
import { TEST_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { isSpellError, type SpellError } from "@llmspell/errors";
import { createJavaScriptEngine } from "@llmspell/engine-js";

let engine: Engine | undefined;

/** One engine for all tests of a file. */
export const sharedEngine = (): Engine => (engine ??= createJavaScriptEngine());

/** A guest with the host and the bindings of the conformance kit; its test disposes it. */
export function open(options: GuestOptions = {}): { guest: Guest; host: TestHost; bindings: Bindings } & Disposable {
  const host = new TestHost();
  const guest = sharedEngine().createGuest({ host, bindings: TEST_BINDINGS, ...options });
  return { guest, host, bindings: TEST_BINDINGS, [Symbol.dispose]: () => guest[Symbol.dispose]() };
}

/** The result of a source in a guest of its own. */
export async function run(source: string, options: GuestOptions = {}): Promise<ScriptValue> {
  const { guest } = open(options);
  try {
    return await guest.run(source, { name: "a.js" }).result();
  } finally {
    guest[Symbol.dispose]();
  }
}

/** The error of a source in a guest of its own. */
export async function fail(source: string, options: GuestOptions = {}): Promise<SpellError> {
  try {
    await run(source, options);
  } catch (thrown) {
    if (isSpellError(thrown)) return thrown;
    throw thrown;
  }
  throw new Error("the source did not fail");
}
