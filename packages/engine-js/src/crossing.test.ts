import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import {
  Handle,
  Pending,
  type Bindings,
  type FunctionRef,
  type Guest,
  type GuestOptions,
  type Host,
  type ScriptValue,
} from "@llmspell/engine";
import { SpellError, isSpellError } from "@llmspell/errors";
import { sharedEngine } from "./testing/run.js";

const NAMES = ["give", "take", "later", "back", "open", "fail"];
const fn = (name: string, awaitable = false) => ({ name, aliases: [], id: NAMES.indexOf(name) + 1, awaitable });
const BINDINGS: Bindings = {
  modules: [
    {
      name: "port",
      aliases: [],
      functions: [fn("give"), fn("take"), fn("later", true), fn("back"), fn("open"), fn("fail")],
    },
  ],
  handles: [{ kind: "box", methods: [{ ...fn("take"), name: "put" }], properties: [{ ...fn("give"), name: "given" }] }],
  globals: {},
  roots: [],
};

/** A host that gives one value, and notes what it is called with. */
class Port implements Host {
  value: ScriptValue = null;
  readonly taken: (readonly ScriptValue[])[] = [];

  call(id: number, args: readonly ScriptValue[], guest: Guest): ScriptValue | Pending {
    switch (NAMES[id - 1]) {
      case "take":
        this.taken.push(args);
        return null;
      case "later":
        return args[0] === true ? new Pending(Promise.resolve(this.value)) : this.value;
      case "back": {
        const back = args[0] as FunctionRef;
        const result = guest.callSync(back, args.slice(1));
        back.release();
        return result;
      }
      case "open":
        return new Handle("box", Number(args[0]));
      case "fail":
        throw new SpellError("TOOL_FAILED", "no");
      default:
        return this.value;
    }
  }
}

const guests: Guest[] = [];
afterAll(() => {
  for (const guest of guests) guest[Symbol.dispose]();
});

function open(options: GuestOptions = {}): { guest: Guest; port: Port } {
  const port = new Port();
  const guest = sharedEngine().createGuest({
    bindings: BINDINGS,
    host: port,
    ...options,
    limits: { hostCalls: 1e9, fuel: 1e12, ...options.limits },
  });
  guests.push(guest);
  return { guest, port };
}

async function taken(source: string, options: GuestOptions = {}): Promise<readonly ScriptValue[]> {
  const { guest, port } = open(options);
  await guest.run(source).result();
  return port.taken.flat();
}

/** Something beside the value that crosses as text only, so that all of it does. */
const TEXT_ONLY = Uint8Array.of(7);

const units = (max: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max }), { maxLength: 60 }).map((codes) => String.fromCharCode(...codes));
// Bytes, lone surrogates, and what is longer than the host writes by the character.
const text = fc.oneof(fc.string({ unit: "binary" }), units(0xff), units(0xffff), fc.string({ minLength: 50 }));
const key = fc.oneof(
  text,
  fc.constantFrom("__proto__", "constructor", "toJSON", "then", "$bytes", "$handle", "length", ""),
  fc.nat().map(String),
  fc.constantFrom("4294967294", "4294967295", "2147483647", "2147483648", "-1", "01", "1.5"),
);
const leaf: fc.Arbitrary<ScriptValue> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  text,
);
const { value: anyValue } = fc.letrec<{ value: ScriptValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 6 }),
    fc
      .array(fc.tuple(key, tie("value")), { maxLength: 6 })
      // Own fields, also one whose name is `__proto__`.
      .map((entries) => Object.fromEntries(entries)),
  ),
}));

/** Whether all are the value; not `toStrictEqual`, which asks a field named `constructor` for its class. */
const areAll = (value: ScriptValue, ...crossed: readonly (ScriptValue | undefined)[]): boolean =>
  crossed.every((each) => isDeepStrictEqual(each, value));

