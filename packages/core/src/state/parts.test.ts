import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createManualClock } from "../testing/manual-clock.js";
import { mergeValues } from "./merge.js";
import { batchAt, deleteAt, getAt, watchAt } from "./paths.js";
import { savedVersions } from "./saved-versions.js";
import { sealedSnapshot } from "./sealed-snapshot.js";
import { createScopedValues } from "./scoped-values.js";
import { createState, openState, type State } from "./state.js";
import { createStateTransforms } from "./transforms.js";

const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });

describe("paths into a state", () => {
  it("cost one copy for many values", () => {
    const names = Array.from({ length: 20_000 }, (_, i) => `k${i}`);
    const state = createState({ deep: { list: [0] }, ...Object.fromEntries(names.map((name) => [name, 0])) });
    batchAt(state, Object.fromEntries(names.map((name) => [name, 1])));
    batchAt(state, Object.fromEntries(names.flatMap((name, i) => [[`deep.map.${name}`, i]])));
    batchAt(state, Object.fromEntries(names.map((_, i) => [`deep.list[${i}]`, i])));
    expect(getAt(state, "k19999")).toBe(1);
    expect(getAt(state, "deep.map.k19999")).toBe(19_999);
    expect(getAt(state, "deep.list")).toHaveLength(20_000);
  });

  it("write into nothing that was given or read", () => {
    const given = { x: { n: 1 } };
    const state = createState({ a: { b: { n: 1 } } });
    const read = state.get("a");
    batchAt(state, { "a.b.n": 2, "a.b.m": 3, c: given, "c.x.n": 2, "c.x.m": 3 });
    expect([given, read]).toEqual([{ x: { n: 1 } }, { b: { n: 1 } }]);
    expect(state.toJSON()).toEqual({ a: { b: { n: 2, m: 3 } }, c: { x: { n: 2, m: 3 } } });
  });

  it("are watched by any pattern, which is read once", () => {
    const state = createState();
    let seen = 0;
    watchAt(state, `${"*".repeat(1_000_000)}9`, () => seen++);
    state.batch(Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, i])));
    expect(seen).toBe(2000);
  });

  it("do not become long by being flattened", () => {
    const inner = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, i]));
    const transforms = createStateTransforms();
    expect(() => transforms.apply("flatten", { ["x".repeat(1_000_000)]: inner })).toThrow(
      expect.objectContaining({ code: "TOO_LARGE" }),
    );
  });

  it("have at most 1000 steps", () => {
    const state = createState();
    expect(() => batchAt(state, { ["a.".repeat(500_000) + "a"]: 1 })).toThrow(invalid);
    expect(() => getAt(state, "a" + "[0]".repeat(500_000))).toThrow(invalid);
  });

  it("CORE-10: read, write all or none, and remove", () => {
    const state = createState({ user: { names: ["Ada", "Bea"] } });
    const before = state.version;
    expect(batchAt(state, { "user.age": 36, "user.names[1]": "Cy", "other.deep.x": 1 })).toBe(before + 1);
    expect([getAt(state, "user.names[-1]"), getAt(state, "user.none.x"), getAt(state, "gone")]).toEqual([
      "Cy",
      undefined,
      undefined,
    ]);
    expect(() => batchAt(state, { a: 1, "user.age.x": 1 })).toThrow(invalid);
    expect(state.has("a")).toBe(false);
    expect([
      deleteAt(state, "user.names[0]"),
      deleteAt(state, "user.names[9]"),
      deleteAt(state, "other"),
      deleteAt(state, "other"),
    ]).toEqual([true, false, true, false]);
    expect(batchAt(state, { "user.x.y": undefined, "user.names.z": undefined })).toBeGreaterThan(0);
    expect(state.toJSON()).toEqual({ user: { names: ["Cy"], age: 36 } });
    for (const path of ["", "[0]", "a[*]", "a..b"]) expect(() => getAt(state, path)).toThrow(invalid);
    batchAt(state, JSON.parse('{"__proto__":1}') as Record<string, unknown>);
    expect([getAt(state, "__proto__"), ({} as { polluted?: unknown }).polluted]).toEqual([1, undefined]);
  });

  it("CORE-8: watch a place or keys that match", () => {
    const state = createState();
    const seen: unknown[] = [];
    const watches = ["user.name", "u*", "*-x-*", "a"].map((pattern) =>
      watchAt(state, pattern, ({ key, value, previous }) => seen.push([pattern, key, value, previous])),
    );
    batchAt(state, { "user.name": "Ada" });
    batchAt(state, { "user.age": 1 });
    state.batch({ "1-x-2": 1, "-x": 1, b: 1 });
    for (const each of watches) each[Symbol.dispose]();
    state.set("a", 1);
    expect(seen).toEqual([
      ["user.name", "user", "Ada", undefined],
      ["u*", "user", { name: "Ada" }, undefined],
      ["u*", "user", { name: "Ada", age: 1 }, { name: "Ada" }],
      ["*-x-*", "1-x-2", 1, undefined],
    ]);
    expect(() => watchAt(state, ".x", () => {})).toThrow(invalid);
    expect(() => watchAt(state, "a.*", () => {})).toThrow(invalid);
  });
});

