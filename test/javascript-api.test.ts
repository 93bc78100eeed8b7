import { createModels } from "@llmspell/core";
import type { ScriptValue } from "@llmspell/engine";
import { MODULES } from "@llmspell/spell";
import { describe, expect, it } from "vitest";
import { parseNotation } from "../packages/spell/src/declarations/notation.js";
import { RECORDS } from "../packages/spell/src/modules/records.js";
import { cast, failureOf, inJavaScript, valueOf } from "./support/spell.js";

const value = (source: string): Promise<ScriptValue> => valueOf(source, inJavaScript());

const LIST_LUA = `
  local list = {}
  for name, module in pairs(llmspell) do
    if type(module) == "table" then for key, v in pairs(module) do if type(v) == "function" then list[#list + 1] = name .. "." .. key end end end
  end
  table.sort(list)
  return list`;
const LIST_JAVASCRIPT = `
  return Object.entries(llmspell).flatMap(([name, module]) => Object.keys(module).filter((key) => typeof module[key] === "function").map((key) => name + "." + key)).sort()`;

/** What the Lua engine's library brings along, JavaScript has in the language. */
const OF_THE_LANGUAGE = new Set(
  MODULES.flatMap(({ name, aliases, functions }) =>
    Object.entries(functions)
      .filter(([, { call }]) => call === undefined)
      .flatMap(([fn]) => [name, ...aliases].map((module) => `${module}.${fn}`)),
  ),
);

describe("the script API", () => {
  it("has the same functions in JavaScript as in Lua, but for promises", async () => {
    const inLua = ((await valueOf(LIST_LUA)) as string[]).filter((name) => !OF_THE_LANGUAGE.has(name));
    expect(inLua.length).toBeGreaterThan(60);
    const inJavaScript = (await value(LIST_JAVASCRIPT)) as string[];
    expect(inJavaScript).toEqual(expect.arrayContaining(inLua));
    // The names of modules have one spelling in Lua.
    const ofLua = inJavaScript.filter((name) => !/[A-Z].*\./.test(name));
    const lookUp = ofLua.map((name) => `has("${name}", llmspell.${name.replace(".", '["')}"])`).join(" ");
    const missing = `local missing = llmspell.array{}
      local function has(name, value) if type(value) ~= "function" and type(value) ~= "table" then missing[#missing + 1] = name end end
      ${lookUp} return missing`;
    expect(await valueOf(missing)).toEqual([]);
  });

  it("is imported whole, and in parts", async () => {
    const names = MODULES.filter(({ name }) => name !== "llmspell").flatMap(({ name, functions }) =>
      Object.entries(functions).flatMap(([fn, { call }]) => (call === undefined ? [] : [`${name}.${fn}`])),
    );
    const modules = [...new Set(names.map((name) => name.split(".")[0]))];
    const source = `
      import llmspell, { info, batchAsync } from "llmspell";
      ${modules.map((name) => `import * as ${name}_ from "llmspell/${name}";`).join("\n")}
      const missing = info === llmspell.info && batchAsync === llmspell.batch ? [] : ["llmspell"];
      ${names.map((name) => `if (${name.replace(".", "_.")} !== llmspell.${name}) missing.push("${name}");`).join("\n")}
      export default missing;`;
    expect(await value(source)).toEqual([]);
  });

  it("defines tools in JavaScript that answer at once or later", async () => {
    const source = `
      const schema = { type: "object", properties: { n: { type: "number" } }, required: ["n"] };
      tools.define("double", "Doubles", schema, ({ n }) => n * 2);
      tools.define({ name: "slow", description: "Doubles", parameters: schema, async execute({ n }) { await sleep(1); return n * 2 } });
      const handle = tools.get("double");
      const failed = await tools.executeSafe("slow", { n: "x" });
      return [await tools.execute("double", { n: 4 }), await tools.execute_async("slow", { n: 5 }), handle.kind,
        await handle.execute({ n: 6 }), handle.getInfo().name === handle.get_info().name, failed.success, failed.error.code]`;
    expect(await value(source)).toEqual([8, 10, "Tool", 12, true, false, "VALIDATION_FAILED"]);
  });

  it("calls back while an answer streams, and ends when the callback says so", async () => {
    const source = `
      let text = "", first;
      const whole = await llm.stream("Count", async (piece) => { await null; text += piece });
      const bot = agent.create({ name: "a" });
      let chunks = 0;
      await bot.run("Count", { on_chunk: () => void chunks++ });
      const stopped = (await llm.stream("Count", (piece) => { first = piece; return false })).content === first;
      return [text === whole.content, \`\${whole}\` === whole.content, chunks > 1, stopped]`;
    expect(await value(source)).toEqual([true, true, true, true]);
  });

  it("runs workflows of functions, agents and tools", async () => {
    const source = `
      const flow = workflow.sequential([(n) => n + 1, async (n) => n * 2]);
      const both = workflow.parallel([{ id: "a", fn: () => 1 }, { id: "b", fn: () => { throw new Error("no") } }]);
      const { status, output, steps } = await both.run(null);
      return [(await flow.run(3)).output, status, output, steps.map((step) => step.error?.message ?? null)]`;
    expect(await value(source)).toEqual([8, "failed", { a: 1 }, [null, "no"]]);
  });

  it("says in its errors what was wrong, and where", async () => {
    expect(await failureOf("\nagent.create({ tols: [] })", inJavaScript())).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("is not known here"),
      details: { file: "test.js", line: 2 },
    });
    expect(await failureOf("\nawait llm.generate('x', { model: 'nobody:knows' })", inJavaScript())).toMatchObject({
      details: { file: "test.js", line: 2 },
    });
  });

  it("has parameters, an output and what is known of the run", async () => {
    const { result } = await cast(
      "spell.output({ n: params.n + 1, engine: spell.context().engine }); return null",
      inJavaScript({ params: { n: 41 } }),
    );
    expect(result).toMatchObject({ ok: true, value: { n: 42, engine: "javascript" } });
  });
});

