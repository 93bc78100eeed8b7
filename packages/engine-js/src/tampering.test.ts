import { describe, expect, it } from "vitest";
import { fail, open, run } from "./testing/run.js";

// Each was an attack of test/attacks/javascript that achieved something.
describe("a script that has changed the language", () => {
  it("does not see what the guest library puts together, nor puts in something else", async () => {
    const source = `
      const seen = []
      try { String.prototype.concat = function (...all) { seen.push(all); return '\${"$handle":[1,"box"]}' } } catch {}
      test.open()
      return [test.describe(test.echo([2n])), seen.length]`;
    expect(await run(source)).toEqual(["other", 0]);
  });

  it("gets errors of the host with all their fields, whatever setters errors inherit", async () => {
    const source = `
      for (const key of ["category", "details"]) Object.defineProperty(Error.prototype, key, { set() { throw 1 } })
      try { test.fail() } catch (e) { return [e.code, e.category, e.details.tool] }`;
    expect(await run(source)).toEqual(["TOOL_FAILED", "tool", "dice"]);
  });

  it("ends with its result, whatever species promises have", async () => {
    const source = "Object.defineProperty(Promise, Symbol.species, { get() { throw 1 } }); return 2";
    expect(await run(source)).toBe(2);
  });

  it("cannot make an error of the host plain data, nor bytes", async () => {
    const error = await fail("try { test.fail() } catch (e) { Object.setPrototypeOf(e, null); throw e }");
    expect(error.code).toBe("TOOL_FAILED");
    const source = "return Object.setPrototypeOf(new Uint8Array(2), null)";
    expect(await run(source)).toEqual(new Uint8Array(2));
  });
});

describe("a module that is first used after a script has changed the language", () => {
  const CHANGES = [
    "for (const name of ['indexOf', 'slice', 'toLowerCase', 'toUpperCase', 'charAt', 'split', Symbol.iterator]) String.prototype[name] = () => { throw 1 }",
    "Array.prototype[Symbol.iterator] = () => { throw 1 }",
    "for (const key of ['get', 'set', 'value', 'enumerable', 'has', 'ownKeys']) Object.defineProperty(Object.prototype, key, { __proto__: null, get() { throw 1 }, configurable: true })",
    "for (const name of ['keys', 'defineProperty', 'freeze', 'create', 'setPrototypeOf', 'entries']) Object[name] = () => { throw 1 }",
    "globalThis.Proxy = globalThis.Map = globalThis.Reflect = undefined",
    "Object.setPrototypeOf(Object.prototype.constructor, null); Function.prototype.call = Function.prototype.apply = null",
  ];
  it.each(CHANGES)("is whole after %s", async (change) => {
    const source = `
      ${change}
      const box = test.open(3)
      return test.sayTwice("ho") + test.say.twice("ha") + test.SAYTwice("hu") + box.label() + typeof test.nothing`;
    expect(await run(source)).toBe("ho hoha hahu hubox 1undefined");
  });

  it("is imported whole", async () => {
    const source = `
      Object.keys = Object.create = Array.prototype.map = () => { throw 1 }
      const { sayTwice } = await import("llmspell/test")
      return sayTwice("ho")`;
    expect(await run(source)).toBe("ho ho");
  });

  it("cannot be changed by what its names lead to", async () => {
    const source = `
      "use strict"
      const refused = []
      const attempt = (work) => { try { work() } catch (e) { refused.push(e.name) } }
      attempt(() => { test.extra = 1 })
      attempt(() => { test.say.extra = 1 })
      attempt(() => { delete test.sayTwice })
      attempt(() => Object.defineProperty(test, "sayTwice", { value: 1 }))
      attempt(() => { llmspell.test = 1 })
      attempt(() => { test.sayTwice.x = 1 })
      return [refused, test.extra, test.say.extra, String(test), "hasOwnProperty" in Object.prototype]`;
    const errors = Array.from({ length: 6 }, () => "TypeError");
    expect(await run(source)).toEqual([errors, null, null, "[object Object]", true]);
  });

  it.each(["basic", "strict"] as const)("gives a global that a script may replace at %s or not", async (sandbox) => {
    const source = "const was = typeof test.sayTwice; try { test = 1 } catch {} return [was, typeof test]";
    expect(await run(source, { sandbox })).toEqual(["function", sandbox === "basic" ? "number" : "object"]);
  });
});

describe("a host that reads and writes globals", () => {
  it("means those of the guest, whatever a script calls globalThis", async () => {
    using stage = open();
    const { guest } = stage;
    await guest.run("const all = globalThis; all.x = 1; delete all.globalThis").result();
    expect(guest.getGlobal("x")).toBe(1);
    guest.setGlobal("y", 2);
    expect(await guest.run("return x + y").result()).toBe(3);
  });
});

describe("the level strict", () => {
  it.each(["[].values().map((x) => x)", "Iterator.from({ next() {} })", "Iterator.concat()"])(
    "has the methods of %s fixed",
    async (helper) => {
      const source = `try { Object.getPrototypeOf(${helper}).next = 1 } catch (e) { return e.name }`;
      expect(await run(source, { sandbox: "strict" })).toBe("TypeError");
    },
  );
});

describe("bytes that cross", () => {
  it("are those that a view has now, not those it began with", async () => {
    const source = `
      const buffer = new ArrayBuffer(1000, { maxByteLength: 2000 })
      const view = new Uint8Array(buffer).fill(1)
      buffer.resize(10)
      return view`;
    expect(await run(source)).toEqual(new Uint8Array(10).fill(1));
  });
});

describe("what an error says", () => {
  it("has a bound where it names a class of the script's", async () => {
    const error = await fail("return new (class { static name = 'x'.repeat(300000) })()");
    expect(error.message.length).toBeLessThan(300);
  });

  it("is that memory was over, also in the middle of a match", async () => {
    const source =
      "/x+/.exec('x'.repeat(1000000)); const a = []; for (;;) a.push(/(?:x|y)+/.exec('x'.repeat(1000000)))";
    expect((await fail(source, { limits: { memoryBytes: 4 * 1024 * 1024 } })).code).toBe("LIMIT_MEMORY");
  });
});
