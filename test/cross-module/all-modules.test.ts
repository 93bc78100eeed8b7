import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createModels } from "@llmspell/core";
import { withoutLeaks } from "@llmspell/core/testing";
import { DEFAULT_LIMITS } from "@llmspell/engine";
import { MODULES, type RunMetrics, type SpellRun } from "@llmspell/spell";
import { describe, expect, it, onTestFinished } from "vitest";
import { startWireServer } from "../../packages/core/src/testing/wire/server.js";
import { ROOT } from "../features/table.js";
import { collectAll } from "../support/collect.js";
import { EXAMPLE_RUN } from "../support/examples.js";
import { cast, handleTablesOf, inJavaScript, type Cast } from "../support/spell.js";

const FUNCTIONS = MODULES.flatMap(({ name: module, functions }) =>
  Object.entries(functions).flatMap(([fn, { call }]) =>
    call === undefined ? [] : [{ module, fn, name: `${module}.${fn}` }],
  ),
);

interface Language {
  readonly name: string;
  options(more?: Partial<SpellRun>): Partial<SpellRun>;
  /** Calls `params.functions`, each with each list of arguments, and prints how the calls ended that failed. */
  callEach(lists: string): string;
  /** Lists of arguments that no function expects. */
  readonly hostile: string;
}

const LUA: Language = {
  name: "Lua",
  options: (more = {}) => more,
  callEach: (lists) => `
    local api, to_json, ends = {}, data.to_json, llmspell.array{}
    for _, fn in ipairs(params.functions) do api[fn.name] = _G[fn.module][fn.fn] end
    for _, fn in ipairs(params.functions) do
      for _, args in ipairs(${lists}) do
        local ok, e = pcall(function() return await(api[fn.name](table.unpack(args, 1, #args))) end)
        if not ok then ends[#ends + 1] = { name = fn.name, code = tostring(e.code), message = tostring(e.message):sub(1, 300) } end
      end
    end
    print(to_json(ends))`,
  hostile: `(function()
    local cyclic = {} cyclic.self = cyclic
    local deep = {} for _ = 1, 300 do deep = { deep } end
    local odd = setmetatable({}, { __index = function() error("no") end, __tostring = function() error("no") end })
    return { { cyclic }, { deep, deep }, { odd, odd }, { 0/0, -1/0 }, { ("x"):rep(100000) }, { "\\xff\\xfe", "\\0" },
      { "__proto__", { __proto__ = { polluted = true }, constructor = { prototype = {} } } },
      { { { "../../../../etc/passwd" } }, "../../../../etc/passwd" }, { coroutine.create(print), agent }, { -1, -1, -1 },
      { math.maxinteger, {} }, { true, false }, { agent.create({ name = "other" }), "x", 1, {} } }
  end)()`,
};

const JAVASCRIPT: Language = {
  name: "JavaScript",
  options: inJavaScript,
  callEach: (lists) => `
    const camel = (name) => name.replace(/_([a-z0-9])/g, (_, c) => c.toUpperCase());
    const ends = [];
    const toJson = JSON.stringify, print = console.log;
    const api = new Map(params.functions.map((fn) => [fn.name, globalThis[fn.module][camel(fn.fn)]]));
    for (const { name } of params.functions) {
      for (const args of ${lists}) {
        try { await api.get(name)(...args); } catch (e) {
          ends.push({ name, code: String(e.code), message: String(e.message).slice(0, 300) });
        }
      }
    }
    print(toJson(ends));`,
  hostile: `(() => {
    const cyclic = {}; cyclic.self = cyclic;
    let deep = []; for (let i = 0; i < 300; i++) deep = [deep];
    const odd = { get name() { throw new Error("no"); }, toString() { throw new Error("no"); } };
    const proxy = new Proxy({}, { ownKeys() { throw new Error("no"); }, get() { throw new Error("no"); } });
    return [[cyclic], [deep, deep], [odd, odd], [proxy], [NaN, -Infinity], ["x".repeat(100000)], ["\\ud800", "\\0"],
      ["__proto__", JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {}}}')],
      [[["../../../../etc/passwd"]], "../../../../etc/passwd"], [Symbol("x"), agent], [-1, -1, -1], [2n ** 62n, {}],
      [true, false], [new Map([[1, 2]])], [agent.create({ name: "other" }), "x", 1, {}]];
  })()`,
};

interface End {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

const endsOf = ({ result, printed }: Cast): readonly End[] => {
  if (!result.ok) throw result.error;
  return JSON.parse(printed) as End[];
};

async function rootFolder(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "llmspell-together-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return root;
}

/** A folder that is the system's one for temporary files during a test. */
async function ownTemporary(): Promise<string> {
  const before = process.env["TMPDIR"];
  const own = await rootFolder();
  process.env["TMPDIR"] = own;
  onTestFinished(() => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  });
  return own;
}

