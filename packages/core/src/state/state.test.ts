import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createManualClock } from "../testing/manual-clock.js";
import { createState, linkStates, openState, type State, type StateChange, type StateOptions } from "./state.js";

const folder = mkdtempSync(path.join(tmpdir(), "state-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = (): string => path.join(folder, `${++files}.db`);

const KINDS: [string, (initial?: Record<string, unknown>, options?: StateOptions) => Promise<State>][] = [
  ["in memory", async (initial, options) => createState(initial, options)],
  [
    "in a file",
    async (initial = {}, options) => {
      const state = await openState({ file: newFile() }, options);
      if (Object.keys(initial).length > 0) state.batch(initial);
      return state;
    },
  ],
];

describe.each(KINDS)("a state %s", (_, make) => {
  it("CORE-4: has values and a version", async () => {
    using state = await make();
    expect([state.version, state.get("a"), state.has("a"), state.keys()]).toEqual([0, undefined, false, []]);
    expect(state.set("a", { list: [1, "x", null, true] })).toBe(1);
    expect(state.get("a")).toEqual({ list: [1, "x", null, true] });
    state.set("b", 2);
    expect([state.version, state.keys()]).toEqual([2, ["a", "b"]]);
    expect([state.delete("a"), state.delete("a"), state.has("a"), state.version]).toEqual([true, false, false, 3]);
  });

  it("CORE-4: a thousand concurrent updates lose nothing", async () => {
    using state = await make({ n: 0 });
    const before = state.version;
    await Promise.all(
      Array.from(
        { length: 1000 },
        async (__, index) =>
          await state.update("n", async (n = 0) => {
            if (index % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
            return Number(n) + 1;
          }),
      ),
    );
    expect([state.get("n"), state.version - before]).toEqual([1000, 1000]);
  });

  it("a failed update changes nothing and holds up no other", async () => {
    using state = await make({ n: 1 });
    const failed = state.update("n", () => Promise.reject(new Error("no")));
    const after = state.update<number>("n", (n = 0) => n + 1);
    await expect(failed).rejects.toThrow("no");
    expect([await after, state.get("n")]).toEqual([2, 2]);
  });

  it("CORE-5: restores a snapshot, which no later write reaches", async () => {
    using state = await make({ a: { deep: [1] }, b: 2 });
    const snapshot = state.snapshot();
    state.batch({ a: { deep: [1, 2] }, b: undefined, c: 3 });
    expect(state.toJSON()).toEqual({ a: { deep: [1, 2] }, c: 3 });
    expect(snapshot).toEqual({ version: 1, values: { a: { deep: [1] }, b: 2 } });
    expect(state.restore(snapshot)).toBe(3);
    expect(state.toJSON()).toEqual({ a: { deep: [1] }, b: 2 });
    // From another process, through JSON.
    state.set("a", 0);
    state.restore(JSON.parse(JSON.stringify(snapshot)) as typeof snapshot);
    expect(state.snapshot().values).toEqual(snapshot.values);
  });

  it("CORE-5: nobody can change what is in it from outside", async () => {
    using state = await make();
    const given = { list: [1] };
    state.set("a", given);
    given.list.push(2);
    expect(state.get("a")).toEqual({ list: [1] });
    expect(() => state.get<{ list: number[] }>("a")?.list.push(3)).toThrow(TypeError);
  });

  it("CORE-6: a batch whose third write fails leaves all keys as they were", async () => {
    const validate = (key: string, value: unknown): void => {
      if (typeof value !== "number") throw new Error(`${key} must be a number`);
    };
    using state = await make({ a: 1, b: 2, c: 3 }, { validate });
    const changes: StateChange[] = [];
    state.watch(
      () => true,
      (change) => changes.push(change),
    );
    expect(() => state.batch({ a: 10, b: 20, c: "x", d: 40 })).toThrow("c must be a number");
    expect([state.toJSON(), state.version, changes]).toEqual([{ a: 1, b: 2, c: 3 }, 1, []]);
    expect(state.batch({ a: 10, b: undefined, d: 40 })).toBe(2);
    expect(state.toJSON()).toEqual({ a: 10, c: 3, d: 40 });
  });

  it("CORE-8: a watcher is called once for each change, with the old and the new value", async () => {
    using state = await make({ a: 1 });
    const changes: StateChange[] = [];
    const keys: string[] = [];
    {
      using _one = state.watch("a", (change) => changes.push(change));
      using _some = state.watch(
        (key) => key !== "a",
        ({ key }) => keys.push(key),
      );
      state.set("a", 2);
      state.set("a", 2);
      state.batch({ a: 3, b: 1, c: 1 });
      await state.update<number>("a", (a = 0) => a * 2);
      state.delete("a");
    }
    state.set("a", 9);
    expect(changes).toEqual([
      { key: "a", previous: 1, value: 2, version: 2 },
      { key: "a", previous: 2, value: 3, version: 4 },
      { key: "a", previous: 3, value: 6, version: 5 },
      { key: "a", previous: 6, value: undefined, version: 6 },
    ]);
    expect(keys).toEqual(["b", "c"]);
  });

  it("a watcher that throws stops nothing", async () => {
    const errors: unknown[] = [];
    using state = await make({}, { onError: (error, { key }) => errors.push([key, (error as Error).message]) });
    let called = 0;
    state.watch("a", () => {
      throw new Error("no");
    });
    state.watch("a", () => called++);
    expect([state.set("a", 1), state.get("a"), called, errors]).toEqual([1, 1, 1, [["a", "no"]]]);
  });

  it("CORE-8: watchers hear of changes in their order, those that watchers make too", async () => {
    using state = await make({ a: 1 });
    const heard: unknown[] = [];
    state.watch("a", ({ value }) => void (Number(value) < 4 && state.set("a", Number(value) + 1)));
    state.watch("a", ({ previous, value, version }) => heard.push([previous, value, version]));
    const { version } = state;
    state.set("a", 2);
    expect(heard).toEqual([2, 3, 4].map((value, i) => [value - 1, value, version + 1 + i]));
  });

  it("CORE-8: a watcher that changes what it watches without end is refused", async () => {
    const errors: unknown[] = [];
    using state = await make({ a: 1 }, { onError: (error) => errors.push(error) });
    using _watch = state.watch("a", ({ value }) => void state.set("a", Number(value) + 1));
    state.set("a", 2);
    expect(errors).toEqual([expect.objectContaining({ code: "INVALID_STATE" })]);
    expect(state.set("b", 1)).toBeGreaterThan(0);
  });

  it("CORE-8: is exported as JSON", async () => {
    using state = await make();
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (values) => {
        const plain = JSON.parse(JSON.stringify(values)) as Record<string, unknown>;
        state.restore({ version: 0, values: plain });
        expect(JSON.parse(JSON.stringify(state))).toEqual(plain);
      }),
      { numRuns: 50 },
    );
  });

  it("refuses what is not JSON, by its path", async () => {
    using state = await make();
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    for (const [value, message] of [
      [{ list: [1, { f: () => 1 }] }, "'a.list[1].f' is not JSON"],
      [Number.NaN, "'a' is not JSON"],
      [1n, "'a' is not JSON"],
      [new Date(), "'a' is not JSON"],
      [cycle, "contains itself"],
      [undefined, "'a' is set to nothing"],
    ] as const) {
      expect(() => state.set("a", value)).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) }),
      );
    }
    expect(() => state.set("a", 1, { ttlMs: 0 })).toThrow("'ttlMs'");
    state.set("__proto__", { x: 1 });
    expect(state.get("__proto__")).toEqual({ x: 1 });
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  it("values end with their time", async () => {
    const clock = createManualClock(1000);
    using state = await make({}, { ttlMs: 100, clock });
    state.batch({ a: 1, b: 2 });
    state.set("b", 3, { ttlMs: 500 });
    await clock.advance(99);
    expect(state.keys()).toEqual(["a", "b"]);
    await clock.advance(1);
    expect([state.get("a"), state.has("a"), state.keys(), state.delete("a")]).toEqual([undefined, false, ["b"], false]);
    expect(await state.update<number>("a", (a = 7) => a)).toBe(7);
    expect(state.snapshot().values).toEqual({ a: 7, b: 3 });
  });

  it("what is stored may be another form of the values", async () => {
    const stored: unknown[] = [];
    const transform = {
      write(value: unknown) {
        stored.push(Buffer.from(JSON.stringify(value)).toString("base64"));
        return stored.at(-1);
      },
      read: (value: unknown) => JSON.parse(Buffer.from(String(value), "base64").toString()) as unknown,
    };
    using state = await make({}, { transform });
    state.set("a", { x: 1 });
    const changes: StateChange[] = [];
    state.watch("a", (change) => changes.push(change));
    await state.update<{ x: number }>("a", (a) => ({ x: (a?.x ?? 0) + 1 }));
    expect(stored).toEqual(["eyJ4IjoxfQ==", "eyJ4IjoyfQ=="]);
    expect([state.get("a"), changes]).toMatchObject([{ x: 2 }, [{ previous: { x: 1 }, value: { x: 2 } }]]);
  });
});

