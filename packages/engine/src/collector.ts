/**
 * How a guest's garbage is collected:
 * - `balanced`: the language's own default
 * - `low-latency`: small steps, early; the shortest pauses
 * - `high-throughput`: less work in all, for pauses that grow with the heap
 * - `adaptive`: `high-throughput` while the heap is small, `balanced` while it is large
 */
export type CollectorPreset = "balanced" | "low-latency" | "high-throughput" | "adaptive";

/** A collector tuned by hand, in the terms of the Lua 5.4 manual (§2.5); numbers left out keep their default. */
export type CollectorTuning =
  | {
      readonly mode: "incremental";
      /** Percent of the memory in use after a collection at which the next one begins. Default 200. */
      readonly pause?: number;
      /** Percent of the speed of allocation at which the collector works. Default 100. */
      readonly stepMultiplier?: number;
      /** Logarithm of the bytes allocated between two steps. Default 13: 8 KB. */
      readonly stepSize?: number;
    }
  | {
      readonly mode: "generational";
      /** Growth in percent before a collection of the young. Default 20. */
      readonly minorMultiplier?: number;
      /** Growth in percent before a collection of everything. Default 100. */
      readonly majorMultiplier?: number;
    };
