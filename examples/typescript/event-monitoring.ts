// Watches what agents do: events by pattern, figures, a log and metrics, without touching the agent.
//
//     node --import llmspell/typescript examples/typescript/event-monitoring.ts

import {
  aggregateEvents,
  createAgent,
  createContext,
  createEmitter,
  createHooks,
  createMetrics,
  createModels,
  defineTool,
  metricHooks,
} from "@llmspell/core";

const events = createEmitter({ onError: (error) => console.error(error) });
events.on("*.started", ({ type, payload }) => {
  const { name, provider } = payload as { name?: string; provider?: string };
  console.log(type, name ?? provider);
});
events.on("**", ({ payload }) => console.log(`failed: ${(payload as { error: { message: string } }).error.message}`), {
  filter: ({ severity }) => severity === "error",
});
const durations = aggregateEvents(events, { pattern: "agent.completed", field: "payload.durationMs" });

const metrics = createMetrics();
const context = createContext({ events, hooks: createHooks(metricHooks(metrics)) });

const clock = defineTool({ name: "clock", description: "Tells the time", parameters: {}, execute: () => "noon" });
const broken = defineTool({
  name: "calendar",
  description: "Tells today's date",
  parameters: {},
  execute() {
    throw new Error("the calendar is lost");
  },
});
const agent = createAgent(
  { name: "helper", tools: [clock, broken] },
  { models: createModels({ env: process.env }), context },
);
await agent.run("Use the clock and the calendar, please.");

console.log(`runs: ${durations.values().count}, they took time: ${durations.values().sum > 0}`);
const lines = metrics.text().split("\n");
for (const line of lines.filter((text) => /^\w+_total\{operation="tool"/.test(text)).toSorted()) console.log(line);

// expect: agent.started helper
// expect: model.started offline
// expect: tool.started clock
// expect: tool.started calendar
// expect: failed: tool 'calendar' failed: the calendar is lost
// expect: model.started offline
// expect: runs: 1, they took time: true
// expect: llmspell_operations_total{operation="tool",outcome="TOOL_FAILED",subject="calendar"} 1
// expect: llmspell_operations_total{operation="tool",outcome="ok",subject="clock"} 1
