import { afterAll, describe, expect, it } from "vitest";
import type { Guest } from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

async function withGuest<T>(body: (guest: Guest, host: TestHost) => Promise<T>): Promise<T> {
  const host = new TestHost();
  const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host, limits: { fuel: 20_000_000, timeMs: 20_000 } });
  try {
    return await body(guest, host);
  } finally {
    guest[Symbol.dispose]();
  }
}

const lua = (source: string): Promise<unknown> =>
  withGuest((guest) => guest.run(source, { name: "spell.lua" }).result());

describe("promises", () => {
  it.each([
    ["new, resolved", "return await(promise.new(function(resolve) resolve(7) end))", 7],
    [
      "new, resolved later",
      "return await(promise.new(function(resolve) spawn(function() promise.yield() resolve(7) end) end))",
      7,
    ],
    [
      "new, settled once",
      "return await(promise.new(function(resolve, reject) resolve(1) resolve(2) reject(3) end))",
      1,
    ],
    ["resolve of a value", "return await(promise.resolve(7))", 7],
    ["resolve of a promise is that promise", "local p = promise.resolve(1) return promise.resolve(p) == p", true],
    [
      "resolve adopts a pending promise",
      "return await(promise.new(function(resolve) resolve(spawn(function() promise.yield() return 5 end)) end))",
      5,
    ],
    ["reject keeps any value", "local ok, e = pcall(await, promise.reject({ 1, 2 })) return e", [1, 2]],
    ["an error in new rejects", 'local ok, e = pcall(await, promise.new(function() error("x", 0) end)) return e', "x"],
    [
      "all in order",
      "return await(promise.all({ spawn(function() promise.yield() return 1 end), promise.resolve(2), 3, function() return 4 end }))",
      [1, 2, 3, 4],
    ],
    ["all of nothing is an empty list", "return await(promise.all({}))", []],
    [
      "all rejects with the first rejection",
      'local ok, e = pcall(await, promise.all({ 1, promise.reject("no"), promise.reject("later") })) return e',
      "no",
    ],
    [
      "race takes the first",
      "return await(promise.race({ spawn(function() promise.yield() promise.yield() return 1 end), 2 }))",
      2,
    ],
    ["race may reject", 'local ok, e = pcall(await, promise.race({ promise.reject("no"), 2 })) return e', "no"],
    [
      "and_then passes results on",
      "return await(promise.resolve(1):and_then(function(v) return v + 1 end):and_then(function(v) return v * 10 end))",
      20,
    ],
    ["and_then without callbacks passes on", "return await(promise.resolve(1):and_then())", 1],
    ["then is and_then", 'return await(promise["and_then"](promise.resolve(1), function(v) return v + 1 end))', 2],
    [
      "and_then waits for a returned promise",
      "return await(promise.resolve(1):and_then(function(v) return spawn(function() return v + 1 end) end))",
      2,
    ],
    [
      "and_then's second callback gets the rejection",
      'return await(promise.reject("no"):and_then(nil, function(e) return e .. "!" end))',
      "no!",
    ],
    ["catch gets the rejection", 'return await(promise.reject("no"):catch(function(e) return e .. "!" end))', "no!"],
    ["catch lets results pass", "return await(promise.resolve(1):catch(function() return 2 end))", 1],
    [
      "an error in a callback rejects",
      'local ok, e = pcall(await, promise.resolve(1):and_then(function() error("x", 0) end)) return e',
      "x",
    ],
    [
      "finally runs and passes the result",
      "local n = 0 local v = await(promise.resolve(1):finally(function() n = 5 end)) return { v, n }",
      [1, 5],
    ],
    [
      "finally runs and passes the rejection",
      'local n = 0 local ok, e = pcall(await, promise.reject("no"):finally(function() n = 5 end)) return { e, n }',
      ["no", 5],
    ],
    [
      "status",
      "local p = spawn(function() end) local s = promise.status(p) await(p) local r = promise.reject(1) pcall(await, r) return { s, p:status(), r:status() }",
      ["pending", "fulfilled", "rejected"],
    ],
    ["tostring", "return tostring(promise.resolve(1))", "promise: fulfilled"],
    [
      "all_settled tells of each",
      'return await(promise.all_settled({ 1, promise.reject("no"), spawn(function() sleep(1) return 3 end) }))',
      [
        { status: "fulfilled", value: 1 },
        { status: "rejected", error: "no" },
        { status: "fulfilled", value: 3 },
      ],
    ],
    ["all_settled of nothing is an empty list", "return await(promise.all_settled({}))", []],
    ["any takes the first that is fulfilled", 'return await(promise.any({ promise.reject("no"), 2, 3 }))', 2],
    [
      "any of failures is AGGREGATE with each",
      'local ok, e = pcall(await, promise.any({ promise.reject("a"), promise.reject({ message = "b" }) })) return { e.code, e.message }',
      ["AGGREGATE", "any: a; b"],
    ],
    ["any of nothing is AGGREGATE", "local ok, e = pcall(await, promise.any({})) return e.code", "AGGREGATE"],
    [
      "a promise cannot wait for itself",
      "local r local p = promise.new(function(resolve) r = resolve end) r(p) local ok, e = pcall(await, p) return e.code",
      "INVALID_ARGUMENT",
    ],
  ])("%s", async (_, source, expected) => {
    expect(await lua(source)).toEqual(expected);
  });

  it.each([
    "promise.new(1)",
    "spawn()",
    "async(nil)",
    "promise.all(1)",
    "promise.race()",
    "promise.status({})",
    "promise.cancel(1)",
    "promise.and_then(1)",
    "promise.all_settled(1)",
    "promise.any(1)",
  ])("%s is refused by name", async (call) => {
    await expect(lua(call)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("argument 1 must be") as string,
    });
  });
});

