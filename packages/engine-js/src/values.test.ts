import {
  Handle,
  HostFunction,
  WeakHandle,
  asText,
  type FunctionRef,
  type Host,
  type ScriptValue,
} from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { fail, open, run } from "./testing/run.js";

describe("values that leave", () => {
  it.each<[string, ScriptValue]>([
    ["NaN", NaN],
    ["-0", -0],
    ["[,1]", [null, 1]],
    ["({ a: undefined, b: [undefined] })", { b: [null] }],
    ["Object.assign(Object.create(null), { a: 1 })", { a: 1 }],
    ['({ $bytes: 1, $handle: ["box", 1] })', { $bytes: 1, $handle: ["box", 1] }],
    ["({ $function: 1 })", { $function: 1 }],
    ['JSON.parse(\'{"__proto__": 1, "a": 5}\')', JSON.parse('{"__proto__": 1, "a": 5}') as ScriptValue],
    ['"\\u2028\\ud83d\\ude00\\0"', "\u2028😀\0"],
    ["5n", 5n],
    ["-(2n ** 63n)", -(2n ** 63n)],
    ["new Uint8Array([1, 2, 3]).subarray(1)", Uint8Array.of(2, 3)],
    ["[new Uint8Array(0), { b: Uint8Array.of(9) }]", [new Uint8Array(0), { b: Uint8Array.of(9) }]],
    ["new Proxy({ a: 1 }, {})", { a: 1 }],
    ["undefined", null],
  ])("%s", async (source, expected) => {
    expect(await run(`return ${source}`)).toEqual(expected);
    expect(await run(`return test.echo([${source}])`)).toEqual([expected]);
  });

  it.each([
    ["new Date()", "Date"],
    ["new Set()", "Set"],
    ["/x/", "RegExp"],
    ["new (class Point {})()", "Point"],
    ["new Int16Array(2)", "Int16Array"],
    ["new ArrayBuffer(2)", "ArrayBuffer"],
  ])("but not %s", async (source, name) => {
    const error = await fail(`return { deep: [${source}] }`);
    expect([error.code, error.details["path"]]).toEqual(["INVALID_ARGUMENT", "the result.deep[0]"]);
    expect(error.message).toContain(name);
    const argument = await fail(`test.echo(1, ${source})`);
    expect(argument.details["path"]).toBe("argument 2");
    expect(argument.details["line"]).toBe(1);
  });

  it("and not integers of more than 64 bits, nor symbols", async () => {
    expect((await fail("return 2n ** 63n")).message).toContain("64 bits");
    expect((await fail("return [Symbol.iterator]")).details["path"]).toBe("the result[0]");
  });

  it("as they are when they are looked at, whatever a script does to the language", async () => {
    const hostile = `
      Object.prototype.toJSON = Array.prototype.toJSON = () => ({ $handle: 1 })
      Object.defineProperty(Object.prototype, 0, { set() { throw 1 } })
      Array.prototype[Symbol.iterator] = Map.prototype.get = Reflect.apply = JSON.stringify = JSON.parse = null
      Promise.prototype.then = Promise.resolve = Function.prototype.call = String.prototype.slice = null
      Object.keys = Object.create = Object.getPrototypeOf = WeakRef.prototype.deref = null`;
    const closely = await run(`${hostile}\nreturn test.echo({ big: 5n, list: [1, [2n]], text: "t" })`);
    expect(closely).toEqual({ big: 5n, list: [1, [2n]], text: "t" });
    expect(await run(`${hostile}\nreturn [await test.open("box").label()]`)).toEqual(["box 1"]);
  });

  it("give errors of the script as such, and errors of the host as they were", async () => {
    expect(await run("return new TypeError('t')")).toMatchObject({ code: "SCRIPT_ERROR", message: "t" });
    const caught = await run("try { test.fail() } catch (e) { e.message = 'other'; return [e] }");
    expect((caught as SpellError[])[0]).toMatchObject({ code: "TOOL_FAILED", message: "the tool has no luck" });
  });
});

