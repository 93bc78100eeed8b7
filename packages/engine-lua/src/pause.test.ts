import type { Host } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { afterAll, describe, expect, it } from "vitest";
import { createLuaEngine } from "./index.js";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

const COUNT = "local n = 0 for i = 1, 5e6 do n = n + 1 end return n";
const pause: NonNullable<Host["pause"]> = (resume) => void setImmediate(resume);

describe("a host that pauses", () => {
  it("gets the event loop between the time slices of a guest that computes", async () => {
    using guest = engine.createGuest({ host: { pause } });
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const task = guest.run(COUNT);
    expect([task.state, guest.state]).toEqual(["pending", "suspended"]);
    expect(await task.result()).toBe(5e6);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
    expect(guest.state).toBe("finished");
  });

  it("can stop an endless guest between two slices", async () => {
    using guest = engine.createGuest({ limits: { fuel: 1e12 }, host: { pause } });
    const task = guest.run("while true do pcall(function() while true do end end) end");
    setTimeout(() => guest.stop(new SpellError("INTERRUPTED", "enough")), 20);
    await expect(task.result()).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect(guest.state).toBe("killed");
  });

  it("may resume a guest that was disposed in between", async () => {
    const resumes: (() => void)[] = [];
    const guest = engine.createGuest({ host: { pause: (resume) => void resumes.push(resume) } });
    const result = guest.run(COUNT).result();
    guest[Symbol.dispose]();
    await expect(result).rejects.toMatchObject({ code: "CANCELLED" });
    for (const resume of resumes) resume();
    expect(guest.state).toBe("disposed");
  });

  it("lets two guests in one thread go on side by side", async () => {
    const order: string[] = [];
    const guests = ["a", "b"].map((name) => {
      const write: NonNullable<Host["write"]> = (_, bytes) =>
        void order.push(name + Buffer.from(bytes).toString().trim());
      return engine.createGuest({ host: { pause, write } });
    });
    await Promise.all(guests.map((guest) => guest.run("for s = 1, 3 do print(s) for i = 1, 2e6 do end end").result()));
    expect(order.indexOf("b1")).toBeLessThan(order.indexOf("a3"));
    for (const guest of guests) guest[Symbol.dispose]();
  });

  it("does not change what a guest uses", async () => {
    const fuel = new Set<number>();
    for (let run = 0; run < 3; run++) {
      using guest = engine.createGuest({ host: { pause } });
      await guest.run(COUNT).result();
      fuel.add(guest.usage.fuel);
    }
    expect(fuel.size).toBe(1);
  });
});

it("without a pause a guest runs to its end at once", () => {
  using guest = engine.createGuest();
  expect(guest.run(COUNT)).toMatchObject({ state: "fulfilled", value: 5e6 });
});

it("the host is told once that a turn does not end, and that it is over", () => {
  const told: boolean[] = [];
  using guest = engine.createGuest({
    limits: { timeMs: 400 },
    host: { pause, onStuck: (stuck) => void told.push(stuck) },
  });
  guest.run("local s = ('a'):rep(30) s:find(('a?'):rep(30) .. s)");
  expect(told).toEqual([true, false]);
});

it.each([
  ["a loop", "while true do end"],
  ["a loop that swallows errors", "while true do pcall(function() while true do end end) end"],
  ["a long library call", "local s = ('a'):rep(30) s:find(('a?'):rep(30) .. s)"],
  ["a comparison inside a sort", "table.sort({ 2, 1 }, function() while true do end end)"],
])("a host that interrupts ends a guest in the middle of a turn: %s", (_, source) => {
  let asked = 0;
  const reason = new SpellError("INTERRUPTED", "enough");
  using guest = engine.createGuest({
    limits: { fuel: 1e12 },
    host: { interrupted: () => (++asked === 5 ? reason : undefined) },
  });
  expect(guest.run(source)).toMatchObject({ state: "rejected", error: { code: "INTERRUPTED", message: "enough" } });
  expect(guest.state).toBe("killed");
});
