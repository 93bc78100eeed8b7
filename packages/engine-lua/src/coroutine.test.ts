import { afterAll, describe, expect, it } from "vitest";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

/** Runs a spell whose waits for any key are answered with the key and "!". */
async function lua(source: string, host = new TestHost()): Promise<unknown> {
  const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host, limits: { fuel: 20_000_000 } });
  const task = guest.run(source, { name: "spell.lua" });
  for (let i = 0; i < 50 && task.state === "pending"; i++) {
    for (const key of host.waiting) host.resolve(key, `${key}!`);
    await new Promise((resolve) => void setImmediate(resolve));
  }
  try {
    return await task.result();
  } finally {
    guest[Symbol.dispose]();
  }
}

describe("a wait passes through everything Lua can suspend", () => {
  it.each([
    ["a coroutine.wrap", 'return coroutine.wrap(function() return test.wait("a") end)()'],
    [
      "a coroutine.resume",
      'return select(2, coroutine.resume(coroutine.create(function() return test.wait("a") end)))',
    ],
    [
      "coroutines inside coroutines",
      'local f = coroutine.wrap(function() return coroutine.wrap(function() return test.wait("a") end)() end) return f()',
    ],
    ["a pcall", 'return select(2, pcall(test.wait, "a"))'],
    ["an xpcall", 'return select(2, xpcall(function() return test.wait("a") end, debug.traceback))'],
    [
      "a metamethod",
      'local t = setmetatable({}, { __index = function(_, k) return test.wait(k) end, __add = function() return test.wait("a") end }) return t.a == t + 1 and t.a',
    ],
    ["a for iterator", 'for v in function(_, last) if not last then return test.wait("a") end end do return v end'],
    [
      "a __close handler",
      'local r do local c <close> = setmetatable({}, { __close = function() r = test.wait("a") end }) end return r',
    ],
    ["a __call", 'return setmetatable({}, { __call = function(_, k) return test.wait(k) end })("a")'],
    [
      "a deep recursion",
      'local function f(n) if n == 0 then return test.wait("a") end local v = f(n - 1) return v end return f(150)',
    ],
    ["a host function's twin", 'return coroutine.wrap(function() return await(test.wait_async("a")) end)()'],
    [
      "a promise in a coroutine",
      'return coroutine.wrap(function() return await(spawn(function() return test.wait("a") end)) end)()',
    ],
  ])("%s", async (_, source) => {
    expect(await lua(source)).toBe("a!");
  });

  it("a coroutine still yields its own values between waits", async () => {
    expect(
      await lua(`
      local gen = coroutine.wrap(function(x)
        for i = 1, 3 do x = coroutine.yield(x .. i .. test.wait("k" .. i)) end
        return "end" .. x
      end)
      return { gen("a"), gen("b"), gen("c"), gen("d") }`),
    ).toEqual(["a1k1!", "b2k2!", "c3k3!", "endd"]);
  });

  it("coroutines that wait at the same time in different tasks do not mix", async () => {
    expect(
      await lua(`
      local function task(k) return function() return coroutine.wrap(function() return test.wait(k) .. test.wait(k .. k) end)() end end
      return { await(promise.all({ spawn(task("a")), spawn(task("b")) })) }`),
    ).toEqual([["a!aa!", "b!bb!"]]);
  });

  it("yield inside a coroutine gives other tasks a turn and not the coroutine's caller a value", async () => {
    expect(
      await lua(`
      local log = {}
      local other = spawn(function() log[#log + 1] = "other" end)
      local value = coroutine.wrap(function() promise.yield() log[#log + 1] = "mine" return "value" end)()
      await(other)
      return { value, table.unpack(log) }`),
    ).toEqual(["value", "other", "mine"]);
  });
});

describe("where Lua cannot suspend, waiting is an error that says so", () => {
  it.each([
    ["table.sort", 'table.sort({ 2, 1 }, function(a, b) return test.wait("a") end)'],
    ["string.gsub", '("x"):gsub("x", function() return test.wait("a") end)'],
    [
      "await in string.gsub",
      '("x"):gsub("x", function() return await(spawn(function() return test.wait("a") end)) end)',
    ],
    ["yield in table.sort", "table.sort({ 2, 1 }, function(a, b) promise.yield() end)"],
    ["a __tostring called by print", 'print(setmetatable({}, { __tostring = function() return test.wait("a") end }))'],
    ["a coroutine inside table.sort", 'table.sort({ 2, 1 }, coroutine.wrap(function() return test.wait("a") end))'],
  ])("%s", async (_, source) => {
    await expect(lua(source)).rejects.toMatchObject({
      code: "INVALID_STATE",
      message: expect.stringMatching(/cannot (be suspended|wait)/) as string,
    });
  });

  it("in a finalizer it changes nothing", async () => {
    expect(
      await lua(`
      local caught
      setmetatable({}, { __gc = function() local ok, e = pcall(test.wait, "a") caught = e.code end })
      collectgarbage() collectgarbage()
      return caught`),
    ).toBe("INVALID_STATE");
  });

  it("the spell can catch it and go on", async () => {
    expect(
      await lua(
        'local ok, e = pcall(table.sort, { 2, 1 }, function() return test.wait("a") end) return { e.code, test.wait("b") }',
      ),
    ).toEqual(["INVALID_STATE", "b!"]);
  });
});