describe("linked states", () => {
  it("CORE-7: a change of the parent is seen in each linked child and in no other", () => {
    const parent = createState({ shared: 1, own: 1 });
    const [a, b, other] = [createState(), createState({ mine: 1 }), createState()];
    const link = linkStates(parent, a);
    linkStates(parent, b, (key) => key === "shared");
    expect([a.toJSON(), b.toJSON()]).toEqual([
      { shared: 1, own: 1 },
      { mine: 1, shared: 1 },
    ]);
    parent.batch({ shared: 2, own: 2, new: 1 });
    expect([a.get("shared"), a.get("new"), b.get("shared"), b.has("new"), other.toJSON()]).toEqual([
      2,
      1,
      2,
      false,
      {},
    ]);
    a.set("shared", "child's");
    expect(parent.get("shared")).toBe(2);
    parent.delete("own");
    expect(a.has("own")).toBe(false);
    link[Symbol.dispose]();
    parent.set("shared", 3);
    expect([a.get("shared"), b.get("shared")]).toEqual(["child's", 3]);
  });

  it("may be a ring", () => {
    const [a, b] = [createState(), createState()];
    linkStates(a, b);
    linkStates(b, a);
    a.set("x", 1);
    b.set("y", 2);
    expect([a.toJSON(), b.toJSON()]).toEqual([
      { x: 1, y: 2 },
      { x: 1, y: 2 },
    ]);
  });
});