describe("the records of the declarations", () => {
  const REAL: Readonly<Record<string, string>> = {
    AgentInfo: 'const a = agent.create({ name: "a", description: "d" }); await a.run("x"); return a.getInfo()',
    Event:
      'let seen; events.on("x.y", (event) => { seen = event }); events.emit("x.y", 1); await null; return seen ?? (await new Promise((r) => setTimeout(() => r(seen), 5)))',
    HookInfo: 'hooks.before("model", () => null); return hooks.list()[0]',
    MemoryInfo: "return memory.create().getStats()",
    WorkflowInfo: "return workflow.sequential([() => 1]).getInfo()",
    WorkflowStepResult: "return (await workflow.sequential([() => 1]).run()).steps[0]",
    Message: 'const c = llm.chatSession("s"); await c.send("x"); return c.history()[0]',
    ModelInfo: 'return modelinfo.getDetails("openai:gpt-5")',
    ModelPerformance: 'await llm.generate("x"); return modelinfo.getAnalytics("offline:demo")',
    PoolInfo: 'return llm.poolCreate("p", ["offline"])',
    ProviderInfo: 'return provider.get("offline")',
    ProviderTemplate: 'return provider.getTemplate("openai")',
    Response: 'return await llm.generate("x")',
    TestResults: 'test.it("a", () => {}); return await test.run()',
    Session: 'return await auth.login({ token: await auth.generateToken({ sub: "a" }) }, "bearer")',
    ToolCall: `
      const weather = { name: "weather", description: "Looks up the weather in a city", execute: () => "sunny",
        parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } };
      return (await agent.create({ name: "a", tools: [weather] }).run("What is the weather in Paris?")).tool_calls[0]`,
    ToolInfo: 'return tools.getInfo("file_operations")',
    Usage: 'return (await llm.generate("x")).usage',
  };

  it.each(Object.entries(RECORDS))("%s has the fields that it is said to have", async (name, { fields }) => {
    const notation = parseNotation(fields);
    if (notation.of !== "object") throw new Error("a record has fields");
    const real = (await valueOf(
      REAL[name] ?? "",
      inJavaScript({ models: createModels(), grants: [{ capability: "provider" }, { capability: "auth" }] }),
    )) as Record<string, unknown>;
    const names = notation.fields.map((field) => field.name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(real)));
    const required = notation.fields.filter(({ optional }) => !optional).map((field) => field.name);
    expect(Object.keys(real)).toEqual(expect.arrayContaining(required));
  });
});
