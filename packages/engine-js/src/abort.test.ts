import { describe, expect, it } from "vitest";
import { PROMISE_BINDINGS } from "@llmspell/engine/conformance";
import type { FunctionRef, Guest, ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { sharedEngine } from "./testing/run.js";
import { Clock, settled } from "./testing/clock.js";

function open(): { guest: Guest; clock: Clock; value(source: string): Promise<ScriptValue> } & Disposable {
  const clock = new Clock();
  const guest = sharedEngine().createGuest({ host: clock, bindings: PROMISE_BINDINGS });
  const value = (source: string): Promise<ScriptValue> => guest.run(source, { name: "a.js" }).result();
  return { guest, clock, value, [Symbol.dispose]: () => guest[Symbol.dispose]() };
}

describe("AbortSignal", () => {
  it.each([
    [
      "is not aborted at first",
      "const { signal: s } = new AbortController(); return [s.aborted, s.reason === undefined]",
      [false, true],
    ],
    [
      "is aborted with a reason of the script",
      "const c = new AbortController(); c.abort('x'); return [c.signal.aborted, c.signal.reason]",
      [true, "x"],
    ],
    ["keeps its first reason", "const c = new AbortController(); c.abort(1); c.abort(2); return c.signal.reason", 1],
    [
      "has a reason of its own otherwise",
      "const c = new AbortController(); c.abort(); return c.signal.reason.name",
      "AbortError",
    ],
    ["can be aborted from the start", "return AbortSignal.abort('no').reason", "no"],
    ["throws its reason", "try { AbortSignal.abort('no').throwIfAborted() } catch (e) { return e }", "no"],
    ["does not throw otherwise", "new AbortController().signal.throwIfAborted(); return true", true],
    [
      "cannot be made by itself",
      "try { new AbortSignal() } catch (e) { return e.message }",
      "a signal comes from an AbortController",
    ],
    [
      "tells listeners, in order, once",
      `const c = new AbortController(), seen = [], twice = () => seen.push("twice"), gone = () => seen.push("gone")
       c.signal.onabort = (e) => seen.push(e.type + (e.target === c.signal))
       c.signal.addEventListener("abort", twice); c.signal.addEventListener("abort", twice)
       c.signal.addEventListener("abort", { handleEvent: () => seen.push("object") })
       c.signal.addEventListener("abort", gone, { once: true }); c.signal.removeEventListener("abort", gone)
       c.signal.addEventListener("other", gone)
       c.abort(); c.abort()
       c.signal.addEventListener("abort", gone)
       return seen`,
      ["aborttrue", "twice", "object"],
    ],
    [
      "follows any of others",
      `const a = new AbortController(), b = new AbortController()
       const s = AbortSignal.any([a.signal, b.signal]); b.abort("b"); a.abort("a")
       return [s.reason, AbortSignal.any([a.signal]).reason, AbortSignal.any([]).aborted]`,
      ["b", "a", false],
    ],
  ])("%s", async (_, source, expected) => {
    using stage = open();
    expect(await stage.value(source)).toEqual(expected);
  });

  it("fails the run where a listener fails", async () => {
    using stage = open();
    const failing = stage.value(
      "const c = new AbortController()\nc.signal.onabort = () => { throw new Error('l') }\nc.abort()",
    );
    await expect(failing).rejects.toMatchObject({ message: "l", details: { file: "a.js", line: 2 } });
  });

  it("aborts after a time, for which it waits", async () => {
    using stage = open();
    const task = stage.guest.run(`
      const signal = AbortSignal.timeout(20)
      try { await test.wait("a", { signal }) } catch (e) { return [e.name, signal.aborted] }`);
    expect(stage.guest.usage.pendingCalls).toBe(2);
    await stage.clock.advance(20);
    expect(await task.result()).toEqual(["TimeoutError", true]);
    expect(stage.clock.aborted.get("a")).toMatchObject({ code: "CANCELLED" });
  });
});

describe("a call of the host with a signal", () => {
  it("is given up with it: the host's work ends, and who waits gets the reason", async () => {
    using stage = open();
    const task = stage.guest.run(`
      const c = new AbortController()
      setTimeout(() => c.abort(new Error("too late")), 5)
      try { await test.wait("a", { signal: c.signal }) } catch (e) { return e.message }`);
    await stage.clock.advance(5);
    expect(await task.result()).toBe("too late");
    expect([stage.clock.aborted.get("a")?.message, stage.guest.usage.pendingCalls]).toEqual([
      "the spell no longer waits for this",
      0,
    ]);
  });

  it("does not begin when the signal is aborted", async () => {
    using stage = open();
    const source = `
      const signal = AbortSignal.abort("early")
      const caught = []
      try { await test.wait("a", { signal }) } catch (e) { caught.push(e) }
      try { test.echo(1, { signal }) } catch (e) { caught.push(e) }
      return caught`;
    expect(await stage.value(source)).toEqual(["early", "early"]);
    expect(stage.clock.calls).toBe(0);
  });

  it("does not tell the host of the signal", async () => {
    using stage = open();
    const seen: unknown[] = [];
    const { call } = stage.clock;
    stage.clock.call = (id, args, guest) => {
      seen.push(args);
      return call.call(stage.clock, id, args, guest);
    };
    await stage.value(`
      const { signal } = new AbortController()
      test.echo({ signal })
      test.echo(1, { signal, other: 2 })
      test.echo({ signal: "mine" }, 3)
      test.echo({ signal }, 4)`);
    expect(seen).toEqual([[], [1, { other: 2 }], [{ signal: "mine" }, 3], [{}, 4]]);
  });

  it("that was answered is not given up", async () => {
    using stage = open();
    const task = stage.guest.run(`
      const c = new AbortController()
      const answer = await test.wait("a", { signal: c.signal })
      c.abort()
      return answer`);
    stage.clock.resolve("a", 7);
    expect(await task.result()).toBe(7);
    expect(stage.clock.aborted.size).toBe(0);
  });

  it("that fails and that nobody waits for fails the run", async () => {
    using stage = open();
    const task = stage.guest.run("test.wait('a', { signal: new AbortController().signal })\nawait test.wait('b')");
    stage.clock.reject("a", new Error("boom"));
    await settled();
    await expect(task.result()).rejects.toMatchObject({ code: "INTERNAL" });
  });

  it("is given up in a restored guest as well", async () => {
    using stage = open();
    stage.guest.run(`
      globalThis.c = new AbortController()
      try { await test.wait("a", { signal: c.signal }) } catch (e) { return e.name }`);
    const clock = new Clock();
    using restored = sharedEngine().restore(stage.guest.snapshot().encode(), {
      bindings: PROMISE_BINDINGS,
      host: clock,
    });
    const [task] = restored.tasks.values();
    await restored.run("c.abort()").result();
    expect(await task?.result()).toBe("AbortError");
    expect([...clock.aborted.keys()]).toEqual(["a"]);
  });
});

describe("a call that the host cancels", () => {
  it.each([
    ["waits for the host", 'await test.wait("a")'],
    ["waits for several", 'await Promise.all([test.wait("a"), test.wait("b")])'],
    ["has waited before", 'await Promise.resolve(); await test.wait("a")'],
    ["waits for what nothing settles", "await new Promise(() => {})"],
    ["catches every error", 'for (;;) try { await test.wait("a") } catch {}'],
  ])("ends when it %s", async (_, body) => {
    using stage = open();
    const keep = `globalThis.cleaned = 0; return async () => { try { ${body} } finally { cleaned++ } }`;
    const fn = (await stage.value(keep)) as FunctionRef;
    const controller = new AbortController();
    const going = stage.guest.run('return await test.wait("other")');
    const task = stage.guest.call(fn, [], { signal: controller.signal });
    await settled();
    controller.abort(new SpellError("TIMEOUT", "too late"));
    await expect(task.result()).rejects.toMatchObject({ code: "TIMEOUT", message: "too late" });
    await settled();
    expect([stage.guest.usage.pendingCalls, going.state]).toEqual([1, "pending"]);
    stage.clock.resolve("other", 3);
    expect(await going.result()).toBe(3);
  });

  it("runs what cleans up, which may not wait any more", async () => {
    using stage = open();
    const fn = (await stage.value(`globalThis.seen = [];
      return async () => {
        try { await test.wait("a") } catch (e) { seen.push(e.code) } finally { seen.push(await test.wait("b").catch((e) => e.code)) }
      }`)) as FunctionRef;
    const controller = new AbortController();
    const task = stage.guest.call(fn, [], { signal: controller.signal });
    controller.abort();
    expect(await task.result()).toBeNull();
    expect(stage.guest.getGlobal("seen")).toEqual(["CANCELLED", "CANCELLED"]);
  });
});
