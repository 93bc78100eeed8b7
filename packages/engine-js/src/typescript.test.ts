import { describe, expect, it } from "vitest";
import type { ScriptValue } from "@llmspell/engine";
import type { SpellError } from "@llmspell/errors";
import { open } from "./testing/run.js";

async function cast(files: Readonly<Record<string, string>>, main = "main.ts"): Promise<ScriptValue> {
  using stage = open();
  for (const [name, text] of Object.entries(files)) stage.host.modules.set(name, text);
  return await stage.guest.run(files[main] ?? "", { name: main }).result();
}

const failing = (source: string): Promise<SpellError> =>
  cast({ "main.ts": source }).then(
    (value) => Promise.reject(new Error(`it ended well with ${JSON.stringify(value)}`)),
    (error: SpellError) => error,
  );

describe("TypeScript", () => {
  it.each<[string, string, ScriptValue]>([
    ["a body that returns", "const n: number = 41;\nreturn (n as number) + 1", 42],
    ["a body that waits", "const f = async <T,>(x: T): Promise<T> => x;\nreturn await f<string>('a')", "a"],
    [
      "a module",
      "interface A { n: number }\nconst a: A = { n: 1 };\nexport type B = A;\nexport default a.n satisfies number",
      1,
    ],
    ["types alone that are imported", 'import type { T } from "nowhere";\nexport default "x" as T', "x"],
    ["#! first", "#!/usr/bin/env llmspell\nreturn 1 as number", 1],
    [
      "classes",
      "abstract class A { abstract f(): number; declare n: string }\nclass B extends A { override f() { return 7 } }\nreturn new B().f()",
      7,
    ],
    ["what only looks like types", "const a = 1, b = 2, c = 3;\nreturn [a < b, c > 1]", [true, true]],
    ["`using`", "let log = '';\n{ using x: Disposable = { [Symbol.dispose]() { log += 'd' } } }\nreturn log", "d"],
  ])("runs %s", async (_, source, value) => {
    expect(await cast({ "main.ts": source })).toEqual(value);
  });

  it("imports TypeScript and JavaScript, and the script API", async () => {
    const files = {
      "main.ts":
        'import { f } from "lib.ts"; import { g } from "lib.js"; import { sayTwice } from "llmspell/test";\nexport default [f(1), g(1), sayTwice("a")]',
      "lib.ts": "export const f = (n: number): number => n + 1",
      "lib.js": "export const g = (n) => n + 2",
    };
    expect(await cast(files)).toEqual([2, 3, "a a"]);
  });

  it("is TypeScript by its name only", async () => {
    await expect(cast({ "main.js": "const n: number = 1" }, "main.js")).rejects.toMatchObject({ code: "SYNTAX_ERROR" });
  });

  it("keeps lines and columns, and the spell's own text in errors", async () => {
    const source = `interface A {
  n: number;
}

function f<T>(this: void, x: T): never { throw new Error(new Error("").stack?.split("\\n").find((l) => l.includes("main.ts"))) as unknown }
f<A>({ n: 1 } as A);`;
    const error = await failing(source);
    const [line = ""] = source.split("\n").slice(4);
    expect(error.details).toMatchObject({ file: "main.ts", line: 5, sourceLine: line.slice(0, 200) });
    expect(error.message).toContain(`main.ts:5:${line.indexOf('Error("")') + 1}`);
  });
});

describe("TypeScript that is refused", () => {
  it.each([
    ["an enum", "\nenum A { B }", 2, "TypeScript enum is not supported: only types are taken away"],
    ["a namespace with code", "namespace A { export const b = 1 }", 1, "only types are taken away"],
    ["a parameter property", "class A {\n  constructor(private n: number) {}\n}", 2, "only types are taken away"],
    ["a mistake", "const a = 1;\nconst b: = 2;\nreturn a", 2, "Unexpected token"],
    ["a mistake in a module", 'import { a } from "a";\nconst b: = 2', 2, "Unexpected token"],
    ["a module that returns", "export const a: number = 1;\nreturn a", 2, "its default export"],
  ])("%s", async (_, source, line, message) => {
    const error = await failing(source);
    expect(error).toMatchObject({ code: "SYNTAX_ERROR", details: { file: "main.ts", line } });
    expect(error.message).toContain(message);
  });

  it("in a module that is imported", async () => {
    await expect(cast({ "main.ts": 'import "lib.ts"', "lib.ts": "\nenum A {}" })).rejects.toMatchObject({
      code: "SYNTAX_ERROR",
      details: { file: "lib.ts", line: 2, sourceLine: "enum A {}" },
    });
  });

  it("takes a bounded time, and leaves the next source alone", async () => {
    const nested = (n: number): string => `x = ${"a ? (b) : c => (".repeat(n)}d${")".repeat(n)}`;
    expect(await failing(nested(80))).toMatchObject({ code: "LIMIT_TIME" });
    expect(await failing("(".repeat(50_000))).toMatchObject({ code: "SYNTAX_ERROR" });
    expect(await failing("a;".repeat(200_000))).toMatchObject({
      code: "SYNTAX_ERROR",
      message: "this TypeScript is longer than 256 KB",
    });
    expect(await cast({ "main.ts": `${"let a: number;\n".replace("a", "$")}${"$;".repeat(100_000)} return 2` })).toBe(
      2,
    );
    expect(await cast({ "main.ts": "return 1 as number" })).toBe(1);
  });

  it("takes no more time than its guest has, however many sources there are", async () => {
    const nested = `x = ${"a ? (b) : c => (".repeat(80)}d${")".repeat(80)}`;
    using stage = open({ limits: { timeMs: 300 } });
    for (let i = 0; i < 5; i++) stage.host.modules.set(`m${i}.ts`, nested);
    const main = `for (let i = 0; i < 5; i++) try { await import("m" + i + ".ts") } catch {}`;
    await expect(stage.guest.run(main).result()).rejects.toMatchObject({ code: "LIMIT_TIME" });
    expect(stage.guest.state).toBe("killed");
  });
});
