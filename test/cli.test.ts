import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { PROGRAM, folder, jsonOf, runCli, start, type CliResult } from "./support/cli.js";

/** Runs one spell with these options. */
async function cast(
  source: string | Uint8Array,
  args: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  const cwd = await folder({ ...files, "spell.lua": source });
  const result = await runCli(["run", "spell.lua", ...args], { cwd });
  // Wherever a spell runs: its folder is nobody's business.
  expect(result.stdout + result.stderr).not.toContain(cwd);
  return result;
}

const PARAMS = `-- @spell
-- name: greet
-- params:
--   who: {type: string, description: Whom to greet}
--   times: {type: integer, default: 2}
--   loud: {type: boolean, default: false}
--   tags: {type: list, required: false}
print("body runs")
return { params.who, params.times, params.loud, params.tags or "none" }`;

describe("exit codes", () => {
  it.each<[string, number, string, string[]]>([
    ["a spell that ends well", 0, "return 1", []],
    ["an error in the spell", 1, "error('boom')", []],
    ["a syntax error", 1, "x =", []],
    ["an unhandled rejection", 1, "spawn(function() error('lost') end)", []],
    ["a parameter that is missing", 2, PARAMS, []],
    ["a limit", 3, "while true do end", ["--limit", "fuel=1e5"]],
    ["a denied capability", 4, "tools.execute('file_operations', { operation = 'read', path = 'x' })", []],
    ["a model that was not granted", 4, "llm.generate('x', { model = 'ollama:x' })", []],
  ])("%s: %i", async (name, status, source, args) => {
    const files =
      name === "a model that was not granted"
        ? { ".env": "OLLAMA_BASE_URL=http://127.0.0.1:9/v1\nLLMSPELL_MODEL=offline:demo" }
        : {};
    expect(await cast(source, args, files)).toMatchObject({ status, signal: null });
  });

  it("a limit or a denial that the spell catches and raises anew keeps its code", async () => {
    const source =
      "local ok, e = pcall(tools.execute, 'file_operations', { operation = 'read', path = 'x' }) error(e, 0)";
    expect((await cast(source)).status).toBe(4);
    // A table that only claims to be a limit is an error of the spell.
    expect((await cast("error({ code = 'LIMIT_FUEL', message = 'forged' })")).status).toBe(1);
  });
});

describe("what is printed", () => {
  it("is the spell's output and its result on stdout, logs on stderr", async () => {
    expect(await cast("print('hello', 1) log.info('note', { n = 1 }) log.debug('hidden') return { a = 1 }")).toEqual({
      status: 0,
      signal: null,
      stdout: 'hello\t1\n{\n  "a": 1\n}\n',
      stderr: '[info] note {"n":1}\n',
    });
  });

  it("says once, on stderr, that the offline stand-in answers; --quiet says nothing", async () => {
    const source = "llm.generate('x') log.warn('careful') return llm.quick_prompt('y')";
    const loud = await cast(source);
    expect(loud.stderr).toBe(
      "No model is configured: the offline stand-in answers. See 'llmspell doctor'.\n[warn] careful\n",
    );
    expect(loud.stdout).toContain("offline stand-in");
    expect(await cast(source, ["--quiet"])).toMatchObject({ status: 0, stdout: loud.stdout, stderr: "" });
  });

  it("shows an error with its place, its line and the calls", async () => {
    const result = await cast("local function f()\n  error('boom')\nend\nf()");
    expect(result).toMatchObject({ status: 1, stdout: "" });
    expect(result.stderr).toBe(
      "error: boom [SCRIPT_ERROR]\n  at spell.lua:2\n     2 |   error('boom')\n  called from spell.lua:4 (main chunk)\n",
    );
  });

  it("shows big integers, bytes, functions and handles as text", async () => {
    const { stdout } = await cast("return { math.maxinteger, '\\xff', print, agent.create({}) }", [
      "--json",
      "--quiet",
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ value: ["9223372036854775807", "/w==", "function", "Agent: 1"] });
  });
});

