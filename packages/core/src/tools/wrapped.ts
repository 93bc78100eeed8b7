import type { Agent, AgentRunOptions } from "../agent/agent.js";
import type { ApprovalDecision } from "../agent/approval.js";
import { checkAgentDepth } from "../agent/nesting.js";
import type { Suspension } from "../agent/run-state.js";
import { checkDecided } from "../agent/undecided.js";
import { defined, type JsonSchema } from "../json.js";
import type { Workflow } from "../workflow/definition.js";
import { runWorkflow, type WorkflowRunOptions } from "../workflow/run.js";
import { SuspendedCall, type NestedCalls } from "./suspended-call.js";
import { defineTool, type Tool } from "./tool.js";

/** What a wrapped agent or workflow is called, and how long a call may take. */
export interface WrapOptions extends Pick<Tool, "version" | "category" | "tags" | "timeoutMs" | "output"> {
  /** The name of what is wrapped, in the letters of tools, by default. */
  name?: string;
  description?: string;
}

/**
 * An agent as a tool: `{task}` is what it is asked. The result is its answer, as
 * an object when `output` is given. Its words are reported as they come. The
 * powers of its tools are asked of whoever decides on this call, and with it its tool calls
 * wait for approval: the run of the agent that called it is suspended. A call inside
 * `maxDepth` agents (10 by default) that ask each other fails with `BUDGET_EXCEEDED`.
 */
export function agentTool(
  agent: Pick<Agent, "run" | "info"> & Partial<Pick<Agent, "resume">>,
  { maxDepth, ...options }: WrapOptions & { maxDepth?: number } = {},
): Tool {
  const info = agent.info();
  const { output } = options;
  return defineTool({
    features: ["streaming", "cancellable"],
    ...options,
    ...named(info.name, options, info.description ?? `Asks the agent '${info.name}'`),
    parameters: {
      type: "object",
      properties: { task: { type: "string", minLength: 1, description: "What the agent shall do" } },
      required: ["task"],
      additionalProperties: false,
    },
    async execute({ task }, { signal, authorize, approve, report, run, nested }) {
      checkAgentDepth(run, info, maxDepth);
      const options: AgentRunOptions = {
        signal,
        ...defined({ authorize, approve, schema: output, context: run }),
        ...(report === undefined
          ? {}
          : {
              onEvent(event) {
                if (event.type === "model.text") report({ partial: event.payload.text });
                else if (event.type === "tool.started") report({ message: `calls ${event.payload.name}` });
              },
            }),
      };
      const before = nested?.state as Suspension | undefined;
      const answer =
        before === undefined || agent.resume === undefined
          ? await agent.run(String(task), options)
          : await agent.resume(before, decisionsOn(before, nested?.decisions), options);
      const { suspension } = answer;
      if (suspension !== undefined && nested !== undefined && agent.resume !== undefined)
        return new SuspendedCall(suspension, suspension.pending);
      checkDecided(info.name, answer);
      return output === undefined ? answer.content : answer.object;
    },
  });
}

/** Those of all decisions that are on calls of this run. */
function decisionsOn(
  { pending }: Suspension,
  decisions: NestedCalls["decisions"] = {},
): Record<string, ApprovalDecision> {
  const own = pending.flatMap(({ id }) => (Object.hasOwn(decisions, id) ? [[id, decisions[id]] as const] : []));
  return Object.fromEntries(own) as Record<string, ApprovalDecision>;
}

/**
 * A workflow as a tool: `{input}` is its input. The result is its output; each
 * finished step is reported. A workflow with a failed step is a failed call.
 */
export function workflowTool(
  workflow: Workflow,
  options: WrapOptions & { input?: JsonSchema; services?: WorkflowRunOptions["services"] } = {},
): Tool {
  const { input = workflow.inputSchema ?? {}, services, ...rest } = options;
  const name = workflow.name ?? "workflow";
  return defineTool({
    features: ["streaming", "cancellable"],
    ...rest,
    ...named(name, rest, `Runs the workflow '${name}'`),
    parameters: { type: "object", properties: { input }, additionalProperties: false },
    async execute(args, { signal, report, run, authorize, approve }) {
      let done = 0;
      const { status, output, error } = await runWorkflow(workflow, args["input"], {
        signal,
        services: { ...services, ...defined({ authorize, approve }) },
        ...defined({ context: run }),
        onStep({ path, output: partial }) {
          // Steps inside others are no progress of their own.
          if (/[/~]/.test(path)) return;
          report?.({ message: path, fraction: ++done / workflow.steps.length, ...defined({ partial }) });
        },
      });
      if (status === "completed") return output;
      throw error ?? new Error(`workflow '${name}' failed`);
    },
  });
}

function named(given: string, options: WrapOptions, description: string): Pick<Tool, "name" | "description"> {
  const name = options.name ?? given.replaceAll(/[^a-zA-Z0-9_-]+/g, "_").slice(0, 64);
  return { name, description: options.description ?? description };
}
