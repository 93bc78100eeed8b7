import { describe, expect, it } from "vitest";
import type { Guest, GuestOptions, Profile, ProfilerOptions } from "@llmspell/engine";
import { TEST_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { open, sharedEngine } from "../testing/run.js";

function profileOf(source: string, options: ProfilerOptions = {}, guestOptions: GuestOptions = {}): [Profile, Guest] {
  using stage = open(guestOptions);
  const profiler = stage.guest.startProfiler({ everyFuel: 1_000, ...options });
  const task = stage.guest.run(source, { name: "p.js" });
  expect(task.error).toBeUndefined();
  return [profiler.stop(), stage.guest];
}

const PROGRAM = `const spin = (n) => { let x = 0; for (let i = 0; i < n; i++) x += i; return x }
class Box {
  fill(n) {
    return spin(n) + this.#hidden(n)
  }
  #hidden(n) { return spin(n) }
}
function* numbers(n) {
  for (let i = 0; i < n; i++) yield spin(50)
}
const later = async (n) => {
  await null
  return spin(n)
}
let sum = 0
for (let i = 0; i < 20; i++) sum += new Box().fill(500)
for (const n of numbers(100)) sum += n
sum += await later(20_000)
return [1, 2, 3].map(function each(n) { return spin(n * 2_000) }).length`;

describe("a profile of a JavaScript guest", () => {
  it("has functions of every kind with their places, and the paths that led to them", () => {
    const [profile, guest] = profileOf(PROGRAM);
    const functions = profile.functions("total");
    const about = (name: string): unknown => {
      const { source, line } = functions.find((each) => each.name === name) ?? {};
      return [source, line];
    };
    expect(["spin", "fill", "#hidden", "numbers", "later", "each", "map"].map(about)).toEqual([
      ["p.js", 1],
      ["p.js", 3],
      ["p.js", 6],
      ["p.js", 8],
      ["p.js", 11],
      ["p.js", 19],
      ["", 0],
    ]);
    expect(profile.functions()[0]?.name).toBe("spin");
    const folded = profile.folded();
    expect(folded).toMatch(/^.*;fill \(p\.js:3\);#hidden \(p\.js:6\);spin \(p\.js:1\) \d+$/m);
    expect(folded).toMatch(/^.*;map;each \(p\.js:19\);spin \(p\.js:1\) \d+$/m);
    expect(folded).toMatch(/^later \(p\.js:11\);spin \(p\.js:1\) \d+$/m);
    expect(folded).not.toContain("llmspell");
    expect(profile.fuel).toBeGreaterThan(guest.usage.fuel * 0.8);
  });

  it("is the same on every run, and costs no fuel", () => {
    const used = (everyFuel: number | undefined): number => {
      using stage = open();
      if (everyFuel !== undefined) stage.guest.startProfiler({ everyFuel });
      stage.guest.run(PROGRAM);
      return stage.guest.usage.fuel;
    };
    expect(new Set([undefined, 100, 777, 50_000].map(used)).size).toBe(1);
    expect(profileOf(PROGRAM)[0].speedscope()).toBe(profileOf(PROGRAM)[0].speedscope());
  });

  it("counts what runs between its start and its end", async () => {
    using stage = open();
    const profiler = stage.guest.startProfiler({ everyFuel: 500 });
    await stage.guest.run("const a = () => { for (let i = 0; i < 1e4; i++); }; globalThis.b = a; a()").result();
    const profile = profiler.stop();
    await stage.guest.run("b()").result();
    expect(profiler.stop()).toBe(profile);
    expect(profile.functions()[0]?.name).toBe("a");
    using again = stage.guest.startProfiler();
    expect(again.stop().fuel).toBe(0);
  });

  it("tells of memory that was taken", () => {
    const [profile] = profileOf(
      "const keep = []; const make = () => { for (let i = 0; i < 2_000; i++) keep.push({ i }) }; const idle = () => { for (let i = 0; i < 1e4; i++); }; make(); idle(); return keep.length",
      { everyFuel: 500 },
    );
    const allocated = (name: string): number => profile.functions().find((each) => each.name === name)?.allocated ?? -1;
    expect(allocated("make")).toBeGreaterThan(50_000);
    expect(allocated("idle")).toBeLessThan(5_000);
  });

  it("stands names that a script has changed, deep recursion and wide text", () => {
    const [profile] = profileOf(
      `const spin = () => { for (let i = 0; i < 1e4; i++); }
       Object.defineProperty(spin, "name", { value: 42 })
       const ünïcode = () => { for (let i = 0; i < 1e4; i++); }
       const 世界 = () => { for (let i = 0; i < 1e4; i++); }
       const deep = (n) => n === 0 ? spin() : deep(n - 1)
       deep(300); ünïcode(); 世界()`,
    );
    const names = profile.functions().map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["<anonymous>", "ünïcode", "世界", "deep"]));
  });

  it("goes on when the guest waits, is ended, or is put back", async () => {
    const host = new TestHost();
    using guest = sharedEngine().createGuest({ host, bindings: TEST_BINDINGS, limits: { fuel: 2_000_000 } });
    const profiler = guest.startProfiler({ everyFuel: 1_000 });
    const snapshot = guest.snapshot();
    const task = guest.run(
      "const spin = () => { for (let i = 0; i < 1e4; i++); }; await test.wait('a'); spin(); return 1",
    );
    host.resolve("a");
    expect(await task.result()).toBe(1);
    guest.rollback(snapshot);
    await expect(guest.run("const f = () => { while (true) {} }; f()").result()).rejects.toMatchObject({
      code: "LIMIT_FUEL",
    });
    const names = profiler
      .stop()
      .functions()
      .map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["spin", "f"]));
  });

  it.each([
    [{ kind: "exact" }, "UNSUPPORTED"],
    [{ everyFuel: 5 }, "INVALID_ARGUMENT"],
    [{ everyFuel: 100.5 }, "INVALID_ARGUMENT"],
  ] as const)("is refused with %j", (options, code) => {
    using stage = open();
    expect(() => stage.guest.startProfiler(options)).toThrow(expect.objectContaining({ code }));
  });

  it("is taken one at a time", () => {
    using stage = open();
    using _ = stage.guest.startProfiler();
    expect(() => stage.guest.startProfiler()).toThrow(expect.objectContaining({ code: "ALREADY_EXISTS" }));
  });
});
