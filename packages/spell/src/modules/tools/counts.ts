import { createToolStats, type ToolStats } from "@llmspell/core";
import { isErrorCode } from "@llmspell/errors";
import type { RunContext } from "../../run/context.js";
import { eventsOf } from "../../run/core-context.js";
import { perRun } from "../../run/per-run.js";

/** Counts the calls of tools, by the events that tell of them: whoever calls, an agent too. */
class ToolCounts implements Disposable {
  readonly stats: ToolStats = createToolStats();
  readonly #listening: Disposable;

  constructor(run: RunContext) {
    this.#listening = eventsOf(run).on("tool.*", ({ type, payload }) => {
      const { name, durationMs, error } = payload as Ended;
      if (type === "tool.completed") this.stats.record(name, durationMs);
      if (type !== "tool.failed") return;
      this.stats.record(name, durationMs, isErrorCode(error?.code) ? error.code : "TOOL_FAILED");
    });
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }
}

/** What the events of a call's end say. */
interface Ended {
  readonly name: string;
  readonly durationMs: number;
  readonly error?: { readonly code: string };
}

const countsOf = perRun((run) => new ToolCounts(run));

/** What is known of the calls of this run. */
export const statsOf = (run: RunContext): ToolStats => countsOf(run).stats;

/** Counts calls from now on; done for each tool that somebody takes. */
export const countCalls = (run: RunContext): void => void countsOf(run);
