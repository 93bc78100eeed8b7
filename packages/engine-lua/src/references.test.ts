import { afterEach, describe, expect, it } from "vitest";
import {
  type FunctionRef,
  Handle,
  HostFunction,
  Pending,
  type Bindings,
  type FunctionBinding,
  type Guest,
  type GuestOptions,
  type Host,
} from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";

const engine = createLuaEngine();
const guests: Guest[] = [];
afterEach(() => {
  for (const guest of guests.splice(0)) guest[Symbol.dispose]();
});

function newGuest(options: GuestOptions = {}): Guest {
  const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host: new TestHost(), ...options });
  guests.push(guest);
  return guest;
}

const COLLECT = "collectgarbage() collectgarbage()";

describe("a function of the host as a value", () => {
  const double = (): HostFunction => new HostFunction("double", ([n]) => Number(n) * 2);

  it.each([
    ["is a function", "return type(f)", "function"],
    ["is called with values", "return f(21)", 42],
    [
      "passes through pcall, tables and coroutines",
      "local t = { f } return select(2, pcall(coroutine.wrap(function(g) return g(4) end), t[1]))",
      8,
    ],
    ["is one and the same", "return f == f and ({ [f] = 5 })[f]", 5],
    ["has no metatable to reach", "return getmetatable(f) == nil", true],
  ])("%s", async (_, source, expected) => {
    const guest = newGuest();
    guest.setGlobal("f", double());
    expect(await guest.run(source).result()).toBe(expected);
  });

  it("comes back to the host as the same object", async () => {
    const guest = newGuest();
    const f = double();
    guest.setGlobal("f", f);
    expect(await guest.run("return { f, a = { f } }").result()).toEqual({ "1": f, a: [f] });
    expect(guest.getGlobal("f")).toBe(f);
  });

  it("given again, in a value or as an argument, is equal to itself", async () => {
    const guest = newGuest();
    const f = double();
    guest.setGlobal("f", { a: f, list: [f, f] });
    const same = (await guest
      .run("return function(g) return g == f.a and f.list[1] == f.list[2] and g == f.list[1] end")
      .result()) as FunctionRef;
    expect(await guest.call(same, [f]).result()).toBe(true);
  });

  it("may wait", async () => {
    const guest = newGuest();
    let settle: (value: string) => void = () => {};
    guest.setGlobal("f", new HostFunction("ask", () => new Pending(new Promise((resolve) => (settle = resolve)))));
    const task = guest.run("return f() .. '!'");
    expect(guest.state).toBe("suspended");
    settle("late");
    expect(await task.result()).toBe("late!");
  });

  it("raises its error in the guest, and shows no defect of the host", async () => {
    const guest = newGuest();
    guest.setGlobal(
      "bad",
      new HostFunction("bad", () => {
        throw new SpellError("TOOL_FAILED", "no luck");
      }),
    );
    guest.setGlobal(
      "broken",
      new HostFunction("broken", () => {
        throw new TypeError("secret");
      }),
    );
    expect(
      await guest
        .run("local _, a = pcall(bad) local _, b = pcall(broken) return { a.code, b.code, b.message }")
        .result(),
    ).toEqual(["TOOL_FAILED", "INTERNAL", "the host failed to answer"]);
  });

  it("counts as a host call", async () => {
    const guest = newGuest({ limits: { hostCalls: 10 } });
    guest.setGlobal("f", double());
    await expect(guest.run("while true do f(1) end").result()).rejects.toMatchObject({ code: "LIMIT_CALLS" });
  });

  it("works in a guest without any other power", async () => {
    const guest = engine.createGuest();
    guests.push(guest);
    guest.setGlobal("f", double());
    expect(await guest.run("return f(2)").result()).toBe(4);
  });

  it("is let go when the guest has collected it", async () => {
    let released = 0;
    const guest = newGuest();
    guest.setGlobal(
      "f",
      new HostFunction(
        "f",
        () => null,
        () => released++,
      ),
    );
    expect(await guest.run(`${COLLECT} return f()`).result()).toBe(null);
    expect(released).toBe(0);
    await guest.run(`f = nil ${COLLECT}`).result();
    expect(released).toBe(1);
  });

  it("given again after it was collected still works", async () => {
    let released = 0;
    const guest = newGuest();
    const f = new HostFunction(
      "f",
      () => "here",
      () => released++,
    );
    guest.setGlobal("f", f);
    await guest.run("f = nil").result();
    // Collected at any moment between: the new one must not be taken for the old.
    for (let i = 0; i < 50; i++) {
      guest.setGlobal("f", f);
      expect(await guest.run("local g = f f = nil collectgarbage('step') return g()").result()).toBe("here");
    }
    guest.setGlobal("f", f);
    const before = released;
    await guest.run(COLLECT).result();
    expect(released).toBe(before);
    await guest.run(`f = nil ${COLLECT}`).result();
    expect(released).toBe(before + 1);
  });

  it("many that are dropped leave nothing behind", async () => {
    let released = 0;
    const guest = newGuest({
      host: {
        call: () =>
          new HostFunction(
            "f",
            () => null,
            () => released++,
          ),
      },
    });
    // The tables that hold them reach their size in the first rounds.
    const kilobytes = await guest
      .run(`
      local function round()
        for i = 1, 20000 do test.echo() end ${COLLECT}
        return collectgarbage("count")
      end
      round() round() round()
      return round() - round()`)
      .result();
    expect(Math.abs(Number(kilobytes))).toBeLessThan(16);
    expect(released).toBe(100_000);
  });

  it("is let go when the guest ends", () => {
    const released: string[] = [];
    const guest = engine.createGuest();
    const failing = new HostFunction(
      "a",
      () => null,
      () => {
        throw new Error("cannot");
      },
    );
    guest.setGlobal("f", [
      failing,
      new HostFunction(
        "b",
        () => null,
        () => released.push("b"),
      ),
    ]);
    guest[Symbol.dispose]();
    expect(released).toEqual(["b"]);
  });

  it("cannot be called once it is revoked", async () => {
    const guest = newGuest();
    const f = double();
    guest.setGlobal("f", f);
    f.revoke();
    expect(await guest.run("local _, e = pcall(f, 1) return { e.code, e.message }").result()).toEqual([
      "INVALID_STATE",
      "the function 'double' was revoked by its host",
    ]);
  });

  it("serves many guests", async () => {
    const f = double();
    const [a, b] = [newGuest(), newGuest()];
    a.setGlobal("f", f);
    b.setGlobal("f", f);
    expect([await a.run("return f(1)").result(), await b.run("return f(2)").result()]).toEqual([2, 4]);
  });

  it("cannot wait in table.sort, which says so", async () => {
    const guest = newGuest();
    guest.setGlobal("f", new HostFunction("ask", () => new Pending(new Promise(() => {}))));
    await expect(guest.run("table.sort({ 2, 1 }, function() f() end)").result()).rejects.toMatchObject({
      code: "INVALID_STATE",
      message: "f cannot wait here: table.sort cannot be suspended",
    });
  });
});

