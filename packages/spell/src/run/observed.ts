import { createMetrics, type Metrics } from "@llmspell/core";
import { perRun } from "./per-run.js";

/** The figures of the run: those of the spell, and of what it reports. */
export const metricsOf = perRun<Metrics>(() => createMetrics());
