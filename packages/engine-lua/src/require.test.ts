import { afterAll, describe, expect, it } from "vitest";
import type { Guest, GuestOptions, Host, ScriptModule } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

type Files = Readonly<Record<string, string>>;

/** A host with these modules, found by their name without `.lua`; it notes what it was asked for. */
class ModuleHost extends TestHost implements Host {
  readonly requests: [name: string, from: string][] = [];
  readonly #files: Files;
  readonly #slow: boolean;

  constructor(files: Files, slow = false) {
    super();
    this.#files = files;
    this.#slow = slow;
  }

  override loadModule(name: string, from: string): ScriptModule | undefined | Promise<ScriptModule | undefined> {
    this.requests.push([name, from]);
    const file = `${name.replace(/^\.\//, "")}.lua`;
    const source = this.#files[file];
    const found = source === undefined ? undefined : { name: file, source };
    return this.#slow ? Promise.resolve(found) : found;
  }
}

const newGuest = (host: Host, options: GuestOptions = {}): Guest =>
  engine.createGuest({ bindings: PROMISE_BINDINGS, host, ...options });

async function lua(source: string, files: Files = {}, options: GuestOptions = {}): Promise<unknown> {
  const guest = newGuest(options.host ?? new ModuleHost(files), options);
  try {
    return await guest.run(source, { name: "spell.lua" }).result();
  } finally {
    guest[Symbol.dispose]();
  }
}

const COUNTER = "loads = (loads or 0) + 1 return { n = loads }";

