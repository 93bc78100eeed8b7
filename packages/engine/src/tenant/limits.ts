import { SpellError, type ErrorCode } from "@llmspell/errors";

/** What all guests of a tenant may use together. `Infinity` is no limit. */
export interface TenantLimits {
  /** Guests that live at the same time. */
  readonly guests: number;
  /** Bytes of memory that the live guests hold, that of their interpreters included. */
  readonly memoryBytes: number;
  /** Units of work in total. */
  readonly fuel: number;
  /**
   * Units of work per second; what is not used within a second is lost. Guests
   * that a {@link FairScheduler} schedules wait for more; one that cannot be
   * paused is stopped when the tenant owes a whole second's worth.
   */
  readonly fuelPerSecond: number;
  /** Calls from guests to the host in total. */
  readonly hostCalls: number;
  /** The same per second; what is not used within a second is lost. */
  readonly hostCallsPerSecond: number;
}

const KINDS: Readonly<Record<keyof TenantLimits, { readonly code: ErrorCode; readonly noun: string }>> = {
  guests: { code: "LIMIT_GUESTS", noun: "live guests" },
  memoryBytes: { code: "LIMIT_MEMORY", noun: "bytes of memory" },
  fuel: { code: "LIMIT_FUEL", noun: "units of fuel" },
  fuelPerSecond: { code: "LIMIT_FUEL", noun: "units of fuel per second" },
  hostCalls: { code: "LIMIT_CALLS", noun: "host calls" },
  hostCallsPerSecond: { code: "LIMIT_CALLS", noun: "host calls per second" },
};

export const NO_TENANT_LIMITS: TenantLimits = {
  guests: Infinity,
  memoryBytes: Infinity,
  fuel: Infinity,
  fuelPerSecond: Infinity,
  hostCalls: Infinity,
  hostCallsPerSecond: Infinity,
};

/** Refuses a limit that is not known or not a positive number; `Infinity` is one. */
export function checkTenantLimits(partial: Partial<TenantLimits>): Partial<TenantLimits> {
  for (const [name, value] of Object.entries(partial)) {
    if (!Object.hasOwn(KINDS, name)) {
      throw new SpellError("INVALID_ARGUMENT", `a tenant has no limit named '${name}'`, {
        details: { known: Object.keys(KINDS) },
      });
    }
    if (!(value > 0)) {
      throw new SpellError("INVALID_ARGUMENT", `the tenant's limit ${name} must be a positive number, not ${value}`);
    }
  }
  return partial;
}

/** The error that ends a guest whose tenant has reached `limit`. */
export function tenantLimitError(tenant: string, limit: keyof TenantLimits, value: number): SpellError {
  const { code, noun } = KINDS[limit];
  return new SpellError(code, `the tenant '${tenant}' reached its limit of ${value} ${noun}`, {
    details: { limit, value, tenant },
  });
}
