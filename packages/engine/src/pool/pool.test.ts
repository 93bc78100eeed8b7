import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { EMPTY_BINDINGS, InstancePool, originOf, type Origin, type PoolPolicy } from "../index.js";

interface Box {
  readonly id: number;
  dirty: boolean;
  grown: boolean;
  broken: boolean;
}

/** A pool of boxes, with a clock and idle moments in the hands of the test. */
function makePool(policy: PoolPolicy = {}) {
  let made = 0;
  const images: string[] = [];
  const idleMoments: (() => void)[] = [];
  const time = { now: 0 };
  const box = (): Box => ({ id: ++made, dirty: false, grown: false, broken: false });
  const pool = new InstancePool<string, Box>(
    {
      prepare: ({ bindings: { modules } }) => {
        images.push(modules.map(({ name }) => name).join());
        return { image: images.at(-1) ?? "", first: box() };
      },
      create: box,
      reset: (_, instance) => void (instance.dirty = false),
      obstacle: (_, { grown }) => (grown ? "grown" : undefined),
      isHealthy: (_, { broken, dirty }) => !broken && !dirty,
    },
    { clock: () => time.now, defer: (run) => void idleMoments.push(run), ...policy },
  );
  const idle = (): number => {
    let moments = 0;
    for (let run = idleMoments.shift(); run !== undefined; run = idleMoments.shift(), moments++) run();
    return moments;
  };
  return { pool, images, time, idle };
}

const bindings = (name: string): Origin =>
  originOf({ bindings: { ...EMPTY_BINDINGS, modules: [{ name, aliases: [], functions: [] }] } });
const A = bindings("a");

describe("an instance", () => {
  it("serves one guest after the other, reset", () => {
    const { pool } = makePool();
    const first = pool.acquire(A);
    first.instance.dirty = true;
    first.release();
    const second = pool.acquire(A);
    expect(second.instance).toBe(first.instance);
    expect(second.instance.dirty).toBe(false);
    expect(pool.stats).toMatchObject({ served: 2, created: 1, reused: 1, hitRatio: 0.5, live: 1, peakLive: 1 });
  });

  it("is never lent twice, nor given back twice", () => {
    const { pool } = makePool();
    const [a, b] = [pool.acquire(A), pool.acquire(A)];
    expect(a.instance).not.toBe(b.instance);
    a.release();
    expect(() => a.release()).toThrow(expect.objectContaining({ code: "INTERNAL" }));
    expect(pool.stats).toMatchObject({ live: 1, idle: 1, peakLive: 2 });
  });

  it.each<[string, PoolPolicy, (box: Box) => void, boolean]>([
    ["grown", {}, (box) => (box.grown = true), false],
    ["surplus", { max: 0 }, () => {}, false],
    ["worn", { maxUses: 1 }, () => {}, false],
    ["trapped", {}, () => {}, true],
    ["unhealthy", { checkEvery: 1 }, (box) => (box.broken = true), false],
    ["unhealthy", { afterTrap: "reset" }, (box) => (box.broken = true), true],
  ])("is not kept when it is %s", (reason, policy, spoil, trapped) => {
    const { pool } = makePool(policy);
    const lease = pool.acquire(A);
    spoil(lease.instance);
    lease.release(trapped);
    expect(pool.stats).toMatchObject({ idle: 0, discarded: 1, discardedBy: { [reason]: 1 } });
    expect(pool.acquire(A).instance).not.toBe(lease.instance);
  });

  it("whose guest was trapped is kept when the policy says so and it is healthy", () => {
    const { pool } = makePool({ afterTrap: "reset" });
    const lease = pool.acquire(A);
    lease.instance.dirty = true;
    lease.release(true);
    expect(pool.acquire(A).instance).toBe(lease.instance);
  });

  it("is looked at only as often as the policy says", () => {
    const { pool } = makePool({ checkEvery: 3 });
    const ids = [1, 2, 3, 4].map(() => {
      const lease = pool.acquire(A);
      lease.instance.broken = true;
      lease.release();
      return lease.instance.id;
    });
    expect(ids).toEqual([1, 1, 1, 2]);
    expect(pool.stats.discardedBy.unhealthy).toBe(1);
  });

  it("is not handed out when it has become too old, out or idle", () => {
    const { pool, time } = makePool({ maxAgeMs: 100 });
    const [a, b] = [pool.acquire(A), pool.acquire(A)];
    a.release();
    time.now = 100;
    const again = pool.acquire(A);
    expect(again.instance).toBe(a.instance);
    again.release();
    time.now = 101;
    b.release();
    expect(pool.stats).toMatchObject({ idle: 1, discardedBy: { aged: 1 } });
    const young = pool.acquire(A);
    expect(young.instance.id).toBe(3);
    young.release();
    time.now = 202;
    pool.trim();
    expect(pool.stats).toMatchObject({ idle: 0, discardedBy: { aged: 3 } });
  });
});

