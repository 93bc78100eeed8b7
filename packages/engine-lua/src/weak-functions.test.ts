import { afterEach, describe, expect, it } from "vitest";
import {
  FunctionRef,
  MAX_WEAK_FUNCTIONS,
  type Guest,
  type GuestOptions,
  type ScriptValue,
  type WeakFunctionRef,
} from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";

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
  track(engine.createGuest({ bindings: PROMISE_BINDINGS, host: new TestHost(), ...options }));

const COLLECT = "collectgarbage() collectgarbage()";
const value = (guest: Guest, source: string): Promise<ScriptValue> => guest.run(source).result();

describe("a function that the host holds weakly", () => {
  const MAKE = "local n = ... f = function(x) return x + 1 end return f";

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
    await value(guest, COLLECT);
    const again = weak.deref();
    expect(again).toBeInstanceOf(FunctionRef);
    expect(await guest.call(again as FunctionRef, [1]).result()).toBe(2);
    expect([gone, guest.weakRefs.live.get(weak.id), guest.weakRefs.expired]).toEqual([[], weak, 0]);
  });

  it("is gone when the guest has collected it, and says so once after that turn", async () => {
    const guest = newGuest();
    const { weak, fn, gone } = await held(guest);
    await value(guest, `f = nil ${COLLECT}`);
    expect(weak.deref()?.release()).toBeUndefined();
    expect(gone).toEqual([]);
    fn.release();
    await value(guest, COLLECT);
    expect([weak.deref(), gone]).toEqual([undefined, [weak.id]]);
    expect([guest.weakRefs.live.size, guest.weakRefs.expired]).toEqual([0, 1]);
    await value(guest, COLLECT);
    guest[Symbol.dispose]();
    expect(gone).toEqual([weak.id]);
  });

  it("is kept by what deref gave", async () => {
    const guest = newGuest();
    const { weak, fn, gone } = await held(guest);
    const strong = weak.deref() as FunctionRef;
    fn.release();
    await value(guest, `f = nil ${COLLECT}`);
    expect(gone).toEqual([]);
    expect(await guest.call(strong, [4]).result()).toBe(5);
  });

  it("says so while the guest is at rest: the host may use it", async () => {
    const guest = newGuest();
    const { weak, fn } = await held(guest);
    let seen: unknown;
    weak.onExpire = () => {
      seen = [guest.state, guest.getGlobal("f")];
      throw new Error("the host's own");
    };
    fn.release();
    await value(guest, `f = nil ${COLLECT}`);
    expect(seen).toEqual(["finished", null]);
    expect(await value(guest, "return 1")).toBe(1);
  });

  it("is noticed in a later turn, whichever turn collects it", async () => {
    const guest = newGuest();
    let gone = 0;
    for (let i = 0; i < 200; i++) {
      const fn = (await value(guest, "return function() return 1 end")) as FunctionRef;
      guest.weakRef(fn).onExpire = () => gone++;
      fn.release();
      if (i % 3 === 0) await value(guest, "for i = 1, 2000 do local t = { {} } end");
    }
    await value(guest, COLLECT);
    expect([gone, guest.weakRefs.live.size, guest.weakRefs.expired]).toEqual([200, 0, 200]);
  });

  it("also in a generational collector", async () => {
    const guest = newGuest({ gc: "high-throughput" });
    const { fn, gone } = await held(guest);
    await value(guest, COLLECT);
    fn.release();
    await value(guest, `f = nil ${COLLECT}`);
    expect(gone).toHaveLength(1);
  });

  it("can be taken and looked up inside of a host call", async () => {
    const host = new TestHost();
    const guest = newGuest({ host });
    let weak: WeakFunctionRef | undefined;
    let called: ScriptValue = null;
    host.onCall = () => {
      if (host.kept[0] === undefined) return;
      weak ??= guest.weakRef(host.kept[0]);
      called = guest.callSync(weak.deref() as FunctionRef, [1]);
    };
    await value(guest, "function f(x) return x + 1 end test.keep(f) test.echo(1)");
    expect(called).toBe(2);
    expect(guest.weakRefs.live.get(weak?.id ?? 0)).toBe(weak);
  });

  it("is refused from another guest, and while the guest runs by itself", async () => {
    const host = new TestHost();
    const guest = newGuest({ host });
    const { fn } = await held(newGuest());
    expect(() => guest.weakRef(fn)).toThrow("is a function of another guest");
    expect(guest.weakRefs.live.size).toBe(0);
    let problem: unknown;
    host.write = () => {
      try {
        guest.weakRef(fn);
      } catch (thrown) {
        problem = thrown;
      }
    };
    await value(guest, "print(1)");
    expect(problem).toMatchObject({ code: "INVALID_STATE", details: { action: "weakRef", state: "running" } });
  });

  it("is forgotten when released, without a word", async () => {
    const guest = newGuest();
    const { weak, fn, gone } = await held(guest);
    weak.release();
    weak.release();
    fn.release();
    await value(guest, `f = nil ${COLLECT}`);
    expect([weak.deref(), gone, guest.weakRefs.live.size, guest.weakRefs.expired]).toEqual([undefined, [], 0, 0]);
  });

  it("can be had a bounded number of times", async () => {
    const guest = newGuest();
    const { fn, weak } = await held(guest);
    for (let i = 1; i < MAX_WEAK_FUNCTIONS; i++) guest.weakRef(fn);
    expect(() => guest.weakRef(fn)).toThrow(expect.objectContaining({ code: "INVALID_STATE" }));
    weak.release();
    expect(guest.weakRef(fn).deref()).toBeInstanceOf(FunctionRef);
  });

  it("goes with its guest", async () => {
    const guest = newGuest({ limits: { fuel: 1_000_000 } });
    const { weak, gone } = await held(guest);
    await expect(value(guest, "while true do end")).rejects.toMatchObject({ code: "LIMIT_FUEL" });
    expect([weak.deref(), gone, guest.weakRefs.expired]).toEqual([undefined, [weak.id], 1]);
  });

  it("is nothing to the next guest of its instance", async () => {
    const guest = newGuest();
    const { weak, fn } = await held(guest);
    guest[Symbol.dispose]();
    const { reused } = engine.pool;
    const next = newGuest();
    expect(engine.pool.reused).toBe(reused + 1);
    const own = await held(next);
    expect([own.weak.id, weak.deref()]).toEqual([weak.id, undefined]);
    weak.release();
    fn.release();
    own.fn.release();
    expect(await next.call(own.weak.deref() as FunctionRef, [1]).result()).toBe(2);
  });

  it("when memory runs out raises that, and the guest lives", async () => {
    const guest = newGuest({ limits: { memoryBytes: 2_000_000 } });
    const { fn } = await held(guest);
    await value(guest, "s = {} pcall(function() while true do s[#s + 1] = ('x'):rep(1000) .. #s end end)");
    let made = 1;
    const fill = (): void => {
      for (; made < MAX_WEAK_FUNCTIONS; made++) guest.weakRef(fn);
    };
    expect(fill).toThrow(expect.objectContaining({ code: "LIMIT_MEMORY" }));
    expect([guest.weakRefs.live.size, guest.state]).toEqual([made, "finished"]);
    expect(await value(guest, "s = nil return f(1)")).toBe(2);
  });
});

