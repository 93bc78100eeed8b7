import assert from "node:assert/strict";
import type { FunctionRef, Guest, RestoreOptions, Snapshot } from "../index.js";
import { TestHost } from "./host.js";
import { SPELL, caseMaker, failure, settled, type ConformanceCase, type ConformanceKit, type Stage } from "./kit.js";

export function snapshotCases(kit: ConformanceKit): ConformanceCase[] {
  const { programs } = kit;
  const make = (name: string, body: (stage: SnapshotStage) => void | Promise<void>): ConformanceCase =>
    caseMaker(kit, "snapshots")(name, async (stage) => {
      if (!stage.engine.features.snapshots) return;
      const guests: Guest[] = [];
      try {
        await body({
          ...stage,
          restore: (snapshot, options = {}, engine = stage.engine) => {
            const host = new TestHost();
            const guest = engine.restore(snapshot, { host, bindings: stage.bindings, ...options });
            guests.push(guest);
            return { guest, host };
          },
        });
      } finally {
        for (const guest of guests) guest[Symbol.dispose]();
      }
    });

  /** What {@link Programs.waitWithState} gives, and the fuel it takes, when nothing is saved. */
  const uninterrupted = async ({ another }: Stage): Promise<{ value: unknown; fuel: number }> => {
    const { guest, host } = another();
    const task = guest.run(programs.waitWithState, { name: SPELL });
    host.resolve("a", "A");
    await settled();
    host.resolve("b", "B");
    return { value: await task.result(), fuel: guest.usage.fuel };
  };

  return [
    make("a restored guest goes on to the same answer with the same fuel", async (stage) => {
      const { guest, run, restore } = stage;
      run(programs.waitWithState);
      const first = restore(guest.snapshot());
      first.host.resolve("a", "A");
      await settled();
      const second = restore(first.guest.snapshot());
      const [task] = second.guest.tasks.values();
      second.host.resolve("b", "B");
      assert.deepEqual({ value: await task?.result(), fuel: second.guest.usage.fuel }, await uninterrupted(stage));
    }),
    make("encoded, it goes on in another engine", async (stage) => {
      const { guest, run, restore } = stage;
      run(programs.waitWithState);
      const bytes = guest.snapshot().encode();
      guest[Symbol.dispose]();
      const engine = kit.create();
      const { guest: restored, host } = restore(bytes, {}, engine);
      const [task] = restored.tasks.values();
      host.resolve("a", "A");
      await settled();
      host.resolve("b", "B");
      assert.deepEqual({ value: await task?.result(), fuel: restored.usage.fuel }, await uninterrupted(stage));
      restored[Symbol.dispose]();
      engine[Symbol.dispose]();
    }),
    make("a snapshot stays as it was when the guest goes on", async ({ guest, run, restore }) => {
      await run(programs.countUp).result();
      const snapshot = guest.snapshot();
      await run(programs.countUp).result();
      for (let i = 0; i < 2; i++) {
        const { guest: restored } = restore(snapshot);
        assert.equal(restored.state, "finished");
        assert.equal(await restored.run(programs.countUp).result(), 2);
      }
      assert.equal(await run(programs.countUp).result(), 3);
    }),
    make("a task is found again under its id", async ({ guest, run, restore }) => {
      const task = run(programs.awaitOne);
      const { guest: restored, host } = restore(guest.snapshot());
      assert.deepEqual([...restored.tasks.keys()], [task.id]);
      host.resolve("a", 5);
      assert.equal(await restored.tasks.get(task.id)?.result(), 5);
      assert.equal(restored.tasks.size, 0);
      assert.equal(task.state, "pending");
    }),
    make("the host takes up what was waited for, with the function and its arguments", ({ guest, run, restore }) => {
      run(programs.awaitParallel);
      const snapshot = guest.snapshot();
      const { host } = restore(snapshot.encode());
      assert.deepEqual(
        host.resumed.map(({ args }) => args),
        [["a"], ["b"]],
      );
      assert.deepEqual(host.resumed, snapshot.pending);
    }),
    make("without a host that takes it up, what was waited for fails", async ({ guest, run, restore }) => {
      run(programs.awaitCaught);
      const { guest: restored } = restore(guest.snapshot(), { host: {} });
      assert.equal(await caughtCode(restored), "INTERRUPTED");
    }),
    make("a host that refuses to take it up decides the error", async ({ guest, run, restore }) => {
      run(programs.awaitCaught);
      const host = new TestHost();
      host.resume = () => {
        throw new TypeError("a defect");
      };
      const { guest: restored } = restore(guest.snapshot(), { host });
      assert.equal(await caughtCode(restored), "INTERNAL");
    }),
    make("functions that the host holds are found again", async ({ guest, host, run, restore }) => {
      await run(programs.keepAdder).result();
      const [adder] = host.kept;
      assert.ok(adder);
      assert.equal(await guest.call(adder, [5]).result(), 5);
      const { guest: restored } = restore(guest.snapshot().encode());
      assert.equal(await restored.call(restored.functionRef(adder.id), [2]).result(), 7);
      assert.equal(await guest.call(adder, [1]).result(), 6);
      const copy = guest.fork(1)[0] ?? assert.fail("no copy");
      for (const each of [restored, copy]) {
        const own = each.functionRef(adder.id);
        await failure(() => each.sameFunction(own, adder), "INVALID_ARGUMENT");
        each.setGlobal("input", own);
        assert.equal(each.sameFunction(each.getGlobal("input") as FunctionRef, own), true);
      }
      copy[Symbol.dispose]();
      await failure(() => restored.functionRef(99_999), "NOT_FOUND");
      await failure(restored.call(adder, [1]), "INVALID_ARGUMENT");
    }),
    make("used fuel and calls stay used, and limits stay", async ({ another, restore }) => {
      const { guest } = another({ limits: { fuel: 100_000, hostCalls: 3 } });
      await guest.run(programs.applyDouble).result();
      const { guest: restored } = restore(guest.snapshot().encode());
      const { fuel, hostCalls } = guest.usage;
      assert.deepEqual({ fuel: restored.usage.fuel, hostCalls: restored.usage.hostCalls }, { fuel, hostCalls });
      assert.deepEqual(restored.limits, guest.limits);
      await failure(restored.run(programs.endlessLoop), "LIMIT_FUEL");
      assert.equal(restored.usage.fuel, 100_000);
      assert.equal(restore(guest.snapshot(), { limits: { fuel: 7e6 } }).guest.limits.fuel, 7e6);
    }),
    make("a guest that runs, was killed or disposed has none", async ({ another }) => {
      const { guest, host } = another({ limits: { fuel: 50_000 } });
      let inside: unknown;
      host.onCall = () => {
        try {
          guest.snapshot();
        } catch (thrown) {
          inside = thrown;
        }
      };
      await guest.run(programs.returnState).result();
      await failure(() => Promise.reject(inside), "INVALID_STATE");
      await failure(guest.run(programs.endlessLoop), "LIMIT_FUEL");
      await failure(() => guest.snapshot(), "LIMIT_FUEL");
      guest[Symbol.dispose]();
      await failure(() => guest.snapshot(), "INVALID_STATE");
    }),
    make("bytes that are cut off, altered or foreign are refused", async ({ guest, run, restore }) => {
      await run(programs.countUp).result();
      const bytes = guest.snapshot().encode();
      const refused = async (data: Uint8Array, reason: string): Promise<void> => {
        const error = await failure(() => restore(data), "SNAPSHOT_INVALID");
        assert.equal(error.details["reason"], reason, error.message);
      };
      const name = bytes.indexOf(10);
      for (const size of [name + 1, name + 20, bytes.length - 1]) {
        await refused(bytes.subarray(0, size), size < name + 34 ? "truncated" : "altered");
      }
      for (const size of [0, 1, name]) await refused(bytes.subarray(0, size), "foreign");
      await refused(new TextEncoder().encode("llmspell-other-snapshot-1\n and more"), "foreign");
      for (let at = name + 2; at < bytes.length; at += 61) {
        const altered = bytes.slice();
        altered[at] = (altered[at] ?? 0) ^ 4;
        await refused(altered, "altered");
      }
    }),
    make("sealed with a key, only the key opens it", async ({ guest, run, restore }) => {
      await run(programs.countUp).result();
      const key = new TextEncoder().encode("0123456789abcdef");
      const other = new TextEncoder().encode("fedcba9876543210");
      const bytes = guest.snapshot().encode({ key });
      assert.equal(await restore(bytes, { key }).guest.run(programs.countUp).result(), 2);
      await failure(() => restore(bytes), "SNAPSHOT_INVALID");
      await failure(() => restore(bytes, { key: other }), "SNAPSHOT_INVALID");
      await failure(() => restore(guest.snapshot().encode(), { key }), "SNAPSHOT_INVALID");
      await failure(() => guest.snapshot().encode({ key: key.subarray(1) }), "INVALID_ARGUMENT");
    }),
    make("it needs the bindings it was made with", async ({ engine, guest, restore, bindings }) => {
      const snapshot = guest.snapshot();
      const other = { ...bindings, roots: ["another"] };
      for (const saved of [snapshot, snapshot.encode()]) {
        const error = await failure(() => restore(saved, { bindings: other }), "SNAPSHOT_INVALID");
        assert.equal(error.details["reason"], "bindings");
      }
      await failure(() => engine.restore({ ...snapshot } as Snapshot), "SNAPSHOT_INVALID");
    }),
    make("rolling back undoes everything but usage", async ({ guest, host, run }) => {
      await run(programs.countUp).result();
      const waiting = run(programs.awaitOne);
      const snapshot = guest.snapshot();
      const { fuel } = guest.usage;
      run(programs.countUp);
      assert.equal(guest.getGlobal("count"), 2);
      const later = run(programs.awaitTwo);
      run(programs.keepAdder);
      const [adder] = host.kept;
      guest.rollback(snapshot);
      assert.equal(guest.state, "suspended");
      assert.ok(guest.usage.fuel > fuel);
      await failure(later, "CANCELLED");
      assert.ok(adder);
      await failure(guest.call(adder, [1]), "INVALID_ARGUMENT");
      assert.equal(guest.getGlobal("count"), 1);
      host.resolve("a", "still there");
      assert.equal(await waiting.result(), "still there");
      assert.deepEqual(host.resumed, []);
    }),
    make("rolling back asks for answers that have been given since", async ({ guest, host, run }) => {
      const task = run(programs.awaitOne);
      const snapshot = guest.snapshot();
      host.resolve("a", "first");
      assert.equal(await task.result(), "first");
      guest.rollback(snapshot);
      const again = guest.tasks.get(task.id);
      assert.ok(again !== undefined && again !== task);
      assert.equal(host.resumed.length, 1);
      host.resolve("a", "second");
      assert.equal(await again.result(), "second");
    }),
    make("rolling back aborts what began since", async ({ guest, host, run }) => {
      const snapshot = guest.snapshot();
      const task = run(programs.awaitOne);
      guest.rollback(snapshot);
      await failure(task, "CANCELLED");
      assert.deepEqual([...host.aborted.keys()], ["a"]);
      assert.equal(guest.state, "ready");
      // The old answer means nothing to what waits now.
      host.resolve("a", "old");
      await settled();
      const later = run(programs.awaitOne);
      host.resolve("a", "new");
      assert.equal(await later.result(), "new");
    }),
    make("forks are independent and go on by themselves", async (stage) => {
      const { engine, guest, host, run } = stage;
      if (!engine.features.forks) return;
      const original = run(programs.waitWithState);
      const hosts = [new TestHost(), new TestHost(), new TestHost()];
      const forks = guest.fork(3, { host: (i) => hosts[i] ?? new TestHost() });
      try {
        // What all wait for is answered once.
        host.resolve("a", "A");
        await settled();
        host.resolve("b", "B");
        for (const one of hosts) one.resolve("b", "B");
        const values = forks.map((fork) => [...fork.tasks.values()][0]?.result());
        const { value } = await uninterrupted(stage);
        assert.deepEqual(await Promise.all([...values, original.result()]), [value, value, value, value]);
        await forks[0]?.run(programs.countUp).result();
        assert.equal(await forks[0]?.run(programs.countUp).result(), 2);
        assert.equal(await forks[1]?.run(programs.countUp).result(), 1);
        assert.equal(await run(programs.countUp).result(), 1);
      } finally {
        for (const fork of forks) fork[Symbol.dispose]();
      }
    }),
    make("what forks wait for is aborted when none waits any more", ({ engine, guest, host, run }) => {
      if (!engine.features.forks) return;
      void run(programs.awaitOne)
        .result()
        .catch(() => {});
      const forks = guest.fork(2);
      guest[Symbol.dispose]();
      forks[0]?.[Symbol.dispose]();
      assert.equal(host.aborted.size, 0);
      forks[1]?.[Symbol.dispose]();
      assert.deepEqual([...host.aborted.keys()], ["a"]);
    }),
    make("a fork of nothing is refused", async ({ engine, guest }) => {
      if (!engine.features.forks) return;
      for (const count of [0, -1, 1.5, NaN]) await failure(() => guest.fork(count), "INVALID_ARGUMENT");
    }),
    make("forks of forks of forks work", async ({ engine, guest, run }) => {
      if (!engine.features.forks) return;
      await run(programs.countUp).result();
      let last = guest;
      for (let i = 0; i < 50; i++) {
        const [next] = last.fork(1);
        assert.ok(next);
        assert.equal(await next.run(programs.countUp).result(), i + 2);
        if (last !== guest) last[Symbol.dispose]();
        last = next;
      }
      last[Symbol.dispose]();
    }),
  ];
}

interface SnapshotStage extends Stage {
  /** A guest of a snapshot, with a host of its own; disposed with the case. */
  restore(
    snapshot: Snapshot | Uint8Array,
    options?: RestoreOptions,
    engine?: Stage["engine"],
  ): { guest: Guest; host: TestHost };
}

/** The code that {@link Programs.awaitCaught} reports. */
async function caughtCode(guest: Guest): Promise<unknown> {
  const [task] = guest.tasks.values();
  const caught = await task?.result();
  return (caught as { code?: unknown } | undefined)?.code;
}
