import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ScriptValue } from "@llmspell/engine";
import type { SpellRun } from "@llmspell/spell";
import { describe, expect, it, onTestFinished } from "vitest";
import { cast, engine, failureOf, inJavaScript, valueOf } from "../../../../../test/support/spell.js";

const LANGUAGES = ["lua", "javascript"] as const;
type Language = (typeof LANGUAGES)[number];

const within = (language: Language, options: Partial<SpellRun> = {}): Partial<SpellRun> =>
  language === "lua" ? options : inJavaScript(options);
const value = (language: Language, sources: Record<Language, string>, options?: Partial<SpellRun>) =>
  valueOf(sources[language], within(language, options));
const failure = (language: Language, sources: Record<Language, string>, options?: Partial<SpellRun>) =>
  failureOf(sources[language], within(language, options));

const GRANTS = [{ capability: "module" }, { capability: "spell" }];

/** A folder with these files, and what may be done with them. */
async function folderOf(files: Record<string, string>): Promise<Partial<SpellRun>> {
  const folder = await mkdtemp(join(tmpdir(), "llmspell-spells-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, dirname(name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const javascript = inJavaScript().engine ?? engine;
  return { folder, grants: GRANTS, engineFor: (file) => (file.endsWith(".lua") ? engine : javascript) };
}

describe.each(LANGUAGES)("spell.init, params and output in %s", (language) => {
  const init = {
    lua: `local info = spell.init({ name = "greeter", version = "2", params = { n = { type = "integer" }, who = { default = "you" } } })
      return { info.name, info.version, info.params.n, spell.params("n"), spell.params("who"), params.n, spell.context().spell, spell.context().args.n }`,
    javascript: `const info = await spell.init({ name: "greeter", version: "2", params: { n: { type: "integer" }, who: { default: "you" } } });
      return [info.name, info.version, info.params.n, spell.params("n"), spell.params("who"), params.n, spell.context().spell, spell.context().args.n];`,
  };

  it("STD-52: gives parameters their types and defaults", async () => {
    expect(await value(language, init, { params: { n: "7" } })).toEqual(["greeter", "2", 7, 7, "you", 7, "greeter", 7]);
  });

  it("STD-52: a parameter of the wrong type, one too many or one too few fails before the body runs", async () => {
    for (const [params, message] of [
      [{ n: "x" }, "parameter 'n' must be an integer, not 'x'"],
      [{ n: 1, m: 2 }, "the spell has no parameter 'm'; it has"],
      [{}, "parameter 'n' (integer) is required"],
    ] as const)
      expect(await failure(language, init, { params })).toMatchObject({
        code: "VALIDATION_FAILED",
        message: expect.stringContaining(message),
      });
  });

  it.each([
    [`{ params = { n = { type = "colour" } } }`, `{ params: { n: { type: "colour" } } }`, "CONFIG_INVALID"],
    [`{ titel = "x" }`, `{ titel: "x" }`, "INVALID_ARGUMENT"],
    [`{ timeout = 0 }`, `{ timeout: 0 }`, "INVALID_ARGUMENT"],
    [`{ params = { n = { default = print } } }`, `{ params: { n: { default: parseInt } } }`, "INVALID_ARGUMENT"],
  ])("STD-52: what it cannot be is refused: %s", async (lua, javascript, code) => {
    const sources = { lua: `spell.init(${lua})`, javascript: `await spell.init(${javascript})` };
    expect(await failure(language, sources)).toMatchObject({ code });
  });

  it("STD-52: a spell says what it is once", async () => {
    const sources = { lua: "spell.init({}) spell.init({})", javascript: "await spell.init({}); await spell.init({})" };
    expect(await failure(language, sources)).toMatchObject({ code: "INVALID_STATE" });
  });

  it("STD-52: a timeout holds", async () => {
    const sources = {
      lua: 'spell.init({ timeout = 30 }) sleep("1h")',
      javascript: 'await spell.init({ timeout: 30 }); await sleep("1h");',
    };
    expect(await failure(language, sources)).toMatchObject({ code: "LIMIT_TIME" });
  });

  it("STD-52: the result is the data, or a text of it", async () => {
    const given = (format: string): Record<Language, string> => ({
      lua: `spell.output({ b = { 1, 2 } }, ${format}) return "other"`,
      javascript: `spell.output({ b: [1, 2] }, ${format === "nil" ? "undefined" : format}); return "other";`,
    });
    expect(await value(language, given("nil"))).toEqual({ b: [1, 2] });
    expect(await value(language, given('"auto"'))).toEqual({ b: [1, 2] });
    expect(JSON.parse((await value(language, given('"json"'))) as string)).toEqual({ b: [1, 2] });
    expect(await value(language, given('"yaml"'))).toBe("b:\n  - 1\n  - 2\n");
    expect(JSON.parse((await value(language, given('"text"'))) as string)).toEqual({ b: [1, 2] });
    const text = { lua: 'spell.output("plain", "text")', javascript: 'spell.output("plain", "text")' };
    expect(await value(language, text)).toBe("plain");
  });

  it.each([
    ["spell.output(nil)", "spell.output(null)"],
    ["spell.output(1, 'pdf')", "spell.output(1, 'pdf')"],
    ["spell.output({ f = print }, 'json')", "spell.output({ f: parseInt }, 'json')"],
    ["spell.output(0/0, 'yaml')", "spell.output(NaN, 'yaml')"],
    ["spell.params('n', 1, 'colour')", "spell.params('n', 1, 'colour')"],
  ])("STD-52: %s is refused", async (lua, javascript) => {
    expect(await failure(language, { lua, javascript })).toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe.each(LANGUAGES)("spell.include and library in %s", (language) => {
  const FILES = {
    "lib/double.lua": 'print("once") return { double = function(n) return n * 2 end }',
    "lib/double.js": 'console.log("once"); export default { double: (n) => n * 2 };',
    "lib/uses.lua": 'return spell.include("./double.lua").double(4)',
    "lib/uses.js": 'export default (await spell.include("./double.js")).double(4);',
    "broken.lua": "return (",
    "broken.js": "export default (",
    "fails.lua": "error('no')",
    "fails.js": "throw new Error('no')",
    "round.lua": 'return spell.include("about.lua")',
    "about.lua": 'return spell.include("round.lua")',
    "round.js": 'export default await spell.include("about.js");',
    "about.js": 'export default await spell.include("round.js");',
    "uses-mine.lua": 'return require("mine").twice(5)',
    "uses-mine.js": 'import mine, { twice } from "mine"; export default twice(5) === mine.twice(5) && twice(5);',
  };
  const ext = language === "lua" ? "lua" : "js";
  const include = (path: string, rest = ""): Record<Language, string> => ({
    lua: `return spell.include("${path}.${ext}")${rest}`,
    javascript: `return (await spell.include("${path}.${ext}"))${rest}`,
  });

  it("STD-53: a file runs once and gives what it returns, its own includes beside it", async () => {
    const options = await folderOf(FILES);
    const sources = {
      lua: `local a = spell.include("lib/double.lua") local b = spell.include("./lib/double.lua") return { a.double(1), b.double(2), spell.include("lib/uses.lua") }`,
      javascript: `const [a, b] = await Promise.all([spell.include("lib/double.js"), spell.include("./lib/double.js")]); return [a.double(1), b.double(2), await spell.include("lib/uses.js")];`,
    };
    const { result, printed } = await cast(sources[language], within(language, options));
    expect(result).toMatchObject({ ok: true, value: [2, 4, 8] });
    expect(printed).toBe("once\n");
  });

  it.each([
    ["nothing", "NOT_FOUND"],
    ["../out", "PERMISSION_DENIED"],
    ["broken", "SYNTAX_ERROR"],
    ["fails", "SCRIPT_ERROR"],
    ["round", "INVALID_STATE"],
  ])("STD-53: %s is %s", async (path, code) => {
    expect(await failure(language, include(path), await folderOf(FILES))).toMatchObject({ code });
  });

  it("STD-53: needs the capability for the file", async () => {
    const { folder = "" } = await folderOf(FILES);
    for (const grants of [[], [{ capability: "module", scope: "lib/other" }]])
      expect(await failure(language, include("lib/double"), { folder, grants })).toMatchObject({
        code: "PERMISSION_DENIED",
      });
  });

  it("STD-53: what follows an include that waits goes on, and so does what it started", async () => {
    const options = await folderOf({
      "waits.lua": "spawn(function() sleep(20) print('later') end) sleep(1) return 'now'",
      "waits.js": "setTimeout(() => console.log('later'), 20); await sleep(1); export default 'now';",
    });
    const { result, printed } = await cast(
      language === "lua"
        ? 'print(spell.include("waits.lua")) sleep(40)'
        : 'console.log(await spell.include("waits.js")); await sleep(40);',
      within(language, options),
    );
    expect(result).toMatchObject({ ok: true });
    expect(printed).toBe("now\nlater\n");
  });

  it("STD-53: a library is found by its name, in this run only", async () => {
    const options = await folderOf(FILES);
    const sources = {
      lua: `spell.library("mine", { twice = function(n) return n * 2 end })
        return { spell.include("uses-mine.lua"), spell.library("mine").twice(1), require("mine").twice(2) }`,
      javascript: `spell.library("mine", { twice: (n) => n * 2 });
        return [await spell.include("uses-mine.js"), spell.library("mine").twice(1), (await import("mine")).twice(2)];`,
    };
    expect(await value(language, sources, options)).toEqual([10, 2, 4]);
    expect(await failure(language, include("uses-mine"), options)).toMatchObject({ code: "NOT_FOUND" });
  });

  it.each([
    ["spell.library('agent', {})", "ALREADY_EXISTS"],
    ["spell.library('utils', {})", "ALREADY_EXISTS"],
    ["spell.library('a', {}); spell.library('a', {})", "ALREADY_EXISTS"],
    ["spell.library('a b', {})", "INVALID_ARGUMENT"],
    ["spell.library('a\\\")', {})", "INVALID_ARGUMENT"],
    ["spell.library('none')", "NOT_FOUND"],
  ])("STD-53: %s is %s", async (source, code) => {
    expect(await failure(language, { lua: source, javascript: source })).toMatchObject({ code });
  });
});

describe.each(LANGUAGES)("spell.compose in %s", (language) => {
  const FILES = {
    "add.lua":
      "-- @spell\n-- params:\n--   a: { type: number }\n--   b: { type: number }\nprint('adds') return { sum = params.a + params.b, run = spell.context() }",
    "text.js": "export default `${params.text}!`;",
    "fails.lua": "error('no luck')",
    "function.lua": "return print",
    "spends.lua": "local n = 0 for i = 1, 2e5 do n = n + i end return n",
    "loop.lua": "while true do end",
    "limited.lua": "-- @spell\n-- limits: { fuel: 10000 }\nwhile true do end",
    "cache.lua":
      "local before = spell.cache('k') spell.cache('k', 'child') seen = (seen or 0) + 1 return { before or 'none', seen }",
    "powers.lua": "-- @spell\n-- capabilities: [storage]\nreturn spell.config('capabilities')",
    "deep.lua": "return 1 + spell.compose({ 'deep.lua' }).final",
    "slow.lua": "sleep('1h')",
  };
  const compose = (spells: string, rest = ".final"): Record<Language, string> => ({
    lua: `return spell.compose(${spells})${rest}`,
    javascript: `return (await spell.compose(${spells
      .replaceAll(/\{ \{/g, "[{")
      .replaceAll(/\} \}$/g, "}]")
      .replaceAll(/(\w+) =/g, "$1:")
      .replace(/^\{ (".*") \}$/, "[$1]")}))${rest}`,
  });

  it("STD-53: runs each spell, with what earlier ones gave, in its own language", async () => {
    const options = await folderOf(FILES);
    const sources = compose(
      '{ { spell = "add.lua", as = "first", params = { a = 1, b = 2 } }, { spell = "add", as = "second", params = { a = "$first.sum", b = "4" } }, { spell = "text.js", params = { text = "$$5" } } }',
      "",
    );
    const { result, printed } = await cast(sources[language], within(language, options));
    expect(result).toMatchObject({
      ok: true,
      value: {
        results: { first: { sum: 3 }, second: { sum: 7, run: { parent: result.runId } }, text: "$5!" },
        final: "$5!",
      },
    });
    expect(printed).toBe("adds\nadds\n");
  });

  it.each([
    ['{ { spell = "add.lua", params = { a = "$nobody.x", b = 1 } } }', "NOT_FOUND", "'$nobody.x'"],
    ['{ { spell = "add.lua", params = { a = "x", b = 1 } } }', "VALIDATION_FAILED", "'a' must be a number"],
    ['{ { spell = "add.lua", params = { a = 1 } } }', "VALIDATION_FAILED", "'b' (number) is required"],
    ['{ "nothing.lua" }', "NOT_FOUND", "nothing.lua"],
    ['{ "../out.lua" }', "PERMISSION_DENIED", "outside"],
    ['{ "fails.lua", "fails.lua" }', "VALIDATION_FAILED", "two spells 'fails'"],
    ['{ "fails.lua" }', "SCRIPT_ERROR", "the spell 'fails' failed: "],
    ['{ "function.lua" }', "INVALID_ARGUMENT", "must be data, not a function"],
    ['{ "limited.lua" }', "SCRIPT_ERROR", "10000 units of fuel"],
    ['{ "deep.lua" }', "SCRIPT_ERROR", "more than 8 deep"],
  ])("STD-53: %s is %s", async (spells, code, message) => {
    const error = await failure(language, compose(spells), await folderOf(FILES));
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it("STD-53: needs the capability for the spell, and gives no more than there is", async () => {
    const options = await folderOf(FILES);
    const run = async (grants: { capability: string; scope?: string }[]) =>
      await cast(compose('{ "powers.lua" }')[language], within(language, { ...options, grants }));
    expect((await run([])).result).toMatchObject({ error: { code: "PERMISSION_DENIED" } });
    expect((await run([{ capability: "spell", scope: "add.lua" }])).result).toMatchObject({
      error: { code: "PERMISSION_DENIED", details: { scope: "powers.lua" } },
    });
    const narrowed = await run([
      { capability: "spell" },
      { capability: "network" },
      { capability: "storage", scope: "notes" },
    ]);
    expect(narrowed.result).toMatchObject({ ok: true });
    const has = narrowed.result.ok ? (narrowed.result.value as string[]) : [];
    expect(has.filter((grant) => !grant.startsWith("model="))).toEqual(["storage=notes"]);
  });

  it("STD-54: composed spells share neither cache nor globals", async () => {
    const options = await folderOf(FILES);
    const spells = '{ { spell = "cache.lua", as = "one" }, { spell = "cache.lua", as = "two" } }';
    const sources = {
      lua: `spell.cache("k", "mine") local r = spell.compose(${spells}).results return { r.one, r.two, spell.cache("k") }`,
      javascript: `spell.cache("k", "mine"); const r = (await spell.compose([{ spell: "cache.lua", as: "one" }, { spell: "cache.lua", as: "two" }])).results; return [r.one, r.two, spell.cache("k")];`,
    };
    expect(await value(language, sources, options)).toEqual([["none", 1], ["none", 1], "mine"]);
  });

  it("STD-53: a composed spell works at the expense of the one that composed it", async () => {
    const options = await folderOf(FILES);
    const used = async (fuel: number) =>
      (
        await cast(
          compose('{ { spell = "spends.lua", as = "a" }, { spell = "spends.lua", as = "b" } }')[language],
          within(language, { ...options, limits: { fuel } }),
        )
      ).result;
    expect(await used(1e8)).toMatchObject({ ok: true });
    expect(await used(600_000)).toMatchObject({ ok: false });
    const endless = await cast(
      compose('{ "loop.lua" }')[language],
      within(language, { ...options, limits: { fuel: 2e6 } }),
    );
    expect(endless.result).toMatchObject({ ok: false });
    expect(endless.result.metrics.fuel).toBeLessThan(2.1e6);
  });

  it("STD-53: ends with the spell that composed it", async () => {
    const options = await folderOf(FILES);
    const stop = new AbortController();
    const running = cast(compose('{ "slow.lua" }')[language], within(language, { ...options, signal: stop.signal }));
    setTimeout(() => stop.abort(), 50);
    expect((await running).result).toMatchObject({ ok: false, error: { code: "INTERRUPTED" } });
  });
});

describe.each(LANGUAGES)("spell.config and cache in %s", (language) => {
  const same = (source: string): Record<Language, string> => ({ lua: source, javascript: source });

  it("STD-54: configuration by path, with secrets masked", async () => {
    const settings = {
      region: "eu",
      mail: { host: "h", apiKey: "sk-very-secret", password: "p", list: [{ token: "t" }], keys: { a: "b" } },
    } as Record<string, ScriptValue>;
    const run = (source: string) => value(language, same(source), { settings, limits: { timeMs: 5000 } });
    expect(await run("return spell.config('region')")).toBe("eu");
    expect(await run("return spell.config('limits.time')")).toBe(5000);
    expect(await run("return spell.config('nothing.there', 'fallback')")).toBe("fallback");
    expect(await run("return spell.config('mail')")).toEqual({
      host: "h",
      apiKey: "[secret]",
      password: "[secret]",
      list: [{ token: "[secret]" }],
      keys: { a: "b" },
    });
    expect(JSON.stringify(await run("return spell.config()"))).not.toContain("very-secret");
  });

  it("STD-54: the cache keeps data for so long", async () => {
    const sources = {
      lua: "spell.cache('a', { 1 }) spell.cache('b', 2, 30) local soon = spell.cache('b') sleep(60) return { spell.cache('a')[1], soon, spell.cache('b') == nil, spell.cache('c') == nil }",
      javascript:
        "spell.cache('a', [1]); spell.cache('b', 2, 30); const soon = spell.cache('b'); await sleep(60); return [spell.cache('a')[0], soon, spell.cache('b') === null || spell.cache('b') === undefined, spell.cache('c') == null];",
    };
    expect(await value(language, sources)).toEqual([1, 2, true, true]);
  });

  it.each([
    ["spell.cache('a', print)", "spell.cache('a', parseInt)", "INVALID_ARGUMENT"],
    ["spell.cache('a', 1, 0)", "spell.cache('a', 1, 0)", "INVALID_ARGUMENT"],
    ["spell.cache('a', ('x'):rep(9e6))", "spell.cache('a', 'x'.repeat(9e6))", "TOO_LARGE"],
  ])("STD-54: %s is refused", async (lua, javascript, code) => {
    expect(await failure(language, { lua, javascript })).toMatchObject({ code });
  });
});