describe("a state with bounds", () => {
  it("refuses what is too large or does not fit as a whole, and stays as it was", () => {
    const state = createState(
      { n: 1 },
      {
        maxBytes: 20,
        validateAll({ n, m = 0 }) {
          if (Number(m) > Number(n)) throw new Error("m is more than n");
        },
      },
    );
    expect(() => state.set("text", "x".repeat(20))).toThrow(expect.objectContaining({ code: "TOO_LARGE" }));
    expect(() => state.set("m", 2)).toThrow("m is more");
    state.batch({ m: 2, n: 3 });
    for (let i = 0; i < 10; i++) state.set("text", "1234567");
    state.delete("text");
    state.set("more", "1234567");
    expect(state.toJSON()).toEqual({ n: 3, m: 2, more: "1234567" });
  });
});

describe("a sealed snapshot", () => {
  it("CORE-5: has the checksum of its values, whatever their order", () => {
    const one = sealedSnapshot(createState({ a: 1, b: [{}] }), { now: () => 5 });
    const other = sealedSnapshot(createState({ b: [{}], a: 1 }));
    expect([one.takenAt, one.version, one.values]).toEqual([5, 1, { a: 1, b: [{}] }]);
    expect(one.checksum).toMatch(/^[\da-f]{64}$/);
    expect(other.checksum).toBe(one.checksum);
    expect(sealedSnapshot(createState({ a: 2, b: [{}] })).checksum).not.toBe(one.checksum);
  });
});

describe("merging values", () => {
  const first = { a: 1, list: [1], deep: { x: 1, y: 1 }, own: 1 };
  const second = { a: 2, list: [2], deep: { y: 2 } };
  it.each([
    ["last", { a: 2, list: [2], deep: { y: 2 }, own: 1 }],
    ["first", first],
    ["deep", { a: 2, list: [2], deep: { x: 1, y: 2 }, own: 1 }],
    ["concat", { a: 2, list: [1, 2], deep: { x: 1, y: 2 }, own: 1 }],
  ] as const)("%s", (strategy, expected) => {
    expect(mergeValues(first, second, strategy)).toEqual(expected);
  });

  it("by a function", () => {
    expect(mergeValues({ a: 1, b: 1 }, { a: 2, c: 3 }, (key, one, two) => [key, one, two])).toEqual({
      a: ["a", 1, 2],
      b: 1,
      c: 3,
    });
  });
});

describe("transforms of states", () => {
  it("are built in and defined", () => {
    const transforms = createStateTransforms();
    const values = { a: { b: { c: 1 }, e: {} }, token: "x", text: "a\u0000b\n", list: [{ password: 1, n: "\u0007" }] };
    expect(transforms.apply("flatten", { a: values.a })).toEqual({ "a.b.c": 1, "a.e": {} });
    expect(transforms.apply("flatten", { a: values.a }, { separator: "/" })).toHaveProperty(["a/b/c"], 1);
    expect(transforms.apply("filter", { xa: 1, xb: 2, c: 3 }, { prefix: "x", keys: ["xa", "c"] })).toEqual({ xa: 1 });
    expect(transforms.apply("sanitize", values)).toEqual({ a: values.a, text: "ab\n", list: [{ n: "" }] });
    transforms.define("mine", (given, { by }) => ({ ...given, by }));
    expect(transforms.apply("mine", { a: 1 }, { by: "me" })).toEqual({ a: 1, by: "me" });
    expect([transforms.has("mine"), transforms.names()]).toEqual([true, ["filter", "flatten", "sanitize", "mine"]]);
    expect(() => transforms.define("mine", () => ({}))).toThrow(expect.objectContaining({ code: "ALREADY_EXISTS" }));
    expect(() => transforms.apply("flaten", {})).toThrow("did you mean 'flatten'");
  });
});

