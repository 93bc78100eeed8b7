import { describe, expect, it } from "vitest";
import { createContext } from "../context.js";
import { createEmitter } from "../events/emitter.js";
import type { Hook } from "../hooks/hook.js";
import { validationHooks } from "../hooks/validation.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { cachedTool } from "../tools/cached-tool.js";
import { pipelineTool } from "../tools/compose.js";
import { executeTool } from "../tools/execute.js";
import { SuspendedCall } from "../tools/suspended-call.js";
import { defineTool, type Tool } from "../tools/tool.js";
import { createAgent, type Agent } from "./agent.js";
import type { AgentConfig } from "./agent-config.js";
import { questionsOf, type WaitingCall } from "./approval.js";
import { nestedCalls } from "./nested-calls.js";
import type { AgentResponse } from "./response.js";
import type { Suspension } from "./run-state.js";

const paid: unknown[] = [];
const pay = defineTool({
  name: "pay",
  description: "Pays",
  parameters: { type: "object", properties: { to: { type: "string" } }, required: ["to"] },
  needsApproval: true,
  execute: ({ to }) => {
    paid.push(to);
    return `paid ${String(to)}`;
  },
});

interface Saved {
  done: unknown[];
  waiting?: WaitingCall;
}

/** Calls `inner` for each of the names, one after the other. */
const payAll = (inner: Tool = pay, more: Partial<Tool> = {}): Tool =>
  defineTool({
    name: "pay_all",
    description: "Pays several",
    parameters: { type: "object" },
    async execute({ names }, context) {
      const calls = nestedCalls(context);
      const { done, waiting } = (calls.state ?? { done: [] }) as Saved;
      let before = waiting;
      for (const to of (names as string[]).slice(done.length)) {
        const id = `${context.toolCallId}.${done.length + 1}`;
        const args = inner === pay ? { to } : { names: [to] };
        const outcome = await calls.call({ id, name: inner.name, args, waiting: before }, inner);
        before = undefined;
        if (outcome.waiting !== undefined)
          return new SuspendedCall({ done, waiting: outcome.waiting }, questionsOf([outcome.waiting]));
        done.push(outcome.result);
      }
      return done;
    },
    ...more,
  });

function boss(tool: Tool, config: Partial<AgentConfig> = {}): { agent: Agent; told: string[] } {
  const { models } = scriptedModels(
    { toolCalls: [{ name: tool.name, id: "c1", args: { names: ["ann", "bob"] } }] },
    "done",
  );
  const events = createEmitter();
  const told: string[] = [];
  events.on("tool.*", ({ type, payload }) => void told.push(`${type.slice(5)} ${(payload as { id: string }).id}`));
  return {
    agent: createAgent({ name: "boss", tools: [tool], ...config }, { models, context: createContext({ events }) }),
    told,
  };
}

/** Approves what waits until nothing does, each time from what was stored. */
async function through(agent: Agent): Promise<{ response: AgentResponse; asked: unknown[] }> {
  const asked: unknown[] = [];
  let response = await agent.run("go");
  while (response.suspension !== undefined) {
    const stored = JSON.parse(JSON.stringify(response.suspension)) as Suspension;
    asked.push(...stored.pending.map(({ args }) => args));
    response = await agent.resume(stored, Object.fromEntries(stored.pending.map(({ id }) => [id, { approve: true }])));
  }
  return { response, asked };
}

