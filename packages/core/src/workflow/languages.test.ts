import { describe, expect, it } from "vitest";
import { compile, type Language } from "./languages.js";

describe("rules", () => {
  it.each<[Language, string, unknown]>([
    ["template", "{{ steps | json }}", '{"a":1}'],
    ["template", "{{ steps.size }}", "1"],
    ["template", "{{ steps.a }}{% if steps.b %}b{% endif %}", "1"],
    ["path", "$.steps", { a: 1 }],
    ["path", "$", { steps: { a: 1 } }],
    ["path", "$..*", [{ a: 1 }, 1]],
    ["expression", "steps", { a: 1 }],
  ])("%s '%s' gives what was there when it was evaluated", async (language, source, wanted) => {
    const evaluate = await compile(language, source);
    const steps: Record<string, unknown> = { a: 1 };
    const given = evaluate({ steps } as never);
    // As the list of outputs does that the next step makes longer.
    steps["b"] = 2;
    expect(await given).toEqual(wanted);
  });

  it.each<[string, unknown]>([
    ["input.points", 10],
    ["input", { constructor: "Ferrari", points: 10, drivers: [{ constructor: "A", n: 1 }, { n: 2 }] }],
    ["input.drivers.filter(d, has(d.constructor))", [{ constructor: "A", n: 1 }]],
    ["input.drivers[0].n + input.points", 11],
    ["'constructor' in input && input == input && size(input) == 3", true],
    ["has(vars.toString) || vars.constructor == 5", true],
  ])("an expression takes data with a field 'constructor': %s", async (source, wanted) => {
    const input: unknown = JSON.parse(
      '{"constructor": "Ferrari", "points": 10, "drivers": [{"constructor": "A", "n": 1}, {"n": 2}]}',
    );
    const evaluate = await compile("expression", source);
    expect(evaluate({ input, vars: { constructor: 5 } } as never)).toEqual(wanted);
  });

  it("an expression does not reach what a field 'constructor' hides", async () => {
    const evaluate = await compile("expression", "input.prototype");
    expect(() => evaluate({ input: { constructor: 1 } } as never)).toThrow("No such key: prototype");
  });
});
