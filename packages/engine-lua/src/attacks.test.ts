import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine, FunctionRef, Limits } from "@llmspell/engine";
import type { ErrorCode } from "@llmspell/errors";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";

const SMALL: Partial<Limits> = {
  fuel: 2_000_000,
  memoryBytes: 8 * 1024 * 1024,
  outputBytes: 10_000,
  callDepth: 10_000,
  hostCalls: 1_000,
  pendingCalls: 100,
};

interface Attack {
  readonly name: string;
  readonly source: string;
  /** How it must end; a list where what ends it first depends on the allocator. */
  readonly ends: ErrorCode | "fine" | readonly ErrorCode[];
  readonly limits?: Partial<Limits>;
}

const attack = (name: string, source: string, ends: Attack["ends"], limits: Partial<Limits> = {}): Attack => ({
  name,
  source,
  ends,
  limits,
});

const LOOPS: readonly Attack[] = [
  attack("an endless loop", "while true do end", "LIMIT_FUEL"),
  attack("an endless loop until the time is over", "while true do end", "LIMIT_TIME", { fuel: 1e12, timeMs: 30 }),
  attack("a repeat that calls", "local function f() end repeat f() until false", "LIMIT_FUEL"),
  attack("a numeric for that does not end", "for i = 1, math.huge do end", "LIMIT_FUEL"),
  attack("a goto loop", "::again:: goto again", "LIMIT_FUEL"),
  attack("endless tail calls", "local function f() return f() end f()", "LIMIT_FUEL"),
  attack("a for over an endless iterator", "for _ in function() return 1 end do end", "LIMIT_FUEL"),
  attack("pcall swallows the end", "while true do pcall(function() while true do end end) end", "LIMIT_FUEL"),
  attack(
    "xpcall whose handler loops",
    "while true do xpcall(function() while true do end end, function() while true do end end) end",
    "LIMIT_FUEL",
  ),
  attack("pcall in pcall in pcall", "local function f() while true do pcall(f) end end f()", [
    "LIMIT_FUEL",
    "LIMIT_DEPTH",
  ]),
  attack(
    "a loop in a coroutine whose error is swallowed",
    "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
    "LIMIT_FUEL",
  ),
  attack(
    "a coroutine takes the blame and the spell returns",
    "coroutine.resume(coroutine.create(function() while true do end end)) return 'survived'",
    "LIMIT_FUEL",
  ),
  attack(
    "a close handler that loops",
    "while true do pcall(function() local c <close> = setmetatable({}, { __close = function() while true do end end }) while true do end end) end",
    "LIMIT_FUEL",
  ),
  attack(
    "a finalizer that loops",
    "setmetatable({}, { __gc = function() while true do end end }) while true do local t = {} end",
    "LIMIT_FUEL",
  ),
  attack(
    "finalizers that make finalizers",
    "local mt = {} mt.__gc = function() setmetatable({}, mt) end setmetatable({}, mt) while true do collectgarbage() end",
    "LIMIT_FUEL",
  ),
  attack(
    "a loop in a task while another waits",
    'async(function() test.wait("x") end) while true do end',
    "LIMIT_FUEL",
  ),
  attack("a thousand tasks that loop", "for i = 1, 1000 do spawn(function() while true do end end) end", "LIMIT_FUEL"),
  attack("tasks that make tasks", "local function f() spawn(f) spawn(f) end f()", ["LIMIT_FUEL", "LIMIT_MEMORY"]),
  attack("yields without end", "while true do promise.yield() end", "LIMIT_FUEL"),
  attack(
    "an error in an error handler",
    'while true do xpcall(error, function() error("again") end) end',
    "LIMIT_FUEL",
  ),
];