describe("calls inside a call of a tool", () => {
  it("suspend it, and it goes on with what it has done", async () => {
    paid.length = 0;
    const { agent, told } = boss(payAll());
    const { response, asked } = await through(agent);
    expect(asked).toEqual([{ to: "ann" }, { to: "bob" }]);
    expect(paid).toEqual(["ann", "bob"]);
    expect(response.toolCalls).toEqual([
      {
        id: "c1",
        name: "pay_all",
        args: { names: ["ann", "bob"] },
        result: ["paid ann", "paid bob"],
        calls: [
          { id: "c1.1", name: "pay", args: { to: "ann" }, result: "paid ann" },
          { id: "c1.2", name: "pay", args: { to: "bob" }, result: "paid bob" },
        ],
      },
    ]);
    expect(told).toEqual([
      "started c1",
      "suspended c1",
      "started c1",
      "started c1.1",
      "completed c1.1",
      "suspended c1",
      "started c1",
      "started c1.2",
      "completed c1.2",
      "completed c1",
    ]);
  });

  it("suspend also what is around the call that they are in", async () => {
    paid.length = 0;
    const { agent } = boss(payAll(payAll(), { name: "outer" }));
    const { response } = await through(agent);
    expect(paid).toEqual(["ann", "bob"]);
    expect(response.toolCalls[0]).toMatchObject({
      name: "outer",
      result: [["paid ann"], ["paid bob"]],
      calls: [{ name: "pay_all", calls: [{ id: "c1.1.1", name: "pay" }] }, { name: "pay_all" }],
    });
  });

  it("have no result for hooks, schemas and caches before it ends", async () => {
    paid.length = 0;
    const seen: unknown[] = [];
    const hooks: Hook[] = [
      { name: "after", point: "tool.after", run: ({ about, data }) => void seen.push([about.name, data]) },
      { name: "error", point: "tool.error", run: ({ data }) => void seen.push(data) },
      ...validationHooks("tool", { output: { type: ["array", "string"] } }),
    ];
    const whole = cachedTool(payAll(pay, { output: { type: "array" } }));
    const { response } = await through(boss(whole, { hooks }).agent);
    expect(response.toolCalls[0]?.result).toEqual(["paid ann", "paid bob"]);
    expect(seen).toEqual([
      ["pay", "paid ann"],
      ["pay", "paid bob"],
      ["pay_all", ["paid ann", "paid bob"]],
    ]);
  });

  it("are refused where nobody keeps what waits, and are decided on where somebody does at once", async () => {
    paid.length = 0;
    const { signal } = new AbortController();
    const stages = { name: "line", description: "One", parameters: {}, stages: [{ tool: payAll() }] };
    for (const tool of [payAll(), pipelineTool(stages)]) {
      await expect(executeTool(tool, { names: ["eve"] }, { signal, toolCallId: "x" })).rejects.toMatchObject({
        code: "PERMISSION_DENIED",
        message: "a call of 'pay' needs approval, and nobody gave it",
      });
      const approve = (): { approve: true } => ({ approve: true });
      expect(await executeTool(tool, { names: ["ann"] }, { signal, approve, toolCallId: "x" })).toEqual(["paid ann"]);
    }
    // A pipeline cannot stop in its middle, although its caller could keep it.
    const { agent } = boss(pipelineTool(stages));
    expect((await agent.run("go")).toolCalls[0]?.error).toMatchObject({ code: "PERMISSION_DENIED" });
    expect(paid).toEqual(["ann", "ann"]);
  });

  it("do not go on in another tool that needs approval itself", async () => {
    paid.length = 0;
    const { agent } = boss(payAll());
    const { suspension } = await agent.run("go");
    const stored = suspension as Suspension;
    const yes = Object.fromEntries(stored.pending.map(({ id }) => [id, { approve: true } as const]));
    const other = defineTool({ ...pay, name: "pay_all", parameters: { type: "object" } });
    const { models } = scriptedModels("done");
    const later = createAgent({ name: "boss", tools: [other] }, { models });
    const { toolCalls } = await later.resume(stored, yes, { acceptChanges: true });
    expect(toolCalls[0]?.error).toEqual({
      code: "SNAPSHOT_INVALID",
      message: "tool 'pay_all' has changed since this call of it was suspended",
    });
    expect(paid).toEqual([]);
  });

  it("are as they were when the run was stored, or it is no stored run", async () => {
    const { agent } = boss(payAll());
    const { suspension } = await agent.run("go");
    const broken = structuredClone(suspension) as Suspension;
    (broken.state.open.waiting as unknown[])[0] = { callId: "c1", pending: [] };
    await expect(agent.resume(broken, {})).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });
});
