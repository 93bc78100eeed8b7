export { FairScheduler, type FairSchedulerOptions } from "./scheduler.js";
export type { TenantLimits } from "./limits.js";
export type { Seat } from "./seat.js";
export { createTenant, type Tenant, type TenantAlertLimit, type TenantOptions, type TenantUsage } from "./tenant.js";
