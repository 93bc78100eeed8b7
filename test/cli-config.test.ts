import { describe, expect, it, onTestFinished } from "vitest";
import { MODULES } from "@llmspell/spell";
import { startWireServer, type WireServer } from "../packages/core/src/testing/wire/server.js";
import { folder, jsonOf, runCli } from "./support/cli.js";

const KEY = "sk-canary-77aa";
const ASK = { "ask.lua": "return llm.quick_prompt('x')" };

async function serve(text = "from the server"): Promise<WireServer> {
  const server = await startWireServer("openai", { respond: () => ({ text }) });
  onTestFinished(() => server.close());
  return server;
}

describe(".env", () => {
  it("is read, and the environment wins", async () => {
    const [fromFile, fromEnv] = [await serve("file"), await serve("environment")];
    const dotenv = `# a comment\nOPENAI_API_KEY="${KEY}"\nOPENAI_BASE_URL=${fromFile.url}\nLLMSPELL_MODEL=openai:gpt-4\n`;
    const cwd = await folder({ ...ASK, ".env": dotenv });
    expect(await runCli(["run", "ask.lua"], { cwd })).toMatchObject({ status: 0, stdout: "file\n", stderr: "" });
    expect(fromFile.requests[0]).toMatchObject({ model: "gpt-4", headers: { authorization: `Bearer ${KEY}` } });
    expect(
      await runCli(["run", "ask.lua"], { cwd, env: { OPENAI_BASE_URL: fromEnv.url, LLMSPELL_MODEL: "openai:gpt-5" } }),
    ).toMatchObject({ status: 0, stdout: "environment\n" });
    expect(fromEnv.requests[0]).toMatchObject({ model: "gpt-5", headers: { authorization: `Bearer ${KEY}` } });
  });
});

