import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { createContext } from "../context.js";
import { createEmitter } from "../events/emitter.js";
import type { Hook } from "../hooks/hook.js";
import { createMemory } from "../memory/memory.js";
import type { ScriptedStep } from "../models/scripted.js";
import { createState } from "../state/state.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { defineTool } from "../tools/tool.js";
import { createAgent, type Agent, type AgentServices } from "./agent.js";
import type { AgentConfig } from "./agent-config.js";
import type { ApprovalDecision } from "./approval.js";
import type { AgentResponse } from "./response.js";
import type { Suspension } from "./run-state.js";

interface Bank {
  agent: Agent;
  services: AgentServices;
  paid: unknown[];
}

/** An agent that must be allowed to pay. */
function bank(steps: ScriptedStep[], config: Partial<AgentConfig> = {}, more: Partial<AgentServices> = {}): Bank {
  const paid: unknown[] = [];
  const pay = defineTool({
    name: "pay",
    description: "Pays",
    parameters: { type: "object" },
    needsApproval: true,
    execute: ({ to }) => void paid.push(to),
  });
  const services = { ...scriptedModels(...steps), ...more };
  return { agent: createAgent({ name: "bank", tools: [pay], ...config }, services), services, paid };
}

const usage = { inputTokens: 8, outputTokens: 2 };
const asks = (id = "c1"): ScriptedStep => ({ toolCalls: [{ name: "pay", id, args: { to: id } }], usage });

function waits({ suspension }: AgentResponse): Suspension {
  if (suspension === undefined) throw new Error("the run is not suspended");
  return suspension;
}

/** The same decision on everything that waits. */
const all = ({ pending }: Suspension, decision: ApprovalDecision): Record<string, ApprovalDecision> =>
  Object.fromEntries(pending.map(({ id }) => [id, decision]));
const yes = (suspension: Suspension): Record<string, ApprovalDecision> => all(suspension, { approve: true });

