import { SpellError } from "@llmspell/errors";
import type { Hook } from "../hooks/hook.js";
import { createHooks } from "../hooks/hooks.js";
import { defined, type JsonSchema } from "../json.js";
import { createContext, type Context } from "../context.js";
import { messageText, type Message } from "../messages.js";
import { addUsage, NO_USAGE, type Usage } from "../models/model-ref.js";
import type { AgentInfo, AgentRunOptions, Runner } from "./agent.js";
import { runOutcome, type LoopResult } from "./agent-loop.js";
import type { ToolCallRecord } from "./run-tool.js";
import { describeErrors, validateJson } from "../schema/validate.js";
import { Lifecycle } from "./lifecycle.js";
import { conversationOf, type AgentResponse } from "./response.js";

/** What a {@link createRunner} does with what it is asked. */
export interface RunnerWork {
  /** What came out, as text or as a value. */
  output: unknown;
  /** Of all models asked in the run by default. */
  usage?: Usage;
  toolCalls?: ToolCallRecord[];
  steps?: number;
}

export interface RunnerOptions {
  name: string;
  description?: string;
  type: Exclude<AgentInfo["type"], "llm">;
  context?: Context;
  /** Whether runs may overlap; true by default. */
  reentrant?: boolean;
  /** Answers the text of the latest message. */
  work(
    text: string,
    about: { messages: readonly Message[]; run: Context; signal: AbortSignal; options: AgentRunOptions },
  ): Promise<RunnerWork>;
}

/**
 * An agent that is no model: the same interface, the same hooks and events around each run.
 * Its response has the output as `object`, and as text in `content`.
 */
export function createRunner({ name, description, type, context: own, reentrant = true, work }: RunnerOptions): Runner {
  const life = new Lifecycle(name, reentrant);
  const id = `${type}:${name}`;
  const respond = async (messages: readonly Message[], options: AgentRunOptions): Promise<LoopResult> => {
    const { context = own ?? createContext(), onEvent, schema, timeoutMs } = options;
    const underWay = life.begin({ timeoutMs, signals: [options.signal, context.signal, options.enough] });
    const { signal } = underWay.limit;
    try {
      let spent = NO_USAGE;
      const count: Hook = {
        name: "usage",
        point: "model.after",
        run: ({ data }) => void (spent = addUsage(spent, data.usage)),
      };
      const run = context.child({
        source: `agent:${id}`,
        signal,
        onEvent,
        hooks: createHooks([count]),
      });
      const parentRunId = context.parent === undefined ? undefined : context.runId;
      const about = { runId: run.runId, agentId: id, name, ...defined({ parentRunId }) };
      const result = await run.operation(
        "agent",
        { messages },
        about,
        async (given, inner) => {
          const latest = given.messages.at(-1);
          const text = latest === undefined ? "" : messageText(latest);
          const done = await work(text, { messages: given.messages, run: inner, signal, options });
          if (schema !== undefined) await checkOutput(name, schema, done.output);
          return resultOf(given.messages, { usage: spent, ...done });
        },
        runOutcome,
      );
      return underWay.completed(result);
    } catch (error) {
      throw underWay.failed(error);
    }
  };
  return {
    id,
    name,
    async run(input, options = {}): Promise<AgentResponse> {
      const result = await respond(conversationOf(input, undefined, options.messages), options);
      return { role: "assistant", model: name, provider: type, ...result };
    },
    info() {
      return { id, name, type, ...defined({ description }), model: name, provider: type, ...life.info() };
    },
    metrics: () => life.metrics(),
    dispose: () => life.dispose(),
  };
}

async function checkOutput(name: string, schema: JsonSchema, output: unknown): Promise<void> {
  const { valid, errors } = await validateJson(schema, output);
  if (!valid)
    throw new SpellError(
      "VALIDATION_FAILED",
      `the answer of '${name}' does not match the schema: ${describeErrors(errors)}`,
    );
}

function resultOf(
  asked: readonly Message[],
  { output, usage = NO_USAGE, toolCalls = [], steps = 1 }: RunnerWork,
): LoopResult {
  const content = typeof output === "string" ? output : (JSON.stringify(output) ?? "");
  const messages: Message[] = [...asked, { role: "assistant", content }];
  return { status: "completed", content, object: output, usage, toolCalls, finishReason: "stop", steps, messages };
}
