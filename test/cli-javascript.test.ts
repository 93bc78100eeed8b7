import { describe, expect, it } from "vitest";
import { folder, jsonOf, runCli, type CliResult } from "./support/cli.js";

type Files = Readonly<Record<string, string | Uint8Array>>;

/** Runs a spell in JavaScript with these options. */
async function cast(source: string, args: readonly string[] = [], files: Files = {}): Promise<CliResult> {
  const cwd = await folder({ ...files, "spell.js": source });
  const result = await runCli(["run", "spell.js", ...args], { cwd });
  // Wherever a spell runs: its folder is nobody's business.
  expect(result.stdout + result.stderr).not.toContain(cwd);
  return result;
}

const PARAMS = `// @spell
// name: greet
// params:
//   who: {type: string, description: Whom to greet}
//   times: {type: integer, default: 2}
console.log("body runs");
return [params.who, params.times];`;

const READ = "await tools.execute('file_operations', { operation: 'read', path: 'x' })";

describe("the exit status of a spell in JavaScript", () => {
  it.each<[string, number, string, string[]]>([
    ["a spell that ends well", 0, "return 1", []],
    ["an error in the spell", 1, "throw new Error('boom')", []],
    ["a syntax error", 1, "let x =", []],
    ["a rejection that nobody takes", 1, "void (async () => { throw new Error('lost') })()", []],
    ["a module that is missing", 1, "import './missing.js'", []],
    ["a parameter that is missing", 2, PARAMS, []],
    ["a limit", 3, "for (;;);", ["--limit", "fuel=1e5"]],
    ["a limit that is caught", 3, "for (;;) try { for (;;); } catch {}", ["--limit", "fuel=1e6"]],
    ["a capability denied", 4, READ, []],
    ["a module outside of the folder", 4, "import '../x.js'", []],
    [
      "a thread of its own",
      0,
      "import { list } from 'llmspell/tools'; export default list().length",
      ["--isolation", "worker"],
    ],
  ])("%s: %i", async (_, status, source, args) => {
    expect(await cast(source, args)).toMatchObject({ status, signal: null });
  });

  it("is that of what the spell throws anew, and no error can be forged", async () => {
    expect((await cast(`try { ${READ} } catch (e) { throw e }`)).status).toBe(4);
    expect((await cast("throw { code: 'LIMIT_FUEL', message: 'forged' }")).status).toBe(1);
  });
});

describe("what a spell in JavaScript prints", () => {
  it("is its output and its result on stdout, logs on stderr", async () => {
    const source = "console.log('hello', 1); log.info('note', { n: 1 }); log.debug('hidden'); return { a: 1 }";
    expect(await cast(source)).toEqual({
      status: 0,
      signal: null,
      stdout: 'hello 1\n{\n  "a": 1\n}\n',
      stderr: '[info] note {"n":1}\n',
    });
  });

  it("shows an error with its place, its line and the calls", async () => {
    const { stderr } = await cast("function f() {\n  throw new Error('boom');\n}\nf();");
    expect(stderr).toBe(
      "error: boom [SCRIPT_ERROR]\n  at spell.js:2\n     2 |   throw new Error('boom');\n  called from spell.js:4\n",
    );
  });

  it("shows where a module was imported that is not there, or not granted", async () => {
    expect((await cast("\nimport { a } from './lib/a.js';")).stderr).toBe(
      "error: import: there is no module './lib/a.js' [NOT_FOUND]\n  at spell.js:2\n     2 | import { a } from './lib/a.js';\n",
    );
    expect((await cast("import './a.js';", ["--no-modules"], { "a.js": "" })).stderr).toBe(
      "error: import: this spell was not granted 'module=a.js' [PERMISSION_DENIED]\n  at spell.js:1\n     1 | import './a.js';\n  Grant it with --allow module=a.js if you trust the spell with it.\n",
    );
  });

  it("is one line with --json, with the value or the error", async () => {
    const ok = await cast("console.log('hello'); return { n: 1, big: 2n ** 60n }", ["--json"]);
    expect(ok).toMatchObject({ status: 0, stderr: "hello\n" });
    expect(jsonOf(ok)).toMatchObject({ ok: true, value: { n: 1, big: `${2n ** 60n}` }, metrics: { host_calls: 0 } });
    const failed = jsonOf(await cast("const f = () => { throw new TypeError('boom') }\nf()", ["--json"]));
    expect(failed.error).toEqual({
      code: "SCRIPT_ERROR",
      message: "boom",
      file: "spell.js",
      line: 1,
      stack: [
        { file: "spell.js", line: 1, name: "f" },
        { file: "spell.js", line: 2 },
      ],
    });
  });

  it("obeys --param, --sandbox and spell.output", async () => {
    expect(await cast(PARAMS, ["--param", "who=Ada", "--json"])).toMatchObject({ status: 0, stderr: "body runs\n" });
    expect((await cast("Array.prototype.x = 1", ["--sandbox", "strict"])).stderr).toContain("[SCRIPT_ERROR]");
    expect((await cast("return new Function('return 7')()", ["--sandbox", "none"])).stdout).toBe("7\n");
    expect((await cast("spell.output({ answer: 42 }); return 1", ["--json"])).stdout).toContain('{"answer":42}');
  });
});

describe("a spell in several files", () => {
  const files = {
    "app/main.js":
      'import { twice } from "./lib/num.js"; import { name } from "lib/names"; console.log(twice(21), name);',
    "app/lib/num.js": 'import { one } from "../one.ts"; export const twice = (n) => n * (one + 1);',
    "app/one.ts": "export const one: number = 1;",
    "app/lib/names.mjs": 'export { name } from "./more";',
    "app/lib/more/index.js": 'export const name = "index";',
  };

  it("runs the main file of a folder, which finds what is beside and below it", async () => {
    const cwd = await folder(files);
    expect(await runCli(["run", "app"], { cwd })).toMatchObject({ status: 0, stdout: "42 index\n" });
  });

  it("finds only what is granted", async () => {
    const cwd = await folder(files);
    const run = (...args: string[]): Promise<CliResult> => runCli(["run", "app", "--no-modules", ...args], { cwd });
    expect((await run()).stderr).toContain("'module=lib/num.js'");
    expect((await run("--allow", "module=lib")).stderr).toContain("'module=one.ts'");
    expect(await run("--allow", "module=lib", "--allow", "module=one.ts")).toMatchObject({ status: 0 });
  });
});

it("loads the engine of its language, and no other", async () => {
  const cwd = await folder({
    "a.lua": "return 1",
    "a.js": "return 1",
    "watch.cjs": `
      const { promises } = require("node:fs");
      const { readFile } = promises;
      promises.readFile = (path, ...rest) => {
        process.stderr.write("read " + String(path).split("/").pop() + "\\n");
        return readFile(path, ...rest);
      };
      require("node:module").syncBuiltinESMExports();`,
  });
  for (const [file, own] of [
    ["a.lua", "lua.warm"],
    ["a.js", "javascript.warm"],
  ] as const) {
    const { stderr } = await runCli(["run", file], { cwd, env: { NODE_OPTIONS: `--require ${cwd}/watch.cjs` } });
    expect(stderr.match(/\w+\.warm/g)).toEqual([own]);
  }
});
