import { describe, expect, it } from "vitest";
import { PROMISE_BINDINGS, TEST_BINDINGS } from "@llmspell/engine/conformance";
import type { Guest, GuestOptions } from "@llmspell/engine";
import { sharedEngine } from "./testing/run.js";
import { Clock, settled } from "./testing/clock.js";

function open(options: GuestOptions = {}): { guest: Guest; clock: Clock } & Disposable {
  const clock = new Clock();
  const guest = sharedEngine().createGuest({ host: clock, bindings: PROMISE_BINDINGS, ...options });
  return { guest, clock, [Symbol.dispose]: () => guest[Symbol.dispose]() };
}

const TICKS = `
  const seen = []
  const tick = setInterval(() => { seen.push("tick"); if (seen.length === 3) clearInterval(tick) }, 10)
  await new Promise((done) => setTimeout(done, 60))
  return seen.join() + test.echo("!")`;

describe("setTimeout", () => {
  it("calls the function once, with its arguments, when the time has come", async () => {
    using stage = open();
    const { guest, clock } = stage;
    guest.run(
      "globalThis.seen = []; setTimeout((...args) => seen.push(...args), 50, 'b', 2); setTimeout(() => seen.push('a'), 20)",
    );
    expect([guest.state, guest.usage.pendingCalls]).toEqual(["suspended", 2]);
    await clock.advance(49);
    expect(guest.getGlobal("seen")).toEqual(["a"]);
    await clock.advance(1000);
    expect(guest.getGlobal("seen")).toEqual(["a", "b", 2]);
    expect([guest.state, guest.usage.pendingCalls]).toEqual(["finished", 0]);
  });

  it("makes a promise that can be awaited", async () => {
    using stage = open();
    const task = stage.guest.run("await new Promise((done) => setTimeout(done, 5)); return 'later'");
    await stage.clock.advance(5);
    expect(await task.result()).toBe("later");
  });

  it.each([
    ["1.9", 1],
    ["-5", 0],
    ["'20'", 20],
    ["NaN", 0],
    ["Infinity", 2 ** 31 - 1],
    ["undefined", 0],
  ])("waits %s as %i ms", async (ms, expected) => {
    using stage = open();
    await stage.guest.run(`setTimeout(() => {}, ${ms})`).result();
    expect(stage.clock.slept).toEqual([expected]);
  });

  it("is ended by clearTimeout: the host gives the wait up", async () => {
    using stage = open();
    const { guest, clock } = stage;
    await guest
      .run("globalThis.t = setTimeout(() => fail(), 10); setTimeout(() => fail(), 10); clearTimeout(t + 1)")
      .result();
    expect([clock.waits, clock.given]).toEqual([1, ["the spell no longer waits for this"]]);
    await guest.run("clearTimeout(t); clearTimeout(t); clearTimeout('x'); clearTimeout()").result();
    expect([clock.waits, guest.usage.pendingCalls, guest.state]).toEqual([0, 0, "finished"]);
    await clock.advance(100);
  });

  it("fails the run where its function fails, when nobody waits for that", async () => {
    using stage = open();
    const task = stage.guest.run("setTimeout(() => {\n  null.x\n}, 1)\nawait test.wait('a')", { name: "t.js" });
    await stage.clock.advance(1);
    await expect(task.result()).rejects.toMatchObject({ code: "SCRIPT_ERROR", details: { file: "t.js", line: 2 } });
  });

  it.each(["setTimeout('1')", "setInterval(1)", "queueMicrotask({})"])("refuses %s", async (source) => {
    using stage = open();
    await expect(stage.guest.run(source).result()).rejects.toThrow("argument 1 must be a function");
  });

  it("is UNSUPPORTED, and says so, without the host's sleep", async () => {
    using stage = open({ bindings: TEST_BINDINGS });
    for (const [source, name] of [
      ["setTimeout(() => {}, 1)", "setTimeout"],
      ["setInterval(() => {}, 1)", "setInterval"],
      ["AbortSignal.timeout(1)", "AbortSignal.timeout"],
    ] as const) {
      await expect(stage.guest.run(source).result()).rejects.toMatchObject({
        code: "UNSUPPORTED",
        message: `${name}: this spell has no timers`,
      });
    }
  });

  it("counts as a pending call, against the limit of them", async () => {
    using stage = open({ limits: { pendingCalls: 20 } });
    const task = stage.guest.run("for (;;) try { setTimeout(() => {}, 1000) } catch {}");
    await expect(task.result()).rejects.toMatchObject({ code: "LIMIT_PENDING" });
    expect(stage.clock.waits).toBe(0);
  });

  it("does not hide a deadlock", async () => {
    using stage = open();
    const task = stage.guest.run("setTimeout(() => {}, 10); await new Promise(() => {})");
    const result = task.result().catch((error: unknown) => error);
    expect(stage.guest.state).toBe("suspended");
    await stage.clock.advance(10);
    expect(await result).toMatchObject({ code: "DEADLOCK" });
  });

  it.each(["restored", "forked"] as const)("goes on in a guest that was %s", async (how) => {
    using stage = open();
    const { guest, clock } = stage;
    guest.run(TICKS);
    await clock.advance(15);
    const snapshot = guest.snapshot();
    const other = new Clock();
    const next =
      how === "forked"
        ? (guest.fork(1)[0] as Guest)
        : sharedEngine().restore(snapshot.encode(), { bindings: PROMISE_BINDINGS, host: other });
    const [copy] = next.tasks.values();
    await (how === "forked" ? clock : other).advance(100);
    expect(await copy?.result()).toBe("tick,tick,tick!");
    next[Symbol.dispose]();
  });

  it("goes on in a guest that was put back: what had been answered is asked for again", async () => {
    using stage = open();
    const { guest, clock } = stage;
    const task = guest.run(TICKS);
    await clock.advance(15);
    const snapshot = guest.snapshot();
    await clock.advance(10);
    guest.rollback(snapshot);
    await clock.advance(100);
    expect(await task.result()).toBe("tick,tick,tick!");
  });
});

