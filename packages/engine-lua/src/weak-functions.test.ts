import { afterEach, describe, expect, it } from "vitest";
import {
  type FunctionRef,
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
