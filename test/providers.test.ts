import { describe, expect, it, onTestFinished } from "vitest";
import {
  startWireServer,
  type WireKind,
  type WireServer,
  type WireServerOptions,
} from "../packages/core/src/testing/wire/server.js";
import { folder, jsonOf, runCli, type CliResult } from "./support/cli.js";

const KEY = "sk-canary-4f9a1c77";

interface Provider {
  readonly kind: WireKind;
  readonly model: string;
  readonly env: (url: string) => Record<string, string>;
  /** Parts of the second request as the provider's own format has them. */
  readonly result: RegExp;
}

const PROVIDERS: readonly Provider[] = [
  {
    kind: "openai",
    model: "openai:gpt-4",
    env: (url) => ({ OPENAI_API_KEY: KEY, OPENAI_BASE_URL: url }),
    result:
      /"tool_calls":\[\{"id":"[^"]+","type":"function","function":\{"name":"weather".*"role":"tool","tool_call_id":"[^"]+","content":"\{\\"(sky|city)/,
  },
  {
    kind: "anthropic",
    model: "anthropic:claude-sonnet-5",
    env: (url) => ({ ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: url }),
    result:
      /"type":"tool_use","id":"toolu_1","name":"weather","input":\{"city":"Oslo"\}.*"type":"tool_result","tool_use_id":"toolu_1"/,
  },
  {
    kind: "google",
    model: "google:gemini-flash-latest",
    env: (url) => ({ GEMINI_API_KEY: KEY, GOOGLE_BASE_URL: url }),
    result:
      /"functionCall":\{("id":"\w+",)?"name":"weather","args":\{"city":"Oslo"\}\},"thoughtSignature".*"functionResponse":\{("id":"\w+",)?"name":"weather"/,
  },
  {
    kind: "ollama",
    model: "ollama:llama3.2",
    env: (url) => ({ OLLAMA_BASE_URL: url }),
    result: /"tool_calls":\[.*"name":"weather".*"role":"tool","tool_call_id"/,
  },
];

const SPELL = `
local weather = {
  name = "weather", description = "Current weather of a city",
  parameters = { type = "object", properties = { city = { type = "string" } }, required = { "city" } },
  execute = function(args) print("looking at " .. args.city) return { sky = "sleet", city = args.city } end,
}
local forecaster = agent.create({ name = "forecaster", system_prompt = "Be brief.", tools = { weather } })
local pieces = 0
local answer = forecaster:run("How is Oslo?", { on_chunk = function() pieces = pieces + 1 end })
print(answer.content, pieces > 3, answer.usage.total_tokens)
`;

const ANSWERS: WireServerOptions["respond"] = ({ messages }) =>
  messages.at(-1)?.role === "tool"
    ? { text: `It is the weather: ${messages.at(-1)?.text}` }
    : { text: "Let me look.", toolCalls: [{ name: "weather", args: { city: "Oslo" } }] };

interface Asked {
  readonly result: CliResult;
  readonly server: WireServer;
}

async function ask(
  { kind, model, env }: Provider,
  respond: WireServerOptions["respond"],
  source: string,
  args: readonly string[] = [],
  key?: string,
): Promise<Asked> {
  const server = await startWireServer(kind, { respond, ...(key === undefined ? {} : { key }) });
  onTestFinished(() => server.close());
  const cwd = await folder({ "spell.lua": source });
  const result = await runCli(["run", "spell.lua", "--model", model, ...args], { cwd, env: env(server.url) });
  expect(result.stdout + result.stderr).not.toContain(KEY);
  return { result, server };
}

describe.each(PROVIDERS)("$kind", (provider) => {
  it("answers an agent with a tool defined in Lua, streamed", async () => {
    const key = provider.kind === "ollama" ? undefined : KEY;
    const { result, server } = await ask(provider, ANSWERS, SPELL, [], key);
    expect(result).toMatchObject({ status: 0, stderr: "" });
    expect(result.stdout).toMatch(/^looking at Oslo\nIt is the weather: .*"sky":"sleet".*\ttrue\t36\n$/);
    const [first, second] = server.requests;
    expect(server.requests).toHaveLength(2);
    expect(first).toMatchObject({
      model: provider.model.split(":")[1],
      stream: true,
      messages: [
        { role: "system", text: "Be brief." },
        { role: "user", text: "How is Oslo?" },
      ],
      tools: [{ name: "weather", description: "Current weather of a city", parameters: { required: ["city"] } }],
    });
    expect(second?.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "tool"]);
    expect(JSON.parse(second?.messages[3]?.text ?? "")).toMatchObject({ sky: "sleet", city: "Oslo" });
    expect(JSON.stringify(second?.body)).toMatch(provider.result);
  });

  it("is asked again after a 429, as its Retry-After says", async () => {
    const { result, server } = await ask(
      provider,
      () => [{ status: 429, headers: { "retry-after": "0" } }, { text: "at last" }],
      "return llm.quick_prompt('x')",
    );
    expect(result).toMatchObject({ status: 0, stdout: "at last\n" });
    expect(server.requests).toHaveLength(2);
  });

  it("is not asked again after a 401", async () => {
    const { result, server } = await ask(
      provider,
      () => ({ status: 401, text: "bad key" }),
      "return llm.quick_prompt('x')",
      ["--json"],
      "another key",
    );
    expect(result.status).toBe(1);
    expect(jsonOf(result)).toMatchObject({ ok: false, error: { code: "PROVIDER_AUTH", file: "spell.lua", line: 1 } });
    expect(server.requests).toHaveLength(1);
  });

  it("says clearly that the connection ended in the middle of the answer", async () => {
    const source = "llm.stream('x', print)";
    const { result } = await ask(provider, () => ({ text: "one two three four five six", dieAfterChunks: 4 }), source);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(
      `the connection to '${provider.kind}' ended in the middle of the answer [PROVIDER_NETWORK]`,
    );
    expect(result.stderr).toContain("at spell.lua:1");
  });
});

describe("the wait of a 429", () => {
  it("is as long as the server asks", async () => {
    const times: number[] = [];
    const [openai] = PROVIDERS;
    if (openai === undefined) throw new Error("there is no provider");
    const { server } = await ask(
      openai,
      () => {
        times.push(Date.now());
        return [{ status: 429, headers: { "retry-after": "1" } }, { text: "ok" }];
      },
      "llm.generate('x')",
    );
    expect(server.requests).toHaveLength(2);
    // A timer may fire a millisecond early by another clock, never hundreds.
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(950);
  });
});

/** Walks everything that a spell can reach, and prints it all. */
const DUMP = `
local seen = {}
local function dump(value, path, depth)
  print(path, type(value), tostring(value))
  if type(value) ~= "table" or seen[value] or depth > 8 then return end
  seen[value] = true
  for k, v in pairs(value) do dump(k, path .. ".key", depth + 1) dump(v, path .. "." .. tostring(k), depth + 1) end
  dump(getmetatable(value), path .. "#meta", depth + 1)
end
dump(_G, "_G", 0)
dump(provider.list(), "providers", 0)
for _, p in ipairs(provider.list()) do dump(provider.get(p.name), p.name, 0) end
dump(spell.context(), "context", 0)
local a = agent.create({})
dump(a:get_info(), "agent", 0)
for _, fn in ipairs({ function() return llm.generate("x") end, function() return a:run("x") end, function() return llm.stream("x", print) end,
  function() return llm.generate("x", { model = "anthropic:other" }) end, function() return provider.get("nope") end,
  function() return tools.execute("file_operations", { operation = "read", path = ".env" }) end }) do
  dump({ pcall(fn) }, "call", 0)
end
print(os.getenv == nil, pcall(function() return os.getenv("OPENAI_API_KEY") end))
error(select(2, pcall(llm.generate, "again")), 0)
`;

describe("the key", () => {
  it.each([["--json"], []])("is nowhere in what a spell can print, with %s", async (...args) => {
    // A provider that repeats the key in its error, as some do.
    const server = await startWireServer("openai", {
      respond: () => ({ status: 401, text: `Incorrect API key provided: ${KEY}` }),
    });
    onTestFinished(() => server.close());
    const cwd = await folder({ "dump.lua": DUMP, ".env": `OPENAI_API_KEY=${KEY}\nOPENAI_BASE_URL=${server.url}\n` });
    const result = await runCli(["run", "dump.lua", ...args], { cwd });
    expect(result.status).toBe(1);
    expect(server.requests.length).toBeGreaterThanOrEqual(4);
    expect(server.requests[0]?.headers["authorization"]).toBe(`Bearer ${KEY}`);
    const said = result.stdout + result.stderr;
    expect(said).toContain("PROVIDER_AUTH");
    expect(said).toContain("call.2.message");
    expect(said.length).toBeGreaterThan(5_000);
    expect(said).not.toContain(KEY);
    expect(said).not.toContain(server.url);
    expect(said).not.toContain(cwd);
  });
});
