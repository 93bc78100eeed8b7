import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { describe, expect, it } from "vitest";
import { createAgent } from "../agent/agent.js";
import { createManualClock } from "../testing/manual-clock.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { createModelCache } from "./cache.js";
import { logHooks } from "./log-hooks.js";
import { createLogger } from "./logger.js";
import { metricHooks } from "./metric-hooks.js";
import { createMetrics } from "./metrics.js";
import { rateLimitHooks } from "./rate-limit.js";
import { slidingWindow } from "./rate-limiter.js";
import { traceHooks } from "./trace-hooks.js";
import { validationHooks } from "./validation.js";

describe("the built-in hooks", () => {
  it("HOOK-7: each has its effect, all of them together, in whatever order they are given", async () => {
    for (const inOrder of [true, false]) {
      const [metrics, cache, spans] = [createMetrics(), createModelCache(), new InMemorySpanExporter()];
      const tracing = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
      const lines: string[] = [];
      const limiter = slidingWindow({ limit: 2, windowMs: 1000, clock: createManualClock() });
      const hooks = [
        ...metricHooks(metrics),
        ...logHooks(createLogger({ write: (line) => void lines.push(line) }), { operations: ["agent"] }),
        ...(await traceHooks({ tracer: tracing.getTracer("test") })),
        ...validationHooks("agent", { input: { type: "string", minLength: 2 } }),
        ...cache.hooks,
        ...rateLimitHooks(limiter),
      ];
      const { models, model } = scriptedModels("first", "second", "never");
      const agent = createAgent({ name: "a", hooks: inOrder ? hooks : hooks.toReversed() }, { models });
      const outcomes: unknown[] = [];
      for (const input of ["one", "one", "two", "three", "x"])
        outcomes.push(
          await agent.run(input).then(
            ({ content }) => content,
            ({ code }: { code: string }) => code,
          ),
        );

      // The second is out of the cache and counts for no limit; the last is not asked.
      expect(outcomes).toEqual(["first", "first", "second", "RATE_LIMITED", "VALIDATION_FAILED"]);
      expect(model.requests).toHaveLength(2);
      expect(cache.stats).toEqual({ hits: 1, misses: 3 });
      const figures = [...metrics.text().matchAll(/^llmspell_operations_total\{(.*)\} (\d)$/gm)].map(
        ([, labels = "", count]) => `${labels.replaceAll(/operation=|outcome=|subject="\w+"|[",]/g, "")} ${count}`,
      );
      expect(figures.toSorted()).toEqual([
        "agentRATE_LIMITED 1",
        "agentVALIDATION_FAILED 1",
        "agentok 3",
        "modelRATE_LIMITED 1",
        "modelok 3",
      ]);
      const logged = lines.map((line) => JSON.parse(line) as { level: string; error?: { code: string } });
      expect(logged.map(({ level, error }) => error?.code ?? level)).toEqual([
        "info",
        "info",
        "info",
        "RATE_LIMITED",
        "VALIDATION_FAILED",
      ]);
      const traced = spans.getFinishedSpans().map(({ name, attributes }) => [name, attributes["error.type"] ?? "ok"]);
      expect(traced.filter(([name]) => name === "chat scripted").map(([, outcome]) => outcome)).toEqual([
        "ok",
        "ok",
        "ok",
        "RATE_LIMITED",
      ]);
    }
  });
});