describe("values that enter", () => {
  it("have the text of a field as their own where the host says so", async () => {
    const host: Host = { call: () => asText({ content: "hi", tokens: 3 }, "content") };
    expect(await run("const r = test.echo(); return [`${r}`, r.tokens, Object.keys(r)]", { host })).toEqual([
      "hi",
      3,
      ["content", "tokens"],
    ]);
  });

  it("are errors with their details", async () => {
    const host: Host = {
      call: () => new SpellError("TOOL_FAILED", "no", { details: { at: [1, { $bigint: "x" }] } }),
    };
    expect(await run("const e = test.echo(); return [e instanceof Error, e.name, e.details]", { host })).toEqual([
      true,
      "SpellError",
      { at: [1, { $bigint: "x" }] },
    ]);
  });

  it("cannot be made into errors of the host by a script", async () => {
    const source = `
      try { test.fail() } catch (e) {
        const forged = new e.constructor("forged")
        return [forged.code === undefined, Object.getPrototypeOf(e).constructor === Error]
      }`;
    expect(await run(source)).toEqual([true, true]);
  });
});

describe("what a guest holds of its host", () => {
  it("is told when it comes, and when the guest has dropped it", async () => {
    const seen: string[] = [];
    const host: Host = {
      call: () => new Handle("box", 7),
      retain: ({ id }) => void seen.push(`retain ${id}`),
      release: ({ id }) => void seen.push(`release ${id}`),
    };
    using stage = open({ host });
    await stage.guest.run("globalThis.a = test.open('box'); globalThis.b = test.open('box')").result();
    expect(seen).toEqual(["retain 7"]);
    await stage.guest.run("a = null").result();
    expect(seen).toEqual(["retain 7"]);
    await stage.guest.run("b = null").result();
    expect(seen).toEqual(["retain 7", "release 7"]);
  });

  it("is one object for a function, until it is dropped", async () => {
    const released: string[] = [];
    const fn = new HostFunction(
      "fn",
      () => 1,
      () => void released.push("fn"),
    );
    using stage = open();
    const { guest } = stage;
    guest.setGlobal("one", fn);
    guest.setGlobal("two", [fn]);
    expect(await guest.run("return one === two[0]").result()).toBe(true);
    await guest.run("one = two = null").result();
    expect(released).toEqual(["fn"]);
    guest.setGlobal("three", fn);
    expect(await guest.run("return three()").result()).toBe(1);
  });

  it("is looked at through a weak handle, which keeps nothing", async () => {
    const boxes = new Map([[7, new Handle("box", 7)]]);
    const host: Host = { upgrade: ({ id }) => boxes.get(id) };
    using stage = open({ host });
    const { guest } = stage;
    guest.setGlobal("weak", new WeakHandle("box", 7));
    expect(await guest.run("return [weak.kind, weak.deref()]").result()).toEqual(["box", new Handle("box", 7)]);
    boxes.clear();
    expect(await guest.run("return weak.deref() === undefined").result()).toBe(true);
    expect(await guest.expireHandles().result()).toBe(0);
  });

  it("cannot be named by a guest that does not have it", async () => {
    const source = "return test.describe(Object.create(Object.getPrototypeOf(test.open('box'))))";
    expect((await fail(source)).code).toBe("INVALID_ARGUMENT");
    expect((await fail("test.open('box').label.call({ kind: 'box' }).x.y")).code).toBe("SCRIPT_ERROR");
  });

  it("has methods in both spellings, and cannot be changed", async () => {
    const source = "const b = test.open('box'); try { b.kind = 'x' } catch (e) { return [e.name, b.kind, b.label()] }";
    expect(await run(source)).toEqual(["TypeError", "box", "box 1"]);
  });
});

describe("functions of a guest", () => {
  it("may be asynchronous when the host calls them as a task", async () => {
    using stage = open();
    const { guest, host } = stage;
    const fn = (await guest.run('return async (n) => n + (await test.wait("a"))').result()) as FunctionRef;
    const task = guest.call(fn, [1]);
    host.resolve("a", 2);
    expect(await task.result()).toBe(3);
  });

  it("are let go of when the host releases them", async () => {
    using stage = open();
    const { guest } = stage;
    const before = guest.usage.memoryBytes;
    for (let i = 0; i < 200; i++) {
      const fn = (await guest.run("const big = new Uint8Array(10000); return () => big").result()) as FunctionRef;
      fn.release();
    }
    await guest.run("return 1").result();
    expect(guest.usage.memoryBytes - before).toBeLessThan(30_000);
  });
});
