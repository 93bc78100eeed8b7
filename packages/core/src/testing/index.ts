/**
 * For tests of agents, tools, workflows and engines, with any test runner.
 *
 * @example
 * import { assertScenario, loadScenarios } from "llmspell/testing";
 */
export { eventually, failure, type EventuallyOptions } from "./eventually.js";
export { expectedFromData } from "./expected-data.js";
export { openFixtures, type Fixtures } from "./fixtures.js";
export { trackLeaks, withoutLeaks, type Leak, type LeakOptions, type LeakTracker } from "./leaks.js";
export { createManualClock, type ManualClock } from "./manual-clock.js";
export {
  allOf,
  anyOf,
  approximately,
  assertFits,
  contains,
  equals,
  every,
  explainMisfit,
  fit,
  fitMatchers,
  hasLength,
  hasShape,
  isA,
  matches,
  not,
  satisfies,
  toMatcher,
  type Expected,
  type Matcher,
} from "./matchers.js";
export type { Mismatch } from "./mismatch.js";
export {
  assertScenario,
  loadScenarios,
  parseScenario,
  runScenario,
  type ErrorData,
  type Scenario,
  type ScenarioResult,
  type ScenarioStep,
  type ScenarioTool,
  type ScenarioTurn,
  type TurnOutcome,
} from "./scenario.js";
export { scriptedModels } from "./scripted-models.js";
export { createScriptedTool, spy, type RecordedCall, type ScriptedTool, type Spy, type ToolStep } from "./spy.js";