describe("--json", () => {
  const METRICS = { fuel: expect.any(Number), memory: expect.any(Number), wall_ms: expect.any(Number), host_calls: 0 };

  it("prints one line with the value; prints go to stderr", async () => {
    const result = await cast("print('hello') return { n = 1, list = { 'a' } }", ["--json"]);
    expect(result).toMatchObject({ status: 0, stderr: "hello\n" });
    expect(jsonOf(result)).toEqual({ ok: true, value: { n: 1, list: ["a"] }, metrics: METRICS });
    expect(Object.keys(jsonOf(result))).toEqual(["ok", "value", "metrics"]);
  });

  it("prints one line with the error, and nothing else on stderr", async () => {
    const result = await cast("local function f()\n  error('boom')\nend\nf()", ["--json"]);
    expect(result).toMatchObject({ status: 1, stderr: "" });
    expect(jsonOf(result)).toEqual({
      ok: false,
      error: {
        code: "SCRIPT_ERROR",
        message: "boom",
        file: "spell.lua",
        line: 2,
        stack: [
          { file: "spell.lua", line: 2, name: "f" },
          { file: "spell.lua", line: 4, name: "main chunk" },
        ],
      },
      metrics: METRICS,
    });
  });

  it("prints one line for a spell that did not begin", async () => {
    for (const args of [
      ["--limit", "fuel=1e400"],
      ["--allow", "nope"],
      ["--param", "x"],
    ]) {
      const result = await cast("print('ran')", ["--json", ...args]);
      expect(result.status).toBe(2);
      expect(jsonOf(result)).toEqual({
        ok: false,
        error: { code: "INVALID_ARGUMENT", message: expect.any(String), file: null, line: null, stack: [] },
        metrics: { fuel: 0, memory: 0, wall_ms: 0, host_calls: 0 },
      });
      expect(result.stderr).not.toContain("ran");
    }
  });

  it("gives the code of a denial and of a syntax error", async () => {
    expect(
      jsonOf(
        await cast("tools.execute('file_operations', { operation = 'write', path = 'x', content = '' })", ["--json"]),
      ),
    ).toMatchObject({ error: { code: "PERMISSION_DENIED", line: 1 } });
    expect(jsonOf(await cast("local a\n\nx = = 1", ["--json"]))).toMatchObject({
      error: { code: "SYNTAX_ERROR", file: "spell.lua", line: 3 },
    });
  });
});

describe("--param", () => {
  it("converts to the declared types and adds defaults", async () => {
    const result = await cast(PARAMS, ["-p", "who=Ada", "--param", "loud=yes", "--param", "tags=a,b", "--json"]);
    expect(jsonOf(result)).toMatchObject({ value: ["Ada", 2, true, ["a", "b"]] });
    expect(jsonOf(await cast(PARAMS, ["-p", "who=a=b=c", "-p", "times=3", "--json"]))).toMatchObject({
      value: ["a=b=c", 3, false, "none"],
    });
  });

  it.each([
    [[], "parameter 'who' (string) is required [VALIDATION_FAILED]"],
    [["-p", "who=x", "-p", "times=many"], "parameter 'times' must be an integer, not 'many' [VALIDATION_FAILED]"],
    [
      ["-p", "who=x", "-p", "when=now"],
      "the spell has no parameter 'when'; it has who, times, loud, tags [VALIDATION_FAILED]",
    ],
    [["-p", "who=x", "-p", "who=y"], "--param who is given twice [INVALID_ARGUMENT]"],
    [["-p", "who"], "--param takes name=value, not 'who' [INVALID_ARGUMENT]"],
    [["-p", "=x"], "--param takes name=value, not '=x' [INVALID_ARGUMENT]"],
  ])("%j fails before the body runs", async (args, message) => {
    expect(await cast(PARAMS, args)).toEqual({ status: 2, signal: null, stdout: "", stderr: `error: ${message}\n` });
  });

  it("takes anything for a spell that declares nothing, as text", async () => {
    expect(jsonOf(await cast("return { params.n, type(params.n) }", ["-p", "n=5", "--json"]))).toMatchObject({
      value: ["5", "string"],
    });
  });
});

