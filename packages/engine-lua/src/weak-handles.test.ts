import { afterEach, describe, expect, it } from "vitest";
import { Handle, WeakHandle, type Guest, type GuestOptions, type ScriptValue } from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";

/** A host with boxes that go away, and with what it was told of handles. */
class Boxes extends TestHost {
  readonly there: Set<number>;
  readonly held: string[] = [];

  constructor(...there: number[]) {
    super();
    this.there = new Set(there);
  }

  upgrade({ kind, id }: WeakHandle): Handle | undefined {
    return this.there.has(id) ? new Handle(kind, id) : undefined;
  }
  retain({ id }: Handle): void {
    this.held.push(`+${id}`);
  }
  release({ id }: Handle): void {
    this.held.push(`-${id}`);
  }
}

const engine = createLuaEngine();
const guests: Guest[] = [];
afterEach(() => {
  for (const guest of guests.splice(0)) guest[Symbol.dispose]();
});

function track(guest: Guest): Guest {
  guests.push(guest);
  return guest;
}
const newGuest = (options: GuestOptions = {}): Guest =>
  track(engine.createGuest({ bindings: PROMISE_BINDINGS, host: new Boxes(1), ...options }));

const COLLECT = "collectgarbage() collectgarbage()";
const value = (guest: Guest, source: string): Promise<ScriptValue> => guest.run(source).result();

describe("a weak handle", () => {
  it("gives the handle while the host has the object, and nil afterwards", async () => {
    const host = new Boxes(1);
    const guest = newGuest({ host });
    guest.setGlobal("ref", new WeakHandle("box", 1));
    expect(await value(guest, "return ref:get():label()")).toBe("box 1");
    host.there.clear();
    expect(await value(guest, "return ref:get() == nil")).toBe(true);
  });

  it("keeps nothing for the guest but what it gave", async () => {
    const host = new Boxes(1);
    const guest = newGuest({ host });
    guest.setGlobal("ref", new WeakHandle("box", 1));
    expect(host.held).toEqual([]);
    await value(guest, `ref:get() ${COLLECT}`);
    expect(host.held).toEqual(["+1", "-1"]);
  });

  it("of a host that knows of none is always gone", async () => {
    const guest = newGuest({ host: new TestHost() });
    guest.setGlobal("ref", new WeakHandle("box", 1));
    expect(await value(guest, "return ref:get() == nil")).toBe(true);
  });

  it.each([
    ["prints its kind and id", "return tostring(ref)", "weak box: 1"],
    ["is equal to another of the same object", "return ref == llmspell.weak(ref:get())", true],
    ["hides its metatable", "return getmetatable(ref)", false],
    ["is made of a handle by the script", "return tostring(llmspell.weak(test.open()))", "weak box: 1"],
  ])("%s", async (_, source, expected) => {
    const guest = newGuest();
    guest.setGlobal("ref", new WeakHandle("box", 1));
    expect(await value(guest, source)).toBe(expected);
  });

  it.each([
    ["llmspell.weak(1)", "weak: argument 1 must be a handle"],
    ["llmspell.weak(ref)", "weak: argument 1 must be a handle"],
    ["ref.get(print)", "argument 1 must be a weak handle"],
    ["ref.get(ref:get())", "argument 1 must be a weak handle"],
    ["ref:on_expire(1)", "on_expire: argument 1 must be a function, not number"],
  ])("refuses %s", async (source, message) => {
    const guest = newGuest();
    guest.setGlobal("ref", new WeakHandle("box", 1));
    await expect(value(guest, source)).rejects.toMatchObject({ code: "INVALID_ARGUMENT", message });
  });

  it("of a kind that has no binding cannot enter", () => {
    expect(() => newGuest().setGlobal("ref", new WeakHandle("Unknown", 1))).toThrow("of the unknown kind 'Unknown'");
  });
});

describe("on_expire", () => {
  const WATCH = "seen = {} for i, ref in ipairs(refs) do ref:on_expire(function() seen[#seen + 1] = i end) end";

  function watching(host: Boxes, options: GuestOptions = {}): Guest {
    const guest = newGuest({ host, ...options });
    guest.setGlobal("refs", [new WeakHandle("box", 1), new WeakHandle("box", 2), new WeakHandle("box", 1)]);
    return guest;
  }

  it("calls back also when the script has dropped the reference", async () => {
    const host = new Boxes(1, 2);
    const guest = watching(host);
    await value(guest, `${WATCH} refs = nil ${COLLECT}`);
    host.there.clear();
    expect(await guest.expireHandles().result()).toBe(3);
  });

  it("calls back in a task that may wait, while others wait, and says how it failed", async () => {
    const host = new Boxes(1, 2);
    const guest = watching(host);
    const main = guest.run(`
      refs[1]:on_expire(function() after = test.wait("b") end)
      refs[2]:on_expire(function() error("no luck", 0) end)
      return test.wait("a")`);
    host.there.clear();
    const told = guest.expireHandles();
    await expect(told.result()).rejects.toMatchObject({ message: "no luck" });
    host.resolve("b", 2);
    host.resolve("a", 1);
    expect(await main.result()).toBe(1);
    expect(guest.getGlobal("after")).toBe(2);
  });

  it.each(["restored", "forked", "put back"] as const)("works in a guest that was %s", async (how) => {
    const host = new Boxes(1, 2);
    const before = watching(host);
    await value(before, WATCH);
    const snapshot = before.snapshot();
    let guest = before;
    if (how === "forked") guest = track(before.fork(1)[0] as Guest);
    if (how === "restored") {
      before[Symbol.dispose]();
      guest = track(engine.restore(snapshot.encode(), { bindings: PROMISE_BINDINGS, host }));
    }
    host.there.delete(2);
    if (how === "put back") {
      // It has heard of it, and then that has not happened.
      await guest.expireHandles().result();
      guest.rollback(snapshot);
    }
    expect(await guest.expireHandles().result()).toBe(1);
    expect(guest.getGlobal("seen")).toEqual([2]);
    expect(await value(guest, "return { refs[1]:get() ~= nil, refs[2]:get() ~= nil }")).toEqual([true, false]);
  });

  it("leaves nothing to the next guest of the instance", async () => {
    const single = createLuaEngine();
    const host = new Boxes(1, 2);
    for (let i = 0; i < 3; i++) {
      const guest = single.createGuest({ bindings: PROMISE_BINDINGS, host });
      guest.setGlobal("refs", [new WeakHandle("box", 5)]);
      expect(await guest.expireHandles().result()).toBe(0);
      await value(guest, "llmspell.weak(test.open()):on_expire(print)");
      guest[Symbol.dispose]();
    }
    single[Symbol.dispose]();
  });
});
