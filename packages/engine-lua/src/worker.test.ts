import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { trackLeaks } from "@llmspell/core/testing";
import { afterAll, describe, expect, it } from "vitest";
import {
  type FunctionRef,
  Handle,
  Pending,
  WeakHandle,
  asText,
  type Guest,
  type GuestOptions,
  type Host,
  type ScriptValue,
} from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { SpellError } from "@llmspell/errors";
import { createLuaEngine } from "@llmspell/engine-lua";
import { bundleForThread } from "../../../test/support/bundle.js";

const module = await bundleForThread(new URL("./lua-worker.ts", import.meta.url));
// Long: what ends a guest in these tests is the guest itself.
const engine = createLuaEngine({ isolation: "worker", threads: { module, graceMs: 60_000 } });
const inline = createLuaEngine();
afterAll(() => {
  engine[Symbol.dispose]();
  inline[Symbol.dispose]();
});

const ENOUGH = new SpellError("INTERRUPTED", "enough");
const STUCK = "local _ = ('a'):rep(30):find(('a?'):rep(30) .. ('a'):rep(30))";

const ENDLESS: Readonly<Record<string, string>> = {
  "a loop": "while true do end",
  "a loop that swallows errors": "while true do pcall(function() while true do end end) end",
  "a comparison inside a sort": "table.sort({ 2, 1 }, function() while true do end end)",
  "a pattern that never ends": STUCK,
  "a finalizer":
    "setmetatable({}, { __gc = function() while true do end end }) while true do pcall(collectgarbage) end",
};

/** Runs a spell that first tells the host that it runs. */
async function running(source: string, options: GuestOptions = {}): Promise<{ guest: Guest; ended: Promise<unknown> }> {
  const host = new TestHost();
  const guest = engine.createGuest({
    bindings: PROMISE_BINDINGS,
    host: { call: (fn, args, caller) => host.call(fn, args, caller), ...options.host },
    limits: { fuel: 1e15, ...options.limits },
  });
  const ended = guest
    .run(`test.report(1) ${source}`)
    .result()
    .catch((error: unknown) => error);
  await expect.poll(() => host.reports.length, { interval: 1 }).toBe(1);
  return { guest, ended };
}

