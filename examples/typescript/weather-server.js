// An MCP server on stdin and stdout, for mcp-tools.ts.
import { fromJsonSchema, McpServer } from "@modelcontextprotocol/server";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";

const server = new McpServer({ name: "weather", version: "1.0.0" });
const inputSchema = fromJsonSchema({
  type: "object",
  properties: { city: { type: "string", description: "Name of the city" } },
  required: ["city"],
});
server.registerTool("forecast", { description: "Forecasts the weather in a city", inputSchema }, async ({ city }) => ({
  content: [{ type: "text", text: `${city}: rain from noon on` }],
}));
await server.connect(new StdioServerTransport());
