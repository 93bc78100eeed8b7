import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startWireServer, type WireServer, type WireServerOptions } from "../packages/core/src/testing/wire/server.js";
import { folder, jsonOf, runCli, startCli, type CliResult } from "./support/cli.js";

const seed = (name: string): Promise<string> =>
  readFile(new URL(`fixtures/seeds/${name}.lua`, import.meta.url), "utf8");

interface Played {
  readonly result: CliResult;
  readonly server: WireServer;
  readonly cwd: string;
}

/** Runs a script, unchanged, against a server that speaks OpenAI's format. */
async function play(
  source: string,
  respond: WireServerOptions["respond"],
  args: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
): Promise<Played> {
  const server = await startWireServer("openai", { respond, key: "test" });
  onTestFinished(() => server.close());
  const cwd = await folder({ ...files, "seed.lua": source });
  const env = { OPENAI_API_KEY: "test", OPENAI_BASE_URL: server.url };
  return { result: await runCli(["run", "seed.lua", "--model", "openai:gpt-4", ...args], { cwd, env }), server, cwd };
}

/** Answers with what it was asked, so that every answer shows where it came from. */
const echo: WireServerOptions["respond"] = ({ messages }) => ({
  text: `<${messages.at(-1)?.text ?? ""}>`,
  usage: { input: 100, output: 23 },
});

const roles = (server: WireServer): string[][] =>
  server.requests.map(({ messages }) => messages.map(({ role, text }) => `${role}: ${text}`));

describe("the scripts that the project came from, unchanged", () => {
  it("the integration script", async () => {
    const { result, server } = await play(await seed("integration"), echo, ["--json"]);
    expect(result).toMatchObject({ status: 0, stderr: "" });
    expect(jsonOf(result)).toMatchObject({ ok: true, value: { agent_id: "agent-1", response: "<Hello, world!>" } });
    expect(roles(server)).toEqual([["user: Hello, world!"]]);
    expect(server.requests[0]).toMatchObject({ model: "gpt-4", stream: false, body: { temperature: 0.7 } });
  });

  it("basic_agent.lua", async () => {
    const { result, server } = await play(await seed("basic_agent"), echo);
    expect(result).toEqual({
      status: 0,
      signal: null,
      stdout: "Agent response:\t<Explain quantum computing>\nAgent ID:\tagent-1\nTotal tokens used:\t123\n",
      stderr: "",
    });
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({ model: "gpt-4", body: { temperature: 0.7 } });
  });

  it("async_workflow.lua", async () => {
    const { result, server } = await play(await seed("async_workflow"), echo);
    const research = "Research the latest developments in AI";
    expect(result).toEqual({
      status: 0,
      signal: null,
      stdout: `Final article:\t<Write an article based on: <${research}>>\n`,
      stderr: "",
    });
    expect(roles(server)).toEqual([
      ["system: You are a research assistant.", `user: ${research}`],
      ["system: You are a technical writer.", `user: Write an article based on: <${research}>`],
    ]);
  });

  it("the agent, tool and async parts of the example of the API", async () => {
    const files = { "config.json": '{"kept": true}' };
    const { result, server, cwd } = await play(await seed("api_usage"), echo, ["--allow", "file"], files);
    expect(result).toEqual({ status: 0, signal: null, stdout: "<Hello, how are you?>\n", stderr: "" });
    expect(roles(server)).toEqual([["user: Hello, how are you?"], ["user: Generate a story"]]);
    expect(await readFile(join(cwd, "story.txt"), "utf8")).toBe("<Generate a story>");
    expect(await readFile(join(cwd, "config.json"), "utf8")).toBe(files["config.json"]);
  });

  it("the agent and async parts with nothing granted but the story", async () => {
    const [whole, toolPart] = [await seed("api_usage"), /-- Tool API[^]*?(?=-- Async workflow)/];
    expect(whole).toMatch(toolPart);
    const { result, cwd } = await play(whole.replace(toolPart, ""), echo, ["--allow", "file.write=story.txt"]);
    expect(result).toMatchObject({ status: 0, stdout: "<Hello, how are you?>\n" });
    expect(await readFile(join(cwd, "story.txt"), "utf8")).toBe("<Generate a story>");
  });

  it("the async part without a grant, which is refused with exit code 4", async () => {
    const source = (await seed("api_usage")).replace(/-- Tool API[^]*?(?=-- Async workflow)/, "");
    const { result, cwd } = await play(source, echo);
    expect(result).toMatchObject({ status: 4, stdout: "<Hello, how are you?>\n" });
    expect(result.stderr).toContain("Grant it with --allow file.write=story.txt");
    await expect(readFile(join(cwd, "story.txt"))).rejects.toThrow("ENOENT");
  });
});

describe("the same with streaming", () => {
  it("llm.stream and on_chunk hand the pieces out in order", async () => {
    const source = `local zigllms = require("zigllms.agent")
      local pieces = {}
      local agent = zigllms.create({ name = "helper_agent", provider = "openai", model = "gpt-4" })
      local r = zigllms.run(agent, "Explain quantum computing", { on_chunk = function(piece) pieces[#pieces + 1] = piece end })
      print(#pieces > 2, table.concat(pieces) == r.content, r.content, agent:get_info().usage.total_tokens)
      require("zigllms.llm").stream("Count", function(piece) print(piece) end)`;
    const { result, server } = await play(source, ({ messages }) => ({
      text: `one two three: ${messages.at(-1)?.text}`,
    }));
    expect(result).toMatchObject({
      status: 0,
      stdout: "true\ttrue\tone two three: Explain quantum computing\t18\none \ntwo \nthree: \nCount\n",
    });
    expect(server.requests.map(({ stream }) => stream)).toEqual([true, true]);
  });

  it("prints each piece before the server has sent the next", async () => {
    let release = (): void => {};
    const until = new Promise<void>((resolve) => (release = resolve));
    const server = await startWireServer("openai", {
      respond: () => ({ text: "first second third", holdAfterChunks: { chunks: 2, until } }),
    });
    onTestFinished(() => server.close());
    const cwd = await folder({ "s.lua": "llm.stream('x', print)" });
    const cli = startCli(["run", "s.lua", "--model", "openai:gpt-4"], {
      cwd,
      env: { OPENAI_API_KEY: "test", OPENAI_BASE_URL: server.url },
    });
    // The server goes on only when the first piece is on the screen.
    await cli.saw("first");
    release();
    expect(await cli.done).toMatchObject({ status: 0, stdout: "first \nsecond \nthird\n" });
  });
});
