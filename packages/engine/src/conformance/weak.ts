import assert from "node:assert/strict";
import { FunctionRef, Handle, MAX_WEAK_FUNCTIONS, WeakHandle, type Guest, type WeakFunctionRef } from "../index.js";
import { TestHost } from "./host.js";
import { caseMaker, failure, type ConformanceCase, type ConformanceKit, type Stage } from "./kit.js";

/** A host with objects that go away. */
class Boxes extends TestHost {
  readonly there: Set<number>;

  constructor(...there: number[]) {
    super();
    this.there = new Set(there);
  }

  upgrade({ kind, id }: WeakHandle): Handle | undefined {
    return this.there.has(id) ? new Handle(kind, id) : undefined;
  }
}

/** Functions of a guest that its host holds weakly, and the ids of those that are gone. */
interface Held {
  readonly guest: Guest;
  readonly refs: readonly [f: WeakFunctionRef, g: WeakFunctionRef];
  readonly gone: number[];
}

export function weakCases(kit: ConformanceKit): ConformanceCase[] {
  const make = caseMaker(kit, "weak");
  const { programs } = kit;

  /** A case for engines with the feature; the others refuse. */
  const functions = (name: string, body: (stage: Stage) => Promise<void>): ConformanceCase =>
    make(name, async (stage) => {
      if (stage.engine.features.weakFunctions) return await body(stage);
      const add = (await stage.run(programs.returnFunction).result()) as FunctionRef;
      await failure(() => stage.guest.weakRef(add), "UNSUPPORTED");
    });

  async function hold({ guest }: Pick<Stage, "guest">): Promise<Held> {
    const strong = (await guest.run(programs.makeTwoFunctions).result()) as unknown as FunctionRef[];
    const gone: number[] = [];
    const refs = strong.map((fn) => {
      const ref = guest.weakRef(fn);
      ref.onExpire = () => gone.push(ref.id);
      return ref;
    }) as [WeakFunctionRef, WeakFunctionRef];
    for (const fn of strong) fn.release();
    return { guest, refs, gone };
  }

  const answer = async (guest: Guest, ref: WeakFunctionRef | undefined): Promise<unknown> => {
    const fn = ref?.deref() ?? assert.fail("it is gone");
    const result = await guest.call(fn, [1]).result();
    fn.release();
    return result;
  };

  const watching = async (stage: Stage, host: Boxes): Promise<Guest> => {
    const { guest } = stage.another({ host });
    guest.setGlobal("refs", [new WeakHandle("box", 1), new WeakHandle("box", 2), new WeakHandle("box", 1)]);
    await guest.run(programs.watchRefs).result();
    return guest;
  };

  return [
    functions(
      "a function held weakly can be called while the guest has it, and is gone when it has not",
      async (stage) => {
        const { guest, refs, gone } = await hold(stage);
        const [f, g] = refs;
        await guest.run(programs.collect).result();
        assert.deepEqual([await answer(guest, f), await answer(guest, g), gone], [2, 3, []]);
        f.deref()?.release();
        g.deref()?.release();
        await guest.run(programs.dropF).result();
        await guest.run(programs.collect).result();
        assert.deepEqual([f.deref(), gone, guest.weakRefs.expired], [undefined, [f.id], 1]);
        assert.deepEqual([...guest.weakRefs.live.values()], [g]);
      },
    ),
    functions("what deref() gave keeps it", async (stage) => {
      const { guest, refs, gone } = await hold(stage);
      const strong = refs[0].deref() ?? assert.fail("it is gone");
      assert.equal(guest.sameFunction(strong, guest.getGlobal("f") as FunctionRef), true);
      await guest.run(programs.dropF).result();
      await guest.run(programs.collect).result();
      assert.deepEqual([await guest.call(strong, [4]).result(), gone], [5, []]);
    }),
    functions("its end is told while the guest is at rest, and what the host throws then is its own", async (stage) => {
      const { guest, refs } = await hold(stage);
      let seen: unknown;
      refs[0].onExpire = () => {
        seen = [guest.state, guest.getGlobal("f")];
        throw new Error("the host's own");
      };
      await guest.run(programs.dropF).result();
      await guest.run(programs.collect).result();
      assert.deepEqual(seen, ["finished", null]);
    }),
    functions("it can be taken and looked up from inside a host call", async ({ guest, host, run }) => {
      let answered: unknown;
      host.onCall = () => {
        const [fn] = host.kept;
        if (fn === undefined) return;
        answered = guest.callSync(guest.weakRef(fn).deref() ?? assert.fail("it is gone"), [1]);
      };
      await run(programs.keepAdder).result();
      await run(programs.sayTwice.canonical).result();
      assert.equal(answered, 1);
    }),
    functions("nobody hears of one that was released", async (stage) => {
      const { guest, refs, gone } = await hold(stage);
      for (let i = 0; i < 2; i++) refs[0].release();
      await guest.run(programs.dropF).result();
      await guest.run(programs.collect).result();
      assert.deepEqual([refs[0].deref(), gone, guest.weakRefs.expired], [undefined, [], 0]);
    }),
    functions("it is one of this guest, and of a bounded number", async (stage) => {
      const { guest, refs } = await hold(stage);
      const other = await hold(stage.another());
      const foreign = other.refs[0].deref() ?? assert.fail("it is gone");
      await failure(() => guest.weakRef(foreign), "INVALID_ARGUMENT");
      const fn = refs[0].deref() ?? assert.fail("it is gone");
      while (guest.weakRefs.live.size < MAX_WEAK_FUNCTIONS) guest.weakRef(fn);
      await failure(() => guest.weakRef(fn), "INVALID_STATE");
      refs[1].release();
      assert.ok(guest.weakRef(fn).deref() instanceof FunctionRef);
    }),
    functions("it goes with its guest", async (stage) => {
      const { guest, refs, gone } = await hold(stage.another({ limits: { fuel: 1_000_000 } }));
      await failure(guest.run(programs.endlessLoop), "LIMIT_FUEL");
      assert.deepEqual([refs[0].deref(), gone.length, guest.weakRefs.expired], [undefined, 2, 2]);
    }),
    functions("it is nothing to the next guest of the instance", async (stage) => {
      const first = await hold(stage.another());
      first.guest[Symbol.dispose]();
      const next = await hold(stage.another());
      assert.deepEqual([next.refs[0].id, first.refs[0].deref()], [first.refs[0].id, undefined]);
      first.refs[0].release();
      assert.equal(await answer(next.guest, next.refs[0]), 2);
    }),
    ...(["restored", "restored from memory", "forked"] as const).map((how) =>
      functions(`it is found by its id in a guest that was ${how}, and expires there`, async (stage) => {
        const { guest, refs, gone } = await hold(stage);
        const [f, g] = refs;
        const options = { bindings: stage.bindings, host: new TestHost() };
        const snapshot = guest.snapshot();
        const next =
          how === "forked"
            ? guest.fork(1)[0]
            : stage.engine.restore(how === "restored" ? snapshot.encode() : snapshot, options);
        assert.ok(next !== undefined);
        using copy = next;
        const [ownF, ownG] = [f, g].map(({ id }) => copy.weakRefs.live.get(id));
        await copy.run(programs.dropF).result();
        await copy.run(programs.collect).result();
        assert.deepEqual([ownF?.deref(), await answer(copy, ownG), gone], [undefined, 3, []]);
        // An id is not used twice.
        assert.ok(copy.weakRef(ownG?.deref() ?? assert.fail("it is gone")).id > g.id);
      }),
    ),
    functions("a rollback brings back the gone as new ones, and later ones are gone", async (stage) => {
      const { guest, refs, gone } = await hold(stage);
      const [f, g] = refs;
      const snapshot = guest.snapshot();
      await guest.run(programs.dropF).result();
      await guest.run(programs.collect).result();
      const later = guest.weakRef(g.deref() ?? assert.fail("it is gone"));
      later.onExpire = () => gone.push(later.id);
      guest.rollback(snapshot);
      assert.deepEqual([gone, later.deref(), f.deref()], [[f.id, later.id], undefined, undefined]);
      assert.deepEqual([...guest.weakRefs.live.keys()], [f.id, g.id]);
      assert.equal(guest.weakRefs.live.get(g.id), g);
      assert.equal(await answer(guest, guest.weakRefs.live.get(f.id)), 2);
    }),

    make("the end of a weak handle is told once, in a task of the host's", async (stage) => {
      const host = new Boxes(1, 2);
      const guest = await watching(stage, host);
      assert.equal(await guest.expireHandles().result(), 0);
      host.there.delete(1);
      assert.equal(await guest.expireHandles().result(), 2);
      assert.deepEqual(guest.getGlobal("seen"), [1, 3]);
      host.there.clear();
      assert.equal(await guest.expireHandles().result(), 1);
      assert.deepEqual(guest.getGlobal("seen"), [1, 3, 2]);
    }),
    make("who waits for the end of what is gone hears at once, and who has given that up never", async (stage) => {
      const host = new Boxes(2);
      const { guest } = stage.another({ host });
      guest.setGlobal("refs", [new WeakHandle("box", 1), new WeakHandle("box", 2)]);
      await guest.run(programs.watchGoneAndStop).result();
      assert.equal(guest.getGlobal("seen"), "gone");
      host.there.clear();
      assert.equal(await guest.expireHandles().result(), 0);
    }),
    make("a guest that was restored or put back hears of what went in between", async (stage) => {
      const { engine, bindings } = stage;
      if (!engine.features.snapshots) return;
      const host = new Boxes(1, 2);
      const before = await watching(stage, host);
      const snapshot = before.snapshot();
      using restored = engine.restore(snapshot.encode(), { bindings, host });
      host.there.delete(2);
      // It has heard of it, and then that has not happened.
      await before.expireHandles().result();
      before.rollback(snapshot);
      for (const guest of [restored, before]) {
        assert.equal(await guest.expireHandles().result(), 1);
        assert.deepEqual(guest.getGlobal("seen"), [2]);
      }
    }),
    make("who waits for the end of an object is gone with its guest", async (stage) => {
      const host = new Boxes(1, 2);
      (await watching(stage, host))[Symbol.dispose]();
      const { guest } = stage.another({ host });
      host.there.clear();
      assert.equal(await guest.expireHandles().result(), 0);
    }),
  ];
}
