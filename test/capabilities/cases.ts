import { scriptedModels } from "@llmspell/core/testing";
import { createAuth, createModels, type Auth, type Models } from "@llmspell/core";
import type { ScriptObject } from "@llmspell/engine";

const AGENT = 'const a = agent.create({ name: "helper" });\n';
const POOL = 'llm.poolCreate("main", ["offline"], "failover");\n';
const LOGIN = 'const session = await auth.login({ token: await auth.generateToken({ sub: "ada" }) }, "bearer");\n';
const SAVED = 'await state.create({ n: 1 }).save("counter");\n';
const WORKFLOW = 'const w = workflow.sequential([{ transform: { expression: "input + 1.0" } }]);\n';

/** What the example of a function is in JavaScript, where the arguments alone do not make it. */
export const IN_JAVASCRIPT: Readonly<Record<string, string>> = {
  "agent.clone": `${AGENT}return a.clone({ name: "other" }).getInfo().name`,
  "agent.create_from_template":
    'agent.registerTemplate("brief", { system_prompt: "Be brief" }); return agent.createFromTemplate("brief", { name: "b" }).getInfo().name',
  "agent.run": `${AGENT}return (await agent.run(a, "Say hello")).content`,
  "agent.resume": `${AGENT}return await agent.resume(a, {}, {}).catch((e) => { if (e.code === "PERMISSION_DENIED") throw e; return e.code })`,
  "agent.delegate": `${AGENT}return (await a.delegate(agent.create({ name: "b" }), "Write a line")).content`,
  "agent.collaborate": `${AGENT}return (await agent.collaborate([a, agent.create({ name: "b" })], "Say hello", { mode: "parallel" })).status`,
  "auth.login": `${LOGIN}return session.user.id`,
  "auth.refresh_token": `${LOGIN}return (await auth.refreshToken(session.refresh_token)).user.id`,
  "llm.stream": 'let n = 0; await llm.stream("Say hello", (chunk) => { n += chunk.length }); return n > 0',
  "llm.pool_remove": `${POOL}return llm.poolRemove("main")`,
  "llm.pool_reset_metrics": `${POOL}llm.poolResetMetrics("main")`,
  "llm.pool_generate": `${POOL}return (await llm.poolGenerate("main", "Say hello")).content`,
  "llm.pool_generate_message": `${POOL}return (await llm.poolGenerateMessage("main", [{ role: "user", content: "Hi" }])).content`,
  "llm.pool_stream": `${POOL}await llm.poolStream("main", "Say hello", () => {})`,
  "memory.summarize":
    'const m = memory.create(); m.addBatch([{ role: "user", content: "My cat is called Minka" }, { role: "assistant", content: "Fine" }]); return await m.summarize({ keep: 0 })',
  "memory.load":
    'memory.store("n", 7); await memory.persist("work"); await memory.load("work"); return memory.retrieve("n")',
  "provider.configure":
    'provider.create("openai", "mine", { api_key: "k" }); return provider.configure("mine", { type: "openai", api_key: "k", default_model: "gpt-5" }).default_model',
  "provider.remove": 'provider.createMock("mock", ["Hello"]); return provider.remove("mock")',
  "schema.load": 'await schema.save("person", { type: "object" }); return (await schema.load("person")).getInfo().type',
  "spell.include": 'return (await spell.include("lib/double.js")).double(21)',
  "spell.compose": 'return (await spell.compose([{ spell: "lib/add.lua", params: { a: 1, b: 2 } }])).final',
  "state.save": `${SAVED}return true`,
  "state.list_versions": `${SAVED}return (await state.listVersions("counter"))[0].version`,
  "state.expire": `${SAVED}return await state.expire("counter", "1h") > 0`,
  "tools.wrap_agent": `${AGENT}tools.wrapAgent(a, { name: "ask_helper" }); return await tools.execute("ask_helper", { task: "Say hello" })`,
  "workflow.repository_save": `${WORKFLOW}await w.repositorySave("plus"); return (await workflow.repositoryLoad("plus")).getInfo !== undefined`,
  "workflow.repository_load": `${WORKFLOW}await w.repositorySave("plus"); return (await (await workflow.repositoryLoad("plus")).run(1)).output`,
  "workflow.restore": `${WORKFLOW}await w.run(1, { durable: true, run_id: "r2" }); return (await (await workflow.restore("r2")).resume()).output`,
};

