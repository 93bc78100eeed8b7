import { describe, expect, it } from "vitest";
import { createTenant, type Alert, type Guest, type TenantLimits, type TenantOptions } from "../index.js";
import type { Seat } from "./seat.js";

/** A seat without a guest that does anything. */
function sit(tenant: ReturnType<typeof createTenant>, bytes = 0): Seat {
  let taken: Seat | undefined;
  tenant.admit(undefined, (seat) => {
    taken = seat;
    if (!seat.hold(bytes)) throw seat.refusal();
    return { state: "ready", updateLimits: () => {}, stop: () => {} } as unknown as Guest;
  });
  if (taken === undefined) throw new Error("no seat");
  return taken;
}

const tenantOf = (limits: Partial<TenantLimits>, more: Partial<TenantOptions> = {}) =>
  createTenant({ name: "acme", limits, ...more });

describe("a tenant", () => {
  it("counts what its guests use, now and at most", () => {
    const tenant = tenantOf({});
    const [a, b] = [sit(tenant, 100), sit(tenant, 50)];
    a.spend(10);
    b.spend(5);
    b.countCall();
    b.hold(70);
    a.leave();
    expect(tenant.usage).toEqual({
      guests: 1,
      peakGuests: 2,
      totalGuests: 2,
      stoppedGuests: 0,
      memoryBytes: 70,
      peakMemoryBytes: 170,
      fuel: 15,
      hostCalls: 1,
    });
  });

  it("refuses a guest too many, and admits one when another has left", () => {
    const tenant = tenantOf({ guests: 1 });
    const seat = sit(tenant);
    expect(() => sit(tenant)).toThrow(
      expect.objectContaining({
        code: "LIMIT_GUESTS",
        message: "the tenant 'acme' reached its limit of 1 live guests",
        details: { tenant: "acme", limit: "guests", value: 1 },
      }),
    );
    seat.leave();
    sit(tenant);
    expect(tenant.usage).toMatchObject({ guests: 1, peakGuests: 1, totalGuests: 2 });
  });

  it("gives a seat back when the guest cannot be made", () => {
    const tenant = tenantOf({ guests: 1, memoryBytes: 100 });
    expect(() => sit(tenant, 101)).toThrow(expect.objectContaining({ code: "LIMIT_MEMORY" }));
    expect(tenant.usage).toMatchObject({ guests: 0, memoryBytes: 0 });
  });

  it("lets guests hold no more memory together than it may", () => {
    const tenant = tenantOf({ memoryBytes: 100 });
    const [a, b] = [sit(tenant, 40), sit(tenant, 40)];
    expect([a.hold(60), b.hold(41), a.hold(30), b.hold(70), b.hold(71)]).toEqual([true, false, true, true, false]);
    tenant.update({ limits: { memoryBytes: 90 } });
    expect(a.breach()).toMatchObject({ code: "LIMIT_MEMORY", details: { value: 90 } });
    a.killed();
    expect(b.breach()).toBeUndefined();
    expect(tenant.usage).toMatchObject({ memoryBytes: 70, stoppedGuests: 1 });
  });

  it("stops all guests when their fuel is used up, and none when it was raised in time", () => {
    const tenant = tenantOf({ fuel: 100 });
    const [a, b] = [sit(tenant), sit(tenant)];
    a.spend(60);
    expect(b.allowance()).toBe(40);
    b.spend(41);
    expect(a.allowance()).toBeLessThanOrEqual(0);
    expect([a.breach()?.message, b.breach()?.code]).toEqual([
      "the tenant 'acme' reached its limit of 100 units of fuel",
      "LIMIT_FUEL",
    ]);
    tenant.update({ limits: { fuel: 200 } });
    expect([a.breach(), b.allowance()]).toEqual([undefined, 99]);
    tenant.update({ limits: { fuel: Infinity } });
    expect(a.allowance()).toBe(Infinity);
  });

  it("counts host calls, in total and per second", () => {
    const time = { now: 0 };
    const tenant = tenantOf({ hostCalls: 5, hostCallsPerSecond: 2 }, { clock: () => time.now });
    const seat = sit(tenant);
    seat.countCall();
    seat.countCall();
    expect(() => seat.countCall()).toThrow("the tenant 'acme' reached its limit of 2 host calls per second");
    time.now = 500;
    seat.countCall();
    expect(() => seat.countCall()).toThrow("per second");
    time.now = 10_000;
    seat.countCall();
    seat.countCall();
    time.now = 20_000;
    expect(() => seat.countCall()).toThrow("the tenant 'acme' reached its limit of 5 host calls");
    expect(tenant.usage).toMatchObject({ hostCalls: 5, stoppedGuests: 1 });
  });

  it("owes fuel it has used too fast, and stops only when it owes a second's worth", () => {
    const time = { now: 0 };
    const tenant = tenantOf({ fuelPerSecond: 160_000 }, { clock: () => time.now });
    const seat = sit(tenant);
    expect(seat.allowance()).toBe(160_000);
    seat.spend(160_000);
    expect([seat.allowance(), seat.breach(), tenant.msUntilFuel(80_000)]).toEqual([10_000, undefined, 500]);
    time.now = 500;
    expect(tenant.msUntilFuel(80_000)).toBe(0);
    seat.spend(80_000 + 159_999);
    expect([seat.allowance(), seat.breach()]).toEqual([1, undefined]);
    seat.spend(1);
    expect(seat.breach()).toMatchObject({ code: "LIMIT_FUEL", details: { limit: "fuelPerSecond", value: 160_000 } });
    time.now = 60_000;
    expect([seat.breach(), seat.allowance()]).toEqual([undefined, 160_000]);
  });

  it("tells when a limit is nearly reached, once, and again after it was not", () => {
    const told: Alert[] = [];
    const tenant = tenantOf({ guests: 5, fuel: 100 }, { onAlert: (alert) => void told.push(alert) });
    const seats = [1, 2, 3, 4].map(() => sit(tenant));
    seats[0]?.spend(79);
    seats[1]?.spend(1);
    seats[1]?.spend(5);
    seats[0]?.leave();
    sit(tenant);
    expect(told.map(({ limit, used }) => [limit, used])).toEqual([
      ["guests", 4],
      ["fuel", 80],
      ["guests", 4],
    ]);
    tenant.update({ limits: { guests: 4 } });
    tenant.update({ limits: { guests: 100, fuel: 1_000 } });
    tenant.update({ limits: { fuel: 100 } });
    expect(told.slice(3)).toMatchObject([{ limit: "fuel", used: 85 }]);
  });

  it.each<[Parameters<ReturnType<typeof createTenant>["update"]>[0], string]>([
    [{ limits: { guests: 0 } }, "the tenant's limit guests must be a positive number, not 0"],
    [{ limits: { fuel: Number.NaN } }, "the tenant's limit fuel must be a positive number, not NaN"],
    [{ limits: { speed: 1 } as Partial<TenantLimits> }, "a tenant has no limit named 'speed'"],
    [{ guestLimits: { fuel: -1 } }, "the limit fuel must be a positive number, not -1"],
    [{ weight: 0 }, "a tenant's weight must be a positive number, not 0"],
  ])("refuses %j, and changes nothing", (change, message) => {
    const tenant = tenantOf({ guests: 3 });
    const before = [tenant.limits, tenant.guestLimits, tenant.weight];
    expect(() => tenant.update(change)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message }));
    expect([tenant.limits, tenant.guestLimits, tenant.weight]).toEqual(before);
  });
});
