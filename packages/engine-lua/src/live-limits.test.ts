import type { Alert, Guest, GuestOptions, Limits } from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { afterAll, describe, expect, it } from "vitest";
import { createLuaEngine } from "./index.js";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

const COUNT = "local n = 0 for i = 1, 1e6 do n = n + 1 end return n";

function openGuest(options: GuestOptions = {}): { guest: Guest; host: TestHost } {
  const host = new TestHost();
  return { guest: engine.createGuest({ bindings: PROMISE_BINDINGS, host, ...options }), host };
}

describe("limits of a guest that lives", () => {
  it("show what they are now, and only those named change", () => {
    const { guest } = openGuest({ limits: { fuel: 1_000_000 } });
    guest.updateLimits({ hostCalls: 5.9 });
    expect(guest.limits).toMatchObject({ fuel: 1_000_000, hostCalls: 5 });
    expect(() => guest.updateLimits({ fuel: -1 })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    expect(() => guest.updateLimits({ feul: 1 } as Partial<Limits>)).toThrow("there is no limit named 'feul'");
    expect(guest.limits.fuel).toBe(1_000_000);
    guest[Symbol.dispose]();
  });

  it("can be raised: the guest goes on with more fuel than it was made with", async () => {
    const { guest, host } = openGuest({ limits: { fuel: 50_000 } });
    host.onCall = () => guest.updateLimits({ fuel: 100_000_000 });
    expect(await guest.run(`test.echo(1) ${COUNT}`).result()).toBe(1e6);
    expect(guest.usage.fuel).toBeGreaterThan(50_000);
    guest[Symbol.dispose]();
  });

  it("can be lowered in the middle of a time slice: the guest stops there", async () => {
    const { guest, host } = openGuest({ limits: { fuel: 1e12 } });
    host.onCall = () => guest.updateLimits({ fuel: 50_000 });
    await expect(guest.run("test.echo(1) while true do end").result()).rejects.toMatchObject({
      code: "LIMIT_FUEL",
      details: { limit: "fuel", value: 50_000 },
    });
    expect(guest.usage.fuel).toBe(50_000);
    guest[Symbol.dispose]();
  });

  it("below what is used stop the guest at once, and say what it has really used", async () => {
    const { guest, host } = openGuest();
    await guest.run(COUNT).result();
    const { fuel } = guest.usage;
    guest.updateLimits({ fuel: 10 });
    await expect(guest.run("return 1").result()).rejects.toMatchObject({ code: "LIMIT_FUEL" });
    expect([guest.usage.fuel, host.calls]).toEqual([fuel, 0]);
    guest[Symbol.dispose]();
  });

  it.each<[keyof Limits, string, string]>([
    ["hostCalls", "LIMIT_CALLS", "for i = 1, 10 do test.echo(i) end"],
    ["outputBytes", "LIMIT_OUTPUT", "for i = 1, 10 do print('0123456789') end"],
    ["pendingCalls", "LIMIT_PENDING", "for i = 1, 10 do test.wait_async('x') end"],
  ])("%s below what is used ends the guest with the next such use", async (limit, code, source) => {
    const { guest } = openGuest();
    const task = guest.run(`${source} test.report('done') ${source}`);
    void task.result().catch(() => {});
    const { guest: second, host } = openGuest();
    host.onCall = () => second.updateLimits(host.reports.length > 0 || host.calls === 11 ? { [limit]: 3 } : {});
    const limited = second.run(`${source} test.report('done') test.echo(1) ${source}`);
    await expect(limited.result()).rejects.toMatchObject({ code, details: { limit, value: 3 } });
    expect(task.state).not.toBe("rejected");
    guest[Symbol.dispose]();
    second[Symbol.dispose]();
  });

  it("memory below what is in use stops the guest; above it only refuses more", async () => {
    const { guest, host } = openGuest({ limits: { fuel: 1e9 } });
    host.onCall = () => guest.updateLimits({ memoryBytes: 4 * 1024 * 1024 });
    await expect(guest.run("t = ('x'):rep(8 << 20) test.echo(1) while true do end").result()).rejects.toMatchObject({
      code: "LIMIT_MEMORY",
      details: { limit: "memoryBytes", value: 4 * 1024 * 1024 },
    });
    guest[Symbol.dispose]();

    const { guest: other, host: otherHost } = openGuest();
    otherHost.onCall = () => other.updateLimits({ memoryBytes: 4 * 1024 * 1024 });
    const source = "test.echo(1) local ok, e = pcall(string.rep, 'x', 8 << 20) return ok, e";
    expect(await other.run(`${source}`).result()).toBe(false);
    other[Symbol.dispose]();
  });

  it("of a snapshot are those of its moment", () => {
    const { guest } = openGuest({ limits: { hostCalls: 11 } });
    const snapshot = guest.snapshot();
    guest.updateLimits({ hostCalls: 22 });
    const restored = engine.restore(snapshot, { bindings: PROMISE_BINDINGS });
    expect([restored.limits.hostCalls, guest.limits.hostCalls]).toEqual([11, 22]);
    for (const one of [guest, restored]) one[Symbol.dispose]();
  });

  it("time below what has passed ends a guest that waits", async () => {
    const { guest } = openGuest({ limits: { timeMs: 3_600_000 } });
    const task = guest.run("return test.wait('a')");
    guest.updateLimits({ timeMs: 1 });
    await expect(task.result()).rejects.toMatchObject({ code: "LIMIT_TIME", details: { value: 1 } });
    guest[Symbol.dispose]();
  });
});

describe("alerts of a guest", () => {
  function alertsOf(source: string, options: GuestOptions): { told: Alert[]; guest: Guest; done: Promise<unknown> } {
    const told: Alert[] = [];
    const { guest } = openGuest({ onAlert: (alert) => void told.push(alert), ...options });
    const done = guest
      .run(source)
      .result()
      .catch((error: unknown) => error)
      .finally(() => guest[Symbol.dispose]());
    return { told, guest, done };
  }

  it.each<[keyof Limits, number, string]>([
    ["fuel", 100_000, "while true do end"],
    ["fuel", 30_000_000, "while true do end"],
    ["hostCalls", 50, "while true do test.echo(1) end"],
    ["outputBytes", 1_000, "while true do print('0123456789') end"],
    ["pendingCalls", 20, "while true do test.wait_async('x') end"],
    ["memoryBytes", 8 * 1024 * 1024, "local t = {} for i = 1, math.huge do t[i] = ('x'):rep(1000) .. i end"],
  ])("come once at 80 % of %s = %i, before the limit does", async (limit, max, source) => {
    const { told, done } = alertsOf(source, { limits: { [limit]: max } });
    expect(await done).toMatchObject({ details: { limit } });
    const mine = told.filter((alert) => alert.limit === limit);
    expect(mine).toHaveLength(1);
    expect(mine[0]).toMatchObject({ limit, max, level: 0.8 });
    expect(mine[0]?.ratio).toBeGreaterThanOrEqual(0.8);
    expect(mine[0]?.ratio).toBeLessThan(1.02);
  });

  it("come at the exact fuel, and take none", async () => {
    const spent: number[] = [];
    const used: number[] = [];
    for (const options of [{}, { onAlert: (alert: Alert) => void used.push(alert.used), alertAt: [0.1, 0.333, 0.9] }]) {
      const { guest } = openGuest({ limits: { fuel: 20_000_000 }, ...options });
      await guest.run("local n = 0 for i = 1, 6e6 do n = n + 1 end return n").result();
      spent.push(guest.usage.fuel);
      guest[Symbol.dispose]();
    }
    expect(spent[0]).toBe(spent[1]);
    expect(spent[0]).toBeGreaterThan(6_660_000);
    expect(used.map((fuel) => Math.round(fuel / 1_000))).toEqual([2_000, 6_660].slice(0, used.length));
    expect(used.length).toBeGreaterThan(0);
  });

  it("on memory come again when the guest has freed some in between", async () => {
    const spin = "for i = 1, 4e5 do end";
    const fill = `t = {} for i = 1, 7500 do t[i] = ("x"):rep(1000) end ${spin}`;
    const free = `t = nil collectgarbage() ${spin}`;
    // Else it would collect when it likes, also while it fills.
    const { told, done } = alertsOf(`collectgarbage("incremental", 1000) ${fill} ${free} ${fill} ${free} return 1`, {
      limits: { memoryBytes: 10 * 1024 * 1024 },
      alertAt: [0.7],
    });
    expect(await done).toBe(1);
    expect(told.map(({ limit }) => limit)).toEqual(["memoryBytes", "memoryBytes"]);
  });

  it("on time come while the guest waits", async () => {
    const { told, done } = alertsOf("return test.wait('a')", { limits: { timeMs: 50 }, alertAt: [0.5] });
    expect(await done).toMatchObject({ code: "LIMIT_TIME" });
    expect(told).toMatchObject([{ limit: "timeMs", max: 50, level: 0.5 }]);
  });

  it("come at the same fuel in a fork, and do not change what it uses", async () => {
    const told: Alert[] = [];
    const { guest } = openGuest({
      limits: { fuel: 20_000_000 },
      alertAt: [0.5],
      onAlert: (alert) => void told.push(alert),
    });
    await guest.run("local n = 0 for i = 1, 1e6 do n = n + 1 end").result();
    const [fork] = guest.fork(1);
    for (const one of [guest, fork]) await one?.run("for i = 1, 6e6 do local n = i + 1 end").result();
    expect(fork?.usage.fuel).toBe(guest.usage.fuel);
    expect(told.map(({ used }) => used)).toEqual([told[0]?.used, told[0]?.used]);
    expect(told[0]?.used).toBeLessThan(10_000_100);
    for (const one of [guest, fork]) one?.[Symbol.dispose]();
  });

  it("are at the thresholds that the host chose", async () => {
    const { told, done } = alertsOf("for i = 1, 100 do test.echo(i) end return 1", {
      limits: { hostCalls: 100 },
      alertAt: [0.25, 0.5, 1],
    });
    expect(await done).toBe(1);
    expect(told.map(({ used }) => used)).toEqual([25, 50, 100]);
  });
});