/** A function that needs a power only for some arguments. */
export interface Case {
  readonly fn: string;
  /** What it asks for, as a grant. */
  readonly power: string;
  /** The function that is stopped before it, because it needs the same. */
  readonly before?: string;
  /** What else is to be granted. */
  readonly also?: readonly string[];
  readonly lua: string;
  readonly js: string;
  readonly params?: ScriptObject;
  readonly models?: () => Models;
  readonly auth?: Auth;
}

const READ = { operation: "read", path: "a.txt" };
const FILE = "file.read=a.txt";
/** A model that calls the tool for files, then ends. */
const readingModel = (): Models =>
  scriptedModels({ toolCalls: [{ name: "file_operations", args: READ }] }, "done", "done").models;
const executing = (fn: string, js: string, args: string, jsArgs = args): Case => ({
  fn: `tools.${fn}`,
  power: FILE,
  params: { read: READ },
  lua: `return tools.${fn}(${args})`,
  js: `return await tools.${js}(${jsArgs})`,
});
const external = (power: string, spec: ScriptObject): Case => ({
  fn: "tools.register_external",
  power,
  params: { spec: { name: "t", description: "T", ...spec } },
  lua: "tools.register_external(params.spec)",
  js: "await tools.registerExternal(params.spec)",
});
const TOOLS = "tools = { 'file_operations' }";
const JS_TOOLS = "tools: ['file_operations']";
const MODEL = ["model"];
const URL_ = 'base_url = "https://llm.example.com/v1"';
const JS_URL = 'base_url: "https://llm.example.com/v1"';

