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
});
