import { describe, expect, it } from "vitest";
import { readStructured } from "./structured.js";

const schema = {
  type: "object",
  properties: { city: { type: "string" }, n: { type: "integer" } },
  required: ["city"],
  additionalProperties: false,
};

describe("readStructured", () => {
  it.each([
    ["plain", '{"city": "Paris"}', { city: "Paris" }],
    ["in a fence", '```json\n{"city": "Paris"}\n```', { city: "Paris" }],
    ["in prose", 'The answer is {"city": "Paris"}.', { city: "Paris" }],
    ["with mistakes", "{city: 'Paris', n: 1,}", { city: "Paris", n: 1 }],
    ["with text for a number", '{"city": "Paris", "n": "2"}', { city: "Paris", n: 2 }],
    ["among others", 'Not {"town": "Lyon", "much": "longer"} but {"city": "Paris"}.', { city: "Paris" }],
  ])("OUT-2: reads an answer %s", async (_name, text, object) => {
    expect(await readStructured(text, schema)).toEqual({ object });
  });

  it.each([
    ["Paris", "the answer is not valid JSON"],
    ['{"city": 1, "n": "x"}', "n: must be integer"],
    ['{"n": 1}', "must have required property 'city'"],
  ])("says what is wrong with %j", async (text, problem) => {
    expect(await readStructured(text, schema)).toEqual({ problem });
  });

  it("does not repair what was cut off", async () => {
    const text = '{"city": "Par';
    expect(await readStructured(text, schema)).toEqual({ object: { city: "Par" } });
    expect(await readStructured(text, schema, { cut: true })).toEqual({ problem: "the answer was cut off" });
    expect(await readStructured('{"city": "Paris"}', schema, { cut: true })).toEqual({ object: { city: "Paris" } });
  });
});