describe("instances made ahead", () => {
  it("are made in idle moments, one in each, not with the first guest", () => {
    const { pool, idle } = makePool({ min: 3 });
    const lease = pool.acquire(A);
    expect(pool.stats).toMatchObject({ created: 1, idle: 0 });
    expect(idle()).toBe(3);
    expect(pool.stats).toMatchObject({ created: 4, idle: 3 });
    lease.release();
    expect(idle()).toBe(0);
    expect(pool.stats.idle).toBe(4);
  });

  it("are made at once by warmUp, no more than the pool keeps", () => {
    const { pool } = makePool({ max: 4 });
    pool.warmUp(A, 3);
    expect(pool.stats).toMatchObject({ created: 3, idle: 3, served: 0, hitRatio: 0 });
    pool.warmUp(A, 1_000_000);
    expect(pool.stats.idle).toBe(4);
    pool.acquire(A);
    expect(pool.stats).toMatchObject({ reused: 1, hitRatio: 1 });
  });

  it("keep the hit ratio of a steady load above 90 %", () => {
    const { pool, idle } = makePool({ min: 2 });
    for (let round = 0; round < 100; round++) {
      const leases = Array.from({ length: 1 + (round % 8) }, () => pool.acquire(A));
      for (const lease of leases) lease.release();
      idle();
    }
    expect(pool.stats.hitRatio).toBeGreaterThan(0.9);
    expect(pool.stats.created).toBeLessThanOrEqual(10);
  });

  it("are not made for a pool that was closed meanwhile", () => {
    const { pool, idle } = makePool({ min: 3 });
    pool.acquire(A);
    pool.close();
    idle();
    expect(pool.stats).toMatchObject({ created: 1, idle: 0 });
  });
});

describe("sets of bindings", () => {
  it("that are new with each guest do not pile up", () => {
    const { pool, images } = makePool({ maxBindings: 4 });
    for (let i = 0; i < 1_000; i++) pool.acquire(bindings(`m${i}`)).release();
    expect(pool.stats.bindings.map(({ modules }) => modules[0])).toEqual(["m996", "m997", "m998", "m999"]);
    expect(pool.stats).toMatchObject({ idle: 4, discardedBy: { evicted: 996 } });
    expect(images).toHaveLength(1_000);
  });

  it("stay while they are used, and each keeps instances of its own", () => {
    const { pool, images } = makePool({ maxBindings: 2 });
    const [b, c] = [bindings("b"), bindings("c")];
    for (const key of [A, b, A, c, A]) pool.acquire(key).release();
    expect(images).toEqual(["a", "b", "c"]);
    expect(pool.stats.bindings).toMatchObject([
      { modules: ["c"], idle: 1, served: 1, reused: 0 },
      { modules: ["a"], idle: 1, served: 3, reused: 2 },
    ]);
  });

  it("that went while a guest was out do not take its instance back", () => {
    const { pool } = makePool({ maxBindings: 1 });
    const lease = pool.acquire(A);
    pool.acquire(bindings("b")).release();
    lease.release();
    expect(pool.stats).toMatchObject({ idle: 1, live: 0, discardedBy: { evicted: 1 } });
  });
});

describe("a cap on live guests", () => {
  it("refuses one more, and says which limit it was", () => {
    const { pool } = makePool({ maxGuests: 2 });
    const [lease] = [pool.acquire(A), pool.acquire(A)];
    expect(() => pool.acquire(A)).toThrow(
      expect.objectContaining({ code: "LIMIT_GUESTS", details: { limit: "maxGuests", value: 2 } }),
    );
    lease?.release();
    expect(pool.acquire(A).instance).toBeDefined();
  });

  it("lets callers wait in the order in which they came", async () => {
    const { pool } = makePool({ maxGuests: 1 });
    const first = pool.acquire(A);
    const order: number[] = [];
    const waits = [1, 2].map((n) =>
      pool.whenFree(() => {
        order.push(n);
        return pool.acquire(A);
      }),
    );
    expect(pool.stats).toMatchObject({ waiting: 2, waits: 2 });
    first.release();
    (await waits[0])?.release();
    await waits[1];
    expect(order).toEqual([1, 2]);
    expect(pool.stats).toMatchObject({ live: 1, waiting: 0, peakLive: 1 });
  });

  it("gives the room of a caller that fails to the next one", async () => {
    const { pool } = makePool({ maxGuests: 1 });
    const first = pool.acquire(A);
    const failing = pool.whenFree(() => {
      throw new SpellError("INVALID_ARGUMENT", "no");
    });
    const next = pool.whenFree(() => pool.acquire(A));
    first.release();
    await expect(failing).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect((await next).instance).toBe(first.instance);
  });

  it("lets a caller stop waiting, and refuses when too many wait", async () => {
    const { pool } = makePool({ maxGuests: 1, maxWaiting: 1 });
    pool.acquire(A);
    const controller = new AbortController();
    const waiting = pool.whenFree(() => pool.acquire(A), controller.signal);
    await expect(pool.whenFree(() => pool.acquire(A))).rejects.toMatchObject({ code: "LIMIT_GUESTS" });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
    expect(pool.stats.waiting).toBe(0);
    await expect(pool.whenFree(() => pool.acquire(A), controller.signal)).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it("ends all waiting when the pool is closed", async () => {
    const { pool } = makePool({ maxGuests: 1 });
    const lease = pool.acquire(A);
    const waiting = pool.whenFree(() => pool.acquire(A));
    pool.close();
    await expect(waiting).rejects.toMatchObject({ code: "INVALID_STATE" });
    lease.release();
    expect(pool.stats).toMatchObject({ idle: 0, live: 0, discardedBy: { closed: 1 } });
    expect(() => pool.acquire(A)).toThrow(expect.objectContaining({ code: "INVALID_STATE" }));
  });
});

it.each<[PoolPolicy, string]>([
  [{ max: -1 }, "the pool's max must be 0 or more, not -1"],
  [{ maxGuests: 0 }, "the pool's maxGuests must be 1 or more, not 0"],
  [{ maxAgeMs: Number.NaN }, "the pool's maxAgeMs must be 0 or more, not NaN"],
  [{ min: 3, max: 2 }, "the pool's min (3) is above its max (2)"],
])("the policy %j is refused", (policy, message) => {
  expect(() => makePool(policy)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message }));
});
