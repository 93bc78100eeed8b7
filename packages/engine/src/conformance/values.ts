import assert from "node:assert/strict";
import { FunctionRef, Handle, MAX_VALUE_DEPTH, type ScriptObject, type ScriptValue, WeakHandle } from "../index.js";
import { caseMaker, failure, stillWorks, type ConformanceCase, type ConformanceKit } from "./kit.js";

const TEXT = "héllo 世界 😀";

/** Values that come back from the guest as they went in. */
const ROUND_TRIPS: Readonly<Record<string, ScriptValue>> = {
  null: null,
  true: true,
  false: false,
  zero: 0,
  "a negative integer": -7,
  "the largest safe integer": Number.MAX_SAFE_INTEGER,
  "the smallest safe integer": Number.MIN_SAFE_INTEGER,
  "a float": 0.1,
  "a large float": 1.7976931348623157e308,
  infinity: -Infinity,
  "empty text": "",
  "unicode text": TEXT,
  "text with U+0000": "a\0b",
  "text longer than any buffer": "ü".repeat(20_000),
  bytes: Uint8Array.of(255, 0, 128),
  "an empty list": [],
  "a list with null inside": [1, null, 3],
  "nested lists and objects": { list: [1, "two", { three: true }], deep: [[["x"]]], "odd key ü": 1.5 },
  "a key named __proto__": JSON.parse('{"__proto__": {"admin": true}, "a": 1}') as ScriptObject,
};

class Account {
  readonly owner = "me";
}

/** Host values that no engine lets in. */
const REFUSED: Readonly<Record<string, unknown>> = {
  "a Map": new Map([["a", 1]]),
  "a Date": new Date(0),
  "an instance of a class": new Account(),
  "a function": () => 1,
  "a symbol": Symbol("s"),
  "an integer of more than 64 bits": 2n ** 70n,
};

const entries = <T>(table: Readonly<Record<string, T>>): [string, T][] => Object.entries(table);