describe("a promise is opaque", () => {
  it.each([
    [
      "it cannot be written",
      'local p = promise.new(function() end) return select(2, pcall(function() p.state = "fulfilled" end))',
      "attempt to index",
    ],
    [
      "nor read beyond its methods",
      "local p = promise.resolve(1) return p.state == nil and p.value == nil and 'nothing'",
      "nothing",
    ],
    ["nor given to raw access", "return select(2, pcall(rawset, promise.resolve(1), 'state', 1))", "table expected"],
    [
      "nor forged",
      "return select(2, pcall(promise.status, setmetatable({ state = 'fulfilled' }, { __name = 'Promise' }))).message",
      "must be a promise, not table",
    ],
    ["its metatable is hidden", "return tostring(getmetatable(promise.resolve(1)))", "false"],
    [
      "it cannot leave the spell",
      "return select(2, pcall(test.echo, promise.resolve(1))).message",
      "argument 1 is a Promise, which cannot leave",
    ],
  ])("%s", async (_, source, expected) => {
    expect(await lua(source)).toContain(expected);
  });

  it("those that are done with leave nothing behind", async () => {
    expect(
      await lua(`
      local function use(n) for i = 1, n do
        await(spawn(function() return i end)) pcall(await, promise.reject(i)) promise.new(print)
      end end
      use(100) collectgarbage() collectgarbage()
      local before = collectgarbage("count")
      use(3000) collectgarbage() collectgarbage()
      return collectgarbage("count") - before < 16`),
    ).toBe(true);
  });
});

