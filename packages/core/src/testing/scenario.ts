import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { LanguageModelV3CallOptions } from "@ai-sdk/provider";
import { isErrorCode, SpellError, toSpellError } from "@llmspell/errors";
import type { ApprovalDecision, Approve } from "../agent/approval.js";
import type { AgentConfig } from "../agent/agent-config.js";
import { createCheckedAgent } from "../agent/agent.js";
import { createConversation } from "../agent/conversation.js";
import { toolFailure } from "../agent/errors-in-words.js";
import { createContext } from "../context.js";
import { createEmitter } from "../events/emitter.js";
import { defined, isRecord, type JsonSchema } from "../json.js";
import type { ScriptedAnswer } from "../models/scripted.js";
import { describeErrors, validateJson } from "../schema/validate.js";
import { TIME_LIMIT_MS, timed } from "../time-limit.js";
import type { Authorize } from "../tools/tool.js";
import { expectedFromData } from "./expected-data.js";
import { readValue } from "./fixtures.js";
import { isA, toMatcher, type Expected } from "./matchers.js";
import { explain, mismatchOf, type Finding, type Mismatch, type Path } from "./mismatch.js";
import { SCENARIO_SCHEMA } from "./scenario-schema.js";
import { scriptedModels } from "./scripted-models.js";
import { createScriptedTool, type ScriptedTool, type ToolStep } from "./spy.js";

/** An error as data: its message, or what a {@link SpellError} is made of. */
export type ErrorData = string | { code?: string; message: string; details?: Record<string, unknown> };

/** A tool with canned results: one for every call, or one for each call in turn. */
export interface ScenarioTool {
  name: string;
  description?: string;
  parameters?: JsonSchema;
  permissions?: string[];
  needsApproval?: boolean;
  result?: unknown;
  error?: ErrorData;
  results?: ({ result: unknown } | { error: ErrorData })[];
}

/** An answer of the model, and what it must have been asked; a text is short for `{ text }`. */
export type ScenarioStep =
  | string
  | (Omit<ScriptedAnswer, "error"> & {
      error?: ErrorData;
      /** Of `{ messages: [{ role, text }], tools: [names], temperature, … }`. */
      expect?: Expected;
    });

export interface ScenarioTurn {
  input: string;
  /** Of the {@link TurnOutcome}. Without an `error` in it the turn must succeed. */
  expect?: Expected;
}

/**
 * A run of an agent with a scripted model, and what should come of it. All of it may be
 * data (JSON or YAML), with matchers written as `{ "$contains": "rain" }`: `$contains`, `$matches`,
 * `$approximately`, `$shape`, `$equals`, `$anyOf`, `$allOf`, `$not`, `$isA`, `$every`, `$length`.
 */
export interface Scenario {
  name: string;
  /** All fields of an agent but its model, tools and hooks. */
  agent?: Partial<Omit<AgentConfig, "model" | "provider" | "tools" | "hooks">>;
  tools?: ScenarioTool[];
  /** The answers of the model. All of them must be asked for. */
  model: ScenarioStep[];
  /** Powers that are refused to tools. */
  deny?: string[];
  /** Decisions on calls that need approval, by the name of the tool; any other call suspends its turn. */
  approve?: Record<string, ApprovalDecision>;
  /** Whether the answers are streamed; `events` then has their pieces. */
  stream?: boolean;
  /** One turn; else `turns`. */
  input?: string;
  expect?: Expected;
  /** A conversation, turn by turn. */
  turns?: ScenarioTurn[];
}

/** What came of one turn. */
export interface TurnOutcome {
  status?: "completed" | "suspended";
  content?: string;
  object?: unknown;
  finishReason?: string;
  steps?: number;
  usage?: unknown;
  toolCalls?: unknown;
  messages?: unknown;
  error?: { code: string; message: string };
  /** What the model was asked in this turn. */
  requests: unknown[];
  events: { type: string; payload: unknown }[];
}

export interface ScenarioResult {
  name: string;
  passed: boolean;
  /** Paths begin with what they are of: `content`, `turns[1].toolCalls[0].args`, `model[2].request.messages[0]`. */
  mismatches: Mismatch[];
  /** What is wrong, for people; empty when it passed. */
  report: string;
  turns: TurnOutcome[];
}

/**
 * Checks that `data` is a scenario.
 *
 * @throws SpellError `VALIDATION_FAILED` naming the paths that are wrong.
 */
