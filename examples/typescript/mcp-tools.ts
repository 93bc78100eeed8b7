// The tools of an MCP server are tools of an agent. The server is a child process on stdin and stdout.
//
//     node --import llmspell/typescript examples/typescript/mcp-tools.ts

import { fileURLToPath } from "node:url";
import { connectAllMcp, createAgent, createModels, parseMcpConfig } from "@llmspell/core";

// What a `.mcp.json` says; variables come from the environment that is given.
const config = JSON.stringify({
  mcpServers: {
    weather: { command: "${NODE}", args: ["${SERVER}"] },
    lost: { command: "${LOST:-no-such-program}" },
  },
});
const servers = await parseMcpConfig(config, {
  NODE: process.execPath,
  SERVER: fileURLToPath(new URL("weather-server.js", import.meta.url)),
});

// Ends the processes when the program leaves this block. A server that fails stops no other.
const mcp = await connectAllMcp(servers, { timeoutMs: 30_000 });
try {
  console.log(mcp.tools.map(({ name }) => name).join(", "));
  console.log(mcp.problems.map(({ error }) => error.message).join(", "));

  const agent = createAgent({ name: "helper", tools: mcp.tools }, { models: createModels({ env: process.env }) });
  const { content, toolCalls } = await agent.run("What is the weather forecast for Bergen?", {
    // Each call needs the power `mcp` for `SERVER/TOOL`.
    authorize({ capability, scope }) {
      if (scope !== "weather/forecast") throw new Error(`no ${capability} for ${scope}`);
    },
  });
  console.log(content);
  console.log(toolCalls[0]?.result);
} finally {
  await mcp[Symbol.asyncDispose]();
}

// expect: weather__forecast
// expect: there is no program for the MCP server 'lost'
// expect: The tool weather__forecast says: Bergen: rain from noon on
// expect: (This answer comes from llmspell's offline stand-in, no real model.)
// expect: Bergen: rain from noon on
