import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { asText, type Guest, type ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";

const engine = createLuaEngine();
const guests: Guest[] = [];
afterAll(() => {
  for (const guest of guests) guest[Symbol.dispose]();
  engine[Symbol.dispose]();
});

function newGuest(host = new TestHost()): Guest {
  const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host });
  guests.push(guest);
  return guest;
}

const lua = (source: string): Promise<ScriptValue> => newGuest().run(source).result();

/** Objects lose fields that are null: to Lua, a field that is nil is not there. */
function withoutNullFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNullFields);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== null)
      .map(([k, v]) => [k, withoutNullFields(v)]),
  );
}

// Well-formed text; a lone surrogate has no UTF-8.
const text = fc.string({ unit: "binary" });
const leaf = fc.oneof(
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true }),
  text,
  fc.constant(null),
  fc.maxSafeInteger(),
);
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, depthSize: "small" },
    leaf,
    fc.array(tie("json"), { maxLength: 8 }),
    fc.dictionary(
      text.filter((key) => key !== "__proto__"),
      tie("json"),
      { maxKeys: 8 },
    ),
  ),
}));

describe("values survive the way host → Lua → host", () => {
  const guest = newGuest();

  it("JSON-like values", () => {
    fc.assert(
      fc.property(json, (value) => {
        guest.setGlobal("v", value as ScriptValue);
        expect(guest.getGlobal("v")).toEqual(withoutNullFields(value));
      }),
      { numRuns: 300 },
    );
  });

  it("JSON-like values, as arguments and results of a function of the guest", async () => {
    const echo = (await guest.run("return function(v) return test.echo(v) end").result()) as Parameters<
      Guest["call"]
    >[0];
    await fc.assert(
      fc.asyncProperty(json, async (value) => {
        expect(await guest.call(echo, [value as ScriptValue]).result()).toEqual(withoutNullFields(value));
      }),
      { numRuns: 100 },
    );
  });

  it("any bytes: as text when they are UTF-8, else as bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        guest.setGlobal("v", bytes);
        const back = guest.getGlobal("v");
        expect(Buffer.from(back as string | Uint8Array)).toEqual(Buffer.from(bytes));
        expect(typeof back === "string").toBe(isUtf8(bytes));
      }),
      { numRuns: 200 },
    );
  });

  it("every 64-bit integer", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (n) => {
        guest.setGlobal("v", n);
        const back = guest.getGlobal("v");
        expect(BigInt(back as number | bigint)).toBe(n);
        expect(typeof back).toBe(
          n >= BigInt(Number.MIN_SAFE_INTEGER) && n <= BigInt(Number.MAX_SAFE_INTEGER) ? "number" : "bigint",
        );
      }),
      { numRuns: 200 },
    );
  });

  it("text of every length around the buffer's", async () => {
    for (const size of [0, 1, 23, 24, 1_359, 1_360, 1_361, 4_079, 4_080, 4_081, 100_000]) {
      guest.setGlobal("v", "ä".repeat(size));
      expect(guest.getGlobal("v")).toBe("ä".repeat(size));
      expect(await guest.run("return #v").result()).toBe(2 * size);
    }
  });

  it("text that begins with a byte order mark keeps it", () => {
    guest.setGlobal("v", "\ufeffx");
    expect(guest.getGlobal("v")).toBe("\ufeffx");
  });

  it("a lone surrogate becomes the replacement character", () => {
    guest.setGlobal("v", "a\ud800b");
    expect(guest.getGlobal("v")).toBe("a\ufffdb");
  });
});

