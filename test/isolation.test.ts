import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { createLuaEngine } from "@llmspell/engine-lua";
import { MODULES } from "../packages/spell/src/modules/index.js";
import { bundleForThread } from "./support/bundle.js";
import { folder, jsonOf, runCli, startCli, type CliResult } from "./support/cli.js";
import { EXAMPLE_RUN } from "./support/examples.js";
import { cast, type Cast } from "./support/spell.js";

const module = await bundleForThread(new URL("../packages/engine-lua/src/lua-worker.ts", import.meta.url));
const threads = createLuaEngine({ isolation: "worker", threads: { module } });
afterAll(() => threads[Symbol.dispose]());

describe("a run in a thread of its own is like one in this thread", () => {
  const examples = MODULES.flatMap(({ name, functions }) =>
    Object.entries(functions).flatMap(([fn, { example }]): [string, string][] =>
      example === undefined ? [] : [[`${name}.${fn}`, example]],
    ),
  );

  async function inFolder(source: string, options: Parameters<typeof cast>[1] = {}): Promise<Cast> {
    const root = await mkdtemp(join(tmpdir(), "llmspell-isolation-"));
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    return await cast(source, { root, ...options });
  }

  /** What a run gives but ids and times, which differ from run to run. */
  const shape = ({ result, printed }: Cast): unknown => ({
    printed,
    outcome: result.ok ? typeof result.value : result.error.code,
    calls: result.audit.map(({ function: name, decision, capability, code }) => ({ name, decision, capability, code })),
  });

  // Calls its function as often as its time allows.
  const timed = new Set(["test.load_test"]);

  it.each(examples.filter(([name]) => timed.has(name)))("the example of %s", async (_, source) => {
    const { result } = await inFolder(source, { ...EXAMPLE_RUN, engine: threads });
    expect(result).toMatchObject({ ok: true });
  });

  it.each(examples.filter(([name]) => !timed.has(name)))("the example of %s", async (_, source) => {
    const there = await inFolder(source, { ...EXAMPLE_RUN, engine: threads });
    expect(there.result).toMatchObject({ ok: true });
    expect(shape(there)).toEqual(shape(await inFolder(source, EXAMPLE_RUN)));
  });

  it("spans around the calls that come from it, beside each other too", async () => {
    const source = `
      local function work(name, ms)
        return spawn(function()
          trace.span(name, function()
            trace.add_event("before " .. name)
            sleep(ms)
            trace.set_attribute("mine", name)
            trace.span("inner " .. name, function() trace.set_attribute("mine", "inner " .. name) end)
          end)
        end)
      end
      trace.span("all", function() await(promise.all({ work("a", 5), work("b", 1) })) end)
      local found = {}
      for _, span in ipairs(trace.get_trace().spans) do
        found[span.name] = { span.attributes.mine, span.events[1] and span.events[1].name or "none" }
      end
      return found`;
    const there = await cast(source, { engine: threads });
    expect(there.result).toMatchObject({
      value: {
        a: ["a", "before a"],
        b: ["b", "before b"],
        "inner a": ["inner a", "none"],
        "inner b": ["inner b", "none"],
      },
    });
  });

  it("a profile that finds the dearest function", async () => {
    const source = `
      local function hot() local n = 0 for i = 1, 1e5 do n = n + i end return n end
      local function cold() return 1 end
      return debug.performance_profile(function() cold() return hot() end).profile.functions[1].line`;
    const here = await cast(source);
    const there = await cast(source, { engine: threads });
    expect([here.result, there.result]).toMatchObject([
      { ok: true, value: 2 },
      { ok: true, value: 2 },
    ]);
  });

  it("an interruption, a limit and impossible limits", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const limits = { fuel: 1e15 };
    const { result } = await cast("while true do end", { engine: threads, signal: controller.signal, limits });
    expect(result).toMatchObject({ ok: false, error: { code: "INTERRUPTED" } });
    const fuel = await cast("while true do end", { engine: threads, limits: { fuel: 10_000 } });
    expect(fuel.result).toMatchObject({ ok: false, error: { code: "LIMIT_FUEL" }, metrics: { fuel: 10_000 } });
    const none = await cast("print(1)", { engine: threads, limits: { memoryBytes: 1 } });
    expect(none).toMatchObject({
      result: { ok: false, error: { code: "INVALID_ARGUMENT" }, metrics: { fuel: 0 } },
      printed: "",
    });
  });
});

describe("llmspell run --isolation worker", () => {
  const args = ["--isolation", "worker"];

  async function both(source: string, more: readonly string[] = []): Promise<CliResult[]> {
    const cwd = await folder({ "spell.lua": source });
    const [here, there] = [
      ["run", "spell.lua", ...more],
      ["run", "spell.lua", ...args, ...more],
    ];
    return [await runCli(here, { cwd }), await runCli(there, { cwd })];
  }

  it.each([
    [
      "ends well",
      "print('hello', 1) log.info('note', { n = 1 }) return { a = params.a, b = { 1, 2 } }",
      ["--param", "a=x"],
    ],
    ["fails", "local function f()\n  error('boom')\nend\nf()", []],
    ["has a syntax error", "x =", []],
    ["reaches a limit", "while true do end", ["--limit", "fuel=1e5"]],
    ["is denied a capability", "tools.execute('file_operations', { operation = 'read', path = 'x' })", []],
    [
      "waits and asks a model",
      "print(llm.quick_prompt('y')) spawn(function() sleep(5) print('task') end) print('main')",
      [],
    ],
    ["leaves a rejection to nobody", "spawn(function() error('lost') end)", []],
    ["prints much", "for i = 1, 3000 do print(i, ('x'):rep(50)) end", []],
  ])("is as without it for a spell that %s", async (_, source, more) => {
    const [here, there] = await both(source, more);
    expect(there).toEqual(here);
  });

  it("prints the same line of JSON", async () => {
    const [here, there] = (await both("print('x') return { math.maxinteger, '\\xff', print }", ["--json"])).map(jsonOf);
    expect(there).toEqual({ ...here, metrics: { ...here?.metrics, wall_ms: expect.any(Number) } });
  });

  it("ends a spell that is stuck in a library function by Ctrl-C, in order", async () => {
    const cwd = await folder({ "spell.lua": "print('ready') local s = ('a'):rep(30) s:find(('a?'):rep(30) .. s)" });
    const cli = startCli(["run", "spell.lua", "--limit", "fuel=1e15", ...args], { cwd });
    await cli.saw("ready");
    cli.kill("SIGINT");
    const result = await cli.done;
    expect(result).toMatchObject({ status: 130, signal: null, stdout: "ready\n" });
    expect(result.stderr).toContain("[INTERRUPTED]");
  });

  it("runs the examples", async () => {
    const examples = fileURLToPath(new URL("../examples/", import.meta.url));
    const cwd = await folder();
    for (const name of (await readdir(examples)).filter((file) => file.endsWith(".lua"))) {
      const said = [...(await readFile(examples + name, "utf8")).matchAll(/^-- expect: (.*)$/gm)].map(
        (line) => line[1],
      );
      const { stdout } = await runCli(["run", examples + name, ...args], { cwd });
      expect(stdout).toBe(said.map((line) => `${line}\n`).join(""));
    }
  });

  it("refuses another kind", async () => {
    const cwd = await folder({ "spell.lua": "return 1" });
    const { status, stderr } = await runCli(["run", "spell.lua", "--isolation", "none"], { cwd });
    expect(status).toBe(2);
    expect(stderr).toContain("inline, worker");
  });
});
