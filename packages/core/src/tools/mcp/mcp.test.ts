import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { SpellError } from "@llmspell/errors";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createHttpClient } from "../../http/client.js";
import { serve } from "../../testing/loopback.js";
import { executeTool } from "../execute.js";
import { startTool } from "../start-tool.js";
import type { ToolContext } from "../tool.js";
import { parseMcpConfig } from "./config.js";
import { connectAllMcp, connectMcp, type McpConnection } from "./connect.js";

const file = fileURLToPath(new URL("../../testing/mcp-server.js", import.meta.url));
const stdio = { command: process.execPath, args: [file] };
const context: ToolContext = { signal: new AbortController().signal };
const call = (connection: McpConnection, name: string, args: object = {}, more: Partial<ToolContext> = {}) => {
  const tool = connection.tools.find((candidate) => candidate.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  return executeTool(tool, args, { ...context, ...more });
};

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }
});

async function httpServer(): Promise<string> {
  const child = spawn(process.execPath, [file, "--http"], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const port = await new Promise<string>((resolve) =>
    child.stdout?.once("data", (data: Buffer) => resolve(String(data).trim())),
  );
  return `http://127.0.0.1:${port}/mcp`;
}

/** What a server says when it is connected to. */
const initialized = (capabilities: object): object => ({
  protocolVersion: "2025-06-18",
  capabilities,
  serverInfo: { name: "s", version: "1" },
});

describe("connectMcp", () => {
  it("TOOL-8: makes the tools of a server on stdin and stdout ours", async () => {
    await using server = await connectMcp("calc", stdio);
    expect(server.server).toEqual({ name: "arithmetic", version: "2.1.0" });
    expect(server.tools.map(({ name }) => name)).toEqual([
      "calc__add",
      "calc__say_hello",
      "calc__say_hello_2",
      "calc__fail",
      "calc__flood",
      "calc__env",
      "calc__slow",
    ]);
    expect(await call(server, "calc__add", { a: 1, b: 2 })).toEqual({ sum: 3 });
    expect(await call(server, "calc__say_hello")).toBe("hello");
    expect(await call(server, "calc__say_hello_2")).toMatchObject([{ type: "text" }, { type: "image", data: "AAAA" }]);
    await expect(call(server, "calc__add", { a: "1" })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await expect(call(server, "calc__fail")).rejects.toMatchObject({ code: "TOOL_FAILED", message: "no luck" });
  });

  it("TOOL-8: asks for the power over each tool, bounds results and keeps our environment to itself", async () => {
    process.env["LLMSPELL_TEST_SECRET"] = "s3cret";
    await using server = await connectMcp("calc", { ...stdio, env: { GIVEN: "1" } }, { maxResultCharacters: 4000 });
    delete process.env["LLMSPELL_TEST_SECRET"];
    const asked: unknown[] = [];
    const told = await call(server, "calc__env", {}, { authorize: (request) => void asked.push(request) });
    expect(asked).toEqual([{ capability: "mcp", scope: "calc/env" }]);
    expect(JSON.parse(String(told))).toMatchObject({ GIVEN: "1" });
    expect(String(told)).not.toContain("s3cret");
    await expect(call(server, "calc__flood")).rejects.toMatchObject({ code: "TOO_LARGE" });
    const denied = (): never => {
      throw new SpellError("PERMISSION_DENIED", "no");
    };
    await expect(call(server, "calc__say_hello", {}, { authorize: denied })).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
    });
  });

  it("TOOL-8: tells progress, and a cancelled call reaches the server", async () => {
    await using server = await connectMcp("calc", stdio);
    const [slow] = server.tools.slice(-1);
    if (slow === undefined) throw new Error("there is no tool");
    const run = startTool(slow, {}, context);
    for await (const news of run.updates()) {
      expect(news).toEqual({ message: "on it", fraction: 0.25 });
      run.cancel();
    }
    await expect(run.result).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(executeTool(slow, {}, context, { timeoutMs: 20 })).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(await call(server, "calc__say_hello")).toBe("hello");
  });

  it("TOOL-8: speaks streamable HTTP, under the policy of the client", async () => {
    const url = await httpServer();
    await using http = createHttpClient({ policy: { addresses: ["127.0.0.1"] } });
    await using server = await connectMcp("web", { url, headers: { "x-key": "k" } }, { http });
    expect(await call(server, "web__add", { a: 20, b: 22 })).toEqual({ sum: 42 });
    await expect(connectMcp("web", { url, headers: { "x-key": "wrong" } }, { http })).rejects.toMatchObject({
      code: "NETWORK_ERROR",
    });
    await expect(connectMcp("web", { url, headers: { "x-key": "k" } })).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
    });
  });

  it("TOOL-8: tells a server at a URL that its session is over, and is told so by it", async () => {
    const asked: string[] = [];
    await using web = await serve(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      asked.push(`${request.method} ${String(request.headers["mcp-session-id"])}`);
      const { id, method } = (body === "" ? {} : JSON.parse(body)) as { id?: number; method?: string };
      if (id === undefined) return void response.writeHead(request.method === "GET" ? 405 : 202).end();
      if (method === "tools/call") return void response.writeHead(404).end();
      const tools = [{ name: "one", inputSchema: { type: "object" } }];
      const result = method === "initialize" ? initialized({ tools: {} }) : { tools };
      response.writeHead(200, { "content-type": "application/json", "mcp-session-id": "s1" });
      response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
    });
    await using http = createHttpClient({ policy: { addresses: ["127.0.0.1"] } });
    const server = await connectMcp("web", { url: web.url }, { http });
    await expect(call(server, "web__one")).rejects.toMatchObject({
      code: "NETWORK_ERROR",
      message: "the connection to the MCP server 'web' has ended",
    });
    await server[Symbol.asyncDispose]();
    expect(asked.at(-1)).toBe("DELETE s1");
  });

  it("takes a server without tools for one, and tells when a server is gone", async () => {
    const warned = vi.spyOn(console, "debug").mockImplementation(() => {});
    try {
      const none = [
        "process.stdin.once('data', (line) => console.log(JSON.stringify(",
        `{ jsonrpc: '2.0', id: JSON.parse(line).id, result: ${JSON.stringify(initialized({}))} })))`,
      ].join("");
      await using empty = await connectMcp("empty", { command: process.execPath, args: ["-e", none] });
      expect([empty.tools, warned.mock.calls]).toEqual([[], []]);
    } finally {
      warned.mockRestore();
    }
    const server = await connectMcp("calc", stdio);
    const ended = {
      code: "NETWORK_ERROR",
      message: "the connection to the MCP server 'calc' has ended",
    };
    let close: PromiseLike<void> | undefined;
    const report = (): void => void (close ??= server[Symbol.asyncDispose]());
    await expect(call(server, "calc__slow", {}, { report })).rejects.toMatchObject(ended);
    await close;
    await expect(call(server, "calc__say_hello")).rejects.toMatchObject(ended);
  });

  it("ends with a clear error when there is no such server, or it never answers", async () => {
    await expect(connectMcp("x", { command: "no-such-program" })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: "there is no program for the MCP server 'x'",
    });
    await expect(connectMcp("x", { command: process.execPath, args: ["-e", "0"] })).rejects.toMatchObject({
      code: "NETWORK_ERROR",
    });
    const silent = { command: process.execPath, args: ["-e", "setInterval(() => {}, 1000)"] };
    await expect(connectMcp("x", silent, { timeoutMs: 300 })).rejects.toMatchObject({ code: "TIMEOUT" });
    await using web = await serve((_request, response) => void response.end("hello"));
    await using http = createHttpClient({ policy: { addresses: ["127.0.0.1"] } });
    await expect(connectMcp("x", { url: web.url }, { http })).rejects.toMatchObject({ code: "NETWORK_ERROR" });
    await using endless = await serve((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const more = (): void => {
        while (!response.destroyed && response.write(`[${"1,".repeat(100_000)}`));
      };
      response.on("drain", more).on("error", () => {});
      more();
    });
    await expect(connectMcp("x", { url: endless.url }, { http })).rejects.toMatchObject({ code: "TOO_LARGE" });
    const key = "a-key-of-ours";
    await using echo = await serve((request, response) => {
      response.writeHead(400).end(`no ${request.headers.authorization}`);
    });
    const headers = { authorization: `Bearer ${key}` };
    await expect(connectMcp("x", { url: echo.url, headers }, { http })).rejects.toMatchObject({
      message: expect.not.stringContaining(key),
    });
    await expect(connectMcp("x", { url: "nonsense" }, { http })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("connectAllMcp", () => {
  it("TOOL-8: connects what a .mcp.json lists; a server that fails stops no other", async () => {
    const text = JSON.stringify({
      mcpServers: {
        calc: { type: "stdio", command: "${NODE}", args: ["${SERVER}"], env: { MODE: "${MODE:-plain}" } },
        gone: { command: "no-such-program" },
        odd: { type: "sse", url: "http://x/" },
        poor: { command: "x", args: ["${NEVER_SET}"] },
      },
    });
    const servers = await parseMcpConfig(text, { NODE: process.execPath, SERVER: file });
    expect(servers).toMatchObject({
      calc: { command: process.execPath, args: [file], env: { MODE: "plain" } },
      gone: { command: "no-such-program" },
      odd: { code: "VALIDATION_FAILED", message: expect.stringContaining("'odd' is malformed") },
      poor: { code: "VALIDATION_FAILED", message: "the MCP server 'poor' needs the variable 'NEVER_SET'" },
    });
    await using all = await connectAllMcp(servers);
    expect(all.connections.map(({ name }) => name)).toEqual(["calc"]);
    expect(all.tools.length).toBe(7);
    expect(all.problems.map(({ server, error }) => `${server} ${error.code}`)).toEqual([
      "gone NOT_FOUND",
      "odd VALIDATION_FAILED",
      "poor VALIDATION_FAILED",
    ]);
    for (const wrong of ["{", "{}", '{"mcpServers":[]}'])
      await expect(parseMcpConfig(wrong)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });
});