describe("a Lua guest in a thread of its own", () => {
  it("holds objects of its host weakly, and hears of their end", async () => {
    const there = new Set([1, 2]);
    const held: string[] = [];
    const guest = engine.createGuest({
      bindings: PROMISE_BINDINGS,
      host: {
        upgrade: ({ kind, id }) => (there.has(id) ? new Handle(kind, id) : undefined),
        retain: ({ id }) => held.push(`+${id}`),
      },
    });
    guest.setGlobal("refs", [new WeakHandle("box", 1), new WeakHandle("box", 2)]);
    await guest.run("for i, ref in ipairs(refs) do ref:on_expire(function() gone = i end) end").result();
    there.delete(2);
    expect(await guest.run("return { refs[1]:get(), refs[2]:get() == nil, refs[2] }").result()).toEqual([
      new Handle("box", 1),
      true,
      new WeakHandle("box", 2),
    ]);
    expect(held).toEqual(["+1"]);
    expect(await guest.expireHandles().result()).toBe(1);
    expect(guest.getGlobal("gone")).toBe(2);
    guest[Symbol.dispose]();
  });

  it.each(Object.entries(ENDLESS))("leaves this thread free and is stopped softly: %s", async (_, source) => {
    const { discarded } = engine.pool;
    const { guest, ended } = await running(source);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(guest.state).toBe("running");
    guest.stop(ENOUGH);
    expect([guest.state, await ended]).toEqual(["killed", ENOUGH]);
    const { idle } = engine.pool;
    await expect.poll(() => engine.pool.idle).toBe(idle + 1);
    guest[Symbol.dispose]();
    expect(engine.pool.discarded).toBe(discarded);
  });

  it.each(Object.entries(ENDLESS))("is ended by its time limit: %s", async (_, source) => {
    const { guest, ended } = await running(source, { limits: { timeMs: 30 } });
    expect(await ended).toMatchObject({ code: "LIMIT_TIME", details: { limit: "timeMs", value: 30 } });
    expect(guest.state).toBe("killed");
    guest[Symbol.dispose]();
  });

  it("tells what it uses while it runs", async () => {
    const { guest, ended } = await running("while true do end");
    const { fuel } = guest.usage;
    await expect.poll(() => guest.usage.fuel).toBeGreaterThan(fuel + 5_000_000);
    expect(guest.usage).toMatchObject({ hostCalls: 1, memoryBytes: expect.any(Number) });
    expect(() => guest.getGlobal("x")).toThrow(expect.objectContaining({ code: "INVALID_STATE" }));
    guest.stop(ENOUGH);
    await ended;
    expect(guest.usage.fuel).toBeGreaterThan(5_000_000);
    guest[Symbol.dispose]();
  });

  it("runs beside another one", async () => {
    const both = await Promise.all([running("while true do end"), running("while true do end")]);
    const before = both.map(({ guest }) => guest.usage.fuel);
    // Each of the two goes on while the other does not end.
    await expect.poll(() => both.every(({ guest }, i) => guest.usage.fuel > (before[i] ?? 0) + 5_000_000)).toBe(true);
    for (const { guest } of both) guest.stop(ENOUGH);
    await Promise.all(both.map(({ ended }) => ended));
  });

  it("takes more tasks between its time slices when its host pauses", async () => {
    const host = { pause: () => expect.unreachable("nothing here waits for the guest") };
    const { guest, ended } = await running("while not enough do end return 'first'", { host });
    expect(await guest.run("enough = true return 'second'").result()).toBe("second");
    expect(await ended).toBe("first");
    guest[Symbol.dispose]();
  });

  it("uses the same fuel and memory as inline", async () => {
    const source = "local t = {} for i = 1, 3e5 do t[i % 100] = test.say_twice and i .. '' end return #t";
    for (const host of [{}, { pause: (resume: () => void) => void setImmediate(resume) }]) {
      const used: unknown[] = [];
      for (const each of [inline, engine]) {
        using guest = each.createGuest({ bindings: PROMISE_BINDINGS, host });
        await guest.run(source).result();
        used.push([guest.usage.fuel, guest.usage.memoryBytes]);
      }
      expect(used[1]).toEqual(used[0]);
    }
  });

  it("can be stopped while an awaitable call of it is under way", async () => {
    const host = new TestHost();
    using guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host });
    const task = guest.run('return test.wait("a")');
    await expect.poll(() => guest.state, { interval: 1 }).toBe("suspended");
    guest.stop(ENOUGH);
    expect(host.aborted.get("a")).toBe(ENOUGH);
    await expect(task.result()).rejects.toBe(ENOUGH);
  });

  it("serves 200 guests that compute, wait, fail and are stopped with one thread", async () => {
    using own = createLuaEngine({ isolation: "worker", threads: { module, graceMs: 60_000 } });
    const sources = ["return 42", "error('x')", "return test.wait('a')", "while true do end"];
    for (let i = 0; i < 200; i++) {
      const guest = own.createGuest({ bindings: PROMISE_BINDINGS, host: new TestHost(), limits: { fuel: 50_000 } });
      const result = guest
        .run(sources[i % 4] ?? "")
        .result()
        .catch(() => {});
      if (i % 4 !== 2 && i % 8 < 4) await result;
      guest[Symbol.dispose]();
      await result;
      await expect.poll(() => own.pool.idle, { interval: 1 }).toBe(1);
    }
    expect(own.pool).toMatchObject({ created: 1, reused: 199, discarded: 0 });
  });
});

describe("threads that are ended while they start", () => {
  it("leave no file open that they were reading", async () => {
    await using _ = trackLeaks({ graceMs: 30_000 });
    for (let round = 0; round < 100; round++) {
      using starting = createLuaEngine({ isolation: "worker", threads: { module, min: 2 } });
      expect(starting.pool).toMatchObject({ idle: 2 });
      await wait(round);
    }
  });
});

