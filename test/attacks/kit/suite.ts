import { afterAll, describe, expect, it } from "vitest";
import { Arena, fingerprint, type Target } from "./arena.js";
import { SMALL, type AttackClass } from "./attack.js";

/**
 * @param marks what changes a guest in a way that must be seen, each with its source.
 * @param fuelElsewhere the most fuel of an attack at the levels that it was not made for.
 */
export function attackSuite(
  target: Target,
  classes: readonly AttackClass[],
  marks: readonly (readonly [what: string, source: string])[],
  fuelElsewhere = Infinity,
): void {
  const arena = new Arena(target);
  afterAll(() => arena[Symbol.dispose]());

  it("every attack has a name of its own", () => {
    const names = classes.flatMap(({ attacks }) => attacks.map(({ name }) => name));
    expect(names.filter((name, i) => names.indexOf(name) < i)).toEqual([]);
  });

  it.each(marks)("a guest is not taken for clean after %s", async (_, source) => {
    const clean = await fingerprint(arena.engine, target, "basic");
    expect(await fingerprint(arena.engine, target, "basic", source)).not.toBe(clean);
    expect(await fingerprint(arena.engine, target, "basic")).toBe(clean);
  });

  describe.each(classes)("$title", ({ attacks }) => {
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
          // The run above was at this level.
          if ((attack.level ?? "basic") === level) continue;
          const fuel = Math.min(attack.limits?.fuel ?? SMALL.fuel, fuelElsewhere);
          const { code } = await arena.run({ ...attack, limits: { ...attack.limits, fuel } }, level);
          if (code === "INTERNAL" && ![attack.ends].flat().includes(code) && level !== "none")
            crashed.push(attack.name);
        }
        expect(crashed).toEqual([]);
      },
    );
  });
}
