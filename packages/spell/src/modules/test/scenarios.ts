import type { Scenario } from "@llmspell/core/testing";
import { SpellError } from "@llmspell/errors";
import { awaitable } from "../../door/module.js";
import { t } from "../../door/types.js";
import { loadTesting } from "../../run/tests.js";
import { toScript } from "../shapes.js";

/** Where fixtures are found by name, below the folder of file capabilities. */
const FIXTURES = "fixtures";

export const scenarios = {
  create_scenario: awaitable({
    doc: 'A run of an agent with a scripted model, as data: `given` (agent, tools, the answers of the model), `when` (what is said), `then` (what should come of it; matchers such as `{["$contains"] = "rain"}`).',
    params: {
      definition: t.object({
        name: t.optional(t.name),
        given: t.table,
        when: t.any,
        // oxlint-disable-next-line no-thenable -- the word of scenarios; what comes in it is a table, no function
        then: t.optional(t.table),
      }),
    },
    result: "Scenario",
    example:
      'local s = test.create_scenario({ name = "weather", given = { model = { "It rains." } }, when = "And today?", ["then"] = { content = { ["$contains"] = "rains" } } }) return test.run_scenario(s).passed',
    async call(run, { definition: { name = "scenario", given, when, then = {} } }) {
      const { parseScenario } = await loadTesting();
      const said = typeof when === "string" ? { input: when, expect: then } : when;
      if (typeof said !== "object" || said === null || Array.isArray(said))
        throw new SpellError("INVALID_ARGUMENT", "test.create_scenario: when must be text or a table");
      return run.handles.add("Scenario", await parseScenario({ name, ...given, ...said }));
    },
  }),
  run_scenario: awaitable({
    doc: "Runs a scenario, without any real model; what is not as expected is a result, not an error.",
    params: { scenario: t.handle<Scenario>("Scenario") },
    result:
      "{name: string, passed: boolean, mismatches: list<{path: string, expected: string, actual: string}>, report: string, turns: list<table>}",
    example:
      'local s = test.create_scenario({ given = { model = { "yes" } }, when = "Well?", ["then"] = { content = "no" } }) return test.run_scenario(s).report',
    async call(_, { scenario }) {
      const { runScenario } = await loadTesting();
      return toScript(await runScenario(scenario));
    },
  }),
  setup_fixture: awaitable({
    doc: "Data for a test: a copy of the table given, or the file of this name (JSON, YAML or text) in the folder `fixtures` (capability `file.read`), read anew each time.",
    mayNeed: { "file.read": "fixtures/NAME" },
    params: { fixture: t.union(t.string, t.any) },
    result: "any",
    example: "local order = test.setup_fixture({ id = 1 }) return order.id",
    async call(run, { fixture }) {
      if (typeof fixture !== "string") return fixture;
      run.authorize("test.setup_fixture", "file.read", `${FIXTURES}/${fixture}`);
      const { openFixtures } = await loadTesting();
      return toScript(await openFixtures(`${run.root}/${FIXTURES}`).load(fixture));
    },
  }),
};
