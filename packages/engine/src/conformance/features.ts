import assert from "node:assert/strict";
import { caseMaker, failure, type ConformanceCase, type ConformanceKit } from "./kit.js";

export function featureCases(kit: ConformanceKit): ConformanceCase[] {
  const make = caseMaker(kit, "features");
  const { programs } = kit;
  return [
    make("an engine says what it is", ({ engine, guest }) => {
      assert.match(engine.name, /^[a-z]+$/);
      assert.match(engine.language, /\d/);
      assert.ok(engine.extensions.length > 0 && engine.extensions.every((extension) => /^\.[a-z]+$/.test(extension)));
      assert.ok(engine.hash.length >= 16);
      assert.equal(guest.engine, engine);
    }),
    make("the hash is the same in every engine of a build", ({ engine }) => {
      const other = kit.create();
      assert.equal(other.hash, engine.hash);
      other[Symbol.dispose]();
    }),
    make("snapshots work, or are UNSUPPORTED, as the flag says", async ({ engine, guest }) => {
      if (engine.features.snapshots) return void assert.equal(guest.snapshot().engineHash, engine.hash);
      await failure(() => guest.snapshot(), "UNSUPPORTED");
      await failure(() => engine.restore(new Uint8Array(8)), "UNSUPPORTED");
    }),
    make("fork() works, or is UNSUPPORTED, as the flag says", async ({ engine, guest }) => {
      if (engine.features.forks) guest.fork(1)[0]?.[Symbol.dispose]();
      else await failure(() => guest.fork(1), "UNSUPPORTED");
    }),
    make("reload() works, or is UNSUPPORTED, as the flag says", async ({ engine, guest, host, run }) => {
      const { hostModule } = programs;
      if (!engine.features.hotReload || hostModule === null) {
        return void (await failure(() => guest.reload("counted", "").result(), "UNSUPPORTED"));
      }
      host.modules.set("counted", hostModule.value);
      assert.equal(await run(hostModule.use).result(), 1);
      await guest.reload("counted", hostModule.changed).result();
      assert.equal(await run(hostModule.again).result(), 2);
      await failure(guest.reload("counted", hostModule.broken), "SYNTAX_ERROR");
      assert.equal(await run(hostModule.again).result(), 2);
    }),
    make(
      "an awaitable call suspends the guest, or is UNSUPPORTED, as the flag says",
      async ({ engine, guest, host, run, quiet }) => {
        const task = run(programs.awaitOne);
        await quiet();
        if (!engine.features.async) return void (await failure(task, "UNSUPPORTED"));
        assert.equal(guest.state, "suspended");
        host.resolve("a", 1);
        assert.equal(await task.result(), 1);
      },
    ),
    make("a killed guest's instance serves again and is counted", async ({ engine, another }) => {
      const before = engine.pool;
      for (let i = 0; i < 20; i++) {
        const { guest } = another({ limits: { fuel: 50_000 } });
        await failure(guest.run(programs.catchingLoop), "LIMIT_FUEL");
        guest[Symbol.dispose]();
      }
      const after = engine.pool;
      assert.equal(after.created + after.reused - before.created - before.reused, 20);
      assert.ok(
        after.created - before.created <= 1,
        `the pool made ${after.created - before.created} instances for 20 guests`,
      );
    }),
  ];
}
