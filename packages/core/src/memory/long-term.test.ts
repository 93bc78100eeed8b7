import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openLongTermMemory, type Embed } from "./long-term.js";
import { wordsOf } from "./word-search.js";

const folder = mkdtempSync(path.join(tmpdir(), "long-term-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = (): string => path.join(folder, `${++files}.db`);

/** Letters counted: texts with the same letters are near each other. */
const letters: Embed = async (texts) =>
  texts.map((text) =>
    Array.from("abcdefghijklmnopqrstuvwxyz", (letter) => text.toLowerCase().split(letter).length - 1),
  );

const facts = [
  { id: "cat", text: "The cat sleeps on the sofa", metadata: { animal: true, legs: 4 } },
  { id: "bird", text: "A bird sings in the morning", metadata: { animal: true, legs: 2 } },
  { id: "tax", text: "Taxes are due in April", metadata: { animal: false } },
];

describe("a long-term memory", () => {
  it("MEM-6: the nearest to a stored text is that text; it persists", async () => {
    const file = newFile();
    {
      using memory = await openLongTermMemory({ file, embed: letters });
      await memory.add(facts);
      expect(memory.size).toBe(3);
    }
    using memory = await openLongTermMemory({ file, embed: letters });
    for (const { id, text, metadata } of facts) {
      const [first, ...others] = await memory.search(text);
      expect(first).toEqual({ id, text, metadata, score: expect.closeTo(1, 5), by: "vector" });
      expect(others).toHaveLength(2);
      for (const other of others) expect(other.score).toBeLessThan(first?.score ?? 0);
    }
  });

  it("MEM-6: vectors are compared by their angle, as computed here", async () => {
    const vectors: Record<string, number[]> = { q: [1, 2, 3], a: [2, 4, 6.5], b: [-1, 0, 2], c: [-1, -2, -3] };
    using memory = await openLongTermMemory({
      file: ":memory:",
      embed: async (texts) => texts.map((text) => vectors[text] ?? []),
    });
    await memory.add(["a", "b", "c"].map((id) => ({ id, text: id })));
    const cosine = (a: number[], b: number[]): number => {
      const dot = (x: number[], y: number[]): number =>
        x.reduce((sum, value, index) => sum + value * (y[index] ?? 0), 0);
      return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    };
    const found = await memory.search("q");
    expect(found.map(({ id }) => id)).toEqual(["a", "b", "c"]);
    for (const { id, score } of found) expect(score).toBeCloseTo(cosine(vectors["q"] ?? [], vectors[id] ?? []), 5);
    expect((await memory.search("q", { minScore: 0.7 })).map(({ id }) => id)).toEqual(["a"]);
  });

  it("MEM-6: without vectors it finds by words, and says so", async () => {
    using memory = await openLongTermMemory({ file: newFile() });
    await memory.add(facts);
    const found = await memory.search("Where does the CAT sleep?");
    expect(found[0]).toMatchObject({ id: "cat", by: "words", score: expect.any(Number) });
    expect(found[0]?.score).toBeGreaterThan(0);
    expect(await memory.search("dragon")).toEqual([]);
    // Nothing in a query is an operator.
    for (const query of ["", '" OR *', "cat AND NOT (", "NEAR(cat, sofa)", "text:cat", "-cat"]) {
      expect(Array.isArray(await memory.search(query))).toBe(true);
    }
    expect(wordsOf("Ünïcode 東京-2!")).toEqual(["ünïcode", "東京", "2"]);
  });

  it("filters by metadata and bounds what it finds", async () => {
    for (const embed of [undefined, letters]) {
      using memory = await openLongTermMemory({ file: newFile(), ...(embed === undefined ? {} : { embed }) });
      await memory.add(facts);
      const ids = async (where: Record<string, string | number | boolean>, limit = 5): Promise<string[]> =>
        (await memory.search("the cat sings in april", { where, limit })).map(({ id }) => id).toSorted();
      expect(await ids({ animal: true })).toEqual(["bird", "cat"]);
      expect(await ids({ animal: true, legs: 2 })).toEqual(["bird"]);
      expect(await ids({ animal: false })).toEqual(["tax"]);
      expect(await ids({ missing: "x" })).toEqual([]);
      expect(await ids({}, 1)).toHaveLength(1);
      await expect(ids({}, 0)).rejects.toThrow("'limit'");
      await expect(ids({ 'a"b': 1 })).rejects.toThrow("it has a quote or a backslash");
    }
  });

  it("replaces, gives and deletes by id; names share a file and not each other's texts", async () => {
    const file = newFile();
    using memory = await openLongTermMemory({ file, name: "one" });
    using other = await openLongTermMemory({ file, name: "two" });
    await memory.add(facts);
    await memory.add([{ id: "cat", text: "The dog barks" }]);
    expect(memory.get("cat")).toEqual({ id: "cat", text: "The dog barks", metadata: {} });
    expect([await memory.search("sofa"), memory.size, other.size, await other.search("dog")]).toEqual([[], 3, 0, []]);
    expect([memory.delete("cat"), memory.delete("cat"), memory.get("cat"), await memory.search("dog")]).toEqual([
      true,
      false,
      undefined,
      [],
    ]);
  });

  it("refuses vectors and texts that do not fit, and then stores nothing", async () => {
    let answer: number[][] = [[1, 2]];
    using memory = await openLongTermMemory({ file: ":memory:", embed: async () => answer });
    await memory.add([{ id: "a", text: "a" }]);
    const add = async (): Promise<void> => await memory.add([{ id: "b", text: "b" }]);
    for (const [wrong, message] of [
      [[[1, 2, 3]], "a vector has 3 numbers, the others here 2"],
      [[], "'embed' gave 0 vectors for 1 texts"],
      [[[1, Number.NaN]], "finite numbers"],
      [[[0, 0]], "has no direction"],
    ] as const) {
      answer = wrong.map((vector) => [...vector]);
      await expect(add()).rejects.toThrow(message);
    }
    await expect(memory.add([{ id: "", text: "x" }])).rejects.toThrow("needs an 'id'");
    await expect(memory.add([{ id: "x", text: "x", metadata: { a: [] as never } }])).rejects.toThrow(
      "'a' of the metadata",
    );
    expect(memory.size).toBe(1);
    const controller = new AbortController();
    using slow = await openLongTermMemory({ file: ":memory:", embed: () => new Promise(() => {}) });
    const search = slow.search("x", { signal: controller.signal });
    controller.abort();
    await expect(search).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it("takes vectors as they are, beside those of texts", async () => {
    using memory = await openLongTermMemory({ file: ":memory:", embed: async (texts) => texts.map(() => [1, 0]) });
    await memory.add([
      { id: "given", text: "", vector: [0, 1] },
      { id: "made", text: "x" },
    ]);
    const found = await memory.search([0, 2]);
    expect(found.map(({ id, score }) => [id, score])).toEqual([
      ["given", 1],
      ["made", 0],
    ]);
    await expect(memory.search([1, 2, 3])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(memory.add([{ id: "x", text: "", vector: [1] }])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it.each([
    [[0, 0], "a vector of zeros has no direction"],
    [[1, Number.NaN], "a vector must have finite numbers only"],
    [Array.from({ length: 65_537 }, () => 1), "a vector has 65537 numbers, 65536 are allowed"],
  ])("refuses a vector that cannot be compared", async (vector, message) => {
    using memory = await openLongTermMemory({ file: ":memory:" });
    await expect(memory.add([{ id: "x", text: "", vector }])).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message,
    });
    await expect(memory.search(vector)).rejects.toMatchObject({ code: "INVALID_ARGUMENT", message });
    expect(memory.size).toBe(0);
  });

  it("compares the longest vectors that it takes", async () => {
    using memory = await openLongTermMemory({ file: ":memory:" });
    const vector = Array.from({ length: 65_536 }, () => 1);
    await memory.add([{ id: "x", text: "", vector }]);
    expect((await memory.search(vector))[0]?.score).toBeCloseTo(1);
  });
});