describe("llmspell.config.json", () => {
  it("names the model and the address of a server that speaks OpenAI's format", async () => {
    const server = await serve();
    const config = {
      model: "local:tiny",
      providers: { local: { baseURL: server.url, apiKey: KEY, headers: { "x-team": "blue" } } },
    };
    const cwd = await folder({ ...ASK, "llmspell.config.json": JSON.stringify(config) });
    expect(await runCli(["run", "ask.lua"], { cwd })).toEqual({
      status: 0,
      signal: null,
      stdout: "from the server\n",
      stderr: "",
    });
    expect(server.requests[0]).toMatchObject({
      model: "tiny",
      headers: { authorization: `Bearer ${KEY}`, "x-team": "blue" },
    });
    expect(await runCli(["run", "ask.lua", "--model", "local:other"], { cwd })).toMatchObject({ status: 0 });
    expect(server.requests[1]?.model).toBe("other");
  });

  it("names servers at which people log in, whose secrets no spell sees", async () => {
    const login = {
      issuer: "https://id.example.com",
      authorizationEndpoint: "https://id.example.com/authorize",
      tokenEndpoint: "https://id.example.com/token",
      clientId: "spells",
      clientSecret: { env: "WORK_SECRET" },
      redirectUri: "https://me.example.com/back",
    };
    const cwd = await folder({
      "login.lua": `local flow = auth.oauth_flow("work")
        local _, e = pcall(auth.login, { code = "c", state = "made up" }, "oauth2")
        return flow.authorize_url:match("client_id=(%w+)") .. " " .. e.message`,
      "llmspell.config.json": JSON.stringify({ logins: { work: login }, grants: ["auth=oauth", "auth=login"] }),
      "wrong.json": JSON.stringify({ logins: { work: { ...login, issuer: "http://id.example.com" } } }),
    });
    const run = async (env: Record<string, string>, ...more: string[]): Promise<string> => {
      const { stdout, stderr } = await runCli(["run", "login.lua", ...more], { cwd, env });
      return stdout + stderr;
    };
    expect(await run({ WORK_SECRET: KEY })).toBe("spells no login with this state is under way\n");
    expect(await run({}, "--quiet")).toContain("logins.work: set WORK_SECRET, to which 'clientSecret' refers");
    expect(await run({}, "--config", "wrong.json")).toContain(
      "wrong.json: logins.work: 'issuer' must be an https URL, or one of this machine",
    );
  });

  it("names a file in which spells keep what they save", async () => {
    const cwd = await folder({
      "count.lua": `local s = state.load("n") or state.create({ n = 0 }) state.set(s, "n", state.get(s, "n") + 1) state.save(s, "n") return state.get(s, "n")`,
      "llmspell.config.json": JSON.stringify({ storage: "data/kept.db", grants: ["storage=n"] }),
      "none.json": JSON.stringify({ grants: ["storage=n"] }),
      "wrong.json": JSON.stringify({ storage: 3 }),
    });
    const run = async (...more: string[]): Promise<string> => {
      const { stdout, stderr } = await runCli(["run", "count.lua", ...more], { cwd });
      return stdout + stderr;
    };
    expect([await run(), await run(), await run("--config", "none.json")]).toEqual(["1\n", "2\n", "1\n"]);
    expect(await run("--config", "wrong.json")).toContain("'storage' must be the name of a file");
  });

  it("STD-54: has settings for spells, and runs spells that they compose in another language", async () => {
    const cwd = await folder({
      "main.lua": 'return spell.compose({ { spell = "shout.js", params = { text = spell.config("region") } } }).final',
      "shout.js": "export default `${params.text.toUpperCase()}!`;",
      "llmspell.config.json": JSON.stringify({ settings: { region: "eu" }, grants: ["spell"] }),
    });
    expect(await runCli(["run", "main.lua"], { cwd })).toMatchObject({ status: 0, stdout: "EU!\n" });
    expect(await runCli(["run", "main.lua", "--isolation", "worker"], { cwd })).toMatchObject({ stdout: "EU!\n" });
  });

  it("STD-36: a key of the machine must be long enough", async () => {
    const cwd = await folder({ "a.lua": "return auth.validate_token(auth.generate_token({})).valid" });
    const run = async (key: string) =>
      await runCli(["run", "a.lua", "--allow", "auth"], { cwd, env: { LLMSPELL_KEY: key } });
    expect(await run("k".repeat(32))).toMatchObject({ status: 0, stdout: "true\n" });
    expect(await run("short")).toMatchObject({ status: 2, stderr: expect.stringContaining("at least 32 characters") });
  });

  it("gives standing grants and limits, which the command line overrides", async () => {
    const read = "return tools.execute('file_operations', { operation = 'read', path = 'data/a.txt' }).content";
    const config = JSON.stringify({ grants: ["file.read=data"], limits: { fuel: 200_000 } });
    const cwd = await folder({
      "read.lua": read,
      "loop.lua": "for i = 1, 1e6 do end",
      "data/a.txt": "A",
      "llmspell.config.json": config,
    });
    expect(await runCli(["run", "read.lua"], { cwd })).toMatchObject({ status: 0, stdout: "A\n" });
    expect(await runCli(["run", "loop.lua"], { cwd })).toMatchObject({ status: 3 });
    expect(await runCli(["run", "loop.lua", "--limit", "fuel=1e9"], { cwd })).toMatchObject({ status: 0 });
  });

  it("can be another file", async () => {
    const server = await serve();
    const config = JSON.stringify({ model: "local:tiny", providers: { local: { baseURL: server.url } } });
    const cwd = await folder({ ...ASK, "other.json": config, "llmspell.config.json": "broken" });
    expect(await runCli(["run", "ask.lua", "--config", "other.json"], { cwd })).toMatchObject({
      status: 0,
      stdout: "from the server\n",
    });
  });

  it.each([
    ["{", "llmspell.config.json: "],
    [
      '{"modle": "x"}',
      "llmspell.config.json: there is no field 'modle'; known: model, providers, pools, catalog, grants, limits",
    ],
    [
      '{"providers": {"openai": {"apikey": "x"}}}',
      "llmspell.config.json: providers.openai: there is no field 'apikey', did you mean 'apiKey'?",
    ],
    ['{"grants": ["disk"]}', "llmspell.config.json: grants: there is no capability 'disk'"],
    ['{"limits": {"time": "soon"}}', "llmspell.config.json: limits: the limit 'time=soon' is not understood"],
  ])("that is wrong stops everything: %s", async (text, message) => {
    const cwd = await folder({ "a.lua": "print('ran')", "llmspell.config.json": text });
    for (const args of [["run", "a.lua"], ["doctor"]]) {
      const result = await runCli(args, { cwd });
      expect(result).toMatchObject({ status: 2, stdout: "" });
      expect(result.stderr).toContain(message);
      expect(result.stderr).toContain("[CONFIG_INVALID]");
      expect(result.stderr).not.toContain(cwd);
    }
    expect(jsonOf(await runCli(["run", "a.lua", "--json"], { cwd }))).toMatchObject({
      ok: false,
      error: { code: "CONFIG_INVALID" },
    });
  });
});