describe("require", () => {
  it.each([false, true])("loads a module of the host once (host slow: %s)", async (slow) => {
    const host = new ModuleHost({ "a.lua": COUNTER, "b.lua": 'return require("a")' }, slow);
    expect(
      await lua('return { require("a") == require("./a"), require("b") == require("a"), loads }', {}, { host }),
    ).toEqual([true, true, 1]);
  });

  it("tells the host which file asks", async () => {
    const files = {
      "a.lua": 'local b = require("./b") return b',
      "b.lua": 'return require("./c")',
      "c.lua": 'return { later = function() local d = require("./d") return d end }',
      "d.lua": "return 4",
    };
    const host = new ModuleHost(files);
    expect(await lua('\nlocal c = require("./a")\nreturn c.later()', {}, { host })).toBe(4);
    expect(host.requests).toEqual([
      ["./a", "spell.lua"],
      ["./b", "a.lua"],
      ["./c", "b.lua"],
      ["./d", "c.lua"],
    ]);
  });

  it("gives the module its name, and true for a module that returns nothing", async () => {
    expect(await lua('return require("a")', { "a.lua": "return (...)" })).toBe("a.lua");
    expect(await lua('return require("a")', { "a.lua": "x = 1" })).toBe(true);
    expect(
      await lua('return { require("a"), require("a") }', { "a.lua": "loads = (loads or 0) + 1 return false" }),
    ).toEqual([false, false]);
  });

  it("finds the script API's modules and Lua's own before the host's", async () => {
    const host = new ModuleHost({ "test.lua": "return 1", "string.lua": "return 1" });
    expect(
      await lua(
        'return { require("test") == test, require("llmspell.test") == test, require("string") == string }',
        {},
        { host },
      ),
    ).toEqual([true, true, true]);
    expect(host.requests).toEqual([]);
    expect(await lua('return require("./test")', {}, { host })).toBe(1);
  });

  it.each(["missing", "./missing", "llmspell.missing", "", "package.loadlib", "x".repeat(201)])(
    "finds no '%s'",
    async (name) => {
      await expect(lua(`local m = require("${name}")`, { "a.lua": "" })).rejects.toMatchObject({
        code: "NOT_FOUND",
        details: { file: "spell.lua", line: 1 },
      });
    },
  );

  it("is refused as its host refuses it", async () => {
    const host: Host = {
      loadModule(name) {
        throw new SpellError("PERMISSION_DENIED", `not '${name}'`);
      },
    };
    await expect(lua('\nrequire("a")', {}, { host })).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
      message: "not 'a'",
      details: { line: 2 },
    });
    const caught = 'local ok, e = pcall(require, "a") return e.code';
    expect(await lua(caught, {}, { host })).toBe("PERMISSION_DENIED");
    const broken: Host = {
      loadModule: () => Promise.reject(new TypeError("secret")),
    };
    expect(await lua("local ok, e = pcall(require, 'a') return { e.code, e.message }", {}, { host: broken })).toEqual([
      "INTERNAL",
      expect.any(String),
    ]);
  });

  it("counts as a call of the host, and costs fuel for what it compiles", async () => {
    const guest = newGuest(new ModuleHost({ "a.lua": "", "b.lua": `return { ${"1,".repeat(5_000)} }` }));
    const fuel: number[] = [];
    for (const name of ["a", "b"]) {
      const task = guest.run(`require("${name}")`);
      await task.result();
      fuel.push(task.usage?.fuel ?? 0);
    }
    expect(guest.usage.hostCalls).toBe(2);
    expect((fuel[1] ?? 0) - (fuel[0] ?? 0)).toBeGreaterThan(10_000);
    guest[Symbol.dispose]();
  });

  it("cannot wait where Lua cannot be suspended", async () => {
    const host = new ModuleHost({ "a.lua": "return 1" }, true);
    const source = 'return select(2, pcall(string.gsub, "x", "x", function() return require("a") end)).code';
    expect(await lua(source, {}, { host })).toBe("INVALID_STATE");
  });

  it.each([
    ["precompiled code", "\x1bLua\x54\x00\x19\x93\r\n\x1a\n"],
    ["text that is no Lua", "not lua"],
  ])("refuses %s", async (_, source) => {
    await expect(lua('require("a")', { "a.lua": source })).rejects.toMatchObject({ code: "SYNTAX_ERROR" });
  });

  it("takes a byte order mark and a first line for the shell", async () => {
    expect(await lua('return require("a")', { "a.lua": "\uFEFF#!/usr/bin/lua\nreturn 1" })).toBe(1);
  });

  it("leaves nothing to the next guest", async () => {
    const host = new ModuleHost({ "a.lua": COUNTER });
    for (let i = 0; i < 3; i++) expect(await lua('return require("a").n', {}, { host })).toBe(1);
    expect(host.requests).toHaveLength(3);
  });
});

describe("modules that depend on each other", () => {
  it("in a circle are refused, and the chain is named", async () => {
    const files = {
      "a.lua": 'local b = require("b") return b',
      "b.lua": '\nreturn { require("./c") }',
      "c.lua": '\n\nlocal a = require("a")',
    };
    await expect(lua('require("a")', files)).rejects.toMatchObject({
      code: "INVALID_STATE",
      message: "require: a module cannot require itself: a.lua -> b.lua -> c.lua -> a.lua",
      details: { file: "c.lua", line: 3 },
    });
    await expect(lua('require("a")', { "a.lua": 'return require("a")' })).rejects.toMatchObject({
      message: "require: a module cannot require itself: a.lua -> a.lua",
    });
  });

  it("may require each other once they are loaded", async () => {
    const files = {
      "a.lua": 'return { b = function() local b = require("b") return b.n end }',
      "b.lua": 'require("a") return { n = 7 }',
    };
    expect(await lua('return require("a").b()', files)).toBe(7);
  });

  it("are loaded once by tasks that ask at the same time", async () => {
    const source = `
      local function ask() return require("a") end
      local x, y = spawn(ask), spawn(ask)
      return { await(x) == await(y), loads }`;
    const slowly = { "a.lua": `test.wait("gate") ${COUNTER}` };
    const host = new ModuleHost(slowly);
    const guest = newGuest(host);
    const task = guest.run(source);
    host.resolve("gate");
    expect(await task.result()).toEqual([true, 1]);
    guest[Symbol.dispose]();
  });

  it("are tried again by a task that waited for one that failed", async () => {
    const host = new ModuleHost({
      "a.lua": 'tries = (tries or 0) + 1 test.wait("gate" .. tries) if tries == 1 then error("first") end return tries',
    });
    const guest = newGuest(host);
    const task = guest.run(`
      local function ask() return require("a") end
      local x, y = spawn(ask), spawn(ask)
      return { pcall(await, x), await(y) }`);
    host.resolve("gate1");
    await new Promise((resolve) => setImmediate(resolve));
    host.resolve("gate2");
    expect(await task.result()).toEqual([false, 2]);
    guest[Symbol.dispose]();
  });

  it("may wait while they load", async () => {
    const host = new ModuleHost({ "a.lua": 'return test.wait("x")' }, true);
    const guest = newGuest(host);
    const task = guest.run('return require("a")');
    await new Promise((resolve) => setImmediate(resolve));
    host.resolve("x", 5);
    expect(await task.result()).toBe(5);
    guest[Symbol.dispose]();
  });
});

