import type { LRUCache } from "lru-cache";
import { stringifyJson } from "../formats/json.js";
import { SuspendedCall } from "./suspended-call.js";
import type { Tool } from "./tool.js";

export interface ToolCacheOptions {
  /** Milliseconds that a result stays good; 5 minutes by default. */
  ttlMs?: number;
  /** Results that are kept; 100 by default. */
  maxEntries?: number;
}

/**
 * `tool`, which gives the same arguments the same result without running again.
 * Powers are asked for all the same. Failures are not kept. A result belongs to
 * everybody who gets it: it must not be changed.
 *
 * A call throws `INVALID_ARGUMENT` for arguments that are not plain data: they have no key.
 */
export function cachedTool(tool: Tool, { ttlMs = 300_000, maxEntries = 100 }: ToolCacheOptions = {}): Tool {
  let cache: Promise<LRUCache<string, { result: unknown }>> | undefined;
  return {
    ...tool,
    ...(tool.capabilities === undefined ? {} : { capabilities: tool.capabilities.bind(tool) }),
    async execute(args, context) {
      cache ??= import("lru-cache").then(({ LRUCache: Cache }) => new Cache({ max: maxEntries, ttl: ttlMs }));
      const results = await cache;
      const key = stringifyJson(args, { sortKeys: true });
      const known = results.get(key);
      if (known !== undefined) return known.result;
      const result = await tool.execute(args, context);
      if (!(result instanceof SuspendedCall)) results.set(key, { result });
      return result;
    },
  };
}
