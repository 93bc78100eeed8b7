import { afterAll, describe, expect, it } from "vitest";
import { FunctionRef, type Host } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

async function fails(source: string, host: Host = new TestHost(), name = "spell.lua"): Promise<SpellError> {
  const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host });
  try {
    const value = await guest.run(source, { name }).result();
    throw new Error(`expected an error, got ${String(value)}`);
  } catch (error) {
    return error as SpellError;
  } finally {
    guest[Symbol.dispose]();
  }
}

describe("the place of an error", () => {
  it.each([
    ['error("x")', 1, "x"],
    ['\n\nerror("x")', 3, "x"],
    ['local function f()\n  error("x")\nend\nf()', 2, "x"],
    ['local function f()\n  error("x", 2)\nend\nf()', 4, "x"],
    ['error("x", 0)', 1, "x"],
    ["local t = nil\nreturn t.x", 2, "attempt to index a nil value (local 't')"],
    ["return 1 +\n{}", 1, "attempt to perform arithmetic on a table value"],
    ["\nundefined_function()", 2, "attempt to call a nil value (global 'undefined_function')"],
    ["assert(false)", 1, "assertion failed!"],
    ['assert(nil, "because")', 1, "because"],
    ['coroutine.wrap(function()\n  error("x")\nend)()', 2, "x"],
    ['await(spawn(function()\n  error("x")\nend))', 2, "x"],
    ['local f = async(function()\n  await(async(function()\n    error("x")\n  end)())\nend)\nawait(f())', 3, "x"],
    ['promise.resolve(1):and_then(function()\n  error("x")\nend)', 2, "x"],
    ["local x = 1\ncoroutine.resume(1)", 2, "bad argument #1 to 'resume' (coroutine expected, got number)"],
    ["#!/usr/bin/env llmspell\nlocal x\nx()", 3, "attempt to call a nil value (local 'x')"],
    ['load("\\nerror(\\"x\\")", "=inner.lua")()', 2, "x"],
  ])("%j is line %i", async (source, line, message) => {
    const error = await fails(source);
    expect(error).toMatchObject({ code: "SCRIPT_ERROR", message, details: { line } });
    expect(error.details["file"]).toMatch(/^(spell|inner)\.lua$/);
  });

  it("comes with the frames above it, innermost first, and only the spell's own", async () => {
    const error = await fails(
      'local function inner()\n  error("x")\nend\nlocal function outer()\n  inner()\n  return 1\nend\nouter()',
    );
    expect(error.details["stack"]).toEqual([
      { file: "spell.lua", line: 2, name: "inner" },
      { file: "spell.lua", line: 5, name: "outer" },
      { file: "spell.lua", line: 8, name: "main chunk" },
    ]);
  });

  it("comes with at most 32 frames", async () => {
    const error = await fails('local function f(n) if n == 0 then error("x") end f(n - 1) return 1 end f(100)');
    expect(error.details["stack"]).toHaveLength(32);
  });

  it("of a host's error is the line that called the host", async () => {
    expect((await fails("local x\nlocal y\ntest.fail()")).details).toMatchObject({
      file: "spell.lua",
      line: 3,
      tool: "dice",
    });
  });

  it("of a rejected wait is the line that waited", async () => {
    const host = new TestHost();
    const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host });
    const task = guest.run('local x\ntest.wait("a")', { name: "spell.lua" });
    host.reject("a", new SpellError("PROVIDER_AUTH", "no key"));
    await expect(task.result()).rejects.toMatchObject({
      code: "PROVIDER_AUTH",
      details: { file: "spell.lua", line: 2 },
    });
    guest[Symbol.dispose]();
  });

  it("of a function that the host calls is in the function", async () => {
    const guest = engine.createGuest();
    const fn = await guest.run('return function()\n  error("x")\nend', { name: "spell.lua" }).result();
    await expect(guest.call(fn as FunctionRef).result()).rejects.toMatchObject({
      code: "SCRIPT_ERROR",
      details: { line: 2 },
    });
    guest[Symbol.dispose]();
  });

  it("stays where it was when it is raised again", async () => {
    expect((await fails('local ok, e = pcall(function()\n  error("x")\nend)\nerror(e, 0)')).details).toMatchObject({
      line: 2,
    });
  });

  it("has the name the host gave the source, also a long or odd one", async () => {
    expect((await fails('error("x")', undefined, "a spell (1).lua")).details["file"]).toBe("a spell (1).lua");
    const long = `${"d/".repeat(100)}x.lua`;
    expect(String((await fails('error("x")', undefined, long)).details["file"])).toMatch(/^\.\.\..*x\.lua$/);
  });
});