describe("a saved guest", () => {
  it("asks again for the module that it waited for", async () => {
    const host = new ModuleHost({ "a.lua": "return 5" }, true);
    const guest = newGuest(host);
    guest
      .run('value = require("a")')
      .result()
      .catch(() => {});
    const snapshot = guest.snapshot();
    guest[Symbol.dispose]();
    const restored = engine.restore(snapshot, { bindings: PROMISE_BINDINGS, host });
    for (const task of restored.tasks.values()) await task.result();
    expect(restored.getGlobal("value")).toBe(5);
    expect(host.requests).toHaveLength(2);
    restored[Symbol.dispose]();
  });

  it("has its loaded modules, and its forks quote their source", async () => {
    const guest = newGuest(new ModuleHost({ "a.lua": "return {\n f = function() error('x') end }" }));
    await guest.run('a = require("a")').result();
    for (const fork of guest.fork(2)) {
      await expect(fork.run('require("a").f()').result()).rejects.toMatchObject({
        details: { file: "a.lua", line: 2, sourceLine: " f = function() error('x') end }" },
      });
      fork[Symbol.dispose]();
    }
    guest[Symbol.dispose]();
  });
});

describe("an error in a module", () => {
  it("has the module's file, line and source line, and the calls up to the spell", async () => {
    const files = { "a.lua": "local M = {}\nfunction M.f()\n  error('boom')\nend\nreturn M" };
    await expect(lua('local a = require("a")\na.f()', files)).rejects.toMatchObject({
      code: "SCRIPT_ERROR",
      message: "boom",
      details: {
        file: "a.lua",
        line: 3,
        sourceLine: "  error('boom')",
        stack: [
          { file: "a.lua", line: 3 },
          { file: "spell.lua", line: 2 },
        ],
      },
    });
  });

  it("while it is loaded or compiled is told the same way, and the next require tries again", async () => {
    await expect(lua('\nlocal a = require("a")', { "a.lua": "\nlocal x = nil + 1" })).rejects.toMatchObject({
      details: {
        file: "a.lua",
        line: 2,
        sourceLine: "local x = nil + 1",
        stack: [
          { file: "a.lua", line: 2 },
          { file: "spell.lua", line: 2 },
        ],
      },
    });
    await expect(lua('require("a")', { "a.lua": "\n\nlocal = 1" })).rejects.toMatchObject({
      code: "SYNTAX_ERROR",
      message: expect.stringContaining("<name> expected"),
      details: { file: "a.lua", line: 3, sourceLine: "local = 1" },
    });
    expect(
      await lua('local ok = pcall(require, "a") return { ok, require("a") }', {
        "a.lua": 'tries = (tries or 0) + 1 if tries == 1 then error("x") end return tries',
      }),
    ).toEqual([false, 2]);
  });
});
