import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { TestHost } from "@llmspell/engine/conformance";
import { ATTACKS } from "../../attacks/javascript/cases/index.js";
import { JAVASCRIPT } from "../../attacks/javascript/target.js";
import { endOf } from "../../attacks/kit/arena.js";
import type { FuzzedLanguage } from "../language.js";
import { plainValue } from "../values.js";
import { JavaScriptWriter } from "./grammar.js";

const WORDS = [
  "(",
  ")",
  "{",
  "}",
  "[",
  "]",
  "${",
  "`",
  '"',
  "'",
  "/",
  "\\",
  "\\u{10ffff}",
  "/*",
  "*/",
  "//",
  "<!--",
  "=>",
  "...",
  "?.",
  "??",
  "**",
  "+=",
  "++",
  ";",
  ",",
  ":",
  "#x",
  "@",
  "async",
  "await",
  "yield",
  "yield*",
  "function*",
  "class",
  "extends",
  "super",
  "static",
  "get",
  "set",
  "new.target",
  "import(",
  "import.meta",
  "export",
  "this",
  "arguments",
  "eval",
  "with",
  "let",
  "const",
  "using",
  "return",
  "break",
  "continue",
  "throw",
  "try",
  "catch",
  "finally",
  "delete",
  "typeof",
  "void",
  "in",
  "of",
  "instanceof",
  "null",
  "undefined",
  "NaN",
  "-0",
  "2n ** 64n",
  "2 ** 53",
  "1e308",
  "Symbol.iterator",
  "Object.prototype",
  "Promise.prototype",
  "Array.prototype",
  "__proto__",
  "then",
  "toJSON",
  "constructor",
  "Proxy",
  "Reflect.construct",
  "globalThis",
  "test.echo(",
  "test.apply(",
  "test.open()",
  "test.wait('x')",
  "\u0000",
  "\u2028",
  "\ufeff",
  "\ud800",
];

export const JAVASCRIPT_FUZZ: FuzzedLanguage = {
  target: JAVASCRIPT,
  attacks: ATTACKS,
  words: WORDS,
  program: (random) => new JavaScriptWriter(random).program(),
  afterwards: "const t = []; for (let i = 0; i < 100; i++) t.push([{}]); return t.map((x) => x.length).join()",
  targets: [
    {
      name: "values through every way of the door",
      async run({ engine, target: { bindings } }, random, note) {
        const value = plainValue(random);
        note(String(value));
        const host = new TestHost();
        const guest = engine.createGuest({ bindings, host });
        guest.setGlobal("value", value);
        const source = `
          const all = [value, test.echo(value), test.apply((x) => x, value), (() => value)(), test.echo({ v: [value] }).v[0]];
          test.report(value);
          try { throw { value } } catch (e) { all.push(test.echo(e).value) }
          return all`;
        const end = await endOf(guest, host, source);
        guest[Symbol.dispose]();
        assert.equal(end.code, "fine", end.message);
        for (const each of [...(end.value as unknown[]), ...host.reports]) {
          assert.ok(isDeepStrictEqual(each, value), "the value is the same on every way");
        }
      },
    },
  ],
};