const LIBRARY: readonly Attack[] = [
  attack("string.rep of a gigabyte", '("x"):rep(1 << 30)', "LIMIT_MEMORY"),
  attack("string.rep of too much to count", '("x"):rep(math.maxinteger)', "SCRIPT_ERROR"),
  attack("string.rep in a loop", 'while true do local s = ("x"):rep(100000) end', "LIMIT_FUEL"),
  attack("string.rep in pcall in a loop", 'while true do pcall(string.rep, "x", 1 << 30) end', "LIMIT_FUEL"),
  attack("a catastrophic pattern", '("a"):rep(30):find(("a?"):rep(30) .. ("a"):rep(30) .. "b")', "LIMIT_FUEL"),
  attack("a catastrophic pattern on 30k of input", '("a"):rep(30000):find(".-.-.-.-b")', "LIMIT_FUEL"),
  attack("a pattern that nests too deeply", '("("):rep(1000):find(("("):rep(40))', "SCRIPT_ERROR"),
  attack("a pattern that recurses too deeply", '("a"):rep(300000):match(("a?"):rep(300000))', "SCRIPT_ERROR"),
  attack("gsub that grows", 'local s = "x" while true do s = s:gsub("x", "xx") end', ["LIMIT_MEMORY", "LIMIT_FUEL"]),
  attack("string.format with a huge width", 'string.format("%99999d", 1)', "SCRIPT_ERROR"),
  attack("string.format in a loop", 'while true do local s = string.format("%99.99f", 1e308) end', "LIMIT_FUEL"),
  attack(
    "table.concat of much",
    'local t = {} for i = 1, 20000 do t[i] = ("x"):rep(30) end while true do local s = table.concat(t) end',
    "LIMIT_FUEL",
  ),
  attack(
    "table.concat over a huge range",
    'table.concat(setmetatable({}, { __index = function() return "x" end }), "", 1, math.maxinteger)',
    ["LIMIT_FUEL", "LIMIT_MEMORY"],
  ),
  attack("table.unpack of a huge range", "table.unpack({}, 1, 1 << 40)", "SCRIPT_ERROR"),
  attack("table.unpack of many", "select('#', table.unpack({}, 1, 900000))", "fine", {
    fuel: 1e8,
    memoryBytes: 64 * 1024 * 1024,
  }),
  attack("table.move over a huge range", "table.move({}, 1, math.maxinteger - 1, 2)", "LIMIT_FUEL"),
  attack("table.insert at the front, for ever", "local t = {} while true do table.insert(t, 1, 1) end", "LIMIT_FUEL"),
  attack(
    "sort with a comparator that lies",
    "local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function() return true end)",
    "SCRIPT_ERROR",
  ),
  attack("sort with a comparator that loops", "table.sort({ 2, 1 }, function() while true do end end)", "LIMIT_FUEL"),
  attack(
    "sort of an endless proxy",
    "table.sort(setmetatable({}, { __len = function() return 1 << 30 end, __index = function() return 1 end, __newindex = function() end }))",
    "LIMIT_FUEL",
  ),
  attack(
    "utf8.char floods",
    "local t = {} for i = 1, 200 do t[i] = 0x10FFFF end while true do local s = utf8.char(table.unpack(t)) end",
    "LIMIT_FUEL",
  ),
  attack("utf8.len of much", 'local s = ("ä"):rep(100000) while true do utf8.len(s) end', "LIMIT_FUEL"),
  attack("string.byte of much", 'local s = ("x"):rep(1000000) s:byte(1, -1)', ["SCRIPT_ERROR", "LIMIT_MEMORY"]),
  attack("string.pack with a huge alignment", 'string.pack("!17 i16", 1)', "SCRIPT_ERROR"),
  attack("string.packsize that overflows", 'string.packsize(("c1000000000"):rep(3))', "SCRIPT_ERROR"),
  attack("string.unpack behind the end", 'string.unpack("s4", "\\255\\255\\255\\127")', "SCRIPT_ERROR"),
  attack("tonumber of much", 'local s = ("9"):rep(100000) while true do tonumber(s) end', "LIMIT_FUEL"),
  attack(
    "tostring that calls itself",
    "local t = setmetatable({}, {}) getmetatable(t).__tostring = tostring tostring(t)",
    ["SCRIPT_ERROR", "LIMIT_DEPTH"],
  ),
  attack("math.random over the whole range", "while true do math.random(0) end", "LIMIT_FUEL"),
  attack(
    "next on a changed table",
    "local t = {} for i = 1, 100 do t[i] = i end while true do for k in next, t do end end",
    "LIMIT_FUEL",
  ),
  attack(
    "collectgarbage without end",
    "local t = {} for i = 1, 10000 do t[i] = {} end while true do collectgarbage() end",
    "LIMIT_FUEL",
  ),
  attack("os.date with much to format", 'local f = ("%c"):rep(10000) while true do os.date(f) end', [
    "LIMIT_FUEL",
    "LIMIT_MEMORY",
  ]),
];

