import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Engine, Guest, GuestOptions } from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "./index.js";
import type { LuaInstance } from "./instance.js";
import { withFirstInstance } from "./testing/white-box.js";

let engine: Engine;
beforeEach(() => void (engine = createLuaEngine()));
afterEach(() => engine[Symbol.dispose]());

/** A guest and the instance that it runs on. */
function openGuest(lua: Engine, options: GuestOptions = {}): { guest: Guest; instance: LuaInstance } {
  return withFirstInstance((first) => ({ guest: lua.createGuest(options), instance: first() }));
}

/** Fills what the guest's values and the interpreter's own structures are in. */
function corrupt({ u8, ex }: LuaInstance, byte: number): void {
  u8.fill(byte, ex.stackSave() + 64, ex.stackSave() + 300_000);
}

async function errorOf(guest: Guest, source: string): Promise<unknown> {
  return await guest
    .run(source, { name: "bad.lua" })
    .result()
    .catch((error: unknown) => error);
}

describe("a trap", () => {
  it("ends its guest alone; the others and the next one work", async () => {
    const { guest, instance } = openGuest(engine);
    using other = engine.createGuest();
    other.setGlobal("mine", 7);
    corrupt(instance, 0xff);
    expect(await errorOf(guest, "return {}")).toMatchObject({ code: "INTERNAL", details: { trap: "out-of-bounds" } });
    expect(guest.state).toBe("killed");
    expect(await other.run("return mine").result()).toBe(7);
    guest[Symbol.dispose]();
    using next = engine.createGuest();
    expect(await next.run("return 42").result()).toBe(42);
  });

  it("is on record, and its instance is not used again", async () => {
    const { guest, instance } = openGuest(engine);
    await guest.run("local n = 0 for i = 1, 1000 do n = n + i end").result();
    corrupt(instance, 0xff);
    await errorOf(guest, "return {}");
    expect(engine.traps).toEqual([
      {
        sequence: 1,
        at: expect.any(Number),
        kind: "out-of-bounds",
        code: "INTERNAL",
        message: "memory access out of bounds",
        source: "bad.lua",
        fuel: guest.usage.fuel,
        memoryBytes: expect.any(Number),
        hostCalls: 0,
      },
    ]);
    expect(guest.usage.fuel).toBeGreaterThan(1_000);
    guest[Symbol.dispose]();
    expect(engine.pool).toMatchObject({ idle: 0, discardedBy: { trapped: 1 } });
  });

  it("leaves an instance that a reset makes whole, when the policy is to reset", async () => {
    using lua = createLuaEngine({ pool: { afterTrap: "reset" } });
    const { guest, instance } = openGuest(lua);
    corrupt(instance, 0xff);
    await errorOf(guest, "return {}");
    guest[Symbol.dispose]();
    expect(lua.pool).toMatchObject({ idle: 1, discarded: 0 });
    using next = lua.createGuest();
    expect(await next.run("return #('x'):rep(100)").result()).toBe(100);
  });

  it("also where the host only looks at a global", () => {
    const { guest, instance } = openGuest(engine);
    corrupt(instance, 0xff);
    expect(() => guest.getGlobal("x")).toThrow(expect.objectContaining({ code: "INTERNAL" }));
    expect(guest.state).toBe("killed");
    expect(engine.traps).toHaveLength(1);
    guest[Symbol.dispose]();
  });

  it("keeps the last 100 on record", async () => {
    let instance: LuaInstance | undefined;
    using lua = createLuaEngine({ pool: { afterTrap: "reset" } });
    for (let i = 0; i < 105; i++) {
      const guest = instance === undefined ? openGuest(lua) : { guest: lua.createGuest(), instance };
      instance = guest.instance;
      corrupt(instance, 0xff);
      await errorOf(guest.guest, "return {}");
      guest.guest[Symbol.dispose]();
    }
    expect(lua.traps.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 100 }, (_, i) => i + 6));
  });
});

describe("what is no trap", () => {
  it.each(["while true do end", "error('x')", "local function f() return f() + 1 end f()", "return ("])(
    "%s leaves no record",
    async (source) => {
      using guest = engine.createGuest({ limits: { fuel: 10_000_000 } });
      await errorOf(guest, source);
      expect(engine.traps).toEqual([]);
    },
  );
});

describe("a finalizer that runs while the host looks at the guest", () => {
  const FINALIZER = `
    keep = setmetatable({}, { __gc = function() test.report("gone") end })`;

  it.each<[string, (guest: Guest) => unknown]>([
    ["run anything", (guest) => guest.run("return 1")],
    ["dispose the guest", (guest) => guest[Symbol.dispose]()],
    ["look at a global", (guest) => guest.getGlobal("x")],
  ])("cannot make the host %s", async (_, act) => {
    const host = new TestHost();
    const { guest } = openGuest(engine, { bindings: PROMISE_BINDINGS, host });
    await guest.run(FINALIZER).result();
    const errors: unknown[] = [];
    host.onCall = () => {
      try {
        act(guest);
      } catch (error) {
        errors.push(error);
      }
    };
    guest.setGlobal("keep", null);
    for (let i = 0; i < 2_000 && errors.length === 0; i++) guest.setGlobal("large", "x".repeat(20_000));
    expect(errors[0]).toMatchObject({ code: "INVALID_STATE", details: { state: "running" } });
    host.onCall = undefined;
    expect(await guest.run("return 42").result()).toBe(42);
    guest[Symbol.dispose]();
  });
});