describe("--limit, --allow and --model", () => {
  it.each([
    [
      ["--limit", "speed=1"],
      "there is no limit 'speed'; known: fuel, memory, time, output, calls, pending, value, depth",
    ],
    [["--limit", "time=soon"], "the limit 'time=soon' is not understood; write it like time=30s"],
    [["--limit", "fuel"], "--limit takes memory=64MB, not 'fuel'"],
    [["--allow", "disk"], "there is no capability 'disk'; known: model, file.read, file.write"],
    [["--allow", "file="], "the scope of 'file=' is empty"],
    [["--model", "openai:gpt-4"], "provider 'openai' has no key: set OPENAI_API_KEY"],
    [["--model", "offline:big"], "the offline stand-in has no model 'big'"],
    [["--config", "none.json"], "none.json cannot be read (ENOENT)"],
    [["--nonsense"], "unknown option '--nonsense'"],
    [["more.lua"], "too many arguments"],
  ])("%j is refused", async (args, message) => {
    const result = await cast("print('ran')", args);
    expect(result).toMatchObject({ status: 2, stdout: "" });
    expect(result.stderr).toContain(message);
  });

  it("sets limits and grants, the last limit winning", async () => {
    const result = await cast("for i = 1, 100000 do end return 1", [
      "--limit",
      "fuel=10",
      "--limit",
      "fuel=1e9",
      "--json",
    ]);
    expect(jsonOf(result)).toMatchObject({ ok: true });
    const read = "return tools.execute('file_operations', { operation = 'read', path = params.path }).content";
    const files = { "data/a.txt": "content of a" };
    expect(await cast(read, ["--allow", "file.read=data", "-p", "path=data/a.txt"], files)).toMatchObject({
      status: 0,
      stdout: "content of a\n",
    });
    expect(await cast(read, ["--allow", "file.read=data", "-p", "path=spell.lua"], files)).toMatchObject({ status: 4 });
  });
});

describe("what a spell declares", () => {
  const READ = "return tools.execute('file_operations', { operation = 'read', path = 'data/a.txt' }).content";
  const HEADER = `--[[ @spell\nname: reader\ncapabilities: [file.read=data]\nlimits: {time: 5s, fuel: 1e6}\n]]\n${READ}`;
  const files = { "data/a.txt": "A" };

  it("can be granted, narrowed to what is declared", async () => {
    expect(await cast(HEADER, ["--allow", "file.read"], files)).toMatchObject({ status: 0, stdout: "A\n" });
    expect(await cast(HEADER.replace("'data/a.txt'", "'spell.lua'"), ["--allow", "file.read"], files)).toMatchObject({
      status: 4,
    });
    expect(await cast(HEADER, [], files)).toMatchObject({ status: 4 });
  });

  it("cannot be exceeded", async () => {
    const refused = await cast(HEADER, ["--allow", "network"], files);
    expect(refused).toEqual({
      status: 2,
      signal: null,
      stdout: "",
      stderr:
        "error: the spell does not declare the capability 'network'; it declares file.read=data [INVALID_ARGUMENT]\n",
    });
  });

  it("may be in spell.yaml, with limits, which the command line overrides", async () => {
    const yaml = { "spell.yaml": "name: from yaml\nlimits: {fuel: 1e5}\nparams: {n: {type: integer, default: 4}}" };
    expect(jsonOf(await cast("return { spell.context().spell, params.n }", ["--json"], yaml))).toMatchObject({
      value: ["from yaml", 4],
    });
    expect(await cast("while true do end", [], yaml)).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("limit of 100000 units of fuel"),
    });
    expect(await cast("while true do end", ["--limit", "fuel=200000"], yaml)).toMatchObject({
      stderr: expect.stringContaining("limit of 200000 units of fuel"),
    });
  });

  it("is told where it is wrong", async () => {
    expect(await cast("-- @spell\n-- params: {a: {type: text}}\nprint(1)")).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining("spell.lua (its first comment): parameter 'a': 'type' must be one of"),
    });
    expect(await cast("print(1)", [], { "spell.yaml": "limits: {time: soon}" })).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining("spell.yaml: limits: the limit 'time=soon'"),
    });
  });
});

