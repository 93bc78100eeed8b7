import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { messageText } from "../messages.js";
import type { ScriptedStep } from "../models/scripted.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { agentTool } from "../tools/wrapped.js";
import { defineTool, type Tool } from "../tools/tool.js";
import { createAgent, type Agent, type ResumeOptions } from "./agent.js";
import type { ApprovalDecision } from "./approval.js";
import type { AgentConfig } from "./agent-config.js";
import type { AgentResponse } from "./response.js";
import type { Suspension } from "./run-state.js";
import { openConversation } from "./stored-conversation.js";
import { createState } from "../state/state.js";

const runs: string[] = [];

function tool(name: string, needsApproval?: Tool["needsApproval"]): Tool {
  return defineTool({
    name,
    description: `Does ${name}`,
    parameters: { type: "object", properties: { to: { type: "string" } }, required: ["to"] },
    ...(needsApproval === undefined ? {} : { needsApproval }),
    execute: ({ to }) => {
      runs.push(`${name} ${String(to)}`);
      return `${name} done`;
    },
  });
}

const call = (name: string, id: string, to: unknown = "ann"): { name: string; id: string; args: unknown } => ({
  name,
  id,
  args: { to },
});

function make(steps: ScriptedStep[], config: Partial<AgentConfig> = {}): Agent & { asked: () => string[] } {
  runs.length = 0;
  const { models, model } = scriptedModels(...steps);
  const agent = createAgent({ name: "clerk", tools: [tool("read"), tool("pay", true)], ...config }, { models });
  const asked = (): string[] => model.requests.map(({ prompt }) => JSON.stringify(prompt.at(-1)?.content));
  return Object.assign(agent, { asked });
}

function waits({ suspension }: AgentResponse): Suspension {
  if (suspension === undefined) throw new Error("the run is not suspended");
  return suspension;
}

/** Goes on with decisions by the ids of the calls. */
async function decide(
  agent: Pick<Agent, "resume">,
  suspension: Suspension,
  decisions: Record<string, ApprovalDecision>,
  options?: ResumeOptions,
): Promise<AgentResponse> {
  const ids = new Map(suspension.pending.map(({ id, callId }) => [callId, id]));
  const given = Object.entries(decisions).map(([callId, decision]) => [ids.get(callId) ?? callId, decision] as const);
  return await agent.resume(suspension, Object.fromEntries(given), options);
}

const ASKS: ScriptedStep = {
  text: "Let me see",
  toolCalls: [call("read", "c1"), call("pay", "c2"), call("read", "c3", "bob")],
};

