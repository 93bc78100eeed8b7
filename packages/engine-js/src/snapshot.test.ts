import { TEST_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import type { Guest } from "@llmspell/engine";
import { describe, expect, it } from "vitest";
import type { GuestSnapshot } from "@llmspell/engine/guest-kit";
import { open, sharedEngine } from "./testing/run.js";

const restore = (snapshot: Parameters<ReturnType<typeof sharedEngine>["restore"]>[0], host = new TestHost()) => {
  const guest = sharedEngine().restore(snapshot, { host, bindings: TEST_BINDINGS });
  return { guest, host, [Symbol.dispose]: () => guest[Symbol.dispose]() };
};

describe("a snapshot of a JavaScript guest", () => {
  it("goes on in the middle of what waits for what", async () => {
    using stage = open();
    const source = `
      async function* numbers() { for (const key of ["a", "b", "c"]) yield await test.wait(key) }
      const sum = async () => { let s = 0; for await (const n of numbers()) s += n; return s }
      const [total, first] = await Promise.all([sum(), Promise.race([test.wait("a"), new Promise(() => {})])])
      return { total, first, late: await Promise.allSettled([test.wait("d"), Promise.reject(1)]) }`;
    stage.guest.run(source);
    let bytes = stage.guest.snapshot().encode();
    for (const [key, value] of Object.entries({ a: 1, b: 20, c: 300 })) {
      using next = restore(bytes);
      next.host.resolve(key, value);
      await new Promise((resolve) => void setImmediate(resolve));
      bytes = next.guest.snapshot().encode();
    }
    using last = restore(bytes);
    const [task] = last.guest.tasks.values();
    last.host.resolve("d", "x");
    expect(await task?.result()).toEqual({
      total: 321,
      first: 1,
      late: [
        { status: "fulfilled", value: "x" },
        { status: "rejected", reason: 1 },
      ],
    });
  });

  it("is small: what the guest has changed, and hardly more", () => {
    using stage = open();
    expect(stage.guest.snapshot().encode().length).toBeLessThan(2_000);
    stage.guest.run('await test.wait("a")');
    expect(stage.guest.snapshot().encode().length).toBeLessThan(10_000);
  });

  it("has the memory that the guest has grown to, also in an instance that has not", async () => {
    using stage = open();
    await stage.guest.run("globalThis.big = new Uint8Array(20e6).fill(7)").result();
    const bytes = stage.guest.snapshot().encode();
    using next = restore(bytes);
    expect(await next.guest.run("return [big.length, big[19999999]]").result()).toEqual([20e6, 7]);
    expect(next.guest.usage.memoryBytes).toBe(stage.guest.usage.memoryBytes + 0);
  });

  it("keeps handles, and no function of the host", async () => {
    using stage = open();
    await stage.guest.run("globalThis.box = test.open('box')").result();
    using next = restore(stage.guest.snapshot().encode());
    expect(await next.guest.run("return box.label()").result()).toBe("box 1");
  });

  it("puts a guest back that a later run has changed", async () => {
    using stage = open();
    const { guest } = stage;
    await guest.run("globalThis.list = [1]").result();
    const snapshot = guest.snapshot();
    await guest.run("list.push(2); Array.prototype.push = null; globalThis.more = new Uint8Array(5e6)").result();
    guest.rollback(snapshot);
    expect(await guest.run("list.push(3); return [list, typeof more]").result()).toEqual([[1, 3], "undefined"]);
  });
});

/** All that a guest's instance holds beside its image. */
const stateOf = (guest: Guest): unknown[] => {
  const { memory } = guest.snapshot() as GuestSnapshot;
  return [memory.byteLength, memory.globals, memory.extents, guest.usage];
};

describe("the pool", () => {
  it("uses an instance again after any end, and finds it as it was", async () => {
    const engine = sharedEngine();
    const ends = [
      "return 1",
      "throw 1",
      "for (;;);",
      "Array.prototype.map = null; globalThis.x = 1",
      "const f = () => f() + 1; f()",
      "await new Promise(() => {})",
      "globalThis.b = new Uint8Array(400000).fill(1)",
    ];
    const { created } = engine.pool;
    const first = open();
    const fresh = stateOf(first.guest);
    first.guest[Symbol.dispose]();
    for (const source of ends) {
      const { guest } = open({ limits: { fuel: 500_000 } });
      await guest
        .run(source)
        .result()
        .catch(() => {});
      guest[Symbol.dispose]();
      const next = open();
      expect(stateOf(next.guest)).toEqual(fresh);
      next.guest[Symbol.dispose]();
    }
    expect(engine.pool.created - created).toBeLessThanOrEqual(1);
  });
});
