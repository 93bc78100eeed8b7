import { afterAll, describe, expect, it } from "vitest";
import type { Host, SandboxLevel } from "@llmspell/engine";
import { PROMISE_BINDINGS } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

const LEVELS = ["none", "basic", "strict"] as const;

async function lua(
  sandbox: SandboxLevel,
  source: string,
  host: Host = {},
  bindings = PROMISE_BINDINGS,
): Promise<unknown> {
  const guest = engine.createGuest({ bindings, sandbox, host });
  try {
    return await guest.run(source, { name: "spell.lua" }).result();
  } finally {
    guest[Symbol.dispose]();
  }
}

type Names = Readonly<Record<string, string>>;

const names = (list: Names): string[] =>
  Object.entries(list)
    .flatMap(([table, members]) => members.split(" ").map((name) => (table === "" ? name : `${table}.${name}`)))
    .toSorted((a, b) => (a < b ? -1 : 1));

const BASIC: Names = {
  "": "_G _VERSION assert collectgarbage coroutine debug error getmetatable ipairs load math next os pairs pcall print rawequal rawget rawlen rawset require select setmetatable string table tonumber tostring type unpack utf8 warn xpcall",
  coroutine: "close create isyieldable resume running status wrap yield",
  debug: "traceback",
  math: "abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min mininteger modf pi rad random randomseed sin sqrt tan tointeger type ult",
  os: "clock date difftime time",
  string: "byte char find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper",
  table: "concat insert move pack remove sort unpack",
  utf8: "char charpattern codepoint codes len offset",
};

/** Everything a guest without modules can reach by name. A name is added here only after thinking about it. */
const ALLOWED: Readonly<Record<SandboxLevel, Names>> = {
  none: {
    ...BASIC,
    "": BASIC[""]?.replace(" unpack", "") + " dofile io loadfile package",
    debug:
      "debug gethook getinfo getlocal getmetatable getregistry getupvalue getuservalue setcstacklimit sethook setlocal setmetatable setupvalue setuservalue traceback upvalueid upvaluejoin",
    io: "close flush input lines open output popen read stderr stdin stdout tmpfile type write",
    os: `${BASIC["os"]} execute exit getenv remove rename setlocale tmpname`,
    package: "config cpath loaded loadlib path preload searchers searchpath",
    string: `${BASIC["string"]} dump`,
  },
  basic: BASIC,
  strict: {
    "": BASIC[""]?.replace(" debug", "").replace(" load", "") ?? "",
    ...Object.fromEntries(Object.entries(BASIC).filter(([table]) => table !== "" && table !== "debug")),
  },
};

/** The names of all tables, through every entry, key and metatable; what `package` and `debug` reach twice is left out. */
const WALK = `
  local seen, names = { [1] = true }, {}
  local function walk(v, path)
    if type(v) ~= "table" or seen[v] or path:find("^package%.%a+%.") then return end
    seen[v] = true
    for k, x in pairs(v) do
      names[#names + 1] = path .. tostring(k)
      walk(k, path .. "(key)")
    end
    for k, x in pairs(v) do
      if v ~= _G or k ~= "package" then walk(x, path .. tostring(k) .. ".") end
    end
    if v == _G then walk(rawget(v, "package"), "package.") end
    local mt = getmetatable(v)
    if mt ~= nil and mt ~= false then walk(mt, path .. "(metatable)") end
  end
  walk(_G, "")
  for _, v in ipairs({ "", 0, true, print, coroutine.create(print) }) do
    local mt = getmetatable(v)
    if mt and (mt.__index ~= string or not debug.getregistry) then walk(mt, type(v) .. "(metatable)") end
  end
  walk(getmetatable(nil), "nil(metatable)")
  table.sort(names)
  return names`;

describe("what a guest can reach", () => {
  it.each(LEVELS)(
    "at the level %s is exactly the allow list, through every table, key and metatable",
    async (level) => {
      const guest = engine.createGuest({ sandbox: level });
      const reached = await guest.run(WALK).result();
      guest[Symbol.dispose]();
      expect(reached).toEqual(names(ALLOWED[level]));
    },
  );

  it.each(["basic", "strict"] as const)(
    "with modules at the level %s is the allow list, the modules and the names of the bindings",
    async (level) => {
      const known = new Set(names(ALLOWED[level]));
      // A table with two names is walked under one of them.
      const own = ((await lua(level, WALK)) as string[])
        .filter((name) => !known.has(name))
        .map((name) => name.replace(/^llmspell\./, ""));
      const modules = PROMISE_BINDINGS.modules.flatMap((m) => [m.name, ...m.aliases]);
      const globals = [...modules, "llmspell", "array", "null", "weak", ...Object.keys(PROMISE_BINDINGS.globals)];
      const unexpected = own.filter((name) => {
        const [head = "", member] = name.split(".");
        return !(member === undefined ? globals : modules).includes(head);
      });
      expect(unexpected).toEqual([]);
      expect(own).toContain("shout");
    },
  );
});