describe("after a restore, functions that are held weakly", () => {
  const SETUP = "f, g = function() return 'f' end, function() return 'g' end return { f, g }";

  async function two(): Promise<{ guest: Guest; weak: WeakFunctionRef[]; gone: number[] }> {
    const guest = newGuest();
    const fns = (await value(guest, SETUP)) as unknown as FunctionRef[];
    const gone: number[] = [];
    const weak = fns.map((fn) => guest.weakRef(fn));
    for (const ref of weak) ref.onExpire = () => gone.push(ref.id);
    for (const fn of fns) fn.release();
    return { guest, weak, gone };
  }

  it.each(["in memory", "encoded", "forked"])("are found by their ids (%s), and expire there", async (how) => {
    const { guest: before, weak, gone } = await two();
    const snapshot = before.snapshot();
    const options = { bindings: PROMISE_BINDINGS, host: new TestHost() };
    const guest = track(
      how === "forked"
        ? (before.fork(1)[0] as Guest)
        : engine.restore(how === "encoded" ? snapshot.encode() : snapshot, options),
    );
    expect([...guest.weakRefs.live.keys()]).toEqual(weak.map(({ id }) => id));
    const [f, g] = [...guest.weakRefs.live.values()] as [WeakFunctionRef, WeakFunctionRef];
    const own: string[] = [];
    f.onExpire = () => own.push("f");
    g.onExpire = () => own.push("g");
    await value(guest, `f = nil ${COLLECT}`);
    expect([own, f.deref()]).toEqual([["f"], undefined]);
    expect(await guest.call(g.deref() as FunctionRef).result()).toBe("g");
    expect(gone).toEqual([]);
    // An id is not used twice.
    const fn = g.deref() as FunctionRef;
    expect(guest.weakRef(fn).id).toBeGreaterThan(g.id);
  });

  it("of a rollback are those of then: the same objects, the gone come back as new ones, later ones are gone", async () => {
    const { guest, weak, gone } = await two();
    const snapshot = guest.snapshot();
    const [f, g] = weak as [WeakFunctionRef, WeakFunctionRef];
    await value(guest, `f = nil ${COLLECT}`);
    expect(gone).toEqual([f.id]);
    const later = guest.weakRef((await value(guest, "h = function() end return h")) as FunctionRef);
    later.onExpire = () => gone.push(later.id);
    guest.rollback(snapshot);
    expect([gone, later.deref(), f.deref()]).toEqual([[f.id, later.id], undefined, undefined]);
    expect([...guest.weakRefs.live.keys()]).toEqual([f.id, g.id].toSorted((a, b) => a - b));
    expect(guest.weakRefs.live.get(g.id)).toBe(g);
    const back = guest.weakRefs.live.get(f.id)?.deref() as FunctionRef;
    expect(await guest.call(back).result()).toBe("f");
    await value(guest, `g = nil ${COLLECT}`);
    expect(gone).toEqual([f.id, later.id, g.id]);
  });
});
