import type { Guest, GuestOptions, Host } from "@llmspell/engine";
import { TEST_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { sharedEngine } from "./testing/run.js";

const engine = sharedEngine();
const pause: NonNullable<Host["pause"]> = (resume) => void setImmediate(resume);
const create = (host: Host = { pause }, options: GuestOptions = {}): Guest =>
  engine.createGuest({ bindings: TEST_BINDINGS, host, limits: { fuel: 1e12 }, ...options });

/** Many short jobs, over several slices. */
const STEPS = "let n = 0; for (let i = 0; i < 60_000; i++) n += await i % 2; return n";
const STORM = "const next = () => Promise.resolve().then(next); next()";

describe("a host that pauses", () => {
  it("gets the event loop between the jobs of a guest that has many", async () => {
    using guest = create();
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const task = guest.run(STEPS);
    expect([task.state, guest.state]).toEqual(["pending", "suspended"]);
    expect(await task.result()).toBe(30_000);
    clearInterval(timer);
    expect([turns > 0, guest.state]).toEqual([true, "finished"]);
  });

  it("can stop an endless storm of jobs between two slices", async () => {
    using guest = create();
    const task = guest.run(`${STORM}; await new Promise(() => {})`);
    setTimeout(() => guest.stop(new SpellError("INTERRUPTED", "enough")), 20);
    await expect(task.result()).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect(guest.state).toBe("killed");
  });

  it("may resume a guest that was disposed in between", async () => {
    const resumes: (() => void)[] = [];
    const guest = create({ pause: (resume) => void resumes.push(resume) });
    const result = guest.run(STEPS).result();
    guest[Symbol.dispose]();
    await expect(result).rejects.toMatchObject({ code: "CANCELLED" });
    expect(resumes).toHaveLength(1);
    for (const resume of resumes) resume();
    expect(guest.state).toBe("disposed");
  });

  it("lets two guests in one thread go on side by side", async () => {
    const order: string[] = [];
    const guests = ["a", "b"].map((name) =>
      create({ pause, write: (_, bytes) => void order.push(name + Buffer.from(bytes).toString().trim()) }),
    );
    const source = "for (let s = 1; s < 4; s++) { console.log(s); for (let i = 0; i < 30_000; i++) await 0 }";
    await Promise.all(guests.map((guest) => guest.run(source).result()));
    expect(order.indexOf("b1")).toBeLessThan(order.indexOf("a3"));
    for (const guest of guests) guest[Symbol.dispose]();
  });

  it("can give more tasks and answers meanwhile", async () => {
    const host = new TestHost();
    using guest = create(Object.assign(host, { pause }));
    const first = guest.run(`while (!globalThis.enough) await 0; return "first"`);
    const second = guest.run(`return await test.wait("a")`);
    host.resolve("a", "second");
    expect(await second.result()).toBe("second");
    expect(first.state).toBe("pending");
    expect(await guest.run(`globalThis.enough = true; return "third"`).result()).toBe("third");
    expect(await first.result()).toBe("first");
  });

  it("does not change what a guest uses", async () => {
    const fuel = new Set<number>();
    for (const host of [{ pause }, { pause }, {}]) {
      using guest = create(host);
      await guest.run(STEPS).result();
      fuel.add(guest.usage.fuel);
    }
    expect(fuel.size).toBe(1);
  });

  it("has to wait for a computation that has no jobs", async () => {
    let pauses = 0;
    using guest = create({ pause: (resume) => (pauses++, pause(resume)) });
    const task = guest.run("let n = 0; for (let i = 0; i < 1e6; i++) n += i; return n");
    expect(guest.usage.fuel).toBeGreaterThan(3_000_000);
    expect(await task.result()).toBe(499_999_500_000);
    expect(pauses).toBe(1);
  });
});

describe("an error that nobody takes", () => {
  const LATE = (rest: string): string =>
    `const lost = Promise.reject(new Error("lost")); for (let i = 0; i < 60_000; i++) await 0; ${rest}`;

  it("is one when nothing is ready to run any more, and not at a pause", async () => {
    using guest = create();
    expect(await guest.run(LATE("try { await lost } catch (e) { return e.message }")).result()).toBe("lost");
    await expect(guest.run(LATE("return 1")).result()).rejects.toMatchObject({ message: "lost" });
  });

  it("fails the task that the turn was started for, also when others came in between", async () => {
    using guest = create();
    const first = guest.run(LATE("await new Promise(() => {})"));
    const second = guest.run("return 2");
    await expect(first.result()).rejects.toMatchObject({ message: "lost" });
    expect(await second.result()).toBe(2);
  });

  it.each(["restored", "forked", "put back"] as const)("is kept in a guest that was %s at a pause", async (how) => {
    using guest = create();
    const task = guest.run(LATE("return 1"));
    const result = task.result().catch(({ message }: Error) => message);
    expect(guest.state).toBe("suspended");
    const snapshot = guest.snapshot();
    if (how === "put back") guest.rollback(snapshot);
    const [next] =
      how === "restored" ? [engine.restore(snapshot.encode(), { bindings: TEST_BINDINGS })] : guest.fork(1);
    const [copy] = next?.tasks.values() ?? [];
    await expect(copy?.result()).rejects.toMatchObject({ message: "lost" });
    expect(await result).toBe("lost");
    next?.[Symbol.dispose]();
  });

  it("in a finalizer of the script fails the run, and the guest goes on", async () => {
    using guest = create({});
    const task = guest.run(`
      globalThis.r = new FinalizationRegistry(() => { throw new Error("in the end") })
      r.register({}, 1)
      await 0`);
    await expect(task.result()).rejects.toMatchObject({ message: "in the end" });
    expect(await guest.run("return 1").result()).toBe(1);
  });
});
