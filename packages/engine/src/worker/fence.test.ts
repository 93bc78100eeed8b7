import { SpellError } from "@llmspell/errors";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { bundleForThread } from "../../../../test/support/bundle.js";
import type { Engine, Guest, GuestOptions, Host } from "../engine.js";
import type { FunctionRef } from "../value.js";
import { createWorkerEngine, type ThreadSettings } from "./index.js";
import { ABOUT } from "./testing/raw-engine.js";

const module = await bundleForThread(new URL("./testing/raw-worker.ts", import.meta.url));
const engines: Engine[] = [];

function create(threads: ThreadSettings = {}, data?: unknown): Engine {
  const engine = createWorkerEngine({ about: ABOUT, module, data, threads: { graceMs: 50, ...threads } });
  engines.push(engine);
  return engine;
}

const engine = create();
afterEach(() => {
  for (const short of engines.splice(1)) short[Symbol.dispose]();
});
afterAll(() => engine[Symbol.dispose]());

const ENOUGH = new SpellError("INTERRUPTED", "enough");
const LOOP = "for (;;) {}";

/** The flag is in the engine's `data`. */
const RAISE_FLAG = "const flag = new Int32Array(data); Atomics.store(flag, 0, 1); Atomics.notify(flag, 0)";

/** Hears nothing meanwhile. */
const standStill = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

async function works(on: Engine = engine): Promise<void> {
  using guest = on.createGuest();
  expect(await guest.run("return 42").result()).toBe(42);
}

/** A guest that has entered an endless loop. */
async function looping(
  options: GuestOptions = {},
  on: Engine = engine,
): Promise<{ guest: Guest; ended: Promise<unknown> }> {
  let entered!: () => void;
  const inside = new Promise<void>((resolve) => (entered = resolve));
  const guest = on.createGuest({ ...options, host: { call: () => entered() as undefined } });
  const ended = guest
    .run(`spell.call(1); ${LOOP}`)
    .result()
    .catch((error: unknown) => error);
  await inside;
  return { guest, ended };
}

describe("a guest that never looks up", () => {
  it("is killed after stop(), with the very reason, and its engine goes on", async () => {
    const { discarded } = engine.pool;
    const { guest, ended } = await looping();
    expect(guest.state).toBe("running");
    guest.stop(ENOUGH);
    expect(guest.state).toBe("killed");
    expect(await ended).toBe(ENOUGH);
    expect(() => guest.run("return 1")).toThrow(ENOUGH);
    await works();
    await expect.poll(() => engine.pool.discarded).toBe(discarded + 1);
  });

  it("is killed when it is disposed", async () => {
    const { guest, ended } = await looping();
    guest[Symbol.dispose]();
    expect(await ended).toMatchObject({ code: "CANCELLED" });
    expect(guest.state).toBe("disposed");
    await works();
  });

  it("is killed at its time limit", async () => {
    const { guest, ended } = await looping({ limits: { timeMs: 50 } });
    expect(await ended).toMatchObject({ code: "LIMIT_TIME", details: { limit: "timeMs", value: 50 } });
    expect(guest.state).toBe("killed");
    await works();
  });

  it("is killed at its time limit while the host waits in callSync", async () => {
    let kept: unknown;
    const host: Host = {
      call(_, [fn], guest) {
        try {
          return guest.callSync(fn as FunctionRef);
        } catch (error) {
          kept = error;
          return "caught";
        }
      },
    };
    using guest = engine.createGuest({ host, limits: { timeMs: 50 } });
    const task = guest.run(`return spell.call(1, spell.fn(() => { ${LOOP} }))`);
    await expect(task.result()).rejects.toMatchObject({ code: "LIMIT_TIME" });
    expect(kept).toMatchObject({ code: "LIMIT_TIME" });
    await works();
  });

  it("is killed at its time limit while the host waits for a global", async () => {
    const told: boolean[] = [];
    using guest = engine.createGuest({ limits: { timeMs: 300 }, host: { onStuck: (stuck) => void told.push(stuck) } });
    await guest.run(`spell.globals.set("x", spell.fn(() => { ${LOOP} }))`).result();
    expect(() => guest.getGlobal("x")).toThrow(expect.objectContaining({ code: "LIMIT_TIME" }));
    expect(told).toEqual([true, false]);
    expect(guest.state).toBe("killed");
    await works();
  });

  it("that asks late is not killed for the time it did nothing", async () => {
    using guest = engine.createGuest({ limits: { timeMs: 1 } });
    await guest.run("return 1").result();
    await new Promise((resolve) => setTimeout(resolve, 100));
    guest.setGlobal("x", 2);
    expect([guest.getGlobal("x"), await guest.run("return 3").result()]).toEqual([2, 3]);
  });

  it("that has ended in time is not killed, though the host was busy and hears of it late", async () => {
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const busy = create({}, flag.buffer);
    await works(busy);
    using guest = busy.createGuest({ limits: { timeMs: 1 } });
    // After this, timers come before messages.
    await new Promise((resolve) => setImmediate(resolve));
    const task = guest.run(`${RAISE_FLAG}; return 2`);
    Atomics.wait(flag, 0, 0);
    standStill(300);
    expect(await task.result()).toBe(2);
  });

  it("is killed with its engine", async () => {
    const short = create();
    const { guest, ended } = await looping({}, short);
    short[Symbol.dispose]();
    expect(await ended).toMatchObject({ code: "CANCELLED" });
    expect(guest.state).toBe("killed");
    expect(() => short.createGuest()).toThrow(expect.objectContaining({ code: "INVALID_STATE" }));
  });

  it("does not hold up the others", async () => {
    const { guest, ended } = await looping();
    await Promise.all([works(), works()]);
    expect(guest.state).toBe("running");
    guest.stop(ENOUGH);
    await ended;
  });
});

