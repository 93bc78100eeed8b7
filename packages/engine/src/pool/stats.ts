import type { SandboxLevel } from "../engine.js";

/**
 * Why an instance was not kept:
 *
 * - `grown`: its memory has grown, which cannot be undone
 * - `unsafe`: its guest could write past every check (sandbox level `none`)
 * - `surplus`: enough others are idle
 * - `aged`, `worn`: older, or used more often, than the policy allows
 * - `unhealthy`: it failed the health check
 * - `trapped`: its guest was ended by a trap
 * - `evicted`: other bindings were used more recently
 * - `closed`: the pool was closed
 */
export type DiscardReason =
  | "grown"
  | "unsafe"
  | "surplus"
  | "aged"
  | "worn"
  | "unhealthy"
  | "trapped"
  | "evicted"
  | "closed";

export interface PoolStats {
  /** Instances that wait, reset, for the next guest. */
  readonly idle: number;
  /** Guests that live now, and the most that did at a time. */
  readonly live: number;
  readonly peakLive: number;
  /** Guests served so far. */
  readonly served: number;
  /** Instances made so far, ahead of need included. */
  readonly created: number;
  /** Guests served by an instance that was there already. */
  readonly reused: number;
  /** `reused / served`; 0 before the first guest. */
  readonly hitRatio: number;
  readonly discarded: number;
  readonly discardedBy: Readonly<Record<DiscardReason, number>>;
  /** Callers that wait for a guest now, and all that have had to. */
  readonly waiting: number;
  readonly waits: number;
  /** For each set of bindings in the pool, the most recently used one last. */
  readonly bindings: readonly ShelfStats[];
}

export interface ShelfStats {
  /** Names of the modules, to tell them apart. */
  readonly modules: readonly string[];
  readonly sandbox: SandboxLevel;
  readonly idle: number;
  readonly live: number;
  readonly served: number;
  readonly reused: number;
}

/** The counters of a pool. */
export class PoolCounters {
  live = 0;
  peakLive = 0;
  served = 0;
  created = 0;
  reused = 0;
  waits = 0;
  readonly discardedBy: Record<DiscardReason, number> = {
    grown: 0,
    unsafe: 0,
    surplus: 0,
    aged: 0,
    worn: 0,
    unhealthy: 0,
    trapped: 0,
    evicted: 0,
    closed: 0,
  };

  stats(bindings: readonly ShelfStats[], waiting: number): PoolStats {
    const { live, peakLive, served, created, reused, waits, discardedBy } = this;
    return {
      idle: bindings.reduce((sum, shelf) => sum + shelf.idle, 0),
      live,
      peakLive,
      served,
      created,
      reused,
      hitRatio: served === 0 ? 0 : reused / served,
      discarded: Object.values(discardedBy).reduce((a, b) => a + b, 0),
      discardedBy: { ...discardedBy },
      waiting,
      waits,
      bindings,
    };
  }
}
