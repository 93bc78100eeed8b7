import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { framesOf } from "./errors.js";
import { fail, open, run } from "./testing/run.js";

const placeOf = ({ details }: SpellError): unknown[] => [details["file"], details["line"], details["sourceLine"]];

describe("where an error happened", () => {
  it("is told with every call that led to it", async () => {
    const error = await fail("function inner() {\n  null.x\n}\nfunction outer() {\n  inner()\n}\nouter()");
    expect(placeOf(error)).toEqual(["a.js", 2, "  null.x"]);
    expect(error.details["stack"]).toEqual([
      { file: "a.js", line: 2, name: "inner" },
      { file: "a.js", line: 5, name: "outer" },
      { file: "a.js", line: 7 },
    ]);
    expect(error.details["name"]).toBe("TypeError");
  });

  it("is the call of the host, not the library behind it", async () => {
    const error = await fail("const f = () =>\n  test.fail()\nf()");
    expect(error.code).toBe("TOOL_FAILED");
    expect(error.details["stack"]).toEqual([
      { file: "a.js", line: 2, name: "f" },
      { file: "a.js", line: 3 },
    ]);
  });

  it("is the call that was waited for, when its answer is an error", async () => {
    using stage = open();
    const { guest, host } = stage;
    const task = guest.run('async function ask() {\n  await test.wait("a")\n}\nawait ask()', { name: "a.js" });
    host.reject("a", new SpellError("PROVIDER_NETWORK", "no answer"));
    const error = await task.result().catch((thrown: unknown) => thrown as SpellError);
    expect((error as SpellError).details["stack"]).toEqual([
      { file: "a.js", line: 2, name: "ask" },
      { file: "a.js", line: 4 },
    ]);
  });

  it("is in the source when the source does not compile, also at its end", async () => {
    expect(placeOf(await fail("let a = 1\nlet a = 2"))).toEqual(["a.js", 2, "let a = 2"]);
    const open = await fail("if (true) {\n  run(");
    expect(open.code).toBe("SYNTAX_ERROR");
    expect(open.details["line"]).toBe(2);
  });

  it("is not known of a value that is no error", async () => {
    const error = await fail("throw { message: 'm', code: 'LIMIT_FUEL' }");
    expect([error.code, error.message, error.details["file"]]).toEqual(["SCRIPT_ERROR", "m", undefined]);
    expect(error.details["value"]).toEqual({ message: "m", code: "LIMIT_FUEL" });
    expect((await fail("throw null")).message).toBe("null");
  });

  it("counts the first line, and passes over a #! and a byte order mark", async () => {
    expect(placeOf(await fail("\uFEFF#!/usr/bin/env llmspell\nthrow new Error('x')"))[1]).toBe(2);
    expect(placeOf(await fail("throw new Error('x')"))[1]).toBe(1);
  });
});

describe("errors that claim what they are not", () => {
  it.each(["throw new RangeError('Maximum call stack size exceeded')", "throw new InternalError('out of memory')"])(
    "are the script's own: %s",
    async (source) => {
      expect((await fail(source)).code).toBe("SCRIPT_ERROR");
    },
  );

  it("cannot be read from one that has no text", async () => {
    const error = await fail("const e = new Error('x'); e.message = { toString() { throw 1 } }; throw e");
    expect([error.code, error.message]).toEqual(["SCRIPT_ERROR", "an error that has no text"]);
  });

  it("have no say in how the library formats stacks", async () => {
    const source = "try { Error.prepareStackTrace = () => { throw 1 } } catch {} return typeof Error.prepareStackTrace";
    expect(await run(source)).toBe("undefined");
  });

  it("may have any text as a stack, which costs the host little", () => {
    const long = `    at ${"(:1".repeat(200_000)}`;
    expect(framesOf(long)).toEqual([]);
    expect(framesOf(`${"    at f (a.js:1:1)\n".repeat(5_000)}`)).toHaveLength(24);
    expect(
      framesOf("    at native\n    at f (native)\n    at [llmspell tasks]:3:4\n    at <anonymous> (a b.js:7)"),
    ).toEqual([{ file: "a b.js", line: 7 }]);
  });
});

describe("a rejection that nobody takes", () => {
  it("fails the run with its place", async () => {
    const error = await fail("const go = async () => {\n  throw new Error('lost')\n}\ngo()\nreturn 1");
    expect(error.message).toBe("lost");
    expect(placeOf(error).slice(0, 2)).toEqual(["a.js", 2]);
  });

  it("does not when it is taken before the turn ends", async () => {
    expect(
      await run("const p = Promise.reject(new Error('x')); await null; try { await p } catch { return 'ok' }"),
    ).toBe("ok");
  });

  it("fails what an answer of the host has woken", async () => {
    using stage = open();
    const { guest, host } = stage;
    const task = guest.run('await test.wait("a")\nPromise.reject(new Error("late"))\nawait test.wait("b")');
    host.resolve("a", 1);
    await expect(task.result()).rejects.toMatchObject({ message: "late" });
    expect(host.waiting).toEqual(["b"]);
  });

  it("is no longer known to the next run", async () => {
    using stage = open();
    const { guest } = stage;
    await expect(guest.run("Promise.reject(1)").result()).rejects.toMatchObject({ message: "1" });
    expect(guest.state).toBe("failed");
    expect(await guest.run("return 2").result()).toBe(2);
  });
});
