import assert from "node:assert/strict";
import { SpellError } from "@llmspell/errors";
import { HostFunction, Pending, type FunctionRef } from "../index.js";
import { SECRET } from "./host.js";
import { caseMaker, failure, stillWorks, type ConformanceCase, type ConformanceKit } from "./kit.js";

export function moduleCases(kit: ConformanceKit): ConformanceCase[] {
  const make = caseMaker(kit, "modules");
  const { programs } = kit;
  const { importUnknown, hostModule } = programs;
  return [
    ...Object.entries(programs.sayTwice).flatMap(([form, source]: [string, string | null]) =>
      source === null
        ? []
        : [
            make(`a function is found by its ${form} form`, async ({ host, run }) => {
              assert.equal(await run(source).result(), "ho ho");
              assert.equal(host.calls, 1);
            }),
          ],
    ),
    ...(importUnknown === null
      ? []
      : [
          make(
            "a module that does not exist is NOT_FOUND",
            async ({ run }) => void (await failure(run(importUnknown), "NOT_FOUND")),
          ),
        ]),
    ...(hostModule === null
      ? []
      : [
          make("a module of the host is asked for once, and belongs to its guest", async ({ host, run, another }) => {
            host.modules.set("counted", hostModule.value);
            for (let i = 0; i < 2; i++) assert.equal(await run(hostModule.use).result(), 1);
            assert.deepEqual(host.asked, ["counted"]);
            const next = another();
            await failure(next.guest.run(hostModule.use), "NOT_FOUND");
          }),
          make("a module of the host that does not compile is a SYNTAX_ERROR in it", async ({ host, run }) => {
            host.modules.set("counted", hostModule.broken);
            const error = await failure(run(hostModule.use), "SYNTAX_ERROR");
            assert.equal(error.details["file"], "counted");
          }),
        ]),
    make("the methods of a handle receive it first", async ({ run }) => {
      assert.equal(await run(programs.callMethod).result(), "box 1");
    }),
    make("a value that looks like a handle is not one", async ({ host, run }) => {
      const task = run(programs.forgeHandle);
      assert.notEqual(await task.result().catch(() => "refused"), "handle");
      assert.ok(host.calls <= 1);
    }),
    make("a guest without bindings reaches no module", async ({ engine }) => {
      const guest = engine.createGuest();
      await assert.rejects(guest.run(programs.sayTwice.canonical).result());
      assert.equal(guest.usage.hostCalls, 0);
      guest[Symbol.dispose]();
    }),
  ];
}

