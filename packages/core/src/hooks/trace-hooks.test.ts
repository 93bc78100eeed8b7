import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import * as conventions from "@opentelemetry/semantic-conventions/incubating";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createAgent } from "../agent/agent.js";
import { createContext } from "../context.js";
import { createModels } from "../models/models.js";
import { validateJson } from "../schema/validate.js";
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

const hex = (digits: number) => ({ type: "string", pattern: `^[0-9a-f]{${digits}}$` });
const nanoseconds = { type: "string", pattern: "^[0-9]{19}$" };
const list = (items: object) => ({ type: "array", minItems: 1, items });
/** What a collector wants, https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. */
const OTLP_TRACES = {
  type: "object",
  required: ["resourceSpans"],
  properties: {
    resourceSpans: list({
      type: "object",
      required: ["resource", "scopeSpans"],
      properties: {
        scopeSpans: list({
          type: "object",
          required: ["scope", "spans"],
          properties: {
            spans: list({
              type: "object",
              required: ["traceId", "spanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano", "attributes"],
              properties: {
                traceId: hex(32),
                spanId: hex(16),
                parentSpanId: hex(16),
                kind: { type: "integer", minimum: 1, maximum: 5 },
                startTimeUnixNano: nanoseconds,
                endTimeUnixNano: nanoseconds,
                status: { type: "object", properties: { code: { enum: [0, 1, 2] } } },
                attributes: list({
                  type: "object",
                  required: ["key", "value"],
                  properties: {
                    value: {
                      type: "object",
                      maxProperties: 1,
                      minProperties: 1,
                      propertyNames: { enum: ["stringValue", "intValue", "doubleValue", "arrayValue"] },
                    },
                  },
                }),
              },
            }),
          },
        }),
      },
    }),
  },
};

interface OtlpTraces {
  resourceSpans: { scopeSpans: { spans: { name: string; spanId: string; parentSpanId?: string }[] }[] }[];
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

  it("HOOK-13: reach a collector in batches, as OTLP in JSON", async () => {
    const bodies: string[] = [];
    const collector = createServer((incoming, outgoing) => {
      let body = "";
      incoming.on("data", (chunk: Buffer) => (body += chunk.toString()));
      incoming.on("end", () => {
        bodies.push(body);
        outgoing.setHeader("content-type", "application/json").end("{}");
      });
    });
    await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`;
    const provider = new BasicTracerProvider({
      spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url }))],
    });
    try {
      const { models } = await openai({ toolCalls: [{ name: "none", args: {} }] }, { text: "done" });
      const hooks = await traceHooks({ tracer: provider.getTracer("test") });
      await createAgent({ name: "a", hooks, temperature: 0.5 }, { models }).run("x");
      await provider.forceFlush();
    } finally {
      await provider.shutdown();
      await new Promise((resolve) => collector.close(resolve));
    }
    expect(bodies).toHaveLength(1);
    const traces = JSON.parse(bodies[0] ?? "") as OtlpTraces;
    expect(await validateJson(OTLP_TRACES, traces)).toEqual({ valid: true, errors: [] });
    const spans = traces.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    expect(spans.map(({ name }) => name)).toEqual([
      "chat gpt-test",
      "execute_tool none",
      "chat gpt-test",
      "invoke_agent a",
    ]);
    const root = spans.at(-1)?.spanId;
    expect(spans.map(({ parentSpanId }) => parentSpanId)).toEqual([root, root, root, undefined]);
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