export async function parseScenario(data: unknown): Promise<Scenario> {
  const { valid, errors } = await validateJson(SCENARIO_SCHEMA, data);
  const name = isRecord(data) && typeof data["name"] === "string" ? ` '${data["name"]}'` : "";
  if (!valid)
    throw new SpellError("VALIDATION_FAILED", `the scenario${name} is malformed: ${describeErrors(errors)}`, {
      details: { errors },
    });
  return data as Scenario;
}

/**
 * The scenarios of a JSON or YAML file: one, or a list.
 *
 * @throws SpellError `IO_ERROR`, `SYNTAX_ERROR`, `VALIDATION_FAILED`.
 */
export async function loadScenarios(file: string | URL): Promise<Scenario[]> {
  const name = typeof file === "string" ? file : fileURLToPath(file);
  const text = await readFile(name, "utf8").catch(() => {
    throw new SpellError("IO_ERROR", `the scenarios ${path.basename(name)} cannot be read`);
  });
  const data = await readValue(name, text);
  return await Promise.all((Array.isArray(data) ? data : [data]).map(parseScenario));
}

/**
 * Runs a scenario. What is not as expected is a result, not an exception.
 *
 * @example
 * for (const scenario of await loadScenarios(new URL("weather.yaml", import.meta.url)))
 *   it(scenario.name, async () => assertScenario(scenario));
 * @throws SpellError `VALIDATION_FAILED`, `INVALID_ARGUMENT` for a malformed scenario or matcher, or when
 *   comparing takes longer than two seconds.
 */
export async function runScenario(given: Scenario): Promise<ScenarioResult> {
  const scenario = await parseScenario(given);
  const turns = scenario.turns ?? [{ input: scenario.input ?? "", expect: scenario.expect }];
  const expected = turns.map(({ expect = {} }, i) =>
    expectedFromData(expect, scenario.turns === undefined ? ["expect"] : ["turns", i, "expect"]),
  );
  const asked = scenario.model.map((step, i) =>
    typeof step === "string" || step.expect === undefined
      ? undefined
      : expectedFromData(step.expect, ["model", i, "expect"]),
  );
  const { outcomes, requests } = await play(scenario, turns);

  const findings: Finding[] = [];
  // Not `push(...)`: there may be more than a function takes arguments.
  const find = (found: readonly Finding[]): void => found.forEach((one) => findings.push(one));
  const compare = (wanted: Expected, value: unknown, at: Path): void =>
    find(timed(() => toMatcher(wanted).findings(value, at), tooLong));
  const whole = scenario.turns === undefined ? (outcomes[0] ?? {}) : { turns: outcomes };
  for (const [i, outcome] of outcomes.entries()) {
    const at: Path = scenario.turns === undefined ? [] : ["turns", i];
    const mayFail = isRecord(expected[i]) && "error" in expected[i];
    if (!mayFail) find(isA("nothing").findings(outcome.error, [...at, "error"]));
    compare(expected[i], outcome, at);
  }
  for (const [i, request] of requests.entries())
    if (asked[i] !== undefined) compare(asked[i], request, ["model", i, "request"]);
  for (let i = requests.length; i < scenario.model.length; i++)
    findings.push({ at: ["model", i], words: "to be asked for", actual: undefined });

  const value = { ...whole, model: requests.map((request) => ({ request })) };
  return {
    name: scenario.name,
    passed: findings.length === 0,
    mismatches: findings.map(mismatchOf),
    report: findings.length === 0 ? "" : explain(reduced(value, findings), findings),
    turns: outcomes,
  };
}

// Its expressions are not to be believed more than its other data.
const tooLong = (): SpellError =>
  new SpellError("VALIDATION_FAILED", `comparing with what is expected takes longer than ${TIME_LIMIT_MS} ms`);

/**
 * Runs a scenario for a test runner.
 *
 * @throws SpellError `ASSERTION_FAILED` with the report, and what `runScenario` throws.
 */
export async function assertScenario(scenario: Scenario): Promise<void> {
  const { name, passed, report, mismatches } = await runScenario(scenario);
  if (!passed)
    throw new SpellError("ASSERTION_FAILED", `the scenario '${name}' fails\n${report}`, { details: { mismatches } });
}

