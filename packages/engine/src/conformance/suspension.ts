import assert from "node:assert/strict";
import { SpellError } from "@llmspell/errors";
import { Pending, type FunctionRef, type GuestState, type ScriptValue } from "../index.js";
import { SECRET } from "./host.js";
import { caseMaker, failure, stillWorks, type ConformanceCase, type ConformanceKit } from "./kit.js";

export function suspensionCases(kit: ConformanceKit): ConformanceCase[] {
  const make = caseMaker(kit, "suspension");
  const { programs } = kit;
  return [
    make("an awaitable call gives the guest back and goes on with the answer", async ({ guest, host, run, quiet }) => {
      const task = run(programs.awaitOne);
      await quiet();
      assert.deepEqual([guest.state, task.state, guest.usage.pendingCalls], ["suspended", "pending", 1]);
      host.resolve("a", "yes");
      assert.equal(await task.result(), "yes");
      assert.deepEqual([guest.state, task.state, guest.usage.pendingCalls], ["finished", "fulfilled", 0]);
      assert.equal(task.value, "yes");
    }),
    make("an awaitable call that rejects raises its error in the guest", async ({ host, run, quiet }) => {
      const task = run(programs.awaitCaught);
      await quiet();
      host.reject("a", new SpellError("PROVIDER_NETWORK", "no answer"));
      assert.deepEqual(await task.result(), { code: "PROVIDER_NETWORK", message: "no answer" });
    }),
    make(
      "an awaitable call that rejects and is not caught ends the task with its error",
      async ({ guest, host, run, quiet }) => {
        const task = run(programs.awaitOne);
        await quiet();
        host.reject("a", new SpellError("PROVIDER_NETWORK", "no answer"));
        const error = await failure(task, "PROVIDER_NETWORK");
        assert.equal(error.message, "no answer");
        assert.equal(task.error, error);
        assert.equal(guest.state, "failed");
      },
    ),
    make("an answer that cannot enter is an error the guest can catch", async ({ host, run, quiet }) => {
      const task = run(programs.awaitCaught);
      await quiet();
      host.resolve("a", new Map() as unknown as ScriptValue);
      const caught = (await task.result()) as { code: string };
      assert.equal(caught.code, "INVALID_ARGUMENT");
    }),
    make("an answer that cannot enter rejects the twin's promise only", async ({ guest, host, run, quiet }) => {
      const task = run(programs.twinThenReport);
      await quiet();
      host.resolve("a", new Map() as unknown as ScriptValue);
      await failure(task, "INVALID_ARGUMENT");
      assert.equal(await guest.run(programs.returnInteger).result(), 42);
    }),
    make("calls in direct style happen one after the other", async ({ host, run, quiet, allQuiet }) => {
      const task = run(programs.awaitTwo);
      await quiet();
      assert.deepEqual(host.waiting, ["a"]);
      host.resolve("a", 1);
      await allQuiet();
      assert.deepEqual(host.waiting, ["b"]);
      host.resolve("b", 2);
      assert.deepEqual(await task.result(), [1, 2]);
    }),
    make("calls of the twin happen at the same time", async ({ guest, host, run, quiet, allQuiet }) => {
      const task = run(programs.awaitParallel);
      await quiet();
      assert.deepEqual(host.waiting, ["a", "b"]);
      assert.equal(guest.usage.pendingCalls, 2);
      host.resolve("b", 2);
      await allQuiet();
      assert.equal(task.state, "pending");
      host.resolve("a", 1);
      assert.deepEqual(await task.result(), [1, 2]);
    }),
    make("a defect of the host behind an answer stays with the host", async ({ host, run, quiet }) => {
      const task = run(programs.awaitCaught);
      await quiet();
      host.reject("a", new TypeError(SECRET));
      const caught = (await task.result()) as { code: string; message: string };
      assert.equal(caught.code, "INTERNAL");
      assert.ok(!caught.message.includes(SECRET), caught.message);
    }),
    make("the twin returns before the answer is there", async ({ host, run, quiet }) => {
      const task = run(programs.twinThenReport);
      await quiet();
      assert.deepEqual(host.reports, ["started"]);
      host.resolve("a", "late");
      assert.equal(await task.result(), "late");
    }),
    make("a hundred calls can wait at once and end in any order", async ({ guest, host, run, quiet }) => {
      const task = run(programs.awaitHundred);
      await quiet();
      assert.equal(guest.usage.pendingCalls, 100);
      for (let i = 100; i >= 1; i--) host.resolve(`w${i}`, i);
      assert.equal(await task.result(), 5_050);
    }),
    make(
      "an answer that is there at once still counts",
      async ({ run }) => {
        assert.equal(await run(programs.awaitOne).result(), "now");
      },
      { host: { call: () => new Pending(Promise.resolve("now")) } },
    ),
    make(
      "an awaitable function may answer without waiting",
      async ({ guest, run }) => {
        const task = run(programs.awaitOne);
        assert.equal(await task.result(), "direct");
        assert.equal(guest.usage.pendingCalls, 0);
      },
      { host: { call: () => "direct" } },
    ),
    make("two tasks of one guest wait independently", async ({ host, run, quiet, allQuiet }) => {
      const first = run(programs.awaitOne);
      const second = run(programs.awaitTwo);
      await quiet();
      host.resolve("a", "both");
      await allQuiet();
      host.resolve("b", "second");
      assert.equal(await first.result(), "both");
      assert.deepEqual(await second.result(), ["both", "second"]);
    }),
    make("what runs while another run waits ends by itself", async ({ guest, host, run, quiet }) => {
      const first = run(programs.awaitOne);
      await quiet();
      assert.equal(await guest.run(programs.returnInteger).result(), 42);
      assert.equal(first.state, "pending");
      host.resolve("a", 1);
      assert.equal(await first.result(), 1);
    }),
    make("two guests of one engine do not see each other's waits", async ({ guest, host, run, another, quiet }) => {
      const other = another();
      const mine = run(programs.awaitOne);
      const theirs = other.guest.run(programs.awaitOne);
      await quiet();
      await quiet(other.guest);
      other.host.resolve("a", "theirs");
      assert.equal(await theirs.result(), "theirs");
      assert.equal(guest.state, "suspended");
      host.resolve("a", "mine");
      assert.equal(await mine.result(), "mine");
    }),
    make("the states of a guest", async ({ guest, host, run, quiet }) => {
      const seen: GuestState[] = [guest.state];
      assert.equal(await run(programs.returnState).result(), "running");
      seen.push(guest.state);
      const task = run(programs.awaitOne);
      await quiet();
      seen.push(guest.state);
      host.reject("a", new SpellError("TOOL_FAILED", "x"));
      await failure(task, "TOOL_FAILED");
      seen.push(guest.state);
      guest.stop(new SpellError("CANCELLED", "enough"));
      seen.push(guest.state);
      guest[Symbol.dispose]();
      seen.push(guest.state);
      assert.deepEqual(seen, ["ready", "finished", "suspended", "failed", "killed", "disposed"]);
    }),
  ];
}