const MEMORY: readonly Attack[] = [
  attack("a table that grows", "local t = {} for i = 1, math.huge do t[i] = i end", "LIMIT_MEMORY", { fuel: 1e8 }),
  attack("tables in tables", "local t = {} while true do t = { t } end", "LIMIT_MEMORY", { fuel: 1e8 }),
  attack("text that doubles", 'local s = "x" while true do s = s .. s end', "LIMIT_MEMORY"),
  attack(
    "many short texts",
    "local t = {} for i = 1, math.huge do t[i] = 'k' .. i end",
    ["LIMIT_MEMORY", "LIMIT_FUEL"],
    { fuel: 1e8 },
  ),
  attack("a stack as large as it can be", "local t = table.pack(table.unpack({}, 1, 900000))", [
    "SCRIPT_ERROR",
    "LIMIT_MEMORY",
  ]),
  attack("closures", "local t = {} for i = 1, math.huge do t[i] = function() return i end end", "LIMIT_MEMORY", {
    fuel: 1e8,
  }),
  attack(
    "a million coroutines",
    "local t = {} for i = 1, 1000000 do t[i] = coroutine.wrap(function() coroutine.yield() end) t[i]() end",
    "LIMIT_MEMORY",
    { fuel: 1e8 },
  ),
  attack("coroutines in coroutines", "local function f() return coroutine.wrap(f)() end f()", [
    "SCRIPT_ERROR",
    "LIMIT_DEPTH",
    "LIMIT_MEMORY",
  ]),
  attack(
    "memory taken in pcall, again and again",
    'while true do pcall(function() local s = "x" while true do s = s .. s end end) end',
    ["LIMIT_FUEL", "LIMIT_MEMORY"],
  ),
  attack("a bomb of constants", 'load("return {" .. ("1.5,"):rep(300000) .. "}")', ["LIMIT_MEMORY", "LIMIT_FUEL"]),
  attack(
    "promises without end",
    "local t = {} for i = 1, math.huge do t[i] = promise.new(function() end) end",
    "LIMIT_MEMORY",
    { fuel: 1e8 },
  ),
];

const DEPTH: readonly Attack[] = [
  attack("deep recursion", "local function f() return 1 + f() end f()", "LIMIT_DEPTH", {
    fuel: 1e8,
    memoryBytes: 64 * 1024 * 1024,
  }),
  attack("deep recursion up to Lua's own limit", "local function f() return 1 + f() end f()", "LIMIT_DEPTH", {
    fuel: 1e9,
    memoryBytes: 128 * 1024 * 1024,
    callDepth: 10_000_000,
  }),
  attack(
    "a value that is its own __call",
    "local t = setmetatable({}, {}) getmetatable(t).__call = t while true do pcall(t) end",
    "LIMIT_FUEL",
    { callDepth: 10_000_000, memoryBytes: 128 * 1024 * 1024 },
  ),
  attack(
    "recursion beyond a small limit",
    "local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end return f(5000)",
    "LIMIT_DEPTH",
    { callDepth: 100 },
  ),
  attack("deep recursion until memory is over", "local function f() return 1 + f() end f()", "LIMIT_MEMORY", {
    fuel: 1e8,
    callDepth: 10_000_000,
  }),
  attack("recursion in pcall", "local function f() pcall(f) end f() while true do end", ["LIMIT_FUEL", "LIMIT_DEPTH"]),
  attack(
    "a chain of __index",
    "local t = {} for i = 1, 3000 do t = setmetatable({}, { __index = t }) end return t.x",
    "SCRIPT_ERROR",
  ),
  attack("__index that is itself", "local t = {} setmetatable(t, { __index = t }) return t.x", "SCRIPT_ERROR"),
  attack(
    "__index that recurses",
    "local t t = setmetatable({}, { __index = function(_, k) return t[k] end }) return t.x",
    ["SCRIPT_ERROR", "LIMIT_DEPTH"],
  ),
  attack(
    "metamethods that recurse",
    "local t = setmetatable({}, {}) getmetatable(t).__add = function(a, b) return a + b end return t + t",
    ["SCRIPT_ERROR", "LIMIT_DEPTH"],
  ),
  attack("gsub in gsub in gsub", 'local function f() return (("x"):gsub("x", f)) end f()', [
    "SCRIPT_ERROR",
    "LIMIT_DEPTH",
  ]),
  attack("sort in sort in sort", "local function f() table.sort({ 2, 1 }, f) return true end f()", [
    "SCRIPT_ERROR",
    "LIMIT_DEPTH",
  ]),
  attack(
    "source that nests deeply",
    'assert(load("return " .. ("("):rep(100000) .. "1" .. (")"):rep(100000)))',
    "SCRIPT_ERROR",
  ),
  attack("blocks that nest deeply", 'assert(load(("do "):rep(100000) .. ("end "):rep(100000)))', "SCRIPT_ERROR"),
  attack("a host call in a host call in a host call", "local function f() return test.apply(f) end f()", [
    "SCRIPT_ERROR",
    "LIMIT_DEPTH",
  ]),
];

