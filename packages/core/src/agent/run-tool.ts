import { SpellError, isSpellError } from "@llmspell/errors";
import { abortError } from "../abort.js";
import { bounded, defined, withFields } from "../json.js";
import type { Message } from "../messages.js";
import type { ModelToolCall } from "../models/answer.js";
import type { Context } from "../context.js";
import { didYouMean } from "../suggest.js";
import { performTool } from "../tools/execute.js";
import { SuspendedCall, type NestedCall, type NestedCalls, type NestedOutcome } from "../tools/suspended-call.js";
import type { Authorize, Tool } from "../tools/tool.js";
import {
  checkHeld,
  decideCall,
  declined,
  hashTool,
  type ApprovalScope,
  type Decided,
  type HeldCall,
  type WaitingCall,
} from "./approval.js";
import { toolFailure, type ToolFailure } from "./errors-in-words.js";

/** A finished tool call: `result` as the tool returned it, or `error`. */
export interface ToolCallRecord {
  id: string;
  name: string;
  /** As the tool was given them. */
  args: unknown;
  result?: unknown;
  error?: ToolFailure;
  /** The calls that the tool has made itself, in the order in which they ended; the first 1000. */
  calls?: readonly ToolCallRecord[];
}

/** What the tool calls of a step share. */
export interface ToolCallScope extends ApprovalScope {
  run: Context;
  step: number;
  tools: readonly Tool[];
  agentId?: string | undefined;
  authorize?: Authorize | undefined;
  toolTimeoutMs?: number | undefined;
  /** `tell` (default) explains a denial to the model; `throw` ends the run with it. */
  onToolDenied?: "tell" | "throw" | undefined;
}

/** A call that has an answer for the model. */
export interface FinishedCall {
  record: ToolCallRecord;
  message: Message;
}

// A tool can return any amount; a model cannot read it.
const RESULT_CHARACTERS = 200_000;
const MOST_NESTED_RECORDS = 1000;

/**
 * Runs one call that a model asked for, unless it waits for a decision. A tool that is
 * unknown, is called with bad arguments, is denied, declined or fails is an `error` in
 * the record, told to the model.
 *
 * @throws SpellError when the run is aborted, or denied with `onToolDenied: "throw"`.
 */
export async function runToolCall(
  call: ModelToolCall,
  scope: ToolCallScope,
): Promise<FinishedCall | { waiting: WaitingCall }> {
  const { id, name } = call;
  const tool = scope.tools.find((candidate) => candidate.name === name);
  const made = new MadeCall(call, tool, scope);
  const finish = (outcome: { result: unknown } | { error: ToolFailure }, content: string): FinishedCall => ({
    record: { id, name, args: made.input, ...outcome, ...(made.calls.length === 0 ? {} : { calls: made.calls }) },
    message: {
      role: "tool",
      toolCallId: id,
      name,
      content: bounded(content, RESULT_CHARACTERS),
      ...("error" in outcome ? { isError: true } : {}),
    },
  });
  try {
    const done = await made.perform();
    if (made.denial !== undefined) throw made.denial;
    if (done.waiting !== undefined) return done;
    return finish({ result: done.result }, made.edited ? `${editedNote(made.input)}${done.text}` : done.text);
  } catch (error) {
    if (scope.signal.aborted) throw abortError(scope.signal);
    if (made.denial !== undefined) throw made.denial;
    if (endsRun(error, scope)) throw error;
    const failure = toolFailure(error);
    return finish({ error: failure }, `Error: ${failure.message}`);
  }
}

const endsRun = (error: unknown, { onToolDenied }: ToolCallScope): error is SpellError =>
  onToolDenied === "throw" && isSpellError(error) && error.category === "permission";

/** One call of a tool on its way, with the calls that it makes itself. */
class MadeCall implements NestedCalls {
  /** As the model gave them, or who decided on it. */
  input: unknown;
  edited = false;
  /** Ends the run, whatever the tool makes of it. */
  denial: SpellError | undefined;
  readonly calls: ToolCallRecord[];
  readonly state: unknown;
  readonly #call: ModelToolCall;
  readonly #tool: Tool | undefined;
  readonly #scope: ToolCallScope;
  readonly #held: HeldCall | undefined;
  /** Inside the operation that the call is. */
  #run: Context;

