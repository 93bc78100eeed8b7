import type { Agent } from "../agent/agent.js";
import { checkAgentDepth } from "../agent/nesting.js";
import { checkDecided } from "../agent/undecided.js";
import { defined, type JsonSchema } from "../json.js";
import type { Workflow } from "../workflow/definition.js";
import { runWorkflow, type WorkflowRunOptions } from "../workflow/run.js";
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
 * powers of its tools are asked of whoever decides on this call. A call inside
 * `maxDepth` agents (10 by default) that ask each other fails with `BUDGET_EXCEEDED`.
 */
export function agentTool(
  agent: Pick<Agent, "run" | "info">,
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
    async execute({ task }, { signal, authorize, approve, report, run }) {
      checkAgentDepth(run, info, maxDepth);
      const answer = await agent.run(String(task), {
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
      });
      checkDecided(info.name, answer);
      return output === undefined ? answer.content : answer.object;
    },
  });
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