describe("async and await", () => {
  it("async as a statement starts the function", async () => {
    expect(await lua("local n = 0 async(function() n = n + 1 end) promise.yield() return n")).toBe(1);
  });

  it("async as an expression makes a wrapper, whose calls start tasks with arguments", async () => {
    expect(
      await lua(
        "local f = async(function(a, b) return a + b end) local p, q = f(1, 2), f(3, 4) return { await(p), await(q) }",
      ),
    ).toEqual([3, 7]);
  });

  it("async as an argument or a result makes a wrapper too", async () => {
    expect(
      await lua(
        "local function make() return async(function() return 5 end) end return { await(make()), type((async(print))) }",
      ),
    ).toEqual([5, "table"]);
  });

  it.each([
    ["a function", "return await(function() return 1 end)", 1],
    ["a wrapper", "return await(async(function() return 1 end))", 1],
    ["a promise", "return await(promise.resolve(1))", 1],
    ["a plain value", "return { await(1), await('x'), await({ a = 1 }) }", [1, "x", { a: 1 }]],
    ["nil", "return await(nil) == nil", true],
    ["a settled promise twice", "local p = spawn(function() return 1 end) return { await(p), await(p) }", [1, 1]],
  ])("await of %s", async (_, source, expected) => {
    expect(await lua(source)).toEqual(expected);
  });

  it("await with a timeout gives the answer that comes in time", async () => {
    expect(await lua("return await(spawn(function() sleep(1) return 1 end), 10000)")).toBe(1);
  });

  it("await with a timeout raises TIMEOUT, and the promise may still settle", async () => {
    await withGuest(async (guest, host) => {
      const task = guest.run(
        'local p = test.wait_async("a") local ok, e = pcall(await, p, 5) test.report(e.code) return await(p)',
      );
      while (host.reports.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      expect(host.reports).toEqual(["TIMEOUT"]);
      host.resolve("a", "late");
      expect(await task.result()).toBe("late");
    });
  });

  it("a timer that is not needed any more keeps nothing waiting", async () => {
    await withGuest(async (guest) => {
      expect(await guest.run("return await(spawn(function() sleep(1) return 1 end), 3600000)").result()).toBe(1);
      expect(guest.usage.pendingCalls).toBe(0);
      expect(guest.state).toBe("finished");
    });
  });

  it("many timeouts run at once", async () => {
    expect(
      await lua(`
      local n, all = 0, {}
      for i = 1, 50 do all[i] = spawn(function() if not pcall(await, promise.new(function() end), 1 + i % 3) then n = n + 1 end end) end
      await(promise.all(all))
      return n`),
    ).toBe(50);
  });
});

describe("cancel", () => {
  it("aborts the host's work and rejects with CANCELLED", async () => {
    await withGuest(async (guest, host) => {
      const source =
        'local p = test.wait_async("a") local done = p:cancel("changed my mind") local ok, e = pcall(await, p) return { done, e.code, e.message, p:status() }';
      expect(await guest.run(source).result()).toEqual([
        true,
        "CANCELLED",
        "the promise was cancelled: changed my mind",
        "cancelled",
      ]);
      expect([...host.aborted.keys()]).toEqual(["a"]);
      expect(guest.usage.pendingCalls).toBe(0);
    });
  });

  it("does nothing to a promise that has settled", async () => {
    expect(await lua("local p = promise.resolve(1) return { p:cancel(), await(p) }")).toEqual([false, 1]);
  });

  it("wakes who waits", async () => {
    expect(
      await lua(
        'local p = test.wait_async("a") local w = spawn(function() local ok, e = pcall(await, p) return e.code end) promise.yield() p:cancel() return await(w)',
      ),
    ).toBe("CANCELLED");
  });
});

describe("callbacks of twins", () => {
  it("get the result or the error", async () => {
    await withGuest(async (guest, host) => {
      const task = guest.run(
        'test.wait_async("a", function(v, e) test.report(v) end) test.wait_async("b", function(v, e) test.report(e.code) end)',
      );
      host.resolve("a", "fine");
      host.reject("b", new Error("host problem"));
      await task.result();
      expect(host.reports).toEqual(["fine", "INTERNAL"]);
    });
  });
});

describe("tasks", () => {
  it("run in the order they were started, and yield is fair", async () => {
    expect(
      await lua(`
      local log, all = {}, {}
      for i = 1, 3 do all[i] = spawn(function() for turn = 1, 3 do log[#log + 1] = i .. "." .. turn promise.yield() end end) end
      await(promise.all(all))
      return table.concat(log, " ")`),
    ).toBe("1.1 2.1 3.1 1.2 2.2 3.2 1.3 2.3 3.3");
  });

  it("a run ends when everything it started has ended", async () => {
    await withGuest(async (guest, host) => {
      const task = guest.run('spawn(function() test.wait("a") test.report("done") end) return "main"');
      expect(task.state).toBe("pending");
      host.resolve("a");
      expect(await task.result()).toBe("main");
      expect(host.reports).toEqual(["done"]);
    });
  });

  it("a rejection that nobody looked at fails the run, with its place", async () => {
    await expect(lua('local x = 1\nspawn(function()\n  error("lost")\nend)\nreturn 1')).rejects.toMatchObject({
      code: "SCRIPT_ERROR",
      message: "lost",
      details: { file: "spell.lua", line: 3 },
    });
  });

  it("a rejection that was awaited, caught or cancelled does not fail the run", async () => {
    expect(
      await lua(
        'local p = spawn(function() error("x") end) pcall(await, p) promise.reject(1):catch(print) test.wait_async("a"):cancel() return "fine"',
      ),
    ).toBe("fine");
  });

  it("a rejected twin that nobody looked at fails the run with its code", async () => {
    await withGuest(async (guest, host) => {
      const task = guest.run('test.wait_async("a") return 1');
      host.reject("a", new TypeError("secret"));
      await expect(task.result()).rejects.toMatchObject({ code: "INTERNAL" });
    });
  });

  it.each([
    ["a promise that nobody settles", "await(promise.new(function() end))"],
    [
      "two tasks that wait for each other",
      "local a, b a = spawn(function() promise.yield() await(b) end) b = spawn(function() await(a) end) await(a)",
    ],
    ["a task that is left behind", "spawn(function() await(promise.new(function() end)) end) return 1"],
  ])("%s is a DEADLOCK", async (_, source) => {
    await expect(lua(source)).rejects.toMatchObject({ code: "DEADLOCK" });
  });

  it("sleeps overlap", async () => {
    await withGuest(async (guest) => {
      const task = guest.run(
        "local all = {} for i = 1, 100 do all[i] = promise.sleep_async(20) end await(promise.all(all)) return #all",
      );
      expect(guest.usage.pendingCalls).toBe(100);
      expect(await task.result()).toBe(100);
    });
  });
});
