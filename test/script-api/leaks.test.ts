import { getEventListeners } from "node:events";
import { withoutLeaks } from "@llmspell/core/testing";
import { HostFunction, type ScriptValue } from "@llmspell/engine";
import { MODULES, type FunctionDeclaration, type HandleTable, type SpellRun } from "@llmspell/spell";
import { describe, expect, it } from "vitest";
import { collectAll, collectNow } from "../support/collect.js";
import { handleTablesOf, inJavaScript, valueOf } from "../support/spell.js";
import { RECIPES, SETUP, type Recipe } from "./recipes.js";

const KINDS = new Set(
  MODULES.flatMap(({ handles, methods, properties }) => [
    ...handles,
    ...Object.keys(methods),
    ...Object.keys(properties),
  ]),
);
const MAKES = new RegExp(`\\b(${[...KINDS].join("|")}|function)\\b`);

/** Every function of the host that gives a handle or a function, as the declarations say. */
const MAKERS = MODULES.flatMap(({ name, functions, methods }) => {
  const groups: [string, Readonly<Record<string, FunctionDeclaration>>][] = [
    [name, functions],
    ...Object.entries(methods),
  ];
  return groups.flatMap(([owner, group]) =>
    Object.entries(group).flatMap(([fn, { call, result }]) =>
      call !== undefined && MAKES.test(result) ? [`${owner}.${fn}`] : [],
    ),
  );
});

/** Plays each recipe `calls` times, and says on the log when nothing of it is held any more. */
const PLAY = {
  Lua: `
    local at = function(path)
      local value = _G
      for name in path:gmatch("[^.]+") do value = value[name] end
      return value
    end
    local given = {}
    local function made(value)
      if type(value) ~= "table" then return value end
      if value["$the"] then return given[value["$the"]] end
      if value["$make"] then
        local args = made(value.args or {})
        local method = value["$make"]:match("^%u.*%.(.*)")
        if method then return args[1][method](table.unpack(args, 1, #args)) end
        return await(at(value["$make"])(table.unpack(args, 1, #args)))
      end
      local copy = {}
      for key, each in pairs(value) do copy[key] = made(each) end
      return copy
    end
    given.fn = function(value) return value end
    for _, each in ipairs(params.setup) do given[each.as] = made(each) end
    local settle = function(recipe, moment, rounds)
      events.clear_history()
      for _ = 1, rounds do
        collectgarbage()
        if params.look(recipe.fn, moment, debug.memory_usage().used_bytes) then return end
        sleep(1)
      end
    end
    for _ = 1, 21000 do agent.exists("x") end
    for _, recipe in ipairs(params.recipes) do
      local method = recipe.fn:match("^%u") and recipe.fn:match("%.(.*)")
      local fn = not method and at(recipe.fn)
      local undo = recipe.undo and at(recipe.undo)
      local fresh = recipe.fresh
      local args = not fresh and made(recipe.args)
      local function play(times)
        for _ = 1, times do
          local args = args or made(recipe.args)
          local result
          if method then result = args[1][method](table.unpack(args, 1, #args)) else result = fn(table.unpack(args, 1, #args)) end
          result = await(result)
          if undo then await(undo(recipe.with == nil and result or made(recipe.with))) end
        end
      end
      play(recipe.warm)
      settle(recipe, "before", recipe.rounds)
      play(recipe.calls)
      settle(recipe, "after", params.most)
    end`,
  JavaScript: `
    const at = (path) => path.split(".").reduce((value, name) => value[name], globalThis);
    const given = {};
    const made = async (value) => {
      if (typeof value !== "object" || value === null) return value;
      if (value.$the !== undefined) return given[value.$the];
      if (value.$make !== undefined) {
        const args = await made(value.args ?? []);
        const method = /^[A-Z]\\w*\\.(.*)/.exec(value.$make)?.[1];
        return await (method === undefined ? at(value.$make)(...args) : args[0][method](...args.slice(1)));
      }
      if (Array.isArray(value)) return await Promise.all(value.map(made));
      return Object.fromEntries(await Promise.all(Object.entries(value).map(async ([key, each]) => [key, await made(each)])));
    };
    given.fn = (value) => value;
    for (const each of params.setup) given[each.as] = await made(each);
    const settle = async (recipe, moment, rounds) => {
      events.clearHistory();
      for (let i = 0; i < rounds; i++) {
        if (params.look(recipe.fn, moment, debug.memoryUsage().used_bytes)) return;
        await sleep(1);
      }
    };
    for (let i = 0; i < 21000; i++) agent.exists("x");
    for (const recipe of params.recipes) {
      const method = /^[A-Z]/.test(recipe.fn) ? recipe.fn.split(".")[1] : undefined;
      const fn = method === undefined ? at(recipe.fn) : undefined;
      const undo = recipe.undo === undefined ? undefined : at(recipe.undo);
      const fixed = recipe.fresh ? undefined : await made(recipe.args);
      const play = async (times) => {
        for (let i = 0; i < times; i++) {
          const args = fixed ?? (await made(recipe.args));
          const result = await (method === undefined ? fn(...args) : args[0][method](...args.slice(1)));
          if (undo !== undefined) await undo(recipe.with === undefined ? result : await made(recipe.with));
        }
      };
      await play(recipe.warm);
      await settle(recipe, "before", recipe.rounds);
      await play(recipe.calls);
      await settle(recipe, "after", params.most);
    }`,
} as const;

