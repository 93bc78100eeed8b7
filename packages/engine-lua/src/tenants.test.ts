import { FairScheduler, createTenant, type GuestOptions, type Host, type Tenant } from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { SpellError } from "@llmspell/errors";
import { afterAll, describe, expect, it } from "vitest";
import { createLuaEngine } from "./index.js";

const engine = createLuaEngine();
const second = createLuaEngine();
afterAll(() => {
  engine[Symbol.dispose]();
  second[Symbol.dispose]();
});

const ENDLESS = "while true do pcall(function() while true do end end) end";
const COUNT = "local n = 0 for i = 1, 3e6 do n = n + 1 end return n";

const openGuest = (tenant: Tenant, options: GuestOptions = {}, on = engine) =>
  on.createGuest({ bindings: PROMISE_BINDINGS, host: new TestHost(), tenant, ...options });

const errorOf = (result: Promise<unknown>): Promise<unknown> => result.catch((error: unknown) => error);

describe("a tenant over its limit", () => {
  it("of fuel loses its guests, of every engine; another tenant's go on", async () => {
    const acme = createTenant({ name: "acme", limits: { fuel: 3_000_000 } });
    const other = createTenant({ name: "other", limits: { fuel: 30_000_000 } });
    const hosts = [new TestHost(), new TestHost(), new TestHost()];
    const guests = [acme, acme, other].map((tenant, i) =>
      openGuest(tenant, { host: hosts[i] ?? {} }, i === 1 ? second : engine),
    );
    const waiting = guests.map((guest) => guest.run("test.wait('a') return 1"));
    const ends = waiting.map((task) => errorOf(task.result()));
    using hog = openGuest(acme);
    const message = "the tenant 'acme' reached its limit of 3000000 units of fuel";
    expect(await errorOf(hog.run(ENDLESS).result())).toMatchObject({
      code: "LIMIT_FUEL",
      message,
      details: { tenant: "acme", limit: "fuel", value: 3_000_000 },
    });
    expect(waiting.map(({ state }) => state)).toEqual(["pending", "pending", "pending"]);
    // What waits is stopped when it goes on.
    for (const host of hosts) host.resolve("a");
    expect(await Promise.all(ends)).toMatchObject([{ message }, { message }, 1]);
    expect(acme.usage.stoppedGuests).toBe(3);
    expect(acme.usage.fuel).toBeGreaterThanOrEqual(3_000_000);
    expect(acme.usage.fuel).toBeLessThan(3_001_000);
    for (const guest of guests) guest[Symbol.dispose]();
    expect(acme.usage).toMatchObject({ guests: 1, totalGuests: 3 });
  });

  it("of memory cannot take more; the guest's own limit is not the one that is named", async () => {
    const base = 1.75 * 1024 * 1024;
    const tenant = createTenant({ name: "acme", limits: { memoryBytes: 12 * 1024 * 1024 } });
    using small = openGuest(tenant);
    using large = openGuest(tenant);
    expect(tenant.usage.memoryBytes).toBe(2 * base);
    expect(await errorOf(large.run("t = {} for i = 1, 1e6 do t[i] = ('x'):rep(100) .. i end").result())).toMatchObject({
      code: "LIMIT_MEMORY",
      message: "the tenant 'acme' reached its limit of 12582912 bytes of memory",
    });
    expect(tenant.usage.memoryBytes).toBeLessThanOrEqual(12 * 1024 * 1024);
    expect(await small.run("return 1").result()).toBe(1);
    large[Symbol.dispose]();
    expect(tenant.usage.memoryBytes).toBe(base);
    expect(await small.run("s = ('x'):rep(3 << 20) return #s").result()).toBe(3 << 20);
  });

  it("of host calls, of guests", async () => {
    const tenant = createTenant({ name: "acme", limits: { hostCalls: 10, guests: 2 } });
    using a = openGuest(tenant);
    using b = openGuest(tenant);
    await a.run("for i = 1, 6 do test.echo(i) end").result();
    expect(await errorOf(b.run("for i = 1, 6 do pcall(test.echo, i) end").result())).toMatchObject({
      code: "LIMIT_CALLS",
      details: { tenant: "acme", limit: "hostCalls" },
    });
    expect(b.usage.hostCalls).toBe(5);
    expect(() => openGuest(tenant)).toThrow(expect.objectContaining({ code: "LIMIT_GUESTS" }));
  });

  it("that was lowered while its guests compute", async () => {
    const tenant = createTenant({ name: "acme" });
    const host = new TestHost();
    host.onCall = () => tenant.update({ limits: { fuel: 2_000_000 } });
    using guest = openGuest(tenant, { host });
    expect(await errorOf(guest.run(`test.echo(1) ${ENDLESS}`).result())).toMatchObject({
      code: "LIMIT_FUEL",
      details: { tenant: "acme", value: 2_000_000 },
    });
  });
});