describe("saved versions", () => {
  it("STD-15: are kept, loaded, listed, removed, and end after their time", async () => {
    const clock = createManualClock();
    const saved = savedVersions(createState({}, { clock }), { now: () => clock.now() });
    await Promise.all([1, 2, 3].map((n) => saved.save("k", { n })));
    expect([saved.load("k"), saved.load("k", 1), saved.load("k", 9), saved.load("none")]).toEqual([
      { n: 3 },
      { n: 1 },
      undefined,
      undefined,
    ]);
    expect(saved.versions("k").map(({ version, size }) => [version, size])).toEqual([
      [3, 7],
      [2, 7],
      [1, 7],
    ]);
    expect([await saved.delete("k", 3), await saved.delete("k", 3), saved.load("k"), saved.has("k")]).toEqual([
      true,
      false,
      { n: 2 },
      true,
    ]);
    expect(await saved.expire("k", 1000)).toBe(clock.now() + 1000);
    await clock.advance(999);
    expect(saved.load("k")).toEqual({ n: 2 });
    await clock.advance(1);
    expect([saved.load("k"), saved.has("k"), await saved.delete("k")]).toEqual([undefined, false, false]);
    expect(() => saved.versions("k")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    await expect(saved.expire("k", 1)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("lose nothing that another process saves while one is removed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "llmspell-saved-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    using mine = await openState({ file: join(folder, "s.db") });
    using theirs = await openState({ file: join(folder, "s.db") });
    await savedVersions(mine).save("k", "one");
    let saved: Record<string, unknown> | undefined;
    // The other one saves right after this one has looked.
    const slow: State = Object.create(mine, {
      get: {
        value(key: string): unknown {
          const found = mine.get<{ latest: number; versions: object[] }>(key);
          if (saved === undefined && found !== undefined) {
            saved = { latest: 2, versions: [...found.versions, { version: 2, savedAt: 1, size: 5, at: "value 2" }] };
            theirs.batch({ "value 2": "two", [key]: saved });
          }
          return found;
        },
      },
    }) as State;
    expect(await savedVersions(slow).delete("k", 1)).toBe(true);
    expect([saved === undefined, savedVersions(theirs).versions("k").length, savedVersions(mine).load("k")]).toEqual([
      false,
      1,
      "two",
    ]);
  });

  it("are a hundred at most, and leave nothing when they are gone", async () => {
    const state = createState();
    const saved = savedVersions(state);
    for (let n = 1; n <= 103; n++) await saved.save("k", n);
    expect([saved.versions("k").length, saved.load("k", 3), saved.load("k", 4), state.keys().length]).toEqual([
      100,
      undefined,
      4,
      101,
    ]);
    expect([await saved.delete("k"), state.keys()]).toEqual([true, []]);
  });
});

describe("scoped values", () => {
  it("see those of their parents as far as they inherit them", () => {
    const outer = createScopedValues();
    const inner = createScopedValues(outer, (key) => key !== "secret");
    outer.merge({ a: 1, secret: 2, b: { c: [1] } });
    inner.set("a", 3);
    expect([inner.get("a"), inner.get("secret"), inner.get("b"), outer.get("a")]).toEqual([
      3,
      undefined,
      { c: [1] },
      1,
    ]);
    inner.clear();
    expect(inner.get("a")).toBe(1);
    expect(() => inner.merge({ x: 1, f: () => 1 })).toThrow(invalid);
    expect(inner.get("x")).toBeUndefined();
    expect(() => {
      let scope = outer;
      for (let i = 0; i < 200; i++) scope = createScopedValues(scope);
    }).toThrow("nested 100 deep");
  });
});
