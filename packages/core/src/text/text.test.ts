import { describe, expect, it } from "vitest";
import { fillTemplate } from "./fill-template.js";
import { slugify } from "./slugify.js";
import { truncate } from "./truncate.js";

describe("slugify", () => {
  it.each([
    ["Crème brûlée!", "creme-brulee"],
    ["  Straße & Æsir — ½ 'Don’t'  ", "strasse-aesir-1-2-dont"],
    ["Привет, мир", "привет-мир"],
    ["日本語 テスト", "日本語-テスト"],
    ["İstanbul ılık", "istanbul-ilik"],
    ["!!!", ""],
  ])("%s is %s", (text, expected) => {
    expect(slugify(text)).toBe(expected);
  });
});

describe("truncate", () => {
  it.each<[string, number, string | undefined, string]>([
    ["short", 10, undefined, "short"],
    ["a longer text", 8, undefined, "a longe…"],
    ["a longer text", 8, "...", "a lon..."],
    ["👍👍👍", 3, undefined, "👍👍👍"],
    ["👍👍👍👍", 3, undefined, "👍👍…"],
    ["a👩‍👩‍👧‍👦bc", 5, undefined, "a…"],
    ["áb́c", 3, undefined, "á…"],
    ["abc", 1, undefined, "…"],
    ["abc", 3, undefined, "abc"],
  ])("%s to %d", (text, length, suffix, expected) => {
    const result = truncate(text, length, suffix);
    expect(result).toBe(expected);
    expect([...result].length).toBeLessThanOrEqual(length);
  });

  it("says when the suffix has no room", () => {
    expect(() => truncate("abcdef", 2, "...")).toThrow("no room");
  });
});

describe("fillTemplate", () => {
  it.each([
    ["Hi ${name}, {{ user.tags[0] }}", "Hi Ann, x"],
    ["${price} $$5 {{list}}", "5 $5 [1,2]"],
    ["{ {name} } $name $", "{ {name} } $name $"],
    ["${inject}", "${name}"],
  ])("%s", (template, expected) => {
    const values = { name: "Ann", user: { tags: ["x"] }, price: 5, list: [1, 2], inject: "${name}" };
    expect(fillTemplate(template, values)).toBe(expected);
  });

  it("names what is missing, or leaves it out", () => {
    expect(() => fillTemplate("${a.b}", {})).toThrow("the template has no value for 'a.b'");
    expect(() => fillTemplate("${constructor}", {})).toThrow("'constructor'");
    expect(fillTemplate("<${a}>", {}, { strict: false })).toBe("<>");
  });
});

it("a small template does not become any size", () => {
  const template = "{{a}}".repeat(2000);
  expect(() => fillTemplate(template, { a: "x".repeat(1_000_000) })).toThrow(
    expect.objectContaining({ code: "TOO_LARGE", details: { limit: 10_000_000 } }),
  );
});
