import assert from "node:assert/strict";
import { createTenant, withGuest, type Alert, type Denial, type Tenant } from "../index.js";
import { caseMaker, failure, type ConformanceCase, type ConformanceKit, type Stage } from "./kit.js";

const runFor = async (stage: Stage, tenant: Tenant, source: string): Promise<unknown> => {
  const { guest } = stage.another({ tenant });
  return await guest.run(source).result();
};

/** What a guest's engine does for those who answer for the guest: tenants, alerts, denials, live limits. */
export function tenantCases(kit: ConformanceKit): ConformanceCase[] {
  const make = caseMaker(kit, "tenants");
  const { programs } = kit;
  /** Threads do not share a tenant's counters yet, and say so. */
  const ofTenant = (name: string, body: (stage: Stage) => Promise<void>): ConformanceCase =>
    make(name, async (stage) => {
      if (kit.isolation !== "worker") return await body(stage);
      await failure(() => stage.another({ tenant: createTenant({ name: "mine" }) }), "UNSUPPORTED");
    });
  return [
    ofTenant("a tenant's fuel is one for all its guests, and not another tenant's", async (stage) => {
      const mine = createTenant({ name: "mine", limits: { fuel: 300_000 } });
      const other = createTenant({ name: "other" });
      const error = await failure(() => runFor(stage, mine, programs.catchingLoop), "LIMIT_FUEL");
      assert.deepEqual(error.details["tenant"], "mine");
      assert.match(error.message, /'mine'.*300000/);
      await failure(() => runFor(stage, mine, programs.returnInteger), "LIMIT_FUEL");
      assert.equal(await runFor(stage, other, programs.returnInteger), 42);
      assert.equal(mine.usage.stoppedGuests, 2);
      assert.ok(other.usage.fuel > 0 && mine.usage.fuel >= 300_000);
    }),
    ofTenant("a tenant's live guests are counted, and no more are made than it may have", async (stage) => {
      const tenant = createTenant({ name: "mine", limits: { guests: 1 } });
      const { guest } = stage.another({ tenant });
      assert.ok(tenant.usage.memoryBytes > 0);
      await failure(() => stage.another({ tenant }), "LIMIT_GUESTS");
      guest[Symbol.dispose]();
      assert.equal(tenant.usage.memoryBytes, 0);
      assert.equal(await runFor(stage, tenant, programs.returnInteger), 42);
    }),
    ofTenant("a tenant's memory is one for all its guests", async (stage) => {
      const { guest } = stage.another();
      guest[Symbol.dispose]();
      const tenant = createTenant({ name: "mine" });
      stage.another({ tenant });
      tenant.update({ limits: { memoryBytes: tenant.usage.memoryBytes * 2 + 4 * 1024 * 1024 } });
      const error = await failure(() => runFor(stage, tenant, programs.growMemory), "LIMIT_MEMORY");
      assert.equal(error.details["tenant"], "mine");
      assert.ok(tenant.usage.peakMemoryBytes <= tenant.limits.memoryBytes);
    }),
    ofTenant("a tenant's host calls are counted over all its guests", async (stage) => {
      const tenant = createTenant({ name: "mine", limits: { hostCalls: 5 } });
      assert.equal(await runFor(stage, tenant, programs.sayTwice.canonical), "ho ho");
      const { guest, host } = stage.another({ tenant });
      await failure(guest.run(programs.callForever), "LIMIT_CALLS");
      assert.equal(host.calls, 4);
    }),
    make("limits that change while the guest runs hold from then on", async ({ another }) => {
      const { guest, host } = another({ limits: { hostCalls: 1_000 } });
      host.onCall = () => guest.updateLimits({ hostCalls: 7 });
      await failure(guest.run(programs.callForever), "LIMIT_CALLS");
      assert.deepEqual([host.calls, guest.limits.hostCalls], [7, 7]);
      const { guest: other } = another({ limits: { fuel: 1e9 } });
      other.updateLimits({ fuel: 100_000 });
      await failure(other.run(programs.catchingLoop), "LIMIT_FUEL");
      assert.equal(other.usage.fuel, 100_000);
      await failure(() => another().guest.updateLimits({ fuel: 0 }), "INVALID_ARGUMENT");
    }),
    make("an alert comes once, at 80 % of a limit", async ({ another }) => {
      const alerts: Alert[] = [];
      const { guest } = another({ limits: { fuel: 500_000 }, onAlert: (alert) => void alerts.push(alert) });
      await failure(guest.run(programs.endlessLoop), "LIMIT_FUEL");
      assert.deepEqual(
        alerts.map(({ limit, max, level }) => [limit, max, level]),
        [["fuel", 500_000, 0.8]],
      );
      assert.ok((alerts[0]?.ratio ?? 0) >= 0.8 && (alerts[0]?.ratio ?? 1) < 1);
    }),
    make("what a limit denies is told, with its place", async ({ another }) => {
      const denials: Denial[] = [];
      const { guest } = another({ limits: { hostCalls: 3 }, onDenied: (denial) => void denials.push(denial) });
      await failure(guest.run(programs.callForever, { name: "loop.spell" }), "LIMIT_CALLS");
      assert.deepEqual(
        denials.map(({ what, code, file, line }) => [what, code, file, line]),
        [["limit", "LIMIT_CALLS", "loop.spell", 1]],
      );
    }),
    make("a guest is lent and comes back, also when its user fails", async ({ engine }) => {
      const { live } = engine.pool;
      assert.equal(await withGuest(engine, {}, (guest) => guest.run(programs.returnInteger).result()), 42);
      await failure(() => withGuest(engine, {}, (guest) => guest.run(programs.throwOnLine7).result()), "SCRIPT_ERROR");
      assert.equal(engine.pool.live, live);
    }),
    make("guests for which instances were made ahead are all served by them", ({ engine, another }) => {
      const { bindings } = kit;
      if (bindings === undefined) return;
      engine.warmUp({ bindings }, 3);
      const before = engine.pool;
      for (let i = 0; i < 3; i++) another();
      assert.deepEqual([engine.pool.created, engine.pool.reused - before.reused], [before.created, 3]);
    }),
  ];
}