describe("handles", () => {
  class Keeper extends TestHost {
    readonly held: string[] = [];
    retain({ kind, id }: Handle): void {
      this.held.push(`+${kind} ${id}`);
    }
    release({ kind, id }: Handle): void {
      this.held.push(`-${kind} ${id}`);
    }
  }

  it("are retained once and released when the last copy is collected", async () => {
    const host = new Keeper();
    const guest = newGuest({ host });
    await guest.run(`a = test.open() b = test.echo(a) ${COLLECT}`).result();
    expect(host.held).toEqual(["+box 1"]);
    await guest.run(`a = nil ${COLLECT}`).result();
    expect(host.held).toEqual(["+box 1"]);
    await guest.run(`b = nil ${COLLECT}`).result();
    expect(host.held).toEqual(["+box 1", "-box 1"]);
    guest.setGlobal("c", new Handle("box", 1));
    expect(host.held).toEqual(["+box 1", "-box 1", "+box 1"]);
  });

  it("do not pile up in a long run", async () => {
    const host = new Keeper();
    const guest = newGuest({ host });
    await guest.run(`for i = 1, 5000 do test.open() end ${COLLECT}`).result();
    expect(host.held.filter((entry) => entry.startsWith("+"))).toHaveLength(5000);
    expect(host.held.filter((entry) => entry.startsWith("-"))).toHaveLength(5000);
  });

  it.each([
    ["print their kind and id", "return tostring(test.open())", "box: 1"],
    [
      "are equal when they mean the same object",
      "local a, b = test.open(), test.open() return a == test.echo(a) and a ~= b",
      true,
    ],
    ["hide their metatable", "return getmetatable(test.open())", false],
    [
      "cannot be written",
      "return (select(2, pcall(function() test.open().id = 2 end)))",
      expect.stringContaining("attempt to index a box value") as string,
    ],
    ["have methods", "return test.open():label()", "box 1"],
  ])("%s", async (_, source, expected) => {
    expect(await newGuest().run(source).result()).toEqual(expected);
  });

  const FILES: Bindings = {
    modules: [{ name: "files", aliases: [], functions: [{ name: "open", aliases: [], id: 1, awaitable: false }] }],
    handles: [
      { kind: "File", methods: [{ name: "close", aliases: [], id: 2, awaitable: true }] },
      { kind: "Other", methods: [] },
    ],
    globals: {},
    roots: [],
  };
  const files = (log: string[]): Host => ({
    call: (id, [handle]) => {
      if (id === 1) return new Handle(handle === "other" ? "Other" : "File", 7);
      log.push(`close ${(handle as Handle).kind} ${(handle as Handle).id}`);
      return new Pending(Promise.resolve(null));
    },
  });

  it("with a method close can be <close> variables, also when an error passes and when closing waits", async () => {
    const log: string[] = [];
    const guest = newGuest({ bindings: FILES, host: files(log) });
    const task = guest.run(`
      do local f <close> = files.open() end
      local ok, e = pcall(function() local f <close> = files.open() error("inside", 0) end)
      return e`);
    expect(await task.result()).toBe("inside");
    expect(log).toEqual(["close File 7", "close File 7"]);
  });

  it("without one cannot", async () => {
    const guest = newGuest({ bindings: FILES, host: files([]) });
    await expect(guest.run('local f <close> = files.open("other")').result()).rejects.toMatchObject({
      message: expect.stringContaining("non-closable value") as string,
    });
  });

  it("have the properties that are declared, and iterate over them in order", async () => {
    const get = (name: string, id: number): FunctionBinding => ({ name, aliases: [], id, awaitable: false });
    const bindings: Bindings = {
      modules: [{ name: "files", aliases: [], functions: [get("open", 1)] }],
      handles: [
        { kind: "File", methods: [get("read", 2)], properties: [get("size", 3), get("full_name", 4), get("age", 5)] },
      ],
      globals: {},
      roots: [],
    };
    const guest = newGuest({
      bindings,
      host: { call: (id) => [new Handle("File", 1), "text", 10, "a.txt", null][id - 1] },
    });
    expect(
      await guest
        .run(`
        local f, seen = files.open(), {}
        for name, value in pairs(f) do seen[#seen + 1] = name .. "=" .. tostring(value) end
        return { f.size, f.full_name, f.fullName, f.age == nil, f:read(), f.nothing == nil, f[1] == nil, seen }`)
        .result(),
    ).toEqual([10, "a.txt", "a.txt", true, "text", true, true, ["size=10", "full_name=a.txt", "age=nil"]]);
    await expect(guest.run("files.open().size = 5").result()).rejects.toMatchObject({ code: "SCRIPT_ERROR" });
  });

  it("of a kind that has no binding cannot enter, and userdata of Lua's own cannot leave", async () => {
    const guest = newGuest();
    expect(() => guest.setGlobal("h", { a: [new Handle("Unknown", 1)] })).toThrow(
      "result.a[1] is a handle of the unknown kind 'Unknown'",
    );
    await expect(guest.run("return { a = promise.channel() }").result()).rejects.toMatchObject({
      message: "the result.a is a Channel, which cannot leave the spell",
    });
  });
});

describe("constants of a module", () => {
  it("can be read and not changed", async () => {
    const bindings: Bindings = {
      modules: [{ name: "events", aliases: [], functions: [], constants: { TYPE_X: "x", MAX: 3, OFF: false } }],
      handles: [],
      globals: {},
      roots: ["llmspell"],
    };
    const guest = newGuest({ bindings });
    expect(
      await guest
        .run(`
        local ok, e = pcall(function() events.TYPE_X = "y" end)
        local off = pcall(function() llmspell.events.OFF = true end)
        events.mine = 1
        return { events.TYPE_X, events.MAX, events.OFF, ok, e.message, off, events.mine }`)
        .result(),
    ).toEqual(["x", 3, false, false, "events.TYPE_X is a constant", false, 1]);
  });
});