describe("numbers keep their kind", () => {
  it.each([
    ["3", "integer"],
    ["3.5", "float"],
    ["-0", "float"],
    ["2**53", "float"],
    ["1e300", "float"],
    ["Infinity", "float"],
  ])("the host's %s is a Lua %s", async (js, kind) => {
    const guest = newGuest();
    const value: Record<string, number> = { "3": 3, "3.5": 3.5, "-0": -0, "2**53": 2 ** 53, "1e300": 1e300, Infinity };
    guest.setGlobal("v", value[js] ?? null);
    expect(await guest.run("return math.type(v)").result()).toBe(kind);
  });

  it.each([
    ["return 3", 3],
    ["return 3.0", 3],
    ["return -0.0", -0],
    ["return 1/0", Infinity],
    ["return 0/0", Number.NaN],
    ["return 1 << 53", 2n ** 53n],
    ["return (1 << 53) + 1", 2n ** 53n + 1n],
    ["return 2.0 ^ 53", 2 ** 53],
    ["return math.mininteger", -(2n ** 63n)],
  ])("%s", async (source, expected) => {
    expect(await lua(source)).toBe(expected);
  });
});

describe("tables", () => {
  it.each([
    ["{}", {}],
    ["llmspell.array()", []],
    ["llmspell.array({ 1 })", [1]],
    ["{ 1, 2, 3 }", [1, 2, 3]],
    ["{ 1, nil, 3 }", [1, null, 3]],
    ["{ 1, llmspell.null, 3 }", [1, null, 3]],
    ["{ a = llmspell.null }", { a: null }],
    ["{ [2] = 'b' }", { "2": "b" }],
    ["{ 1, 2, x = 3 }", { "1": 1, "2": 2, x: 3 }],
    ["{ [1.5] = 'f', [-1] = 'n' }", { "1.5": "f", "-1": "n" }],
    ["{ { {} } }", [[{}]]],
    ["{ list = llmspell.array() }", { list: [] }],
  ])("%s", async (table, expected) => {
    expect(await lua(`return ${table}`)).toEqual(expected);
  });

  it("a field named __proto__ is a field and no prototype", async () => {
    const value = (await lua('return { ["__proto__"] = { admin = true } }')) as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(["__proto__"]);
  });

  it("an empty list of the host stays a list in the guest's hands", async () => {
    const guest = newGuest();
    guest.setGlobal("v", { list: [] });
    expect(await guest.run("return { v.list, #v.list }").result()).toEqual([[], 0]);
  });

  it.each([
    ["{ [true] = 1 }", "has a key that is a boolean"],
    ["{ [print] = 1 }", "has a key that is a function"],
    ['{ ["\\255"] = 1 }', "has a key that is not text"],
    ["{ a = { b = { coroutine.create(print) } } }", "result.a.b[1] is a coroutine"],
    ["{ a = setmetatable({}, { __index = print }), b = coroutine.create(print) }", "b is a coroutine"],
  ])("%s is refused: %s", async (table, message) => {
    await expect(lua(`return ${table}`)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message) as string,
    });
  });

  it("the same table twice is no cycle", async () => {
    expect(await lua("local t = { 1 } return { t, t }")).toEqual([[1], [1]]);
  });

  it("metamethods do not run while a table crosses", async () => {
    expect(
      await lua(
        'return setmetatable({ a = 1 }, { __index = function() error("ran") end, __pairs = function() error("ran") end, __len = function() error("ran") end })',
      ),
    ).toEqual({ a: 1 });
  });
});