describe("a tenant", () => {
  it("gives its guests limits, live, but leaves those alone that they were made with", async () => {
    const tenant = createTenant({ name: "acme", guestLimits: { fuel: 50_000 } });
    using plain = openGuest(tenant);
    using own = openGuest(tenant, { limits: { fuel: 77_000 } });
    expect([plain.limits.fuel, own.limits.fuel]).toEqual([50_000, 77_000]);
    tenant.update({ guestLimits: { fuel: 60_000, hostCalls: 3 } });
    expect([plain.limits.fuel, own.limits.fuel, own.limits.hostCalls]).toEqual([60_000, 77_000, 3]);
    expect(await errorOf(plain.run(ENDLESS).result())).toMatchObject({ details: { value: 60_000 } });
    tenant.update({ guestLimits: { fuel: 70_000 } });
    using later = openGuest(tenant);
    expect(later.limits).toMatchObject({ fuel: 70_000, hostCalls: 3 });
  });

  it("answers for forks of its guests as for the guests", async () => {
    const tenant = createTenant({ name: "acme", limits: { guests: 3, fuel: 5_000_000 } });
    using guest = openGuest(tenant);
    await guest.run(COUNT.replace("3e6", "1e5")).result();
    const { fuel } = tenant.usage;
    const forks = guest.fork(2);
    expect(tenant.usage).toMatchObject({ guests: 3, fuel, memoryBytes: 3 * 1.75 * 1024 * 1024 });
    expect(() => guest.fork(1)).toThrow(expect.objectContaining({ code: "LIMIT_GUESTS" }));
    for (const fork of forks) fork[Symbol.dispose]();
    expect(() => guest.fork(3)).toThrow(expect.objectContaining({ code: "LIMIT_GUESTS" }));
    expect(tenant.usage.guests).toBe(1);
    const [fork] = guest.fork(1);
    expect(await errorOf(fork?.run(ENDLESS).result() ?? Promise.resolve())).toMatchObject({
      details: { tenant: "acme", limit: "fuel" },
    });
    fork?.[Symbol.dispose]();
  });

  it("answers for a restored guest from there on, and for no more memory than it may hold", async () => {
    using guest = engine.createGuest();
    await guest.run("s = ('x'):rep(4 << 20)").result();
    const snapshot = guest.snapshot();
    const tenant = createTenant({ name: "acme", limits: { memoryBytes: 4 * 1024 * 1024 } });
    expect(() => engine.restore(snapshot, { tenant })).toThrow(expect.objectContaining({ code: "LIMIT_MEMORY" }));
    expect(tenant.usage).toMatchObject({ guests: 0, memoryBytes: 0 });
    tenant.update({ limits: { memoryBytes: 16 * 1024 * 1024 } });
    using restored = engine.restore(snapshot, { tenant });
    expect(await restored.run("return #s").result()).toBe(4 << 20);
    expect(restored.usage.fuel - tenant.usage.fuel).toBe(guest.usage.fuel);
    expect(tenant.usage.memoryBytes).toBeGreaterThan(4 * 1024 * 1024);
  });

  it("can end all its guests", async () => {
    const tenant = createTenant({ name: "acme" });
    const guests = [openGuest(tenant), openGuest(tenant)];
    const results = guests.map((guest) => errorOf(guest.run("test.wait('a')").result()));
    tenant.stop(new SpellError("INTERRUPTED", "the tenant was closed"));
    expect(await Promise.all(results)).toMatchObject([{ code: "INTERRUPTED" }, { code: "INTERRUPTED" }]);
    for (const guest of guests) guest[Symbol.dispose]();
    expect(tenant.usage).toMatchObject({ guests: 0, memoryBytes: 0 });
  });

  it("gets a seat back when its guest cannot be made", () => {
    const tenant = createTenant({ name: "acme", limits: { guests: 1 } });
    expect(() => openGuest(tenant, { limits: { memoryBytes: 1 } })).toThrow("Lua needs a memory limit");
    expect(() => openGuest(tenant, { limits: { fuel: -1 } })).toThrow("the limit fuel");
    expect(() => openGuest(tenant, { onAlert: () => {}, alertAt: [7] })).toThrow("alertAt");
    expect(tenant.usage).toMatchObject({ guests: 0, memoryBytes: 0 });
    openGuest(tenant)[Symbol.dispose]();
    expect(engine.pool.live).toBe(0);
  });

  it("costs no fuel, and all that its guests use is counted once", async () => {
    const tenant = createTenant({ name: "acme" });
    using alone = engine.createGuest();
    await alone.run(COUNT).result();
    const guests = [engine.createGuest({ tenant }), second.createGuest({ tenant })];
    for (const guest of guests) await guest.run(COUNT).result();
    expect(guests.map((guest) => guest.usage.fuel)).toEqual([alone.usage.fuel, alone.usage.fuel]);
    expect(tenant.usage.fuel).toBe(2 * alone.usage.fuel);
    for (const guest of guests) guest[Symbol.dispose]();
  });
});