describe("syntax errors", () => {
  it.each([
    ["local =", 1, "<name> expected near '='"],
    ["x = 1\nif x then", 2, "'end' expected"],
    ["return )", 1, "unexpected symbol"],
    ["x = 'abc\n", 1, "unfinished string"],
    ["goto nowhere", 1, "no visible label 'nowhere'"],
    ["break", 1, "break outside loop"],
    ["local x <const> = 1\nx = 2", 2, "attempt to assign to const variable 'x'"],
  ])("%j", async (source, line, message) => {
    const error = await fails(source);
    expect(error).toMatchObject({ code: "SYNTAX_ERROR", details: { file: "spell.lua", line } });
    expect(error.message).toContain(message);
  });
});

describe("errors that are no text", () => {
  it.each([
    ["error({ message = 'm', n = 1 })", "m", { message: "m", n: 1 }],
    ["error({ n = 1 })", "the spell raised a table as an error", { n: 1 }],
    ["error({ 1, 2 })", "the spell raised a table as an error", [1, 2]],
    ["error(42)", "42", 42],
    ["error(true)", "true", true],
    ["error(nil)", "the spell raised nil as an error", null],
    ["error(print)", "the spell raised a function as an error", expect.any(FunctionRef)],
    ["error('\\255')", "the spell raised text that is not UTF-8 as an error", expect.any(Uint8Array)],
  ])("%s keeps its value", async (source, message, value) => {
    expect(await fails(source)).toMatchObject({ code: "SCRIPT_ERROR", message, details: { value, line: 1 } });
  });

  it("survive pcall unchanged", async () => {
    const guest = engine.createGuest();
    expect(await guest.run("local t = {} local ok, e = pcall(error, t) return { ok, e == t }").result()).toEqual([
      false,
      true,
    ]);
    guest[Symbol.dispose]();
  });
});

describe("what a defect of the host shows", () => {
  it.each([
    [
      "a TypeError",
      () => {
        throw new TypeError("secret");
      },
    ],
    [
      "a RangeError",
      () => {
        throw new RangeError("secret");
      },
    ],
    [
      "a string",
      () => {
        throw "secret" as unknown as Error;
      },
    ],
  ])("%s is INTERNAL, can be caught, and tells nothing", async (_, call) => {
    const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host: { call } });
    expect(
      await guest.run("local ok, e = pcall(test.echo) return { e.code, e.message, e.cause == nil }").result(),
    ).toEqual(["INTERNAL", "the host failed to answer", true]);
    guest[Symbol.dispose]();
  });

  it("a value of the host's that cannot enter is INVALID_ARGUMENT", async () => {
    const error = await fails("test.echo()", { call: () => ({ a: new Map() }) as never });
    expect(error).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "result.a is a Map; only plain objects can enter a spell",
    });
  });

  it("an error with a bigint inside passes through callSync", async () => {
    const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host: new TestHost() });
    expect(
      await guest
        .run("local ok, e = pcall(test.apply, function() error({ n = math.maxinteger }) end) return e.details.value.n")
        .result(),
    ).toBe("9223372036854775807");
    guest[Symbol.dispose]();
  });
});
