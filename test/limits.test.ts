import { describe, expect, it } from "vitest";
import { folder, jsonOf, runCli } from "./support/cli.js";
import { cast, engine } from "./support/spell.js";

interface Hostile {
  readonly name: string;
  readonly source: string;
  readonly code: string;
  /** Options of the command line, where the default limit would take too long. */
  readonly args?: readonly string[];
}

const HOSTILE: readonly Hostile[] = [
  { name: "an endless loop", source: "while true do end", code: "LIMIT_FUEL" },
  { name: "a huge string", source: 'string.rep("x", 1e9)', code: "LIMIT_MEMORY" },
  { name: "a catastrophic pattern", source: '("a"):rep(30):find(("a?"):rep(30)..("a"):rep(30))', code: "LIMIT_FUEL" },
  {
    name: "a table that grows for ever",
    source: "local t = {} while true do t[#t + 1] = {} end",
    code: "LIMIT_MEMORY",
  },
  { name: "deep recursion", source: "local function f() return 1 + f() end return f()", code: "LIMIT_DEPTH" },
  {
    name: "a pcall loop that swallows errors",
    source: "while true do pcall(function() while true do end end) end",
    code: "LIMIT_FUEL",
  },
  {
    name: "100 MB of prints",
    source: 'local s = ("x"):rep(1024) for i = 1, 100 * 1024 do print(s) end',
    code: "LIMIT_OUTPUT",
  },
  { name: "too many host calls", source: 'while true do log.debug("x") end', code: "LIMIT_CALLS" },
  {
    name: "too many host calls, errors swallowed",
    source: "while true do pcall(agent.get, 5) end",
    code: "LIMIT_CALLS",
  },
  {
    name: "too many calls that wait",
    source: 'local t = {} while true do t[#t + 1] = promise.sleep_async("1h") end',
    code: "LIMIT_PENDING",
  },
  { name: "a value too large to cross", source: 'agent.get(("x"):rep(20 * 1024 * 1024))', code: "LIMIT_VALUE" },
  { name: "a sleep past the time", source: 'sleep("1h")', code: "LIMIT_TIME", args: ["--limit", "time=100ms"] },
  {
    name: "a sleep past the time, errors swallowed",
    source: 'while true do pcall(sleep, "1h") end',
    code: "LIMIT_TIME",
    args: ["--limit", "time=100ms"],
  },
  {
    name: "tasks without end",
    source: "local function f() spawn(f) spawn(f) end f()",
    code: "LIMIT_FUEL",
    args: ["--limit", "fuel=1e7"],
  },
];

describe("a hostile spell ends with exit code 3", () => {
  it.each(HOSTILE)("$name: $code", async ({ source, code, args = [] }) => {
    const cwd = await folder({ "hostile.lua": source });
    const result = await runCli(["run", "hostile.lua", "--json", ...args], { cwd, timeoutMs: 45_000 });
    expect(jsonOf(result)).toMatchObject({ ok: false, error: { code }, metrics: { fuel: expect.any(Number) } });
    expect(result.status).toBe(3);
  });

  it("says for a person which limit it was and how to raise it", async () => {
    const cwd = await folder({ "hostile.lua": "local t = {}\nwhile true do t[#t + 1] = {} end" });
    const result = await runCli(["run", "hostile.lua"], { cwd });
    expect(result).toMatchObject({ status: 3, stdout: "" });
    expect(result.stderr).toMatch(
      /^error: the spell reached its limit of 67108864 bytes of memory \[LIMIT_MEMORY\]\n {2}at hostile\.lua:2\n {5}2 \| while true do/,
    );
    expect(result.stderr).toContain("Raise it with --limit memory=SIZE");
  });
});

describe("on one engine in one process", () => {
  // A part of the fuel does for what is shown here: nothing of a spell reaches the next.
  const limits = { fuel: 50_000_000 };
  const PROBE = `local t = {} for i = 1, 1000 do t[i] = i end
    return { #t, leaked == nil, ("x"):rep(3), tostring(llm.generate("hi")):find("offline") ~= nil, select(2, pcall(error, "e")) }`;

  it.each(HOSTILE.filter(({ code }) => code !== "LIMIT_TIME"))(
    "the next spell is unharmed by $name",
    async ({ source, code }) => {
      const { result } = await cast(`leaked = 1 string.rep2 = 1 ${source}`, { limits });
      expect(result).toMatchObject({ ok: false });
      // Those who need more fuel than there is here end by fuel.
      expect([code, "LIMIT_FUEL"]).toContain(result.ok ? "" : result.error.code);
      const next = await cast(PROBE, { limits });
      expect(next.result).toMatchObject({ ok: true, value: [1000, true, "xxx", true, "e"] });
    },
  );

  it("reuses instances after all that", async () => {
    await cast("return 1");
    const { reused } = engine.pool;
    await cast("return 1");
    expect(engine.pool.reused).toBe(reused + 1);
  });
});

describe("fuel is the same number on every run", () => {
  const PURE = `local words = {} for i = 1, 500 do words[i] = tostring(i * 7919 % 1000) end
    table.sort(words) local s = table.concat(words, ","):gsub("1", "one") return #s`;
  const WITH_PARAMS = "local n = 0 for i = 1, tonumber(params.rounds) do n = n + #params.text end return n";
  const PARALLEL = `local ask = async(function(topic) return llm.generate("Tell me about " .. topic).content end)
    local answers = await(all({ ask("tea"), ask("coffee"), ask("cocoa") }))
    return #answers`;

  it.each([
    ["a pure spell", PURE, []],
    ["a spell with parameters", WITH_PARAMS, ["--param", "rounds=1000", "--param", "text=hello"]],
    ["three prompts in parallel", PARALLEL, []],
    [
      "a spell that iterates a table by names",
      "local t, s = {}, '' for i = 1, 200 do t['k' .. i] = i end for k in pairs(t) do s = s .. k end return s",
      [],
    ],
  ])("%s", async (_, source, args) => {
    const cwd = await folder({ "spell.lua": source });
    const lines = [];
    for (let i = 0; i < 3; i++) lines.push(jsonOf(await runCli(["run", "spell.lua", "--json", ...args], { cwd })));
    expect(lines[0]?.metrics?.fuel).toBeGreaterThan(1_000);
    expect(new Set(lines.map(({ metrics }) => metrics?.fuel)).size).toBe(1);
    expect(new Set(lines.map(({ value }) => JSON.stringify(value))).size).toBe(1);
  });

  it("is another number for other parameters", async () => {
    const cwd = await folder({ "spell.lua": WITH_PARAMS });
    const fuel = async (rounds: number): Promise<number> =>
      jsonOf(await runCli(["run", "spell.lua", "--json", "-p", `rounds=${rounds}`, "-p", "text=x"], { cwd })).metrics
        ?.fuel ?? 0;
    expect(await fuel(2_000)).toBeGreaterThan(await fuel(1_000));
  });

  it("is the same on a fresh and on a used instance", async () => {
    const first = await cast(PURE);
    await cast("for i = 1, 1e5 do local t = { i } end");
    const second = await cast(PURE);
    expect(second.result.metrics.fuel).toBe(first.result.metrics.fuel);
  });
});
