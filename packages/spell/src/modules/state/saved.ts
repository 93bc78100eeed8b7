import { savedVersions, type SavedVersions } from "@llmspell/core";
import type { ScriptObject } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { awaitable } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { storedState } from "../../run/storage.js";
import { toScript } from "../shapes.js";
import { newState, stateHandle } from "./states.js";

/** What is saved. */
async function saved(run: RunContext, key: string): Promise<SavedVersions> {
  if (key === "" || key.length > 200)
    throw new SpellError("INVALID_ARGUMENT", "what is saved needs a key of 1 to 200 characters");
  return savedVersions(await storedState(run, "state of scripts"));
}

const key = { key: t.string };
const version = t.optional(t.integer(1));

/** What outlives the run. Each needs the capability `storage` for its key. */
export const savedStates = {
  save: awaitable({
    doc: "Keeps the values of a state beyond the run, as a new version of the key; the latest 100 are kept.",
    needs: { storage: { param: "key" } },
    params: { state: stateHandle, ...key },
    result: "{key: string, version: integer}",
    aliases: ["persistence_save"],
    example: 'return state.create({ n = 1 }):save("counter").version',
    async call(run, { state, key: at }) {
      const { version: made } = await (await saved(run, at)).save(at, state.toJSON());
      return { key: at, version: made };
    },
  }),
  load: awaitable({
    doc: "A state with what was saved, the newest version by default; the default when there is none or its time is over.",
    needs: { storage: { param: "key" } },
    params: { ...key, default: t.optional(t.any), opts: t.optional(t.object({ version }, "LoadOptions")) },
    result: "State or any",
    aliases: ["persistence_load"],
    example: 'state.create({ n = 1 }):save("counter")\nreturn state.load("counter"):get("n")',
    async call(run, { key: at, default: otherwise = null, opts = {} }) {
      const found = (await saved(run, at)).load(at, opts.version);
      return found === undefined ? otherwise : newState(run, toScript(found) as ScriptObject);
    },
  }),
  exists: awaitable({
    doc: "Whether something is saved at a key.",
    needs: { storage: { param: "key" } },
    params: key,
    result: "boolean",
    aliases: ["persistence_exists"],
    example: 'return state.exists("counter")',
    call: async (run, { key: at }) => (await saved(run, at)).has(at),
  }),
  delete: awaitable({
    doc: "Removes what is saved at a key, or one version of it; whether there was any.",
    needs: { storage: { param: "key" } },
    params: { ...key, version },
    result: "boolean",
    aliases: ["persistence_delete"],
    example: 'state.create({ n = 1 }):save("counter")\nreturn state.delete("counter")',
    call: async (run, { key: at, version: only }) => await (await saved(run, at)).delete(at, only),
  }),
  list_versions: awaitable({
    doc: "The saved versions of a key, the newest first.",
    needs: { storage: { param: "key" } },
    params: key,
    result: "list<{version: integer, saved_at: number, size: integer}>",
    aliases: ["persistence_list_versions"],
    example: 'state.create({ n = 1 }):save("counter")\nreturn state.list_versions("counter")[1].version',
    async call(run, { key: at }) {
      const versions = (await saved(run, at)).versions(at);
      return versions.map((each) => ({ version: each.version, saved_at: each.savedAt, size: each.size }));
    },
  }),
  expire: awaitable({
    doc: "Lets what is saved at a key end after a time; when, in milliseconds since 1970. Saving anew ends that.",
    needs: { storage: { param: "key" } },
    params: { ...key, duration: t.duration },
    result: "number",
    example: 'state.create({ n = 1 }):save("counter")\nreturn state.expire("counter", "1h") > 0',
    call: async (run, { key: at, duration }) => await (await saved(run, at)).expire(at, duration),
  }),
};