describe("functions held by the host", () => {
  it("are called after a collection, and go when they are released", async () => {
    const host = new TestHost();
    const guest = newGuest(host);
    await guest
      .run(`
      weak = setmetatable({}, { __mode = "k" })
      do local f = function(n) return n + 1 end weak[f] = true test.keep(f) end
      collectgarbage() collectgarbage()`)
      .result();
    const [fn] = host.kept;
    if (fn === undefined) throw new Error("nothing was kept");
    expect(await guest.call(fn, [1]).result()).toBe(2);
    fn.release();
    expect(await guest.run("collectgarbage() collectgarbage() return next(weak) == nil").result()).toBe(true);
  });

  it("take many arguments", async () => {
    const guest = newGuest();
    const count = (await guest.run('return function(...) return select("#", ...) end').result()) as Parameters<
      Guest["call"]
    >[0];
    const args = Array.from({ length: 5_000 }, (_, i) => i);
    expect(await guest.call(count, args).result()).toBe(5_000);
  });

  it("take many arguments in callSync", async () => {
    let seen: ScriptValue = null;
    const guest = engine.createGuest({
      bindings: PROMISE_BINDINGS,
      host: {
        call: (_, args, self) => {
          seen = self.callSync(
            args[0] as Parameters<Guest["call"]>[0],
            Array.from({ length: 500 }, () => "x"),
          );
          return null;
        },
      },
    });
    guests.push(guest);
    await guest.run('test.keep(function(...) return select("#", ...) .. (...) end) return 1').result();
    expect(seen).toBe("500x");
  });

  it("more arguments than a stack takes are refused, and the guest goes on", async () => {
    const guest = newGuest();
    const f = (await guest.run("return function() return 1 end").result()) as Parameters<Guest["call"]>[0];
    const args = Array.from<ScriptValue>({ length: 1_100_000 }).fill(1);
    await expect(guest.call(f, args).result()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await guest.call(f).result()).toBe(1);
  });
});

describe("objects that behave as text", () => {
  it("do where Lua lets them, and stay objects", async () => {
    const guest = newGuest();
    guest.setGlobal("r", asText({ content: "Hello", tokens: 3 }, "content"));
    expect(
      await guest
        .run('return { tostring(r), r .. "!", "<" .. r, #r, r:upper(), r:sub(1, 2), r.tokens, r.nothing == nil }')
        .result(),
    ).toEqual(["Hello", "Hello!", "<Hello", 5, "HELLO", "He", 3, true]);
    expect(guest.getGlobal("r")).toEqual({ content: "Hello", tokens: 3 });
  });
});

describe("errors as values", () => {
  it("come back as the same error", () => {
    const guest = newGuest();
    const error = new SpellError("TOOL_FAILED", "no luck", { details: { tool: "dice" } });
    guest.setGlobal("e", { error });
    expect((guest.getGlobal("e") as { error: unknown }).error).toBe(error);
  });

  it("show code, category, message, details and cause to the guest", async () => {
    const guest = newGuest();
    guest.setGlobal(
      "e",
      new SpellError("TOOL_FAILED", "a", {
        details: { n: 1, big: 2n ** 60n, fn: () => 1 },
        cause: new SpellError("IO_ERROR", "b", { cause: new Error("secret") }),
      }),
    );
    expect(
      await guest
        .run(
          "return { tostring(e), e.code, e.category, e.details.n, e.details.big, e.details.fn == nil, e.cause.code, e.cause.cause == nil }",
        )
        .result(),
    ).toEqual(["a", "TOOL_FAILED", "tool", 1, "1152921504606846976", true, "IO_ERROR", true]);
  });

  it("with details that contain themselves, or too much of them, still arrive", async () => {
    const cyclic: Record<string, unknown> = {};
    cyclic["me"] = cyclic;
    let deep: object = {};
    for (let i = 0; i < 200; i++) deep = { deep };
    for (const details of [cyclic, { deep }, { long: "x".repeat(100_000) }]) {
      const host = {
        call: () => {
          throw new SpellError("TOOL_FAILED", "m", { details });
        },
      };
      const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host, limits: { valueBytes: 50_000 } });
      expect(
        await guest.run("local ok, e = pcall(test.fail) return { e.code, e.message, next(e.details) == nil }").result(),
      ).toEqual(["TOOL_FAILED", "m", true]);
      guest[Symbol.dispose]();
    }
  });

  it("with causes that form a circle still arrive", async () => {
    const error = new SpellError("TOOL_FAILED", "m");
    error.cause = error;
    const guest = newGuest();
    guest.setGlobal("e", error);
    expect(await guest.run("return e.cause.cause.code").result()).toBe("TOOL_FAILED");
  });
});
