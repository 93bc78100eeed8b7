import { createAgent, executeTool, type Tool } from "@llmspell/core";
import { scriptedModels } from "@llmspell/core/testing";
import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { codeMode, toolsInside } from "./code-mode.js";
import {
  answers,
  cityTool,
  clerk,
  ENGINES,
  LANGUAGES,
  resultOf,
  runOnce,
  scriptCall,
  type Scripts,
} from "../../../../test/support/code-mode.js";

const many = (count: number, log: unknown[] = []): Tool[] =>
  Array.from({ length: count }, (_, i) => cityTool(`tool_${i + 1}`, log));

describe.each(LANGUAGES)("code mode in %s", (language) => {
  const run = (tools: readonly Tool[], scripts: Scripts, options?: Parameters<typeof runOnce>[3]) =>
    runOnce(language, tools, scripts[language], options);

  it("takes one turn of the model where single calls take twelve", async () => {
    const cities = Array.from({ length: 12 }, (_, i) => `city ${i + 1}`);
    const single: unknown[] = [];
    const steps = cities.map((city) => ({ toolCalls: [{ name: "weather", args: { city } }] }));
    const { models, model } = scriptedModels(...steps, "done");
    await createAgent({ name: "single", tools: [cityTool("weather", single)], maxSteps: 20 }, { models }).run("go");
    const log: unknown[] = [];
    const { agent, turns } = clerk(
      language,
      [cityTool("weather", log)],
      [
        {
          lua: `local all = {} for i = 1, 12 do all[i] = tools.weather{ city = "city " .. i } end return #all`,
          javascript: `let n = 0; for (let i = 1; i <= 12; i++) { await tools.weather({ city: "city " + i }); n++ } return n`,
        }[language],
      ],
    );
    const response = await agent.run("go");
    expect(log).toEqual(single);
    expect([model.requests.length, turns()]).toEqual([13, 2]);
    expect(resultOf(response)).toEqual({ result: 12, calls: { weather: 12 } });
  });

  it("gives what the script returns and prints, and shows every call in the record", async () => {
    const log: unknown[] = [];
    const response = await run([cityTool("weather", log)], {
      lua: `print("looking") return { report = tools.weather{ city = "Paris" }, all = { 1, 2 } }`,
      javascript: `console.log("looking"); return { report: await tools.weather({ city: "Paris" }), all: [1, 2] }`,
    });
    expect(JSON.parse(answers(response)[0] ?? "")).toEqual({
      result: { report: "weather of Paris", all: [1, 2] },
      console: "looking\n",
      calls: { weather: 1 },
    });
    expect(scriptCall(response)).toMatchObject({
      name: "run_spell",
      calls: [{ id: "s1.1", name: "weather", args: { city: "Paris" }, result: "weather of Paris" }],
    });
  });

  it("calls tools as the model does: with events, hooks, powers and checks", async () => {
    const log: unknown[] = [];
    const secret = cityTool("secret", log, { capabilities: () => [{ capability: "secret.read", scope: "x" }] });
    const { agent, events } = clerk(
      language,
      [cityTool("weather", log), secret],
      [
        {
          lua: `local a = tools.weather{ city = "Rome" }
local ok, denied = pcall(tools.secret, { city = "Rome" })
local fits, bad = pcall(tools.weather, { town = "Rome" })
return { a, denied.code, bad.code }`,
          javascript: `const code = async (call) => { try { await call() } catch (error) { return error.code } };
return [await tools.weather({ city: "Rome" }), await code(() => tools.secret({ city: "Rome" })), await code(() => tools.weather({ town: "Rome" }))]`,
        }[language],
      ],
      {
        config: {
          hooks: [
            {
              name: "oslo",
              point: "tool.before",
              run: ({ about, data }) =>
                about.name === "weather" && "city" in Object(data) ? { data: { city: "Oslo" } } : undefined,
            },
          ],
        },
      },
    );
    const response = await agent.run("go", {
      authorize: ({ capability }) => {
        throw new SpellError("PERMISSION_DENIED", `no ${capability}`);
      },
    });
    expect(resultOf(response)["result"]).toEqual(["weather of Oslo", "PERMISSION_DENIED", "VALIDATION_FAILED"]);
    expect(log).toEqual(["weather Oslo"]);
    const told = events.flatMap(({ type, payload }) =>
      type.startsWith("tool.") ? [`${type} ${(payload as { id: string }).id}`] : [],
    );
    expect(told).toEqual([
      "tool.started s1",
      "tool.started s1.1",
      "tool.completed s1.1",
      "tool.started s1.2",
      "tool.failed s1.2",
      "tool.started s1.3",
      "tool.failed s1.3",
      "tool.completed s1",
    ]);
  });

  it("ends the run for a denial where that is asked for, whatever the script makes of it", async () => {
    const log: unknown[] = [];
    const secret = cityTool("secret", log, { capabilities: () => [{ capability: "secret.read" }] });
    const { agent } = clerk(
      language,
      [secret, cityTool("weather", log)],
      [
        {
          lua: `pcall(tools.secret, { city = "a" }) pcall(tools.weather, { city = "b" }) return 1`,
          javascript: `try { await tools.secret({ city: "a" }) } catch {} try { await tools.weather({ city: "b" }) } catch {} return 1`,
        }[language],
      ],
    );
    const authorize = (): never => {
      throw new SpellError("PERMISSION_DENIED", "never");
    };
    await expect(agent.run("go", { authorize, onToolDenied: "throw" })).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
      message: "never",
    });
    expect(log).toEqual([]);
  });

  const parse = cityTool("parse", [], {
    parameters: { type: "object" },
    execute() {
      throw new SpellError("INVALID_ARGUMENT", "bad data", { details: { file: "data.csv", line: 7 } });
    },
  });

  it.each<[string, Scripts, RegExp]>([
    [
      "a syntax error",
      { lua: "local x = 1\nx = = 2", javascript: "const x = 1;\nx = = 2" },
      /^Error: the script failed in line 2: .*\n {2}2 \| x = = 2$/,
    ],
    [
      "an error of its own",
      { lua: "local x\nreturn x.y", javascript: "const x = undefined;\nreturn x.y" },
      /^Error: the script failed in line 2: .*\n {2}2 \| return x\.y$/,
    ],
    [
      "a tool that is called otherwise",
      { lua: `return tools.wether{ city = "a" }`, javascript: `return await tools.wether({ city: "a" })` },
      /\nThere is no tools\.wether, did you mean 'weather'\?$/,
    ],
    [
      "a tool that is called by a text",
      { lua: `return tools["wether"]{ city = "a" }`, javascript: `return await tools["wether"]({ city: "a" })` },
      /\nThere is no tools\.wether, did you mean 'weather'\?$/,
    ],
    [
      "a script in fences",
      { lua: "```lua\nreturn 1\n```", javascript: "```js\nreturn 1\n```" },
      /\nGive the script itself, without the ``` around it\.$/,
    ],
    [
      "a tool's error with a line of its own",
      { lua: `return tools.parse{}`, javascript: `return await tools.parse({})` },
      /^Error: the script failed(?: in line 1)?: INVALID_ARGUMENT: bad data/,
    ],
    [
      "a tool without `tools`",
      { lua: `return weather{ city = "a" }`, javascript: `return await weather({ city: "a" })` },
      /\nWrite tools\.weather/,
    ],
    [
      "arguments that do not fit",
      { lua: "return tools.weather{ city = 5 }", javascript: "return await tools.weather({ city: 5 })" },
      /line 1: VALIDATION_FAILED: invalid arguments for tool 'weather': city: must be string\n/,
    ],
    [
      "arguments without names",
      { lua: `return tools.weather("Rome")`, javascript: `return await tools.weather("Rome")` },
      /INVALID_ARGUMENT: tools\.weather takes one table or object with named fields \(city\)/,
    ],
    [
      "a loop without end",
      { lua: "while true do end", javascript: "for (;;);" },
      /the script reached its limit of 20000000 units of fuel[^]*\nIt may loop for ever\./,
    ],
    [
      "what was done and printed before",
      {
        lua: `tools.weather{ city = "a" } print("half") error("broken")`,
        javascript: `await tools.weather({ city: "a" }); console.log("half"); throw new Error("broken")`,
      },
      /broken\n.*\nAlready done, and not undone: weather \(1 call\)\.\nIt had printed:\nhalf/,
    ],
    [
      "a result that is no data",
      { lua: "return print", javascript: "return () => 1" },
      /the result must be data, not a function/,
    ],
  ])("tells in words of %s", async (_, scripts, expected) => {
    const response = await run([cityTool("weather", []), parse], scripts, { limits: { fuel: 20_000_000 } });
    expect(answers(response)[0]).toMatch(expected);
    expect(scriptCall(response).error?.code).toMatch(/^(SCRIPT_ERROR|SYNTAX_ERROR|LIMIT_FUEL)$/);
  });

  it("lets a script catch a tool that fails, and pass every kind of data", async () => {
    const echo = cityTool("echo", [], {
      parameters: {
        type: "object",
        properties: { list: { type: "array" }, deep: { type: "object", properties: { list: { type: "array" } } } },
      },
      execute: (args) => args,
    });
    const broken = cityTool("broken", [], {
      execute() {
        throw new Error("no luck");
      },
    });
    const response = await run([echo, broken], {
      lua: `local ok, e = pcall(tools.broken, { city = "a" })
return { e.code, e.message, tools.echo{ list = {}, deep = { list = {} }, x = 1.5, t = "ü" }, tools.echo() }`,
      javascript: `let e; try { await tools.broken({ city: "a" }) } catch (error) { e = error }
return [e.code, e.message, await tools.echo({ list: [], deep: { list: [] }, x: 1.5, t: "ü" }), await tools.echo()]`,
    });
    expect(resultOf(response)["result"]).toEqual([
      "TOOL_FAILED",
      "tool 'broken' failed: no luck",
      { list: [], deep: { list: [] }, x: 1.5, t: "ü" },
      {},
    ]);
  });

  it("has names for tools that are no names of the language", async () => {
    const names = [
      "get-weather",
      "get_weather",
      "end",
      "delete",
      "2fa",
      "__proto__",
      "getWeather",
      "get_weather_async",
    ];
    const response = await run(
      names.map((name) => cityTool(name, [])),
      {
        lua: `local c = { city = "x" } return { tools.get_weather_2(c), tools.get_weather(c), tools.end_(c), tools.delete(c), tools._2fa(c), tools.__proto__(c), tools.get_weather_3(c), tools.get_weather_async_2(c) }`,
        javascript: `const c = { city: "x" }; return await Promise.all([tools.get_weather_2(c), tools.get_weather(c), tools.end(c), tools.delete_(c), tools._2fa(c), tools.__proto___(c), tools.getWeather_3(c), tools.get_weather_async_2(c)])`,
      },
    );
    expect(resultOf(response)["result"]).toEqual(names.map((name) => `${name} of x`));
  });

  it("has search and describe in the place of many declarations", async () => {
    const tools = [
      ...many(29),
      cityTool("weather_report", [], { description: "The weather of tomorrow", tags: ["sky"] }),
    ];
    const mode = codeMode(tools, { engine: ENGINES[language] });
    expect(mode.description).toContain("There are 30 tools, called as tools.NAME:\ntool_1 - Does tool_1\n");
    expect(mode.description).not.toContain("city");
    expect(codeMode(many(3), { engine: ENGINES[language] }).description).toContain("Name of the city");
    const response = await run(tools, {
      lua: `local ok, e = pcall(describe, "wether_report")
return { search("sky of tomorrow"), describe("weather_report"), e.message, search("nothing like this"), #search() }`,
      javascript: `let e; try { describe("wether_report") } catch (error) { e = error }
return [search("sky of tomorrow"), describe("weather_report"), e.message, search("nothing like this"), search().length]`,
    });
    const [found, declaration, missing, nothing, first] = resultOf(response)["result"] as unknown[];
    expect(found).toEqual([{ name: "weather_report", description: "The weather of tomorrow" }]);
    expect(declaration).toContain("Name of the city");
    expect(missing).toBe(`there is no tool 'wether_report', did you mean 'weather_report'?; search("…") finds tools`);
    expect(Object.keys(nothing as object)).toEqual([]);
    expect(first).toBe(10);
  });

  it("caps what the description says of very many tools", () => {
    const mode = codeMode(many(1000), { engine: ENGINES[language], descriptionCharacters: 3000 });
    expect(mode.description.length).toBeLessThan(4500);
    expect(mode.description).toMatch(/\n… and 8\d\d more: search for them\.$/);
  });

  it("caps console and result, and says so", async () => {
    const response = await run(
      [cityTool("weather", [])],
      {
        lua: `for i = 1, 50 do print(("x"):rep(9)) end return ("y"):rep(1000)`,
        javascript: `for (let i = 0; i < 50; i++) console.log("x".repeat(9)); return "y".repeat(1000)`,
      },
      { limits: { consoleCharacters: 100, resultCharacters: 200 } },
    );
    const { result, console, notes } = resultOf(response);
    expect(String(console)).toBe(`${"xxxxxxxxx\n".repeat(10)}… [400 more characters]`);
    expect(String(result)).toMatch(/^"y{199}… \[802 more characters\]$/);
    expect(notes).toEqual(["The result is 1002 characters of JSON, and at most 200 are shown: return less."]);
  });

  it("runs calls at the same time, and no more than it may", async () => {
    let [now, most] = [0, 0];
    const waiting: (() => void)[] = [];
    const busy = cityTool("busy", [], {
      async execute() {
        most = Math.max(most, ++now);
        // Each goes on when it is one of three.
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          if (waiting.length === 3) for (const goOn of waiting.splice(0)) goOn();
        });
        now--;
        return now;
      },
    });
    const scripts = {
      lua: `local all = {} for i = 1, 9 do all[i] = tools.busy_async{ city = tostring(i) } end return #await(promise.all(all))`,
      javascript: `return (await Promise.all(Array.from({ length: 9 }, (_, i) => tools.busy({ city: String(i) })))).length`,
    };
    expect(resultOf(await run([busy], scripts, { limits: { parallel: 3 } }))["result"]).toBe(9);
    expect(most).toBe(3);
  });

  it("says so when nothing came out", async () => {
    const response = await run([], { lua: "local x = 1", javascript: "1 + 1" });
    expect(resultOf(response)).toEqual({
      result: null,
      notes: ["The script returned nothing and printed nothing: end it with `return value`."],
    });
  });

  it("suspends nothing that still computes", async () => {
    const log: unknown[] = [];
    const scripts = {
      lua: `local paid = tools.pay_async{ city = "a" }
for i = 1, 3000000 do end
return { tools.look{ city = "b" }, await(paid) }`,
      javascript: `const paid = tools.pay({ city: "a" });
for (let i = 0; i < 3000000; i++);
return [await tools.look({ city: "b" }), await paid]`,
    };
    const response = await run([cityTool("look", log), cityTool("pay", log, { needsApproval: true })], scripts);
    expect(response.status).toBe("suspended");
    expect(log).toEqual(["look b"]);
  });

  it("starts each script anew", async () => {
    const scripts = {
      lua: "x = (rawget(_G, 'x') or 0) + 1 return x",
      javascript: "globalThis.x = (globalThis.x ?? 0) + 1; return x",
    };
    const response = await clerk(language, [], [scripts[language], scripts[language]]).agent.run("go");
    expect(response.toolCalls.map(({ result }) => result)).toEqual([{ result: 1 }, { result: 1 }]);
  });

  it("is stopped with its run, and the calls that it made with it", async () => {
    const stop = new AbortController();
    const aborted: unknown[] = [];
    const slow = cityTool("slow", [], {
      execute: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            aborted.push("slow");
            reject(new Error("aborted"));
          });
          stop.abort();
        }),
    });
    const { agent } = clerk(
      language,
      [slow],
      [{ lua: `tools.slow{ city = "a" }`, javascript: `await tools.slow({ city: "a" })` }[language]],
    );
    await expect(agent.run("go", { signal: stop.signal })).rejects.toMatchObject({ code: "CANCELLED" });
    expect(aborted).toEqual(["slow"]);
  });

  it("knows the tools inside, and refuses what it cannot be made of", () => {
    const tools = many(2);
    expect(toolsInside(codeMode(tools, { engine: ENGINES[language] }))).toEqual(tools);
    expect(toolsInside(tools[0] as Tool)).toBeUndefined();
    const make =
      (options: object, given: readonly Tool[] = tools) =>
      () =>
        codeMode(given, { engine: ENGINES[language], ...options });
    expect(make({}, [...tools, ...tools])).toThrow("there are two tools named 'tool_1'");
    expect(make({ limits: { fule: 1 } })).toThrow("code mode has no limit 'fule'");
    expect(make({ limits: { calls: 0 } })).toThrow("the limit calls of code mode must be a number of at least 1");
    expect(make({ engine: { name: "wren", load: () => Promise.reject(new Error("never")) } })).toThrow("not in wren");
  });
});