export function valueCases(kit: ConformanceKit): ConformanceCase[] {
  const make = caseMaker(kit, "values");
  const { programs } = kit;
  const returns = (name: string, source: string | null, expected: ScriptValue): ConformanceCase[] =>
    source === null
      ? []
      : [make(`${name} leaves the guest`, async ({ run }) => assert.deepEqual(await run(source).result(), expected))];

  return [
    ...returns("null", programs.returnNull, null),
    ...returns("a boolean", programs.returnTrue, true),
    ...returns("an integer", programs.returnInteger, 42),
    ...returns("a float", programs.returnFloat, 0.5),
    ...returns("2^53 - 1", programs.returnLargeInteger, Number.MAX_SAFE_INTEGER),
    ...returns("2^63 - 1", programs.returnHugeInteger, 2n ** 63n - 1n),
    ...returns("unicode text", programs.returnText, TEXT),
    ...returns("text with U+0000", programs.returnNulText, "a\0b"),
    ...returns("bytes that are no text", programs.returnBytes, Uint8Array.of(255, 0, 128)),
    ...returns("nested data", programs.returnNested, { list: [1, "two", { three: true }], empty: [], name: "n" }),
    ...returns("an empty list", programs.returnEmptyList, []),

    ...entries(ROUND_TRIPS).map(([name, value]) =>
      make(`${name} enters as a global, comes back as a result, an argument and a global`, async ({ guest, run }) => {
        guest.setGlobal("input", value);
        assert.deepEqual(await run(programs.returnInput).result(), value);
        assert.deepEqual(await run(programs.echoInput).result(), value);
        assert.deepEqual(guest.getGlobal("input"), value);
      }),
    ),
    ...(programs.returnHugeInteger === null
      ? []
      : [
          make("integers beyond 2^53 are exact both ways", async ({ guest, run }) => {
            for (const value of [2n ** 53n + 1n, -(2n ** 63n)]) {
              guest.setGlobal("input", value);
              assert.equal(await run(programs.echoInput).result(), value);
            }
          }),
        ]),
    make("undefined enters as null", ({ guest }) => {
      guest.setGlobal("input", { gone: undefined, here: 1 });
      assert.deepEqual(guest.getGlobal("input"), { here: 1 });
    }),
    make("a function leaves as a reference and enters as the same function", async ({ guest, run }) => {
      const add = await run(programs.returnFunction).result();
      assert.ok(add instanceof FunctionRef);
      assert.equal(await guest.call(add, [20, 22]).result(), 42);
      guest.setGlobal("input", add);
      const again = guest.getGlobal("input");
      assert.ok(again instanceof FunctionRef);
      assert.equal(await guest.call(again, [1, 2]).result(), 3);
    }),
    make("two references to one function are told from those to another", async ({ guest, run }) => {
      const [f, g] = (await run(programs.makeTwoFunctions).result()) as unknown as [FunctionRef, FunctionRef];
      const again = guest.getGlobal("f") as FunctionRef;
      assert.notEqual(again.id, f.id);
      const same = (): boolean[] => [f, again, g].map((fn) => guest.sameFunction(again, fn));
      assert.deepEqual(same(), [true, true, false]);
      // One that is given back takes nothing from the other.
      f.release();
      assert.deepEqual([guest.sameFunction(again, again), guest.sameFunction(again, g)], [true, false]);
      assert.equal(await guest.call(again, [1]).result(), 2);
      await failure(() => guest.sameFunction(again, f), "INVALID_ARGUMENT");
      await failure(() => guest.sameFunction(f, again), "INVALID_ARGUMENT");
    }),
    make("functions that entered the guest are the same when they come back", async ({ guest, run }) => {
      const add = (await run(programs.returnFunction).result()) as FunctionRef;
      guest.setGlobal("input", { add });
      const { add: again } = guest.getGlobal("input") as { add: FunctionRef };
      const other = (await run(programs.returnFunction).result()) as FunctionRef;
      assert.deepEqual([guest.sameFunction(again, add), guest.sameFunction(again, other)], [true, false]);
    }),
    make("whether functions are the same is known inside a host call, too", async ({ guest, host, run }) => {
      const [f, g] = (await run(programs.makeTwoFunctions).result()) as unknown as [FunctionRef, FunctionRef];
      const again = guest.getGlobal("f") as FunctionRef;
      let answers: boolean[] = [];
      host.onCall = () => {
        answers = [guest.sameFunction(f, again), guest.sameFunction(g, again)];
      };
      await run(programs.sayTwice.canonical).result();
      assert.deepEqual(answers, [true, false]);
    }),
    make("a handle leaves with its kind and id, and enters again", async ({ guest, run }) => {
      const handle = await run(programs.returnHandle).result();
      assert.ok(handle instanceof Handle);
      assert.deepEqual([handle.kind, handle.id], ["box", 1]);
      guest.setGlobal("input", handle);
      assert.deepEqual(await run(programs.echoInput).result(), handle);
    }),

    make("a weak handle enters and leaves with its kind and id", async ({ guest, run }) => {
      guest.setGlobal("input", new WeakHandle("box", 7));
      assert.deepEqual(await run(programs.echoInput).result(), new WeakHandle("box", 7));
    }),
    make("a cycle is refused and the error names its path", async ({ run }) => {
      const error = await failure(run(programs.returnCycle), "INVALID_ARGUMENT");
      assert.match(String(error.details["path"]), /\.me$/);
    }),
    make("a value that nests too deeply is refused and the error names its path", async ({ run }) => {
      const error = await failure(run(programs.returnTooDeep), "INVALID_ARGUMENT");
      assert.match(String(error.details["path"]), /(\.next){99}$/);
      assert.match(error.message, new RegExp(String(MAX_VALUE_DEPTH)));
    }),
    ...(programs.returnUnsupported === null
      ? []
      : [
          make("a value that cannot leave is refused and the error names its path", async ({ guest, run }) => {
            const error = await failure(run(programs.returnUnsupported ?? ""), "INVALID_ARGUMENT");
            assert.match(String(error.details["path"]), /\.odd$/);
            assert.equal(await guest.run(programs.returnInteger).result(), 42);
          }),
          make("a result that nobody looks at may be what cannot leave", async ({ guest, run }) => {
            const fn = (await run(programs.returnUnsupportedFunction ?? "").result()) as FunctionRef;
            await failure(guest.call(fn), "INVALID_ARGUMENT");
            assert.equal(await guest.call(fn, [], { discard: true }).result(), null);
            assert.equal(await guest.run(programs.returnInteger).result(), 42);
          }),
        ]),
    ...entries(REFUSED).map(([name, value]) =>
      make(`${name} cannot enter, the error names its path, the guest goes on`, async ({ guest, run }) => {
        const error = await failure(
          () => guest.setGlobal("input", { list: [1, value as ScriptValue] }),
          "INVALID_ARGUMENT",
        );
        assert.match(String(error.details["path"]), /list\[\d\]$/);
        assert.equal(await run(programs.returnInteger).result(), 42);
      }),
    ),
    make("a cyclic host value cannot enter", async ({ guest, run }) => {
      const cycle: Record<string, ScriptValue> = {};
      cycle["me"] = cycle;
      const error = await failure(() => guest.setGlobal("input", cycle), "INVALID_ARGUMENT");
      assert.match(String(error.details["path"]), /me/);
      assert.equal(await run(programs.returnInteger).result(), 42);
    }),
    make("an argument that cannot enter fails the call, and the guest goes on", async ({ guest, run }) => {
      const add = await run(programs.returnFunction).result();
      assert.ok(add instanceof FunctionRef);
      await failure(() => guest.call(add, [new Map() as unknown as ScriptValue]).result(), "INVALID_ARGUMENT");
      assert.equal(await guest.call(add, [1, 2]).result(), 3);
    }),
    make("a function of another guest is refused, and the guest goes on", async ({ guest, run, another }) => {
      const add = await run(programs.returnFunction).result();
      assert.ok(add instanceof FunctionRef);
      const other = another();
      await failure(() => other.guest.call(add, [1, 2]).result(), "INVALID_ARGUMENT");
      await failure(() => other.guest.setGlobal("input", add), "INVALID_ARGUMENT");
      await failure(() => other.guest.sameFunction(add, add), "INVALID_ARGUMENT");
      assert.equal(await other.guest.run(programs.returnInteger).result(), 42);
      assert.equal(await guest.call(add, [1, 2]).result(), 3);
    }),
    make(
      "a value larger than valueBytes does not enter",
      async (stage) => {
        await failure(() => stage.guest.setGlobal("input", "x".repeat(100_000)), "LIMIT_VALUE");
        await stillWorks(stage);
      },
      { limits: { valueBytes: 10_000 } },
    ),
  ];
}
