import { afterEach, describe, expect, it } from "vitest";
import { Handle, WeakHandle, type Guest, type ScriptValue } from "@llmspell/engine";
import { TEST_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { sharedEngine } from "./testing/run.js";

const guests: Guest[] = [];
afterEach(() => {
  for (const guest of guests.splice(0)) guest[Symbol.dispose]();
});

const value = (guest: Guest, source: string): Promise<ScriptValue> => guest.run(source).result();

/** A guest with the weak handle `ref` to an object that is there, and what its host was told. */
function open(): { guest: Guest; host: TestHost; there: Set<number>; told: string[] } {
  const there = new Set([1]);
  const told: string[] = [];
  const host = Object.assign(new TestHost(), {
    upgrade: ({ kind, id }: WeakHandle) => (there.has(id) ? new Handle(kind, id) : undefined),
    retain: ({ id }: Handle) => void told.push(`+${id}`),
    release: ({ id }: Handle) => void told.push(`-${id}`),
  });
  const guest = sharedEngine().createGuest({ bindings: TEST_BINDINGS, host });
  guests.push(guest);
  guest.setGlobal("ref", new WeakHandle("box", 1));
  return { guest, host, there, told };
}

describe("a weak handle", () => {
  it("gives the handle while the host has the object, and undefined afterwards", async () => {
    const { guest, there } = open();
    expect(await value(guest, "return ref.deref().label()")).toBe("box 1");
    there.clear();
    expect(await value(guest, "return ref.deref() === undefined")).toBe(true);
  });

  it("keeps nothing for the guest but what it gave", async () => {
    const { guest, told } = open();
    expect(told).toEqual([]);
    await value(guest, "ref.deref()");
    expect(told).toEqual(["+1", "-1"]);
  });

  it("is made of a handle by the script; the function is no module", async () => {
    const { guest, told } = open();
    expect(await value(guest, "return llmspell.weak(test.open())")).toEqual(new WeakHandle("box", 1));
    expect(told).toEqual(["+1", "-1"]);
    expect(await value(guest, "return Object.keys(llmspell).includes('weak') || 'weak' in globalThis")).toBe(false);
  });

  it.each([
    ["llmspell.weak(ref)", "weak: argument 1 must be a handle"],
    ["llmspell.weak(1)", "weak: argument 1 must be a handle"],
    ["ref.onExpire(1)", "onExpire: argument 1 must be a function, not number"],
  ])("refuses %s", async (source, message) => {
    await expect(value(open().guest, source)).rejects.toThrow(message);
  });

  it("calls back in a task that may wait, and says how it failed", async () => {
    const { guest, host, there } = open();
    await value(
      guest,
      `ref.onExpire(async () => { globalThis.after = await test.wait("b") })
       ref.onExpire(() => { throw new Error("no luck") })`,
    );
    there.clear();
    await expect(guest.expireHandles().result()).rejects.toMatchObject({ message: "no luck" });
    host.resolve("b", 2);
    await new Promise((resolve) => void setImmediate(resolve));
    expect(guest.getGlobal("after")).toBe(2);
  });
});