export function cancellationCases(kit: ConformanceKit): ConformanceCase[] {
  const make = caseMaker(kit, "cancellation");
  const { programs } = kit;
  return [
    make("stop() aborts what is pending and fails the task with its reason", async (stage) => {
      const { guest, host, run, quiet } = stage;
      const reason = new SpellError("CANCELLED", "the user pressed the key");
      const task = run(programs.awaitParallel);
      await quiet();
      guest.stop(reason);
      assert.deepEqual(
        [...host.aborted],
        [
          ["a", reason],
          ["b", reason],
        ],
      );
      assert.equal(await failure(task, "CANCELLED"), reason);
      assert.deepEqual([guest.state, guest.usage.pendingCalls], ["killed", 0]);
      await stillWorks(stage);
    }),
    make("an answer that comes after stop() is dropped", async (stage) => {
      const task = stage.run(programs.awaitOne);
      await stage.quiet();
      stage.guest.stop(new SpellError("CANCELLED", "enough"));
      stage.host.resolve("a", 1);
      await failure(task, "CANCELLED");
      await stage.allQuiet();
      assert.equal(stage.guest.state, "killed");
      await stillWorks(stage);
    }),
    make("dispose() aborts what is pending; disposing twice is harmless", async (stage) => {
      const { guest, host, run, quiet } = stage;
      const task = run(programs.awaitOne);
      await quiet();
      guest[Symbol.dispose]();
      guest[Symbol.dispose]();
      assert.deepEqual([...host.aborted.keys()], ["a"]);
      await failure(task, "CANCELLED");
      host.resolve("a", 1);
      await stage.allQuiet();
      assert.equal(guest.state, "disposed");
      await failure(() => run(programs.returnInteger), "INVALID_STATE");
      await stillWorks(stage);
    }),
    make(
      "stop() ends the guest though the host fails to abort",
      async (stage) => {
        const task = stage.run(programs.awaitParallel);
        await stage.quiet();
        stage.guest.stop(new SpellError("CANCELLED", "enough"));
        await failure(task, "CANCELLED");
        await stillWorks(stage);
      },
      {
        host: {
          call: () =>
            new Pending(new Promise(() => {}), () => {
              throw new Error("abort failed");
            }),
        },
      },
    ),
    make("a signal cancels one call: its wait is given up, and the others go on", async (stage) => {
      const { guest, host, run, allQuiet } = stage;
      await run(programs.keepWaiting).result();
      const [first, , , other] = host.kept as [FunctionRef, FunctionRef, FunctionRef, FunctionRef];
      const reason = new SpellError("TIMEOUT", "too late");
      const controller = new AbortController();
      const task = guest.call(first, [], { signal: controller.signal });
      const going = guest.call(other, []);
      await allQuiet();
      controller.abort(reason);
      const error = await failure(task, "TIMEOUT");
      assert.equal(error.message, "too late");
      await allQuiet();
      assert.deepEqual([...host.aborted.keys()], ["a"]);
      assert.deepEqual([guest.state, going.state, guest.usage.pendingCalls], ["suspended", "pending", 1]);
      host.resolve("b", 7);
      assert.equal(await going.result(), 7);
      // What comes in for the one that was cancelled is dropped.
      host.resolve("a", 1);
      await allQuiet();
      assert.equal(await run(programs.returnInteger).result(), 42);
    }),
    make("a cancelled call can catch the error, and end by itself", async ({ guest, host, run, allQuiet }) => {
      await run(programs.keepWaiting).result();
      const controller = new AbortController();
      const task = guest.call(host.kept[1] as FunctionRef, [], { signal: controller.signal });
      await allQuiet();
      controller.abort();
      assert.equal(await task.result(), "CANCELLED");
      await allQuiet();
      assert.deepEqual([guest.state, guest.usage.pendingCalls], ["finished", 0]);
    }),
    make("a cancelled call that catches every error ends all the same", async ({ guest, host, run, allQuiet }) => {
      await run(programs.keepWaiting).result();
      const controller = new AbortController();
      const task = guest.call(host.kept[2] as FunctionRef, [], { signal: controller.signal });
      await allQuiet();
      controller.abort();
      await failure(task, "CANCELLED");
      await allQuiet();
      assert.deepEqual([guest.state, guest.usage.pendingCalls], ["failed", 0]);
      assert.equal(await run(programs.returnInteger).result(), 42);
    }),
    make("a signal that is late, or was there before the call", async ({ guest, host, run, allQuiet }) => {
      await run(programs.keepWaiting).result();
      const [first, caught] = host.kept as [FunctionRef, FunctionRef];
      const controller = new AbortController();
      const { signal } = controller;
      const task = guest.call(first, [], { signal });
      await allQuiet();
      host.resolve("a", 5);
      assert.equal(await task.result(), 5);
      controller.abort();
      await failure(guest.call(first, [], { signal }), "CANCELLED");
      assert.equal(await guest.call(caught, [], { signal }).result(), "CANCELLED");
      await allQuiet();
      assert.equal(guest.usage.pendingCalls, 0);
      assert.equal(await run(programs.returnInteger).result(), 42);
    }),
    make("stop() from inside a call ends a guest that runs on", async (stage) => {
      const reason = new SpellError("BUDGET_EXCEEDED", "too dear");
      stage.host.onCall = (guest) => {
        if (stage.host.calls === 10) guest.stop(reason);
      };
      const error = await failure(stage.run(programs.callForever), "BUDGET_EXCEEDED");
      assert.equal(error.message, "too dear");
      assert.equal(stage.guest.state, "killed");
      await stillWorks(stage);
    }),
    make("stop() from inside the last call of a program still fails its task", async ({ host, run }) => {
      host.onCall = (guest) => guest.stop(new SpellError("BUDGET_EXCEEDED", "too dear"));
      await failure(run(programs.sayTwice.canonical), "BUDGET_EXCEEDED");
    }),
    make("a guest that runs cannot be disposed or asked to run", async ({ host, run }) => {
      const refused: unknown[] = [];
      host.onCall = (guest) => {
        for (const action of [() => guest[Symbol.dispose](), () => guest.run(programs.returnInteger)]) {
          try {
            action();
          } catch (error) {
            refused.push((error as SpellError).code);
          }
        }
      };
      assert.equal(await run(programs.sayTwice.canonical).result(), "ho ho");
      assert.deepEqual(refused, ["INVALID_STATE", "INVALID_STATE"]);
    }),
    make("an engine that was disposed makes no guests", async ({ engine }) => {
      engine[Symbol.dispose]();
      await failure(() => engine.createGuest(), "INVALID_STATE");
    }),
  ];
}