describe("code mode in Lua", () => {
  it("tells in words of a tool that is called as a method", async () => {
    const response = await runOnce("lua", [cityTool("weather", [])], `return tools:weather{ city = "a" }`);
    expect(answers(response)[0]).toContain("\nWrite tools.weather{ … }, with a dot.");
  });
});

describe("code mode in JavaScript", () => {
  it("takes types, and waits for calls that are not awaited", async () => {
    const log: unknown[] = [];
    const script = `const city: string = "Bonn"; void tools.weather({ city }); return city;`;
    const response = await runOnce("javascript", [cityTool("weather", log)], script);
    expect(resultOf(response)).toEqual({
      result: "Bonn",
      calls: { weather: 1 },
      notes: ["1 call was not awaited: what came of it is lost."],
    });
    expect(log).toEqual(["weather Bonn"]);
  });
});

it("is a tool also for who calls it directly, with nobody to wait for", async () => {
  const log: unknown[] = [];
  const tools = [cityTool("weather", log), cityTool("pay", log, { needsApproval: true })];
  const mode = codeMode(tools, { engine: ENGINES.lua });
  const { signal } = new AbortController();
  const script = `local ok, e = pcall(tools.pay, { city = "a" }) return { tools.weather{ city = "b" }, ok, e.message }`;
  expect(await executeTool(mode, { script }, { signal })).toMatchObject({
    result: ["weather of b", false, "a call of 'pay' needs approval, and nobody gave it"],
  });
  const paid = await executeTool(
    mode,
    { script },
    { signal, approve: () => ({ approve: true, args: { city: "edited" } }) },
  );
  expect(paid).toMatchObject({ notes: ['The user changed the arguments of a call of pay to {"city":"edited"}.'] });
  expect(log).toEqual(["weather b", "pay edited", "weather b"]);
});
