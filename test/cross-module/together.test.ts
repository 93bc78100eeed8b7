import { describe, expect, it, onTestFinished } from "vitest";
import { startWireServer, type WireServerOptions } from "../../packages/core/src/testing/wire/server.js";
import { folder, jsonOf, runCli, type JsonLine } from "../support/cli.js";

interface Given {
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Answers of a model server that both languages ask; a new one for each. */
  readonly respond?: WireServerOptions["respond"];
}

async function byCli(file: string, source: string, { files = {}, args = [], respond }: Given): Promise<JsonLine> {
  const cwd = await folder({ ...files, [file]: source });
  const server = respond === undefined ? undefined : await startWireServer("openai", { respond });
  onTestFinished(async () => await server?.close());
  const model = server === undefined ? [] : ["--model", "openai:gpt-4"];
  const env = server === undefined ? {} : { OPENAI_API_KEY: "sk-none", OPENAI_BASE_URL: server.url };
  return jsonOf(await runCli(["run", file, "--json", ...model, ...args], { cwd, env }));
}

/** What the same spell gives by the command line in both languages, which must end alike. */
async function both(lua: string, javascript: string, given: Given = {}): Promise<unknown> {
  const inLua = await byCli("spell.lua", lua, given);
  expect(inLua).toMatchObject({ ok: true });
  const { ok, value, error } = await byCli("spell.js", javascript, given);
  expect({ ok, value, error }).toEqual({ ok: true, value: inLua.value, error: undefined });
  return inLua.value;
}

