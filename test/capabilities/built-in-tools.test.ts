import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CAPABILITIES, parseGrant, type SpellRun } from "@llmspell/spell";
import { scriptedModels } from "@llmspell/core/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { serve } from "../../packages/core/src/testing/loopback.js";
import { asked, both, cast, failureOf, valueOf } from "../support/spell.js";

const granted = (...grants: string[]): Partial<SpellRun> => ({ grants: grants.flatMap(parseGrant) });
const call = (tool: string, args: string): string => `return tools.execute("${tool}", ${args})`;

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "llmspell-powers-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

describe("a grant decides on a call of a built-in tool", () => {
  const cases: [tool: string, args: string, wanted: string, right: string[], wrong: string[]][] = [
    [
      "process",
      '{ operation = "execute", command = "echo", args = { "hi" } }',
      "process=echo",
      ["process", "process=echo", "process=ec*"],
      ["process=cat", "process=/bin/echo", "file", "network"],
    ],
    [
      "process",
      '{ operation = "shell", script = "exit 0" }',
      "process",
      ["process"],
      ["process=sh", "process=/bin/sh"],
    ],
    ["system_info", '{ operation = "memory" }', "system=memory", ["system", "system=memory"], ["system=cpu", "env"]],
    [
      "system_info",
      '{ operation = "environment", name = "LANG" }',
      "env=LANG",
      ["env", "env=LANG", "env=LA*"],
      ["env=HOME", "system"],
    ],
    [
      "file_operations",
      '{ operation = "write", path = "out/../b.txt", content = "x" }',
      "file.write=b.txt",
      ["file.write", "file", "file.write=b.txt"],
      ["file.read", "file.write=out", "process"],
    ],
  ];
  it.each(cases)("%s %s", async (tool, args, wanted, right, wrong) => {
    const root = await folder();
    for (const grant of right) {
      const { result } = await cast(call(tool, args), { root, ...granted(grant) });
      expect([grant, result.ok]).toEqual([grant, true]);
    }
    for (const grants of [[], ...wrong.map((grant) => [grant])]) {
      expect(await failureOf(call(tool, args), { root, ...granted(...grants) })).toMatchObject({
        code: "PERMISSION_DENIED",
        details: { grant: `--allow ${wanted}` },
      });
    }
  });

  it("in every language, and for tools that an agent calls", async () => {
    const args = '"process", { operation = "execute", command = "echo", args = { "hi" } }';
    const inLua = `local ok, e = pcall(tools.execute, ${args}) return { ok, not ok and e.details.scope, tools.execute("math", { operation = "sin", a = 30, unit = "degrees" }).result }`;
    const inJs = `const e = await tools.execute("process", { operation: "execute", command: "echo", args: ["hi"] }).catch((e) => e);
      return [e.code === undefined, e.details.scope, (await tools.execute("math", { operation: "sin", a: 30, unit: "degrees" })).result]`;
    expect(await both(inLua, inJs, granted("process=cat"))).toEqual([false, "echo", 0.5]);
    for (const [grant, said] of [
      ["process=cat", "not granted 'process=echo'"],
      ["process=echo", "hi"],
    ] as const) {
      const use = { name: "process", args: { operation: "execute", command: "echo", args: ["hi"] } };
      const { model, models } = scriptedModels({ toolCalls: [use] }, "done");
      await valueOf("agent.create({ tools = { 'process' } }):run('x')", { models, ...granted(grant) });
      expect(asked(model, 1).at(-1)).toContain(said);
    }
  });

  it("names the same powers as the door knows, and no others", async () => {
    const declared = await valueOf("return tools.list()");
    const powers = new Set((declared as { permissions?: string[] }[]).flatMap(({ permissions = [] }) => permissions));
    expect(powers).toEqual(new Set(["file.read", "file.write", "network", "system", "env", "process"]));
    for (const power of powers) expect(Object.keys(CAPABILITIES)).toContain(power);
  });
});

describe("a grant of hosts", () => {
  it("decides on each request, and on each host that it is redirected to", async () => {
    const reached: string[] = [];
    await using server = await serve((request, response) => {
      reached.push(`${request.headers.host?.split(":")[0]}${request.url}`);
      if (request.url === "/away")
        response.writeHead(302, { location: `http://localhost:${request.socket.localPort}/there` });
      response.end('{"rss": "no"}');
    });
    const params = { url: server.url };
    const get = (path: string): string =>
      `return tools.execute("http_request", { url = params.url .. "${path}" }).status`;
    expect(await valueOf(get("/"), { params, ...granted("network=127.0.0.1") })).toBe(200);
    expect(await valueOf(get("/"), { params, ...granted("network=127.*") })).toBe(200);
    for (const grants of [[], ["network=*.example.com"], ["process", "file"]])
      expect(await failureOf(get("/"), { params, ...granted(...grants) })).toMatchObject({
        code: "PERMISSION_DENIED",
        details: { capability: "network", scope: "127.0.0.1" },
      });
    expect(await failureOf(get("/away"), { params, ...granted("network=127.0.0.1") })).toMatchObject({
      code: "PERMISSION_DENIED",
      details: { capability: "network", scope: "localhost" },
    });
    const feed = 'return tools.execute("feed", { operation = "detect", url = params.url .. "/away" })';
    expect(await failureOf(feed, { params, ...granted("network=127.0.0.1") })).toMatchObject({
      details: { capability: "network", scope: "localhost" },
    });
    expect(reached).toEqual(["127.0.0.1/", "127.0.0.1/", "127.0.0.1/away", "127.0.0.1/away"]);
    const everywhere = granted("network=127.0.0.1", "network=localhost");
    expect(await valueOf(get("/away"), { params, ...everywhere })).toBe(200);
  });

  it("leaves nothing open when the run is over", async () => {
    const root = await folder();
    const source = 'return tools.execute("process", { operation = "spawn", command = "sleep", args = { "600" } }).pid';
    const pid = Number(await valueOf(source, { root, ...granted("process=sleep") }));
    const isAlive = (): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    await expect.poll(isAlive, { timeout: 20_000 }).toBe(false);
  });
});
