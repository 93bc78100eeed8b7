import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scriptedModels } from "@llmspell/core/testing";
import type { Guest, GuestOptions, Limits } from "@llmspell/engine";
import { describe, expect, it, onTestFinished } from "vitest";
import { ENGINES, engineInThreads } from "../../../../test/support/code-mode.js";
import { cast, engine, failureOf, inJavaScript } from "../../../../test/support/spell.js";
import { Account } from "./account.js";
import type { SpellRun } from "./run.js";

const pause = (resume: () => void): void => void setImmediate(resume);

const guestWith = (options: GuestOptions = {}): Guest => engine.createGuest(options);

function open(payer: Account, limits: Partial<Limits> = {}, prints = false): Account {
  const account = Account.open({ limits, host: { pause } }, guestWith, { payer, prints });
  onTestFinished(() => account[Symbol.dispose]());
  return account;
}

function payerWith(limits: Partial<Limits>): Account {
  const account = new Account(guestWith({ limits, host: { pause } }));
  onTestFinished(() => account[Symbol.dispose]());
  return account;
}

const MIB = 1024 ** 2;

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "none",
    (error: unknown) => (error as { code: string }).code,
  );

describe("Account", () => {
  it("charges for a worker, and for those who work for that one", async () => {
    const payer = payerWith({ fuel: 1e8 });
    const worker = open(payer);
    const helper = open(worker);
    await helper.guest.run("for i = 1, 100000 do end").result();
    helper[Symbol.dispose]();
    expect(payer.guest.usage.fuel).toBeGreaterThan(100_000);
    expect(payer.guest.usage.fuel).toBe(worker.guest.usage.fuel);
    expect(payer.guest.limits.fuel).toBe(1e8);
  });

  it("keeps many who work at once within what one may use", async () => {
    const limit = 20_000_000;
    const payer = payerWith({ fuel: limit });
    const workers = Array.from({ length: 8 }, () => open(payer));
    const ends = workers.map(({ guest }) => codeOf(guest.run("while true do end").result()));
    expect(new Set(await Promise.all(ends))).toEqual(new Set(["LIMIT_FUEL"]));
    for (const worker of workers) worker.settle();
    // Each may have used a slice more, of a million, before it was looked at.
    const used = workers.reduce((sum, { guest }) => sum + guest.usage.fuel, 0);
    expect(used).toBeLessThan(limit + 8_000_000);
    expect(payer.guest.usage.fuel).toBeGreaterThanOrEqual(limit);
    const late = payer.guest.run("return 1").result();
    await expect(late).rejects.toThrow("the spell reached its limit of 20000000 units of fuel");
  });

  it("has workers share its memory, which they have back from one that ends", async () => {
    const payer = payerWith({ memoryBytes: 48 * MIB });
    const [one, other] = [open(payer), open(payer)] as const;
    const text = (mib: number): string => `kept = string.rep("x", ${mib} * 1024 * 1024) return #kept`;
    await one.guest.run(text(12)).result();
    one.settle();
    expect(await codeOf(other.guest.run(text(20)).result())).toBe("LIMIT_MEMORY");
    other[Symbol.dispose]();
    const third = open(payer);
    expect(third.guest.limits.memoryBytes).toBeLessThan(36 * MIB);
    one[Symbol.dispose]();
    payer.settle();
    expect(third.guest.limits.memoryBytes).toBeGreaterThan(44 * MIB);
    expect(await third.guest.run(text(12)).result()).toBe(12 * MIB);
  });

  it("counts what a worker prints only where that is output of the payer", async () => {
    const payer = payerWith({ outputBytes: 1000 });
    for (const prints of [false, true]) {
      const worker = open(payer, {}, prints);
      await worker.guest.run('print("0123456789")').result();
      worker[Symbol.dispose]();
      expect(payer.guest.usage.outputBytes).toBe(prints ? 11 : 0);
    }
  });

  it("gives a worker the lower of its own limits and what is left, and charges a restored one for what it does now", async () => {
    const payer = payerWith({ fuel: 1e6 });
    expect(open(payer, { fuel: 1000, hostCalls: 5 }).guest.limits).toMatchObject({ fuel: 1000, hostCalls: 5 });
    expect(open(payer, { fuel: 1e9 }).guest.limits.fuel).toBeLessThanOrEqual(1e6);
    using before = guestWith();
    await before.run("for i = 1, 300000 do end").result();
    const snapshot = before.snapshot();
    const used = before.usage.fuel;
    const restored = Account.open({}, () => engine.restore(snapshot), { payer });
    onTestFinished(() => restored[Symbol.dispose]());
    expect(restored.guest.limits.fuel).toBeLessThanOrEqual(used + 1e6);
    await restored.guest.run("for i = 1, 1000 do end").result();
    restored.settle();
    expect(payer.guest.usage.fuel).toBeLessThan(50_000);
  });

  it("lets a payer that has ended be", async () => {
    const payer = payerWith({ fuel: 1e6 });
    const worker = open(payer);
    expect(await codeOf(payer.guest.run("while true do end").result())).toBe("LIMIT_FUEL");
    await codeOf(worker.guest.run("for i = 1, 100000 do end").result());
    expect(() => worker.settle()).not.toThrow();
    expect(() => worker[Symbol.dispose]()).not.toThrow();
  });

  it("holds for workers in threads", async () => {
    const threads = await engineInThreads("lua");
    onTestFinished(() => threads[Symbol.dispose]());
    const limit = 20_000_000;
    const payer = payerWith({ fuel: limit });
    const workers = Array.from({ length: 3 }, () =>
      Account.open({ host: { pause } }, (options) => threads.createGuest(options), { payer }),
    );
    onTestFinished(() => {
      for (const worker of workers) worker[Symbol.dispose]();
    });
    const ends = workers.map(({ guest }) => codeOf(guest.run("while true do end").result()));
    expect(new Set(await Promise.all(ends))).toEqual(new Set(["LIMIT_FUEL"]));
    for (const worker of workers) worker.settle();
    expect(payer.guest.usage.fuel).toBeGreaterThanOrEqual(limit);
  });
});

