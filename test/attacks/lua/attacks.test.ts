import { afterAll, describe, expect, it } from "vitest";
import { ATTACKS } from "./cases/index.js";
import { Arena, fingerprint } from "./harness.js";

const arena = new Arena();
afterAll(() => arena[Symbol.dispose]());

it("every attack has a name of its own", () => {
  const names = ATTACKS.flatMap(({ attacks }) => attacks.map(({ name }) => name));
  expect(names.filter((name, i) => names.indexOf(name) < i)).toEqual([]);
});

it.each([
  ["a global", "x = 1"],
  ["a replaced function", "string.upper = string.lower"],
  ["a replaced function of the same kind", "local p = print print = function(...) p(...) end"],
  ["a random number", "math.random()"],
  ["a value that is kept", "kept = ('x'):rep(30) .. 'y' _G[kept] = nil kept = nil table.pack(collectgarbage, {})"],
  ["a method of a module", "test.mine = true"],
])("a guest is not taken for clean after %s", async (_, source) => {
  const clean = await fingerprint(arena.engine, "basic");
  expect(await fingerprint(arena.engine, "basic", source)).not.toBe(clean);
  expect(await fingerprint(arena.engine, "basic")).toBe(clean);
});

describe.each(ATTACKS)("$title", ({ attacks }) => {
  it.each(attacks)("$name", async (attack) => {
    const end = await arena.run(attack, attack.level ?? "basic");
    expect([attack.ends].flat()).toContain(end.code);
    expect(attack.returns === undefined ? undefined : end.value).toEqual(attack.returns);
  });

  // A level may refuse an attack earlier or not at all; what holds of every end is checked all the same.
  it.each(["none", "basic", "strict"] as const)(
    "all of them leave a clean guest behind at the level %s",
    async (level) => {
      const crashed: string[] = [];
      for (const attack of attacks) {
        const { code } = await arena.run(attack, level);
        if (code === "INTERNAL" && level !== "none") crashed.push(attack.name);
      }
      expect(crashed).toEqual([]);
    },
  );
});
