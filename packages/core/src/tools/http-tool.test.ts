import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { serve } from "../testing/loopback.js";
import { executeTool } from "./execute.js";
import { createHttpTool } from "./http-tool.js";
import type { ToolContext } from "./tool.js";

const context: ToolContext = { signal: new AbortController().signal };
const here = { policy: { addresses: ["127.0.0.1"] }, retry: { initialDelayMs: 1 } };

describe("http_request", () => {
  it("TOOL-10: sends every method with headers, body and credentials", async () => {
    await using server = await serve(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ method: request.method, body, auth: request.headers.authorization ?? null }));
    });
    await using tool = createHttpTool(here);
    const call = (args: object): Promise<unknown> => executeTool(tool, { url: server.url, ...args }, context);
    for (const method of ["GET", "OPTIONS"])
      expect(await call({ method })).toMatchObject({ status: 200, ok: true, encoding: "json", body: { method } });
    for (const method of ["POST", "PUT", "PATCH", "DELETE"])
      expect(await call({ method, json: [1] })).toMatchObject({ body: { method, body: "[1]" } });
    expect(await call({ method: "HEAD" })).toMatchObject({ status: 200, encoding: "text", body: "" });
    expect(await call({ auth: { bearer: "t" } })).toMatchObject({ body: { auth: "Bearer t" } });
    for (const auth of [{}, { username: "u" }, { bearer: "t", username: "u", password: "p" }])
      await expect(call({ auth })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("TOOL-10: reads JSON, text, XML and bytes", async () => {
    const answers: Record<string, [string, string | Buffer]> = {
      "/json": ["application/problem+json", '{"a":1}'],
      "/broken": ["application/json", "{"],
      "/marked": ["application/json", "\ufeff[1]"],
      "/wide": ["application/json; charset=utf-16le", Buffer.from("[1]", "utf16le")],
      "/xml": ["application/atom+xml", "<a/>"],
      "/bytes": ["image/png", Buffer.from([0, 255])],
      "/none": ["", ""],
    };
    await using server = await serve((request, response) => {
      const [type, body] = answers[request.url ?? ""] ?? ["text/html", "<p>"];
      if (type !== "") response.setHeader("content-type", type);
      response.end(body);
    });
    await using tool = createHttpTool(here);
    const body = async (path: string, parse?: string): Promise<unknown> => {
      const args = { url: server.url + path, ...(parse === undefined ? {} : { parse }) };
      const answer = (await executeTool(tool, args, context)) as { encoding: string; body: unknown };
      return [answer.encoding, answer.body];
    };
    expect(await body("/json")).toEqual(["json", { a: 1 }]);
    expect(await body("/json", "text")).toEqual(["text", '{"a":1}']);
    expect(await body("/broken")).toEqual(["text", "{"]);
    expect(await body("/marked")).toEqual(["json", [1]]);
    expect(await body("/wide")).toEqual(["json", [1]]);
    expect(await body("/xml")).toEqual(["text", "<a/>"]);
    expect(await body("/xml", "xml")).toEqual(["xml", { a: "" }]);
    await expect(body("/json", "xml")).rejects.toMatchObject({ code: "SYNTAX_ERROR" });
    expect(await body("/bytes")).toEqual(["base64", "AP8="]);
    expect(await body("/none")).toEqual(["text", ""]);
    expect(await body("/page")).toEqual(["text", "<p>"]);
    await expect(body("/broken", "json")).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("TOOL-10: reaches only public addresses unless told otherwise", async () => {
    await using server = await serve((_request, response) => void response.end("inner"));
    await using tool = createHttpTool();
    await expect(executeTool(tool, { url: server.url }, context)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    expect(server.sockets()).toBe(0);
  });

  it("asks for the power over each host, also of a redirect", async () => {
    await using server = await serve((request, response) => {
      if (request.url === "/") response.writeHead(302, { location: `http://localhost:${request.socket.localPort}/x` });
      response.end("there");
    });
    await using tool = createHttpTool({ policy: { addresses: ["127.0.0.0/8", "::1"] } });
    const asked: unknown[] = [];
    const authorize = ({ capability, scope }: { capability: string; scope?: string }): void => {
      asked.push([capability, scope]);
      if (scope === "localhost") throw new SpellError("PERMISSION_DENIED", "not there");
    };
    await expect(executeTool(tool, { url: `${server.url}/` }, { ...context, authorize })).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
      message: "not there",
    });
    expect(asked).toEqual([
      ["network", "127.0.0.1"],
      ["network", "localhost"],
    ]);
    await expect(executeTool(tool, { url: "nonsense" }, { ...context, authorize })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });
});