  constructor(call: ModelToolCall, tool: Tool | undefined, scope: ToolCallScope) {
    this.#call = call;
    this.#tool = tool;
    this.#scope = scope;
    this.#run = scope.run;
    this.#held = scope.waited?.find((each): each is HeldCall => "callId" in each && each.callId === call.id);
    this.input = this.#held === undefined ? call.input : this.#held.args;
    this.state = this.#held?.state;
    this.calls = [...(this.#held?.calls ?? [])];
  }

  get decisions(): NestedCalls["decisions"] {
    return this.#scope.decisions ?? {};
  }

  /** @throws SpellError what went wrong. */
  async perform(): Promise<{ result: unknown; text: string; waiting?: undefined } | { waiting: WaitingCall }> {
    const [call, tool, scope] = [this.#call, this.#tool, this.#scope];
    const { id, name } = call;
    const { decision, waiting } = await this.#decide();
    if (waiting !== undefined) return { waiting };
    if (decision?.approve === false) throw rejected(call, scope, decision.reason);
    this.edited = decision?.args !== undefined;
    if (this.edited) this.input = decision?.args;
    let text = "";
    const result = await scope.run.operation(
      "tool",
      this.input,
      { step: scope.step, id, name, args: this.input },
      async (args, inner) => {
        this.#run = inner;
        return await execute(withFields(call, { input: args }), tool, withFields(scope, { run: inner }), this);
      },
      (output) => {
        if (!(output instanceof SuspendedCall)) text = resultText(name, output);
        return { result: output };
      },
    );
    if (!(result instanceof SuspendedCall)) return { result, text };
    const { state, pending } = result;
    const toolHash = tool === undefined ? "" : await hashTool(tool);
    return { waiting: { callId: id, toolHash, args: this.input, state, pending, calls: this.calls } };
  }

  async #decide(): Promise<Decided> {
    const [call, tool, held] = [this.#call, this.#tool, this.#held];
    if (tool === undefined) return {};
    if (held === undefined) return await decideCall(call, tool, this.#scope);
    await checkHeld(held, { ...call, input: held.args }, tool, this.#scope);
    return {};
  }

  async call({ id, name, args, signal, waiting }: NestedCall, tool: Tool): Promise<NestedOutcome> {
    if (this.denial !== undefined) throw this.denial;
    const outer = this.#scope;
    const scope: ToolCallScope = {
      ...outer,
      run: this.#run,
      tools: [tool],
      waited: waiting === undefined ? [] : [waiting],
      signal: signal === undefined ? outer.signal : AbortSignal.any([outer.signal, signal]),
    };
    const made = new MadeCall({ id, name, input: args }, tool, scope);
    const note = (outcome: { result: unknown } | { error: ToolFailure }): void => {
      const nested = made.calls.length === 0 ? {} : { calls: made.calls };
      if (this.calls.length < MOST_NESTED_RECORDS)
        this.calls.push({ id, name, args: made.input, ...outcome, ...nested });
    };
    try {
      const done = await made.perform();
      if (made.denial !== undefined) throw made.denial;
      if (done.waiting !== undefined) return done;
      note({ result: done.result });
      return { result: done.result, ...(made.edited ? { edited: { args: made.input } } : {}) };
    } catch (error) {
      if (endsRun(error, scope)) this.denial = error;
      note({ error: toolFailure(error) });
      throw error;
    }
  }
}

/** A declined call reaches no hook: one could do it in the tool's place, or call it a success. */
function rejected({ id, name, input: args }: ModelToolCall, { run, step }: ToolCallScope, reason?: string): SpellError {
  const error = declined(name, reason);
  const about = { step, id, name, args };
  run.tell("tool.started", about);
  run.tell("tool.failed", { ...about, error: toolFailure(error), durationMs: 0 });
  return error;
}

/** A model that is not told would take the result for that of its own arguments. */
function editedNote(args: unknown): string {
  return `(The user changed the arguments of this call to ${JSON.stringify(args)}.)\n`;
}

async function execute(
  { id, name, input, invalid }: ModelToolCall,
  tool: Tool | undefined,
  scope: ToolCallScope,
  nested: NestedCalls,
): Promise<unknown> {
  if (tool === undefined) {
    const known = scope.tools.map((candidate) => candidate.name);
    throw new SpellError("NOT_FOUND", `there is no tool named '${bounded(name, 64)}'${didYouMean(name, known)}`, {
      details: { known },
    });
  }
  if (invalid !== undefined)
    throw new SpellError("VALIDATION_FAILED", `the arguments for tool '${name}' are not valid JSON`);
  const { signal, agentId, authorize, approve, toolTimeoutMs, run } = scope;
  const context = { signal, toolCallId: id, run, nested, ...defined({ agentId, authorize, approve }) };
  return await performTool(tool, input, context, toolTimeoutMs === undefined ? {} : { timeoutMs: toolTimeoutMs });
}

function resultText(name: string, result: unknown): string {
  if (typeof result === "string") return result;
  try {
    return JSON.stringify(result) ?? "null";
  } catch (error) {
    throw new SpellError("TOOL_FAILED", `tool '${name}' returned a value that is not JSON`, { cause: error });
  }
}
