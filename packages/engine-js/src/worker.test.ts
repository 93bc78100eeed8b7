import { afterAll, describe, expect, it } from "vitest";
import { Handle, WeakHandle, type Guest, type GuestOptions, type Host } from "@llmspell/engine";
import { TEST_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { SpellError } from "@llmspell/errors";
import { createJavaScriptEngine } from "@llmspell/engine-js";
import { bundleForThread } from "../../../test/support/bundle.js";

const module = await bundleForThread(new URL("./js-worker.ts", import.meta.url));
// Long: what ends a guest in these tests is the guest itself.
const engine = createJavaScriptEngine({ isolation: "worker", threads: { module, graceMs: 60_000 } });
const inline = createJavaScriptEngine();
afterAll(() => {
  engine[Symbol.dispose]();
  inline[Symbol.dispose]();
});

const ENOUGH = new SpellError("INTERRUPTED", "enough");

const ENDLESS: Readonly<Record<string, string>> = {
  "a loop": "while (true) {}",
  "a loop that swallows errors": "while (true) try { while (true) {} } catch {}",
  "a comparison inside a sort": "[2, 1].sort(() => { while (true) {} })",
  "an expression that never ends": "/^(a+)+$/.test('a'.repeat(60) + 'b')",
  "jobs that make jobs": "const next = () => Promise.resolve().then(next); next(); await new Promise(() => {})",
};

/** Runs a spell that first tells the host that it runs. */
async function running(source: string, options: GuestOptions = {}): Promise<{ guest: Guest; ended: Promise<unknown> }> {
  const host = new TestHost();
  const guest = engine.createGuest({
    bindings: TEST_BINDINGS,
    host: { call: (fn, args, caller) => host.call(fn, args, caller) },
    limits: { fuel: 1e15, ...options.limits },
  });
  const ended = guest
    .run(`test.report(1); ${source}`)
    .result()
    .catch((error: unknown) => error);
  await expect.poll(() => host.reports.length, { interval: 1 }).toBe(1);
  return { guest, ended };
}

describe("what nests deeply", () => {
  it.each([
    ["a source", `return ${"(".repeat(20_000)}1${")".repeat(20_000)}`],
    ["calls", "const f = () => 1 + f(); f()"],
  ])("ends by the limit of the language, not by the stack of the thread: %s", async (_, source) => {
    const { traps } = engine;
    using guest = engine.createGuest({ limits: { fuel: 1e9 } });
    await expect(guest.run(source).result()).rejects.toMatchObject({ code: "LIMIT_DEPTH" });
    expect(guest.state).toBe("failed");
    expect(await guest.run("return 1").result()).toBe(1);
    expect(engine.traps).toEqual(traps);
  });
});

describe("a JavaScript guest in a thread of its own", () => {
  it.each(Object.entries(ENDLESS))("leaves this thread free and is stopped softly: %s", async (_, source) => {
    const { discarded } = engine.pool;
    const { guest, ended } = await running(source);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(guest.state).toBe("running");
    const { idle } = engine.pool;
    guest.stop(ENOUGH);
    expect([guest.state, await ended]).toEqual(["killed", ENOUGH]);
    await expect.poll(() => engine.pool.idle).toBe(idle + 1);
    guest[Symbol.dispose]();
    expect(engine.pool.discarded).toBe(discarded);
  });

  it.each(Object.entries(ENDLESS))("is ended by its time limit: %s", async (_, source) => {
    const { guest, ended } = await running(source, { limits: { timeMs: 30 } });
    expect(await ended).toMatchObject({ code: "LIMIT_TIME", details: { limit: "timeMs", value: 30 } });
    guest[Symbol.dispose]();
  });

  it("uses the same fuel and memory as inline", async () => {
    const used: unknown[] = [];
    for (const each of [inline, engine]) {
      using guest = each.createGuest({ bindings: TEST_BINDINGS, host: new TestHost() });
      await guest
        .run("const t = []; for (let i = 0; i < 3e4; i++) t[i % 100] = test.echo && `${i}`; return t.length")
        .result();
      used.push([guest.usage.fuel, guest.usage.memoryBytes]);
    }
    expect(used[1]).toEqual(used[0]);
  });

  it.each([
    ["an error of the host", "test.fail()"],
    ["a defect of the host", "test.crash()"],
    ["an error of the spell", "const f = () => { throw Object.assign(new Error('odd'), { list: [1] }) }; f()"],
    ["a value that is no error", "throw { message: 'odd', list: [1, 2] }"],
    ["a syntax error", "let ="],
    ["a limit", "while (true) {}"],
    ["a stack that ends", "const f = () => 1 + f(); f()"],
    ["a promise that nobody takes", "Promise.reject(new TypeError('lost')); return 1"],
  ])("tells of %s as inline", async (_, source) => {
    const errors: SpellError[] = [];
    for (const each of [inline, engine]) {
      using guest = each.createGuest({ bindings: TEST_BINDINGS, host: new TestHost(), limits: { fuel: 1e6 } });
      const result = guest.run(source).result();
      errors.push((await result.catch((error: unknown) => error)) as SpellError);
    }
    expect(errors[0]).toBeInstanceOf(SpellError);
    expect(JSON.stringify(errors[1])).toBe(JSON.stringify(errors[0]));
  });

  it("prints, logs, says where it calls from and what it was refused, as inline", async () => {
    const heard: unknown[] = [];
    for (const each of [inline, engine]) {
      const events: unknown[] = [];
      const host: Host = {
        call(_fn, _args, guest) {
          events.push(guest.position);
          throw new SpellError("PERMISSION_DENIED", "not granted");
        },
        warn: (line) => void events.push(line),
        write: (stream, bytes) => void events.push(`${stream} ${Buffer.from(bytes).toString()}`),
      };
      using guest = each.createGuest({ bindings: TEST_BINDINGS, host, onDenied: (denial) => events.push(denial) });
      const source =
        "console.log('é世😀')\nconsole.warn('careful: hot')\ntry { test.report(1) } catch (e) { return e.code }";
      events.push(await guest.run(source, { name: "a.js" }).result(), guest.position, guest.usage.warnings);
      heard.push(events);
    }
    expect(heard[0]).toContainEqual({ message: "careful: hot", category: "careful", file: "a.js", line: 2 });
    expect(heard[0]).toContain("PERMISSION_DENIED");
    expect(heard[1]).toEqual(heard[0]);
  });

  it("hears of the end of what it holds weakly", async () => {
    const there = new Set([1]);
    using guest = engine.createGuest({
      bindings: TEST_BINDINGS,
      host: { upgrade: ({ kind, id }) => (there.has(id) ? new Handle(kind, id) : undefined) },
    });
    guest.setGlobal("ref", new WeakHandle("box", 1));
    await guest.run("ref.onExpire(() => { globalThis.gone = true })").result();
    there.clear();
    expect(await guest.expireHandles().result()).toBe(1);
    expect(guest.getGlobal("gone")).toBe(true);
  });

  it("serves 60 guests that compute, wait, fail and are stopped with one thread", async () => {
    using own = createJavaScriptEngine({ isolation: "worker", threads: { module, graceMs: 60_000 } });
    const sources = ["return 42", "throw 1", "return await test.wait('a')", "while (true) {}"];
    for (let i = 0; i < 60; i++) {
      const guest = own.createGuest({ bindings: TEST_BINDINGS, host: new TestHost(), limits: { fuel: 50_000 } });
      const result = guest
        .run(sources[i % 4] ?? "")
        .result()
        .catch(() => {});
      if (i % 4 !== 2 && i % 8 < 4) await result;
      guest[Symbol.dispose]();
      await result;
      await expect.poll(() => own.pool.idle, { interval: 1 }).toBe(1);
    }
    expect(own.pool).toMatchObject({ created: 1, reused: 59, discarded: 0 });
  });
});