describe("approval of tool calls", () => {
  it("AGENT-3: suspends the run until somebody decides; what ran before is not repeated", async () => {
    const agent = make([ASKS, "all done"]);
    const first = await agent.run("Pay Ann");
    expect(first).toMatchObject({ status: "suspended", content: "Let me see", steps: 1 });
    expect(agent.info().status).toBe("suspended");
    expect(first.suspension?.pending).toEqual([
      { id: expect.any(String), callId: "c2", tool: "pay", args: { to: "ann" }, description: "Does pay" },
    ]);
    expect(runs).toEqual(["read ann", "read bob"]);

    const stored = JSON.parse(JSON.stringify(first.suspension)) as NonNullable<typeof first.suspension>;
    const second = await decide(agent, stored, { c2: { approve: true } });
    expect(runs).toEqual(["read ann", "read bob", "pay ann"]);
    expect(second).toMatchObject({ status: "completed", content: "all done", steps: 2 });
    expect(second.toolCalls.map(({ id, result }) => [id, result])).toEqual([
      ["c1", "read done"],
      ["c2", "pay done"],
      ["c3", "read done"],
    ]);
    expect(second.messages.map(({ role, toolCallId }) => toolCallId ?? role)).toEqual([
      "user",
      "assistant",
      "c1",
      "c2",
      "c3",
      "assistant",
    ]);
  });

  it("is resumed once, by its own agent, with decisions on what waits", async () => {
    const agent = make([ASKS, "done"]);
    const suspension = waits(await agent.run("go"));
    const other = createAgent({ name: "other" }, scriptedModels());
    await expect(decide(other, suspension, {})).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(decide(agent, suspension, { c9: { approve: true } })).rejects.toThrow(
      "no call 'c9' waits for a decision (open: ",
    );
    await expect(decide(agent, suspension, { c2: "yes" as never })).rejects.toThrow(
      "must be {approve: true} or {approve: false}",
    );
    await expect(agent.resume({ format: "x" } as never, {})).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect((await decide(agent, suspension, { c2: { approve: true } })).content).toBe("done");
    await expect(decide(agent, suspension, { c2: { approve: true } })).rejects.toMatchObject({ code: "INVALID_STATE" });
    expect(runs.filter((run) => run.startsWith("pay"))).toHaveLength(1);
  });

  it("tells the model in words that a call was declined, and never counts it as success", async () => {
    const agent = make([{ toolCalls: [call("pay", "c1")] }, "I could not pay"]);
    const suspension = waits(await agent.run("go"));
    const response = await decide(agent, suspension, {
      c1: { approve: false, reason: "too much" },
    });
    expect(response.toolCalls).toEqual([
      {
        id: "c1",
        name: "pay",
        args: { to: "ann" },
        error: { code: "PERMISSION_DENIED", message: "the call of 'pay' was declined by the user: too much" },
      },
    ]);
    expect(agent.asked()[1]).toContain("Error: the call of 'pay' was declined by the user: too much");
    expect(agent.metrics()).toMatchObject({ toolCalls: 1, failedToolCalls: 1, suspended: 1 });
    expect(runs).toEqual([]);
  });

  it("runs with edited arguments, which the model is told", async () => {
    const agent = make([{ toolCalls: [call("pay", "c1")] }, "ok"]);
    const suspension = waits(await agent.run("go"));
    const { toolCalls } = await decide(agent, suspension, {
      c1: { approve: true, args: { to: "eve" } },
    });
    expect(runs).toEqual(["pay eve"]);
    expect(toolCalls[0]).toMatchObject({ args: { to: "eve" }, result: "pay done" });
    expect(agent.asked()[1]).toContain(`The user changed the arguments of this call to {\\"to\\":\\"eve\\"}.`);
  });

  it("checks edited arguments like any others", async () => {
    const agent = make([{ toolCalls: [call("pay", "c1")] }, "ok"]);
    const suspension = waits(await agent.run("go"));
    const { toolCalls } = await decide(agent, suspension, { c1: { approve: true, args: {} } });
    expect(toolCalls[0]?.error?.code).toBe("VALIDATION_FAILED");
    expect(runs).toEqual([]);
  });

  it("stays suspended for what is not decided yet", async () => {
    const agent = make([{ toolCalls: [call("pay", "c1"), call("pay", "c2", "bob")] }, "ok"]);
    const first = await agent.run("go");
    const second = await decide(agent, waits(first), { c2: { approve: true } });
    expect(second.suspension?.pending.map(({ callId }) => callId)).toEqual(["c1"]);
    expect(second.suspension?.id).not.toBe(first.suspension?.id);
    const third = await decide(agent, waits(second), { c1: { approve: true } });
    expect(third.toolCalls.map(({ id }) => id)).toEqual(["c1", "c2"]);
    expect(runs).toEqual(["pay bob", "pay ann"]);
  });

  it("does not count a decision on a tool that has changed since", async () => {
    const agent = make([{ toolCalls: [call("pay", "c1")] }, "ok"]);
    const suspension = waits(await agent.run("go"));
    agent.removeTool("pay");
    agent.addTool({ ...tool("pay", true), description: "Pays twice" });
    const again = await decide(agent, suspension, { c1: { approve: true } });
    expect(again.suspension?.pending).toMatchObject([{ callId: "c1", description: "Pays twice", changed: true }]);
    expect(runs).toEqual([]);
    const done = await decide(agent, waits(again), { c1: { approve: true } });
    expect(done.status).toBe("completed");
    expect(runs).toEqual(["pay ann"]);
  });

  it.each<[string, Partial<AgentConfig>, string[]]>([
    ["as each tool says", { tools: [tool("read"), tool("pay", ({ to }) => to === "ann")] }, ["c2"]],
    ["all", { approvals: "all" }, ["c1", "c2", "c3"]],
    ["none", { approvals: "none" }, []],
    ["those named besides", { approvals: ["read"] }, ["c1", "c2", "c3"]],
  ])("asks about %s", async (_, config, pending) => {
    const { suspension } = await make([ASKS, "done"], config).run("go");
    expect(suspension?.pending.map(({ callId }) => callId) ?? []).toEqual(pending);
  });

  it("asks nobody about calls that fail anyway", async () => {
    const agent = make([{ toolCalls: [call("pay", "c1", 7), { name: "pay", id: "c2", args: "{" }] }, "sorry"]);
    const { status, toolCalls } = await agent.run("go");
    expect(status).toBe("completed");
    expect(toolCalls.map(({ error }) => error?.code)).toEqual(["VALIDATION_FAILED", "VALIDATION_FAILED"]);
  });

  it("asks at once where somebody is there to answer", async () => {
    const agent = make([ASKS, "done"]);
    const { status, toolCalls } = await agent.run("go", {
      approve: async ({ tool: name, args }) => {
        expect([name, args]).toEqual(["pay", { to: "ann" }]);
        return { approve: false };
      },
    });
    expect(status).toBe("completed");
    expect(toolCalls[1]?.error?.message).toBe("the call of 'pay' was declined by the user");
  });

  it("hands whoever decides on to agents inside, which are suspended with it", async () => {
    const inner = (): Agent => make([{ toolCalls: [call("pay", "c1")] }, "paid"]);
    const outer = (worker: Agent): Agent => {
      const { models } = scriptedModels({ toolCalls: [{ name: "clerk", args: { task: "pay" } }] }, "end");
      return createAgent({ name: "boss", tools: [agentTool(worker)] }, { models });
    };
    const decided = await outer(inner()).run("go", { approve: () => ({ approve: true }) });
    expect(decided.toolCalls[0]).toMatchObject({ result: "paid" });
    const boss = outer(inner());
    const suspension = waits(await boss.run("go"));
    expect(suspension.pending).toMatchObject([{ tool: "pay", args: {} }]);
    const stored = JSON.parse(JSON.stringify(suspension)) as Suspension;
    const [question = ""] = stored.pending.map(({ id }) => id);
    const response = await boss.resume(stored, { [question]: { approve: true } });
    expect(response).toMatchObject({ content: "end", toolCalls: [{ name: "clerk", result: "paid" }] });
  });

  it("is no part of a conversation before it is decided", async () => {
    const state = createState();
    const agent = make([{ toolCalls: [call("pay", "c1")] }, "paid", "bye"]);
    const talk = openConversation(agent, { state, id: "t" });
    const suspension = waits(await talk.send("Pay Ann"));
    expect(talk.history()).toEqual([]);
    await decide(talk, suspension, { c1: { approve: true } });
    expect(talk.history().map(messageText)).toEqual(["Pay Ann", "", "pay done", "paid"]);
    await talk.send("Bye");
    expect(openConversation(agent, { state, id: "t" }).info().turns).toBe(2);
  });

  it("AGENT-3: goes on in another process, and of two in one", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "llmspell-"));
    const core = fileURLToPath(new URL("../../dist/index.js", import.meta.url));
    const program = `
      import { readFileSync, writeFileSync } from "node:fs";
      import { createAgent, createModels, createScriptedModel, openState } from ${JSON.stringify(core)};
      const [folder, part] = process.argv.slice(1);
      const steps = [{ toolCalls: [{ name: "pay", id: "c1", args: {} }] }, "paid"];
      const models = createModels();
      models.register("s", { type: "custom", defaultModel: "m", create: () => createScriptedModel(steps.slice(Number(part))) });
      const claims = await openState({ file: folder + "/claims.db" });
      const pay = { name: "pay", description: "Pays", parameters: { type: "object" }, needsApproval: true, execute: () => process.pid };
      const agent = createAgent({ name: "clerk", model: "s:m", tools: [pay] }, { models, claims });
      const resume = (suspension) => agent.resume(suspension, { [suspension.pending[0].id]: { approve: true } });
      if (part === "0") writeFileSync(folder + "/run.json", JSON.stringify((await agent.run("go")).suspension));
      else {
        const outcome = await resume(JSON.parse(readFileSync(folder + "/run.json", "utf8"))).catch(({ code }) => ({ code }));
        console.log(JSON.stringify({ pid: process.pid, outcome }));
      }
    `;
    interface Told {
      pid: number;
      outcome: AgentResponse & { code?: string };
    }
    try {
      const start = async (part: string): Promise<string> =>
        (await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program, folder, part])).stdout;
      await start("0");
      const told = (await Promise.all([start("1"), start("1")])).map((text) => JSON.parse(text) as Told);
      const went = told.filter(({ outcome }) => outcome.code === undefined);
      expect(told.map(({ outcome }) => outcome.code ?? outcome.content).toSorted()).toEqual(["INVALID_STATE", "paid"]);
      expect(went[0]?.outcome).toMatchObject({ status: "completed", steps: 2, toolCalls: [{ result: went[0]?.pid }] });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
