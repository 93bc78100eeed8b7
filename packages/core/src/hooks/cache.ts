import type { Clock } from "../clock.js";
import type { ModelAnswer } from "../models/answer.js";
import type { ModelRequest } from "../models/call-model.js";
import type { Hook, HookContext } from "./hook.js";

export interface ModelCacheOptions {
  /** Answers kept; 1000 by default. */
  maxEntries?: number;
  /** Bytes of JSON kept, requests not counted; 64 MiB by default. */
  maxBytes?: number;
  /**
   * Who goes first when there are too many: the one used longest ago (`lru`, by default), the
   * one made longest ago (`fifo`) or the one used least often (`lfu`).
   */
  evict?: "lru" | "fifo" | "lfu";
  /** Milliseconds that an answer is good for; for ever by default. */
  ttlMs?: number;
  /** What an answer depends on; a call without a key is not cached. Everything that is sent by default. */
  key?: (request: ModelRequest, about: { provider: string; model: string }) => string | undefined;
  /** One that only goes forward by default. */
  clock?: Pick<Clock, "now">;
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
    evict = "lru",
    ttlMs,
    key = requestKey,
    clock = performance,
  } = options;
  const stats = { hits: 0, misses: 0 };
  // Only `lfu` needs to know.
  const uses = new Map<string, number>();
  const create = async () => {
    const { LRUCache } = await import("lru-cache");
    return new LRUCache<string, string>({
      max: maxEntries,
      maxSize: maxBytes,
      sizeCalculation: (text) => text.length,
      // To it a time of 0 is no time.
      perf: { now: () => clock.now() + 1 },
      // The clock is read each time: a cached reading would be held by a timer.
      ttlResolution: 0,
      dispose: (_, name, reason) => void (reason !== "set" && uses.delete(name)),
      ...(ttlMs === undefined ? {} : { ttl: ttlMs }),
    });
  };
  type Answers = Awaited<ReturnType<typeof create>>;
  let answers: Promise<Answers> | undefined;

  /** To look is no use of an answer where its age alone counts. */
  const find = (cache: Answers, name: string): string | undefined => {
    const known = evict === "fifo" ? cache.peek(name) : cache.get(name);
    if (evict === "lfu" && known !== undefined) uses.set(name, (uses.get(name) ?? 0) + 1);
    return known;
  };
  const keep = (cache: Answers, name: string, text: string): void => {
    // By age the cache itself makes room.
    if (evict === "lfu" && text.length <= maxBytes) {
      const isFull = (): boolean => cache.size >= maxEntries || cache.calculatedSize + text.length > maxBytes;
      while (cache.size > 0 && isFull()) cache.delete(leastUsed(cache));
    }
    cache.set(name, text);
  };
  /** Of those used as often, the one used longest ago. */
  const leastUsed = (cache: Answers): string => {
    let found: { name: string; count: number } | undefined;
    for (const name of cache.rkeys()) {
      const count = uses.get(name) ?? 0;
      if (found === undefined || count < found.count) found = { name, count };
    }
    return found?.name ?? "";
  };

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
      const known = find(cache, name);
      if (known !== undefined) {
        stats.hits++;
        return JSON.parse(known) as ModelAnswer;
      }
      stats.misses++;
      const answer = await next();
      keep(cache, name, JSON.stringify(answer));
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
