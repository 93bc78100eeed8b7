import { describe, expect, it } from "vitest";
import { scriptedModels } from "@llmspell/core/testing";
import { asked, both, cast, failureOf, valueOf } from "../../../../../test/support/spell.js";

const DOUBLE = `{ name = "double", description = "Doubles a number",
  parameters = { type = "object", properties = { n = { type = "number" } }, required = { "n" } },
  execute = function(args) return { doubled = args.n * 2 } end }`;
const call = (name: string, args?: unknown): { toolCalls: { name: string; args?: unknown }[] } => ({
  toolCalls: [{ name, args }],
});

describe("agent.create and what is known of an agent", () => {
  it("takes its settings to the model", async () => {
    const { model, models } = scriptedModels("ok");
    const source = `local a = agent.create("helper", { description = "Helps", system_prompt = "Be kind", temperature = 0.1, max_tokens = 9, top_p = 0.5, stop = { "." } })
      a:run("hi") return a:get_info()`;
    expect(await valueOf(source, { models })).toMatchObject({
      id: "agent-1",
      name: "helper",
      description: "Helps",
      type: "llm",
      model: "one",
      provider: "script",
      runs: 1,
      tool_calls: 0,
    });
    expect(asked(model, 0)).toEqual(["system: Be kind", "user: hi"]);
    expect(model.requests[0]).toMatchObject({ temperature: 0.1, maxOutputTokens: 9, topP: 0.5, stopSequences: ["."] });
  });

  it("counts what each agent has used", async () => {
    const { models } = scriptedModels(
      { text: "a", usage: { inputTokens: 2, outputTokens: 3 } },
      { text: "b", usage: { inputTokens: 1, outputTokens: 1 } },
    );
    const source =
      "local a = agent.create({}) a:run('x') a:run('y') return { a:get_info().usage, provider.get_usage(), provider.get_usage('script') }";
    const total = { tokens_in: 3, tokens_out: 4, requests: 2, failed: 0 };
    expect(await valueOf(source, { models })).toEqual([
      { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
      total,
      total,
    ]);
  });

  it("tells a script that holds an agent weakly of its end", async () => {
    const source = `local a = agent.create({ name = "a" })
      local ref, seen = llmspell.weak(a), {}
      ref:on_expire(function() seen.called = true end)
      seen.there = ref:get() == a
      a:remove()
      seen.gone = ref:get() == nil
      sleep(1)
      return seen`;
    expect(await valueOf(source)).toEqual({ there: true, gone: true, called: true });
  });

  it("finds agents by id, as handles that are equal, and forgets removed ones", async () => {
    const source = `local a, b = agent.create({ name = "a" }), agent.create({ name = "b" })
      local found = { agent.get("agent-1") == a, agent.get("agent-2") == a, agent.get("agent-9") == nil, #agent.list() }
      found[5], found[6] = a:remove(), agent.exists("agent-1")
      local ok, e = pcall(a.run, a, "x")
      found[7], found[8], found[9] = ok, e.code, agent.list()[1].name
      return found`;
    expect(await valueOf(source)).toEqual([true, false, true, 2, true, false, false, "NOT_FOUND", "b"]);
  });

  it("clones the configuration, changed where wanted, and nothing else", async () => {
    const { model, models } = scriptedModels("a", "b");
    const source = `local a = agent.create({ name = "one", system_prompt = "S", temperature = 1, tools = { ${DOUBLE} } })
      a:run("x")
      local b = a:clone({ name = "two", temperature = 0 })
      a:unregister_tool("double")
      b:run("y")
      return { b:get_info().name, b:get_info().runs, a:get_info().runs, #a:list_tools(), b:list_tools()[1].name, b ~= a }`;
    expect(await valueOf(source, { models })).toEqual(["two", 1, 1, 0, "double", true]);
    expect(asked(model, 1)).toEqual(["system: S", "user: y"]);
    expect(model.requests.map(({ temperature }) => temperature)).toEqual([1, 0]);
  });

  it.each([
    ["agent.create({ nam = 'x' })", "agent.create: config.nam is not known here"],
    ["agent.create('x')", "agent.create: config must be a table"],
    ["agent.create({ temperature = 'hot' })", "agent.create: config.temperature must be a finite number, not text"],
    ["agent.create({ tools = { 5 } })", "agent.create: config.tools[1] must be"],
    [
      "agent.create({ tools = { { name = 'x', description = 5 } } })",
      "agent.create: config.tools[1].description must be text, not a number",
    ],
    ["agent.create({}):run(5)", "agent.run: input must be"],
    ["agent.create({}):run({ { role = 'user' } })", "agent.run: input[1].content must be text"],
    ["agent.run('agent-7', 'x')", "agent.run: agent: there is no Agent with the id 'agent-7'"],
    ["agent.create({ tools = { 'missing' } })", "missing"],
  ])("%s says what is wrong", async (source, message) => {
    expect((await failureOf(source)).message).toContain(message);
  });
});

describe("agent.run", () => {
  it("takes messages, in a list or a table", async () => {
    const { model, models } = scriptedModels("a", "b");
    await valueOf(
      'local a = agent.create({}) local m = { { role = "user", content = "U" } } a:run(m) a:run({ messages = m })',
      { models },
    );
    expect([asked(model, 0), asked(model, 1)]).toEqual([["user: U"], ["user: U"]]);
  });

  it("streams to on_chunk over all steps, in order", async () => {
    const { models } = scriptedModels({ text: "Let me see. ", ...call("double", { n: 4 }) }, "It is eight.");
    const { result, printed } = await cast(
      `local a = agent.create({ tools = { ${DOUBLE} } }) return a:run("x", { on_chunk = print }).content`,
      { models },
    );
    expect(result).toMatchObject({ ok: true, value: "It is eight." });
    expect(printed.replaceAll("\n", "")).toBe("Let me see. It is eight.");
  });

  it.each([
    ["Let", "Let ", "Let ", 0],
    ["see", "Let me see. ", "Let me see. ", 0],
    ["is", "Let me see. It is ", "It is ", 1],
    ["eight", "Let me see. It is eight.", "It is eight.", 1],
  ])("ends when on_chunk returns false at '%s': what it has had is the answer", async (word, heard, content, calls) => {
    const value = await both(
      `local calls, heard = 0, ""
      local a = agent.create({ tools = { { name = "double", description = "D", execute = function() calls = calls + 1 return 8 end } } })
      local r = a:run("x", { on_chunk = function(chunk) heard = heard .. chunk return not chunk:find("${word}") end })
      return { heard, r.content, calls, r.finish_reason, a:get_metrics().errors }`,
      `let calls = 0, heard = "";
      const a = agent.create({ tools: [{ name: "double", description: "D", execute: () => { calls++; return 8; } }] });
      const r = await a.run("x", { onChunk: (chunk) => { heard += chunk; return !chunk.includes("${word}"); } });
      return [heard, r.content, calls, r.finish_reason, a.getMetrics().errors];`,
      () => ({ models: scriptedModels({ text: "Let me see. ", ...call("double", { n: 4 }) }, "It is eight.").models }),
    );
    expect(value).toEqual([heard, content, calls, "other", 0]);
  });

  it("ends with TIMEOUT when it takes too long", async () => {
    const { models } = scriptedModels(() => new Promise<never>(() => {}));
    expect(await failureOf("agent.create({}):run('x', { timeout = '20ms' })", { models })).toMatchObject({
      code: "TIMEOUT",
    });
  });

  it("answers with data for a schema", async () => {
    const schema = '{ type = "object", properties = { n = { type = "integer" } }, required = { "n" } }';
    expect(
      await valueOf(`return agent.create({ schema = ${schema} }):run("x").data.n`, {
        models: scriptedModels('{"n":1}').models,
      }),
    ).toBe(1);
    expect(
      await valueOf(`return agent.create({}):run("x", { schema = ${schema} }).data.n`, {
        models: scriptedModels('{"n":2}').models,
      }),
    ).toBe(2);
  });

  it("keeps to the budget of steps", async () => {
    const { models } = scriptedModels(call("double", { n: 1 }), call("double", { n: 2 }), "never");
    const failure = await failureOf(`agent.create({ max_steps = 2, tools = { ${DOUBLE} } }):run("x")`, { models });
    expect(failure).toMatchObject({ code: "BUDGET_EXCEEDED" });
  });

  it("runs agents at the same time", async () => {
    const { models } = scriptedModels("a", "b", "c");
    const source = `local a = agent.create({})
      local r = await(promise.all({ a:run_async("1"), agent.create({}):run_async("2"), agent.runAsync(agent.create({}), "3") }))
      return { r[1].content, r[2].content, r[3].content }`;
    expect(await valueOf(source, { models })).toEqual(["a", "b", "c"]);
  });
});

describe("an agent with tools defined in Lua", () => {
  it("calls them and tells the model the result", async () => {
    const { model, models } = scriptedModels(call("double", { n: 21 }), "42");
    const source = `local r = agent.create({ tools = { ${DOUBLE} } }):run("double 21")
      return { r.content, r.tool_calls[1].name, r.tool_calls[1].result.doubled, r.metadata.steps }`;
    expect(await valueOf(source, { models })).toEqual(["42", "double", 42, 2]);
    expect(asked(model, 1).at(-1)).toContain('{\\"doubled\\":42}');
    expect(model.requests[0]?.tools).toMatchObject([
      { name: "double", description: "Doubles a number", inputSchema: { required: ["n"] } },
    ]);
  });

  it("tells the model of wrong arguments, of an error in Lua and of a tool that there is not", async () => {
    const failing = `{ name = "fails", description = "Fails", execute = function() error("no luck today") end }`;
    const { model, models } = scriptedModels(
      { toolCalls: [{ name: "double", args: { n: "x" } }, { name: "fails" }, { name: "duble" }] },
      "Sorry",
    );
    const source = `local r = agent.create({ tools = { ${DOUBLE}, ${failing} } }):run("x")
      local codes = {} for i, c in ipairs(r.tool_calls) do codes[i] = c.error.code end
      return { r.content, codes }`;
    expect(await valueOf(source, { models })).toEqual(["Sorry", ["VALIDATION_FAILED", "SCRIPT_ERROR", "NOT_FOUND"]]);
    const told = asked(model, 1).at(-1);
    expect(told).toContain("invalid arguments for tool 'double': n: must be number");
    expect(told).toContain("Error: no luck today");
    expect(told).toContain("there is no tool named 'duble', did you mean 'double'?");
  });

  it("lets a tool wait, also for another agent", async () => {
    const { model, models } = scriptedModels(
      call("ask_expert", { question: "why?" }),
      "because",
      "The expert says: because",
    );
    const source = `local expert = agent.create({ name = "expert" })
      local ask = { name = "ask_expert", description = "Asks", parameters = { type = "object", properties = { question = { type = "string" } } },
        execute = function(args) sleep(1) return expert:run(args.question).content end }
      return agent.create({ tools = { ask } }):run("ask why").content`;
    expect(await valueOf(source, { models })).toBe("The expert says: because");
    expect(asked(model, 1)).toEqual(["user: why?"]);
    expect(asked(model, 2).at(-1)).toContain("because");
  });

  it("takes tools by definition, by handle and by name, also later", async () => {
    const source = `local h = tools.define(${DOUBLE.replace('"double"', '"by_handle"')})
      tools.define(${DOUBLE.replace('"double"', '"by_name"')})
      local a = agent.create({ tools = { ${DOUBLE}, h, "by_name" } })
      a:register_tool("file_operations")
      local names = {} for i, tool in ipairs(a:list_tools()) do names[i] = tool.name end
      return { names, a:unregister_tool("double"), a:unregister_tool("double"), #a:list_tools() }`;
    expect(await valueOf(source)).toEqual([["double", "by_handle", "by_name", "file_operations"], true, false, 3]);
  });

  it("tells the model, not the spell, when a tool is denied", async () => {
    const { model, models } = scriptedModels(
      call("file_operations", { operation: "read", path: "secret.txt" }),
      "I may not",
    );
    const { result } = await cast("return agent.create({ tools = { 'file_operations' } }):run('x').content", {
      models,
    });
    expect(result).toMatchObject({ ok: true, value: "I may not" });
    expect(result.audit).toContainEqual(
      expect.objectContaining({ function: "agent.run", capability: "file.read=secret.txt", decision: "denied" }),
    );
    expect(asked(model, 1).at(-1)).toContain("not granted 'file.read=secret.txt'");
  });
});

describe("agent:conversation", () => {
  it("remembers, with its own system prompt and the agent's tools", async () => {
    const { model, models } = scriptedModels("A", call("double", { n: 2 }), "4");
    const source = `local c = agent.create({ tools = { ${DOUBLE} } }):conversation("Be brief")
      c:send("one") local r = c:send("double 2")
      local roles = {} for i, m in ipairs(c:history()) do roles[i] = m.role end
      return { r.content, roles }`;
    expect(await valueOf(source, { models })).toEqual([
      "4",
      ["system", "user", "assistant", "user", "assistant", "tool", "assistant"],
    ]);
    expect(asked(model, 1)).toEqual(["system: Be brief", "user: one", "assistant: A", "user: double 2"]);
  });
});