export const MORE: readonly Case[] = [
  executing("execute", "execute", '"file_operations", params.read'),
  executing("execute_safe", "executeSafe", '"file_operations", params.read'),
  executing("pipeline", "pipeline", '{ "file_operations" }, params.read', '["file_operations"], params.read'),
  executing(
    "parallel_execute",
    "parallelExecute",
    '{ "file_operations" }, params.read',
    '["file_operations"], params.read',
  ),
  executing(
    "test_tool",
    "testTool",
    '"file_operations", { { params = params.read } }',
    '"file_operations", [{ params: params.read }]',
  ),
  executing(
    "benchmark_tool",
    "benchmarkTool",
    '"file_operations", params.read, { iterations = 1, warmup = 0 }',
    '"file_operations", params.read, { iterations: 1, warmup: 0 }',
  ),
  external("process=/no/such/program", { kind: "process", command: "/no/such/program" }),
  external("network=api.example.com", { kind: "http", url: "https://api.example.com/t" }),
  external("spell=lib/add.lua", { kind: "script", file: "lib/add.lua" }),
  {
    fn: "tools.discover",
    power: "file.read=tools",
    also: ["process=/no/such/program"],
    lua: 'return #tools.discover{ dir = "tools" }',
    js: 'return (await tools.discover({ dir: "tools" })).length',
  },
  {
    fn: "tools.discover",
    power: "process=/no/such/program",
    also: ["file.read=tools"],
    lua: 'return #tools.discover{ dir = "tools" }',
    js: 'return (await tools.discover({ dir: "tools" })).length',
  },
  {
    fn: "tools.load",
    power: "process=/no/such/program",
    also: ["file.read=kept.json"],
    lua: 'return tools.load("kept.json").loaded',
    js: 'return (await tools.load("kept.json")).loaded',
  },
  {
    fn: "agent.run",
    power: FILE,
    also: MODEL,
    models: readingModel,
    lua: `return agent.create({ ${TOOLS} }):run("x").content`,
    js: `return (await agent.create({ ${JS_TOOLS} }).run("x")).content`,
  },
  {
    fn: "agent.delegate",
    power: FILE,
    also: MODEL,
    models: readingModel,
    lua: `return agent.create({ name = "a" }):delegate(agent.create({ name = "b", ${TOOLS} }), "x", { report_back = false }).content`,
    js: `return (await agent.create({ name: "a" }).delegate(agent.create({ name: "b", ${JS_TOOLS} }), "x", { report_back: false })).content`,
  },
  {
    fn: "agent.collaborate",
    power: FILE,
    also: MODEL,
    models: readingModel,
    lua: `return agent.collaborate({ agent.create({ name = "a", ${TOOLS} }) }, "x").status`,
    js: `return (await agent.collaborate([agent.create({ name: "a", ${JS_TOOLS} })], "x")).status`,
  },
  {
    fn: "agent.resume",
    power: FILE,
    also: MODEL,
    models: readingModel,
    lua: `local a = agent.create({ ${TOOLS}, approvals = "all" }) local r = a:run("x")
      return agent.resume(a, r.suspension, { [r.suspension.pending[1].id] = true }).content`,
    js: `const a = agent.create({ ${JS_TOOLS}, approvals: "all" }); const r = await a.run("x");
      return (await agent.resume(a, r.suspension, { [r.suspension.pending[0].id]: true })).content`,
  },
  {
    fn: "agent.configure",
    power: "model=other:mock",
    also: ["model=offline:demo", "provider=other"],
    lua: 'provider.create_mock("other", { "x" }) return agent.create({ name = "a" }):configure({ model = "other:mock" }).model',
    js: 'provider.createMock("other", ["x"]); return agent.create({ name: "a" }).configure({ model: "other:mock" }).model',
  },
  {
    fn: "workflow.run",
    power: FILE,
    params: { read: READ },
    lua: 'return workflow.sequential({ { tool = "file_operations", input = { constant = params.read } } }):run(1).status',
    js: 'return (await workflow.sequential([{ tool: "file_operations", input: { constant: params.read } }]).run(1)).status',
  },
  {
    fn: "workflow.run",
    power: "model=offline:demo",
    before: "agent.create",
    lua: 'return workflow.sequential({ agent.create({ name = "a" }) }):run("Say hello").status',
    js: 'return (await workflow.sequential([agent.create({ name: "a" })]).run("Say hello")).status',
  },
  {
    fn: "workflow.run",
    power: "storage=workflows",
    lua: 'return workflow.sequential({ { transform = { expression = "input + 1.0" } } }):run(1, { durable = true }).output',
    js: 'return (await workflow.sequential([{ transform: { expression: "input + 1.0" } }]).run(1, { durable: true })).output',
  },
  {
    fn: "memory.vector_search",
    power: "model=offline:lexical-hash",
    also: ["storage=vectors"],
    lua: 'return #memory.vector_search("cats")',
    js: 'return (await memory.vectorSearch("cats")).length',
  },
  {
    fn: "provider.create",
    power: "network=llm.example.com",
    also: ["provider=m", "env=OPENAI_API_KEY"],
    lua: `return provider.create("openai", "m", { api_key = "k", ${URL_} }).name`,
    js: `return provider.create("openai", "m", { api_key: "k", ${JS_URL} }).name`,
  },
  {
    fn: "provider.configure",
    power: "network=llm.example.com",
    also: ["provider=m", "env=OPENAI_API_KEY"],
    lua: `provider.create("openai", "m", { api_key = "k" }) return provider.configure("m", { type = "openai", api_key = "k", ${URL_} }).name`,
    js: `provider.create("openai", "m", { api_key: "k" }); return provider.configure("m", { type: "openai", api_key: "k", ${JS_URL} }).name`,
  },
  {
    fn: "provider.create_from_environment",
    power: "env=OPENAI_API_KEY",
    also: ["provider=openai"],
    lua: 'return pcall(provider.create_from_environment, "openai-compatible", "openai")',
    js: 'try { provider.createFromEnvironment("openai-compatible", "openai") } catch {}',
  },
  {
    fn: "provider.configure",
    power: "env=MY_KEY",
    also: ["provider=m"],
    lua: 'provider.create("openai", "m", { api_key = "k" }) return provider.configure("m", { type = "openai", api_key = { env = "MY_KEY" } }).name',
    js: 'provider.create("openai", "m", { api_key: "k" }); return provider.configure("m", { type: "openai", api_key: { env: "MY_KEY" } }).name',
  },
  {
    fn: "provider.import_config",
    power: "network=llm.example.com",
    also: ["provider=m", "env=OPENAI_API_KEY"],
    lua: `return #provider.import_config({ providers = { m = { type = "openai", apiKey = "k", baseURL = "https://llm.example.com/v1" } } })`,
    js: `return provider.importConfig({ providers: { m: { type: "openai", apiKey: "k", baseURL: "https://llm.example.com/v1" } } }).length`,
  },
  {
    fn: "provider.import_config",
    power: "model=offline:demo",
    also: ["provider=p"],
    lua: 'return #provider.import_config({ pools = { p = { members = { "offline:demo" } } } })',
    js: 'return provider.importConfig({ pools: { p: { members: ["offline:demo"] } } }).length',
  },
  {
    fn: "provider.export_config",
    power: "provider=m",
    models: () => createModels({ config: { providers: { m: { type: "openai", apiKey: "k" } } } }),
    lua: "return provider.export_config().providers.m.type",
    js: "return provider.exportConfig().providers.m.type",
  },
  {
    fn: "llm.use_provider",
    power: "network=llm.example.com",
    also: ["provider=m", "env=OPENAI_API_KEY"],
    lua: `return llm.use_provider("m", { type = "openai", api_key = "k", default_model = "x", ${URL_} }).name`,
    js: `return llm.useProvider("m", { type: "openai", api_key: "k", default_model: "x", ${JS_URL} }).name`,
  },
  {
    fn: "llm.use_provider",
    power: "env=MY_KEY",
    also: ["provider=m"],
    models: () => createModels({ env: { MY_KEY: "k" } }),
    lua: 'return llm.use_provider("m", { type = "openai", api_key = { env = "MY_KEY" }, default_model = "x" }).name',
    js: 'return llm.useProvider("m", { type: "openai", api_key: { env: "MY_KEY" }, default_model: "x" }).name',
  },
  {
    fn: "auth.oauth_flow",
    power: "network=id.example.com",
    also: ["auth=oauth"],
    lua: 'return pcall(auth.oauth_flow, "https://id.example.com", { client_id = "me", redirect_uri = "https://me.example.com/back" })',
    js: 'return await auth.oauthFlow("https://id.example.com", { client_id: "me", redirect_uri: "https://me.example.com/back" }).catch(() => 1)',
  },
  {
    fn: "auth.login",
    power: "network=id.example.com",
    also: ["auth=oauth", "auth=login"],
    auth: createAuth({
      oauth: {
        office: {
          authorizationEndpoint: "https://id.example.com/authorize",
          tokenEndpoint: "https://id.example.com/token",
          clientId: "me",
          redirectUri: "https://me.example.com/back",
        },
      },
    }),
    lua: 'local flow = auth.oauth_flow("office") return pcall(auth.login, { code = "c", state = flow.state }, "oauth2")',
    js: 'const flow = await auth.oauthFlow("office"); return await auth.login({ code: "c", state: flow.state }, "oauth2").catch(() => 1)',
  },
  {
    fn: "log.configure",
    power: "file.write=run.log",
    lua: 'log.configure({ file = "run.log" })',
    js: 'await log.configure({ file: "run.log" })',
  },
  {
    fn: "events.recording_start",
    power: "file.write=events.jsonl",
    lua: 'return events.recording_start({ file = "events.jsonl" })',
    js: 'return await events.recordingStart({ file: "events.jsonl" })',
  },
  {
    fn: "events.recording_stop",
    power: "file.write=events.jsonl",
    before: "events.recording_start",
    lua: 'events.recording_start({ file = "events.jsonl" }) return events.recording_stop().count',
    js: 'await events.recordingStart({ file: "events.jsonl" }); return (await events.recordingStop()).count',
  },
  {
    fn: "events.replay_start",
    power: "file.read=kept.jsonl",
    lua: 'return events.replay_start({ file = "kept.jsonl" })',
    js: 'return await events.replayStart({ file: "kept.jsonl" })',
  },
  {
    fn: "test.setup_fixture",
    power: "file.read=fixtures/order",
    lua: 'return test.setup_fixture("order").id',
    js: 'return (await test.setupFixture("order")).id',
  },
];