describe("a suspended run", () => {
  it.each(["constructor", "__proto__", "toString", "c1"])("runs a call that the model names %s", async (id) => {
    const { agent, paid } = bank([asks(id), "done"]);
    const suspension = JSON.parse(JSON.stringify(waits(await agent.run("go")))) as Suspension;
    const response = await agent.resume(suspension, yes(suspension));
    expect(response).toMatchObject({ status: "completed", toolCalls: [{ id, name: "pay" }] });
    expect(paid).toEqual([id]);
  });

  it("takes no decision of another run whose calls have the same ids", async () => {
    const { agent, paid } = bank([asks(), asks(), "done"]);
    const first = waits(await agent.run("one"));
    const second = waits(await agent.run("two"));
    await expect(agent.resume(second, yes(first))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("waits for a decision"),
    });
    expect(paid).toEqual([]);
    // What was refused has changed nothing.
    expect((await agent.resume(second, yes(second))).content).toBe("done");
  });

  it("goes on once, whichever agent goes on with it", async () => {
    const { agent, paid } = bank([asks(), "done", "never"]);
    const suspension = waits(await agent.run("go"));
    await agent.resume(suspension, yes(suspension));
    const twin = agent.clone();
    await expect(twin.resume(suspension, yes(suspension))).rejects.toMatchObject({ code: "INVALID_STATE" });
    expect(paid).toEqual(["c1"]);
  });

  it("goes on once in all processes that note it in one state", async () => {
    const claims = createState();
    const [here, there] = [bank([asks(), "done"], {}, { claims }), bank(["done"], {}, { claims })];
    const suspension = waits(await here.agent.run("go"));
    const tries = await Promise.allSettled(
      [here, there].map(({ agent }) => agent.resume(structuredClone(suspension), yes(suspension))),
    );
    expect(tries.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect([...here.paid, ...there.paid]).toEqual(["c1"]);
  });

  describe("whose model fails after its tools have run", () => {
    const fails = (): never => {
      throw new SpellError("PROVIDER_AUTH", "the key was refused");
    };

    it("is resumed once more, and runs no tool again", async () => {
      const { agent, paid } = bank([asks(), fails, "done", "never"]);
      const suspension = waits(await agent.run("go"));
      await expect(agent.resume(suspension, yes(suspension))).rejects.toMatchObject({ code: "PROVIDER_AUTH" });
      expect(paid).toEqual(["c1"]);
      const done = await agent.resume(suspension, yes(suspension));
      expect(done).toMatchObject({ content: "done", steps: 2, toolCalls: [{ id: "c1", name: "pay" }] });
      expect(paid).toEqual(["c1"]);
      await expect(agent.resume(suspension, yes(suspension))).rejects.toMatchObject({ code: "INVALID_STATE" });
    });

    it("is resumed by another process that notes it in the same state", async () => {
      const claims = createState();
      const [here, there] = [bank([asks(), fails], {}, { claims }), bank(["done"], {}, { claims })];
      const suspension = waits(await here.agent.run("go"));
      const stored = JSON.parse(JSON.stringify(suspension)) as Suspension;
      await expect(here.agent.resume(suspension, yes(suspension))).rejects.toMatchObject({ code: "PROVIDER_AUTH" });
      expect((await there.agent.resume(stored, yes(stored))).content).toBe("done");
      expect([...here.paid, ...there.paid]).toEqual(["c1"]);
    });

    it("stays taken when it ended in the middle of its tools", async () => {
      const stop = new AbortController();
      const { agent } = bank([asks(), "never"], {
        tools: [
          defineTool({
            name: "pay",
            description: "Pays",
            parameters: { type: "object" },
            needsApproval: true,
            async execute() {
              stop.abort();
              return await new Promise(() => {});
            },
          }),
        ],
      });
      const suspension = waits(await agent.run("go"));
      const going = agent.resume(suspension, yes(suspension), { signal: stop.signal });
      await expect(going).rejects.toMatchObject({ code: "CANCELLED" });
      await expect(agent.resume(suspension, yes(suspension))).rejects.toMatchObject({ code: "INVALID_STATE" });
    });
  });

  it("is not lost when its agent is busy", async () => {
    let open = (): void => {};
    const gate = new Promise<string>((resolve) => (open = () => resolve("later")));
    const { agent } = bank([asks(), () => gate, "done"], { reentrant: false });
    const suspension = waits(await agent.run("go"));
    const busy = agent.run("wait");
    await expect(agent.resume(suspension, yes(suspension))).rejects.toMatchObject({ code: "INVALID_STATE" });
    open();
    await busy;
    expect((await agent.resume(suspension, yes(suspension))).content).toBe("done");
  });

  it("goes on with its schema, its budgets and what it has used", async () => {
    const schema = { type: "object", required: ["ok"] };
    const { agent } = bank([asks(), asks("c2"), '{"ok": true}']);
    const first = waits(await agent.run("go", { schema }));
    const second = waits(await agent.resume(first, yes(first)));
    const done = await agent.resume(second, yes(second));
    expect(done).toMatchObject({ object: { ok: true }, steps: 3 });
    expect(done.toolCalls.map(({ id }) => id)).toEqual(["c1", "c2"]);
    expect(done.usage.totalTokens).toBeGreaterThan(20);
    // Each token and each call is counted once, though the run had three parts.
    expect(agent.metrics()).toMatchObject({ runs: 3, suspended: 2, toolCalls: 2, usage: done.usage });
  });

  it.each<[string, Partial<AgentConfig>, object]>([
    ["maxSteps", { maxSteps: 1 }, { code: "BUDGET_EXCEEDED", details: { budget: "maxSteps", used: 2 } }],
    ["maxTokens", { maxTokens: 15 }, { code: "BUDGET_EXCEEDED", details: { budget: "maxTokens", used: 20 } }],
  ])("counts %s from its begin", async (_, budget, error) => {
    const { agent } = bank([asks(), { text: "done", usage }], budget);
    const suspension = waits(await agent.run("go"));
    await expect(agent.resume(suspension, yes(suspension))).rejects.toMatchObject(error);
  });

  it("has the time left that it had, however long it waited", async () => {
    const { agent } = bank([asks(), "done"], { timeoutMs: 60_000 });
    const suspension = waits(await agent.run("go"));
    expect(suspension.state.elapsedMs).toBeLessThan(60_000);
    const late = { ...suspension, state: { ...suspension.state, elapsedMs: 60_000 } };
    await expect(agent.resume(late, yes(late))).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  it("is bound to the model, the instructions and the schema of its agent", async () => {
    const { agent } = bank([asks(), "done"], { systemPrompt: "Never pay Eve." });
    const suspension = waits(await agent.run("go"));
    agent.configure({ temperature: 1 });
    agent.configure({ systemPrompt: "Pay everybody." });
    await expect(agent.resume(suspension, yes(suspension))).rejects.toMatchObject({
      code: "SNAPSHOT_INVALID",
      message: "agent 'bank' has changed since this run was suspended",
    });
    expect((await agent.resume(suspension, yes(suspension), { acceptChanges: true })).content).toBe("done");
  });

  it("does not repeat what ran when the model then fails", async () => {
    const { agent, paid } = bank([asks(), { error: new SpellError("PROVIDER_AUTH", "no") }]);
    const suspension = waits(await agent.run("go"));
    await expect(agent.resume(suspension, yes(suspension))).rejects.toMatchObject({ code: "PROVIDER_AUTH" });
    await expect(agent.resume(suspension, yes(suspension))).rejects.toMatchObject({ code: "INVALID_STATE" });
    expect(paid).toEqual(["c1"]);
  });

  it("is remembered once it has ended", async () => {
    const memory = createMemory();
    const { agent } = bank([asks(), "done"], { memory });
    const suspension = waits(await agent.run("go"));
    expect(memory.messages()).toEqual([]);
    await agent.resume(JSON.parse(JSON.stringify(suspension)) as Suspension, yes(suspension));
    expect(memory.messages().map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant"]);
  });

  it("shares nothing with what it was made from", async () => {
    const { agent, paid } = bank([asks(), "done"]);
    const suspension = waits(await agent.run("go"));
    const decisions = yes(suspension);
    const run = agent.resume(suspension, decisions);
    suspension.state.open.answer.toolCalls.length = 0;
    for (const id of Object.keys(decisions)) decisions[id] = { approve: false };
    await run;
    expect(paid).toEqual(["c1"]);
  });

  it("streams", async () => {
    const { agent } = bank([asks(), "done"]);
    const stream = agent.stream("go");
    const types: string[] = [];
    for await (const { type } of stream) types.push(type);
    expect(types.slice(-2)).toEqual(["agent.suspended", "agent.completed"]);
    expect((await stream.response).status).toBe("suspended");
  });

  const whole = async (): Promise<Suspension> => waits(await bank([asks()]).agent.run("go"));
  it.each<[string, (suspension: Suspension) => unknown]>([
    ["nothing", () => undefined],
    ["a text", () => "x"],
    ["another format", (given) => ({ ...given, format: "llmspell-agent-run-0" })],
    ["no pending calls", ({ pending: _pending, ...given }) => given],
    ["a pending call without id", (given) => ({ ...given, pending: [{}] })],
    ["no state", ({ state: _state, ...given }) => given],
    ["messages that are none", (given) => ({ ...given, state: { ...given.state, messages: [null] } })],
    ["a message without role", (given) => ({ ...given, state: { ...given.state, messages: [{ content: "x" }] } })],
    [
      "content that is none",
      (given) => ({ ...given, state: { ...given.state, messages: [{ role: "user", content: 7 }] } }),
    ],
    ["steps below zero", (given) => ({ ...given, state: { ...given.state, step: -1 } })],
    ["usage without numbers", (given) => ({ ...given, state: { ...given.state, usage: { totalTokens: "x" } } })],
    ["repairs without numbers", (given) => ({ ...given, state: { ...given.state, repairs: {} } })],
    ["a summary that is none", (given) => ({ ...given, state: { ...given.state, condensed: { count: "x" } } })],
    ["no time", (given) => ({ ...given, state: { ...given.state, elapsedMs: null } })],
    ["an open step of nothing", (given) => ({ ...given, state: { ...given.state, open: {} } })],
    [
      "finished calls that are none",
      (given) => ({ ...given, state: { ...given.state, open: { ...given.state.open, finished: [{}] } } }),
    ],
    [
      "waiting calls that are none",
      (given) => ({ ...given, state: { ...given.state, open: { ...given.state.open, waiting: [7] } } }),
    ],
    ["a schema that is none", (given) => ({ ...given, schema: 7 })],
    ["a place in memory that is none", (given) => ({ ...given, known: -1 })],
  ])("is refused with %s", async (_, change) => {
    const given = change(await whole());
    await expect(bank(["never"]).agent.resume(given as never, {})).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      message: "this is no suspended run in the format llmspell-agent-run-2",
    });
  });
});

describe("whoever decides", () => {
  it("may be given up: an abort and a timeout end a run that waits for an answer", async () => {
    const { agent, paid } = bank([asks(), asks()]);
    const never = (): Promise<never> => new Promise(() => {});
    await expect(agent.run("go", { approve: never, timeoutMs: 20 })).rejects.toMatchObject({ code: "TIMEOUT" });
    const stop = new AbortController();
    const run = agent.run("go", {
      signal: stop.signal,
      approve() {
        stop.abort();
        return never();
      },
    });
    await expect(run).rejects.toMatchObject({ code: "CANCELLED" });
    expect(paid).toEqual([]);
  });

  it("cannot change what runs but by a decision", async () => {
    const { agent, paid } = bank([asks(), "done"]);
    await agent.run("go", {
      approve(request) {
        Object.assign(request.args as object, { to: "eve" });
        return { approve: true };
      },
    });
    expect(paid).toEqual(["c1"]);
  });

  it("has said yes only by what is clearly a yes", async () => {
    const { agent, paid } = bank([asks(), "sorry"]);
    const { toolCalls } = await agent.run("go", { approve: () => true as never });
    expect(toolCalls).toMatchObject([{ error: { code: "INVALID_ARGUMENT" } }]);
    expect(paid).toEqual([]);
  });
});

describe("a declined call", () => {
  it("reaches no hook, which could do it after all or call it a success; events tell of a failure", async () => {
    const reached: string[] = [];
    const answers = {
      name: "answers",
      point: "tool.around",
      run: () => void reached.push("around"),
    } as unknown as Hook;
    const recovers = { name: "recovers", point: "tool.error", run: () => ({ stop: true, result: "paid" }) } as Hook;
    const events = createEmitter();
    const told: string[] = [];
    events.on("tool.*", ({ type }) => void told.push(type));
    const { agent, paid } = bank(
      [asks(), "sorry"],
      { hooks: [answers, recovers] },
      { context: createContext({ events }) },
    );
    const suspension = waits(await agent.run("go"));
    const { toolCalls } = await agent.resume(suspension, all(suspension, { approve: false, reason: "no" }));
    expect([reached, paid]).toEqual([[], []]);
    expect(toolCalls).toMatchObject([{ error: { code: "PERMISSION_DENIED" } }]);
    expect(toolCalls[0]).not.toHaveProperty("result");
    expect(told).toEqual(["tool.started", "tool.failed"]);
    expect(agent.metrics()).toMatchObject({ toolCalls: 1, failedToolCalls: 1 });
  });
});
