import { scriptedModels } from "@llmspell/core/testing";
import { createTenant, type Tenant } from "@llmspell/engine";
import { describe, expect, it } from "vitest";
import { ENGINES } from "../../../../../test/support/code-mode.js";
import { both, failureOf, inJavaScript, valueOf } from "../../../../../test/support/spell.js";

const LOOP = {
  lua: `local sum = 0 for i = 1, 5 do sum = sum + tools.double{ n = i } end print("sum", sum) return sum`,
  javascript: `let sum = 0; for (let i = 1; i <= 5; i++) sum += await tools.double({ n: i }); console.log("sum\\t" + sum); return sum`,
};

const DOUBLE = {
  lua: `{ name = "double", description = "Doubles", parameters = { type = "object", properties = { n = { type = "number" } } }, execute = function(args) return args.n * 2 end }`,
  javascript: `{ name: "double", description: "Doubles", parameters: { type: "object", properties: { n: { type: "number" } } }, execute: (args) => args.n * 2 }`,
};

/** The model answers with a script in this language. */
const writes = (script: string) => () =>
  scriptedModels({ toolCalls: [{ name: "run_spell", id: "s1", args: { script } }] }, "done");

describe("agent.create with code_mode", () => {
  it("gives the model one tool, whose scripts call functions of the spell", async () => {
    const lua = `local a = agent.create{ name = "a", code_mode = true, tools = { ${DOUBLE.lua} } }
local names = {}
for i, tool in ipairs(a:list_tools()) do names[i] = tool.name end
local call = a:run("go").tool_calls[1]
return { names, call.result, #call.calls }`;
    const js = `const a = agent.create({ name: "a", codeMode: true, tools: [${DOUBLE.javascript}] });
const names = a.listTools().map(({ name }) => name);
const [call] = (await a.run("go")).tool_calls;
return [names, call.result, call.calls.length]`;
    const expected = [["run_spell"], { result: 30, console: "sum\t30\n", calls: { double: 5 } }, 5];
    expect(await valueOf(lua, writes(LOOP.lua)())).toEqual(expected);
    expect(await valueOf(js, inJavaScript(writes(LOOP.javascript)()))).toEqual(expected);
  });

  it.each(["lua", "javascript"] as const)(
    "takes scripts in %s, whatever language the spell is in",
    async (language) => {
      const engineFor = (file: string) => ENGINES[file.endsWith(".lua") ? "lua" : "javascript"];
      expect(
        await both(
          `return agent.create{ code_mode = "${language}", tools = { ${DOUBLE.lua} } }:run("go").tool_calls[1].result.result`,
          `return (await agent.create({ codeMode: { language: "${language}" }, tools: [${DOUBLE.javascript}] }).run("go")).tool_calls[0].result.result`,
          () => ({ ...writes(LOOP[language])(), engineFor }),
        ),
      ).toBe(30);
    },
  );

  it.each(["lua", "javascript"] as const)("runs scripts in %s for the tenant of the spell", async (language) => {
    const run = async (tenant: Tenant, script: string) =>
      await valueOf(
        `local call = agent.create{ code_mode = "${language}" }:run("go").tool_calls[1] return call.result or call.error.code`,
        {
          ...writes(script)(),
          engineFor: (file: string) => ENGINES[file.endsWith(".lua") ? "lua" : "javascript"],
          tenant,
        },
      );
    const acme = createTenant({ name: "acme" });
    expect(await run(acme, "return 1")).toMatchObject({ result: 1 });
    expect(acme.usage).toMatchObject({ guests: 0, totalGuests: 2, peakGuests: 2 });
    const alone = createTenant({ name: "alone", limits: { guests: 1 } });
    expect(await run(alone, "return 1")).toBe("LIMIT_GUESTS");
  });

  it("says so when there is no engine for the language", async () => {
    const said = await valueOf(
      `return agent.create{ code_mode = "javascript", tools = {} }:run("go").tool_calls[1].error`,
      writes("return 1")(),
    );
    expect(said).toMatchObject({ message: expect.stringContaining("no engine is there for 'script.js'") });
  });

  it("suspends a run in the middle of a script, and goes on with it", async () => {
    const pay = {
      lua: `{ name = "pay", description = "Pays", needs_approval = true, parameters = { type = "object", properties = {} }, execute = function() count = count + 1 return "paid" end }`,
      javascript: `{ name: "pay", description: "Pays", needsApproval: true, parameters: { type: "object", properties: {} }, execute: () => { count++; return "paid" } }`,
    };
    const lua = `count = 0
local a = agent.create{ name = "a", code_mode = true, tools = { ${DOUBLE.lua}, ${pay.lua} } }
local first = a:run("go")
local asked = first.suspension.pending[1]
local last = a:resume(first.suspension, { [asked.id] = true })
return { first.status, asked.tool, count, last.status, last.tool_calls[1].result }`;
    const js = `globalThis.count = 0;
const a = agent.create({ name: "a", codeMode: true, tools: [${DOUBLE.javascript}, ${pay.javascript}] });
const first = await a.run("go");
const [asked] = first.suspension.pending;
const last = await a.resume(first.suspension, { [asked.id]: true });
return [first.status, asked.tool, count, last.status, last.tool_calls[0].result]`;
    const expected = ["suspended", "pay", 1, "completed", { result: [4, "paid", 6], calls: { double: 2, pay: 1 } }];
    const scripts = {
      lua: `return { tools.double{ n = 2 }, tools.pay(), tools.double{ n = 3 } }`,
      javascript: `return [await tools.double({ n: 2 }), await tools.pay(), await tools.double({ n: 3 })]`,
    };
    expect(await valueOf(lua, writes(scripts.lua)())).toEqual(expected);
    expect(await valueOf(js, inJavaScript(writes(scripts.javascript)()))).toEqual(expected);
  });

  it("takes its fuel and calls from the spell, which ends when they are used up", async () => {
    const endless = { lua: "while true do end", javascript: "for (;;);" };
    const limits = { fuel: 40_000_000 };
    const lua = `return agent.create{ code_mode = true }:run("go").tool_calls[1].error.code`;
    const js = `return (await agent.create({ codeMode: true }).run("go")).tool_calls[0].error.code`;
    expect((await failureOf(lua, { ...writes(endless.lua)(), limits })).code).toBe("LIMIT_FUEL");
    expect((await failureOf(js, inJavaScript({ ...writes(endless.javascript)(), limits }))).code).toBe("LIMIT_FUEL");
    const less = lua.replace(
      "code_mode = true",
      "code_mode = { fuel = 1000000, time = '5s', memory = 8000000, declared = 0 }",
    );
    expect(await valueOf(less, { ...writes(endless.lua)(), limits })).toBe("LIMIT_FUEL");
  });

  it("stays with the agent that is cloned or given other tools", async () => {
    expect(
      await both(
        `local a = agent.create{ name = "a", code_mode = "lua", tools = { ${DOUBLE.lua} } }
local b = a:clone{ name = "b" }
local told = b:list_tools()[1].description
b:configure{ tools = {} }
local ok, e = pcall(b.configure, b, { code_mode = false })
return { #b:list_tools(), told:find("tools.double", 1, true) ~= nil, b:list_tools()[1].description:find("double") == nil, e.message }`,
        `const a = agent.create({ name: "a", codeMode: "lua", tools: [${DOUBLE.javascript}] });
const b = a.clone({ name: "b" });
const told = b.listTools()[0].description;
b.configure({ tools: [] });
let e; try { b.configure({ codeMode: false }) } catch (error) { e = error }
return [b.listTools().length, told.includes("tools.double"), !b.listTools()[0].description.includes("double"), e.message]`,
      ),
    ).toEqual([1, true, true, "agent.configure: 'name', 'memory' and 'code_mode' are given when an agent is made"]);
  });

  it("is refused for what it is not", async () => {
    expect((await failureOf(`agent.create{ code_mode = "wren" }`)).code).toBe("INVALID_ARGUMENT");
    expect((await failureOf(`agent.create{ code_mode = { fule = 1 } }`)).message).toContain("fule");
  });
});