describe("llmspell doctor", () => {
  it("says with nothing configured what is missing and what to do", async () => {
    const { status, stdout, stderr } = await runCli(["doctor"], { cwd: await folder() });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const part of [
      "No llmspell.config.json and no .env in this folder.",
      "offline:demo (no provider is configured)",
      "offline stand-in",
      "openai: has no key: set OPENAI_API_KEY",
      "ollama: is not configured: set OLLAMA_BASE_URL",
      "lua (.lua)",
      "Standing grants: none",
      "Next: llmspell run",
    ]) {
      expect(stdout).toContain(part);
    }
  });

  it("says what is ready, and never shows a key", async () => {
    const config = JSON.stringify({
      grants: ["file.read=data"],
      providers: { mine: { baseURL: "http://127.0.0.1:9/v1", apiKey: `${KEY}-config` } },
    });
    const cwd = await folder({ ".env": `OPENAI_API_KEY=${KEY}\n`, "llmspell.config.json": config });
    const { status, stdout, stderr } = await runCli(["doctor"], { cwd, env: { ANTHROPIC_API_KEY: `${KEY}-env` } });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("Read: llmspell.config.json, .env");
    expect(stdout).toMatch(/✓ openai: ready/);
    expect(stdout).toMatch(/✓ anthropic: ready/);
    expect(stdout).toMatch(/✓ mine: ready/);
    expect(stdout).toContain("Standing grants: file.read=data");
    expect(stdout).not.toContain(KEY);
  });

  it("is unhappy about a model that cannot be asked", async () => {
    const cwd = await folder({ "llmspell.config.json": '{"model": "openai:gpt-4"}' });
    const { status, stdout } = await runCli(["doctor"], { cwd });
    expect(status).toBe(1);
    expect(stdout).toContain("! provider 'openai' has no key: set OPENAI_API_KEY");
  });
});

describe("llmspell engines and modules", () => {
  it("lists the languages", async () => {
    const { status, stdout } = await runCli(["engines"], { cwd: await folder() });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^lua {2}Lua 5\.4 {2}files: \.lua\n {2}async, coroutines/);
  });

  it("lists every module", async () => {
    const { status, stdout } = await runCli(["modules"], { cwd: await folder() });
    expect(status).toBe(0);
    for (const { name, doc } of MODULES)
      expect(stdout).toMatch(new RegExp(`^${name} +${doc.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`, "m"));
  });

  it("shows one module, by any of its names, with its methods", async () => {
    const cwd = await folder();
    const { status, stdout } = await runCli(["modules", "agent"], { cwd });
    expect(status).toBe(0);
    expect(stdout).toContain("agent.run(agent, input, opts?) → Response");
    expect(stdout).toContain("agent.create(name?, config) → Agent");
    expect((await runCli(["modules", "agents"], { cwd })).stdout).toBe(stdout);
    expect((await runCli(["modules", "llm"], { cwd })).stdout).toContain(
      "Conversation.send(conversation, text) → Response",
    );
  });

  it("shows one function, with an example", async () => {
    const { status, stdout } = await runCli(["modules", "agent.run"], { cwd: await folder() });
    expect(status).toBe(0);
    for (const part of [
      "agent.run(agent, input, opts?) → Response",
      "  opts: {timeout?, on_chunk?, schema?, approve?, messages?} (optional)",
      "agent.run_async returns a promise",
      "Example:\n  local a = agent.create",
    ]) {
      expect(stdout).toContain(part);
    }
  });

  it.each([
    ["nope", "there is no module 'nope'; known: agent, auth, "],
    ["agent.nope", "there is no function 'agent.nope'; known: create"],
    ["agent.constructor", "there is no function 'agent.constructor'"],
  ])("refuses %s", async (name, message) => {
    const result = await runCli(["modules", name], { cwd: await folder() });
    expect(result).toMatchObject({ status: 2, stdout: "" });
    expect(result.stderr).toContain(message);
  });
});

describe("--help", () => {
  it.each([
    [
      ["--help"],
      [
        "Usage: llmspell",
        "run [options] <file>",
        "engines",
        "modules [name]",
        "doctor",
        "Examples:",
        "llmspell run examples/hello.lua",
      ],
    ],
    [[], ["Usage: llmspell", "Examples:"]],
    [
      ["run", "--help"],
      [
        "Usage: llmspell run",
        "--param",
        "--model",
        "--allow",
        "--limit",
        "--json",
        "--quiet",
        "file.read=PATH",
        "Exit status: 0 fine, 1",
      ],
    ],
    [["engines", "--help"], ["Usage: llmspell engines"]],
    [
      ["modules", "--help"],
      ["Usage: llmspell modules", "agent.run"],
    ],
    [["doctor", "--help"], ["Usage: llmspell doctor"]],
  ])("%j", async (args, parts) => {
    const { status, stdout, stderr } = await runCli(args, { cwd: await folder() });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const part of parts) expect(stdout).toContain(part);
  });

  it.each([[["nope"]], [["run"]], [["engines", "extra"]]])("%j is wrong usage", async (args) => {
    const result = await runCli(args, { cwd: await folder() });
    expect(result).toMatchObject({ status: 2, stdout: "" });
    expect(result.stderr).toMatch(/^error: /);
  });
});
