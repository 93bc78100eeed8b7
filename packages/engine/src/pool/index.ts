export { originOf, type Origin } from "./origin.js";
export { resolvePolicy, type PoolPolicy } from "./policy.js";
export { InstancePool, type InstanceMaker, type Lease } from "./pool.js";
export type { DiscardReason, PoolStats, ShelfStats } from "./stats.js";
