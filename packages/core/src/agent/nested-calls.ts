import { SpellError } from "@llmspell/errors";
import { defined } from "../json.js";
import type { ModelToolCall } from "../models/answer.js";
import { executeTool } from "../tools/execute.js";
import type { NestedCalls } from "../tools/suspended-call.js";
import type { Tool, ToolContext } from "../tools/tool.js";
import { decideCall, declined } from "./approval.js";

/**
 * A call of a tool where nobody keeps one that waits: it is decided on at once.
 *
 * @throws SpellError `undecided`, when it is not; `PERMISSION_DENIED` when it is declined; what the tool throws.
 */
export async function callDecided(
  call: ModelToolCall,
  tool: Tool,
  context: ToolContext,
  undecided: SpellError,
): Promise<{ args: unknown; edited: boolean; result: unknown }> {
  const { signal, approve } = context;
  const { decision, waiting } = await decideCall(call, tool, { signal, approve });
  if (waiting !== undefined) throw undecided;
  if (decision?.approve === false) throw declined(call.name, decision.reason);
  const edited = decision?.args !== undefined;
  const args = edited ? decision.args : call.input;
  return { args, edited, result: await executeTool(tool, args, { ...context, toolCallId: call.id }) };
}

/**
 * How a tool calls others: as its caller lets it. Without a caller that keeps what waits, a call
 * that nobody decides on at once is refused.
 */
export function nestedCalls(context: ToolContext): NestedCalls {
  if (context.nested !== undefined) return context.nested;
  return {
    decisions: {},
    async call({ id, name, args, signal }, tool) {
      const refusal = new SpellError("PERMISSION_DENIED", `a call of '${name}' needs approval, and nobody gave it`, {
        details: { tool: name },
      });
      const own = { ...context, ...defined({ signal }) };
      const { args: given, edited, result } = await callDecided({ id, name, input: args }, tool, own, refusal);
      return { result, ...(edited ? { edited: { args: given } } : {}) };
    },
  };
}