async function play(
  { agent: config, tools = [], model: steps, deny = [], approve = {}, stream = false }: Scenario,
  turns: readonly ScenarioTurn[],
): Promise<{ outcomes: TurnOutcome[]; requests: unknown[] }> {
  const { models, model } = scriptedModels(...steps.map(answerOf));
  const events = createEmitter();
  let heard: TurnOutcome["events"] = [];
  using _ = events.on("**", ({ type, payload }) => void heard.push({ type, payload: plain(payload) }));
  const agent = createCheckedAgent(
    { name: "agent", ...config, tools: tools.map(toolOf) },
    { models, context: createContext({ events }) },
  );
  const conversation = createConversation(agent);
  const authorize: Authorize = ({ capability }) => {
    if (deny.includes(capability)) throw new SpellError("PERMISSION_DENIED", `'${capability}' is denied`);
  };
  const decide: Approve = ({ tool }) => (Object.hasOwn(approve, tool) ? approve[tool] : undefined);
  const outcomes: TurnOutcome[] = [];
  for (const { input } of turns) {
    const before = model.requests.length;
    heard = [];
    const onEvent = (event: { type: string; payload: unknown }): void => {
      // The emitter hears the rest.
      if (event.type === "model.text") heard.push({ type: event.type, payload: plain(event.payload) });
    };
    const options = { authorize, approve: decide, ...(stream ? { onEvent } : {}) };
    const said = await conversation.send(input, options).then(
      ({ status, content, object, finishReason, steps: taken, usage, toolCalls, messages }) =>
        defined({ status, content, object, finishReason, steps: taken, usage, toolCalls, messages }),
      (error: unknown) => ({ error: toolFailure(toSpellError(error)) }),
    );
    outcomes.push({ ...said, requests: model.requests.slice(before).map(requestOf), events: heard });
  }
  return { outcomes, requests: model.requests.map(requestOf) };
}

function answerOf(step: ScenarioStep): string | ScriptedAnswer {
  if (typeof step === "string") return step;
  const { error, expect: _, ...answer } = step;
  return error === undefined ? answer : { ...answer, error: errorOf(error) };
}

function toolOf({ result, error, results, ...tool }: ScenarioTool): ScriptedTool {
  const stepOf = (step: { result: unknown } | { error: ErrorData }): ToolStep =>
    "error" in step ? { error: errorOf(step.error) } : step;
  if (results !== undefined) return createScriptedTool(tool, results.map(stepOf));
  return createScriptedTool(tool, { every: stepOf(error === undefined ? { result } : { error }) });
}

function errorOf(data: ErrorData): Error {
  if (typeof data === "string") return new Error(data);
  const { code, message, details = {} } = data;
  if (code === undefined) return new Error(message);
  if (!isErrorCode(code)) throw new SpellError("INVALID_ARGUMENT", `there is no error code '${code}'`);
  return new SpellError(code, message, { details });
}

/** A request as a scenario sees it. */
function requestOf(options: LanguageModelV3CallOptions): unknown {
  const { prompt, tools, temperature, maxOutputTokens, topP, stopSequences: stop, responseFormat } = options;
  const messages = prompt.map(({ role, content }) => ({
    role,
    text: typeof content === "string" ? content : content.map(partText).join(""),
  }));
  const schema = responseFormat?.type === "json" ? responseFormat.schema : undefined;
  return {
    messages,
    ...defined({ tools: tools?.map(({ name }) => name), temperature, maxOutputTokens, topP, stop, schema }),
  };
}

function partText(part: { type: string; text?: string; toolName?: string; output?: unknown }): string {
  if (part.text !== undefined) return part.text;
  if (part.type === "tool-call") return `[calls ${part.toolName}]`;
  const { output } = part;
  if (isRecord(output)) return typeof output["value"] === "string" ? output["value"] : JSON.stringify(output["value"]);
  return `[${part.type}]`;
}

/** As JSON has it, so that what is told later cannot change. */
const plain = (payload: unknown): unknown =>
  payload === undefined ? undefined : (JSON.parse(JSON.stringify(payload)) as unknown);

/** Only the parts that something is wrong with: the whole outcome is long. */
function reduced(value: Record<string, unknown>, findings: readonly Finding[]): Record<string, unknown> {
  const wrong = new Set(findings.map(({ at }) => at[0]));
  return Object.fromEntries(Object.entries(value).filter(([key]) => wrong.has(key)));
}