describe("a state in a file", () => {
  it("is there in the next process, by name", async () => {
    const file = newFile();
    {
      using one = await openState({ file, name: "one" });
      using two = await openState({ file, name: "two" });
      one.set("a", { n: 1 });
      two.set("b", 2);
    }
    using one = await openState({ file, name: "one" });
    expect([one.toJSON(), one.version]).toEqual([{ a: { n: 1 } }, 1]);
  });

  it("CORE-4: updates of several processes lose nothing", async () => {
    const file = newFile();
    const core = fileURLToPath(new URL("../../dist/index.js", import.meta.url));
    const script = `
      import { openState } from ${JSON.stringify(core)};
      const state = await openState({ file: ${JSON.stringify(file)} });
      await Promise.all(Array.from({ length: 100 }, () => state.update("n", async (n = 0) => {
        await new Promise((resolve) => setImmediate(resolve));
        return n + 1;
      })));`;
    const run = async () => await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
    await Promise.all([run(), run(), run(), run()]);
    using state = await openState({ file });
    expect([state.get("n"), state.version]).toEqual([400, 400]);
  });

  it("a process that is killed in the middle loses nothing that it was told is written", async () => {
    const file = newFile();
    const core = fileURLToPath(new URL("../../dist/index.js", import.meta.url));
    const script = `
      import { writeSync } from "node:fs";
      import { openState } from ${JSON.stringify(core)};
      const state = await openState({ file: ${JSON.stringify(file)} });
      for (;;) {
        const n = await state.update("n", (n = 0) => n + 1);
        state.batch({ a: n, b: n });
        writeSync(1, n + "\\n");
      }`;
    let written = 0;
    for (let round = 1; round <= 3; round++) {
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const ended = once(child, "exit");
      for await (const chunk of child.stdout) {
        written = Number(String(chunk).trimEnd().split("\n").at(-1));
        if (written >= round * 50) child.kill("SIGKILL");
      }
      await ended;
      using state = await openState({ file });
      // At most one update more than the last that was told of.
      expect([written, written + 1]).toContain(state.get("n"));
      expect(state.get("a")).toBe(state.get("b"));
    }
  });

  it("says without a path that it cannot be opened", async () => {
    const file = newFile();
    writeFileSync(file, "this is no database, and long enough to be taken for a header of one".repeat(20));
    for (const wrong of [file, path.join(folder, "none", "x.db")]) {
      const error: unknown = await openState({ file: wrong }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "IO_ERROR" });
      expect(String(error)).not.toContain(folder);
    }
  });
});