export function callbackCases(kit: ConformanceKit): ConformanceCase[] {
  const make = caseMaker(kit, "callbacks");
  const { programs } = kit;

  const kept = (functions: readonly FunctionRef[]): FunctionRef =>
    functions[0] ?? assert.fail("the guest gave no function");

  return [
    make("a function the host kept can be called later and remembers its state", async ({ guest, host, run }) => {
      await run(programs.keepAdder).result();
      const add = kept(host.kept);
      assert.equal(await guest.call(add, [1]).result(), 1);
      await run(programs.work).result();
      assert.equal(await guest.call(add, [41]).result(), 42);
    }),
    make("a function that was released cannot be called; releasing twice is harmless", async ({ guest, host, run }) => {
      await run(programs.keepAdder).result();
      const add = kept(host.kept);
      add.release();
      add.release();
      await failure(() => guest.call(add, [1]).result(), "INVALID_ARGUMENT");
      assert.equal(await run(programs.returnInteger).result(), 42);
    }),
    make("releasing one function leaves others alone", async ({ guest, host, run }) => {
      await run(programs.keepAdder).result();
      await run(programs.keepAdder).result();
      const [first, second] = host.kept;
      first?.release();
      first?.release();
      await run(programs.keepAdder).result();
      assert.equal(await guest.call(second ?? assert.fail(), [5]).result(), 5);
      assert.equal(await guest.call(host.kept[2] ?? assert.fail(), [7]).result(), 7);
      assert.equal(await guest.call(second ?? assert.fail(), [5]).result(), 10);
    }),
    make("releasing a function of a guest that is gone is harmless", async (stage) => {
      await stage.run(programs.keepAdder).result();
      const add = kept(stage.host.kept);
      stage.guest[Symbol.dispose]();
      const { guest, host } = stage.another();
      await guest.run(programs.keepAdder).result();
      add.release();
      assert.equal(await guest.call(kept(host.kept), [3]).result(), 3);
      await stillWorks(stage);
    }),
    make("a function of the host is called as a value", async ({ guest, run }) => {
      guest.setGlobal("input", new HostFunction("double", ([n]) => Number(n) * 2));
      assert.equal(await run(programs.callInput).result(), 40);
      assert.equal(guest.usage.hostCalls, 1);
    }),
    make("a function of the host comes back as the same object", async ({ guest, run }) => {
      const fn = new HostFunction("fn", () => null);
      guest.setGlobal("input", fn);
      assert.equal(await run(programs.returnInput).result(), fn);
      assert.equal(await run(programs.echoInput).result(), fn);
    }),
    make("a function of the host may let the guest wait", async ({ guest, run }) => {
      guest.setGlobal("input", new HostFunction("ask", () => new Pending(Promise.resolve("late"))));
      assert.equal(await run(programs.callInput).result(), "late");
    }),
    make("a function of the host raises its errors in the guest, and no defect shows", async ({ guest, run }) => {
      const failing = (error: Error): HostFunction =>
        new HostFunction("failing", () => {
          throw error;
        });
      guest.setGlobal("input", failing(new SpellError("TOOL_FAILED", "no luck")));
      assert.deepEqual(await run(programs.callInputCaught).result(), { code: "TOOL_FAILED", message: "no luck" });
      guest.setGlobal("input", failing(new TypeError(SECRET)));
      const caught = (await run(programs.callInputCaught).result()) as { code: string; message: string };
      assert.equal(caught.code, "INTERNAL");
      assert.ok(!caught.message.includes(SECRET));
    }),
    make("a function of the host that was revoked cannot be called", async ({ guest, run }) => {
      const fn = new HostFunction("fn", () => 1);
      guest.setGlobal("input", fn);
      assert.equal(await run(programs.callInput).result(), 1);
      fn.revoke();
      const caught = (await run(programs.callInputCaught).result()) as { code: string };
      assert.equal(caught.code, "INVALID_STATE");
    }),
    make("a function of the host is released when the guest ends", ({ guest }) => {
      let released = 0;
      guest.setGlobal(
        "input",
        new HostFunction(
          "fn",
          () => null,
          () => released++,
        ),
      );
      assert.equal(released, 0);
      guest[Symbol.dispose]();
      assert.equal(released, 1);
    }),
    make("callSync calls a function from inside a host call", async ({ run }) => {
      assert.equal(await run(programs.applyDouble).result(), 42);
    }),
    make("callSync works only from inside a host call", async ({ guest, host, run }) => {
      await run(programs.keepAdder).result();
      await failure(() => guest.callSync(kept(host.kept), [1]), "INVALID_STATE");
    }),
    make("a function inside callSync cannot wait: INVALID_STATE", async ({ guest, host, run, allQuiet }) => {
      const task = run(programs.waitInApply);
      await allQuiet();
      assert.equal(await task.result(), "INVALID_STATE");
      assert.ok(
        host.waiting.every((key) => host.aborted.has(key)),
        "what it started was aborted",
      );
      assert.equal(guest.usage.pendingCalls, 0);
    }),
    make("an error inside callSync passes through the host to the guest", async ({ run }) => {
      assert.match(String(await run(programs.throwInApply).result()), /inside/);
    }),
    make(
      "a limit that is reached inside callSync ends the guest",
      async (stage) => {
        await stage.run(programs.keepAdder).result();
        const add = kept(stage.host.kept);
        stage.host.onCall = (guest) => void guest.callSync(add, [1]);
        await failure(stage.run(programs.callForever), "LIMIT_FUEL");
        await stillWorks(stage);
      },
      { limits: { fuel: 200_000 } },
    ),
    make("stop() inside callSync ends the guest with its reason", async ({ host, run }) => {
      host.onCall = (guest) => {
        if (host.calls === 2) guest.stop(new SpellError("CANCELLED", "enough"));
      };
      await run(programs.keepAdder).result();
      await failure(run(programs.applyDouble), "CANCELLED");
    }),
  ];
}