describe("what crosses is the same as inline", () => {
  const open = (host: Host): Guest[] =>
    [inline, engine].map((each) => each.createGuest({ bindings: PROMISE_BINDINGS, host }));

  const deep = (levels: number): ScriptValue => (levels === 0 ? "end" : { next: [deep(levels - 1)] });
  const VALUES: Readonly<Record<string, ScriptValue>> = {
    numbers: [0, -0, 1.5, NaN, Infinity, 2 ** 53, -(2 ** 63), 5e-324],
    bigints: [2n ** 53n + 1n, -(2n ** 63n), 7n],
    text: ["", "a\0b", "héllo 世界 😀", "x".repeat(5000)],
    bytes: Uint8Array.from({ length: 256 }, (_, i) => i),
    "a megabyte of text": "ü".repeat(500_000),
    "a megabyte of bytes": new Uint8Array(1_000_000).fill(255),
    "a megabyte of fields": Object.fromEntries(
      Array.from({ length: 20_000 }, (_, i) => [`key${i}`, [i, `value ${i}`]]),
    ),
    "deep data": deep(45),
    "null in lists": [null, 1, null, [null]],
    handles: [new Handle("box", 3), { box: new Handle("box", 4) }],
    "an answer that is text": asText({ text: "hi", n: 1 }, "text"),
    "an error": {
      error: new SpellError("TOOL_FAILED", "x", { details: { tool: "dice" }, cause: new SpellError("NOT_FOUND", "y") }),
    },
  };

  it.each(Object.entries(VALUES))("%s", async (_, value) => {
    const seen: unknown[] = [];
    for (const guest of open({ call: (_fn, args) => (seen.push(args), args[0]) })) {
      guest.setGlobal("input", value);
      seen.push(guest.getGlobal("input"), await guest.run("return test.echo(input)").result());
      seen.push(await guest.run("return tostring(input):gsub('0x%x+', '') .. '|' .. #tostring(input)").result());
      guest[Symbol.dispose]();
    }
    // Node's own comparison: on a million bytes vitest's takes seconds.
    expect(isDeepStrictEqual(seen.slice(4), seen.slice(0, 4))).toBe(true);
  });

  it.each([
    ["an error of the host", "test.fail()"],
    ["a defect of the host", "test.crash()"],
    ["a wrapped error of the host", "local ok, e = pcall(test.fail) error(e, 0)"],
    ["an error of the spell", "local function f() error({ message = 'odd', list = { 1, 2 } }) end f()"],
    ["a syntax error", "x ="],
    ["a limit", "while true do end"],
  ])("%s", async (_, source) => {
    const errors: SpellError[] = [];
    for (const each of [inline, engine]) {
      using guest = each.createGuest({ bindings: PROMISE_BINDINGS, host: new TestHost(), limits: { fuel: 1e6 } });
      errors.push(
        (await guest
          .run(source)
          .result()
          .catch((error: unknown) => error)) as SpellError,
      );
    }
    expect(errors[0]).toBeInstanceOf(SpellError);
    expect(JSON.stringify(errors[1])).toBe(JSON.stringify(errors[0]));
    expect(errors[1]?.cause?.constructor).toBe(errors[0]?.cause?.constructor);
  });

  it("functions: kept, called from outside and inside, passed back, released", async () => {
    const results: unknown[] = [];
    for (const each of [inline, engine]) {
      const host = new TestHost();
      using guest = each.createGuest({ bindings: PROMISE_BINDINGS, host });
      await guest.run("n = 0 test.keep(function(x) n = n + x return n end)").result();
      const add = host.kept[0] as FunctionRef;
      results.push(await guest.call(add, [3]).result());
      guest.setGlobal("add", add);
      results.push(await guest.run("return add(4) + test.apply(add, 5)").result());
      results.push(
        await guest.run("return test.apply(function(x) return test.apply(add, x) + test.echo(1) end, 1)").result(),
      );
      add.release();
      results.push(
        await guest
          .call(add)
          .result()
          .catch(({ code, message }: SpellError) => [code, message]),
      );
      results.push(guest.state);
    }
    expect(results.slice(5)).toEqual(results.slice(0, 5));
  });

  it("output: all of it, in order with the calls", async () => {
    const source = `
      for i = 1, 50 do print("line", i) if i % 10 == 0 then test.report(i) end io = nil end
      print(("x"):rep(50000)) test.report("last") print("é世😀")`;
    const heard = await Promise.all(
      [inline, engine].map(async (each) => {
        const events: string[] = [];
        const host: Host = {
          call: (_, args) => void events.push(`<${String(args[0])}>`),
          write: (stream, bytes) => void events.push(stream === "stdout" ? Buffer.from(bytes).toString("latin1") : "?"),
        };
        using guest = each.createGuest({ bindings: PROMISE_BINDINGS, host });
        await guest.run(source).result();
        return events.join("");
      }),
    );
    expect(heard[0]).toContain("line\t50\n<50>");
    expect(heard[1]).toBe(heard[0]);
  });

  it("the clock: the host's, asked each time", async () => {
    let now = 1_700_000_000_000;
    using guest = engine.createGuest({ host: { now: () => (now += 1000) } });
    expect(await guest.run("return { os.time(), os.time() }").result()).toEqual([1_700_000_001, 1_700_000_002]);
    using timeless = engine.createGuest();
    expect(await timeless.run("return os.time()").result()).toBe(0);
  });

  it("a host that fails to take output or to tell the time ends the guest", async () => {
    const fail = (): never => {
      throw new TypeError("disk full");
    };
    for (const [host, source] of [
      [{ write: fail }, "print(1)"],
      [{ now: fail }, "return os.time()"],
    ] as const) {
      using guest = engine.createGuest({ host });
      await expect(guest.run(source).result()).rejects.toMatchObject({ code: "INTERNAL" });
    }
  });

  it("warnings, positions, modules and refusals", async () => {
    const heard: unknown[] = [];
    for (const each of [inline, engine]) {
      const events: unknown[] = [];
      const host: Host = {
        call: (_fn, _args, guest) => void events.push(guest.position),
        warn: (warning) => void events.push(warning),
        loadModule: async (name, from) => {
          events.push([name, from]);
          return name === "mine" ? { name: "mine.lua", source: "return { n = 7 }" } : undefined;
        },
      };
      using guest = each.createGuest({
        bindings: PROMISE_BINDINGS,
        host,
        onDenied: (denial) => void events.push(denial),
      });
      const source = "warn('careful: ', 'hot')\ntest.report(1)\npcall(require, 'other')\nreturn require('mine').n";
      events.push(await guest.run(source, { name: "a.lua" }).result(), guest.position, guest.usage.warnings);
      heard.push(events);
    }
    expect(heard[0]).toContainEqual({ file: "a.lua", line: 2 });
    expect(heard[1]).toEqual(heard[0]);
  });

  it("limits that change while it runs end it", async () => {
    const { guest, ended } = await running("table.sort({ 2, 1 }, function() while true do end end)");
    guest.updateLimits({ fuel: 1000 });
    expect(await ended).toMatchObject({ code: "LIMIT_FUEL", details: { value: 1000 } });
    expect(guest.limits.fuel).toBe(1000);
  });

  it("what a task has used", async () => {
    const used: unknown[] = [];
    for (const each of [inline, engine]) {
      using guest = each.createGuest();
      const task = guest.run("local t = {} for i = 1, 1000 do t[i] = i end return #t");
      await task.result();
      used.push([task.usage?.fuel, task.usage?.memoryDelta]);
    }
    expect(used[1]).toEqual(used[0]);
  });

  it("an answer that comes when the guest is gone is dropped", async () => {
    let answer!: (value: ScriptValue) => void;
    const guest = engine.createGuest({
      bindings: PROMISE_BINDINGS,
      host: { call: () => new Pending(new Promise<ScriptValue>((resolve) => (answer = resolve))) },
    });
    const result = guest
      .run('return test.wait("a")')
      .result()
      .catch((error: SpellError) => error.code);
    await expect.poll(() => guest.state, { interval: 1 }).toBe("suspended");
    guest[Symbol.dispose]();
    answer(1);
    expect(await result).toBe("CANCELLED");
  });
});
