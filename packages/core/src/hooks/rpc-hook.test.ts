import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAgent } from "../agent/agent.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { defineTool } from "../tools/tool.js";
import { rpcHook, type RpcHookOptions, type RpcTransport } from "./rpc-hook.js";

interface Request {
  jsonrpc: string;
  id: number;
  method: string;
  params: { point: string; about: { name: string }; data: unknown; runId: string };
}

let server: Server;
let send: RpcTransport;
const requests: Request[] = [];
/** What the other side does, as a member of its answer, or as the whole text of it. */
let reply: (request: Request) => object | string = () => ({ result: null });

beforeAll(async () => {
  server = createServer((incoming, outgoing) => {
    let body = "";
    incoming.on("data", (chunk: Buffer) => (body += chunk.toString()));
    incoming.on("end", () => {
      const request = JSON.parse(body) as Request;
      requests.push(request);
      const answer = reply(request);
      outgoing.end(typeof answer === "string" ? answer : JSON.stringify({ jsonrpc: "2.0", id: request.id, ...answer }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  send = async (body, signal) => await (await fetch(url, { method: "POST", body, signal })).text();
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const echo = defineTool({
  name: "echo",
  description: "Says it again",
  parameters: { type: "object", properties: { text: { type: "string" } } },
  execute: ({ text }) => {
    if (text === "fail") throw new Error("no");
    return text;
  },
});

/** The record of one tool call under a hook that answers with `answer`. */
async function callTool(
  point: RpcHookOptions["point"],
  answer: object | string,
  { text = "x", ...more }: Partial<RpcHookOptions> & { text?: string } = {},
) {
  reply = () => answer;
  const hook = rpcHook({ name: "remote", point, send, ...more });
  const { models } = scriptedModels({ toolCalls: [{ name: "echo", args: { text } }] }, "done");
  const { toolCalls } = await createAgent({ name: "a", tools: [echo], hooks: [hook] }, { models }).run("hello");
  return toolCalls[0];
}

describe("hooks by JSON-RPC", () => {
  it("HOOK-10: what a server decides is done", async () => {
    requests.length = 0;
    expect(await callTool("tool.before", { result: null })).toMatchObject({ result: "x" });
    expect(requests).toMatchObject([
      {
        jsonrpc: "2.0",
        method: "hook",
        params: { point: "tool.before", about: { name: "echo" }, data: { text: "x" } },
      },
    ]);
    expect(await callTool("tool.before", { result: { data: { text: "changed" } } })).toMatchObject({
      result: "changed",
    });
    expect(await callTool("tool.after", { result: { data: ["after"] } })).toMatchObject({ result: ["after"] });
    expect(await callTool("tool.before", { result: { stop: true, reason: "not today" } })).toMatchObject({
      error: { code: "CANCELLED", message: "stopped by hook 'remote': not today" },
    });
    expect(await callTool("tool.error", { result: { stop: true, result: "instead" } }, { text: "fail" })).toMatchObject(
      {
        result: "instead",
      },
    );
    expect(requests.at(-1)?.params.data).toMatchObject({ code: "TOOL_FAILED", message: "tool 'echo' failed: no" });
    const reworded = { result: { data: { code: "NOT_FOUND", message: "reworded", details: { n: 1 } } } };
    expect(await callTool("tool.error", reworded, { text: "fail" })).toMatchObject({
      error: { code: "NOT_FOUND", message: "reworded" },
    });
  });

  it.each([
    ["no JSON", "not valid", "VALIDATION_FAILED"],
    ["another id", '{"jsonrpc": "2.0", "id": -1, "result": null}', "VALIDATION_FAILED"],
    ["another version", { jsonrpc: "1.0", result: null }, "VALIDATION_FAILED"],
    ["a result that is no decision", { result: "stop" }, "VALIDATION_FAILED"],
    ["an error", { error: { code: -32_000, message: "down" } }, "SCRIPT_ERROR"],
  ])("HOOK-10: %s ends the operation, or is passed over if so wished", async (_, answer, code) => {
    expect(await callTool("tool.before", answer)).toMatchObject({
      error: { code, message: expect.stringContaining("hook 'remote'") },
    });
    expect(await callTool("tool.before", answer, { onError: "ignore" })).toMatchObject({ result: "x" });
  });

  it("HOOK-10: an error that is none is refused", async () => {
    for (const data of [null, { code: "NO_SUCH_CODE", message: "x" }, { code: "NOT_FOUND" }]) {
      expect(await callTool("tool.error", { result: { data } }, { text: "fail" })).toMatchObject({
        error: { code: "VALIDATION_FAILED" },
      });
    }
  });

  it("HOOK-10: a server that does not answer is given up", async () => {
    let signal: AbortSignal | undefined;
    const silent: RpcTransport = (_, given) => {
      signal = given;
      return new Promise(() => {});
    };
    expect(await callTool("tool.before", {}, { send: silent, timeoutMs: 10 })).toMatchObject({
      error: { code: "TIMEOUT", message: "hook 'remote' did not finish within 10 ms" },
    });
    expect(signal?.aborted).toBe(true);
  });
});
