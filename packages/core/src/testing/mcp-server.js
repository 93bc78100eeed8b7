// An MCP server for tests: on stdin and stdout, or with `--http` at a free port that it prints.
import { createServer } from "node:http";
import { NodeStreamableHTTPServerTransport } from "@modelcontextprotocol/node";
import { fromJsonSchema, McpServer } from "@modelcontextprotocol/server";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";

const numbers = { type: "object", properties: { a: { type: "number" }, b: { type: "number" } }, required: ["a", "b"] };

function makeServer() {
  const server = new McpServer({ name: "arithmetic", version: "2.1.0" });
  const text = (value) => ({ content: [{ type: "text", text: String(value) }] });
  server.registerTool(
    "add",
    {
      description: "Adds two numbers",
      inputSchema: fromJsonSchema(numbers),
      outputSchema: fromJsonSchema({ type: "object", properties: { sum: { type: "number" } }, required: ["sum"] }),
    },
    async ({ a, b }) => ({ ...text(a + b), structuredContent: { sum: a + b } }),
  );
  server.registerTool("say.hello", {}, async () => text("hello"));
  server.registerTool("say_hello", {}, async () => ({
    content: [
      { type: "text", text: "look" },
      { type: "image", data: "AAAA", mimeType: "image/png" },
    ],
  }));
  server.registerTool("fail", { description: "Fails" }, async () => ({ ...text("no luck"), isError: true }));
  server.registerTool("flood", { description: "Says too much" }, async () => text("x".repeat(5000)));
  server.registerTool("env", { description: "Its environment" }, async () => text(JSON.stringify(process.env)));
  server.registerTool("slow", { description: "Never ends" }, async (context) => {
    const token = context.mcpReq._meta?.progressToken;
    await context.mcpReq.notify({
      method: "notifications/progress",
      params: { progressToken: token, progress: 1, total: 4, message: "on it" },
    });
    await new Promise((resolve) => context.mcpReq.signal.addEventListener("abort", resolve));
    return text("aborted");
  });
  return server;
}

if (process.argv.includes("--http")) {
  const listener = async (request, response) => {
    if (request.headers["x-key"] !== "k") return response.writeHead(401).end();
    const transport = new NodeStreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    await makeServer().connect(transport);
    return await transport.handleRequest(request, response);
  };
  const http = createServer(listener).listen(0, "127.0.0.1", () => console.log(http.address().port));
} else {
  await makeServer().connect(new StdioServerTransport());
}
