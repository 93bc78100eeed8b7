import { createMemoryRuns, runWorkflow, startWorkflow, type Step } from "@llmspell/core";
import { createJavaScriptEngine } from "@llmspell/engine-js";
import { createLuaEngine } from "@llmspell/engine-lua";
import { scriptSteps } from "@llmspell/spell";
import { afterAll, describe, expect, it } from "vitest";

const engines = [createLuaEngine(), createJavaScriptEngine()];
afterAll(() => engines.forEach((engine) => engine[Symbol.dispose]()));
const [lua, javascript] = engines.map(({ name }) => name) as [string, string];
const services = { script: scriptSteps(engines) };

describe("script steps", () => {
  it("WF-7: a step in Lua and one in JavaScript share variables", async () => {
    const steps: Step[] = [
      {
        id: "count",
        language: lua,
        script:
          "vars.words = {} for word in input:gmatch('%a+') do vars.words[#vars.words + 1] = word end return #vars.words",
      },
      {
        id: "join",
        language: javascript,
        script:
          "vars.joined = vars.words.map((word) => word.toUpperCase()).join('-'); return { count: input, first: vars.words[0] };",
      },
      {
        id: "choose",
        if: { script: "return vars.joined == 'A-B-C' and input.count == 3", language: lua },
        do: [{ transform: { fields: { joined: { direct: "joined" }, join: { direct: "join" } } } }],
      },
    ];
    const result = await runWorkflow({ variables: { words: [], joined: "" }, steps }, "a b c", {
      services,
      store: createMemoryRuns(),
    });
    expect(result).toMatchObject({ status: "completed", output: { joined: "A-B-C", join: { count: 3, first: "a" } } });
  });

  it("WF-7: a script that fails, an unknown engine and an endless script are failed or stopped steps", async () => {
    const failed = await runWorkflow({ steps: [{ script: "error('no')", language: lua }] }, null, { services });
    expect(failed).toMatchObject({ status: "failed", error: { code: "SCRIPT_ERROR" } });
    const unknown = await runWorkflow({ steps: [{ script: "1", language: "basic" }] }, null, { services });
    expect(unknown.error?.message).toContain("there is no engine for 'basic'");
    const run = await startWorkflow({ steps: [{ script: "while true do end", language: lua }] }, null, { services });
    while (run.status().running.length === 0) await new Promise((resolve) => setImmediate(resolve));
    run.cancel();
    expect(await run.result).toMatchObject({ status: "cancelled" });
  });
});