describe("a coroutine that waits", () => {
  const WAITING =
    'local co = coroutine.create(function() return test.wait("a") end) local owner = spawn(function() return coroutine.resume(co) end) promise.yield() ';

  it("cannot be resumed by another task, and its own wait is not disturbed", async () => {
    expect(
      await lua(
        `${WAITING} local ok, e = coroutine.resume(co) return { ok, e.code, coroutine.status(co), await(owner) }`,
      ),
    ).toEqual([false, "INVALID_STATE", "suspended", true]);
  });

  it("cannot be resumed through wrap, and its own wait is not disturbed", async () => {
    expect(
      await lua(`
      local f = coroutine.wrap(function() return test.wait("a") end)
      local owner = spawn(function() return f() end)
      promise.yield()
      local ok, e = pcall(f)
      return { ok, e.code, await(owner) }`),
    ).toEqual([false, "INVALID_STATE", "a!"]);
  });

  it("can be closed; who resumed it gets an error, not an answer", async () => {
    expect(
      await lua(`
      local co = coroutine.create(function() return test.wait("a") end)
      local owner = spawn(function() local ok, e = coroutine.resume(co) return tostring(ok) .. ": " .. tostring(e) end)
      promise.yield()
      local closed = coroutine.close(co)
      return { closed, await(owner) }`),
    ).toEqual([true, "false: cannot resume dead coroutine"]);
  });

  it("runs its close handlers when it is closed", async () => {
    expect(
      await lua(`
      local log
      local co = coroutine.create(function() local c <close> = setmetatable({}, { __close = function() log = "closed" end }) test.wait("a") end)
      spawn(function() coroutine.resume(co) end)
      promise.yield()
      coroutine.close(co)
      return log`),
    ).toBe("closed");
  });

  it("that belongs to a task cannot be resumed by the script", async () => {
    expect(
      await lua(`
      local co
      local owner = spawn(function() co = coroutine.running() return test.wait("a") end)
      promise.yield()
      local ok, e = coroutine.resume(co)
      return { ok, e.code, await(owner) }`),
    ).toEqual([false, "INVALID_STATE", "a!"]);
  });
});

describe("coroutines keep Lua's own rules", () => {
  it.each([
    [
      "resume of a dead coroutine",
      "local co = coroutine.create(function() end) coroutine.resume(co) return select(2, coroutine.resume(co))",
      "cannot resume dead coroutine",
    ],
    ["resume of itself", "return select(2, coroutine.resume(coroutine.running()))", "cannot"],
    ["resume of no coroutine", "return select(2, pcall(coroutine.resume, 1))", "coroutine expected"],
    ["wrap of no function", "return select(2, pcall(coroutine.wrap, 1))", "function expected"],
    ["an error in a wrap", 'return select(2, pcall(coroutine.wrap(function() error("inside") end)))', "inside"],
  ])("%s", async (_, source, message) => {
    const result = await lua(source);
    expect(typeof result === "string" ? result : (result as { message: string }).message).toContain(message);
  });

  it("many values pass both ways", async () => {
    expect(
      await lua(`
      local co = coroutine.create(function(...) local t = { coroutine.yield(select("#", ...), nil) } return #t, ... end)
      local a = table.pack(coroutine.resume(co, 1, nil, nil))
      local b = table.pack(coroutine.resume(co, 4, 5))
      return { a[1], a[2], a.n, b[2], b.n }`),
    ).toEqual([true, 3, 3, 2, 5]);
  });

  it("no value that was not yielded or returned comes out of a resume", async () => {
    expect(
      await lua(`
      local co = coroutine.create(function() coroutine.yield() end)
      local wrapped = coroutine.wrap(function() coroutine.yield() end)
      return { select("#", coroutine.resume(co)), select("#", coroutine.resume(co)), select("#", wrapped()), select("#", wrapped()) }`),
    ).toEqual([1, 1, 0, 0]);
  });

  it("a task is the main program", async () => {
    expect(
      await lua(`
      local main, is_main = coroutine.running()
      local inner = table.pack(coroutine.wrap(function()
        local co, is_main = coroutine.running()
        return co ~= main, is_main, coroutine.isyieldable(), coroutine.isyieldable(co), coroutine.isyieldable(main)
      end)())
      return { is_main, coroutine.isyieldable(), table.unpack(inner) }`),
    ).toEqual([true, false, true, false, true, true, false]);
  });

  it("an error in a close handler takes the place of a wrapped coroutine's error", async () => {
    expect(
      await lua(`
      local f = coroutine.wrap(function()
        local c <close> = setmetatable({}, { __close = function() error("second", 0) end })
        error("first", 0)
      end)
      return select(2, pcall(f))`),
    ).toBe("second");
  });
});

