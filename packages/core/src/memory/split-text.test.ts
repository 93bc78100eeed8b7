import { describe, expect, it, onTestFinished, vi } from "vitest";
import { splitText } from "./split-text.js";
import { countTokens, loadTokenCounter } from "./tokens.js";

const TEXT = `First paragraph. It has two sentences.

Second one: a line
and another line of it. ${"word ".repeat(60)}

${"x".repeat(300)}😀😀😀 end.`;

describe("splitText", () => {
  it.each([1, 3, 7, 20, 1000])("gives pieces of at most %d tokens that joined are the text", async (most) => {
    const count = await loadTokenCounter();
    const pieces = await splitText(TEXT, most);
    expect(pieces.join("")).toBe(TEXT);
    expect(pieces.filter((piece) => count(piece) > most && [...piece].length > 1)).toEqual([]);
  });

  it("cuts between paragraphs, then sentences, then words", async () => {
    const words = (text: string): number => text.split(/\s+/).filter(Boolean).length;
    const text = "One two. Three four five.\n\nSix seven eight nine.";
    expect(await splitText(text, 5, { count: words })).toEqual([
      "One two. Three four five.\n\n",
      "Six seven eight nine.",
    ]);
    expect(await splitText(text, 3, { count: words })).toEqual([
      "One two. ",
      "Three four five.\n\n",
      "Six seven eight",
      " nine.",
    ]);
  });

  it("begins a piece with the end of the one before", async () => {
    const words = (text: string): number => text.split(/\s+/).filter(Boolean).length;
    expect(await splitText("a b c d e", 3, { overlap: 2, count: words })).toEqual(["a b c", " b c d", " c d e"]);
  });

  it("refuses what makes no sense", async () => {
    expect(await splitText("", 5)).toEqual([]);
    await expect(splitText("a", 0)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(splitText("a", 5, { overlap: 5 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(splitText("a".repeat(4_000_001), 5)).rejects.toMatchObject({ code: "TOO_LARGE" });
  });
});

describe("countTokens", () => {
  it("counts texts and messages", async () => {
    expect(await countTokens("Hello world")).toBe(2);
    expect(await countTokens([{ role: "user", content: "Hello world" }])).toBe(6);
    await expect(countTokens("a".repeat(4_000_001))).rejects.toMatchObject({ code: "TOO_LARGE" });
  });
});

describe("hostile texts", () => {
  it("are split with about as much counting as they are long", async () => {
    const text = "x".repeat(200_000);
    let counted = 0;
    const count = (part: string, enough = Number.POSITIVE_INFINITY): number => {
      const tokens = Math.min(part.length, enough + 1);
      counted += tokens;
      return tokens;
    };
    expect((await splitText(text, 4, { count })).join("")).toBe(text);
    expect(counted).toBeLessThan(8 * text.length);
  });

  it("are counted without looking further back than a piece", async () => {
    const count = await loadTokenCounter();
    const looking = vi.spyOn(String.prototype, "lastIndexOf");
    onTestFinished(() => void looking.mockRestore());
    expect(count("x".repeat(50_000))).toBeGreaterThan(1000);
    expect(Math.max(...looking.mock.contexts.map((text) => String(text).length))).toBeLessThan(2000);
  });

  it("do not become any size by an overlap", async () => {
    const text = "a b ".repeat(20_000);
    await expect(splitText(text, 10_000, { overlap: 9_999 })).rejects.toMatchObject({
      code: "TOO_LARGE",
      details: { limit: 16_000_000 },
    });
    expect((await splitText(text, 10_000, { overlap: 5000 })).length).toBeGreaterThan(4);
  });
});
