import { afterEach, describe, expect, it } from "vitest";
import {
  type FunctionRef,
  Handle,
  MAX_WEAK_FUNCTIONS,
  WeakHandle,
  type Guest,
  type GuestOptions,
  type ScriptValue,
  type WeakFunctionRef,
} from "@llmspell/engine";
import { TEST_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { sharedEngine } from "./testing/run.js";

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

const engine = sharedEngine();
const guests: Guest[] = [];
afterEach(() => {
  for (const guest of guests.splice(0)) guest[Symbol.dispose]();
});

function track(guest: Guest): Guest {
  guests.push(guest);
  return guest;
}
const newGuest = (options: GuestOptions = {}): Guest =>
  track(engine.createGuest({ bindings: TEST_BINDINGS, host: new TestHost(), ...options }));
const value = (guest: Guest, source: string): Promise<ScriptValue> => guest.run(source).result();

describe("a function that the host holds weakly", () => {
  const MAKE = "globalThis.f = (x) => x + 1; return f";

  async function held(guest: Guest): Promise<{ weak: WeakFunctionRef; fn: FunctionRef; gone: number[] }> {
    const fn = (await value(guest, MAKE)) as FunctionRef;
    const weak = guest.weakRef(fn);
    const gone: number[] = [];
    weak.onExpire = () => gone.push(weak.id);
    return { weak, fn, gone };
  }

  it("can be called while the guest has it", async () => {
    const guest = newGuest();
    const { weak, fn, gone } = await held(guest);
    fn.release();
    await value(guest, "return 1");
    const again = weak.deref();
    expect(await guest.call(again as FunctionRef, [1]).result()).toBe(2);
    expect([gone, guest.weakRefs.live.get(weak.id), guest.weakRefs.expired]).toEqual([[], weak, 0]);
  });

  it("is gone when the guest has collected it, and says so once after that turn", async () => {
    const guest = newGuest();
    const { weak, fn, gone } = await held(guest);
    await value(guest, "f = null");
    expect(gone).toEqual([]);
    weak.deref()?.release();
    fn.release();
    await value(guest, "return 1");
    expect([weak.deref(), gone]).toEqual([undefined, [weak.id]]);
    expect([guest.weakRefs.live.size, guest.weakRefs.expired]).toEqual([0, 1]);
    guest[Symbol.dispose]();
    expect(gone).toEqual([weak.id]);
  });

  it("is kept by what deref gave", async () => {
    const guest = newGuest();
    const { weak, fn, gone } = await held(guest);
    const strong = weak.deref() as FunctionRef;
    fn.release();
    await value(guest, "f = null");
    expect(gone).toEqual([]);
    expect(await guest.call(strong, [4]).result()).toBe(5);
  });

  it("says so while the guest is at rest: the host may use it, and its errors are its own", async () => {
    const guest = newGuest();
    const { weak, fn } = await held(guest);
    let seen: unknown;
    weak.onExpire = () => {
      seen = [guest.state, guest.getGlobal("f")];
      throw new Error("the host's own");
    };
    fn.release();
    await value(guest, "f = null");
    expect(seen).toEqual(["finished", null]);
  });

  it("can be taken and looked up inside of a host call, and not while the guest runs otherwise", async () => {
    const host = new TestHost();
    const guest = newGuest({ host });
    let called: ScriptValue = null;
    host.onCall = () => {
      const [fn] = host.kept;
      if (fn === undefined) return;
      called = guest.callSync(guest.weakRef(fn).deref() as FunctionRef, [1]);
    };
    await value(guest, "test.keep((x) => x + 1); test.echo(1)");
    expect(called).toBe(2);
  });

  it("is forgotten when it is released: nobody hears of its end", async () => {
    const guest = newGuest();
    const { weak, fn, gone } = await held(guest);
    weak.release();
    weak.release();
    fn.release();
    await value(guest, "f = null");
    expect([weak.deref(), gone, guest.weakRefs.live.size]).toEqual([undefined, [], 0]);
  });

  it("is one of this guest, and of a bounded number", async () => {
    const guest = newGuest();
    const other = (await value(newGuest(), MAKE)) as FunctionRef;
    expect(() => guest.weakRef(other)).toThrow("this guest does not have the function");
    const { fn } = await held(guest);
    for (let i = guest.weakRefs.live.size; i < MAX_WEAK_FUNCTIONS; i++) guest.weakRef(fn);
    expect(() => guest.weakRef(fn)).toThrow(`the host holds ${MAX_WEAK_FUNCTIONS} functions of this guest weakly`);
  });

  it("is there in a restored guest, under its id", async () => {
    const guest = newGuest();
    const { weak, fn, gone } = await held(guest);
    fn.release();
    const restored = track(
      engine.restore(guest.snapshot().encode(), { bindings: TEST_BINDINGS, host: new TestHost() }),
    );
    const again = restored.weakRefs.live.get(weak.id);
    expect(await restored.call(again?.deref() as FunctionRef, [1]).result()).toBe(2);
    for (const ref of restored.tasks.values()) expect(ref).toBeUndefined();
    expect(gone).toEqual([]);
  });

  it("is back after a rollback; one that came later is gone", async () => {
    const guest = newGuest();
    const { weak, fn } = await held(guest);
    fn.release();
    const snapshot = guest.snapshot();
    const later = guest.weakRef((await value(guest, "return globalThis.g = () => 2")) as FunctionRef);
    let gone = 0;
    later.onExpire = () => gone++;
    await value(guest, "f = null");
    expect(weak.deref()).toBeUndefined();
    guest.rollback(snapshot);
    expect([gone, later.deref()]).toEqual([1, undefined]);
    const back = guest.weakRefs.live.get(weak.id);
    expect(await guest.call(back?.deref() as FunctionRef, [1]).result()).toBe(2);
  });
});

describe("a weak handle", () => {
  it("gives the handle while the host has the object, and undefined afterwards", async () => {
    const host = new Boxes(1);
    const guest = newGuest({ host });
    guest.setGlobal("ref", new WeakHandle("box", 1));
    expect(await value(guest, "return ref.deref().label()")).toBe("box 1");
    host.there.clear();
    expect(await value(guest, "return ref.deref() === undefined")).toBe(true);
  });

  it("is made of a handle by the script, and keeps nothing", async () => {
    const host = new Boxes(1);
    const guest = newGuest({ host });
    const made = await value(guest, "globalThis.ref = llmspell.weak(test.open()); return ref");
    expect(made).toEqual(new WeakHandle("box", 1));
    expect(host.held).toEqual(["+1", "-1"]);
    await expect(value(guest, "llmspell.weak(ref)")).rejects.toThrow("weak: argument 1 must be a handle");
    expect(Object.keys((await value(guest, "return Object.keys(llmspell)")) as object)).not.toContain("weak");
  });
});

describe("onExpire", () => {
  const WATCH = "globalThis.seen = []; refs.forEach((ref, i) => ref.onExpire(() => { seen.push(i + 1) }))";

  function watching(host: Boxes, options: GuestOptions = {}): Guest {
    const guest = newGuest({ host, ...options });
    guest.setGlobal("refs", [new WeakHandle("box", 1), new WeakHandle("box", 2), new WeakHandle("box", 1)]);
    return guest;
  }

  it("calls back once, in a task of the host's, for the objects that are gone", async () => {
    const host = new Boxes(1, 2);
    const guest = watching(host);
    await value(guest, WATCH);
    expect(await guest.expireHandles().result()).toBe(0);
    host.there.delete(1);
    expect(await guest.expireHandles().result()).toBe(2);
    expect(guest.getGlobal("seen")).toEqual([1, 3]);
    host.there.clear();
    expect(await guest.expireHandles().result()).toBe(1);
    expect(guest.getGlobal("seen")).toEqual([1, 3, 2]);
  });

  it("calls back at once when the object is gone, and not at all when it was ended", async () => {
    const host = new Boxes(2);
    const guest = watching(host);
    await value(guest, "refs[0].onExpire(() => { globalThis.seen = 'gone' }); refs[1].onExpire(() => fail())()");
    expect(guest.getGlobal("seen")).toBe("gone");
    host.there.clear();
    expect(await guest.expireHandles().result()).toBe(0);
    await expect(value(guest, "refs[0].onExpire(1)")).rejects.toThrow("must be a function, not number");
  });

  it("calls back in a task that may wait, and says how it failed", async () => {
    const host = new Boxes(1, 2);
    const guest = watching(host);
    await value(
      guest,
      `refs[0].onExpire(async () => { globalThis.after = await test.wait("b") })
       refs[1].onExpire(() => { throw new Error("no luck") })`,
    );
    host.there.clear();
    await expect(guest.expireHandles().result()).rejects.toMatchObject({ message: "no luck" });
    host.resolve("b", 2);
    await new Promise((resolve) => void setImmediate(resolve));
    expect(guest.getGlobal("after")).toBe(2);
  });

  it("works in a guest that was restored or put back", async () => {
    const host = new Boxes(1, 2);
    const before = watching(host);
    await value(before, WATCH);
    const snapshot = before.snapshot();
    const restored = track(engine.restore(snapshot.encode(), { bindings: TEST_BINDINGS, host }));
    host.there.delete(2);
    await before.expireHandles().result();
    before.rollback(snapshot);
    for (const guest of [restored, before]) {
      expect(await guest.expireHandles().result()).toBe(1);
      expect(guest.getGlobal("seen")).toEqual([2]);
    }
  });
});