describe("the error of a wait that cannot be names what is in the way", () => {
  it.each([
    [
      "table.sort",
      'table.sort({ 2, 1 }, function() test.wait("a") end)',
      "test.wait cannot wait here: table.sort cannot",
    ],
    ["string.gsub", '("x"):gsub("x", function() sleep(1) end)', "promise.sleep cannot wait here: string.gsub cannot"],
    ["await", '("x"):gsub("x", function() await(spawn(print)) end)', "await cannot wait here: string.gsub cannot"],
    [
      "through pcall",
      "local ok, e = pcall(table.sort, { 2, 1 }, function() select(2, assert(pcall(function() promise.yield() end))) end) error(e, 0)",
      "yield cannot wait here: table.sort cannot",
    ],
    [
      "a metamethod called from C",
      'print(setmetatable({}, { __tostring = function() test.wait("a") end }))',
      "test.wait cannot wait here: print cannot",
    ],
    [
      "a metamethod of a library function",
      'table.concat(setmetatable({}, { __len = function() return 1 end, __index = function() return test.wait("a") end }))',
      "cannot wait here: table.concat cannot",
    ],
    [
      "a callback of the host",
      'test.apply(function() return test.wait("a") end, 1)',
      "test.wait cannot wait here: test.apply cannot",
    ],
    [
      "a coroutine in a callback",
      "table.sort({ 2, 1 }, coroutine.wrap(function() await(promise.new(function() end)) end))",
      "a coroutine cannot wait here: table.sort cannot",
    ],
    [
      "a handler of coroutine.close",
      'local co = coroutine.create(function() local c <close> = setmetatable({}, { __close = function() test.wait("a") end }) coroutine.yield() end) coroutine.resume(co) local ok, e = coroutine.close(co) error(e, 0)',
      "test.wait cannot wait here",
    ],
  ])("%s", async (_, source, message) => {
    await expect(lua(source)).rejects.toMatchObject({
      code: "INVALID_STATE",
      message: expect.stringContaining(message) as string,
    });
  });

  it("in a finalizer", async () => {
    expect(
      await lua(`
      local caught
      setmetatable({}, { __gc = function() local ok, e = pcall(await, promise.new(function() end)) caught = e.message end })
      collectgarbage() collectgarbage()
      return caught`),
    ).toBe("await cannot wait here: a finalizer (__gc) cannot be suspended");
  });

  it("a turn that cannot be given does not resume the task later", async () => {
    expect(
      await lua(`
      local ok = pcall(table.sort, { 2, 1 }, coroutine.wrap(function() promise.yield() end))
      local n = 0
      local p = spawn(function() n = n + 1 return test.wait("a") end)
      return { ok, await(p), n }`),
    ).toEqual([false, "a!", 1]);
  });
});

describe("what coroutines say of themselves in a task", () => {
  it.each([
    ["a chunk is the main program", "return coroutine.isyieldable()", false],
    [
      "a function that C calls cannot",
      "local r table.sort({ 2, 1 }, function() r = coroutine.isyieldable() end) return r",
      false,
    ],
    [
      "running is the main program in a task",
      "local co, main = coroutine.running() return { type(co), main, coroutine.status(co) }",
      ["thread", true, "running"],
    ],
    [
      "running in a coroutine is that one",
      "local co co = coroutine.create(function() return coroutine.running() == co end) return select(2, coroutine.resume(co))",
      true,
    ],
    [
      "a wrap drives a for loop, waits in between",
      'local t = {} for k, v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i, test.wait("w" .. i)) end end) do t[k] = v end return t',
      ["w1!", "w2!", "w3!"],
    ],
    ["yield in a task gives others a turn", "local n = 0 spawn(function() n = 1 end) coroutine.yield(5) return n", 1],
  ])("%s", async (_, source, expected) => {
    expect(await lua(source)).toEqual(expected);
  });
});
