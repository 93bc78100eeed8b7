import { loadMemory, saveMemory, type Memory, type State } from "@llmspell/core";
import { SpellError } from "@llmspell/errors";
import { awaitable, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { coreContext } from "../../run/core-context.js";
import { storedState } from "../../run/storage.js";
import { toScript } from "../shapes.js";
import { memoriesOf } from "./store.js";

const scopeFields = { scope: t.optional(t.oneOf("global", "agent", "session")), id: t.optional(t.name) };
const scope = { opts: t.optional(t.object(scopeFields, "MemoryScope")) };

/** Where what has a key is kept beyond the run. */
const stored = async (run: RunContext): Promise<State> => await storedState(run, "memory of scripts");

/** Values to work with, of everybody, an agent or a session. */
export const working = {
  store: sync({
    doc: "Keeps a value, which is JSON, under a key: of everybody (global), of the agent opts.id, or of a session (opts.id, this run by default); for opts.ttl or for the run.",
    params: {
      key: t.name,
      value: t.any,
      opts: t.optional(t.object({ ...scopeFields, ttl: t.optional(t.duration) }, "MemoryStoreOptions")),
    },
    example:
      'memory.store("draft", { text = "hi" }, { scope = "session", ttl = "1h" })\nreturn memory.retrieve("draft", { scope = "session" }).text',
    call(run, { key, value, opts: { scope: of, id, ttl } = {} }) {
      memoriesOf(run)
        .scope(of, id)
        .set(key, value, ttl === undefined ? {} : { ttlMs: ttl });
      return undefined;
    },
  }),
  retrieve: sync({
    doc: "The value of a key, or nil.",
    params: { key: t.name, ...scope },
    result: "any",
    example: 'memory.store("n", 7)\nreturn memory.retrieve("n")',
    call: (run, { key, opts: { scope: of, id } = {} }) => toScript(memoriesOf(run).scope(of, id).get(key)),
  }),
  delete: sync({
    doc: "Removes the value of a key; whether there was one.",
    params: { key: t.name, ...scope },
    result: "boolean",
    example: 'memory.store("n", 7)\nreturn memory.delete("n")',
    call: (run, { key, opts: { scope: of, id } = {} }) => memoriesOf(run).scope(of, id).delete(key),
  }),
  list_keys: sync({
    doc: "The keys, or those that begin as the pattern does before its *.",
    params: { pattern: t.optional(t.string), ...scope },
    result: "list<string>",
    example: 'memory.store("user-1", 1) memory.store("user-2", 2)\nreturn memory.list_keys("user-*")',
    call(run, { pattern, opts: { scope: of, id } = {} }) {
      const keys = memoriesOf(run).scope(of, id).keys().toSorted();
      if (pattern === undefined) return keys;
      return pattern.endsWith("*")
        ? keys.filter((key) => key.startsWith(pattern.slice(0, -1)))
        : keys.filter((key) => key === pattern);
    },
  }),
  persist: awaitable({
    doc: "Keeps the memory of the run, those with a name and the working values beyond the run, under a key.",
    needs: { storage: { param: "key" } },
    params: { key: t.name },
    example:
      'memory.add({ role = "user", content = "hi" })\nmemory.persist("talk")\nmemory.load("talk")\nreturn memory.get_stats().messages',
    async call(run, { key }) {
      const state = await stored(run);
      const memories = memoriesOf(run);
      const named = run.handles.all<Memory>("Memory").map((memory) => [memories.idOf(memory), memory] as const);
      for (const [name, memory] of [["default", memories.own] as const, ...named])
        await saveMemory(memory, state, `${key} memory ${name}`, coreContext(run));
      state.batch({ [`${key} values`]: memories.values.toJSON(), [`${key} names`]: named.map(([name]) => name) });
      return undefined;
    },
  }),
  load: awaitable({
    doc: "Takes in what persist has kept, in the place of what is there; memories with a name are found by it.",
    needs: { storage: { param: "key" } },
    params: { key: t.name },
    example:
      'memory.store("n", 7)\nmemory.persist("work")\nmemory.delete("n")\nmemory.load("work")\nreturn memory.retrieve("n")',
    async call(run, { key }) {
      const state = await stored(run);
      const names = state.get<readonly string[]>(`${key} names`);
      if (names === undefined) throw new SpellError("NOT_FOUND", `nothing is kept as '${key.slice(0, 200)}'`);
      const memories = memoriesOf(run);
      const read = async (name: string, into: (found: Memory) => void): Promise<void> => {
        const found = await loadMemory(state, `${key} memory ${name}`, {}, coreContext(run));
        if (found !== undefined) into(found);
      };
      await read("default", (found) => memories.own.restore(found.snapshot()));
      const here = new Map(run.handles.all<Memory>("Memory").map((memory) => [memories.idOf(memory), memory]));
      for (const name of names) {
        await read(name, (found) => {
          const known = here.get(name);
          if (known === undefined) memories.handle(found, name);
          else known.restore(found.snapshot());
        });
      }
      memories.values.restore({ version: 0, values: state.get<Record<string, unknown>>(`${key} values`) ?? {} });
      return undefined;
    },
  }),
};
