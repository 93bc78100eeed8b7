import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import * as conventions from "@opentelemetry/semantic-conventions/incubating";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createAgent } from "../agent/agent.js";
import { createContext } from "../context.js";
import { createModels } from "../models/models.js";
import { startWireServer, type WireServer } from "../testing/wire/server.js";
import { defineTool } from "../tools/tool.js";
import { createHooks } from "./hooks.js";
import { traceHooks, TRACEPARENT } from "./trace-hooks.js";

const servers: WireServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function openai(...answers: object[]) {
  const server = await startWireServer("openai", { respond: () => answers as never });
  servers.push(server);
  const provider = { baseURL: server.url, apiKey: "sk-test-0123456789", defaultModel: "gpt-test" };
  return { server, models: createModels({ config: { default: "openai", providers: { openai: provider } } }) };
}

function tracing() {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  return { exporter, tracer: provider.getTracer("test") };
}

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const incoming = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

describe("traces", () => {
  it("HOOK-13: traceparent continues from outside through spans to the provider", async () => {
    const { server, models } = await openai(
      { toolCalls: [{ name: "helper", args: {} }] },
      { text: "inner" },
      { text: "outer" },
    );
    const { exporter, tracer } = tracing();
    const context = createContext({ hooks: createHooks(await traceHooks({ tracer })) }).provide(TRACEPARENT, incoming);
    const inner = createAgent({ name: "inner" }, { models, context });
    const helper = defineTool({
      name: "helper",
      description: "Asks another agent",
      parameters: {},
      execute: async (_, { run }) => (await inner.run("x", run === undefined ? {} : { context: run })).content,
    });
    const outer = createAgent({ name: "outer", tools: [helper], temperature: 0.5 }, { models, context });
    expect((await outer.run("x")).content).toBe("outer");

    const spans = exporter.getFinishedSpans();
    const byId = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
    const tree = spans.map((span) => [span.name, byId.get(span.parentSpanContext?.spanId ?? "") ?? "remote"]);
    expect(tree).toEqual([
      ["chat gpt-test", "invoke_agent outer"],
      ["chat gpt-test", "invoke_agent inner"],
      ["invoke_agent inner", "execute_tool helper"],
      ["execute_tool helper", "invoke_agent outer"],
      ["chat gpt-test", "invoke_agent outer"],
      ["invoke_agent outer", "remote"],
    ]);
    expect(new Set(spans.map((span) => span.spanContext().traceId))).toEqual(new Set([TRACE_ID]));
    const chats = spans.filter(({ name }) => name.startsWith("chat"));
    expect(server.requests.map(({ headers }) => headers["traceparent"])).toEqual(
      chats.map((span) => `00-${TRACE_ID}-${span.spanContext().spanId}-01`),
    );
    expect(chats[0]?.attributes).toEqual({
      [conventions.ATTR_GEN_AI_OPERATION_NAME]: conventions.GEN_AI_OPERATION_NAME_VALUE_CHAT,
      [conventions.ATTR_GEN_AI_PROVIDER_NAME]: conventions.GEN_AI_PROVIDER_NAME_VALUE_OPENAI,
      [conventions.ATTR_GEN_AI_REQUEST_MODEL]: "gpt-test",
      [conventions.ATTR_GEN_AI_REQUEST_TEMPERATURE]: 0.5,
      [conventions.ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: ["tool-calls"],
      [conventions.ATTR_GEN_AI_USAGE_INPUT_TOKENS]: expect.any(Number),
      [conventions.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: expect.any(Number),
    });
    expect(spans[3]?.attributes).toMatchObject({
      [conventions.ATTR_GEN_AI_OPERATION_NAME]: conventions.GEN_AI_OPERATION_NAME_VALUE_EXECUTE_TOOL,
      [conventions.ATTR_GEN_AI_TOOL_NAME]: "helper",
      [conventions.ATTR_GEN_AI_TOOL_CALL_ID]: expect.any(String),
    });
    expect(spans[5]?.attributes).toMatchObject({
      [conventions.ATTR_GEN_AI_OPERATION_NAME]: conventions.GEN_AI_OPERATION_NAME_VALUE_INVOKE_AGENT,
      [conventions.ATTR_GEN_AI_AGENT_NAME]: "outer",
      [conventions.ATTR_GEN_AI_AGENT_ID]: outer.id,
    });
  });

  it("a failed operation is a span with its error", async () => {
    const { models } = await openai({ status: 401 });
    const { exporter, tracer } = tracing();
    const agent = createAgent({ name: "a", hooks: await traceHooks({ tracer }) }, { models });
    await expect(agent.run("x")).rejects.toMatchObject({ category: "provider" });
    for (const span of exporter.getFinishedSpans()) {
      expect(span.status.code).toBe(2);
      expect(span.attributes["error.type"]).toMatch(/^PROVIDER_/);
      expect(span.events.map(({ name }) => name)).toEqual(["exception"]);
    }
    expect(exporter.getFinishedSpans()).toHaveLength(2);
  });

  it.each(["", "nonsense", `ff-${TRACE_ID}-00f067aa0ba902b7-01`, `00-${"0".repeat(32)}-00f067aa0ba902b7-01`])(
    "begins a trace of its own when traceparent is %j",
    async (header) => {
      const { models } = await openai({ text: "x" });
      const { exporter, tracer } = tracing();
      const context = createContext({ hooks: createHooks(await traceHooks({ tracer })) }).provide(TRACEPARENT, header);
      await createAgent({ name: "a" }, { models, context }).run("x");
      const spans = exporter.getFinishedSpans();
      expect(spans.at(-1)?.parentSpanContext).toBeUndefined();
      expect(spans[0]?.spanContext().traceId).not.toBe(TRACE_ID);
    },
  );

  it("without an SDK nothing is recorded and nothing is sent", async () => {
    const { server, models } = await openai({ text: "x" });
    await createAgent({ name: "a", hooks: await traceHooks() }, { models }).run("x");
    expect(server.requests[0]?.headers).not.toHaveProperty("traceparent");
  });

  it("says what to install when the package is missing", async () => {
    vi.doMock("@opentelemetry/api", () => {
      throw new Error("Cannot find package");
    });
    try {
      await expect(traceHooks()).rejects.toMatchObject({
        code: "UNSUPPORTED",
        message: "traces need the package @opentelemetry/api",
      });
    } finally {
      vi.doUnmock("@opentelemetry/api");
    }
  });
});
