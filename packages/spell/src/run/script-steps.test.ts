import { defined, runWorkflow, startWorkflow, type Step } from "@llmspell/core";
import { describe, expect, it } from "vitest";
import { ENGINES, type CodeLanguage } from "../../../../test/support/code-mode.js";
import { valueOf } from "../../../../test/support/spell.js";
import { Account } from "./account.js";
import { scriptSteps } from "./script-steps.js";

const ENDLESS = { lua: "while true do end", javascript: "for (;;);" };

describe.each(["lua", "javascript"] as const)("scriptSteps in %s", (language: CodeLanguage) => {
  const script = scriptSteps([{ name: language, load: () => Promise.resolve(ENGINES[language]) }]);
  const endless: Step = { script: ENDLESS[language], language };

  it.each([
    ["its step", [{ ...endless, timeoutMs: 50 }], undefined],
    ["the workflow", [endless], 50],
    ["a group around it", [{ parallel: [endless], timeoutMs: 50 }], undefined],
  ])("ends a script that never ends when the time of %s is over", async (_, steps, timeoutMs) => {
    const result = await runWorkflow({ steps, ...defined({ timeoutMs }) }, 1, { services: { script } });
    expect(result).toMatchObject({ status: "failed", error: { code: "TIMEOUT" } });
  });

  it("gives a script nothing to call out by, and charges who pays", async () => {
    using payer = new Account(ENGINES[language].createGuest({ limits: { fuel: 1e6 } }));
    const services = { script: scriptSteps([ENGINES[language]], { payer }) };
    const names = {
      lua: "return llm == nil and os.execute == nil",
      javascript: "return typeof llm === typeof process",
    };
    const poor = await runWorkflow({ steps: [{ script: names[language], language }] }, 1, { services });
    expect(poor).toMatchObject({ status: "completed", output: true });
    expect(payer.guest.usage.fuel).toBeGreaterThan(0);
    const greedy = await runWorkflow({ steps: [endless] }, 1, { services });
    expect(greedy).toMatchObject({ status: "failed", error: { code: "LIMIT_FUEL" } });
  });
});

describe("scriptSteps", () => {
  it("ends a script when the workflow is cancelled", async () => {
    const services = { script: scriptSteps([ENGINES.lua]) };
    const run = await startWorkflow({ steps: [{ script: ENDLESS.lua, language: "lua" }] }, 1, { services });
    setTimeout(() => run.cancel(), 50);
    expect(await run.result).toMatchObject({ status: "cancelled" });
  });
});

describe("workflow.script_step", () => {
  it("runs in another language than the spell, where the host has its engine", async () => {
    const lua = `local w = workflow.sequential({ workflow.script_step("return input.map((n) => n * 2)", { engine = "javascript" }) })
local result = w:run({ 1, 2 })
return result.output or result.error.code`;
    expect(await valueOf(lua, { engineFor: () => ENGINES.javascript })).toEqual([2, 4]);
    expect(await valueOf(lua)).toBe("UNSUPPORTED");
  });
});