describe("a spell pays for all that work for it:", () => {
  const limits = { fuel: 50_000_000 };
  const BUSY = {
    lua: "for i = 1, 3000000 do end",
    javascript: "for (let i = 0; i < 1000000; i++);",
  };

  it("the script steps of its workflows, however many", async () => {
    const lua = `local steps = {}
for i = 1, 40 do steps[i] = workflow.script_step(${JSON.stringify(BUSY.lua)}) end
return workflow.sequential(steps):run().status`;
    const js = `const steps = Array.from({ length: 400 }, () => workflow.scriptStep(${JSON.stringify(BUSY.javascript)}));
return (await workflow.sequential(steps).run()).status`;
    expect((await failureOf(lua, { limits })).code).toBe("LIMIT_FUEL");
    expect((await failureOf(js, inJavaScript({ limits }))).code).toBe("LIMIT_FUEL");
    const { result } = await cast(lua);
    expect(result.metrics.fuel).toBeGreaterThan(40 * 3_000_000);
  });

  it("scripts of models that run side by side", async () => {
    const toolCalls = Array.from({ length: 12 }, (_, i) => ({
      name: "run_spell",
      id: `s${i}`,
      args: { script: `for i = 1, 15000000 do end tools.double{ n = 1 } return 1` },
    }));
    const lua = `return agent.create{ code_mode = true, tools = { { name = "double", description = "Doubles",
  parameters = { type = "object" }, execute = function() return 2 end } } }:run("go").content`;
    const { result } = await cast(lua, { ...scriptedModels({ toolCalls }, "done"), limits });
    expect(result).toMatchObject({ ok: false, error: { code: "LIMIT_FUEL" } });
    expect(result.metrics.fuel).toBeLessThan(2 * limits.fuel);
  });

  it("spells that it runs, and those that they run", async () => {
    const folder = await mkdtemp(join(tmpdir(), "llmspell-account-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const files = {
      "middle.lua": `return spell.compose({ "busy.lua" }).final`,
      "busy.lua": `${BUSY.lua} print("worked") return 1`,
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const options: Partial<SpellRun> = {
      folder,
      grants: [{ capability: "module" }, { capability: "spell" }],
      engineFor: (file) => ENGINES[file.endsWith(".lua") ? "lua" : "javascript"],
    };
    const lua = (times: number, file = "middle"): string =>
      `for i = 1, ${times} do spell.compose({ "${file}.lua" }) end return "survived"`;
    const { result, printed } = await cast(lua(2), options);
    if (!result.ok) throw result.error;
    expect(result.metrics.fuel).toBeGreaterThan(2 * 3_000_000);
    expect(printed).toBe("worked\nworked\n");
    expect((await failureOf(lua(40), { ...options, limits })).code).toBe("LIMIT_FUEL");
    const loud = await failureOf(lua(40, "busy"), { ...options, limits: { outputBytes: 100 } });
    expect(loud.details).toMatchObject({ code: "LIMIT_OUTPUT" });
  });
});