/**
 * What V8 keeps of code that it has compiled meanwhile, and what is on its way to be collected. While it counts
 * coverage it keeps what it knows of every function that ever ran: then the memory of the host says nothing.
 */
const SLACK = process.env["LLMSPELL_TEST_COVERAGE"] === undefined ? 3_000_000 : Infinity;
/** What a guest's heap may differ by, from one look to the next. */
const GUEST_SLACK = 65_536;

interface Counts {
  readonly handles: number;
  readonly weak: number;
  readonly timers: number;
  readonly listeners: number;
  readonly bytes: number;
  /** Bytes of the guest's own memory. */
  readonly guest: number;
}

function count(tables: readonly HandleTable[], signal: AbortSignal, guest: number): Counts {
  collectNow();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return {
    handles: tables.reduce((sum, { size }) => sum + size, 0),
    weak: tables.reduce((sum, { weak }) => sum + weak.live, 0),
    timers: process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length,
    listeners: getEventListeners(signal, "abort").length,
    bytes: heapUsed + external + arrayBuffers,
    guest,
  };
}

type Language = keyof typeof PLAY;

/** Far more than it takes, of each language. */
const TIME_MS = 3_600_000;

/** How often both collectors may run until nothing is left: the host lets go of functions when its own has run. */
const MOST_ROUNDS = 50;

/** What is there after the calls of each recipe that was not there before them. */
async function leftBy(language: Language, recipes: readonly Recipe[]): Promise<string[]> {
  const { signal } = new AbortController();
  const tables: HandleTable[] = [];
  const before = new Map<unknown, Counts>();
  const problems = new Map<unknown, readonly string[]>();
  const look = new HostFunction("look", ([name = null, moment, guest]) => {
    const now = count(tables, signal, Number(guest));
    const then = before.get(name);
    if (moment === "before" || then === undefined) {
      before.set(name, now);
      return false;
    }
    const calls = recipes.find(({ fn }) => fn === name)?.calls ?? 1;
    const grown = growth(then, now, calls).map((problem) => `${String(name)}: ${problem}`);
    problems.set(name, grown);
    return grown.length === 0;
  });
  const params = { recipes, setup: SETUP, most: MOST_ROUNDS } as unknown as Record<string, ScriptValue>;
  const options: Partial<SpellRun> = {
    signal,
    grants: ["model", "storage", "auth", "process"].map((capability) => ({ capability })),
    limits: { hostCalls: 1e9, fuel: 1e13, timeMs: TIME_MS },
    params: { ...params, look },
  };
  await handleTablesOf(async () => {
    await valueOf(PLAY[language], language === "Lua" ? options : inJavaScript(options));
  }, tables);
  expect([...problems.keys()]).toEqual(recipes.map(({ fn }) => fn));
  return [...problems.values()].flat();
}

function growth(before: Counts, after: Counts, calls: number): string[] {
  const grown = (["handles", "weak", "timers", "listeners"] as const).filter((key) => after[key] > before[key]);
  const ofHost = after.bytes - before.bytes;
  const ofGuest = after.guest - before.guest;
  return [
    ...grown.map((key) => `${key} ${before[key]} → ${after[key]}`),
    ...(ofHost > SLACK ? [`${Math.round(ofHost / calls)} bytes of the host a call`] : []),
    ...(ofGuest > GUEST_SLACK ? [`${Math.round(ofGuest / calls)} bytes of the guest a call`] : []),
  ];
}

describe("functions that give handles", () => {
  it("QA-4: each is called here", () => {
    const called = new Set(RECIPES.map(({ fn }) => fn));
    expect(MAKERS.length).toBeGreaterThan(60);
    expect(MAKERS.filter((name) => !called.has(name))).toEqual([]);
  });

  it.each<Language>(["Lua", "JavaScript"])(
    "QA-4: 10,000 calls of each leave no handle, listener, timer or memory in %s",
    async (language) => {
      await withoutLeaks(async () => {
        expect(await leftBy(language, RECIPES)).toEqual([]);
        await collectAll();
      });
    },
    TIME_MS + 100_000,
  );

  it.each<Language>(["Lua", "JavaScript"])("QA-4: one that nobody removes is found in %s", async (language) => {
    const kept: Recipe = { fn: "agent.create", args: [{ name: "kept" }], calls: 50, warm: 1, rounds: 2 };
    expect(await leftBy(language, [kept])).toEqual([expect.stringMatching(/^agent\.create: handles \d+ → \d+$/)]);
  });
});
