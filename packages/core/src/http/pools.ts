import type { Dispatcher, Pool } from "undici";
import type { UrlGuard } from "./url-guard.js";

/** How connections are kept. */
export interface PoolOptions {
  /** Connections to one origin at the same time; 16 by default. */
  connections?: number;
  /** Milliseconds that an idle connection is kept; 4000 by default. */
  idleMs?: number;
  /** Origins that connections are kept to; 64 by default. */
  maxOrigins?: number;
  /** Milliseconds that connecting may take; 10 000 by default. */
  connectMs?: number;
  /** Trusted certificates (PEM) in place of the system's. An unknown certificate is always refused. */
  ca?: string;
  /** An HTTP proxy that every request goes through, trusted by whoever sets it. It looks hosts up again by itself. */
  proxy?: string;
}

/** Connections to one origin, now. */
export interface OriginStats {
  origin: string;
  /** Open connections. */
  connected: number;
  /** Open connections without a request. */
  free: number;
  /** Requests that are under way. */
  running: number;
  /** Requests that wait for a connection. */
  queued: number;
}

/** Connections by origin, each made to an address that the guard allowed. */
export interface Pools {
  for(origin: string): Dispatcher;
  stats(): OriginStats[];
  close(): Promise<void>;
}

export async function createPools(guard: UrlGuard, options: PoolOptions = {}): Promise<Pools> {
  const { connections = 16, idleMs = 4000, maxOrigins = 64, connectMs = 10_000, ca, proxy } = options;
  const undici = await import("undici");
  const tls = ca === undefined ? {} : { ca };
  const shared = { connections, keepAliveTimeout: idleMs, keepAliveMaxTimeout: Math.max(idleMs, 1) };
  const proxied =
    proxy === undefined ? undefined : new undici.ProxyAgent({ uri: proxy, ...shared, requestTls: tls, proxyTls: tls });
  // In the order of last use.
  const pools = new Map<string, Pool>();

  const makeRoom = (): void => {
    if (pools.size < maxOrigins) return;
    const entries = [...pools];
    const [oldest] = entries.filter(([, { stats }]) => stats.size === 0).concat(entries);
    if (oldest === undefined) return;
    pools.delete(oldest[0]);
    // Ends when the requests that it still has are done.
    void oldest[1].close();
  };

  return {
    for(origin) {
      if (proxied !== undefined) return proxied;
      let pool = pools.get(origin);
      if (pool === undefined) {
        makeRoom();
        pool = new undici.Pool(origin, {
          ...shared,
          connect: { timeout: connectMs, lookup: guard.lookup as never, ...tls },
        });
      }
      pools.delete(origin);
      pools.set(origin, pool);
      return pool;
    },
    stats: () =>
      [...pools].map(([origin, { stats }]) => ({
        origin,
        connected: stats.connected,
        free: stats.free,
        running: stats.running,
        queued: stats.queued,
      })),
    async close() {
      const open = [...pools.values(), ...(proxied === undefined ? [] : [proxied])];
      pools.clear();
      await Promise.all(open.map((pool) => pool.destroy()));
    },
  };
}
