import type { ModelAnswer } from "../models/answer.js";
import type { ModelRequest } from "../models/call-model.js";
import type { Hook, HookContext } from "./hook.js";

export interface ModelCacheOptions {
  /** Answers kept; the one used longest ago goes first. 1000 by default. */
  maxEntries?: number;
  /** Bytes of JSON kept, requests not counted; 64 MiB by default. */
  maxBytes?: number;
  /** Milliseconds that an answer is good for; for ever by default. */
  ttlMs?: number;
  /** What an answer depends on; a call without a key is not cached. Everything that is sent by default. */
  key?: (request: ModelRequest, about: { provider: string; model: string }) => string | undefined;
  now?: () => number;
}

export interface ModelCache {
  readonly hooks: readonly Hook[];
  readonly stats: Readonly<{ hits: number; misses: number }>;
  clear(): void;
}

/**
 * Answers repeated calls of a model from memory. The answers say the tokens they cost
 * the first time. Calls that are under way are not shared.
 *
 * @example
 * const cache = createModelCache({ ttlMs: 60_000 });
 * createAgent({ name: "a", hooks: cache.hooks }, { models });
 */
export function createModelCache(options: ModelCacheOptions = {}): ModelCache {
  const {
    maxEntries = 1000,
    maxBytes = 64 * 1024 * 1024,
    ttlMs,
    key = requestKey,
    now = () => performance.now(),
  } = options;
  const stats = { hits: 0, misses: 0 };
  const create = async () => {
    const { LRUCache } = await import("lru-cache");
    return new LRUCache<string, string>({
      max: maxEntries,
      maxSize: maxBytes,
      sizeCalculation: (text) => text.length,
      perf: { now },
      // The clock is read each time: a cached reading would be held by a timer.
      ttlResolution: 0,
      ...(ttlMs === undefined ? {} : { ttl: ttlMs }),
    });
  };
  let answers: ReturnType<typeof create> | undefined;

  const hook: Hook = {
    name: "model cache",
    point: "model.around",
    // Inside of what counts and traces, outside of what limits.
    priority: -200,
    async run({ data, about }: HookContext<"model.around">, next) {
      const name = key(data, about);
      if (name === undefined) return await next();
      const cache = await (answers ??= create());
      // Kept as JSON, so that nobody can change what is kept.
      const known = cache.get(name);
      if (known !== undefined) {
        stats.hits++;
        return JSON.parse(known) as ModelAnswer;
      }
      stats.misses++;
      const answer = await next();
      cache.set(name, JSON.stringify(answer));
      return answer;
    },
  };
  return {
    hooks: [hook],
    stats,
    clear: () => void answers?.then((cache) => cache.clear()),
  };
}

function requestKey(request: ModelRequest, { provider, model }: { provider: string; model: string }): string {
  const { messages, tools = [], headers: _headers, ...settings } = request;
  const offered = tools.map(({ name, description, parameters }) => [name, description, parameters]);
  return JSON.stringify([provider, model, messages, offered, settings]);
}