describe.each([LUA, JAVASCRIPT])("the whole script API in one sandbox: $name", (language) => {
  const { callEach, options } = language;

  it("STD-57: no function breaks inside the host or shows its insides, whatever it is given", async () => {
    const root = await rootFolder();
    const ended = await cast(
      callEach(language.hostile),
      options({
        ...EXAMPLE_RUN,
        root,
        params: { functions: FUNCTIONS },
        limits: { fuel: 1e11, timeMs: 50_000, outputBytes: 50_000_000, hostCalls: 1e6, memoryBytes: 128 * 1024 * 1024 },
      }),
    );
    const ends = endsOf(ended);
    expect(new Set(ends.map(({ name }) => name)).size).toBeGreaterThan(FUNCTIONS.length * 0.8);
    // "no" is the spell's own error, of a value that throws when it is looked at.
    expect(
      ends
        .filter(({ code, message }) => code === "INTERNAL" || (message !== "no" && !/^[A-Z][A-Z_]+$/.test(code)))
        .slice(0, 5),
    ).toEqual([]);
    const showing = /node_modules|node:internal|file:\/\/|packages\/|Cannot read prop|is not a function/;
    expect(
      ends.filter(({ message }) => message.includes(ROOT) || message.includes(root) || showing.test(message)),
    ).toEqual([]);
    expect(Object.prototype).not.toHaveProperty("polluted");
  });
});

/** Opens something of every module that holds on to something; `go` is what ends it. */
const OPENING = {
  Lua: (end: string) => `
    local opened = { agent.create({ name = "a", memory = true }), llm.chat_session("x"), memory.create(),
      state.create({ n = 1 }), trace.start_span("open"), metrics.counter("c"), log.create_logger("l"),
      safety.circuit_breaker("b"), schema.create({ type = "string" }), promise.channel(1), promise.cancel_token() }
    opened[1]:run("hi") opened[1]:events_subscribe("agent.*", function() end) opened[1]:profiling_start()
    opened[4]:watch("n", function() end)
    events.on("**", function() end) events.recording_start({ file = "events.jsonl" }) events.aggregation_create("count")
    hooks.before("model", function() end) hooks.use("rate_limit", { limit = 1000, window = "1m" })
    tools.define("t", "T", {}, function() sleep("1h") end)
    opened[4]:save("kept") memory.vector_store("v", { 1, 0 }) memory.add({ role = "user", content = "x" }) memory.persist("m")
    workflow.sequential({ { id = "wait", delay = 3600000 } }):run_async(1, { durable = true, run_id = "w" })
    test.cleanup(function() end) log.configure({ file = "spell.log" }) log.info("open")
    local waiting = { tools.execute_async("t", {}), sleep_async and sleep_async("1h") or promise.sleep_async("1h"), llm.generate_async("hold") }
    await(events.emit_async("x.y"))
    sleep(5)
    print("open")
    ${end}`,
  JavaScript: (end: string) => `
    const opened = [agent.create({ name: "a", memory: true }), llm.chatSession("x"), memory.create(),
      state.create({ n: 1 }), trace.startSpan("open"), metrics.counter("c"), log.createLogger("l"),
      safety.circuitBreaker("b"), await schema.create({ type: "string" })];
    await opened[0].run("hi"); opened[0].eventsSubscribe("agent.*", () => {}); opened[0].profilingStart();
    opened[3].watch("n", () => {});
    events.on("**", () => {}); await events.recordingStart({ file: "events.jsonl" }); events.aggregationCreate("count");
    hooks.before("model", () => {}); await hooks.use("rate_limit", { limit: 1000, window: "1m" });
    tools.define("t", "T", {}, async () => { await sleep("1h"); });
    await opened[3].save("kept"); await memory.vectorStore("v", [1, 0]); memory.add({ role: "user", content: "x" }); await memory.persist("m");
    const waiting = [workflow.sequential([{ id: "wait", delay: 3600000 }]).run(1, { durable: true, runId: "w" }),
      tools.execute("t", {}), sleep("1h"), llm.generate("hold")];
    for (const each of waiting) each.catch(() => {});
    log.configure({ file: "spell.log" }); log.info("open");
    await events.emitAsync("x.y");
    await sleep(5);
    console.log("open");
    ${end}`,
} as const;

const ENDS: readonly [
  how: string,
  lua: string,
  javascript: string,
  options: (abort: AbortController) => Partial<SpellRun>,
  code: string,
][] = [
  ["fails", 'error("no")', 'throw new Error("no")', () => ({}), "SCRIPT_ERROR"],
  ["uses up its fuel", "while true do end", "while (true);", () => ({ limits: { fuel: 3e7 } }), "LIMIT_FUEL"],
  ["is out of time", 'sleep("1h")', 'await sleep("1h")', () => ({ limits: { timeMs: 1_000 } }), "LIMIT_TIME"],
  [
    "is interrupted",
    'sleep("1h")',
    'await sleep("1h")',
    (abort) => ({ signal: abort.signal, onOutput: () => abort.abort() }),
    "INTERRUPTED",
  ],
];

