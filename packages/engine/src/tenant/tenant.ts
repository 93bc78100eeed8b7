import { SpellError } from "@llmspell/errors";
import { AlertWatch, type AlertOptions } from "../alerts.js";
import type { Guest } from "../engine.js";
import { checkLimits, type Limits } from "../limits.js";
import { TokenBucket } from "./bucket.js";
import { NO_TENANT_LIMITS, checkTenantLimits, tenantLimitError, type TenantLimits } from "./limits.js";
import { Seat } from "./seat.js";

export type TenantAlertLimit = Exclude<keyof TenantLimits, "fuelPerSecond" | "hostCallsPerSecond">;

export interface TenantOptions extends AlertOptions<TenantAlertLimit> {
  /** In every error that one of its limits causes. */
  readonly name: string;
  /** Default: none. */
  readonly limits?: Partial<TenantLimits>;
  /** Limits of each guest that its own options do not set. */
  readonly guestLimits?: Partial<Limits>;
  /** Its part of the time slices, relative to other tenants. Default 1. */
  readonly weight?: number;
  /** Milliseconds from any fixed point, for what is limited per second. Default `performance.now`. */
  readonly clock?: () => number;
}

export interface TenantUsage {
  /** Guests that live now, the most that did at a time, and all so far. */
  readonly guests: number;
  readonly peakGuests: number;
  readonly totalGuests: number;
  /** Guests that a limit of the tenant has stopped. */
  readonly stoppedGuests: number;
  /** Bytes of memory that live guests hold now, and the most that they held at a time. */
  readonly memoryBytes: number;
  readonly peakMemoryBytes: number;
  /** Units of work so far. */
  readonly fuel: number;
  readonly hostCalls: number;
}

/**
 * Somebody on whose behalf guests run, of one engine or several in a thread.
 * Its limits hold for all of its guests together, beside each guest's own.
 *
 * @example
 * const acme = createTenant({ name: "acme", limits: { guests: 20, fuel: 1e10 } });
 * using guest = engine.createGuest({ tenant: acme });
 */
export function createTenant(options: TenantOptions): Tenant {
  return new Tenant(options);
}

export class Tenant {
  readonly name: string;
  readonly #limits: { -readonly [K in keyof TenantLimits]: number } = { ...NO_TENANT_LIMITS };
  #guestLimits: Partial<Limits> = {};
  #weight = 1;
  readonly #seats = new Set<Seat>();
  readonly #fuelRate: TokenBucket;
  readonly #callRate: TokenBucket;
  readonly #alerts: AlertWatch<TenantAlertLimit> | undefined;
  #peakGuests = 0;
  #totalGuests = 0;
  #stoppedGuests = 0;
  #memoryBytes = 0;
  #peakMemoryBytes = 0;
  #fuel = 0;
  #hostCalls = 0;

  constructor({ name, clock = () => performance.now(), ...options }: TenantOptions) {
    this.name = name;
    this.#fuelRate = new TokenBucket(clock);
    this.#callRate = new TokenBucket(clock);
    this.#alerts = AlertWatch.of(options);
    this.update(options);
  }