const DOOR: readonly Attack[] = [
  attack("a flood of output", 'while true do print("spam") end', "LIMIT_OUTPUT"),
  attack("one huge print", 'print(("x"):rep(1000000))', "LIMIT_OUTPUT"),
  attack("a flood of warnings", 'warn("@on") while true do warn("spam") end', "LIMIT_FUEL"),
  attack("a flood of calls", "while true do test.echo() end", "LIMIT_CALLS"),
  attack("a flood of calls in pcall", "while true do pcall(test.echo) end", "LIMIT_CALLS"),
  attack(
    "a call too many, and the spell returns",
    "for i = 1, 1001 do pcall(test.echo) end return 'survived'",
    "LIMIT_CALLS",
  ),
  attack(
    "a call too many in a coroutine, and the spell returns",
    "coroutine.wrap(function() pcall(function() while true do test.echo() end end) end)() return 'survived'",
    "LIMIT_CALLS",
  ),
  attack("a flood of pending calls", 'while true do test.wait_async("x") end', "LIMIT_PENDING"),
  attack("a huge argument", 'test.echo(("x"):rep(200000))', "LIMIT_VALUE", { valueBytes: 100_000 }),
  attack("a wide argument", "local t = {} for i = 1, 10000 do t[i] = i end test.echo(t)", "LIMIT_VALUE", {
    valueBytes: 100_000,
  }),
  attack(
    "a shared argument that unfolds",
    "local t = {} for i = 1, 60 do t = { t, t } end test.echo(t)",
    "LIMIT_VALUE",
    { valueBytes: 100_000 },
  ),
  attack("a cyclic argument", "local t = {} t.t = t test.echo(t)", "INVALID_ARGUMENT"),
  attack(
    "a table that claims a huge length",
    "test.echo(setmetatable({}, { __len = function() return 1 << 60 end }))",
    "fine",
  ),
  attack("a huge error", 'error(("x"):rep(200000))', "LIMIT_VALUE", { valueBytes: 100_000 }),
  attack("a cyclic error", "local t = {} t.t = t error(t)", "INVALID_ARGUMENT"),
  attack("an error that is a coroutine", "error(coroutine.create(print))", "INVALID_ARGUMENT"),
  attack("an error that is nothing", "error()", "SCRIPT_ERROR"),
  attack(
    "an error whose tostring loops",
    "error(setmetatable({}, { __tostring = function() while true do end end }))",
    "SCRIPT_ERROR",
  ),
  attack(
    "bytecode through load",
    'assert(load("\\27Lua\\x54\\0\\x19\\x93\\r\\n\\x1a\\n\\4\\8\\8" .. ("\\255"):rep(1000), "x", "b"))',
    "SCRIPT_ERROR",
  ),
  attack(
    "texts with equal hashes",
    'local t = {} for i = 1, 20000 do t[("x"):rep(40) .. i .. ("y"):rep(40)] = i end return 1',
    ["LIMIT_FUEL", "LIMIT_MEMORY"],
  ),
  attack("keys that collide in a table", "local t = {} for i = 1, 20000 do t[i * 2.0 ^ 40] = i end return 1", "fine"),
];