interface Capability {
  readonly name: string;
  /** Must return true where the guest has the power, and false or an error where not. */
  readonly source: string;
  readonly levels: readonly SandboxLevel[];
}

const can = (name: string, source: string, ...levels: SandboxLevel[]): Capability => ({ name, source, levels });

const CAPABILITIES: readonly Capability[] = [
  can("compute", "return 6 * 7 == 42", "none", "basic", "strict"),
  can("define globals", "x = 1 function f() return x end return f() == 1", "none", "basic", "strict"),
  can("call a module", 'return test.say_twice("a") == "a a"', "none", "basic", "strict"),
  can(
    "list a library",
    "for k in pairs(string) do if k == 'upper' then return true end end",
    "none",
    "basic",
    "strict",
  ),
  can("suspend", "return await(spawn(function() return true end))", "none", "basic", "strict"),
  can("count memory", 'return collectgarbage("count") > 0', "none", "basic", "strict"),
  can("make metatables", "return setmetatable({}, { __index = { a = true } }).a", "none", "basic", "strict"),
  can("tell the time of a table", "return os.time({ year = 2000, month = 1, day = 1 }) == 946728000", ...LEVELS),
  can("compile text", 'return load("return true")()', "none", "basic"),
  can("read an unknown global", "return unknown == nil", "none", "basic"),
  can("change a global function", "print = 1 return print == 1", "none", "basic"),
  can("change a global function by _ENV", "_ENV.print = 1 return print == 1", "none", "basic"),
  can("change a global function by rawset", 'rawset(_G, "print", 1) return print == 1', "none", "basic"),
  can("change a library", "string.upper = 1 return string.upper == 1", "none", "basic"),
  can("change a library by rawset", 'rawset(string, "upper", 1) return string.upper == 1', "none", "basic"),
  can("change a library through require", 'require("string").upper = 1 return string.upper == 1', "none", "basic"),
  can("change a library by table.insert", 'table.insert(string, "x") return string[1] == "x"', "none", "basic"),
  can("change a library through pairs", "local _, s = pairs(math) s.pi = 3 return math.pi == 3", "none", "basic"),
  can(
    "change what methods of text do",
    'string.upper = function() return "m" end return ("a"):upper() == "m"',
    "none",
    "basic",
  ),
  can("change a module", "test.say_twice = 1 return test.say_twice == 1", "none", "basic"),
  can("change a module through its root", "llmspell.test.x = 1 return test.x == 1", "none", "basic"),
  can("change a module through require", 'require("test").x = 1 return test.x == 1', "none", "basic"),
  can("give _G a metatable", "setmetatable(_G, {}) return true", "none", "basic"),
  can("have finalizers", "setmetatable({}, { __gc = function() end }) return true", "none", "basic"),
  can("start the collector", "collectgarbage() return true", "none", "basic"),
  can("make tracebacks", "return #debug.traceback() > 0", "none", "basic"),
  can("ask for the time without a clock", "return os.time() == 0", "none", "basic"),
  can("ask for the date without a clock", 'return #os.date("%c") > 0', "none", "basic"),
  can("measure time without a clock", "return os.clock() == 0", "none", "basic"),
  can("stop the collector", 'collectgarbage("stop") return true', "none"),
  can("inspect functions", "return debug.getinfo(1).currentline == 1", "none"),
  can("set hooks", 'debug.sethook(function() end, "l") return true', "none"),
  can("reach the registry", 'return type(debug.getregistry()) == "table"', "none"),
  can("read the metatable of text", 'return getmetatable("").__index == string', "none"),
  can("read the metatable of a module", "return debug.getmetatable(test).__name == 'test'", "none"),
  can("dump code", "return #string.dump(function() end) > 0", "none"),
  can("load precompiled code", "return load(string.dump(function() return true end))()", "none"),
  can("use Lua's own package library", "package.preload.x = function() return true end return require('x')", "none"),
  can("write through io", 'return io.write("") == io.stdout', "none"),
  can("read a file", 'return io.open("/etc/passwd") ~= nil'),
  can("write a file", 'return io.open("x", "w") ~= nil'),
  can("list the environment", 'return os.getenv("PATH") ~= nil'),
  can("run a process", 'return os.execute("true") == true'),
  can("open a pipe", 'return io.popen("true") ~= nil'),
  can("delete a file", 'return os.remove("package.json") == true'),
  can("rename a file", 'return os.rename("package.json", "x") == true'),
  can("end the process", "os.exit(0) return true"),
  can("load a native library", 'return package.loadlib("libc.so", "*") == true'),
];

