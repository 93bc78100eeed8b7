import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { afterAll, describe, expect, it } from "vitest";
import { createLuaEngine } from "../index.js";
import { openSession } from "./testing/session.js";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

const SOURCE = "local n = 1\nlocal t = { n }\nn = n + 1\nlocal a = test.wait('a')\nreturn n + a + #t";
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe("a guest that stands at a breakpoint", () => {
  it("can be saved; the copy goes on by itself, the original when told", async () => {
    using s = openSession(engine);
    const task = s.run(SOURCE, 3);
    s.value("t[1] = n");
    const saved = s.guest.snapshot();
    const host = new TestHost();
    using copy = engine.restore(saved, { host, bindings: PROMISE_BINDINGS });
    const [restored] = copy.tasks.values();
    await turn();
    expect([copy.state, host.waiting]).toEqual(["suspended", ["a"]]);
    host.resolve("a", 10);
    expect(await restored?.result()).toBe(13);
    expect(s.debug.stopped?.line).toBe(3);
    s.debug.continue();
    s.host.resolve("a", 20);
    expect(await task.result()).toBe(23);
  });

  it("keeps what has settled meanwhile in the copy", async () => {
    using s = openSession(engine);
    s.run("local p = test.wait_async('a')\nlocal x = 1\nreturn p:await() + x", 2);
    s.host.resolve("a", 41);
    await turn();
    using copy = engine.restore(s.guest.snapshot(), { host: new TestHost(), bindings: PROMISE_BINDINGS });
    const [restored] = copy.tasks.values();
    expect(await restored?.result()).toBe(42);
  });

  it("with tasks that have not begun has no state to save yet", () => {
    using s = openSession(engine);
    s.run(SOURCE, 3);
    s.guest.run("return 1");
    expect(() => s.guest.snapshot()).toThrow(expect.objectContaining({ code: "INVALID_STATE" }));
  });

  it("can be put back, and debugged again", async () => {
    using s = openSession(engine);
    const first = s.guest.snapshot();
    const task = s.run(SOURCE, 3);
    s.value("t");
    const lost = task.result();
    s.guest.rollback(first);
    await expect(lost).rejects.toMatchObject({ code: "CANCELLED" });
    expect(s.debug.stopped).toBeUndefined();
    const again = s.run(SOURCE);
    expect([s.debug.stopped?.line, s.value("n + 41")]).toEqual([3, "42"]);
    s.debug.continue();
    s.host.resolve("a", 1);
    expect(await again.result()).toBe(4);
  });

  it("put back to where it stood goes on", async () => {
    using s = openSession(engine);
    const task = s.run(SOURCE, 3);
    const standing = s.guest.snapshot();
    s.debug.setBreakpoints("a.lua", []);
    s.debug.continue();
    s.guest.rollback(standing);
    await turn();
    s.host.resolve("a", 5);
    expect(await task.result()).toBe(8);
  });

  it("can be forked", async () => {
    using s = openSession(engine);
    s.run(SOURCE, 3);
    const hosts = [new TestHost(), new TestHost()];
    const forks = s.guest.fork(2, { host: (i) => hosts[i] ?? new TestHost() });
    await turn();
    expect(hosts.map(({ waiting }) => waiting)).toEqual([["a"], ["a"]]);
    for (const fork of forks) fork[Symbol.dispose]();
  });
});

describe("at the level none", () => {
  it("a script's own hook stays its own", () => {
    using guest = engine.createGuest({ sandbox: "none" });
    using debug = guest.attachDebugger();
    debug.setBreakpoints("a.lua", [{ line: 5 }]);
    const task = guest.run(
      "local lines = 0\nlocal co = coroutine.create(function()\n  local x = 1\n  return x\nend)\ndebug.sethook(co, function() lines = lines + 1 end, 'l')\ncoroutine.resume(co)\nreturn lines",
      { name: "a.lua" },
    );
    debug.setBreakpoints("a.lua", []);
    if (debug.stopped !== undefined) debug.continue();
    expect(task.value).toBe(2);
  });
});