describe("setInterval", () => {
  it("calls the function until it is ended, by the function itself or from outside", async () => {
    using stage = open();
    const { guest, clock } = stage;
    await guest
      .run("globalThis.n = 0; globalThis.t = setInterval((by) => { n += by; if (n > 5) clearInterval(t) }, 10, 2)")
      .result();
    await clock.advance(25);
    expect(guest.getGlobal("n")).toBe(4);
    await clock.advance(1000);
    expect([guest.getGlobal("n"), guest.state, clock.waits]).toEqual([6, "finished", 0]);
  });

  it("is bounded by the calls of the host", async () => {
    using stage = open({ limits: { hostCalls: 10 } });
    const task = stage.guest.run("setInterval(() => {}, 0); await test.wait('a')");
    const result = task.result().catch((error: unknown) => error);
    await stage.clock.advance(1);
    expect(await result).toMatchObject({ code: "LIMIT_CALLS" });
  });
});

describe("queueMicrotask", () => {
  it("runs before what waits for the host, in order", async () => {
    using stage = open();
    const source = `
      const seen = []
      setTimeout(() => seen.push("timer"), 0)
      queueMicrotask(() => { seen.push("a"); queueMicrotask(() => seen.push("c")) })
      queueMicrotask(() => seen.push("b"))
      await new Promise((done) => setTimeout(done, 1))
      return seen.join()`;
    const task = stage.guest.run(source);
    await stage.clock.advance(1);
    expect(await task.result()).toBe("a,b,c,timer");
  });

  it("fails the run where its function fails, and the guest goes on", async () => {
    using stage = open();
    const task = stage.guest.run("\nqueueMicrotask(() => { throw new RangeError('lost') })", { name: "q.js" });
    await expect(task.result()).rejects.toMatchObject({ message: "lost", details: { file: "q.js", line: 2 } });
    expect(await stage.guest.run("return 1").result()).toBe(1);
  });
});

describe("a script's own changes to the language", () => {
  it("do not reach the timers", async () => {
    using stage = open();
    const task = stage.guest.run(`
      Promise.prototype.then = null
      Promise.resolve = null
      Map.prototype.get = Map.prototype.set = Map.prototype.delete = null
      Array.prototype[Symbol.iterator] = null
      Object.prototype.__defineGetter__("signal", () => { throw new Error("read") })
      Reflect.apply = Function.prototype.call = null
      let done
      const waits = new Promise((resolve) => { done = resolve })
      setTimeout(done, 3, "through")
      return await waits`);
    await stage.clock.advance(3);
    await settled();
    await expect(task.result()).resolves.toBe("through");
  });
});
