import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Guest, ScriptValue } from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

const FIRST = `
local M = { count = 0, label = "first" }
local function add() M.count = M.count + 1 return M.count end
function M.next() return add() end
function M.gone() end
return M`;

/** The second version: another step, another function, no label of its own. */
const SECOND = `
local name, old = ...
local M = { count = old.count }
local function add() M.count = M.count + 10 return M.count end
function M.next() return add() end
function M.fresh() return name end
return M`;

let files: Record<string, string>;
let host: TestHost;
let guest: Guest;

beforeEach(async () => {
  files = { "util.lua": FIRST };
  host = Object.assign(new TestHost(), {
    loadModule: (name: string) => {
      const source = files[`${name}.lua`];
      return source === undefined ? undefined : { name: `${name}.lua`, source };
    },
  });
  guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host });
  await run('util = require("util") held = util.next util.next()');
});
afterEach(() => guest[Symbol.dispose]());

async function run(source: string): Promise<ScriptValue> {
  return await guest.run(source, { name: "spell.lua" }).result();
}

describe("a reloaded module", () => {
  it("has its new functions in the table that the script holds", async () => {
    expect(engine.features.hotReload).toBe(true);
    expect(await guest.reload("util.lua", SECOND).result()).toBeNull();
    expect(await run('return { util.next(), util.fresh(), util.gone == nil, util == require("util") }')).toEqual([
      11,
      "util.lua",
      true,
      true,
    ]);
  });

  it("has one state: what its functions change is what the script sees", async () => {
    await guest.reload("util.lua", SECOND).result();
    await guest.reload("util.lua", SECOND).result();
    expect(
      await run("util.next() util.count = util.count + 100 util.next() return { util.count, util.next() }"),
    ).toEqual([121, 131]);
  });

  it("keeps data that it does not mention, and takes what it does", async () => {
    await guest.reload("util.lua", SECOND).result();
    expect(await run("return { util.count, util.label }")).toEqual([1, "first"]);
    await guest.reload("util.lua", FIRST).result();
    expect(await run("return util.count")).toBe(0);
  });

  it("leaves functions alone that the script has taken out of it", async () => {
    await guest.reload("util.lua", SECOND).result();
    expect(await run("return held()")).toBe(2);
  });

  it("may go on with its old table", async () => {
    await guest.reload("util.lua", "local _, M = ...\nfunction M.next() return 'same' end\nreturn M").result();
    expect(await run("return { util.next(), util.count }")).toEqual(["same", 1]);
  });

  it("is a class whose objects have the new methods", async () => {
    files["class.lua"] =
      "local C = {} C.__index = C function C.new() return setmetatable({}, C) end function C:say() return 'old' end return C";
    await run('Class = require("class") object = Class.new()');
    await guest.reload("class.lua", (files["class.lua"] ?? "").replace("old", "new")).result();
    expect(await run("return { object:say(), Class.new():say(), getmetatable(Class.new()) == Class }")).toEqual([
      "new",
      "new",
      true,
    ]);
  });

  it("that is no table is what the next require gives", async () => {
    files["f.lua"] = "return function() return 1 end";
    await run('f = require("f")');
    await guest.reload("f.lua", "return function() return 2 end").result();
    expect(await run('return { f(), require("f")() }')).toEqual([1, 2]);
  });

  it("can be reloaded while the script waits", async () => {
    const task = guest.run('test.wait("x") return util.next()');
    await guest.reload("util.lua", SECOND).result();
    host.resolve("x");
    expect(await task.result()).toBe(11);
  });

  it("may itself wait", async () => {
    const reload = guest.reload("util.lua", 'test.wait("x") return { next = function() return "late" end }');
    const task = guest.run("local before = util.next() test.wait('y') return { before, util.next() }");
    host.resolve("x");
    await reload.result();
    host.resolve("y");
    expect(await task.result()).toEqual([2, "late"]);
  });
});

describe("the old version stays whole", () => {
  it.each([
    [
      "does not compile",
      "local M = {}\nlocal =",
      { code: "SYNTAX_ERROR", details: { line: 2, sourceLine: "local =" } },
    ],
    [
      "fails",
      "local _, M = ...\nM.next, M.count = nil, 99\nM.extra = 1\nsetmetatable(M, {})\nerror('broken')",
      {
        code: "SCRIPT_ERROR",
        message: "broken",
        details: { line: 5, sourceLine: "error('broken')" },
      },
    ],
    ["fails in the host", "local x\ntest.fail()", { code: "TOOL_FAILED", details: { line: 2 } }],
  ])("when the new one %s", async (_, source, error) => {
    const details = { file: "util.lua", ...error.details };
    await expect(guest.reload("util.lua", source).result()).rejects.toMatchObject({ ...error, details });
    expect(
      await run("return { util.next(), util.count, util.label, util.extra == nil, getmetatable(util) == nil }"),
    ).toEqual([2, 2, "first", true, true]);
    await guest.reload("util.lua", SECOND).result();
    expect(await run("return util.next()")).toBe(12);
  });

  it("and its errors quote its own source", async () => {
    files["bad.lua"] = "return {\n  f = function() error('old') end,\n}";
    await run('bad = require("bad")');
    await expect(guest.reload("bad.lua", "\n\nlocal =").result()).rejects.toMatchObject({ code: "SYNTAX_ERROR" });
    await expect(run("bad.f()")).rejects.toMatchObject({
      details: { sourceLine: "  f = function() error('old') end," },
    });
  });

  it("when there is no such module", async () => {
    for (const name of ["other.lua", "spell.lua", "util", ""]) {
      await expect(guest.reload(name, "return {}").result()).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
  });
});

it("a module with a large graph of tables is reloaded within the limits", async () => {
  const large = "local M = {} for i = 1, 30000 do M[i] = { M } end function M.next() return #M end return M";
  await guest.reload("util.lua", large).result();
  expect(await run("return util.next()")).toBe(30_000);
});
