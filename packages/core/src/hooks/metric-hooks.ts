import { toSpellError } from "@llmspell/errors";
import type { ModelAnswer } from "../models/answer.js";
import type { Hook } from "./hook.js";
import type { Metrics } from "./metrics.js";
import { middleware, subjectOf } from "./middleware.js";

/**
 * Measures every operation: `llmspell_operations_total{operation,subject,outcome}` (the
 * outcome is `ok` or the code of the error), `llmspell_operation_duration_seconds{operation,subject}`,
 * `llmspell_operations_active{operation}`, `llmspell_tokens_total{provider,model,direction}`.
 */
export function metricHooks(metrics: Metrics): Hook[] {
  const total = metrics.counter("llmspell_operations_total", "Operations that ended");
  const duration = metrics.histogram("llmspell_operation_duration_seconds", "How long operations took");
  const active = metrics.gauge("llmspell_operations_active", "Operations under way");
  const tokens = metrics.counter("llmspell_tokens_total", "Tokens of model calls");
  return middleware(
    "metrics",
    async (context, next) => {
      const { operation } = context;
      // Ids of runs are no label: there is no end of them.
      const subject = operation === "workflow.step" || operation.startsWith("memory") ? "" : subjectOf(context);
      const labels = { operation, subject };
      const started = performance.now();
      const ended = (outcome: string): void => {
        active.add(-1, { operation });
        total.add(1, { ...labels, outcome });
        duration.observe((performance.now() - started) / 1000, labels);
      };
      active.add(1, { operation });
      try {
        const output = await next();
        ended("ok");
        if (context.operation === "model") {
          const { provider, model } = context.about as { provider: string; model: string };
          const { usage } = output as ModelAnswer;
          tokens.add(usage.inputTokens, { provider, model, direction: "input" });
          tokens.add(usage.outputTokens, { provider, model, direction: "output" });
        }
        return output;
      } catch (error) {
        ended(toSpellError(error).code);
        throw error;
      }
    },
    { priority: -900 },
  );
}

/** Figures of this process, taken at each reading: `process_cpu_seconds_total`, `process_resident_memory_bytes`, `nodejs_heap_used_bytes`. */
export function processMetrics(metrics: Metrics): void {
  const cpu = metrics.counter("process_cpu_seconds_total", "CPU time of the process, user and system");
  const resident = metrics.gauge("process_resident_memory_bytes", "Memory of the process");
  const heap = metrics.gauge("nodejs_heap_used_bytes", "Memory of JavaScript objects");
  let counted = 0;
  metrics.onRead(() => {
    const { user, system } = process.cpuUsage();
    const memory = process.memoryUsage();
    cpu.add((user + system - counted) / 1e6);
    counted = user + system;
    resident.set(memory.rss);
    heap.set(memory.heapUsed);
  });
}