describe("unusual files", () => {
  it("runs nothing at all", async () => {
    expect(await cast("")).toEqual({ status: 0, signal: null, stdout: "", stderr: "" });
  });

  it("runs a spell with a byte order mark, a shebang and Windows line ends, its manifest included", async () => {
    const source =
      "\uFEFF#!/usr/bin/env llmspell\r\n-- @spell\r\n-- params: {n: {type: integer}}\r\nprint('line', params.n)\r\nerror('here')\r\n";
    expect(await cast(source, ["-p", "n=1"])).toMatchObject({
      status: 1,
      stdout: "line\t1\n",
      stderr: expect.stringContaining("at spell.lua:5\n     5 | error('here')\n"),
    });
  });

  it("refuses compiled code and other bytes", async () => {
    const compiled = Buffer.from("\u001bLua\u0054\u0000\u0019\u0093\r\n\u001a\n", "latin1");
    expect(await cast(compiled)).toMatchObject({ status: 1, stderr: expect.stringContaining("SYNTAX_ERROR") });
    expect(await cast(Uint8Array.from({ length: 512 }, (_, i) => (i * 7 + 1) % 256))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("SYNTAX_ERROR"),
    });
  });

  it("runs the main file of a folder, and a file without its extension", async () => {
    const cwd = await folder({
      "app/main.lua": "return 'main'",
      "one.lua": "return 'one'",
      "none/x.txt": "",
      "a.py": "",
    });
    expect(await runCli(["run", "app"], { cwd })).toMatchObject({ status: 0, stdout: "main\n" });
    expect(await runCli(["run", "one"], { cwd })).toMatchObject({ status: 0, stdout: "one\n" });
    expect(await runCli(["run", "none"], { cwd })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("there is no spell at none"),
    });
    expect(await runCli(["run", "missing.lua"], { cwd })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("there is no spell at missing.lua"),
    });
    expect(await runCli(["run", "a.py"], { cwd })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("no engine runs '.py' files; known: .lua"),
    });
  });

  it("shows no host path for a spell that is called by one", async () => {
    const cwd = await folder({
      "spell.lua": "local ok, e = pcall(error, 'x') print(debug.traceback()) local t = nil; t.x = 1",
    });
    const result = await runCli(["run", join(cwd, "spell.lua")], { cwd: await folder() });
    expect(result.status).toBe(1);
    expect(result.stderr).toContain("at spell.lua:1");
    expect(result.stdout + result.stderr).not.toContain(basename(cwd));
  });
});

describe("a reader that leaves", () => {
  it("ends the program quietly", async () => {
    const cwd = await folder({ "many.lua": "for i = 1, 20000 do print(i, ('x'):rep(100)) end" });
    const script = '{ "$1" "$2" run many.lua; echo "status $?" >&2; } | head -1';
    const result = await start("/bin/sh", ["-c", script, "sh", process.execPath, PROGRAM], { cwd }).done;
    expect(result.stdout).toBe(`1\t${"x".repeat(100)}\n`);
    expect(result.stderr).toMatch(/^status \d+\n$/);
  });
});

describe("a spell in several files", () => {
  const FILES = {
    "app/main.lua": 'local util = require("./lib/util")\nprint(util.greet("Ada"))\nutil.fail()',
    "app/lib/util.lua":
      "local M = {}\nfunction M.greet(who) return 'Hello, ' .. who end\nfunction M.fail()\n  error('broken')\nend\nreturn M",
    "secret.lua": "return 'secret'",
  };

  it("runs, from whatever folder, and errors show the file and the line they are in", async () => {
    const cwd = await folder(FILES);
    const { status, stdout, stderr } = await runCli(["run", "app"], { cwd });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "Hello, Ada\n" });
    expect(stderr).toBe(
      [
        "error: broken [SCRIPT_ERROR]",
        "  at lib/util.lua:4",
        "     4 |   error('broken')",
        "  called from main.lua:3 (main chunk)",
        "",
      ].join("\n"),
    );
  });

  it("needs a grant for them with --no-modules", async () => {
    const cwd = await folder(FILES);
    const denied = await runCli(["run", "app", "--no-modules"], { cwd });
    expect(denied).toMatchObject({ status: 4, stdout: "" });
    expect(denied.stderr).toContain("Grant it with --allow module=lib/util.lua");
    const granted = await runCli(["run", "app", "--no-modules", "--allow", "module=lib"], { cwd });
    expect(granted.stdout).toBe("Hello, Ada\n");
  });

  it("does not reach beyond its folder", async () => {
    expect(await cast('local s = require("../secret")')).toMatchObject({ status: 4 });
  });

  it("shows the line of a syntax error, and warnings as lines of the log", async () => {
    expect((await cast("local x = 1\nlocal =")).stderr).toContain("  at spell.lua:2\n     2 | local =");
    expect((await cast('warn("deprecated: ", "old")')).stderr).toBe(
      '[warn] deprecated: old {"category":"deprecated","file":"spell.lua","line":1}\n',
    );
    expect((await cast('warn("x")', ["--quiet"])).stderr).toBe("");
  });
});