describe("a guest that was stopped", () => {
  it("gives its thread back when it is out of its code in time", async () => {
    const patient = create({ graceMs: 60_000, max: 1 });
    using guest = patient.createGuest({ host: { call: (_, __, caller) => void caller.stop(ENOUGH) } });
    await expect(guest.run("spell.call(1); return 1").result()).rejects.toBe(ENOUGH);
    await expect.poll(() => patient.pool.idle).toBe(1);
    await works(patient);
    expect(patient.pool).toMatchObject({ created: 1, reused: 1, discarded: 0 });
  });

  it("gives its thread back, though the host was busy and hears of it late", async () => {
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const busy = create({}, flag.buffer);
    using guest = busy.createGuest();
    await new Promise((resolve) => setImmediate(resolve));
    const ended = guest.run(`${RAISE_FLAG}; while (Atomics.load(flag, 0) === 1);`).result();
    Atomics.wait(flag, 0, 0);
    guest.stop(ENOUGH);
    Atomics.store(flag, 0, 2);
    standStill(300);
    await expect(ended).rejects.toBe(ENOUGH);
    await expect.poll(() => busy.pool.idle).toBe(1);
    expect(busy.pool).toMatchObject({ created: 1, discarded: 0 });
  });

  it("gets nothing more from the host, whatever it asks for", async () => {
    const patient = create({ graceMs: 60_000 });
    const asked: number[] = [];
    let printed = "";
    const host: Host = {
      call: (fn, _, caller) => {
        asked.push(fn);
        caller.stop(ENOUGH);
        return null;
      },
      write: (_, bytes) => void (printed += Buffer.from(bytes).toString()),
    };
    using guest = patient.createGuest({ host });
    await expect(
      guest.run("for (let i = 1; i < 5; i++) try { spell.call(i); } catch {} spell.print('late'); return 1").result(),
    ).rejects.toBe(ENOUGH);
    await expect.poll(() => patient.pool.idle).toBe(1);
    expect({ asked, printed }).toEqual({ asked: [1], printed: "" });
  });

  it("stopped while the host is inside two of its calls leaves both", async () => {
    const host: Host = {
      call(fn, [inner], caller) {
        if (fn === 1) return caller.callSync(inner as FunctionRef);
        caller.stop(ENOUGH);
        return null;
      },
    };
    const patient = create({ graceMs: 60_000 });
    using guest = patient.createGuest({ host });
    const task = guest.run("return spell.call(1, spell.fn(() => spell.call(2)))");
    await expect(task.result()).rejects.toBe(ENOUGH);
    await expect.poll(() => patient.pool.idle).toBe(1);
    await works(patient);
  });
});

