import { readFileSync } from "node:fs";
import { bindModules, defineModule, MODULES, sync, t, type SpellRun } from "@llmspell/spell";
import { describe, expect, it, vi } from "vitest";
import { cast, engine, failureOf, inJavaScript, valueOf } from "../../../../test/support/spell.js";
import { Door } from "../door/door.js";

const LANGUAGES = ["lua", "javascript"] as const;
type Sources = Record<(typeof LANGUAGES)[number], string>;

describe.each(LANGUAGES)("the root module in %s", (language) => {
  const within: Partial<SpellRun> = language === "lua" ? {} : inJavaScript();
  const value = (sources: Sources, options = {}) => valueOf(sources[language], { ...within, ...options });
  const same = (source: string): Sources => ({ lua: source, javascript: source });

  it("BR-21: says what runs the spell and what it can do", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(await value(same("return llmspell.info()"))).toMatchObject({
      name: "llmspell",
      version,
      engine: language,
      engine_version: expect.stringMatching(/Lua 5|ECMAScript|JavaScript|ES20/),
    });
    const features = await value(same("return llmspell.features()"));
    expect(features).toMatchObject({ async: true, sandboxing: true, native_json: language === "javascript" });
    expect(Object.values(features as object).every((flag) => typeof flag === "boolean")).toBe(true);
  });

  it("lists the modules, all of which are there, and explains them", async () => {
    const names = await value(same("return llmspell.modules()"));
    expect(names).toEqual(
      MODULES.map(({ name }) => name)
        .filter((name) => name !== "llmspell")
        .toSorted(),
    );
    expect(await value(same("return llmspell.help()"))).toContain("agent");
    expect(await value(same("return llmspell.help('agent.run')"))).toContain("agent.run(agent, input");
    expect(await value(same("return llmspell.help('llmspell.batch')"))).toContain("llmspell.batch(calls, opts?)");
    expect(await failureOf("llmspell.help('nothing')", within)).toMatchObject({ code: "NOT_FOUND" });
  });

  it("BR-20: the call profile is what was called", async () => {
    const sources = {
      lua: `for i = 1, 3 do data.to_json(i) end pcall(data.parse_json, "{") sleep(5) return llmspell.metrics()`,
      javascript: `for (let i = 0; i < 3; i++) data.toJson(i); await data.parseJson("{").catch(() => {}); await sleep(5); return llmspell.metrics();`,
    };
    const { result } = await cast(sources[language], within);
    expect(result).toMatchObject({
      ok: true,
      value: {
        call_count: 6,
        error_count: 1,
        by_function: {
          "data.to_json": { calls: 3, errors: 0, memoized: 0 },
          "data.parse_json": { calls: 1, errors: 1 },
          "promise.sleep": { calls: 1, errors: 0 },
          "llmspell.metrics": { calls: 1 },
        },
      },
    });
    expect(result.audit).toHaveLength(6);
    const sleep = ((result.ok ? result.value : {}) as { by_function: Record<string, Record<string, number>> })
      .by_function["promise.sleep"];
    expect(sleep?.["total_ms"]).toBeGreaterThan(3);
    expect(sleep?.["max_ms"]).toBe(sleep?.["avg_ms"]);
  });

  const batch: Sources = {
    lua: `return llmspell.batch({
      { fn = "data.parse_json", args = { "[1, 2]" } }, { fn = "data.toJson", args = { 7 } }, { fn = "data.parse_json", args = { "{" } },
      { fn = "promise.sleep", args = { 5 } }, { fn = "utils.json_decode", args = { "3" } }, { fn = "no.such" }, { fn = "llmspell.batch", args = { {} } } })`,
    javascript: `return llmspell.batch([
      { fn: "data.parse_json", args: ["[1, 2]"] }, { fn: "data.toJson", args: [7] }, { fn: "data.parse_json", args: ["{"] },
      { fn: "promise.sleep", args: [5] }, { fn: "utils.json_decode", args: ["3"] }, { fn: "no.such" }, { fn: "llmspell.batch", args: [[]] }])`,
  };

  it("BR-17: a batch is one crossing for many calls, each as if by itself", async () => {
    const crossing = vi.spyOn(Door.prototype, "call");
    const { result } = await cast(batch[language], within);
    expect(crossing).toHaveBeenCalledTimes(1);
    crossing.mockRestore();
    expect(result).toMatchObject({
      ok: true,
      value: [
        { ok: true, value: [1, 2] },
        { ok: true, value: "7" },
        { ok: false, error: { code: "SYNTAX_ERROR" } },
        { ok: true },
        { ok: true, value: 3 },
        { ok: false, error: { code: "NOT_FOUND" } },
        { ok: false, error: { code: "UNSUPPORTED" } },
      ],
    });
    expect(result.metrics.host_calls).toBe(8);
    expect(result.audit.map((record) => record.function)).toEqual([
      "llmspell.batch",
      "data.parse_json",
      "data.to_json",
      "data.parse_json",
      "promise.sleep",
      "data.parse_json",
    ]);
  });

  it("BR-17: a batch gets around neither grants nor limits", async () => {
    const denied = {
      lua: 'return llmspell.batch({ { fn = "spell.include", args = { "a.lua" } } })[1].error.code',
      javascript: 'return (await llmspell.batch([{ fn: "spell.include", args: ["a.js"] }]))[0].error.code',
    };
    expect(await value(denied)).toBe("PERMISSION_DENIED");
    const many = {
      lua: 'local calls = {} for i = 1, 40 do calls[i] = { fn = "data.to_json", args = { i } } end for i = 1, 4 do pcall(llmspell.batch, calls) end',
      javascript:
        'const calls = Array.from({ length: 40 }, (_, i) => ({ fn: "data.to_json", args: [i] })); for (let i = 0; i < 4; i++) await llmspell.batch(calls).catch(() => {});',
    };
    const { result } = await cast(many[language], { ...within, limits: { hostCalls: 100 } });
    expect(result).toMatchObject({ ok: false, error: { code: "LIMIT_CALLS" } });
    expect(result.audit.filter((record) => record.function === "data.to_json")).toHaveLength(80);
    const huge = { lua: "llmspell.batch(calls)", javascript: "await llmspell.batch(calls)" };
    const before = {
      lua: "local calls = {} for i = 1, 1001 do calls[i] = { fn = 'x' } end ",
      javascript: "const calls = Array(1001).fill({ fn: 'x' });",
    };
    expect(await failureOf(before[language] + huge[language], within)).toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("BR-19: the second call is answered from memory, until something changes", async () => {
    const sources = {
      lua: `local a = agent.create({ name = "a" })
        local first, again = llmspell.memoize("agent.get_info", { max = 10 }), llmspell.memoize("agent.getInfo")
        local runs = { a:get_info().runs, a:get_info().runs, agent.get_info(a).runs }
        a:run("x") runs[4] = a:get_info().runs runs[5] = a:get_info().runs
        return { first, again, runs, llmspell.metrics().by_function["agent.get_info"].memoized }`,
      javascript: `const a = agent.create({ name: "a" });
        const first = llmspell.memoize("agent.get_info", { max: 10 }), again = llmspell.memoize("agent.getInfo");
        const runs = [a.getInfo().runs, a.getInfo().runs, agent.getInfo(a).runs];
        await a.run("x"); runs.push(a.getInfo().runs, a.getInfo().runs);
        return [first, again, runs, llmspell.metrics().by_function["agent.get_info"].memoized];`,
    };
    expect(await value(sources)).toEqual([true, false, [0, 0, 0, 1, 1], 3]);
  });

  it("BR-19: what depends on its arguments alone is kept for its time; nothing is kept of what may change during it", async () => {
    const sources = {
      lua: `llmspell.memoize("data.prettify_json", { ttl = 10000 }) llmspell.memoize("agent.get_info")
        local a = agent.create({ name = "a" })
        data.prettify_json("[1]") log.info("x") data.prettify_json("[1]") data.prettify_json("[2]")
        local running = a:run_async("x") a:get_info() await(running)
        local of = llmspell.metrics().by_function
        return { of["data.prettify_json"].memoized, of["agent.get_info"].memoized, a:get_info().runs }`,
      javascript: `llmspell.memoize("data.prettify_json", { ttl: 10000 }); llmspell.memoize("agent.get_info");
        const a = agent.create({ name: "a" });
        data.prettifyJson("[1]"); log.info("x"); data.prettifyJson("[1]"); data.prettifyJson("[2]");
        const running = a.run("x"); a.getInfo(); await running;
        const of = llmspell.metrics().by_function;
        return [of["data.prettify_json"].memoized, of["agent.get_info"].memoized, a.getInfo().runs];`,
    };
    expect(await value(sources)).toEqual([1, 0, 1]);
  });

  it("BR-19: what has effects is not memoized", async () => {
    expect(await failureOf('llmspell.memoize("agent.run")', within)).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await failureOf('llmspell.memoize("no.such")', within)).toMatchObject({ code: "NOT_FOUND" });
    expect(await failureOf('llmspell.memoize("promise.all")', within)).toMatchObject({ code: "NOT_FOUND" });
  });

  it("a function of the root with the name of a module is called by calling the module", async () => {
    const echo = (name: string) =>
      sync({ doc: "Echoes.", params: { value: t.any }, result: "any", call: (_, { value: given }) => [name, given] });
    const modules = [
      defineModule({ name: "root", doc: "Root.", functions: { metrics: echo("root"), other: echo("other") } }),
      defineModule({ name: "metrics", doc: "Metrics.", functions: { name: echo("name"), counter: echo("counter") } }),
    ];
    const { bindings, functions } = bindModules(modules, ["root", "alias"]);
    const source =
      language === "lua"
        ? "return { root.metrics(1), metrics(2), root.metrics.counter(3), alias.other(4), metrics.name(5), root.root == nil, require('root.metrics').counter(6) }"
        : 'return [root.metrics(1), metrics(2), root.metrics.counter(3), alias.other(4), metrics.name(5), root.root === undefined, (await import("root/metrics")).counter(6)]';
    for (const sandbox of ["basic", "strict"] as const) {
      const guest = (within.engine ?? engine).createGuest({
        bindings,
        sandbox,
        host: { call: (id, args) => functions[id - 1]?.call({} as never, { value: args[0] }, null as never) as never },
      });
      expect(await guest.run(source).result()).toEqual([
        ["root", 1],
        ["root", 2],
        ["counter", 3],
        ["other", 4],
        ["name", 5],
        true,
        ["counter", 6],
      ]);
      guest[Symbol.dispose]();
    }
  });

  it("the strict sandbox has the same, unchangeable", async () => {
    expect(await value(same("return llmspell.metrics().call_count"), { sandbox: "strict" })).toBe(1);
  });
});
