import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { startWireServer } from "../packages/core/src/testing/wire/server.js";
import { folder, jsonOf, startCli, type RunningCli } from "./support/cli.js";

const COMPUTING = "print('ready') while true do end";
const SWALLOWING = "print('ready') while true do pcall(function() while true do end end) end";
const WAITING = "print('ready') sleep('1h') print('after')";

// A spell that is stuck is told so after 100 ms.
const SETTLED_MS = 200;

async function interrupted(source: string, args: readonly string[] = []): Promise<RunningCli> {
  const cwd = await folder({ "spell.lua": source });
  // The fuel would last for a second or two: far longer than a signal takes.
  const cli = startCli(["run", "spell.lua", "--limit", "fuel=1e12", ...args], { cwd });
  await cli.saw("ready");
  await pause(SETTLED_MS);
  cli.kill("SIGINT");
  return cli;
}

describe("Ctrl-C", () => {
  it.each([
    ["computes", COMPUTING],
    ["computes and swallows errors", SWALLOWING],
    ["waits", WAITING],
    ["waits and swallows errors", "print('ready') while true do pcall(sleep, '1h') end"],
    ["computes in a task", "spawn(function() sleep(1) print('ready') while true do end end) sleep('1h')"],
  ])("ends a spell that %s with 130", async (_, source) => {
    const result = await (await interrupted(source)).done;
    expect(result).toMatchObject({ status: 130, signal: null, stdout: "ready\n" });
    expect(result.stderr).toContain("[INTERRUPTED]");
  });

  it("ends a spell that is stuck in a library function, as a signal that nobody handles", async () => {
    const result = await (await interrupted("print('ready') local s = ('a'):rep(30) s:find(('a?'):rep(30) .. s)")).done;
    expect(result).toMatchObject({ status: null, signal: "SIGINT", stdout: "ready\n" });
  });

  it("is not lost while a spell waits again and again", async () => {
    for (let delay = 0; delay < 12; delay++) {
      const cwd = await folder({ "spell.lua": "print('ready') while true do sleep(1) end" });
      const cli = startCli(["run", "spell.lua", "--limit", "calls=1e9"], { cwd });
      await cli.saw("ready");
      await pause(20 + delay);
      cli.kill("SIGINT");
      expect(await cli.done).toMatchObject({ status: 130, signal: null });
    }
  });

  it.each([COMPUTING, WAITING])("is told in --json: %s", async (source) => {
    const result = await (await interrupted(source, ["--json"])).done;
    expect(result.status).toBe(130);
    expect(jsonOf(result)).toMatchObject({
      ok: false,
      error: { code: "INTERRUPTED" },
      metrics: { fuel: expect.any(Number) },
    });
  });

  it("given twice ends it all the same", async () => {
    const cli = await interrupted(WAITING);
    cli.kill("SIGINT");
    expect(await cli.done).toMatchObject({ status: 130, signal: null });
  });

  it("ends a spell that waits for a model, and closes the connection", async () => {
    const server = await startWireServer("openai", {
      respond: () => ({ text: "never ends", holdAfterChunks: { chunks: 2, until: new Promise(() => {}) } }),
    });
    onTestFinished(() => server.close());
    const cwd = await folder({ "spell.lua": "llm.stream('x', print)" });
    const cli = startCli(["run", "spell.lua", "--model", "openai:gpt-4"], {
      cwd,
      env: { OPENAI_API_KEY: "k", OPENAI_BASE_URL: server.url },
    });
    await cli.saw("never");
    await pause(SETTLED_MS);
    cli.kill("SIGINT");
    expect(await cli.done).toMatchObject({ status: 130, signal: null });
    await expect.poll(() => server.aborted).toBe(1);
  });
});