describe("slices", () => {
  /** Notes whose guest gets each slice. */
  function noted(pause: NonNullable<Host["pause"]>, name: string, order: string[]): NonNullable<Host["pause"]> {
    return (resume) =>
      pause(() => {
        order.push(name);
        resume();
      });
  }

  it("of a tenant are waited for no longer than one slice, whatever another one runs", async () => {
    const scheduler = new FairScheduler();
    const [hostile, nice] = [createTenant({ name: "hostile" }), createTenant({ name: "nice" })];
    const order: string[] = [];
    const open = (tenant: Tenant) =>
      openGuest(tenant, {
        limits: { fuel: 1e12 },
        host: { pause: noted(scheduler.pauseFor(tenant), tenant.name, order) },
      });
    const hogs = Array.from({ length: 20 }, () => open(hostile));
    const ends = hogs.map((hog) => errorOf(hog.run(ENDLESS).result()));
    using guest = open(nice);
    expect(await guest.run("local n = 0 for i = 1, 8e6 do n = n + 1 end return n").result()).toBe(8e6);
    hostile.stop(new SpellError("INTERRUPTED", "enough"));
    await Promise.all(ends);
    for (const hog of hogs) hog[Symbol.dispose]();
    const mine = order.flatMap((name, i) => (name === "nice" ? [i] : []));
    const waits = mine.slice(1).map((at, i) => at - (mine[i] ?? 0) - 1);
    expect(mine.length).toBeGreaterThan(10);
    expect(Math.max(...waits)).toBeLessThanOrEqual(2);
  });

  it("of a tenant with fuel per second wait for it, and the guest is not stopped", async () => {
    const time = { now: 0 };
    const waits: number[] = [];
    const scheduler = new FairScheduler({
      delay: (run, ms) => {
        waits.push(ms);
        time.now += ms;
        setImmediate(run);
      },
    });
    const tenant = createTenant({ name: "slow", limits: { fuelPerSecond: 2_000_000 }, clock: () => time.now });
    using guest = openGuest(tenant, { host: { pause: scheduler.pauseFor(tenant) } });
    expect(await guest.run(COUNT).result()).toBe(3e6);
    const seconds = (guest.usage.fuel - 2_000_000) / 2_000_000;
    expect(time.now / 1_000).toBeGreaterThanOrEqual(seconds - 0.6);
    expect(time.now / 1_000).toBeLessThanOrEqual(seconds + 0.6);
  });

  it("that cannot be waited for stop the guest when it owes a second's worth", async () => {
    const tenant = createTenant({ name: "slow", limits: { fuelPerSecond: 500_000 }, clock: () => 0 });
    using guest = openGuest(tenant);
    expect(await errorOf(guest.run(COUNT).result())).toMatchObject({
      code: "LIMIT_FUEL",
      details: { tenant: "slow", limit: "fuelPerSecond" },
    });
    expect(tenant.usage.fuel).toBeGreaterThanOrEqual(1_000_000);
    expect(tenant.usage.fuel).toBeLessThan(1_100_000);
  });
});
