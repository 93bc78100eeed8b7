import { createContext, type Context } from "../context.js";
import type { State } from "../state/state.js";
import { createMemory, type Memory, type MemoryOptions, type MemorySnapshot } from "./memory.js";

/**
 * Stores a memory in a state, for other processes when that is in a file. Hooks at
 * `memory.save` may change or refuse what is stored.
 *
 * @throws SpellError what `State.set` throws.
 */
export async function saveMemory(
  memory: Memory,
  state: State,
  key: string,
  context: Context = createContext(),
): Promise<void> {
  await context.operation(
    "memory.save",
    memory.snapshot(),
    { key },
    async (snapshot) => state.set(key, snapshot),
    () => ({}),
  );
}

/** The memory that was saved under `key`, or undefined. @throws SpellError `VALIDATION_FAILED` when it is malformed. */
export async function loadMemory(
  state: State,
  key: string,
  options: MemoryOptions = {},
  context: Context = createContext(),
): Promise<Memory | undefined> {
  const stored = await context.operation(
    "memory.load",
    undefined,
    { key },
    async () => state.get(key),
    () => ({}),
  );
  if (stored === undefined) return undefined;
  const memory = createMemory(options);
  memory.restore(stored as MemorySnapshot);
  return memory;
}
