import { SpellError } from "@llmspell/errors";
import type { State } from "../state/state.js";

/** Values of one scope. */
export interface WorkingMemory {
  get<T = unknown>(key: string): T | undefined;
  /** @throws SpellError what `State.set` throws. */
  set(key: string, value: unknown, options?: { ttlMs?: number }): void;
  delete(key: string): boolean;
  keys(): string[];
  clear(): void;
}

/**
 * The part of a state that belongs to everybody, to one agent or to one session. Scopes do not
 * see each other.
 *
 * @example
 * const notes = workingMemory(state, "session", sessionId);
 * notes.set("draft", "…", { ttlMs: 60_000 });
 * @throws SpellError `INVALID_ARGUMENT` for a scope other than `global` without an id.
 */
export function workingMemory(state: State, scope: "global" | "agent" | "session", id?: string): WorkingMemory {
  if ((scope === "global") !== (id === undefined))
    throw new SpellError("INVALID_ARGUMENT", "scope 'agent' and 'session' need an id, 'global' has none");
  // Quoted, so that no id can run into a key.
  const prefix = `working:${scope}:${JSON.stringify(id ?? "")}:`;
  const keys = (): string[] => state.keys().filter((key) => key.startsWith(prefix));
  return {
    get: <T>(key: string) => state.get<T>(prefix + key),
    set: (key, value, options) => void state.set(prefix + key, value, options),
    delete: (key) => state.delete(prefix + key),
    keys: () => keys().map((key) => key.slice(prefix.length)),
    clear() {
      const own = keys();
      if (own.length > 0) state.batch(Object.fromEntries(own.map((key) => [key, undefined])));
    },
  };
}
