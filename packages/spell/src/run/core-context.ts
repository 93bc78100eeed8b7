import {
  createContext,
  createEmitter,
  createHooks,
  createMetrics,
  createModelAnalytics,
  type Context,
  type Emitter,
  type Hooks,
  type Metrics,
  type ModelAnalytics,
} from "@llmspell/core";
import { toSpellError } from "@llmspell/errors";
import { perRun } from "./per-run.js";

/** Everything that happens in the run: what the framework tells, and what the spell emits. */
export const eventsOf = perRun<Emitter>((run) =>
  createEmitter({
    onError: (error, { type }) => run.log("warn", `a listener of ${type}: ${toSpellError(error).message}`, undefined),
  }),
);

/** What the hooks of the run measure. */
export const metricsOf = perRun<Metrics>(() => createMetrics());

/** The hooks of the spell, around all that it does by agents, models, tools and workflows. */
export const hooksOf = perRun<Hooks>(() => createHooks());

/** How the models of the run do. */
export const analyticsOf = perRun<ModelAnalytics>((run) =>
  createModelAnalytics(eventsOf(run), { catalog: run.models.catalog }),
);

/** What agents, workflows and tools of the run belong inside. */
export const coreContext = perRun<Context>((run) => {
  // It has to hear the first call.
  analyticsOf(run);
  return createContext({ events: eventsOf(run), hooks: hooksOf(run), source: `spell:${run.info.name}` });
});