describe("modules that work together", () => {
  it("STD-57: promises and model calls: side by side, the first, cancelled, and one that fails", async () => {
    // No request is answered before all of the first three have come, so they must wait at the same time.
    let come = 0;
    let open = (): void => {};
    let all = new Promise<void>((resolve) => (open = resolve));
    const respond: WireServerOptions["respond"] = async ({ messages }) => {
      const text = messages.at(-1)?.text ?? "";
      if (text.startsWith("together")) {
        if (++come === 3) {
          open();
          come = 0;
          all = new Promise((resolve) => (open = resolve));
        } else await all;
      }
      if (text === "refused") return { status: 400, text: "not this one" };
      return { text: `answer to ${text}` };
    };
    const lua = `
      local all = {}
      for i = 1, 3 do all[i] = spawn(function() return llm.quick_prompt("together " .. i) end) end
      local answers = await(promise.all(all))
      local slow = promise.sleep_async("1h")
      local first = await(promise.race({ slow, spawn(function() return llm.quick_prompt("quick") end) }))
      promise.cancel(slow)
      local settled = await(promise.all_settled({
        spawn(function() return llm.quick_prompt("one") end),
        spawn(function() return llm.quick_prompt("refused") end),
      }))
      local session = llm.chat_session("Be brief")
      local turns = 0
      local source = promise.cancel_token()
      local waiting = spawn(function() return pcall(sleep, "1h", { cancel = source.token }) end)
      for _, text in ipairs({ "a", "b" }) do session:send(text) turns = turns + 1 end
      source.cancel("enough")
      local ok = await(waiting)
      return { answers = answers, first = first, one = settled[1].value, failed = settled[2].error.code,
        turns = turns, history = #session:history(), cancelled = ok == false }`;
    const javascript = `
      const answers = await Promise.all([1, 2, 3].map((i) => llm.quickPrompt("together " + i)));
      const loser = new AbortController();
      const slow = sleep("1h", { signal: loser.signal });
      const first = await Promise.race([slow, llm.quickPrompt("quick")]);
      slow.catch(() => {});
      loser.abort();
      const settled = await Promise.allSettled([
        llm.quickPrompt("one"), llm.quickPrompt("refused"),
      ]);
      const session = llm.chatSession("Be brief");
      let turns = 0;
      const controller = new AbortController();
      const waiting = sleep("1h", { signal: controller.signal }).then(() => true, () => false);
      for (const text of ["a", "b"]) { await session.send(text); turns++; }
      controller.abort("enough");
      const ok = await waiting;
      return { answers, first, one: settled[0].value, failed: settled[1].reason.code,
        turns, history: session.history().length, cancelled: ok === false }`;
    expect(await both(lua, javascript, { respond })).toEqual({
      answers: ["answer to together 1", "answer to together 2", "answer to together 3"],
      first: "answer to quick",
      one: "answer to one",
      failed: expect.stringMatching(/^[A-Z_]+$/),
      turns: 2,
      history: 5,
      cancelled: true,
    });
  });

  it("STD-57: an agent, a state and events: the tool writes, the watcher hears, events tell of it in order", async () => {
    const respond: WireServerOptions["respond"] = ({ messages }) =>
      messages.at(-1)?.role === "tool"
        ? { text: "Noted." }
        : { toolCalls: [{ name: "note", args: { item: messages.at(-1)?.text } }] };
    const lua = `
      local notes = state.create({ items = {}, count = 0 })
      local watched, heard = {}, {}
      notes:watch("count", function(new, old) watched[#watched + 1] = { old, new } end)
      events.on("note.*", function(event) heard[#heard + 1] = event.type .. " " .. event.data.item end)
      events.on("tool.completed", function(event) heard[#heard + 1] = "tool " .. event.data.name end)
      local secretary = agent.create({ name = "secretary", memory = true, tools = { {
        name = "note", description = "Notes an item",
        parameters = { type = "object", properties = { item = { type = "string" } }, required = { "item" } },
        execute = function(args)
          notes:update({ count = notes:get("count") + 1, last = args.item })
          events.emit("note.taken", { item = args.item })
          return "ok"
        end } } })
      secretary:state_set("owner", "Ada")
      local said = { secretary:run("milk").content, secretary:run("tea").content }
      await(events.emit_async("done"))
      local snapshot = notes:snapshot()
      notes:set("count", 0)
      notes = state.restore(snapshot, notes)
      sleep(1)
      return { said = said, count = notes:get("count"), last = notes:get("last"), watched = watched, heard = heard,
        owner = secretary:state_get("owner"), remembered = #secretary:get_memory():get() }`;
    const javascript = `
      let notes = state.create({ items: {}, count: 0 });
      const watched = [], heard = [];
      notes.watch("count", (now, before) => { watched.push([before, now]); });
      events.on("note.*", (event) => { heard.push(event.type + " " + event.data.item); });
      events.on("tool.completed", (event) => { heard.push("tool " + event.data.name); });
      const secretary = agent.create({ name: "secretary", memory: true, tools: [{
        name: "note", description: "Notes an item",
        parameters: { type: "object", properties: { item: { type: "string" } }, required: ["item"] },
        execute(args) {
          notes.update({ count: notes.get("count") + 1, last: args.item });
          events.emit("note.taken", { item: args.item });
          return "ok";
        } }] });
      secretary.stateSet("owner", "Ada");
      const said = [(await secretary.run("milk")).content, (await secretary.run("tea")).content];
      await events.emitAsync("done");
      const snapshot = notes.snapshot();
      notes.set("count", 0);
      notes = state.restore(snapshot, notes);
      await sleep(1);
      return { said, count: notes.get("count"), last: notes.get("last"), watched, heard,
        owner: secretary.stateGet("owner"), remembered: secretary.getMemory().get().length }`;
    expect(await both(lua, javascript, { respond })).toEqual({
      said: ["Noted.", "Noted."],
      count: 2,
      last: "tea",
      watched: [
        [0, 1],
        [1, 2],
        [2, 0],
        [0, 2],
      ],
      heard: ["note.taken milk", "tool note", "note.taken tea", "tool note"],
      owner: "Ada",
      remembered: 8,
    });
  });

  it("STD-57: a workflow and tools: files, hooks and an agent as steps; what failed is undone", async () => {
    const given: Given = { args: ["--allow", "file", "--allow", "storage"], files: { "in.txt": "2 3 5" } };
    const lua = `
      tools.define("sum", "Adds numbers", { type = "object", properties = { text = { type = "string" } }, required = { "text" } },
        function(args) local n = 0 for each in args.text:gmatch("%d+") do n = n + tonumber(each) end return n end)
      local calls = 0
      hooks.before("tool", function() calls = calls + 1 end)
      local report = workflow.sequential({
        function(path) return { operation = "read", path = path } end,
        { id = "read", tool = "file_operations" },
        function(file) return { text = type(file) == "table" and file.content or file } end,
        { id = "sum", tool = "sum" },
        { id = "write", fn = function(n)
          tools.execute("file_operations", { operation = "write", path = "out.txt", content = tostring(n) })
          return n
        end },
      })
      local done = report:run("in.txt")
      local broken = workflow.sequential({
        { id = "write", fn = function() return tools.execute("file_operations", { operation = "write", path = "tmp.txt", content = "x" }) ~= nil end,
          compensate = function() tools.execute("file_operations", { operation = "delete", path = "tmp.txt" }) return true end },
        { id = "fail", tool = "sum" },
      })
      local failed = broken:run(1)
      local left = tools.execute_safe("file_operations", { operation = "read", path = "tmp.txt" })
      return { status = done.status, output = done.output, calls = calls, failed = failed.status,
        left = left.success, sums = tools.get_metrics("sum").calls }`;
    const javascript = `
      tools.define("sum", "Adds numbers", { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
        ({ text }) => text.match(/\\d+/g).reduce((n, each) => n + Number(each), 0));
      let calls = 0;
      hooks.before("tool", () => { calls++; });
      const report = workflow.sequential([
        (path) => ({ operation: "read", path }),
        { id: "read", tool: "file_operations" },
        (file) => ({ text: typeof file === "object" ? file.content : file }),
        { id: "sum", tool: "sum" },
        { id: "write", fn: async (n) => {
          await tools.execute("file_operations", { operation: "write", path: "out.txt", content: String(n) });
          return n;
        } },
      ]);
      const done = await report.run("in.txt");
      const broken = workflow.sequential([
        { id: "write", fn: async () => (await tools.execute("file_operations", { operation: "write", path: "tmp.txt", content: "x" })) !== null,
          compensate: async () => { await tools.execute("file_operations", { operation: "delete", path: "tmp.txt" }); return true; } },
        { id: "fail", tool: "sum" },
      ]);
      const failed = await broken.run(1);
      const left = await tools.executeSafe("file_operations", { operation: "read", path: "tmp.txt" });
      return { status: done.status, output: done.output, calls, failed: failed.status,
        left: left.success, sums: tools.getMetrics("sum").calls }`;
    expect(await both(lua, javascript, given)).toMatchObject({
      status: "completed",
      output: 10,
      failed: "failed",
      left: false,
    });
  });

  it("STD-57: errors of every module have a code, keep it on their way up, and are caught alike", async () => {
    const cases: readonly [name: string, lua: string, javascript: string][] = [
      ["model", 'llm.generate("x", { model = "nobody:knows" })', 'llm.generate("x", { model: "nobody:knows" })'],
      ["agent", 'agent.create({ tols = {} })', "agent.create({ tols: [] })"],
      ["tool", 'tools.execute("missing", {})', 'tools.execute("missing", {})'],
      ["power", 'tools.execute("file_operations", { operation = "read", path = "x" })', 'tools.execute("file_operations", { operation: "read", path: "x" })'],
      ["state", 'state.transforms_apply("missing", state.create())', 'state.transformsApply("missing", state.create())'],
      ["schema", 'schema.load("missing")', 'schema.load("missing")'],
      ["events", 'events.pause_handler("sub-99")', 'events.pauseHandler("sub-99")'],
      ["hooks", 'hooks.get("hook-99")', 'hooks.get("hook-99")'],
      ["memory", 'memory.create():restore("snapshot-99")', 'memory.create().restore("snapshot-99")'],
      ["workflow", 'workflow.sequential({}):add_step({ nothing = 1 })', "workflow.sequential([]).addStep({ nothing: 1 })"],
      ["provider", 'provider.get("nobody")', 'provider.get("nobody")'],
      ["output", 'output.parse("x", "no-such-format")', 'output.parse("x", "no-such-format")'],
    ]; // prettier-ignore
    const lua = `
      local codes, direct = {}, {}
      local cases = { ${cases.map(([name, code]) => `{ "${name}", function() return ${code} end }`).join(", ")} }
      for _, case in ipairs(cases) do
        local ok, thrown = pcall(case[2])
        direct[case[1]] = ok or thrown.code
        -- Up through a task, a tool and a workflow.
        tools.define("break_" .. case[1], "Breaks", {}, function() return await(spawn(case[2])) end)
        local result = workflow.sequential({ { id = "s", fn = function() return tools.execute("break_" .. case[1], {}) end } }):run()
        local at, found = result.error, nil
        while at do found = at.code at = errors.unwrap(at) end
        codes[case[1]] = found
      end
      local saved = errors.try(function() error(errors.new("NOT_FOUND", "x", { a = 1 })) end,
        function(e) return e.code .. " " .. e.details.a end)
      local tries = 0
      local again = errors.retry(function() tries = tries + 1 if tries < 3 then error("busy") end return tries end, { delay = 1 })
      return { direct = direct, codes = codes, saved = saved, again = again }`;
    const javascript = `
      const codes = {}, direct = {};
      const cases = [${cases.map(([name, , code]) => `["${name}", async () => await ${code}]`).join(", ")}];
      for (const [name, fn] of cases) {
        direct[name] = await fn().then(() => true, (thrown) => thrown.code);
        tools.define("break_" + name, "Breaks", {}, async () => await Promise.resolve().then(fn));
        const result = await workflow.sequential([{ id: "s", fn: async () => await tools.execute("break_" + name, {}) }]).run();
        let found;
        for (let at = result.error; at; at = errors.unwrap(at)) found = at.code;
        codes[name] = found;
      }
      const saved = await errors.try(() => { throw errors.new("NOT_FOUND", "x", { a: 1 }); },
        (e) => e.code + " " + e.details.a);
      let tries = 0;
      const again = await errors.retry(() => { tries++; if (tries < 3) throw new Error("busy"); return tries; }, { delay: 1 });
      return { direct, codes, saved, again }`;
    const result = (await both(lua, javascript)) as { direct: Record<string, string>; codes: Record<string, string> };
    expect(result).toMatchObject({ saved: "NOT_FOUND 1", again: 3 });
    expect(Object.keys(result.direct).toSorted()).toEqual(cases.map(([name]) => name).toSorted());
    for (const code of Object.values(result.direct)) expect(code).toMatch(/^[A-Z]+_?[A-Z_]+$/);
    expect(result.direct["power"]).toBe("PERMISSION_DENIED");
    expect(result.codes).toEqual(result.direct);
  });

  it("STD-57: modules that need each other: loaded once, in any order, cycles among them, with the script API", async () => {
    const given: Given = {
      files: {
        "lib/tools.lua": `loads = (loads or 0) + 1
          local store = require "lib.store"
          tools.define("count", "Counts", {}, function() return store.next() end)
          return { name = "count" }`,
        "lib/store.lua": `loads = (loads or 0) + 1
          local s = state.create({ n = 0 })
          return { next = function() s:set("n", s:get("n") + 1) return s:get("n") end }`,
        "lib/tools.js": `import { next } from "./store.js"; import { define } from "llmspell/tools";
          globalThis.loads = (globalThis.loads ?? 0) + 1;
          define("count", "Counts", {}, () => next());
          export const name = "count";`,
        "lib/store.js": `import { name } from "./tools.js"; import { create } from "llmspell/state";
          globalThis.loads = (globalThis.loads ?? 0) + 1;
          const s = create({ n: 0 });
          export const next = () => { s.set("n", s.get("n") + 1); return name === "count" ? s.get("n") : 0; };`,
      },
    };
    const lua = `
      local counting = require "lib.tools"
      local api = require "llmspell"
      local same = require "lib.store" == require "lib.store" and require "llmspell.agent" == agent and api.agent == agent
      local by_workflow = workflow.sequential({ { tool = counting.name }, function(n) return n * 10 end }):run({}).output
      return { tools.execute(counting.name, {}), by_workflow, loads, same }`;
    const javascript = `
      const counting = await import("./lib/tools.js");
      const api = await import("llmspell");
      const same = (await import("./lib/store.js")) === (await import("./lib/store.js")) && (await import("llmspell/agent")).create === agent.create && api.agent === agent;
      const byWorkflow = (await workflow.sequential([{ tool: counting.name }, (n) => n * 10]).run({})).output;
      return [await tools.execute(counting.name, {}), byWorkflow, globalThis.loads, same]`;
    expect(await both(lua, javascript, given)).toEqual([2, 10, 2, true]);
  });
});
