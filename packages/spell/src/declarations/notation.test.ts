import { describe, expect, it } from "vitest";
import { parseNotation } from "./notation.js";

const name = (text: string) => ({ of: "name", name: text });

describe("parseNotation", () => {
  it.each<[string, object]>([
    ["string", name("string")],
    ["Agent or nil", { of: "union", members: [name("Agent"), name("nil")] }],
    [
      '"a" or "b c"',
      {
        of: "union",
        members: [
          { of: "text", text: "a" },
          { of: "text", text: "b c" },
        ],
      },
    ],
    ["list<list<any>>", { of: "list", item: { of: "list", item: name("any") } }],
    [
      "{ok: boolean, error?: error or nil}",
      {
        of: "object",
        fields: [
          { name: "ok", optional: false, type: name("boolean") },
          { name: "error", optional: true, type: { of: "union", members: [name("error"), name("nil")] } },
        ],
      },
    ],
  ])("reads %s", (notation, expected) => {
    expect(parseNotation(notation)).toEqual(expected);
  });

  it.each(["", "{}", "{a}", "{a: }", "list<a", "list", "a b", "a or", "a | b", "{a: b", "{a: b; c: d}", '"a'])(
    "refuses %j",
    (notation) => {
      expect(() => parseNotation(notation)).toThrow("is no notation of a type");
    },
  );
});
