import { describe, expect, it } from "vitest";
import { contains } from "./matchers.js";
import { assertScenario, loadScenarios, parseScenario, runScenario, type Scenario } from "./scenario.js";

const scenarios = await loadScenarios(new URL("scenarios/weather.yaml", import.meta.url));
const [weather] = scenarios;

/** The first scenario, with some of it changed. */
const but = (change: Partial<Scenario>): Scenario => ({ ...(weather as Scenario), ...change });

describe("scenarios", () => {
  it.each(scenarios)("TK-1: $name", async (scenario) => {
    await expect(assertScenario(scenario)).resolves.toBeUndefined();
  });

  it("TK-1: are the same as JSON", async () => {
    expect(scenarios).toHaveLength(7);
    for (const scenario of scenarios)
      expect(await runScenario(JSON.parse(JSON.stringify(scenario)) as Scenario)).toMatchObject({
        passed: true,
        mismatches: [],
        report: "",
      });
  });

  it("TK-1: tell the path of everything that is not as expected, and the difference", async () => {
    const { passed, mismatches, report } = await runScenario(
      but({
        expect: { content: contains("snow"), toolCalls: [{ args: { city: "Rome" } }], steps: 3 },
        model: [
          { toolCalls: [{ name: "weather", args: { city: "Paris" } }], expect: { temperature: 1 } },
          "It rains in Paris.",
          "never",
        ],
      }),
    );
    expect(passed).toBe(false);
    expect(mismatches).toEqual([
      {
        path: "content",
        expected: 'a text or list that contains "snow"',
        actual: '"It rains in Paris."',
      },
      { path: "toolCalls[0].args.city", expected: '"Rome"', actual: '"Paris"' },
      { path: "steps", expected: "3", actual: "2" },
      { path: "model[0].request.temperature", expected: "1", actual: "0.5" },
      { path: "model[2]", expected: "to be asked for", actual: "nothing" },
    ]);
    expect(report).toContain("-        city: 'Rome'\n+        city: 'Paris'");
    expect(report).not.toContain("events");
    await expect(assertScenario(but({ expect: { steps: 3 } }))).rejects.toMatchObject({
      code: "ASSERTION_FAILED",
      message: expect.stringContaining(
        "the scenario 'asks the tool and tells what it said' fails\nsteps: expected 3, got 2",
      ),
    });
  });

  it("TK-1: an error that nobody expects fails, and so does one that does not come", async () => {
    const failing = { name: "x", model: [{ error: "down" }], input: "hello" };
    expect((await runScenario(failing)).mismatches).toEqual([
      { path: "error", expected: "nothing", actual: expect.stringContaining("down") },
    ]);
    const fine = { name: "x", model: ["fine"], input: "hello", expect: { error: { code: "TIMEOUT" } } };
    expect((await runScenario(fine)).mismatches).toMatchObject([{ path: "error", actual: "nothing" }]);
    const more = { name: "x", model: ["one"], turns: [{ input: "a" }, { input: "b" }] };
    expect((await runScenario(more)).mismatches).toMatchObject([
      { path: "turns[1].error", actual: expect.stringContaining("1 steps and was called 2 times") },
    ]);
  });

  it.each([
    [{ name: "x", model: [], input: "a", turns: [{ input: "a" }] }, "the scenario 'x' is malformed"],
    [{ name: "x", model: [{ txt: "a" }], input: "a" }, "model[0]"],
    [{ name: "x", model: ["a"], input: "a", tools: [{ name: "t" }] }, "tools[0]"],
    [{ model: ["a"], input: "a" }, "name"],
    ["no scenario", "malformed"],
  ])("TK-1: a malformed one is refused: %j", async (data, reason) => {
    await expect(parseScenario(data)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      message: expect.stringContaining(reason),
    });
  });

  it.each([
    [
      { content: { $contain: "x" } },
      "expect.content.$contain: there is no matcher '$contain', did you mean '$contains'?",
    ],
    [{ steps: { $anyOf: 3 } }, "expect.steps.$anyOf: it takes a list"],
    [{ steps: { $anyOf: [{ $matches: "(" }] } }, "expect.steps.$anyOf[0].$matches: Invalid regular expression"],
    [{ steps: { $approximately: "3" } }, "expect.steps.$approximately: it takes a number"],
    [{ steps: { $isA: "thing" } }, "expect.steps.$isA: there is no kind 'thing'"],
    [{ steps: { $shape: 1 } }, "it takes an object or a list"],
    [{ steps: { $not: 1, more: 2 } }, "a matcher is an object with one key"],
  ])("TK-1: a malformed matcher is told with its path: %j", async (expected, reason) => {
    await expect(runScenario(but({ expect: expected }))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(reason),
    });
  });

  it("TK-1: the configuration of the agent is checked by the agent, codes of errors by their list", async () => {
    await expect(runScenario(but({ agent: { temprature: 1 } as object }))).rejects.toThrow(
      "did you mean 'temperature'?",
    );
    const steps = [{ error: { code: "NO_SUCH", message: "x" } }];
    await expect(runScenario({ name: "x", model: steps, input: "a" })).rejects.toThrow("no error code 'NO_SUCH'");
    await expect(loadScenarios(new URL("scenarios/none.yaml", import.meta.url))).rejects.toMatchObject({
      code: "IO_ERROR",
    });
  });

  it("tells of more mismatches than a function takes arguments", async () => {
    const expect_ = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`k${i}`, i]));
    const { passed, mismatches } = await runScenario({ name: "x", model: ["yes"], input: "a", expect: expect_ });
    expect([passed, mismatches.length]).toEqual([false, 200_000]);
  });

  it("ends an expression that never ends", async () => {
    const expected = { content: { $matches: "^(a+)+$" } };
    const text = `${"a".repeat(50)}b`;
    await expect(runScenario({ name: "x", model: [text], input: "a", expect: expected })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
  });
});