  get limits(): TenantLimits {
    return { ...this.#limits };
  }

  get guestLimits(): Partial<Limits> {
    return this.#guestLimits;
  }

  get weight(): number {
    return this.#weight;
  }

  get usage(): TenantUsage {
    return {
      guests: this.#seats.size,
      peakGuests: this.#peakGuests,
      totalGuests: this.#totalGuests,
      stoppedGuests: this.#stoppedGuests,
      memoryBytes: this.#memoryBytes,
      peakMemoryBytes: this.#peakMemoryBytes,
      fuel: this.#fuel,
      hostCalls: this.#hostCalls,
    };
  }

  /**
   * Changes limits, for guests that run as well; those not named stay. A limit
   * below what is used stops guests where they next look at it; guests beyond a
   * lower number of them live on, but no new ones are made.
   */
  update({ limits, guestLimits, weight }: Pick<TenantOptions, "limits" | "guestLimits" | "weight">): void {
    if (weight !== undefined && !(weight > 0 && weight < Infinity)) {
      throw new SpellError("INVALID_ARGUMENT", `a tenant's weight must be a positive number, not ${weight}`);
    }
    const checked = checkTenantLimits(limits ?? {});
    const forGuests = checkLimits(guestLimits ?? {});
    this.#weight = weight ?? this.#weight;
    Object.assign(this.#limits, checked);
    if (checked.fuelPerSecond !== undefined) this.#fuelRate.rate = checked.fuelPerSecond;
    if (checked.hostCallsPerSecond !== undefined) this.#callRate.rate = checked.hostCallsPerSecond;
    this.#guestLimits = { ...this.#guestLimits, ...forGuests };
    for (const seat of this.#seats) seat.changed(forGuests);
    this.#lookAtAll();
  }

  /** Ends every guest that lives. */
  stop(reason: SpellError): void {
    for (const seat of this.#seats) seat.stop(reason);
  }

  /** How long a scheduler keeps its guests waiting, for it has used what it may per second. */
  msUntilFuel(slice: number): number {
    return this.#fuelRate.msUntil(slice);
  }

  // For engines and seats

  /**
   * Makes a guest that counts as this tenant's until its seat is left.
   *
   * @throws SpellError `LIMIT_GUESTS` when as many live as may.
   */
  admit<G extends Guest>(own: Partial<Limits> | undefined, make: (seat: Seat) => G): G {
    if (this.#seats.size >= this.#limits.guests) throw this.error("guests");
    const seat = new Seat(this, own ?? {});
    this.#seats.add(seat);
    try {
      const guest = make(seat);
      seat.take(guest);
      this.#totalGuests++;
      this.#peakGuests = Math.max(this.#peakGuests, this.#seats.size);
      this.#alerts?.look("guests", this.#seats.size, this.#limits.guests);
      return guest;
    } catch (thrown) {
      seat.leave();
      throw thrown;
    }
  }

  left(seat: Seat): void {
    this.#seats.delete(seat);
    this.#alerts?.look("guests", this.#seats.size, this.#limits.guests);
  }

  stopped(): void {
    this.#stoppedGuests++;
  }

  error(limit: keyof TenantLimits): SpellError {
    return tenantLimitError(this.name, limit, this.#limits[limit]);
  }

  /** The limit that stops each guest which looks, if one is reached. */
  reached(): keyof TenantLimits | undefined {
    if (this.#fuel >= this.#limits.fuel) return "fuel";
    if (this.#fuelRate.level <= -this.#fuelRate.rate) return "fuelPerSecond";
    return this.#memoryBytes > this.#limits.memoryBytes ? "memoryBytes" : undefined;
  }

  /** Fuel that a guest may use before it looks again. */
  allowance(): number {
    const left = this.#limits.fuel - this.#fuel;
    const { level, rate } = this.#fuelRate;
    if (level === Infinity) return left;
    // One that owes looks often, so that it can be paused before it has to be stopped.
    const next = level >= 1 ? level : Math.min(level + rate, Math.max(rate / LOOKS_WHILE_OWING, LEAST_SLICE));
    return Math.floor(Math.min(left, next));
  }

  spend(fuel: number): void {
    this.#fuel += fuel;
    this.#fuelRate.take(fuel);
    this.#alerts?.look("fuel", this.#fuel, this.#limits.fuel);
  }

  /** @throws SpellError `LIMIT_CALLS` */
  countCall(): void {
    if (this.#hostCalls >= this.#limits.hostCalls) throw this.error("hostCalls");
    if (this.#callRate.level < 1) throw this.error("hostCallsPerSecond");
    this.#hostCalls++;
    this.#callRate.take(1);
    this.#alerts?.look("hostCalls", this.#hostCalls, this.#limits.hostCalls);
  }

  /** False when its guests would hold more than they may; nothing changes then. */
  hold(bytes: number): boolean {
    const total = this.#memoryBytes + bytes;
    if (bytes > 0 && total > this.#limits.memoryBytes) return false;
    this.#memoryBytes = total;
    this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes, total);
    this.#alerts?.look("memoryBytes", total, this.#limits.memoryBytes);
    return true;
  }

  #lookAtAll(): void {
    const { guests, memoryBytes, fuel, hostCalls } = this.#limits;
    this.#alerts?.look("guests", this.#seats.size, guests);
    this.#alerts?.look("memoryBytes", this.#memoryBytes, memoryBytes);
    this.#alerts?.look("fuel", this.#fuel, fuel);
    this.#alerts?.look("hostCalls", this.#hostCalls, hostCalls);
  }
}

const LOOKS_WHILE_OWING = 16;
const LEAST_SLICE = 2_000;