const FORGERY: readonly Attack[] = [
  ...["LIMIT_FUEL", "LIMIT_MEMORY", "LIMIT_DEPTH", "PERMISSION_DENIED", "INTERRUPTED", "CANCELLED", "INTERNAL"].flatMap(
    (code) => [
      attack(
        `an error that claims ${code}`,
        `error({ code = "${code}", category = "limit", message = "forged" })`,
        "SCRIPT_ERROR",
      ),
      attack(
        `an error table of the host changed to ${code}`,
        `local _, e = pcall(test.fail) e.code = "${code}" error(e)`,
        "TOOL_FAILED",
      ),
      attack(
        `a copy of a host's error with ${code}`,
        `local _, e = pcall(test.fail) local c = { code = "${code}" } for k, v in pairs(e) do c[k] = c[k] or v end error(c)`,
        "SCRIPT_ERROR",
      ),
      attack(
        `a rejected promise that claims ${code}`,
        `await(promise.reject({ code = "${code}", message = "forged" }))`,
        "SCRIPT_ERROR",
      ),
    ],
  ),
  attack(
    "a promise whose insides the spell replaced",
    "local p = promise.new(function() end) p.waiters = 5 await(p)",
    "SCRIPT_ERROR",
  ),
  attack(
    "a promise whose waiters the spell made up",
    "local p = promise.new(function() end) p.waiters = { {}, { co = 1 }, {} } spawn(function() p.state = 'x' end) await(p)",
    ["SCRIPT_ERROR", "DEADLOCK"],
  ),
  attack(
    "a promise whose waiters are no tasks",
    'local p = test.wait_async("a") p.waiters = { { co = 1 } } p:cancel()',
    ["SCRIPT_ERROR", "DEADLOCK"],
  ),
  attack("a text that says memory is over", 'error("not enough memory", 0)', "SCRIPT_ERROR"),
  attack(
    "a table that says memory is over, when it once was",
    'pcall(string.rep, "x", 1 << 30) error({ message = "not enough memory" })',
    "SCRIPT_ERROR",
  ),
  attack("a text that says the stack is over", 'error("stack overflow")', "SCRIPT_ERROR"),
];

let engine: Engine;
beforeAll(() => {
  engine = createLuaEngine();
});
afterAll(() => engine[Symbol.dispose]());

describe.each([
  ["loops", LOOPS],
  ["library functions", LIBRARY],
  ["memory", MEMORY],
  ["depth", DEPTH],
  ["the door", DOOR],
  ["forged errors", FORGERY],
])("attacks through %s end within the limits, and the next guest works", (_, attacks) => {
  it.each(attacks)("$name", async ({ source, ends, limits }) => {
    const bounds = { ...SMALL, ...limits };
    const host = new TestHost();
    const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host, limits: bounds });
    const end = await guest
      .run(source, { name: "attack.lua" })
      .result()
      .then(
        () => "fine",
        (error: { code: string; message: string }) => {
          expect(error.message.length).toBeLessThan(300_000);
          return error.code;
        },
      );
    expect([ends].flat()).toContain(end);
    expect(guest.usage.fuel).toBeLessThanOrEqual(guest.limits.fuel);
    expect(guest.usage.outputBytes).toBeLessThanOrEqual(guest.limits.outputBytes);
    expect(guest.usage.memoryBytes).toBeLessThanOrEqual(guest.limits.memoryBytes + 256 * 1024);
    guest[Symbol.dispose]();
    const next = engine.createGuest({ bindings: PROMISE_BINDINGS, host: new TestHost() });
    expect(
      await next.run('local t = { ("x"):upper(), test.say_twice("a") } return table.concat(t, " ")').result(),
    ).toBe("X a a");
    next[Symbol.dispose]();
  });
});

it("a host that swallows the end of a guest inside callSync does not keep it alive", async () => {
  let calls = 0;
  const guest = engine.createGuest({
    bindings: PROMISE_BINDINGS,
    limits: SMALL,
    host: {
      call: (_, [fn], self) => {
        calls++;
        try {
          self.callSync(fn as FunctionRef);
        } catch {
          // A careless host.
        }
        return null;
      },
    },
  });
  const source =
    "test.apply(function() while true do pcall(function() while true do end end) end end) test.report(1) test.report(2)";
  await expect(guest.run(source).result()).rejects.toMatchObject({ code: "LIMIT_FUEL" });
  expect(guest.state).toBe("killed");
  expect(calls).toBe(1);
  guest[Symbol.dispose]();
});

it("the host can end a guest whose finalizers do not end, while it sets a global", async () => {
  const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, limits: SMALL });
  await guest
    .run("for i = 1, 2000 do setmetatable({}, { __gc = function() while true do end end }) end")
    .result()
    .catch(() => {});
  const set = (): void => {
    for (let i = 0; i < 1_000; i++)
      guest.setGlobal(
        "t",
        Array.from({ length: 1_000 }, (_, n) => ({ n })),
      );
  };
  expect(set).toThrow(expect.objectContaining({ code: expect.stringMatching(/^LIMIT_/) as string }));
  expect(guest.state).toBe("killed");
  guest[Symbol.dispose]();
});