describe("a thread that ends by itself", () => {
  it.each([
    ["exits", "process.exit(3)", "INTERNAL", "ended by itself"],
    [
      "throws outside of any task",
      "setImmediate(() => { throw new Error('boom') }); return new Promise(() => {})",
      "INTERNAL",
      "failed",
    ],
    [
      "rejects what nobody sees",
      "Promise.reject(new Error('lost')); return new Promise(() => {})",
      "INTERNAL",
      "failed",
    ],
    [
      "takes all memory",
      "const all = []; for (;;) all.push(new Array(1000).fill({ x: 1 }))",
      "LIMIT_MEMORY",
      "ran out of memory",
    ],
  ])("because it %s fails its tasks, and nothing else", async (_, source, code, text) => {
    const small = create({ resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 } });
    const guest = small.createGuest();
    await expect(guest.run(source).result()).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
    expect(guest.state).toBe("killed");
    await works(small);
  });

  it.each([
    ["exits", "process.exit(3)"],
    ["takes all memory", "const all = []; for (;;) all.push(new Array(1000).fill({ x: 1 }))"],
  ])("because it %s while the host waits for it ends the wait", async (_, body) => {
    const small = create({ resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 } });
    using guest = small.createGuest();
    await guest.run(`spell.globals.set("x", spell.fn(() => { ${body} }))`).result();
    expect(() => guest.getGlobal("x")).toThrow(expect.objectContaining({ code: "INTERNAL" }));
    await works(small);
  });

  it("keeps what was said before", async () => {
    let printed = "";
    const write: Host["write"] = (_, bytes) => void (printed += Buffer.from(bytes).toString());
    using guest = engine.createGuest({ host: { write } });
    const task = guest.run("spell.print('last '); spell.warn('!'); spell.print('words'); throw new Error('x')");
    await expect(task.result()).rejects.toMatchObject({ code: "SCRIPT_ERROR" });
    const other = guest.run("spell.print(' more'); spell.warn('!'); process.exit()");
    await expect(other.result()).rejects.toMatchObject({ code: "INTERNAL" });
    expect(printed).toBe("last !words more");
  });

  it("shows nothing of this process: no environment, no arguments, no options", async () => {
    using guest = engine.createGuest();
    expect(
      await guest.run("return [Object.keys(process.env).length, process.argv.length - 2, process.execArgv]").result(),
    ).toEqual([0, 0, []]);
  });
});

describe("a thread that cannot start", () => {
  it.each([
    ["its module is missing", new URL("./no-such-module.js", import.meta.url), undefined, "failed"],
    ["its engine fails", module, "broken", "the engine is broken"],
  ])("because %s fails the first use", async (_, url, data, text) => {
    const bad = createWorkerEngine({ about: ABOUT, module: url, data });
    const [first, second] = [bad.createGuest(), bad.createGuest()];
    await expect(first.run("return 1").result()).rejects.toMatchObject({
      code: "INTERNAL",
      message: expect.stringContaining(text),
    });
    expect(() => second.setGlobal("x", 1)).toThrow(expect.objectContaining({ code: "INTERNAL" }));
    bad[Symbol.dispose]();
  });

  it("a guest that the engine refuses fails at its first use, and the thread serves the next one", async () => {
    const one = create({ max: 1 });
    const limits = { memoryBytes: 10 };
    const refusal = { code: "INVALID_ARGUMENT", message: "raw needs 1000 bytes at least" };
    for (const use of [
      (guest: Guest) => guest.run("return 1").result(),
      async (guest: Guest) => guest.getGlobal("x"),
    ]) {
      using guest = one.createGuest({ limits });
      await expect(use(guest)).rejects.toMatchObject(refusal);
      expect(guest.state).toBe("killed");
    }
    await works(one);
    expect(one.pool.created).toBe(1);
  });

  it("a refusal that is told before the first use frees the thread at once", async () => {
    const one = create({ max: 1 });
    await works(one);
    using guest = one.createGuest({ limits: { memoryBytes: 10 } });
    // This thread stands still, so that it has not heard of the refusal when it asks.
    standStill(300);
    expect(() => guest.getGlobal("x")).toThrow("raw needs 1000 bytes at least");
    await works(one);
    expect(one.pool.created).toBe(1);
  });
});
