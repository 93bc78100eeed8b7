import assert from "node:assert/strict";
import { SpellError } from "@llmspell/errors";
import { TEST_BINDINGS } from "./host.js";
import { caseMaker, failure, type ConformanceCase, type ConformanceKit, type Stage } from "./kit.js";

type Ending = (stage: Stage) => Promise<unknown>;

/** The ways a guest can end before its instance serves the next one. */
function endings(kit: ConformanceKit): Record<string, Ending> {
  const { programs } = kit;
  return {
    "a success": async ({ run }) => run(programs.returnInteger).result(),
    "a failure": async ({ run }) => failure(run(programs.throwOnLine7), "SCRIPT_ERROR"),
    "a soft stop": async ({ run }) => failure(run(programs.endlessLoop), "LIMIT_FUEL"),
    "a hard kill": async ({ run }) => failure(run(programs.catchingLoop), "LIMIT_FUEL"),
    "a stop while it waited": async ({ guest, run, quiet }) => {
      const task = run(programs.awaitOne);
      await quiet();
      guest.stop(new SpellError("CANCELLED", "enough"));
      await failure(task, "CANCELLED");
    },
    "being disposed while it waited": async ({ guest, run, quiet }) => {
      const task = run(programs.awaitOne);
      await quiet();
      guest[Symbol.dispose]();
      await failure(task, "CANCELLED");
    },
  };
}

export function residueCases(kit: ConformanceKit): ConformanceCase[] {
  const make = caseMaker(kit, "residue");
  const { programs } = kit;
  return [
    ...Object.entries(endings(kit)).map(([name, end]) =>
      make(
        `nothing of a guest is left in the next one after ${name}`,
        async (stage) => {
          const fresh = stage.another();
          const expected = await fresh.guest.run(programs.observe).result();
          fresh.guest[Symbol.dispose]();
          assert.equal(await stage.run(programs.pollute).result(), true);
          assert.equal(await stage.run(programs.writeMarker).result(), true);
          assert.notDeepEqual(
            await stage.guest
              .run(programs.observe)
              .result()
              .catch(() => "broken"),
            expected,
          );
          await end(stage);
          stage.guest[Symbol.dispose]();
          for (let i = 0; i < 3; i++) {
            const { guest } = stage.another();
            assert.deepEqual(await guest.run(programs.observe).result(), expected);
            assert.equal(await guest.run(programs.readMarker).result(), null);
            assert.equal(await guest.run(programs.sayTwice.canonical).result(), "ho ho");
            guest[Symbol.dispose]();
          }
        },
        { limits: { fuel: 500_000 } },
      ),
    ),
    make("guests that live at the same time share nothing", async ({ run, another }) => {
      const other = another();
      await run(programs.writeMarker).result();
      await run(programs.pollute).result();
      assert.equal(await other.guest.run(programs.readMarker).result(), null);
      assert.equal(await other.guest.run(programs.sayTwice.canonical).result(), "ho ho");
    }),
    make("globals stay within a guest from run to run", async ({ guest, run }) => {
      await run(programs.writeMarker).result();
      assert.equal(await run(programs.readMarker).result(), "mine");
      assert.equal(guest.getGlobal("marker"), "mine");
    }),
  ];
}

export function determinismCases(kit: ConformanceKit): ConformanceCase[] {
  const make = caseMaker(kit, "determinism");
  const { programs } = kit;

  async function fuelOf({ another }: Stage): Promise<[unknown, number, number]> {
    const { guest } = another();
    const value = await guest.run(programs.work).result();
    const { fuel, memoryBytes } = guest.usage;
    guest[Symbol.dispose]();
    return [value, fuel, memoryBytes];
  }

  return [
    make("the same program costs the same on every run, on fresh and on pooled instances", async (stage) => {
      const first = await fuelOf(stage);
      assert.ok(first[1] > 1_000, `the program costs something: ${first[1]}`);
      assert.deepEqual(await fuelOf(stage), first);
      assert.deepEqual(await fuelOf(stage), first);
    }),
    make("the same program costs the same in another engine", async (stage) => {
      const engine = kit.create();
      try {
        const guest = engine.createGuest({ bindings: kit.bindings ?? TEST_BINDINGS });
        const value = await guest.run(programs.work).result();
        assert.deepEqual([value, guest.usage.fuel, guest.usage.memoryBytes], await fuelOf(stage));
        guest[Symbol.dispose]();
      } finally {
        engine[Symbol.dispose]();
      }
    }),
    make(
      "the same program costs the same after a guest was killed",
      async (stage) => {
        const first = await fuelOf(stage);
        await failure(stage.run(programs.catchingLoop), "LIMIT_FUEL");
        stage.guest[Symbol.dispose]();
        assert.deepEqual(await fuelOf(stage), first);
      },
      { limits: { fuel: 100_000 } },
    ),
    make("waiting costs the same however long it takes", async ({ another, quiet }) => {
      const fuel: number[] = [];
      for (const delay of [0, 15]) {
        const { guest, host } = another();
        const task = guest.run(programs.awaitOne);
        await quiet(guest);
        await new Promise((resolve) => setTimeout(resolve, delay));
        host.resolve("a", 1);
        await task.result();
        fuel.push(guest.usage.fuel);
      }
      assert.equal(fuel[0], fuel[1]);
    }),
    make("a limit is reached at the same point on every run", async ({ another }) => {
      const points = new Set<number>();
      for (let i = 0; i < 3; i++) {
        const { guest, host } = another({ limits: { fuel: 300_000 } });
        await failure(guest.run(programs.callForever), "LIMIT_FUEL");
        points.add(host.calls);
      }
      assert.equal(points.size, 1);
    }),
  ];
}