describe("a value is the same, whichever way it crosses", () => {
  it("in, out, and both", async () => {
    const { guest, port } = open();
    const source = `
      port.take(port.give())               // memory, memory
      port.take(port.give(), new Uint8Array(1)) // memory, text
      return port.give()`;
    const viaText = `
      const { value } = port.give()
      port.take(value)                     // text, memory
      port.take(value, new Uint8Array(1))  // text, text
      return { value, bytes: new Uint8Array(1) }`;
    await fc.assert(
      fc.asyncProperty(anyValue, async (value) => {
        port.taken.length = 0;
        port.value = value;
        const result = await guest.run(source).result();
        port.value = { value, bytes: TEXT_ONLY };
        const { value: last } = (await guest.run(viaText).result()) as { value: ScriptValue };
        expect(areAll(value, ...port.taken.map(([crossed]) => crossed), result, last)).toBe(true);
        expect(port.taken).toHaveLength(4);
      }),
      { numRuns: 400 },
    );
  });

  it("in calls of the guest's functions and in its globals", async () => {
    const { guest } = open();
    const echo = (await guest.run("return (v) => v").result()) as FunctionRef;
    await fc.assert(
      fc.asyncProperty(anyValue, async (value) => {
        guest.setGlobal("g", value);
        expect(areAll(value, await guest.call(echo, [value]).result(), guest.getGlobal("g"))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it("when it is the answer that a promise waits for", async () => {
    const { guest, port } = open();
    port.value = { a: [1, "two"] };
    const source =
      "const a = await port.later(true), b = await port.later(false); return [a, b, port.later() instanceof Promise]";
    expect(await guest.run(source).result()).toEqual([port.value, port.value, true]);
  });

  it("with the same order of fields as the guest's", async () => {
    expect(await taken("port.take({ b: 1, 10: 2, a: 3, 9: 4 })")).toEqual([{ 9: 4, 10: 2, b: 1, a: 3 }]);
    const [object] = await taken("port.take({ b: 1, 10: 2, a: 3, 9: 4 })");
    expect(Object.keys(object as object)).toEqual(["9", "10", "b", "a"]);
  });
});

describe("no code of the guest runs while a value is read", () => {
  it.each<[string, string, ScriptValue]>([
    ["toJSON", "Object.prototype.toJSON = Array.prototype.toJSON = () => 1; port.take([{ a: 1 }])", [{ a: 1 }]],
    [
      "a getter of a prototype",
      "Object.defineProperty(Object.prototype, 'b', { get() { throw 1 } }); port.take({ a: 1 })",
      { a: 1 },
    ],
    ["an iterator", "Array.prototype[Symbol.iterator] = null; port.take([1, 2])", [1, 2]],
    [
      "an accessor of an element",
      "Object.defineProperty(Array.prototype, 0, { get() { throw 1 }, set() { throw 2 } }); port.take([1])",
      [1],
    ],
    ["a conversion", "String.prototype.toString = Number.prototype.valueOf = null; port.take(['a', 1])", ["a", 1]],
    [
      "a setter of a name",
      "Object.defineProperty(Object.prototype, 'x', { set() { throw 1 } }); port.take(port.give())",
      { x: [1] },
    ],
  ])("not %s", async (_, source, expected) => {
    const { guest, port } = open();
    port.value = { x: [1] };
    await guest.run(source).result();
    expect(port.taken).toEqual([[expected]]);
  });
});

describe("what is no plain data is taken apart by the guest library", () => {
  it.each<[string, string, ScriptValue]>([
    ["a getter", "{ get a() { return 1 } }", { a: 1 }],
    ["a proxy", "new Proxy({ a: 1 }, { get: () => 2 })", { a: 2 }],
    ["a proxy of a list", "new Proxy([1, 2], {})", [1, 2]],
    ["a sparse list", "[1, , 3]", [1, null, 3]],
    ["a list that was made longer", "Object.assign([1], { length: 3 })", [1, null, null]],
    ["a list with an accessor", "Object.defineProperty([1, 2], 0, { get: () => 5 })", [5, 2]],
    ["a list of a class", "new (class extends Array {})(1, 2, 3)", [1, 2, 3]],
    ["a list without a prototype", "Object.setPrototypeOf([1, 2], null)", [1, 2]],
    ["a frozen list", "Object.freeze([1, [2]])", [1, [2]]],
    ["a sealed object", "Object.seal({ a: 1 })", { a: 1 }],
    ["an object without a prototype", "Object.create(null, { a: { value: 1, enumerable: true } })", { a: 1 }],
    [
      "fields that are not enumerable, symbols, deleted ones",
      "(() => { const o = { a: 1, b: 2, [Symbol()]: 3 }; delete o.a; Object.defineProperty(o, 'c', { value: 4 }); return o })()",
      { b: 2 },
    ],
    [
      "an object with a private field",
      "(() => { class R { constructor(o) { return o } } class B extends R { #x = 1 } return new B({ a: 1 }) })()",
      { a: 1 },
    ],
    [
      "an object with many fields",
      "Object.fromEntries(Array.from({ length: 300 }, (_, i) => ['k' + i, i]))",
      Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i])),
    ],
    [
      "bytes of a buffer that is resized",
      "(() => { const b = new ArrayBuffer(4, { maxByteLength: 8 }); const u = new Uint8Array(b); b.resize(2); return u })()",
      new Uint8Array(2),
    ],
  ])("%s", async (_, source, expected) => {
    expect(await taken(`const v = ${source}; port.take(v); port.take([v])`)).toEqual([expected, [expected]]);
    const { guest } = open();
    expect(await guest.run(`return ${source}`).result()).toEqual(expected);
  });

  it.each([
    [
      "a proxy that was revoked",
      "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy })()",
      "SCRIPT_ERROR",
    ],
    ["a getter that throws", "{ get a() { throw new TypeError('mine') } }", "SCRIPT_ERROR"],
    ["a cycle", "(() => { const o = {}; o.list = [o]; return o })()", "INVALID_ARGUMENT"],
    ["a class", "new (class A { x = 1 })()", "INVALID_ARGUMENT"],
    ["an object whose prototype was changed", "Object.setPrototypeOf({ a: 1 }, { b: 2 })", "INVALID_ARGUMENT"],
    [
      "what nests too deeply",
      "(() => { let o = {}; for (let i = 0; i < 101; i++) o = { o }; return o })()",
      "INVALID_ARGUMENT",
    ],
  ])("which refuses %s", async (_, source, code) => {
    await expect(taken(`port.take(${source})`)).rejects.toMatchObject({ code });
  });

  it("in the middle of which the guest may call the host again", async () => {
    const source = "port.take({ get a() { return port.give() }, get b() { port.take(1); return 2 } })";
    const { guest, port } = open();
    port.value = [5];
    await guest.run(source).result();
    expect(port.taken).toEqual([[1], [{ a: [5], b: 2 }]]);
  });
});

describe("text", () => {
  it.each<[string, string, string]>([
    ["that was put together", "'a'.repeat(9000) + 'é'.repeat(9000) + '😀'", `${"a".repeat(9000)}${"é".repeat(9000)}😀`],
    ["that was cut out", "('é' + 'x'.repeat(20000)).slice(1, -1)", "x".repeat(19_999)],
    ["that was cut out of wide text", "('😀'.repeat(9000)).slice(1)", "😀".repeat(9000).slice(1)],
    ["with lone surrogates", "'\\ud800' + 'x' + '\\udfff'", "\ud800x\udfff"],
    ["that is a name", "Object.keys({ name_of_it: 1 })[0]", "name_of_it"],
    ["with zeros", "'a\\0b'", "a\0b"],
  ])("%s", async (_, source, expected) => {
    expect(await taken(`const t = ${source}; port.take(t, [t], { t }, { [t]: t })`)).toEqual([
      expected,
      [expected],
      { t: expected },
      { [expected]: expected },
    ]);
  });

  it("grows a thousandfold in parts, and is refused as a whole", async () => {
    const source = "let s = 'x'.repeat(1000); for (let i = 0; i < 20; i++) s += s; port.take(s)";
    await expect(taken(source)).rejects.toMatchObject({ code: "LIMIT_VALUE" });
  });
});

describe("what a value may be", () => {
  it("is bounded, however often it holds the same", async () => {
    const source = "let a = 1; for (let i = 0; i < 60; i++) a = [a, a]; port.take(a)";
    await expect(taken(source)).rejects.toMatchObject({ code: "LIMIT_VALUE" });
    const result = "let a = 1; for (let i = 0; i < 60; i++) a = [a, a]; return a";
    await expect(taken(result)).rejects.toMatchObject({ code: "LIMIT_VALUE" });
  });

  it("is bounded alike, whichever way it crosses", async () => {
    const limits = { valueBytes: 1_000 };
    for (const length of [40, 80]) {
      const list = `Array.from({ length: ${length} }, (_, i) => i)`;
      const outcomes = await Promise.all(
        [`port.take(${list})`, `port.take(new Proxy(${list}, {}))`, `return ${list}`].map((source) =>
          taken(source, { limits }).then(
            () => "taken",
            (error: unknown) => (isSpellError(error) ? error.code : "?"),
          ),
        ),
      );
      const expected = length === 40 ? "taken" : "LIMIT_VALUE";
      expect(outcomes).toEqual([expected, expected, expected]);
    }
  });

  it("costs fuel by its size, the same on every run and behind a snapshot", async () => {
    const fuelOf = async (body: string): Promise<number> => {
      const { guest, port } = open();
      port.value = { a: ["x".repeat(2_000)] };
      await guest.run("globalThis.T = { a: [1, 'two', { three: 3.5 }], b: 'x'.repeat(5000) }").result();
      const half = sharedEngine().restore(guest.snapshot(), { bindings: BINDINGS, host: port });
      guests.push(half);
      await guest.run(body).result();
      await half.run(body).result();
      expect(half.usage.fuel).toBe(guest.usage.fuel);
      return guest.usage.fuel;
    };
    const empty = await fuelOf("");
    const small = await fuelOf("port.take(1)");
    const large = await fuelOf("port.take(T)");
    expect(await fuelOf("port.take(T)")).toBe(large);
    expect(small - empty).toBeGreaterThan(64);
    expect(large - small).toBeGreaterThan(2_500);
    expect((await fuelOf("port.give()")) - small).toBeGreaterThan(1_000);
    expect(await fuelOf("port.take({ get a() { return T } })")).toBeGreaterThan(large);
  });
});

describe("fields that do not leave", () => {
  it("cost fuel for looking at them", async () => {
    const fuelOf = async (body: string): Promise<number> => {
      const { guest, port } = open();
      const before = guest.usage.fuel;
      const make = `const o = {}; for (let i = 0; i < 20000; i++) Object.defineProperty(o, "k" + i, { value: i, configurable: true });`;
      await guest.run(`${make} ${body}`).result();
      expect(port.taken.every(([value]) => isDeepStrictEqual(value, {}))).toBe(true);
      return guest.usage.fuel - before;
    };
    const once = await fuelOf("port.take(o)");
    expect((await fuelOf("for (let i = 0; i < 11; i++) port.take(o)")) - once).toBeGreaterThan(10 * 20_000 * 4);
  });
});

describe("functions of the host", () => {
  it("are functions: named, frozen, and no constructors", async () => {
    const { guest } = open();
    const source = `
      "use strict"
      const refused = []
      for (const attempt of [() => new port.take(), () => { port.take.x = 1 }, () => { port.take = 1 }])
        try { attempt() } catch (e) { refused.push(e.name) }
      return [typeof port.take, port.take.name, port.take.length, refused]`;
    expect(await guest.run(source).result()).toEqual(["function", "take", 0, ["TypeError", "TypeError", "TypeError"]]);
  });

  it("take any number of arguments, however they are called", async () => {
    expect(await taken("port.take()")).toEqual([]);
    expect(await taken("port.take(undefined, null)")).toEqual([null, null]);
    expect(await taken("port.take(...Array.from({ length: 3000 }, (_, i) => i))")).toHaveLength(3000);
    expect(await taken("Reflect.apply(port.take, 5, [1]); port.take.call(null, 2); port.take.bind({})(3)")).toEqual([
      1, 2, 3,
    ]);
    expect(await taken("[1, 2].forEach(port.take)")).toEqual([1, 0, [1, 2], 2, 1, [1, 2]]);
  });

  it("raise what the host raises, at the line of the call", async () => {
    const { guest } = open();
    await expect(guest.run("const a = 1\nport.fail(a)", { name: "a.js" }).result()).rejects.toMatchObject({
      code: "TOOL_FAILED",
      details: { file: "a.js", line: 2 },
    });
    expect(await guest.run("try { port.fail() } catch (e) { return e.code }").result()).toBe("TOOL_FAILED");
  });

  it("end the guest where a limit ends, past every catch", async () => {
    const { guest } = open({ limits: { hostCalls: 3 } });
    const source = "for (;;) try { port.take(1) } catch {} finally { continue }";
    await expect(guest.run(source).result()).rejects.toMatchObject({ code: "LIMIT_CALLS" });
    expect(guest.state).toBe("killed");
  });

  it("call back, and are called from there", async () => {
    const { guest, port } = open();
    port.value = { deep: [1] };
    const source = "return port.back((n) => port.back((m) => [port.give(), n, m], n + 1), 1)";
    expect(await guest.run(source).result()).toEqual([{ deep: [1] }, 1, 2]);
  });

  it("call back no deeper than the stack", async () => {
    const { guest } = open();
    await expect(guest.run("const f = () => port.back(f); f()").result()).rejects.toMatchObject({
      code: "LIMIT_DEPTH",
    });
    const next = open();
    expect(await next.guest.run("return 1").result()).toBe(1);
  });

  it("leave no memory behind", async () => {
    const { guest, port } = open();
    port.value = { a: ["text", { b: 1.5 }] };
    const source = `for (let i = 0; i < COUNT; i++) {
      port.take(port.give(), "t" + i, [1.5]); await port.later(true); try { port.fail() } catch {}
      port.take({ get a() { return 1 } }); port.open(1).put(i); port.back((v) => v, port.give())
    }`;
    await guest.run(source.replace("COUNT", "200")).result();
    const before = guest.usage.memoryBytes;
    await guest.run(source.replace("COUNT", "3000")).result();
    expect(guest.usage.memoryBytes - before).toBeLessThan(20_000);
  });
});

describe("handles", () => {
  it("are the first argument of their methods, and of their properties", async () => {
    const box = new Handle("box", 4);
    expect(await taken("const b = port.open(4); b.put(1); b.put(new Uint8Array(1)); port.take(b, [b])")).toEqual([
      box,
      1,
      box,
      Uint8Array.of(0),
      box,
      [box],
    ]);
    const { guest, port } = open();
    port.value = 5;
    expect(await guest.run("return port.open(4).given").result()).toBe(5);
  });

  // A number that is taken for an address must not lead anywhere.
  it.each([
    "5",
    "1100000",
    "'box'",
    "null",
    "undefined",
    "{}",
    "[]",
    "Object.create(Object.getPrototypeOf(b))",
    "new Proxy(b, {})",
    "port.take",
    "1n",
    "true",
    "0.5",
  ])("are nothing that a script can make: %s", async (self) => {
    const source = `const b = port.open(4); const put = b.put; put.call(${self}, 1)`;
    const values = await taken(source).catch((error: unknown) => (isSpellError(error) ? error.code : "?"));
    expect([values].flat().some((value) => value instanceof Handle)).toBe(false);
  });

  it("are one object for each object of the host, as long as the script has it", async () => {
    const { guest } = open();
    const source = `
      const b = port.open(4), seen = new Set([b]), note = new WeakMap([[b, "known"]]);
      const again = port.open(4);
      return [b === again, port.open(9) === b, seen.has(again), note.get(again)]`;
    expect(await guest.run(source).result()).toEqual([true, false, true, "known"]);
  });

  it("come and go: the host is told once that the script has let go", async () => {
    const told: string[] = [];
    const host = Object.assign(new Port(), {
      retain: ({ id }: Handle) => void told.push(`retain ${id}`),
      release: ({ id }: Handle) => void told.push(`release ${id}`),
    });
    const { guest } = open({ host });
    await guest.run("for (let i = 0; i < 3; i++) { port.open(4); port.open(4); await null; }").result();
    await guest.run("await null").result();
    expect(told.at(-1)).toBe("release 4");
    expect(told.filter((each) => each.startsWith("retain")).length).toBe(told.length / 2);
    await guest.run("globalThis.kept = port.open(4); port.open(4); await null").result();
    expect(told.at(-1)).toBe("retain 4");
    expect(await guest.run("return kept === port.open(4)").result()).toBe(true);
  });

  it("of one guest mean nothing to another", async () => {
    const one = open();
    await one.guest.run("globalThis.b = port.open(4)").result();
    const two = open();
    await two.guest.run("port.open(9)").result();
    const bytes = one.guest.snapshot().encode();
    const copy = sharedEngine().restore(bytes, { bindings: BINDINGS, host: two.port });
    guests.push(copy);
    two.port.taken.length = 0;
    await copy.run("b.put(1)").result();
    expect(two.port.taken).toEqual([[new Handle("box", 4), 1]]);
  });
});