/** Runs a spell beside a model server that never answers `hold`; says how it ended and what is in its tables of handles. */
async function play(
  source: string,
  root: string,
  options: (more: Partial<SpellRun>) => Partial<SpellRun>,
): Promise<{ ended: string; left: number[][] }> {
  const never = new Promise<never>(() => {});
  const server = await startWireServer("openai", {
    respond: async ({ messages }) => (messages.at(-1)?.text === "hold" ? await never : { text: "hello" }),
  });
  const env = { OPENAI_API_KEY: "k", OPENAI_BASE_URL: server.url };
  const models = createModels({ env, config: { default: "openai:gpt-4" } });
  const grants = ["file.read", "file.write", "storage"].map((capability) => ({ capability }));
  let ended = "";
  const tables = await handleTablesOf(async () => {
    const { result } = await cast(source, options({ root, models, grants, storage: join(root, "kept.db") }));
    ended = result.ok ? "ok" : `${result.error.code}: ${result.error.message}`;
  });
  await server.close();
  return { ended, left: tables.map(({ size, weak }) => [size, weak.live]) };
}

describe.each([LUA, JAVASCRIPT])("what all modules have opened in $name", ({ name, options }) => {
  it.each(ENDS)("STD-57: is given back when the spell %s", async (_, lua, javascript, given, code) => {
    const root = await rootFolder();
    const source = name === "Lua" ? OPENING.Lua(lua) : OPENING.JavaScript(javascript);
    const temporary = await ownTemporary();
    await withoutLeaks(async () => {
      const { ended, left } = await play(source, root, (models) =>
        options({ ...models, ...given(new AbortController()) }),
      );
      expect(ended).toMatch(code);
      expect(left).toEqual([[0, 0]]);
      // SQLite keeps a closed file open until the collector has its statements.
      await collectAll();
    });
    expect(await readdir(temporary)).toEqual([]);
    // The files that it wrote are whole, and nothing beside them is left.
    expect((await readdir(root)).filter((file) => /-wal|-shm|-journal|\.tmp/.test(file))).toEqual([]);
  });
});

describe("what is opened when the run is already over", () => {
  it.each([
    ["a log", 'log.configure({ file: "late.log" })'],
    ["a recording", 'events.recordingStart({ file: "late.jsonl" })'],
    ["a state", 'state.load("late")'],
    ["vectors", 'memory.vectorStore("v", [1, 0])'],
    ["a durable workflow", "workflow.sequential([{ id: 'w', delay: 3600000 }]).run(1, { durable: true })"],
  ])("STD-57: %s is closed again", async (_, call) => {
    const root = await rootFolder();
    await withoutLeaks(async () => {
      const { ended, left } = await play(`(${call}).catch(() => {}); throw new Error("no")`, root, inJavaScript);
      expect([ended, left.flat()]).toEqual(["SCRIPT_ERROR: no", left.length === 0 ? [] : [0, 0]]);
      await collectAll();
    });
  });
});

describe.each([LUA, JAVASCRIPT])("the cost of the whole script API in $name", ({ name, options }) => {
  const used = async (source: string): Promise<RunMetrics> => {
    const { result } = await cast(source, options());
    if (!result.ok) throw result.error;
    return result.metrics;
  };
  const touchAll =
    name === "Lua"
      ? `local n = 0 for _, name in ipairs(llmspell.modules()) do for _ in pairs(_G[name]) do n = n + 1 end end return n`
      : `let n = 0; for (const name of llmspell.modules()) n += Object.keys(globalThis[name]).length; return n`;

  it("STD-57: a spell that uses nothing of it calls no host, and pays the same each time", async () => {
    const [first, second] = [await used("return 1"), await used("return 1")];
    expect(first).toMatchObject({ host_calls: 0 });
    expect(second.fuel).toBe(first.fuel);
    // What every run pays for before its first line: a hundredth of the default limit would be far too much.
    expect(first.fuel).toBeLessThan(DEFAULT_LIMITS.fuel / 1000);
  });

  it("STD-57: with every function of every module looked up, memory and fuel stay small and equal", async () => {
    const [first, second, bare] = [await used(touchAll), await used(touchAll), await used("return 1")];
    expect(first.host_calls).toBe(1);
    expect(second.fuel).toBe(first.fuel);
    // QuickJS pays for each property of an object by what it has already.
    expect(first.fuel - bare.fuel).toBeLessThan(DEFAULT_LIMITS.fuel / (name === "Lua" ? 1000 : 40));
    expect(first.memory - bare.memory).toBeLessThan(512 * 1024);
  });
});
