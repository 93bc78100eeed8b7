import { createBoundedCache } from "@llmspell/core";
import type { ScriptValue } from "@llmspell/engine";
import { sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import { perRun } from "../../run/per-run.js";
import { dataText } from "../../run/data-only.js";

const MAX_ENTRIES = 1000;
const MAX_CHARACTERS = 8 * 1024 * 1024;

const cacheOf = perRun(() => createBoundedCache<ScriptValue>({ maxEntries: MAX_ENTRIES, maxSize: MAX_CHARACTERS }));

export const cacheFunctions = {
  cache: sync({
    doc: "Keeps data in this run under a key, for `ttl` milliseconds or for ever; without a value, gives what is kept. Of more than 1000 values or 8 MB what was used longest ago goes.",
    params: { key: t.name, value: t.optional(t.any), ttl: t.optional(t.duration) },
    result: "any",
    example: 'spell.cache("answer", 42, "5m") return spell.cache("answer")',
    call(run, { key, value, ttl }) {
      const cache = cacheOf(run);
      if (value === undefined) return cache.get(key);
      const size = key.length + dataText(value, "spell.cache: value").length;
      cache.set(key, value, { size, ...(ttl === undefined ? {} : { ttlMs: ttl }) });
      return value;
    },
  }),
} as const;