describe.each(CAPABILITIES)("$name", ({ source, levels }) => {
  it.each(LEVELS)("%s", async (level) => {
    const host: Host = { call: (_, [text]) => `${String(text)} ${String(text)}` };
    const done = await lua(level, source, host).then(
      (value) => value === true,
      (error: { code: string }) => {
        expect(error.code).toMatch(/^(SCRIPT_ERROR|PERMISSION_DENIED|UNSUPPORTED)$/);
        return false;
      },
    );
    expect(done).toBe(levels.includes(level));
  });
});

describe("the level none", () => {
  it("has nobody to yield to outside a coroutine", async () => {
    expect(await lua("none", "return { pcall(coroutine.yield, 1) }")).toEqual([
      false,
      "attempt to yield from outside a coroutine",
    ]);
    const source =
      "local f = coroutine.wrap(function(...) return coroutine.yield(...) end) return { f(1, nil, 3), f(4) }";
    expect(await lua("none", source)).toEqual([1, 4]);
  });

  it("keeps a script's hook over many time slices", async () => {
    const source = `
      local lines = 0
      debug.sethook(function() lines = lines + 1 end, "l")
      for i = 1, 400000 do
      end
      debug.sethook()
      return lines`;
    expect(await lua("none", source)).toBeGreaterThan(400_000);
  });

  it("stops a script in spite of its hook", async () => {
    const guest = engine.createGuest({ sandbox: "none", limits: { fuel: 3_000_000 } });
    const source = 'debug.sethook(function() end, "l") while true do pcall(function() while true do end end) end';
    await expect(guest.run(source).result()).rejects.toMatchObject({ code: "LIMIT_FUEL" });
    guest[Symbol.dispose]();
  });

  it.each([
    [
      "a damaged chunk",
      'local f = load(string.dump(function(a) return a .. 1, a[2] end):gsub("\\x80", "\\xff")) for i = 1, 9 do pcall(f, i) end',
    ],
    ["a registry without its parts", "local r = debug.getregistry() for k in pairs(r) do r[k] = nil end error('x')"],
    ["hooks in every function", 'debug.sethook(function() error("hook") end, "crl")'],
  ])("contains %s: the next guest works", async (_, source) => {
    await lua("none", source).catch(() => {});
    expect(await lua("none", 'return test.say_twice("a")', { call: () => "a a" })).toBe("a a");
    expect(await lua("basic", 'return ("a"):upper()')).toBe("A");
  });
});

describe("the level strict", () => {
  it.each([
    ["reading a name that was never assigned", "\nreturn mispelt", "undeclared global 'mispelt'"],
    ["assigning to a function", "\nprint = nil", "cannot assign to 'print': the library cannot be changed"],
    [
      "assigning to a library",
      "\nstring.upper = nil",
      "cannot assign to 'string.upper': the library cannot be changed",
    ],
    ["assigning to a module", "\nllmspell.test.x = 1", "cannot assign to 'test.x': the library cannot be changed"],
    ["rawset", '\nrawset(_G, "print", nil)', "rawset: this table cannot be changed"],
    ["a finalizer", "\nsetmetatable({}, { __gc = print })", "setmetatable: '__gc' is not available"],
  ])("says what is wrong with %s, and where", async (_, source, message) => {
    await expect(lua("strict", source)).rejects.toMatchObject({ code: "SCRIPT_ERROR", message, details: { line: 2 } });
  });

  it("lets a global be assigned nil and read", async () => {
    expect(await lua("strict", "x = nil return { x == nil, rawget(_G, 'x') == nil }")).toEqual([true, true]);
  });

  it("gives the host its globals", () => {
    const guest = engine.createGuest({ sandbox: "strict" });
    guest.setGlobal("answer", 42);
    expect(guest.getGlobal("answer")).toBe(42);
    expect(guest.getGlobal("nothing")).toBeNull();
    guest[Symbol.dispose]();
  });

  it("has the time when the host gives it, and says so when not", async () => {
    const clock: Host = { now: () => 86_400_000 };
    const source = 'return { os.time(), os.date("%F"), os.clock() >= 0 }';
    expect(await lua("strict", source, clock)).toEqual([86_400, "1970-01-02", true]);
    await expect(lua("strict", "return os.time()")).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });
});

it("there is no other level", () => {
  const sandbox = "constructor" as SandboxLevel;
  expect(() => engine.createGuest({ sandbox })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});

it("an instance that ran at the level none is never used again", () => {
  const { discarded, idle } = engine.pool;
  engine.createGuest({ sandbox: "none" })[Symbol.dispose]();
  expect(engine.pool).toMatchObject({ discarded: discarded + 1, idle: expect.any(Number) as number });
  expect(engine.pool.idle).toBeLessThanOrEqual(idle);
});
